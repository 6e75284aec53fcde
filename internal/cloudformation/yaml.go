package cloudformation

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// plain are texts that every reader of YAML takes for themselves without quotes.
var plain = regexp.MustCompile(`^[A-Za-z/](?:[A-Za-z0-9 ,_./*@+=-]|:+[A-Za-z0-9/*_-])*$`)

// otherwise are words that YAML 1.1 takes for something else than text.
var otherwise = regexp.MustCompile(`(?i)^(?:y|n|yes|no|on|off|true|false|null)$`)

// str is a text.
func str(s string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s, Style: yaml.DoubleQuotedStyle}
	switch {
	case plain.MatchString(s) && !otherwise.MatchString(s) && !strings.HasSuffix(s, " "):
		n.Style = 0
	case strings.Contains(s, `"`) && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }):
		n.Style = yaml.SingleQuotedStyle
	}
	return n
}

// number is a number.
func number(n int) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: strconv.Itoa(n)}
}

// decimal is a number, whole or not.
func decimal(f float64) *yaml.Node {
	s := strconv.FormatFloat(f, 'f', -1, 64)
	tag := "!!int"
	if strings.Contains(s, ".") {
		tag = "!!float"
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: s}
}

// yes is a truth value.
func yes(b bool) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: strconv.FormatBool(b)}
}

// call is an intrinsic function in its short form.
func call(name, arg string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!" + name, Value: arg}
}

// list is a list.
func list(items ...*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.SequenceNode, Content: items}
}

// optional is a list, or nothing if it has no items.
func optional(items []*yaml.Node) *yaml.Node {
	if len(items) == 0 {
		return nil
	}
	return list(items...)
}

// strs are texts as they are.
func strs(texts []string) *yaml.Node {
	var items []*yaml.Node
	for _, s := range texts {
		items = append(items, str(s))
	}
	return optional(items)
}

// field is a member of an object.
type field struct {
	name  string
	value *yaml.Node // nil: the member is left out
}

// object is a mapping of those fields that have a value, in their order; nothing if there are none.
func object(fields ...field) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode}
	for _, f := range fields {
		if f.value != nil {
			n.Content = append(n.Content, str(f.name), f.value)
		}
	}
	if len(n.Content) == 0 {
		return nil
	}
	return n
}

// when is value if it is wanted, else nothing.
func when(wanted bool, value *yaml.Node) *yaml.Node {
	if !wanted {
		return nil
	}
	return value
}

// encode writes a template. A text that CloudFormation would replace by a secret or a parameter of Systems Manager is refused:
// there is no way to write it so that it stays what it is.
func encode(root *yaml.Node) ([]byte, error) {
	if err := safe(root); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(root); err != nil {
		return nil, fmt.Errorf("write YAML: %w", err)
	}
	return b.Bytes(), nil
}

// safe walks all texts.
func safe(n *yaml.Node) error {
	if !utf8.ValidString(n.Value) {
		return fmt.Errorf("%q is no text: it is not UTF-8", n.Value)
	}
	if err := noSecret(n.Value); err != nil {
		return err
	}
	for _, c := range n.Content {
		if err := safe(c); err != nil {
			return err
		}
	}
	return nil
}

// noSecret refuses dynamic references.
//
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
func noSecret(s string) error {
	if strings.Contains(s, "{{resolve:") {
		return fmt.Errorf("%q has {{resolve:, which CloudFormation would replace by a secret or a parameter", s)
	}
	return nil
}
