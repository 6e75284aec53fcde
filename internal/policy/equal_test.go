package policy

import "testing"

func TestEqual(t *testing.T) {
	of := func(members string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject",` + members + `}]}`
	}
	for name, c := range map[string]struct {
		a, b string
		want bool
	}{
		"order of statements": {`{"Statement":[{"Sid":"a","Effect":"Allow","Action":"a:b"},{"Sid":"b","Effect":"Deny","Action":"a:b"}]}`,
			`{"Statement":[{"Sid":"b","Effect":"Deny","Action":"a:b"},{"Sid":"a","Effect":"Allow","Action":"a:b"}]}`, true},
		"a list of one":                   {of(`"Resource":"r"`), of(`"Resource":["r"]`), true},
		"order and repetition":            {of(`"Resource":["r","s"]`), of(`"Resource":["s","r","s"]`), true},
		"case of actions":                 {`{"Statement":{"Effect":"Allow","Action":"SNS:Publish"}}`, `{"Statement":{"Effect":"Allow","Action":"sns:publish"}}`, true},
		"case of resources":               {of(`"Resource":"r"`), of(`"Resource":"R"`), false},
		"everybody":                       {of(`"Principal":"*"`), of(`"Principal":{"AWS":["*"]}`), true},
		"everybody and more":              {of(`"Principal":"*"`), of(`"Principal":{"AWS":["*","arn:aws:iam::111122223333:role/a"]}`), true},
		"everybody and a service":         {of(`"Principal":"*"`), of(`"Principal":{"AWS":["*"],"Service":"s3.amazonaws.com"}`), false},
		"nobody but everybody":            {of(`"Principal":"*"`), of(`"NotPrincipal":"*"`), false},
		"an account by id":                {of(`"Principal":{"AWS":"111122223333"}`), of(`"Principal":{"AWS":"arn:aws-cn:iam::111122223333:root"}`), true},
		"a role called root":              {of(`"Principal":{"AWS":"111122223333"}`), of(`"Principal":{"AWS":"arn:aws:iam::111122223333:role/root"}`), false},
		"an account as a service":         {of(`"Principal":{"AWS":"111122223333"}`), of(`"Principal":{"CanonicalUser":"111122223333"}`), false},
		"case of keys and operators":      {of(`"Condition":{"StringEquals":{"aws:SourceArn":"a"}}`), of(`"Condition":{"stringequals":{"AWS:SourceARN":["a"]}}`), true},
		"case of values":                  {of(`"Condition":{"StringEquals":{"aws:SourceArn":"a"}}`), of(`"Condition":{"StringEquals":{"aws:SourceArn":"A"}}`), false},
		"case of booleans":                {of(`"Condition":{"Bool":{"aws:SecureTransport":"True"}}`), of(`"Condition":{"Bool":{"aws:SecureTransport":true}}`), true},
		"another boolean":                 {of(`"Condition":{"Bool":{"aws:SecureTransport":"false"}}`), of(`"Condition":{"Bool":{"aws:SecureTransport":true}}`), false},
		"two names of one operator":       {of(`"Condition":{"ArnEquals":{"a":"b"}}`), of(`"Condition":{"ArnLike":{"a":"b"}}`), true},
		"IfExists":                        {of(`"Condition":{"BoolIfExists":{"a":"true"}}`), of(`"Condition":{"Bool":{"a":"true"}}`), false},
		"a condition more":                {of(`"Condition":{"Bool":{"a":"true"}}`), of(`"Resource":"*","Condition":{"Bool":{"a":"true"}}`), false},
		"no condition":                    {of(`"Condition":{"Bool":{"a":"true"}}`), of(`"Sid":""`), false},
		"a condition of no keys":          {of(`"Condition":{"Bool":{}}`), of(`"Sid":""`), true},
		"a value that is another's key":   {of(`"Condition":{"StringEquals":{"a":["b","c"]}}`), of(`"Condition":{"StringEquals":{"a":"b","b":"c"}}`), false},
		"Sids":                            {of(`"Sid":"a"`), of(`"Sid":"b"`), false},
		"Ids":                             {`{"Id":"a","Statement":[]}`, `{"Id":"b","Statement":[]}`, false},
		"no version is that of 2008":      {`{"Version":"2008-10-17","Statement":{"Effect":"Allow","Action":"a:b"}}`, `{"Statement":{"Effect":"Allow","Action":"a:b"}}`, true},
		"another version":                 {`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"a:b"}}`, `{"Statement":{"Effect":"Allow","Action":"a:b"}}`, false},
		"a statement more":                {`{"Version":"2008-10-17","Statement":[]}`, `{"Statement":{"Effect":"Allow","Action":"a:b"}}`, false},
		"the same statement twice":        {`{"Statement":[{"Effect":"Allow","Action":"a:b"},{"Effect":"Allow","Action":"a:b"}]}`, `{"Statement":{"Effect":"Allow","Action":"a:b"}}`, true},
		"actions that are all but others": {`{"Statement":{"Effect":"Allow","Action":"a:b"}}`, `{"Statement":{"Effect":"Allow","NotAction":"a:b"}}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := mustParse(t, c.a), mustParse(t, c.b)
			if Equal(a, b) != c.want || Equal(b, a) != c.want {
				t.Errorf("Equal is %v and %v, want %v", Equal(a, b), Equal(b, a), c.want)
			}
			if !Equal(a, a) || !Equal(b, b) {
				t.Error("a document is not equal to itself")
			}
		})
	}
	if Equal(Document{}, Document{Version: "2008-10-17"}) {
		t.Error("no policy is equal to one that says nothing")
	}
}

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"*", "", true}, {"", "", true}, {"", "a", false}, {"a", "a", true}, {"a*", "a", true}, {"a*c", "abbc", true}, {"a*c", "abbcd", false},
		{"*b*", "abc", true}, {"a?c", "abc", true}, {"a?c", "a*c", false}, {"a*c", "a*c", true}, {"a?", "a", false}, {"**a", "ba", true},
		{"logs/*", "logs/x/*", true}, {"logs/x/*", "logs/*", false}, {"s3:get*", "s3:getobject", true},
	} {
		if got := match(c.pattern, c.text); got != c.want {
			t.Errorf("match(%q, %q) is %v", c.pattern, c.text, got)
		}
	}
}
