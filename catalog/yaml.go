package catalog

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// maxLevels is how many mappings and lists of a file may stand in each other.
const maxLevels = 40

// lineError is what is wrong in a line of a file.
type lineError struct {
	line int // from 1
	err  error
}

func (e *lineError) Error() string { return fmt.Sprintf("line %d: %v", e.line, e.err) }

func (e *lineError) Unwrap() error { return e.err }

// wrongAt returns a *lineError for a node.
func wrongAt(n *yaml.Node, format string, args ...any) error {
	return &lineError{n.Line, fmt.Errorf(format, args...)}
}

var yamlLine = regexp.MustCompile(`^yaml: (?:line ([0-9]+): )?`)

// parseYAML reads the one document of a text. Its nodes have no anchors, aliases, tags or merge keys: what is written is
// what is there. Errors are *lineError.
func parseYAML(text string) (*yaml.Node, error) {
	decoder := yaml.NewDecoder(strings.NewReader(text))
	var doc, more yaml.Node
	switch err := decoder.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return nil, &lineError{1, errors.New("the file is empty")}
	case err != nil:
		return nil, syntaxError(err)
	}
	if err := checkNode(&doc, 0); err != nil {
		return nil, err
	}
	switch err := decoder.Decode(&more); {
	case err == nil:
		return nil, wrongAt(&more, "a second document: a file holds one")
	case !errors.Is(err, io.EOF):
		return nil, syntaxError(err)
	}
	return doc.Content[0], nil
}

// syntaxError takes the line out of an error of package yaml, which has it in the text only.
func syntaxError(err error) error {
	m := yamlLine.FindStringSubmatch(err.Error())
	if m == nil {
		return &lineError{1, err}
	}
	line, _ := strconv.Atoi(m[1])
	return &lineError{max(line, 1), errors.New(strings.TrimPrefix(err.Error(), m[0]))}
}

// checkNode refuses what parseYAML promises is not there, below a node as well.
func checkNode(n *yaml.Node, level int) error {
	switch {
	case level > maxLevels:
		return wrongAt(n, "more than %d levels", maxLevels)
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		return wrongAt(n, "anchors and aliases are not allowed: write it out")
	case n.Style&yaml.TaggedStyle != 0:
		return wrongAt(n, "the tag %q: tags are not allowed", short(n.Tag))
	}
	names := map[string]int{} // the line of each
	for i, c := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			if c.Kind != yaml.ScalarNode {
				return wrongAt(c, "a name that is %s", kindOf(c))
			}
			if c.ShortTag() == "!!merge" {
				return wrongAt(c, "merge keys are not allowed: write it out")
			}
			if line, ok := names[c.Value]; ok {
				return wrongAt(c, "%q stands in line %d already", short(c.Value), line)
			}
			names[c.Value] = c.Line
		}
		if err := checkNode(c, level+1); err != nil {
			return err
		}
	}
	return nil
}

// kindOf says what a node is.
func kindOf(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode && len(n.Content) == 0:
		return "an empty list"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.ShortTag() == "!!null":
		return "empty"
	case n.ShortTag() == "!!str":
		return "a text"
	case n.ShortTag() == "!!timestamp":
		return "a date"
	case n.ShortTag() == "!!bool":
		return "true or false"
	}
	return "a number"
}

// field is a member of a mapping. A word ending in "?" need not be there.
type field struct {
	word string
	set  func(*yaml.Node) error
}

// fields reads a mapping that has these members and no others.
func fields(n *yaml.Node, what string, all ...field) error {
	if n.Kind != yaml.MappingNode {
		return wrongAt(n, "%s is %s, want a mapping", what, kindOf(n))
	}
	seen := map[string]bool{}
	for i := 0; i < len(n.Content); i += 2 {
		key, found := n.Content[i], false
		for _, f := range all {
			if strings.TrimSuffix(f.word, "?") != key.Value {
				continue
			}
			found, seen[key.Value] = true, true
			if err := f.set(n.Content[i+1]); err != nil {
				return err
			}
		}
		if !found {
			words := make([]string, len(all))
			for j, f := range all {
				words[j] = strings.TrimSuffix(f.word, "?")
			}
			return wrongAt(key, "%q is no member of %s: it has %s", short(key.Value), what, list(words))
		}
	}
	for _, f := range all {
		if !strings.HasSuffix(f.word, "?") && !seen[f.word] {
			return wrongAt(n, "%q is missing", f.word)
		}
	}
	return nil
}

// text reads a text of printable characters, in one paragraph.
func text(n *yaml.Node) (string, error) {
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str" {
		return "", wrongAt(n, "%s where a text is wanted", kindOf(n))
	}
	s := strings.TrimSuffix(n.Value, "\n")
	if strings.TrimSpace(s) == "" {
		return "", wrongAt(n, "an empty text")
	}
	for _, r := range s {
		if !unicode.IsPrint(r) {
			return "", wrongAt(n, "a text with the character %U, which cannot be printed", r)
		}
	}
	return s, nil
}

func setText(to *string) func(*yaml.Node) error {
	return func(n *yaml.Node) (err error) {
		*to, err = text(n)
		return err
	}
}

// setTexts reads a list of at least one text that check has nothing against.
func setTexts(to *[]string, check func(string) error) func(*yaml.Node) error {
	return func(n *yaml.Node) error {
		if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
			return wrongAt(n, "%s where a list of texts is wanted", kindOf(n))
		}
		for _, c := range n.Content {
			s, err := text(c)
			if err == nil {
				if e := check(s); e != nil {
					err = wrongAt(c, "%w", e)
				}
			}
			if err != nil {
				return err
			}
			*to = append(*to, s)
		}
		return nil
	}
}

// anyText has nothing against a text.
func anyText(string) error { return nil }

// setNumber reads a whole number of at least low, at most high.
func setNumber(to *int, low, high int) func(*yaml.Node) error {
	return func(n *yaml.Node) error {
		v, err := strconv.Atoi(n.Value)
		if n.Kind != yaml.ScalarNode || n.Style != 0 || err != nil || v < low || v > high {
			return wrongAt(n, "want a whole number from %d to %d", low, high)
		}
		*to = v
		return nil
	}
}

var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

// scalarJSON writes a scalar: true, false, null and numbers without quotes as they are, everything else as a string.
func scalarJSON(n *yaml.Node) ([]byte, error) {
	switch s := n.Value; {
	case n.Style == 0 && s == "":
		return nil, wrongAt(n, "nothing: write null or ''")
	case n.Style == 0 && (s == "true" || s == "false" || s == "null" || jsonNumber.MatchString(s)):
		return []byte(s), nil
	}
	return quoteJSON(n.Value)
}

// quoteJSON writes a string, with the characters of HTML as they are.
func quoteJSON(s string) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
