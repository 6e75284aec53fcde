package policy

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func mustParse(t *testing.T, text string) Document {
	t.Helper()
	d, err := Parse([]byte(text))
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return d
}

func TestParse(t *testing.T) {
	statement := func(s Statement) Document { return Document{Version: "2012-10-17", Statements: []Statement{s}} }
	for name, c := range map[string]struct {
		text string
		want Document
	}{
		"one statement that is no list": {`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`,
			statement(Statement{Effect: "Allow", Action: []string{"s3:*"}, Resource: []string{"*"}})},
		"everybody": {`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","NotAction":["a:b","c:d"],"NotResource":"*"}]}`,
			statement(Statement{Effect: "Deny", Principal: Principal{"*": {"*"}}, NotAction: []string{"a:b", "c:d"}, NotResource: []string{"*"}})},
		"everybody of AWS": {`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","NotPrincipal":{"AWS":"*","Service":["a","b"]},"Action":"a:b"}]}`,
			statement(Statement{Effect: "Deny", NotPrincipal: Principal{"AWS": {"*"}, "Service": {"a", "b"}}, Action: []string{"a:b"}})},
		"numbers and booleans of conditions": {`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"a:b","Condition":{"Bool":{"aws:SecureTransport":false},"NumericLessThan":{"s3:TlsVersion":[1.2,"1.3"]},"StringEquals":{"a":[]}}}]}`,
			statement(Statement{Effect: "Deny", Action: []string{"a:b"}, Condition: Condition{"Bool": {"aws:SecureTransport": {"false"}}, "NumericLessThan": {"s3:TlsVersion": {"1.2", "1.3"}}, "StringEquals": {"a": {}}}})},
		"no version and an id": {`{"Id":"x","Statement":[]}`, Document{ID: "x"}},
		"an empty condition":   {`{"Version":"2012-10-17","Statement":{"Sid":"","Effect":"Allow","Action":"a:b","Condition":{}}}`, statement(Statement{Effect: "Allow", Action: []string{"a:b"}})},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, mustParse(t, c.text)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// refused are texts that Parse must not make a document of.
func refused() map[string]string {
	of := func(members string) string { return `{"Version":"2012-10-17","Statement":[{` + members + `}]}` }
	return map[string]string{
		"nothing":                        ``,
		"null":                           `null`,
		"an empty object":                `{}`,
		"a list":                         `[]`,
		"a text":                         `"secret"`,
		"no JSON":                        `{"Version"`,
		"what follows":                   `{"Statement":[]} {}`,
		"a byte order mark":              "\ufeff" + `{"Statement":[]}`,
		"bytes that are no UTF-8":        "{\"Id\":\"\xff\",\"Statement\":[]}",
		"half a surrogate":               `{"Id":"\ud800","Statement":[]}`,
		"a document that says nothing":   `{"Statement":[]}`,
		"an unknown version":             `{"Version":"2030-01-01","Statement":[]}`,
		"a version that is null":         `{"Version":null,"Statement":[]}`,
		"an unknown member":              `{"Statement":[],"Statements":[]}`,
		"a statement twice":              `{"Statement":[],"Statement":[]}`,
		"a member twice in another case": `{"Statement":[],"statement":[]}`,
		"a statement that is a text":     `{"Statement":"all"}`,
		"a list in the list":             `{"Statement":[[]]}`,
		"no effect":                      of(`"Action":"a:b"`),
		"another effect":                 of(`"Effect":"allow","Action":"a:b"`),
		"no action":                      of(`"Effect":"Allow"`),
		"both actions":                   of(`"Effect":"Allow","Action":"a:b","NotAction":"a:c"`),
		"both resources":                 of(`"Effect":"Allow","Action":"a:b","Resource":"*","NotResource":"*"`),
		"both principals":                of(`"Effect":"Allow","Action":"a:b","Principal":"*","NotPrincipal":"*"`),
		"an unknown statement member":    of(`"Effect":"Allow","Action":"a:b","Actions":"a:c"`),
		"an action twice":                of(`"Effect":"Allow","Action":"a:b","Action":"a:c"`),
		"no actions in the list":         of(`"Effect":"Allow","Action":[]`),
		"an empty action":                of(`"Effect":"Allow","Action":""`),
		"a number for an action":         of(`"Effect":"Allow","Action":1`),
		"a list in a list":               of(`"Effect":"Allow","Action":[["a:b"]]`),
		"a principal without a kind":     of(`"Effect":"Allow","Action":"a:b","Principal":"111122223333"`),
		"a principal that is nobody":     of(`"Effect":"Allow","Action":"a:b","Principal":{}`),
		"a principal of no kind":         of(`"Effect":"Allow","Action":"a:b","Principal":{"aws":"*"}`),
		"a condition that is a list":     of(`"Effect":"Allow","Action":"a:b","Condition":[]`),
		"an operator twice":              of(`"Effect":"Allow","Action":"a:b","Condition":{"Bool":{},"bool":{}}`),
		"a key twice":                    of(`"Effect":"Allow","Action":"a:b","Condition":{"StringEquals":{"aws:SourceArn":"a","AWS:SourceArn":"b"}}`),
		"an object for a value":          of(`"Effect":"Allow","Action":"a:b","Condition":{"StringEquals":{"a":{"b":"c"}}}`),
		"null for a value":               of(`"Effect":"Allow","Action":"a:b","Condition":{"StringEquals":{"a":null}}`),
		"an empty operator":              of(`"Effect":"Allow","Action":"a:b","Condition":{"":{"a":"b"}}`),
		"an empty key":                   of(`"Effect":"Allow","Action":"a:b","Condition":{"Bool":{"":"b"}}`),
		"depth":                          strings.Repeat(`{"Statement":`, 3000),
		"deep lists":                     `{"Statement":` + strings.Repeat("[", 30000),
		"length":                         `{"Statement":[]` + strings.Repeat(" ", mostBytes) + `}`,
	}
}

func TestParseRefuses(t *testing.T) {
	for name, text := range refused() {
		t.Run(name, func(t *testing.T) {
			d, err := Parse([]byte(text))
			if err == nil {
				t.Fatalf("read as %#v", d)
			}
			if !d.IsZero() {
				t.Errorf("an error comes with %#v", d)
			}
			if strings.Contains(err.Error(), "secret") || len(err.Error()) > 200 {
				t.Errorf("the error says too much: %v", err)
			}
		})
	}
}

func TestJSON(t *testing.T) {
	d := mustParse(t, `{"Statement":[{"Condition":{"StringLike":{"b":["x"],"a":[]},"Bool":{"c":true}},"Resource":["r"],"Action":["y:z","a:b"],
		"NotPrincipal":{"Service":"s","AWS":["*"]},"Effect":"Deny","Sid":"<&>"}],"Id":"i","Version":"2012-10-17"}`)
	want := `{
  "Version": "2012-10-17",
  "Id": "i",
  "Statement": [
    {
      "Sid": "<&>",
      "Effect": "Deny",
      "NotPrincipal": {
        "AWS": "*",
        "Service": "s"
      },
      "Action": [
        "y:z",
        "a:b"
      ],
      "Resource": "r",
      "Condition": {
        "Bool": {
          "c": "true"
        },
        "StringLike": {
          "a": [],
          "b": "x"
        }
      }
    }
  ]
}`
	if diff := cmp.Diff(want, d.JSON()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got := (Document{}).JSON(); got != "" {
		t.Errorf("no policy is %q", got)
	}
	if diff := cmp.Diff("{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": []\n}", Document{Version: "2012-10-17"}.JSON()); diff != "" {
		t.Errorf("without statements, -want +got:\n%s", diff)
	}
}

// addSeeds adds texts of every form: those of the builders, of others, and those that are refused.
func addSeeds(add func(text string)) {
	for _, name := range slices.Sorted(maps.Keys(built())) {
		add(built()[name].JSON())
	}
	for _, name := range slices.Sorted(maps.Keys(merges())) {
		add(merges()[name].now)
	}
	for _, name := range slices.Sorted(maps.Keys(refused())) {
		if text := refused()[name]; len(text) < 1<<10 {
			add(text)
		}
	}
}

// What is read is written so that it is read again as the same, and always in the same way.
func FuzzParse(f *testing.F) {
	addSeeds(func(text string) { f.Add([]byte(text)) })
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := Parse(text)
		if err != nil {
			if !d.IsZero() {
				t.Fatalf("an error comes with %#v", d)
			}
			return
		}
		again, err := Parse([]byte(d.JSON()))
		if err != nil && len(d.JSON()) <= mostBytes {
			t.Fatalf("%v in what was written:\n%s", err, d.JSON())
		}
		if err != nil {
			return
		}
		if !Equal(d, again) {
			t.Fatalf("not the same:\n%s\n%s", d.JSON(), again.JSON())
		}
		if d.JSON() != again.JSON() {
			t.Fatalf("written otherwise:\n%s\n%s", d.JSON(), again.JSON())
		}
	})
}
