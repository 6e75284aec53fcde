package cloudformation

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// part is a piece of a text: characters as they are, or a reference to a resource (Ref, or Fn::GetAtt where it has a dot).
type part struct {
	text, ref string
}

// node is a text of parts in its shortest form: a plain text, !Ref, !GetAtt or !Sub, and Fn::Join where the text itself has
// what !Sub takes for a reference.
func node(parts []part) *yaml.Node {
	parts = joined(parts)
	if len(parts) == 0 {
		return str("")
	}
	if len(parts) == 1 {
		return single(parts[0])
	}
	var b strings.Builder
	for _, p := range parts {
		if strings.Contains(p.text, "${") {
			return join(parts)
		}
		if p.ref != "" {
			b.WriteString("${" + p.ref + "}")
			continue
		}
		b.WriteString(p.text)
	}
	// A dollar before a reference would make it another text: $${X} is what it is, but ${$ is not.
	return call("Sub", b.String())
}

func single(p part) *yaml.Node {
	switch {
	case p.ref == "":
		return str(p.text)
	case strings.Contains(p.ref, ".") && !strings.Contains(p.ref, "::"):
		return call("GetAtt", p.ref)
	}
	return call("Ref", p.ref)
}

func join(parts []part) *yaml.Node {
	var items []*yaml.Node
	for _, p := range parts {
		items = append(items, single(p))
	}
	n := list(str(""), list(items...))
	n.Tag = "!Join"
	return n
}

// joined merges neighbours that are characters.
func joined(parts []part) []part {
	var out []part
	for _, p := range parts {
		switch last := len(out) - 1; {
		case p.text == "" && p.ref == "":
		case last >= 0 && p.ref == "" && out[last].ref == "":
			out[last].text += p.text
		default:
			out = append(out, p)
		}
	}
	return out
}

// word is a text as part of a name of a file: letters, digits and hyphens only.
func word(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' {
			return r
		}
		return '-'
	}, s)
}

// camel is a text as part of a logical ID: its words of letters and digits, each with a capital first.
func camel(s string) string {
	var b strings.Builder
	up := true
	for _, r := range s {
		switch {
		case b.Len() == 80:
			return b.String()
		case 'a' <= r && r <= 'z' && up:
			b.WriteRune(r - 'a' + 'A')
			up = false
		case '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z':
			b.WriteRune(r)
			up = false
		default:
			up = true
		}
	}
	return b.String()
}

// calm is a text of capitals and underscores as one of words, as in CLOUD_TRAIL_ENABLED.
func calm(s string) string {
	if strings.ToUpper(s) == s {
		return strings.ToLower(s)
	}
	return s
}
