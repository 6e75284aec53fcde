package terraform

import (
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// evaluate is what Terraform makes of an expression that refers to nothing.
func evaluate(t *testing.T, e expr) string {
	t.Helper()
	x, diags := hclsyntax.ParseExpression([]byte(e), "", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatalf("%s: %v", e, diags)
	}
	if refers := x.Variables(); len(refers) > 0 {
		t.Fatalf("%s refers to %v", e, refers)
	}
	v, diags := x.Value(&hcl.EvalContext{Functions: map[string]function.Function{"chomp": stdlib.ChompFunc}})
	if diags.HasErrors() || v.Type() != cty.String {
		t.Fatalf("%s: %v", e, diags)
	}
	return v.AsString()
}

// texts are what an account can hold, a pattern above all.
var texts = []string{"", "plain", `{ $.a = "b" }`, `{"${var.x}"}`, `{"$${x} $$${y} %{ if true } %%{x}"}`, `{"$$"}`, `{"$"}{`, `{"%"}`, "{\"two\nlines\"}",
	"{\"PATTERN\"}\nPATTERN\n", "\x00\x1b\u202e", `\`, `{"\"}`, `{"\\n"} `, "{\"a\"}\t", nasty, "{" + nasty, "${", "$", "%{", "é\u200d{\"ü\"}"}

func TestQuotedTextIsOnlyText(t *testing.T) {
	for _, s := range texts {
		if got := evaluate(t, quoted(s)); got != s {
			t.Errorf("quoted %q is %q", s, got)
		}
		if got := evaluate(t, heredoc(s)); got != s {
			t.Errorf("heredoc %q is %q", s, got)
		}
	}
}

func FuzzQuoted(f *testing.F) {
	for _, s := range texts {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want := cty.StringVal(s).AsString() // Terraform normalizes all texts
		if !valid(s) || want != s {
			t.Skip("Terraform does not hold it as it is")
		}
		if got := evaluate(t, quoted(s)); got != s {
			t.Errorf("quoted %q is %q", s, got)
		}
		if got := evaluate(t, heredoc(s)); got != s {
			t.Errorf("heredoc %q is %q", s, got)
		}
	})
}

func TestHeredocOnlyWhereItReadsBetter(t *testing.T) {
	for text, want := range map[string]bool{`{ $.a = "b" }`: true, `{ $.a = b }`: false, `ERROR "x"`: false, "{\"a\nb\"}": false} {
		if got := strings.Contains(string(heredoc(text)), "<<-"); got != want {
			t.Errorf("%q is a heredoc: %v", text, got)
		}
	}
}

func TestMembersOfObjects(t *testing.T) {
	e := object([]member{{"AWS", quoted("a")}, {"aws:SourceArn", quoted("b")}, {"${x}", quoted("c")}, {"with-dash", quoted("d")}})
	x, diags := hclsyntax.ParseExpression([]byte(e), "", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	v, diags := x.Value(nil)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	for name, want := range map[string]string{"AWS": "a", "aws:SourceArn": "b", "${x}": "c", "with-dash": "d"} {
		if got := v.GetAttr(name).AsString(); got != want {
			t.Errorf("member %q is %q", name, got)
		}
	}
}
