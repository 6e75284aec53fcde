package terraform

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// expr is the text of an expression in the Terraform language. Text of others gets into one by quoted, template and heredoc
// only, which escape all that Terraform would evaluate.
type expr string

// quoted is a literal.
func quoted(s string) expr {
	return expr(hclwrite.TokensForValue(cty.StringVal(s)).Bytes())
}

// inner is a literal as it stands inside a template.
func inner(s string) string {
	q := string(quoted(s))
	return q[1 : len(q)-1]
}

// heredoc is a literal that is easier to read where it has many quotation marks. Texts that a heredoc could change are
// quoted.
func heredoc(s string) expr {
	if !strings.HasPrefix(s, "{") || !strings.Contains(s, `"`) || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return quoted(s)
	}
	s = strings.ReplaceAll(s, "${", "$${")
	s = strings.ReplaceAll(s, "%{", "%%{")
	return expr("chomp(<<-PATTERN\n        " + s + "\n      PATTERN\n)")
}

func boolean(b bool) expr { return expr(strconv.FormatBool(b)) }

func number[N int | float64](n N) expr {
	return expr(strconv.FormatFloat(float64(n), 'f', -1, 64))
}

// list is a tuple: on one line if it is short.
func list(items []expr) expr {
	var text []string
	size, lines := 0, false
	for _, i := range items {
		text = append(text, string(i))
		size += len(i)
		lines = lines || strings.Contains(string(i), "\n")
	}
	if len(items) == 0 {
		return "[]"
	}
	if len(items) == 1 && !lines || size < 80 && !lines {
		return expr("[" + strings.Join(text, ", ") + "]")
	}
	return expr("[\n" + strings.Join(text, ",\n") + ",\n]")
}

// literals is a tuple of literals.
func literals(texts []string) expr {
	var items []expr
	for _, t := range texts {
		items = append(items, quoted(t))
	}
	return list(items)
}

// member is one of an object's.
type member struct {
	name  string
	value expr
}

func object(members []member) expr {
	var b strings.Builder
	b.WriteString("{\n")
	for _, m := range members {
		name := string(quoted(m.name))
		if hclsyntax.ValidIdentifier(m.name) && !strings.Contains(m.name, "-") {
			name = m.name
		}
		fmt.Fprintf(&b, "%s = %s\n", name, m.value)
	}
	b.WriteString("}")
	return expr(b.String())
}

// tokens reads an expression.
func (e expr) tokens() (hclwrite.Tokens, error) {
	f, diags := hclwrite.ParseConfig([]byte("x = "+string(e)+"\n"), "", hcl.InitialPos)
	if diags.HasErrors() {
		return nil, fmt.Errorf("write the expression %q: %w", string(e), diags)
	}
	return f.Body().GetAttribute("x").Expr().BuildTokens(nil), nil
}

// valid reports whether Terraform can hold the text.
func valid(s string) bool { return utf8.ValidString(s) }
