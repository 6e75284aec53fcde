package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/trailseal/trailseal/internal/finding"
)

const (
	mostBytes = 1 << 20
	mostDepth = 12 // of YAML's nodes: eight levels of mappings, and what stands in them
)

// The sections of the file that are no flag.
const (
	alertsName       = "alerts"
	suppressionsName = "suppressions"
)

// File is a configuration file that was read.
type File struct {
	// Flags are the values of flags by their name, as they are written; the values of a list are joined with commas.
	Flags map[string]string
	Lines map[string]int // where each of Flags stands
	// Alerts and Suppressions are empty where the file does not have them.
	Alerts       Alerts
	Suppressions []finding.Suppression
	// Warnings are what is most likely a mistake, each with file and line.
	Warnings []string
}

// Parse reads text, which is the whole content of file; file is for messages only. Every error begins with file, and
// with the line where there is one.
func Parse(file string, text []byte) (File, error) {
	root, err := read(file, text)
	if err != nil || root == nil {
		return File{Flags: map[string]string{}, Lines: map[string]int{}}, err
	}
	p := place{file: file}
	if root.Kind != yaml.MappingNode {
		return File{}, p.error(root, "want a mapping of names to values")
	}
	out := File{Flags: map[string]string{}, Lines: map[string]int{}}
	for name, n := range pairs(root) {
		switch at := p.in(name.Value); name.Value {
		case alertsName:
			out.Alerts, out.Warnings, err = parseAlerts(at, n)
		case suppressionsName:
			out.Suppressions, err = parseSuppressions(at, n)
		default:
			out.Flags[name.Value], err = flag(at, n)
			out.Lines[name.Value] = name.Line
		}
		if err != nil {
			return File{}, err
		}
	}
	return out, nil
}

// flag is the value of one flag.
func flag(at place, n *yaml.Node) (string, error) {
	hint := ""
	if like := Nearest(at.name(), []string{alertsName, suppressionsName}); like != "" {
		hint = fmt.Sprintf("; did you mean %q?", like)
	}
	switch n.Kind {
	case yaml.ScalarNode:
		return n.Value, nil
	case yaml.SequenceNode:
		values := make([]string, len(n.Content))
		for i, v := range n.Content {
			if v.Kind != yaml.ScalarNode {
				return "", at.error(v, "want a list of values%s", hint)
			}
			values[i] = v.Value
		}
		return strings.Join(values, ","), nil
	}
	return "", at.error(n, "want a value or a list of values%s", hint)
}

var atLine = regexp.MustCompile(`^line ([0-9]+): `)

// read makes one node of text, in which every mapping's keys are texts that are there once, and nothing stands for
// something else. The node is nil where there is nothing but comments.
func read(file string, text []byte) (*yaml.Node, error) {
	switch {
	case len(text) > mostBytes:
		return nil, fmt.Errorf("%s: the file is longer than %d bytes", file, mostBytes)
	case !utf8.Valid(text):
		return nil, fmt.Errorf("%s: the file is not UTF-8", file)
	}
	d := yaml.NewDecoder(bytes.NewReader(text))
	var doc, more yaml.Node
	err := d.Decode(&doc)
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	if err == nil {
		if err = d.Decode(&more); err == nil {
			return nil, fmt.Errorf("%s:%d: want one document, here begins another", file, more.Line)
		}
		if errors.Is(err, io.EOF) {
			err = nil
		}
	}
	if err != nil {
		what := strings.Join(strings.Fields(strings.TrimPrefix(err.Error(), "yaml: ")), " ")
		if m := atLine.FindStringSubmatch(what); m != nil {
			return nil, fmt.Errorf("%s:%s: no YAML: %s", file, m[1], what[len(m[0]):])
		}
		return nil, fmt.Errorf("%s: no YAML: %s", file, what)
	}
	if len(doc.Content) != 1 || isNull(doc.Content[0]) {
		return nil, nil
	}
	return doc.Content[0], plain(place{file: file}, doc.Content[0], 1)
}

// plain checks that a node is what it looks like.
func plain(at place, n *yaml.Node, depth int) error {
	switch {
	case depth > mostDepth:
		return at.error(n, "too many levels in one another")
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		return at.error(n, "want a value: anchors and aliases are not taken")
	case n.Style&yaml.TaggedStyle != 0:
		return at.error(n, "want a value without a tag")
	}
	if n.Kind != yaml.MappingNode {
		for i, c := range n.Content {
			if err := plain(at.in("["+strconv.Itoa(i)+"]"), c, depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	seen := make(map[string]int, len(n.Content)/2)
	for name, v := range pairs(n) {
		if err := plain(at, name, depth+1); err != nil {
			return err
		}
		if name.Kind != yaml.ScalarNode || isNull(name) || name.Value == "" || name.Tag == "!!merge" {
			return at.error(name, "want a name")
		}
		if line := seen[name.Value]; line != 0 {
			return at.error(name, "the name %s is there twice, first in line %d", quoted(name.Value), line)
		}
		seen[name.Value] = name.Line
		if err := plain(at.in(name.Value), v, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// pairs are the names and values of a mapping, in the order of the file.
func pairs(n *yaml.Node) func(func(name, value *yaml.Node) bool) {
	return func(yield func(name, value *yaml.Node) bool) {
		for i := 0; i+1 < len(n.Content); i += 2 {
			if !yield(n.Content[i], n.Content[i+1]) {
				return
			}
		}
	}
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// place is where in the file something stands, for messages.
type place struct {
	file string
	path []string
}

func (p place) in(name string) place {
	return place{p.file, append(p.path[:len(p.path):len(p.path)], name)}
}

// name is the last part of the path.
func (p place) name() string {
	if len(p.path) == 0 {
		return ""
	}
	return p.path[len(p.path)-1]
}

func (p place) String() string {
	var b strings.Builder
	for _, s := range p.path {
		if !strings.HasPrefix(s, "[") {
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			if !shown.MatchString(s) {
				s = "…"
			}
		}
		b.WriteString(s)
	}
	return b.String()
}

func (p place) error(n *yaml.Node, format string, args ...any) error {
	return p.wrap(n, fmt.Errorf(format, args...))
}

// wrap says where err came to be.
func (p place) wrap(n *yaml.Node, err error) error {
	if path := p.String(); path != "" {
		return fmt.Errorf("%s:%d: %s: %w", p.file, n.Line, path, err)
	}
	return fmt.Errorf("%s:%d: %w", p.file, n.Line, err)
}

// shown are the names that messages repeat. Others may be a secret that was written at the wrong place.
var shown = regexp.MustCompile(`^(\[[0-9]+\]|[A-Za-z0-9_.-]{1,24})$`)

func quoted(name string) string {
	if shown.MatchString(name) {
		return strconv.Quote(name)
	}
	return "here"
}

// Nearest is the name of known that name was most likely meant to be, or empty.
func Nearest(name string, known []string) string {
	best, least := "", 1+max(1, len(name)/3)
	if len(name) > 64 {
		return ""
	}
	for _, k := range known {
		if d := distance(strings.ToLower(name), strings.ToLower(k)); d < least {
			best, least = k, d
		}
	}
	return best
}

// distance is how many bytes have to be put in, left out, changed or swapped with the next one to make b of a.
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			d := rows[i-1][j-1]
			if a[i-1] != b[j-1] {
				d = 1 + min(d, rows[i-1][j], rows[i][j-1])
			}
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, 1+rows[i-2][j-2])
			}
			rows[i][j] = d
		}
	}
	return rows[len(a)][len(b)]
}
