package pattern

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func parse(t testing.TB, text string) *Pattern {
	t.Helper()
	p, err := Parse(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return p
}

func TestVectors(t *testing.T) {
	for _, v := range vectors() {
		t.Run(v.name, func(t *testing.T) {
			p := parse(t, v.pattern)
			if got := p.Match([]byte(v.event)); got != v.want {
				t.Errorf("%s on %s: want %v", v.pattern, v.event, v.want)
			}
			samePrinted(t, p)
		})
	}
}

func TestRefusals(t *testing.T) {
	for _, r := range refusals() {
		t.Run(r.name, func(t *testing.T) {
			p, err := Parse(r.pattern)
			var e *Error
			if p != nil || !errors.As(err, &e) {
				t.Fatalf("%s is taken: %v", r.pattern, err)
			}
			if e.Column != r.column || !strings.Contains(e.Expected, r.expected) {
				t.Errorf("%s: want column %d and %q, got %v", r.pattern, r.column, r.expected, err)
			}
		})
	}
}

func TestErrorSaysWhatWasFound(t *testing.T) {
	for text, want := range map[string]string{
		`{ $.é = 1 }`:   `column 5: expected a name of letters, digits, _ and -, or one in brackets and single quotes, or *, found "\u00e9"`,
		`{ "é" }`:       `column 3: expected a selector, which begins with "$", or "(", found "\""`,
		`{ $.a = "é`:    `column 11: expected a closing double quote, found the end`,
		`{ $.a = %*% }`: "column 9: expected a regular expression, found error parsing regexp: missing argument to repetition operator: `*`",
	} {
		_, err := Parse(text)
		if err == nil || err.Error() != want {
			t.Errorf("%s:\nwant %s\ngot  %v", text, want, err)
		}
	}
}

func TestLengthIsCountedInCharacters(t *testing.T) {
	const head, tail = `{ $.a = "`, `" }`
	fits := head + strings.Repeat("é", MaxLength-len(head)-len(tail)) + tail
	samePrinted(t, parse(t, fits))
	_, err := Parse(strings.Replace(fits, "é", "éé", 1))
	if diff := cmp.Diff(error(&Error{MaxLength + 1, "at most 1024 characters", "1025"}), err); diff != "" {
		t.Error(diff)
	}
}

func TestPrintedPatternIsNotTooLong(t *testing.T) {
	text := "{$.a=1" + strings.Repeat("||$.a=1", (MaxLength-len("{$.a=1}"))/len("||$.a=1")) + "}"
	p := parse(t, text)
	if got := p.String(); got != text {
		t.Errorf("want the text without blanks, got %s", got)
	}
	samePrinted(t, p)
}

func TestDeepParentheses(t *testing.T) {
	n := (MaxLength - len("{$.a=1}")) / 2
	p := parse(t, "{"+strings.Repeat("(", n)+"$.a=1"+strings.Repeat(")", n)+"}")
	if got := p.String(); got != "{ $.a = 1 }" {
		t.Error(got)
	}
}

func TestString(t *testing.T) {
	for text, want := range map[string]string{
		``:                              ``,
		"\t{(($.a=1)&&($.b!=x*))}":      `{ $.a = 1 && $.b != x* }`,
		`{($.a=1||$.b=1)&&$.c is null}`: `{ ($.a = 1 || $.b = 1) && $.c IS NULL }`,
		`{$.a=1||($.b=1&&$['c']=%x%)}`:  `{ $.a = 1 || $.b = 1 && $['c'] = %x% }`,
		`{$.['a.b'][*].c not  exists}`:  `{ $['a.b'][*].c NOT EXISTS }`,
		`[ a,b>1&&b<5 , ...,]`:          `[a, b > 1 && b < 5, ..., ]`,
		` a  ?b - "c d" %x% `:           `a ?b -"c d" %x%`,
	} {
		if diff := cmp.Diff(want, parse(t, text).String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

func TestWarnings(t *testing.T) {
	const star = `"*" is a wildcard only at the beginning and at the end of a value`
	const ignored = `terms with "?" are ignored beside terms without it`
	for text, want := range map[string][]Warning{
		`{ $.a = *x* || $.b = "*" }`:     nil,
		`{ $.a = "é" && $.b = 123.*.5 }`: {{22, star}},
		`[a=x*y, b]`:                     {{4, star}},
		`?a ?b -c`:                       {{7, ignored}},
		`a ?b`:                           {{3, ignored}},
		`?a ?b`:                          nil,
	} {
		if diff := cmp.Diff(want, parse(t, text).Warnings()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

func TestKind(t *testing.T) {
	for text, want := range map[string]Kind{` `: All, ` {$.a=1}`: JSON, "\n[a]": Delimited, `a`: Terms, `%a%`: Terms} {
		if got := parse(t, text).Kind(); got != want {
			t.Errorf("%q: want %d, got %d", text, want, got)
		}
	}
}

func TestWhatIsNoObjectMatchesNoJSONPattern(t *testing.T) {
	absent, all, term := parse(t, `{ $.a NOT EXISTS }`), parse(t, ``), parse(t, `-zzz`)
	deep := `{"a":` + strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth) + `}`
	long := `{"b":"` + strings.Repeat("x", MaxRecord) + `"}`
	for _, event := range append(malformed(), deep, long) {
		r := &Record{}
		if err := r.Reset([]byte(event)); err == nil {
			t.Errorf("%.50q is taken", event)
		}
		if absent.Match([]byte(event)) || absent.MatchRecord(r) {
			t.Errorf("%.50q matches", event)
		}
		if !all.MatchRecord(r) || !term.MatchRecord(r) {
			t.Errorf("%.50q is not matched as text", event)
		}
		if got := slices.Collect(NewSet(absent, all, term).Match(r)); !slices.Equal(got, []int{1, 2}) {
			t.Errorf("%.50q: %v", event, got)
		}
	}
	if err := new(Record).Reset([]byte(deep[:5] + deep[6:len(deep)-2] + "}")); err != nil {
		t.Errorf("%d levels are refused: %v", MaxDepth, err)
	}
}

func TestResetForgets(t *testing.T) {
	p := parse(t, `{ $.a = 1 }`)
	var r Record
	for _, event := range []string{`{"a":1}`, `{"b":1}`, `{"a":1}`, `{"a":1`, `{"c":{"a":1}}`} {
		_ = r.Reset([]byte(event))
		if got, want := p.MatchRecord(&r), event == `{"a":1}`; got != want {
			t.Errorf("%s: want %v", event, want)
		}
		if string(r.Raw()) != event {
			t.Errorf("want %s, got %s", event, r.Raw())
		}
	}
}

func TestNamesThatShareASlot(t *testing.T) {
	// More members than slots: each is found, and those that are absent are not.
	var b strings.Builder
	for i := range 4 * slots {
		b.WriteString(`"m` + strings.Repeat("x", i) + `":` + "1,")
	}
	event := []byte(`{` + b.String() + `"last":1}`)
	for i := range 4 * slots {
		name := "m" + strings.Repeat("x", i)
		if !parse(t, `{ $.`+name+` = 1 }`).Match(event) || parse(t, `{ $.`+name+`y = 1 }`).Match(event) {
			t.Fatal(name)
		}
	}
}

func TestMatchRecordAllocatesNothing(t *testing.T) {
	p := parse(t, `{ ($.eventSource = iam.amazonaws.com) && ($.eventName = A || $.eventName = B || $.n >= 1e1) && $.l[*] != "x*" }`)
	event := []byte(`{"eventSource":"iam.amazonaws.com","eventName":"C","n":10,"l":["x","y"]}`)
	var r Record
	if n := testing.AllocsPerRun(100, func() {
		if r.Reset(event) != nil || !p.MatchRecord(&r) {
			t.Error("no match")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
