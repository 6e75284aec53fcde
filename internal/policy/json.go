package policy

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// JSON is the document as AWS takes it, indented, with its members in the order of AWS's documentation, kinds, operators
// and keys sorted, and a list of one as a text. It is always the same for the same document, and empty for none.
func (d Document) JSON() string {
	if d.IsZero() {
		return ""
	}
	w := &writer{}
	w.open('{')
	w.text("Version", d.Version)
	w.text("Id", d.ID)
	w.member("Statement")
	w.open('[')
	for _, s := range d.Statements {
		w.next()
		w.statement(s)
	}
	w.close(']')
	w.close('}')
	return w.String()
}

// writer writes indented JSON.
type writer struct {
	bytes.Buffer
	depth int
	first bool // nothing is written yet in what was opened last
}

func (w *writer) statement(s Statement) {
	w.open('{')
	w.text("Sid", s.Sid)
	w.text("Effect", s.Effect)
	w.principal("Principal", s.Principal)
	w.principal("NotPrincipal", s.NotPrincipal)
	w.list("Action", s.Action)
	w.list("NotAction", s.NotAction)
	w.list("Resource", s.Resource)
	w.list("NotResource", s.NotResource)
	if len(s.Condition) > 0 {
		w.member("Condition")
		w.open('{')
		for _, operator := range slices.Sorted(maps.Keys(s.Condition)) {
			w.member(operator)
			w.lists(s.Condition[operator])
		}
		w.close('}')
	}
	w.close('}')
}

func (w *writer) principal(name string, p Principal) {
	switch {
	case len(p) == 0:
	case len(p["*"]) > 0:
		w.text(name, "*")
	default:
		w.member(name)
		w.lists(p)
	}
}

func (w *writer) lists(m map[string][]string) {
	w.open('{')
	for _, name := range slices.Sorted(maps.Keys(m)) {
		w.member(name)
		w.values(m[name])
	}
	w.close('}')
}

// list is left out where it is empty.
func (w *writer) list(name string, values []string) {
	if len(values) > 0 {
		w.member(name)
		w.values(values)
	}
}

func (w *writer) values(values []string) {
	if len(values) == 1 {
		w.quoted(values[0])
		return
	}
	w.open('[')
	for _, v := range values {
		w.next()
		w.quoted(v)
	}
	w.close(']')
}

// text is left out where it is empty.
func (w *writer) text(name, value string) {
	if value != "" {
		w.member(name)
		w.quoted(value)
	}
}

func (w *writer) member(name string) {
	w.next()
	w.quoted(name)
	w.WriteString(": ")
}

func (w *writer) quoted(s string) {
	e := json.NewEncoder(&w.Buffer)
	e.SetEscapeHTML(false)
	_ = e.Encode(s)         // a buffer takes everything, and a text can always be written
	w.Truncate(w.Len() - 1) // the line break
}

func (w *writer) next() {
	if !w.first {
		w.WriteByte(',')
	}
	w.first = false
	w.WriteByte('\n')
	w.indent()
}

func (w *writer) open(bracket byte) {
	w.WriteByte(bracket)
	w.depth++
	w.first = true
}

func (w *writer) close(bracket byte) {
	w.depth--
	if !w.first {
		w.WriteByte('\n')
		w.indent()
	}
	w.first = false
	w.WriteByte(bracket)
}

func (w *writer) indent() { w.WriteString(strings.Repeat("  ", w.depth)) }
