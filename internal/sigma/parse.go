package sigma

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"path"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

const (
	maxFile      = 256 << 10 // bytes
	maxDocuments = 100       // in a file
	maxNodes     = 100_000   // of a document
	maxTitle     = 256       // characters: the specification's
)

// Parse reads the one rule of a file. The error is an *Error, which names the file and the line.
func Parse(file string, text []byte) (*Rule, error) {
	rules, err := ParseAll(file, text)
	if err != nil {
		return nil, err
	}
	if len(rules) > 1 {
		return nil, &Error{File: file, Line: rules[1].Line, Reason: "a second rule"}
	}
	return rules[0], nil
}

// ParseAll reads the rules of a file, one or more, with --- between. The error is an *Error, which names the file and
// the line of what is wrong first.
func ParseAll(file string, text []byte) ([]*Rule, error) {
	wrong := func(line int, format string, args ...any) ([]*Rule, error) {
		return nil, &Error{File: file, Line: line, Reason: fmt.Errorf(format, args...).Error()}
	}
	if len(text) > maxFile {
		return wrong(1, "longer than %d bytes", maxFile)
	}
	if !utf8.Valid(text) {
		return wrong(1, "no UTF-8")
	}
	var rules []*Rule
	dec := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var doc yaml.Node
		err := dec.Decode(&doc)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			line, reason := yamlError(err)
			return wrong(line, "%s", reason)
		}
		if len(doc.Content) != 1 || doc.Content[0].ShortTag() == "!!null" {
			continue
		}
		if len(rules) == maxDocuments {
			return wrong(doc.Content[0].Line, "more than %d rules", maxDocuments)
		}
		r := &Rule{File: file, Name: strings.TrimSuffix(path.Base(file), path.Ext(file)), Line: doc.Content[0].Line}
		if len(rules) > 0 {
			r.Name += "-" + strconv.Itoa(len(rules)+1)
		}
		if err := r.read(doc.Content[0]); err != nil {
			var e *Error
			if errors.As(err, &e) {
				return wrong(e.Line, "%s", e.Reason)
			}
			return wrong(r.Line, "%w", err)
		}
		rules = append(rules, r)
	}
	if len(rules) == 0 {
		return wrong(1, "no rule")
	}
	return rules, nil
}

var yamlLine = regexp.MustCompile(`line (\d+): `)

// yamlError takes the line out of what the YAML library says.
func yamlError(err error) (line int, reason string) {
	reason = strings.ReplaceAll(strings.TrimPrefix(err.Error(), "yaml: "), "\n", " ")
	m := yamlLine.FindStringSubmatch(reason)
	if m == nil {
		return 1, reason
	}
	if line, err = strconv.Atoi(m[1]); err != nil || line < 1 {
		line = 1
	}
	return line, strings.Replace(reason, m[0], "", 1)
}

// check refuses what has more than one reading: anchors, tags, names that stand twice, names that are no texts.
func check(n *yaml.Node, count *int) error {
	if *count++; *count > maxNodes {
		return at(n.Line, "more than %d values", maxNodes)
	}
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		return at(n.Line, "anchors and aliases are not supported")
	case n.Style&yaml.TaggedStyle != 0:
		return at(n.Line, "the tag %q is not supported", short(n.Tag))
	}
	if n.Kind == yaml.MappingNode {
		seen := map[string]int{}
		for key := range pairs(n) {
			if key.Kind != yaml.ScalarNode || key.ShortTag() == "!!merge" {
				return at(key.Line, "a name that is no text")
			}
			if line, ok := seen[key.Value]; ok {
				return at(key.Line, "%q stands in line %d already", short(key.Value), line)
			}
			seen[key.Value] = key.Line
		}
	}
	for _, kid := range n.Content {
		if err := check(kid, count); err != nil {
			return err
		}
	}
	return nil
}

// pairs goes over a map.
func pairs(n *yaml.Node) iter.Seq2[*yaml.Node, *yaml.Node] {
	return func(yield func(*yaml.Node, *yaml.Node) bool) {
		for i := 0; i+1 < len(n.Content); i += 2 {
			if !yield(n.Content[i], n.Content[i+1]) {
				return
			}
		}
	}
}

// read fills a rule.
func (r *Rule) read(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return at(n.Line, "a rule is a map, with title, logsource and detection")
	}
	count := 0
	if err := check(n, &count); err != nil {
		return err
	}
	parts := map[string]*yaml.Node{}
	for key, value := range pairs(n) {
		parts[key.Value] = value
		switch key.Value {
		case "correlation":
			return at(key.Line, "correlation rules are not supported")
		case "action":
			return at(key.Line, "action documents (global, reset, repeat) are not supported: write each rule out")
		case "filter":
			return at(key.Line, "filters for other rules are not supported: suppress findings instead")
		}
	}
	for _, part := range []struct {
		name string
		must bool
		read func(*yaml.Node) error
	}{
		{"logsource", true, logsource},
		{"title", true, r.title},
		{"id", false, r.id},
		{"taxonomy", false, oneOf(new(string), "sigma")},
		{"status", false, oneOf(&r.Status, "stable", "test", "experimental", "deprecated", "unsupported")},
		{"level", false, oneOf(&r.Level, "informational", "low", "medium", "high", "critical")},
		{"description", false, text(&r.Description)},
		{"author", false, text(&r.Author)},
		{"tags", false, texts(&r.Tags)},
		{"references", false, texts(&r.References)},
		{"falsepositives", false, texts(&r.FalsePositives)},
	} {
		value, ok := parts[part.name]
		if !ok && part.must {
			return at(n.Line, "%q is missing", part.name)
		}
		if ok {
			if err := part.read(value); err != nil {
				return at(value.Line, "%s: %w", part.name, err)
			}
		}
	}
	r.attack()
	value, ok := parts["detection"]
	if !ok {
		return at(n.Line, `"detection" is missing`)
	}
	if r.Status == "unsupported" {
		r.warn(parts["status"].Line, "its author calls the rule unsupported: it cannot be used as it is")
	}
	var err error
	r.match, err = newDetection(value, r.warn)
	return err
}

// maxWarnings is how many warnings are kept.
const maxWarnings = 100

func (r *Rule) warn(line int, format string, args ...any) {
	if len(r.Warnings) < maxWarnings {
		r.Warnings = append(r.Warnings, fmt.Sprintf("line %d: ", line)+fmt.Sprintf(format, args...))
	}
}
