package secret

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

const hidden = "hunter2-correct-horse"

// holder holds a secret in every way that a struct can.
type holder struct {
	Shown   String
	unshown String
	Pointer *String
	list    []String
	byName  map[string]String
	any     any
}

func held() holder {
	s := New(hidden)
	return holder{s, s, &s, []String{s}, map[string]String{"k": s}, s}
}

func TestNoWayOfPrintingShowsASecret(t *testing.T) {
	s := New(hidden)
	h := held()
	values := map[string]any{"string": s, "pointer": &s, "struct": h, "pointer to struct": &h, "slice": []String{s},
		"map": map[string]String{"k": s}, "struct in a struct": struct{ h holder }{h}}
	check := func(t *testing.T, text string) {
		t.Helper()
		for _, bad := range []string{hidden, hidden[3:9], fmt.Sprintf("%x", hidden), fmt.Sprintf("%X", hidden), fmt.Sprint([]byte(hidden))} {
			if strings.Contains(text, bad) {
				t.Errorf("%q holds the secret", text)
			}
		}
	}
	for name, v := range values {
		t.Run(name, func(t *testing.T) {
			for _, flag := range []string{"", "+", "#", " ", "-", "0", "50", ".3", "+#"} {
				for _, verb := range "vTtbcdoOqxXUeEfFgGspw" {
					check(t, fmt.Sprintf("%"+flag+string(verb), v))
				}
			}
			check(t, fmt.Sprint(v)+fmt.Sprintln(v))
			check(t, fmt.Errorf("got %v: %w", v, fmt.Errorf("%+v", v)).Error())
			j, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			check(t, string(j))
			y, err := yaml.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			check(t, string(y))
			var out bytes.Buffer
			for _, h := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
				log := slog.New(h)
				log.Info("m", "k", v)
				log.With("k", v).WithGroup("g").Info("m", slog.Group("in", "k", v))
			}
			if out.Len() == 0 {
				t.Error("nothing was logged")
			}
			check(t, out.String())
		})
	}
	if x, err := xml.Marshal(s); err != nil || !strings.Contains(string(x), placeholder) {
		t.Errorf("XML: %s, %v", x, err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		if got := fmt.Sprintf(verb, s); got != placeholder {
			t.Errorf("%s is %q, want the placeholder", verb, got)
		}
	}
}

func TestSecretIsItself(t *testing.T) {
	if got := New(hidden).Reveal(); got != hidden {
		t.Errorf("Reveal is %q", got)
	}
	if !New(hidden).Equal(New(hidden)) || New(hidden).Equal(New("other")) || New(hidden).Equal(String{}) || !(String{}).Equal(New("")) {
		t.Error("Equal does not compare texts")
	}
	if !(String{}).IsZero() || !New("").IsZero() || New("x").IsZero() {
		t.Error("IsZero")
	}
	var s String
	if err := json.Unmarshal([]byte(`"`+hidden+`"`), &s); err == nil || strings.Contains(err.Error(), hidden) {
		t.Errorf("a secret that was written into a file: %v", err)
	}
}

func TestParseReference(t *testing.T) {
	for in, want := range map[string]Reference{
		"env:PD_KEY":                       {Environment, "PD_KEY", ""},
		"env:ODD#NAME":                     {Environment, "ODD#NAME", ""},
		"file:/run/secrets/k":              {File, "/run/secrets/k", ""},
		"file:/run/secrets/k.json#url":     {File, "/run/secrets/k.json", "url"},
		"aws-secretsmanager:alerts/pd#key": {SecretsManager, "alerts/pd", "key"},
		"aws-secretsmanager:arn:aws:secretsmanager:eu-west-1:111122223333:secret:pd-AbCdEf": {SecretsManager, "arn:aws:secretsmanager:eu-west-1:111122223333:secret:pd-AbCdEf", ""},
	} {
		got, err := ParseReference(in)
		if err != nil || got != want {
			t.Errorf("%q: %+v, %v, want %+v", in, got, err, want)
		}
		if got.String() != in {
			t.Errorf("%q is printed as %q", in, got)
		}
	}
	for _, in := range []string{"", "env:", "file:", hidden, "https://hooks.example.com/" + hidden, "ENV:" + hidden, "file:#" + hidden, "env:A\nB" + hidden, "vault:" + hidden} {
		if got, err := ParseReference(in); err == nil || strings.Contains(err.Error(), hidden) {
			t.Errorf("%q: %+v, %v, want an error that does not repeat it", in, got, err)
		}
	}
}

func FuzzParseReference(f *testing.F) {
	f.Add("env:NAME")
	f.Add("file:/a#b#c")
	f.Add("aws-secretsmanager:arn:aws:secretsmanager:eu-west-1:111122223333:secret:pd-AbCdEf#key")
	f.Fuzz(func(t *testing.T, in string) {
		r, err := ParseReference(in)
		if err != nil {
			return
		}
		again, err := ParseReference(r.String())
		if err != nil || again != r {
			t.Errorf("%q is %+v, printed as %q, read again as %+v, %v", in, r, r, again, err)
		}
	})
}
