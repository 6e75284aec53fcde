package sigma

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"net"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// naive is a second evaluator, straight from the specification: it reads the YAML of a rule again for every record,
// over encoding/json, with regular expressions for texts, big rationals for numbers and every permutation written out. It
// takes rules that Parse accepts.
type naive struct {
	detection *yaml.Node
	root      any
	compiled  map[string]*regexp.Regexp
	// What patterns returned.
	patternsOf map[string][]naivePattern
}

// member is one of an object, which is a list of them, in the record's order.
type member struct {
	name  string
	value any
}

func naiveRecord(text []byte) (any, bool) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var read func() (any, error)
	read = func() (any, error) {
		tok, err := dec.Token()
		if err != nil {
			return nil, err
		}
		switch tok {
		case json.Delim('{'):
			members := []member{}
			for dec.More() {
				name, err := dec.Token()
				if err != nil {
					return nil, err
				}
				v, err := read()
				if err != nil {
					return nil, err
				}
				members = append(members, member{name.(string), v})
			}
			_, err = dec.Token()
			return members, err
		case json.Delim('['):
			list := []any{}
			for dec.More() {
				v, err := read()
				if err != nil {
					return nil, err
				}
				list = append(list, v)
			}
			_, err = dec.Token()
			return list, err
		}
		return tok, nil
	}
	v, err := read()
	_, ok := v.([]member)
	return v, err == nil && ok && json.Valid(text)
}

func get(n *yaml.Node, name string) *yaml.Node {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return n.Content[i+1]
		}
	}
	return nil
}

func newNaive(rule []byte) *naive {
	var doc yaml.Node
	if err := yaml.Unmarshal(rule, &doc); err != nil {
		panic(err)
	}
	return &naive{detection: get(doc.Content[0], "detection"), compiled: map[string]*regexp.Regexp{}, patternsOf: map[string][]naivePattern{}}
}

func (x *naive) match(record []byte) bool {
	root, ok := naiveRecord(record)
	if !ok {
		return false
	}
	x.root = root
	c := get(x.detection, "condition")
	if c.Kind == yaml.ScalarNode {
		return x.condition(c.Value)
	}
	return slices.ContainsFunc(c.Content, func(c *yaml.Node) bool { return x.condition(c.Value) })
}

// split cuts words at a word that is in no parentheses.
func split(words []string, at string) [][]string {
	var parts [][]string
	depth, from := 0, 0
	for i, w := range words {
		switch w {
		case "(":
			depth++
		case ")":
			depth--
		case at:
			if depth == 0 {
				parts = append(parts, words[from:i])
				from = i + 1
			}
		}
	}
	return append(parts, words[from:])
}

func (x *naive) condition(text string) bool {
	text = strings.NewReplacer("(", " ( ", ")", " ) ").Replace(text)
	words := strings.Fields(text)
	for i, w := range words {
		if l := strings.ToLower(w); slices.Contains([]string{"and", "or", "not", "of", "them", "all", "any"}, l) {
			words[i] = l
		}
	}
	return x.words(words)
}

func (x *naive) words(words []string) bool {
	if parts := split(words, "or"); len(parts) > 1 {
		return slices.ContainsFunc(parts, x.words)
	}
	if parts := split(words, "and"); len(parts) > 1 {
		return !slices.ContainsFunc(parts, func(w []string) bool { return !x.words(w) })
	}
	switch {
	case words[0] == "not":
		return !x.words(words[1:])
	case words[0] == "(":
		return x.words(words[1 : len(words)-1])
	case len(words) == 1:
		return x.selection(get(x.detection, words[0]))
	}
	like := words[2]
	if like == "them" {
		like = "*"
	}
	holds, all := 0, 0
	for i := 0; i < len(x.detection.Content); i += 2 {
		name := x.detection.Content[i].Value
		if name == "condition" || strings.HasPrefix(name, "_") && !strings.HasPrefix(like, "_") {
			continue
		}
		if regexp.MustCompile("^" + strings.ReplaceAll(like, "*", ".*") + "$").MatchString(name) {
			all++
			if x.selection(x.detection.Content[i+1]) {
				holds++
			}
		}
	}
	if words[0] == "all" {
		return holds == all
	}
	return holds > 0
}

func (x *naive) selection(n *yaml.Node) bool {
	switch n.Kind {
	case yaml.SequenceNode:
		return slices.ContainsFunc(n.Content, x.selection)
	case yaml.ScalarNode:
		return x.line("|contains", []*yaml.Node{n})
	}
	for i := 0; i < len(n.Content); i += 2 {
		values := []*yaml.Node{n.Content[i+1]}
		if values[0].Kind == yaml.SequenceNode {
			values = values[0].Content
		}
		if !x.line(n.Content[i].Value, values) {
			return false
		}
	}
	return true
}

func (x *naive) line(key string, values []*yaml.Node) bool {
	words := strings.Split(key, "|")
	found, any := []any{x.root}, true
	if words[0] == "" {
		words = append(words, "contains")
	} else {
		found, any = lookup(x.root, strings.Split(words[0], "."))
	}
	holds := 0
	for _, v := range values {
		if x.value(words[1:], v, found, any) {
			holds++
		}
	}
	yes := holds > 0
	if slices.Contains(words, "all") {
		yes = holds == len(values)
	}
	return yes != slices.Contains(words, "neq")
}

// lookup returns the values that names lead to, elements for an array, and whether they lead to anything.
func lookup(v any, names []string) (values []any, found bool) {
	if list, ok := v.([]any); ok {
		for _, e := range list {
			inner, some := lookup(e, names)
			values, found = append(values, inner...), found || some
		}
		return values, found || len(names) == 0
	}
	if len(names) == 0 {
		return []any{v}, true
	}
	members, _ := v.([]member)
	for n := 1; n <= len(names); n++ {
		for _, m := range slices.Backward(members) {
			if m.name == strings.Join(names[:n], ".") {
				if values, found = lookup(m.value, names[n:]); found {
					return values, true
				}
				break
			}
		}
	}
	return nil, false
}

func scalarText(v any) (string, bool) {
	switch v.(type) {
	case string, json.Number, bool:
		return fmt.Sprint(v), true
	}
	return "", false
}

func (x *naive) value(words []string, n *yaml.Node, found []any, any bool) bool {
	has := func(word string) bool { return slices.Contains(words, word) }
	some := func(f func(v something) bool) bool {
		return slices.ContainsFunc(found, func(v interface{}) bool { return f(v) })
	}
	switch {
	case has("exists"):
		return any == (strings.ToLower(n.Value) == "true")
	case n.ShortTag() == "!!null":
		return !any || some(func(v something) bool { return v == nil })
	case has("cidr"):
		cidr := n.Value
		if ip := net.ParseIP(cidr); ip != nil && ip.To4() != nil {
			cidr += "/32"
		} else if ip != nil {
			cidr += "/128"
		}
		_, network, _ := net.ParseCIDR(cidr)
		return some(func(v something) bool {
			s, ok := v.(string)
			ip := net.ParseIP(s)
			return ok && ip != nil && network.Contains(ip)
		})
	case has("fieldref"):
		others, _ := lookup(x.root, strings.Split(strings.ReplaceAll(n.Value, `\\`, `\`), "."))
		others = others[:min(len(others), 100)]
		return some(func(v something) bool {
			return slices.ContainsFunc(others, func(other interface{}) bool { return refers(words, v, other) })
		})
	}
	for part, f := range map[string]func(time.Time) int{
		"minute": time.Time.Minute, "hour": time.Time.Hour, "day": time.Time.Day, "year": time.Time.Year,
		"month": func(t time.Time) int { return int(t.Month()) },
		"week":  func(t time.Time) int { _, w := t.ISOWeek(); return w },
	} {
		if has(part) {
			return some(func(v something) bool {
				s, _ := v.(string)
				t, err := time.Parse(time.RFC3339Nano, s)
				return err == nil && ordered(words, new(big.Rat).SetInt64(int64(f(t))), n.Value)
			})
		}
	}
	number := n.ShortTag() == "!!int" || n.ShortTag() == "!!float"
	if number && !slices.ContainsFunc(words, func(w string) bool { return !slices.Contains([]string{"lt", "lte", "gt", "gte", "neq", "all"}, w) }) {
		return some(func(v something) bool {
			s, ok := v.(string)
			if num, yes := v.(json.Number); yes {
				s, ok = string(num), true
			} else if !naiveDecimal.MatchString(s) {
				return false
			}
			r, fine := new(big.Rat).SetString(s)
			return ok && fine && ordered(words, r, n.Value)
		})
	}
	var texts [][]string // of the objects
	for _, re := range x.patterns(words, n) {
		object := 0
		if some(func(v something) bool {
			if s, ok := scalarText(v); ok {
				return re.re.MatchString(s)
			}
			if _, ok := v.([]member); ok && re.inside {
				if object++; object > len(texts) {
					texts = append(texts, within(v))
				}
				return slices.ContainsFunc(texts[object-1], re.re.MatchString)
			}
			return false
		}) {
			return true
		}
	}
	return false
}

type something = interface{}

func ordered(words []string, have *big.Rat, want string) bool {
	limit, _ := new(big.Rat).SetString(want)
	sign := have.Cmp(limit)
	for word, yes := range map[string]bool{"lt": sign < 0, "lte": sign <= 0, "gt": sign > 0, "gte": sign >= 0} {
		if slices.Contains(words, word) {
			return yes
		}
	}
	return sign == 0
}

func refers(words []string, v, other any) bool {
	a, ok := scalarText(v)
	b, fine := scalarText(other)
	if !ok || !fine {
		return false
	}
	if !slices.Contains(words, "cased") {
		a, b = strings.Map(least, a), strings.Map(least, b)
	}
	for word, f := range map[string]func(a, b string) bool{"contains": strings.Contains, "startswith": strings.HasPrefix, "endswith": strings.HasSuffix} {
		if slices.Contains(words, word) {
			return f(a, b)
		}
	}
	return a == b
}

func least(r rune) rune {
	orbit := r
	for s := unicode.SimpleFold(r); s != r; s = unicode.SimpleFold(s) {
		orbit = min(orbit, s)
	}
	return orbit
}
