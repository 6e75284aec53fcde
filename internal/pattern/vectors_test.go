package pattern

// vector is a pattern, an event, and whether the one matches the other. Those called "documented" are the examples of
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html and its subpages, on events of
// our own; the others pin down what doc.go says.
type vector struct {
	name, pattern, event string
	want                 bool
}

func vectors() []vector {
	const (
		trail = `{"eventType": "UpdateTrail", "sourceIPAddress": "192.0.2.17", "list": ["first", "another"],
			"objects": [{"name": "x", "id": 7}, {"name": "y", "id": 8}], "nothing": null, "on": true, "off": false,
			"cluster.name": "blue", "empty": "", "nobody": [], "matrix": [[1, 2], [3, 4]]}`
		number = `{"n": 1000, "f": 55.5, "small": 0.009, "neg": -3, "text": "404", "exp": "1e3", "big": 12345678901234567890123, "zero": -0.0}`
		denied = `{"errorCode": "AccessDenied", "userIdentity": {"accountId": "anonymous"}, "principal": null}`
		access = `192.0.2.1 - alice [10/Oct/2030:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534`
	)
	return []vector{
		// Blank patterns.
		{"an empty pattern matches everything", ``, access, true},
		{"a blank pattern matches everything", " \n\t", ``, true},

		// Comparisons of text.
		{"documented: equality", `{ $.eventType = "UpdateTrail" }`, trail, true},
		{"case of a value counts", `{ $.eventType = "updatetrail" }`, trail, false},
		{"case of a name counts", `{ $.EventType = "UpdateTrail" }`, trail, false},
		{"a value without quotes", `{$.eventType=UpdateTrail}`, trail, true},
		{"documented: outside a subnet", `{ $.sourceIPAddress != 123.123.* }`, trail, true},
		{"inside a subnet", `{ $.sourceIPAddress != 192.0.* }`, trail, false},
		{"a wildcard at the front", `{ $.eventType = *Trail }`, trail, true},
		{"a wildcard at the front stands for nothing", `{ $.eventType = "*UpdateTrail" }`, trail, true},
		{"wildcards at both ends", `{ $.eventType = "*teTr*" }`, trail, true},
		{"wildcards and something else", `{ $.eventType = "*DeleteT*" }`, trail, false},
		{"documented: an asterisk inside is no wildcard", `{ $.eventType = Up*Trail }`, trail, false},
		{"an asterisk inside is itself", `{ $.a = Ev*ent }`, `{"a":"Ev*ent"}`, true},
		{"a wildcard alone matches text", `{ $.eventType = * }`, trail, true},
		{"a wildcard alone matches the empty text", `{ $.empty = "*" }`, trail, true},
		{"a wildcard alone matches a boolean", `{ $.on = * }`, trail, true},
		{"a wildcard alone does not match null", `{ $.nothing = "*" }`, trail, false},
		{"a wildcard alone does not match an array", `{ $.list = * }`, trail, false},
		{"nothing differs from everything", `{ $.eventType != * }`, trail, false},
		{"the empty text", `{ $.empty = "" }`, trail, true},
		{"the empty text differs", `{ $.empty != "A*" }`, trail, true},
		{"a quote and a backslash in quotes", `{ $.a = "x\"y\\z" }`, `{"a": "x\"y\\z"}`, true},
		{"a backslash alone in quotes is itself", `{ $.a = "x\dy" }`, `{"a": "x\\dy"}`, true},
		{"escapes in the event's value", `{ $.a = "é/A" }`, `{"a": "\u00e9\/\u0041"}`, true},
		{"escapes in the event's name", `{ $.event = 1 }`, `{"\u0065vent": 1}`, true},
		{"a pair of surrogates", `{ $.a = "😀" }`, `{"a": "\ud83d\ude00"}`, true},
		{"half a pair of surrogates", `{ $.a = "�x" }`, `{"a": "\ud83dx"}`, true},

		// Selectors.
		{"documented: an element", `{ $.list[0] = "first" }`, trail, true},
		{"an element that is not there", `{ $.list[2] != "first" }`, trail, false},
		{"an element of what is no array", `{ $.eventType[0] = "U" }`, trail, false},
		{"documented: a member of an element", `{ $.objects[1].id = 8 }`, trail, true},
		{"an element of an element", `{ $.matrix[1][0] = 3 }`, trail, true},
		{"documented: a name with a dot", `{ $.['cluster.name'] = "blue" }`, trail, true},
		{"a name in brackets without a dot before", `{ $['cluster.name'] = "blue" }`, trail, true},
		{"a path does not look into names with dots", `{ $.cluster.name = "blue" }`, trail, false},
		{"documented: any element", `{ $.list[*] = %an.{2}% }`, trail, true},
		{"any element, further down", `{ $.objects[*].id = 8 }`, trail, true},
		{"any element differs", `{ $.objects[*].id != 8 }`, trail, true},
		{"no element of an empty array differs", `{ $.nobody[*] != 1 }`, trail, false},
		{"an empty array has no element", `{ $.nobody[*] NOT EXISTS }`, trail, true},
		{"documented: any member", `{ $.* = %192\.0\.2\.1[0-9]{1,2}% }`, trail, true},
		{"elements are not members", `{ $.list.* = "first" }`, trail, false},
		{"members are not elements", `{ $.objects[0][*] = "x" }`, trail, false},
		{"any member, further down", `{ $.*.name = "x" }`, `{"a": 1, "b": {"name": "x"}}`, true},
		{"the last of members with one name counts", `{ $.a = 2 }`, `{"a": 1, "a": 2}`, true},
		{"the first of members with one name does not", `{ $.a = 1 }`, `{"a": 1, "a": 2}`, false},
		{"any member, of those with one name too", `{ $.* = 1 }`, `{"a": 1, "a": 2}`, true},

		// IS and NOT EXISTS, and what is no text and no number.
		{"documented: null", `{ $.nothing IS NULL }`, trail, true},
		{"what is absent is not null", `{ $.other IS NULL }`, trail, false},
		{"documented: absent", `{ $.other NOT EXISTS }`, trail, true},
		{"null exists", `{ $.nothing NOT EXISTS }`, trail, false},
		{"documented: true", `{ $.on IS TRUE }`, trail, true},
		{"false", `{ $.off IS FALSE }`, trail, true},
		{"false is not true", `{ $.off IS TRUE }`, trail, false},
		{"the text true is not true", `{ $.a IS TRUE }`, `{"a": "true"}`, false},
		{"a boolean is not its text", `{ $.on = true }`, trail, false},
		{"a boolean does not differ from its text", `{ $.on != true }`, trail, false},
		{"keywords in lower case", `{ $.nothing is null && $.other not exists }`, trail, true},
		{"documented: an array is not equal", `{ $.list = 1 }`, trail, false},
		{"documented: an array is not unequal", `{ $.list != 1 }`, trail, false},
		{"an object is not unequal", `{ $.userIdentity != 1 }`, denied, false},
		{"what is absent is not unequal", `{ ($.errorCode = "AccessDenied") && ($.userIdentity.invokedBy != "x") }`, denied, false},
		{"null is not unequal", `{ ($.principal NOT EXISTS) || ($.principal != "A*") }`, denied, false},
		{"the guard that is needed", `{ ($.principal NOT EXISTS) || ($.principal IS NULL) || ($.principal != "A*") }`, denied, true},

		// Numbers.
		{"documented: more", `{ $.n > 75 }`, number, true},
		{"documented: not less than itself", `{ $.n < 1000 }`, number, false},
		{"at least itself", `{ $.n >= 1000 }`, number, true},
		{"documented: at most", `{ $.f <= 55.5 }`, number, true},
		{"documented: scientific notation", `{ $.n = 1e+3 }`, number, true},
		{"documented: a small number", `{ $.small < 10e-3 }`, number, true},
		{"documented: a sign", `{ $.n > +999 }`, number, true},
		{"a negative number", `{ $.neg < -2.5 }`, number, true},
		{"zero has no sign", `{ $.zero = 0 }`, number, true},
		{"a point without digits on one side", `{ $.n = 1000. && $.small > .008 }`, number, true},
		{"documented: a wildcard on a number", `{ $.n = 10* }`, number, true},
		{"a regular expression on a number", `{ $.n = %^10{3}$% }`, number, true},
		{"a number and the text of a number", `{ $.text = 404 }`, number, true},
		{"a number and other text of the same number", `{ $.text = 404.0 }`, number, true},
		{"text in quotes and a number", `{ $.n = "1000" }`, number, true},
		{"text in quotes and the same number in other words", `{ $.n = "1e3" }`, number, false},
		{"documented: text in scientific notation is no number", `{ $.exp = 1000 }`, number, false},
		{"text is no number", `{ $.a > 1 }`, `{"a": "abc"}`, false},
		{"the text of a number is compared", `{ $.text > 403 }`, number, true},
		{"a number differs from text", `{ $.n != "A*" }`, number, true},
		{"long numbers are compared exactly", `{ $.big > 12345678901234567890122 }`, number, true},
		{"long numbers are equal exactly", `{ $.big = 12345678901234567890124 }`, number, false},

		// Regular expressions.
		{"documented: anywhere", `{ $.eventType = %Trail% }`, trail, true},
		{"documented: at the beginning", `{ $.eventType = %^Trail% }`, trail, false},
		{"a regular expression that does not match", `{ $.eventType != %^Delete% }`, trail, true},
		{"a number of times from nothing", `{ $.a = %^xa{,2}y$% }`, `{"a": "xaay"}`, true},
		{"alternatives and classes", `{ $.a = %[Ee]rror|\d\x41\s% }`, `{"a": "7A b"}`, true},

		// Expressions.
		{"documented: and", `{ ($.n = 1000) && ($.f = 55.5) }`, number, true},
		{"documented: and binds tighter than or", `{ $.n = 1000 || $.f = 1 && $.neg = 1 }`, number, true},
		{"documented: parentheses bind tighter than and", `{ ($.n = 1000 || $.f = 1) && $.neg = 1 }`, number, false},
		{"many texts of one member", `{ $.a = x || $.a = y || $.b = z || $.a = "w*" }`, `{"a": "y"}`, true},
		{"many texts of one member, and none", `{ $.a = x || $.a = y || $.b = z || $.a = "w*" }`, `{"a": "z"}`, false},
		{"parentheses in each other", `{(((($.n=1000))&&(($.f=1)||($.f=55.5))))}`, number, true},

		// Terms.
		{"documented: a term", `ERROR`, `[ERRORCODE: -1] exiting`, true},
		{"case of a term counts", `error`, `[ERROR] x`, false},
		{"documented: all terms", `ERROR ARGUMENTS`, `ERROR 419 MISSING ARGUMENTS`, true},
		{"documented: one term of two", `ERROR ARGUMENTS`, `ERROR 401`, false},
		{"documented: a phrase", `"INTERNAL SERVER ERROR"`, `ERROR 500 INTERNAL SERVER ERROR`, true},
		{"documented: an excluded term", `ERROR -ARGUMENTS`, `ERROR 419 MISSING ARGUMENTS`, false},
		{"documented: an excluded term, after a blank", `"ERROR" - "Exiting"`, `ERROR: Exiting`, false},
		{"excluded terms only", `-ERROR`, `fine`, true},
		{"documented: optional terms", `?ERROR ?WARN`, `WARN 1`, true},
		{"documented: none of the optional terms", `?ERROR ?WARN`, `INFO 1`, false},
		{"documented: optional terms are ignored beside others", `?ERROR ?WARN INFO`, `INFO 1`, true},
		{"documented: a blank in quotes", `" "`, `{}`, true},
		{"documented: a regular expression", `%AUTH.{1,3}Z%`, `UNAUTHORIZED`, true},
		{"terms look at the event's text", `"\"n\": 1000" -"nothing"`, number, true},

		// Space-delimited patterns.
		{"documented: names only", `[ip, user, username, timestamp, request, status_code, bytes]`, access, true},
		{"documented: a comparison", `[ip, user, username, timestamp, request, status_code, bytes > 1000]`, access, true},
		{"documented: another status", `[ip, user, username, timestamp, request, status_code = 200, bytes]`, access, false},
		{"documented: a wildcard", `[ip, user, username, timestamp, request = *html*, status_code = 4*, bytes]`, access, true},
		{"documented: conditions", `[ip, user, username, timestamp, request, status_code = 4* && status_code != 403, bytes]`, access, true},
		{"documented: any number of fields", `[..., status_code=4*, bytes]`, access, true},
		{"documented: a field without a name", `[..., request=*.html*, status_code=4*,]`, access, true},
		{"documented: fields in the middle", `[ip, user, ..., status_code = 404, bytes]`, access, true},
		{"documented: fields at the end", `[ip = "192.0.2.1", user, ...]`, access, true},
		{"documented: or", `[w1=ERROR || w1=%WARN%, w2]`, `WARNING 420 INVALID`, true},
		{"documented: the first field", `[w1=ERROR, w2]`, `INFO 1 ERROR`, false},
		{"documented: two conditions", `[w1!=ERROR&&w1!=WARN, w2]`, `INFO 1`, true},
		{"a field between brackets", `[..., t = "10/Oct/2030*", request, status, bytes]`, access, true},
		{"the last field is one between quotes", `[a, b = "x y"]`, `1 "x y"`, true},
		{"the last field takes the rest", `[a, b = "x y"]`, `1 x  y z`, false},
		{"too few fields", `[a, b, c]`, `1 2`, false},
		{"no field for any number of fields", `[a, ..., b]`, `1 2`, true},
		{"parentheses and a condition without the name", `[(a > 1 || = x) && != 5, b]`, `7 8`, true},
	}
}

// refusal is a text that is no pattern, and the column where that shows.
type refusal struct {
	name, pattern string
	column        int
	expected      string // what the error says was expected, or part of it
}

func refusals() []refusal {
	return []refusal{
		{"EXISTS", `{ $.a EXISTS }`, 7, "NOT EXISTS"},
		{"IS NOT", `{ $.a IS NOT NULL }`, 10, "NULL, TRUE or FALSE"},
		{"NOT alone", `{ $.a NOT }`, 11, "EXISTS"},
		{"no value", `{ $.a = }`, 9, "a value"},
		{"no operator", `{ $.a }`, 7, "= !="},
		{"IN", `{ $.a IN (1) }`, 7, "= !="},
		{"two equals signs", `{ $.a == 1 }`, 8, "a value"},
		{"unary not", `{ !($.a = 1) }`, 3, "selector"},
		{"an open parenthesis", `{ ($.a = 1 }`, 12, `")"`},
		{"a closing parenthesis", `{ $.a = 1) }`, 10, `"}"`},
		{"an open brace", `{ $.a = 1`, 10, `"}"`},
		{"text after the brace", `{ $.a = 1 } x`, 13, "the end"},
		{"nothing in the braces", `{ }`, 3, "selector"},
		{"nothing after and", `{ $.a = 1 && }`, 14, "selector"},
		{"one ampersand", `{ $.a = 1 & $.b = 1 }`, 11, `"&&"`},
		{"a blank in a value", `{ ($.m = Failed authentication) }`, 17, `")"`},
		{"an at sign without quotes", `{ $.m = a@example.com }`, 10, `"}"`},
		{"other letters without quotes", `{ $.é = 1 }`, 5, "a name"},
		{"a value of other letters without quotes", `{ $.a = é }`, 9, "in double quotes"},
		{"an open quote", `{ $.a = "x }`, 13, "closing double quote"},
		{"no selector", `{ a = 1 }`, 3, "selector"},
		{"the root alone", `{ $ = 1 }`, 4, `"."`},
		{"an index at the root", `{ $[0] = 1 }`, 5, "a name in single quotes"},
		{"double quotes in brackets", `{ $.["a"] = 1 }`, 5, "a name"},
		{"an empty name in brackets", `{ $.[''] = 1 }`, 7, "a name"},
		{"an index that is none", `{ $.a[-1] = 1 }`, 7, "an index"},
		{"a slice", `{ $.a[1:2] = 1 }`, 8, `"]"`},
		{"a long index", `{ $.a[1234567890] = 1 }`, 7, "an index"},
		{"two wildcards in a selector", `{ $.*.b[*] = 1 }`, 8, "at most one"},
		{"four wildcards", `{ $.a[*]=1 && $.b[*]=1 && $.c.*=1 && $.d[*]=1 }`, 41, "at most 3"},
		{"less than text", `{ $.a < "5" }`, 9, "a number"},
		{"less than a regular expression", `{ $.a < %5% }`, 9, "a number"},
		{"three regular expressions", `{ $.a=%x% && $.b=%y% && $.c=%z% }`, 29, "at most 2"},
		{"a group", `{ $.a = %(x)% }`, 10, "letters, digits"},
		{"an exclamation mark", `{ $.a = %something!% }`, 19, "letters, digits"},
		{"other letters in a regular expression", `{ $.a = %é% }`, 10, "letters, digits"},
		{"an open regular expression", `{ $.a = %x }`, 13, "closing %"},
		{"an empty regular expression", `{ $.a = %% }`, 10, "a regular expression"},
		{"an escape that is none", `{ $.a = %\b% }`, 11, "hexadecimal"},
		{"a class in a class", `{ $.a = %[a[b]]% }`, 12, "between brackets"},
		{"a repetition of nothing", `{ $.a = %*% }`, 9, "a regular expression"},
		{"a class that does not end", `{ $.a = %[a% }`, 9, "a regular expression"},
		{"punctuation in a term", `foo-bar`, 4, "double quotes"},
		{"a minus alone", `a -`, 4, "a term"},
		{"a question mark and a blank", `? a`, 2, "a term"},
		{"an open phrase", `"abc`, 5, "closing double quote"},
		{"three regular expressions as terms", `%a% %b% %c%`, 9, "at most 2"},
		{"an open bracket", `[a, b`, 6, `"]"`},
		{"two ellipses", `[..., a, ...]`, 10, `at most one "..."`},
		{"a name twice", `[a, b, a=1]`, 8, "no other field"},
		{"another field's name", `[a=1 && b=2, b]`, 9, "the same field"},
		{"not equals the wrong way round", `[w1=!ERROR, w2]`, 5, "a value"},
		{"text after the bracket", `[a] b`, 5, "the end"},
		{"bytes that are no text", "a \xff", 3, "UTF-8"},
	}
}

// malformed are texts that are not one JSON object.
func malformed() []string {
	return []string{
		``, ` `, `[]`, `1`, `null`, `"x"`, `{`, `{}x`, `{} {}`, `x {}`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{,}`, `{"a":1 "b":2}`,
		`{"a":[1,]}`, `{"a":[1 2]}`, `{"a":[`, `{"a":01}`, `{"a":-}`, `{"a":1.}`, `{"a":1e}`, `{"a":+1}`, `{"a":.5}`,
		`{"a":tru}`, `{"a":nul`, `{"a":True}`, `{'a':1}`, `{a:1}`, `{"a":"\x"}`, `{"a":"\u12g4"}`, `{"a":"\u12`, `{"a":"\`,
		"{\"a\":\"\n\"}", `{"a":"x}`, "\ufeff{}", `{"a":1]`, `{"a":[1}}`, `{"a":"b":"c"}`,
	}
}
