package sigma

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// detection is the section of a rule that says what matches.
type detection struct {
	names []string // of the selections, in the order of the file
	lines map[string]int
	exprs map[string]expr
	used  map[string]bool
	warn  func(line int, format string, args ...any)
}

var selectionName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// newDetection compiles the section, with its condition.
func newDetection(n *yaml.Node, warn func(int, string, ...any)) (expr, error) {
	d := detection{lines: map[string]int{}, exprs: map[string]expr{}, used: map[string]bool{}, warn: warn}
	if n.Kind != yaml.MappingNode {
		return expr{}, at(n.Line, "detection is no map")
	}
	var condition *yaml.Node
	for key, value := range pairs(n) {
		name := key.Value
		switch {
		case name == "condition":
			condition = value
		case name == "timeframe":
			return expr{}, at(key.Line, "timeframe is not supported: it is part of a correlation over several events")
		case !selectionName.MatchString(name):
			return expr{}, at(key.Line, "the selection %q: want a name of letters, digits, _ and -", short(name))
		case reserved(name):
			return expr{}, at(key.Line, "the selection %q has the name of a word of conditions", short(name))
		default:
			e, err := d.selection(value, name)
			if err != nil {
				return expr{}, err
			}
			d.names = append(d.names, name)
			d.lines[name] = key.Line
			d.exprs[name] = e
		}
	}
	if condition == nil {
		return expr{}, at(n.Line, "detection has no condition")
	}
	e, err := d.conditions(condition)
	if err != nil {
		return expr{}, err
	}
	for _, name := range d.names {
		if !d.used[name] {
			warn(d.lines[name], "the selection %q is not used by the condition", short(name))
		}
	}
	return e, nil
}

// selection compiles a map, a list of maps, or a list of keywords.
func (d *detection) selection(n *yaml.Node, name string) (expr, error) {
	switch n.Kind {
	case yaml.MappingNode:
		return d.fields(n)
	case yaml.SequenceNode:
	default:
		return expr{}, at(n.Line, "the selection %q is neither a map nor a list", short(name))
	}
	var kids []expr
	var keywords []*yaml.Node
	for _, kid := range n.Content {
		switch kid.Kind {
		case yaml.MappingNode:
			e, err := d.fields(kid)
			if err != nil {
				return expr{}, err
			}
			kids = append(kids, e)
		case yaml.ScalarNode:
			keywords = append(keywords, kid)
		default:
			return expr{}, at(kid.Line, "a list in the list of the selection %q", short(name))
		}
	}
	if len(keywords) > 0 {
		m := maker{warn: d.warn}
		it, err := m.item(keywords)
		if err != nil {
			return expr{}, err
		}
		kids = append(kids, ask(it))
	}
	if len(kids) == 0 {
		return expr{}, at(n.Line, "the selection %q is empty", short(name))
	}
	return join(or, kids...), nil
}

// fields compiles a map: all of its lines have to hold.
func (d *detection) fields(n *yaml.Node) (expr, error) {
	var kids []expr
	for key, value := range pairs(n) {
		it, err := d.line(key, value)
		if err != nil {
			return expr{}, err
		}
		kids = append(kids, ask(it))
	}
	if len(kids) == 0 {
		return expr{}, at(n.Line, "a map without fields")
	}
	return join(and, kids...), nil
}

// line compiles a field with its modifiers and values.
func (d *detection) line(key, value *yaml.Node) (*item, error) {
	words := strings.Split(key.Value, "|")
	m := maker{warn: d.warn}
	var err error
	if m.chain, err = newChain(words[1:], words[0] == ""); err != nil {
		return nil, at(key.Line, "%q: %w", short(key.Value), err)
	}
	if words[0] != "" {
		var warning string
		if m.field, warning, err = newField(words[0]); err != nil {
			return nil, at(key.Line, "%w", err)
		}
		if warning != "" {
			d.warn(key.Line, "%s", warning)
		}
	} else if len(words) == 1 {
		return nil, at(key.Line, "a field without a name")
	}
	values := []*yaml.Node{value}
	switch value.Kind {
	case yaml.SequenceNode:
		values = value.Content
	case yaml.ScalarNode:
	default:
		return nil, at(value.Line, "the field %q has a map as its value: write the names with dots between, as in userIdentity.arn", short(key.Value))
	}
	for _, v := range values {
		if v.Kind != yaml.ScalarNode {
			return nil, at(v.Line, "the field %q has a list or a map among its values", short(key.Value))
		}
	}
	switch {
	case len(values) == 0:
		return nil, at(value.Line, "the field %q has no values", short(key.Value))
	case m.is == isThere && len(values) > 1:
		return nil, at(value.Line, "the field %q: exists takes one value", short(key.Value))
	case m.all && len(values) == 1:
		d.warn(key.Line, "%q has one value, of which all is the same as one", short(key.Value))
	}
	it, err := m.item(values)
	if err != nil {
		return nil, err
	}
	return it, nil
}

// conditions compiles the condition, or several of which one has to hold.
func (d *detection) conditions(n *yaml.Node) (expr, error) {
	nodes := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		nodes = n.Content
	}
	var kids []expr
	for _, c := range nodes {
		if c.Kind != yaml.ScalarNode || c.ShortTag() != "!!str" {
			return expr{}, at(c.Line, "the condition is no text")
		}
		e, err := d.condition(c.Value, c.Line)
		if err != nil {
			return expr{}, err
		}
		kids = append(kids, e)
	}
	if len(kids) == 0 {
		return expr{}, at(n.Line, "the condition is empty")
	}
	return join(or, kids...), nil
}

// choose returns the selections that a pattern names. Those that begin with _ are named only by a pattern that does, too.
func (d *detection) choose(pattern string) ([]expr, error) {
	parts := strings.Split(pattern, "*")
	for i, part := range parts {
		parts[i] = regexp.QuoteMeta(part)
	}
	re, err := regexp.Compile("^" + strings.Join(parts, ".*") + "$")
	if err != nil {
		return nil, fmt.Errorf("the pattern %q: %w", short(pattern), err)
	}
	var chosen []expr
	for _, name := range d.names {
		if re.MatchString(name) && (name[0] != '_' || pattern[0] == '_') {
			d.used[name] = true
			chosen = append(chosen, d.exprs[name])
		}
	}
	if len(chosen) == 0 {
		return nil, fmt.Errorf("no selection is called %q", short(pattern))
	}
	return chosen, nil
}

func reserved(name string) bool {
	return slices.Contains([]string{"and", "or", "not", "of", "them", "all", "any", "1", "near"}, strings.ToLower(name))
}
