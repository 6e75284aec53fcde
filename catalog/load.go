package catalog

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/trailseal/trailseal/internal/dialect"
)

const (
	maxFile  = 64 << 10 // bytes
	maxFiles = 2000     // of one kind
)

// LoadQueries reads every *.sql of a tree, such as a customer's own folder, and returns the queries in order of their
// ids. Every file must be right: the error names each that is not, with the line. Other files are left alone.
func LoadQueries(tree fs.FS) ([]Query, error) {
	return loadTree(tree, "query", ".sql", func(name, text string) (string, Query, error) {
		q, err := parseQuery(name, text)
		return q.ID, q, err
	})
}

// loadTree reads every file of a tree with that extension, and returns what parse makes of them in order of the ids.
// what is what they hold. The error names every file that is wrong; an id that two files have is wrong too.
func loadTree[T any](tree fs.FS, what, ext string, parse func(name, text string) (id string, item T, err error)) ([]T, error) {
	items, files := map[string]T{}, map[string]string{}
	var wrong []error
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() || path.Ext(name) != ext:
			return nil
		case len(items)+len(wrong) == maxFiles:
			return fmt.Errorf("more than %d files", maxFiles)
		}
		text, err := read(tree, name)
		if err != nil {
			return err
		}
		if len(text) > maxFile {
			wrong = append(wrong, fmt.Errorf("%s:1: longer than %d bytes", name, maxFile))
			return nil
		}
		id, item, err := parse(name, text)
		if other, ok := files[id]; ok && err == nil {
			err = fmt.Errorf("%s:1: the %s %q is in %s too", name, what, id, other)
		}
		if err != nil {
			wrong = append(wrong, err)
			return nil
		}
		items[id], files[id] = item, name
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("load every %s: %w", what, err)
	}
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	all := make([]T, 0, len(items))
	for _, id := range slices.Sorted(maps.Keys(items)) {
		all = append(all, items[id])
	}
	return all, nil
}

// read returns at most one byte more than a file may have.
func read(tree fs.FS, name string) (string, error) {
	f, err := tree.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return "", fmt.Errorf("read %q: %w", name, err)
	}
	return string(b), nil
}

var (
	fileName  = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*\.sql$`)
	nameShape = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)
	criterion = regexp.MustCompile(`^[a-z0-9-]+/[A-Za-z0-9][A-Za-z0-9.()-]*$`)
	headLine  = regexp.MustCompile(`^-- ([a-z]+):(?: (.*))?$`)
	paramLine = regexp.MustCompile(`^([^ ]+) ([^ ]+)(?: = ('(?:[^']|'')*'|[^ ']+))?  -- (.+)$`)
)

// head is one line of a header, with those that continue it.
type head struct {
	word, text string
	line       int // from 1
}

// parseQuery reads one file.
func parseQuery(file, text string) (Query, error) {
	wrong := func(line int, format string, args ...any) (Query, error) {
		return Query{}, fmt.Errorf("%s:%d: %w", file, line, fmt.Errorf(format, args...))
	}
	q := Query{File: file, ID: strings.TrimSuffix(path.Base(file), ".sql"), Engines: []Engine{DuckDB, Trino}}
	if !fileName.MatchString(path.Base(file)) {
		return wrong(1, "the name of the file must be lower-case words with dashes between, and .sql")
	}
	heads, body, line, err := header(text)
	if err != nil {
		return wrong(line, "%w", err)
	}
	seen := map[string]int{}
	for _, h := range heads {
		if seen[h.word] > 0 && h.word != "param" {
			return wrong(h.line, "%q stands in line %d already", h.word, seen[h.word])
		}
		seen[h.word] = h.line
		if err := q.set(h); err != nil {
			return wrong(h.line, "%w", err)
		}
	}
	for _, word := range []string{"title", "question", "criteria", "window", "columns"} {
		if seen[word] == 0 {
			return wrong(1, "%q is missing", word)
		}
	}
	q.SQL = strings.TrimSpace(body) + "\n"
	// The whole text, so that a line is the line of the file.
	if err := dialect.Check(text); err != nil {
		var at *dialect.Error
		if errors.As(err, &at) {
			return wrong(at.Line, "%w", err)
		}
		return wrong(line, "%w", err)
	}
	if line, err := q.params(text, heads); err != nil {
		return wrong(line, "%w", err)
	}
	return q, nil
}

// header takes the header off a text. The line is that of the body's first, or of the error.
func header(text string) (heads []head, body string, line int, err error) {
	rest := text
	for line = 1; ; line++ {
		s, after, more := strings.Cut(rest, "\n")
		if !strings.HasPrefix(s, "--") || !more {
			return heads, rest, line, nil
		}
		rest = after
		if s, ok := strings.CutPrefix(s, "--   "); ok {
			if len(heads) == 0 || strings.TrimSpace(s) == "" {
				return nil, "", line, errors.New("a line that continues nothing")
			}
			heads[len(heads)-1].text += " " + strings.TrimSpace(s)
			continue
		}
		m := headLine.FindStringSubmatch(s)
		if m == nil {
			return nil, "", line, fmt.Errorf("%q is no line of a header: it is a word, a colon and a text; other comments follow an empty line", short(s))
		}
		heads = append(heads, head{word: m[1], text: strings.TrimSpace(m[2]), line: line})
	}
}

// short bounds what a message quotes.
func short(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}

// set reads one line of the header.
func (q *Query) set(h head) error {
	if h.text == "" {
		return fmt.Errorf("%q is empty", h.word)
	}
	switch h.word {
	case "title":
		q.Title = h.text
	case "question":
		q.Question = h.text
	case "criteria":
		q.Criteria = commas(h.text)
		for _, c := range q.Criteria {
			if !criterion.MatchString(c) {
				return fmt.Errorf("the criterion %q is not of the form soc2/CC6.1", short(c))
			}
		}
	case "window":
		if q.Window = Window(h.text); q.Window != Period && q.Window != All {
			return fmt.Errorf("the window %q is neither period nor all", short(h.text))
		}
	case "columns":
		q.Columns = commas(h.text)
		for i, c := range q.Columns {
			if !nameShape.MatchString(c) || slices.Contains(q.Columns[:i], c) {
				return fmt.Errorf("the column %q is not a name of lower-case letters, or stands twice", short(c))
			}
		}
	case "engines":
		q.Engines = nil
		for _, e := range commas(h.text) {
			if e := Engine(e); e != DuckDB && e != Trino || slices.Contains(q.Engines, e) {
				return fmt.Errorf("the engine %q is neither duckdb nor trino, or stands twice", short(string(e)))
			}
			q.Engines = append(q.Engines, Engine(e))
		}
	case "param":
		p, err := parseParam(h.text)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(q.Params, func(o Param) bool { return o.Name == p.Name }) {
			return fmt.Errorf("the parameter %q stands twice", p.Name)
		}
		q.Params = append(q.Params, p)
	default:
		return fmt.Errorf("%q is no word of a header", h.word)
	}
	return nil
}

func commas(s string) []string {
	parts := strings.Split(s, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}

func parseParam(s string) (Param, error) {
	m := paramLine.FindStringSubmatch(s)
	if m == nil {
		return Param{}, fmt.Errorf("the parameter %q is not of the form: name type = default  -- what it is for", short(s))
	}
	p := Param{Name: m[1], Type: dialect.Type(m[2]), Doc: strings.TrimSpace(m[4])}
	switch {
	case !nameShape.MatchString(p.Name):
		return Param{}, fmt.Errorf("the parameter %q has a name that is not of lower-case letters", short(p.Name))
	case p.Name == dialect.From || p.Name == dialect.To:
		return Param{}, fmt.Errorf("every query has the parameter %q: it is not declared", p.Name)
	case m[3] == "":
		for _, t := range []dialect.Type{dialect.Text, dialect.List, dialect.Int, dialect.Time, dialect.Bool} {
			if p.Type == t {
				return p, nil
			}
		}
		return Param{}, fmt.Errorf("the parameter %q has the type %q, which is none of text, list, int, time and bool", p.Name, short(string(p.Type)))
	}
	value := m[3]
	inQuotes := strings.HasPrefix(value, "'")
	if wants := p.Type == dialect.Text || p.Type == dialect.List || p.Type == dialect.Time; inQuotes != wants {
		return Param{}, fmt.Errorf("the default of the parameter %q: a text, a list and a time are in single quotes, a number and a bool are not", p.Name)
	}
	if inQuotes {
		value = strings.ReplaceAll(value[1:len(value)-1], "''", "'")
	}
	v, err := p.Type.Parse(value)
	if err != nil {
		return Param{}, fmt.Errorf("the default of the parameter %q: %w", p.Name, err)
	}
	p.Default = v
	return p, nil
}

// params compares the parameters that the SELECT uses with those of the header. The line is that of the error.
func (q *Query) params(text string, heads []head) (int, error) {
	used, err := dialect.Params(text)
	if err != nil {
		return 1, err
	}
	window := slices.Contains(used, dialect.From) || slices.Contains(used, dialect.To)
	for _, name := range used {
		if name != dialect.From && name != dialect.To && !slices.ContainsFunc(q.Params, func(p Param) bool { return p.Name == name }) {
			at := strings.Index(text, ":"+name)
			return strings.Count(text[:at], "\n") + 1, fmt.Errorf("the parameter %q is used, but not declared", name)
		}
	}
	for _, p := range q.Params {
		window = window || p.Type == dialect.Time
		if !slices.Contains(used, p.Name) {
			return lineOf(heads, "param", p.Name), fmt.Errorf("the parameter %q is declared, but not used", p.Name)
		}
	}
	if q.Window == All && !window {
		return lineOf(heads, "window", ""), errors.New("a query of the window all has to look at :from, :to or another time itself")
	}
	return 0, nil
}

func lineOf(heads []head, word, text string) int {
	for _, h := range heads {
		if h.word == word && (text == "" || strings.HasPrefix(h.text, text+" ")) {
			return h.line
		}
	}
	return 1
}
