package sigma

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/trailseal/trailseal/internal/pattern"
	"go.yaml.in/yaml/v3"
)

// maxRegexp is how many bytes a regular expression may have.
const maxRegexp = 4096

// manyNames is from how many exact texts on they are looked up together.
const manyNames = 8

// maker makes an item of a line of a selection.
type maker struct {
	chain
	field *field // nil for keywords
	warn  func(line int, format string, args ...any)
}

// item makes an item of values.
func (m *maker) item(values []*yaml.Node) (*item, error) {
	it := &item{field: m.field, negate: m.neq}
	var one group
	for _, v := range values {
		g, err := m.value(v)
		if err != nil {
			return nil, err
		}
		if m.all {
			it.groups = append(it.groups, g)
			continue
		}
		one.tests = append(one.tests, g.tests...)
		one.null = one.null || g.null
	}
	if !m.all {
		it.groups = []group{one}
	}
	for i := range it.groups {
		it.groups[i].index()
	}
	return it, nil
}

// index makes a group of exact texts one question.
func (g *group) index() {
	pins := g.pins()
	if len(pins) < manyNames {
		return
	}
	for i := range g.tests {
		if g.tests[i].glob.cased {
			return
		}
	}
	g.names = map[string]struct{}{}
	for _, pin := range pins {
		g.names[pin] = struct{}{}
		g.longest = max(g.longest, len(pin))
	}
}

// value makes a group of one value.
func (m *maker) value(n *yaml.Node) (group, error) {
	tag := n.ShortTag()
	wrong := func(format string, args ...any) (group, error) { return group{}, at(n.Line, format, args...) }
	switch tag {
	case "!!str", "!!timestamp", "!!bool":
	case "!!int", "!!float":
		if !decimalShape.MatchString(n.Value) {
			return wrong("the number %q: write it as a decimal without leading zeros, or in quotes when it is a text", short(n.Value))
		}
	case "!!null":
		if m.field == nil || m.is != isText || m.how != whole || m.encodings != nil || m.cased {
			return wrong("null is no value for these modifiers")
		}
		if n.Value == "" {
			m.warn(n.Line, "the field %q has no value here, which is null", m.field.name)
		}
		return group{null: true, tests: []test{{kind: isNull}}}, nil
	default:
		return wrong("a value of the type %q: want a text, a number, true, false or null", short(tag))
	}
	switch m.is {
	case isThere:
		if tag != "!!bool" {
			return wrong("exists takes true or false, not %q", short(n.Value))
		}
		return group{tests: []test{{kind: isThere, want: strings.EqualFold(n.Value, "true")}}}, nil
	case isNumber:
		return m.number(n)
	case isRegexp:
		return m.regexp(n)
	}
	if m.is == isText && m.field != nil && m.how == whole && m.encodings == nil && !m.cased && (tag == "!!int" || tag == "!!float") {
		number, ok := pattern.ParseDecimal([]byte(n.Value), true)
		if !ok {
			return wrong("%q is no decimal", short(n.Value))
		}
		return group{tests: []test{{kind: isNumber, number: number}}}, nil
	}
	text := unescape(n.Value)
	switch m.is {
	case isAddress:
		s, _ := plain(text)
		prefix, err := network(s)
		if err != nil || tag != "!!str" {
			return wrong("%q is no network: want an address and a length, as in 10.0.0.0/8, with no bits behind the length", short(n.Value))
		}
		return group{tests: []test{{kind: isAddress, prefix: prefix}}}, nil
	case isField:
		s, ok := plain(text)
		if !ok || tag != "!!str" {
			return wrong("%q is no name of a field", short(n.Value))
		}
		f, warning, err := newField(s)
		if err != nil {
			return wrong("%w", err)
		}
		if warning != "" {
			m.warn(n.Line, "%s", warning)
		}
		return group{tests: []test{{kind: isField, ref: f, how: m.how, cased: m.cased}}}, nil
	}
	return m.text(n, text)
}

// decimalShape is a number that cannot be taken for another: YAML 1.1 reads 010 as eight.
var decimalShape = regexp.MustCompile(`^[+-]?(0|[1-9][0-9]*)?(\.[0-9]*)?([eE][+-]?[0-9]+)?$`)

func (m *maker) text(n *yaml.Node, text []rune) (group, error) {
	if len(text) == 0 && (m.field == nil || m.how != whole) {
		return group{}, at(n.Line, "an empty text is in every text: leave it out, or write \"*\"")
	}
	if m.how != whole && m.field != nil && resembles(n.Value) {
		m.warn(n.Line, "%q is compared as a text: fieldref makes it the name of a field", short(n.Value))
	}
	texts, err := encode(text, m.encodings)
	if err != nil {
		return group{}, at(n.Line, "%w", err)
	}
	var g group
	for _, text := range texts {
		if m.how == anywhere || m.how == atBack || m.field == nil {
			text = front(text)
		}
		if m.how == anywhere || m.how == atFront || m.field == nil {
			text = back(text)
		}
		t := test{kind: isText, glob: newGlob(text, m.cased)}
		t.inside = t.glob.open()
		g.tests = append(g.tests, t)
	}
	return g, nil
}

func (m *maker) regexp(n *yaml.Node) (group, error) {
	if len(n.Value) > maxRegexp {
		return group{}, at(n.Line, "a regular expression is longer than %d bytes", maxRegexp)
	}
	source := n.Value
	if m.how == atFront {
		source = `\A(?:` + source + `)`
	}
	if m.how == atBack {
		source = `(?:` + source + `)\z`
	}
	if m.flags != "" {
		source = "(?" + m.flags + ")" + source
	}
	// The text alone has to be one too, with whatever the parentheses around it do to it.
	_, err := regexp.Compile(n.Value)
	re, more := regexp.Compile(source)
	if err = cmp.Or(err, more); err != nil {
		reason := "wrong"
		var e *syntax.Error
		if errors.As(err, &e) {
			reason = e.Code.String()
		}
		return group{}, at(n.Line, "the regular expression %q: %s", short(n.Value), reason)
	}
	return group{tests: []test{{kind: isRegexp, re: re, needs: []byte(literal(source)), inside: m.how == whole || m.how == anywhere}}}, nil
}

// literal returns a text that is in everything that a regular expression matches, or an empty one. It is much quicker to
// look for.
func literal(source string) string {
	re, err := syntax.Parse(source, syntax.Perl)
	if err != nil {
		return ""
	}
	return literalOf(re)
}

func literalOf(re *syntax.Regexp) string {
	switch re.Op {
	case syntax.OpLiteral:
		// A byte that is no UTF-8 is U+FFFD for a regular expression.
		if re.Flags&syntax.FoldCase == 0 && !slices.Contains(re.Rune, utf8.RuneError) {
			return string(re.Rune)
		}
	case syntax.OpRepeat:
		if re.Min > 0 {
			return literalOf(re.Sub[0])
		}
	case syntax.OpCapture, syntax.OpPlus:
		return literalOf(re.Sub[0])
	case syntax.OpConcat:
		longest := ""
		for _, sub := range re.Sub {
			if s := literalOf(sub); len(s) > len(longest) {
				longest = s
			}
		}
		return longest
	}
	return ""
}

// searches reports whether the regular expression is somewhere in a text.
func (t *test) searches(text []byte) bool {
	return bytes.Contains(text, t.needs) && t.re.Match(text)
}

func (m *maker) number(n *yaml.Node) (group, error) {
	if tag := n.ShortTag(); tag != "!!int" && (tag != "!!float" || m.part != none) {
		return group{}, at(n.Line, "%q is no number without quotes", short(n.Value))
	}
	t := test{kind: isNumber, op: m.op, part: m.part}
	var ok bool
	if t.number, ok = pattern.ParseDecimal([]byte(n.Value), true); !ok {
		return group{}, at(n.Line, "%q is no decimal", short(n.Value))
	}
	if m.part != none {
		least, most := m.part.bounds()
		count, err := strconv.Atoi(n.Value)
		if err != nil || count < least || count > most {
			return group{}, at(n.Line, "%q: want a number from %d to %d", short(n.Value), least, most)
		}
		t.count = count
	}
	return group{tests: []test{t}}, nil
}

// network reads an address with or without a length.
func network(s string) (netip.Prefix, error) {
	if !strings.Contains(s, "/") {
		addr, err := netip.ParseAddr(s)
		if err != nil {
			return netip.Prefix{}, err
		}
		if addr.Zone() != "" {
			return netip.Prefix{}, fmt.Errorf("%q has a zone", short(s))
		}
		return addr.Unmap().Prefix(addr.Unmap().BitLen())
	}
	p, err := netip.ParsePrefix(s)
	if err == nil && (p.Masked() != p || p.Addr().Is4In6()) {
		err = fmt.Errorf("%q has bits behind its length, or is IPv4 within IPv6", short(s))
	}
	return p, err
}
