package dialect

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// maxSQL bounds a query, in bytes. Athena takes 256 KiB
// (https://docs.aws.amazon.com/athena/latest/ug/service-limits.html).
const maxSQL = 256 << 10

// Error says where a query goes wrong, and what to write instead.
type Error struct {
	Line, Column int // from 1; columns count characters
	Problem      string
	Instead      string // may be empty
}

func (e *Error) Error() string {
	s := fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Problem)
	if e.Instead != "" {
		s += ": use " + e.Instead
	}
	return s
}

// kind is the kind of a token.
type kind byte

const (
	word   kind = iota + 1 // a keyword or a name, as written
	quoted                 // "a name"
	text                   // 'a string'
	number
	param  // :name or :name.empty
	symbol // an operator or a bracket
)

// token is a piece of a query. Comments and blanks are between tokens.
type token struct {
	kind   kind
	text   string // as written
	key    string // of a word: in lower case; of a string or a quoted name: its value; of a parameter: its name
	at     int    // the offset of its first byte
	joined bool   // no blank before it
}

// is says whether t is that keyword, name or symbol.
func (t token) is(key string) bool { return (t.kind == word || t.kind == symbol) && t.key == key }

func (t token) end() int { return t.at + len(t.text) }

// place makes the error for an offset.
func place(sql string, at int, problem, instead string) *Error {
	before := sql[:min(at, len(sql))]
	line := strings.LastIndexByte(before, '\n') + 1
	return &Error{
		Line:    strings.Count(before, "\n") + 1,
		Column:  utf8.RuneCountInString(before[line:]) + 1,
		Problem: problem, Instead: instead,
	}
}

// tokens takes sql apart.
func tokens(sql string) ([]token, error) {
	if len(sql) > maxSQL {
		return nil, fmt.Errorf("the query is longer than %d bytes", maxSQL)
	}
	if !utf8.ValidString(sql) {
		return nil, fmt.Errorf("the query is not UTF-8")
	}
	if at := strings.IndexByte(sql, 0); at >= 0 {
		return nil, place(sql, at, "a NUL byte", "")
	}
	var out []token
	last := 0 // the end of the token before
	for at := 0; at < len(sql); {
		if n, err := blank(sql, at); err != nil {
			return nil, err
		} else if n > 0 {
			at += n
			continue
		}
		t, err := next(sql, at)
		if err != nil {
			return nil, err
		}
		t.joined = at > 0 && at == last
		at, last = t.end(), t.end()
		out = append(out, t)
	}
	return out, nil
}

// blank is the length of the white space or the comment at an offset, or 0.
func blank(sql string, at int) (int, error) {
	rest := sql[at:]
	switch {
	case strings.IndexByte(" \t\r\n", rest[0]) >= 0:
		return 1, nil
	case strings.HasPrefix(rest, "--"):
		if n := strings.IndexAny(rest, "\r\n"); n >= 0 {
			return n + 1, nil
		}
		return len(rest), nil
	case strings.HasPrefix(rest, "/*"):
		n := strings.Index(rest[2:], "*/")
		if n < 0 {
			return 0, place(sql, at, "a comment without its end", "")
		}
		if strings.Contains(rest[2:2+n], "/*") {
			return 0, place(sql, at, "a comment in a comment", "two comments")
		}
		return n + 4, nil
	}
	return 0, nil
}

// next reads the token at an offset.
func next(sql string, at int) (token, error) {
	rest := sql[at:]
	c := rest[0]
	switch {
	case c == '\'':
		return enclosed(sql, at, text, "a string without its closing quote")
	case c == '"':
		return enclosed(sql, at, quoted, "a name without its closing quote")
	case letter(c):
		n := span(rest, func(c byte) bool { return letter(c) || digit(c) })
		return token{kind: word, text: rest[:n], key: strings.ToLower(rest[:n]), at: at}, nil
	case digit(c), c == '.' && len(rest) > 1 && digit(rest[1]):
		return numeral(sql, at)
	case c == ':' && len(rest) > 1 && letter(rest[1]):
		n := 1 + span(rest[1:], func(c byte) bool { return letter(c) || digit(c) })
		name := rest[1:n]
		if strings.HasPrefix(rest[n:], empty) && (len(rest) == n+len(empty) || !letter(rest[n+len(empty)]) && !digit(rest[n+len(empty)])) {
			n += len(empty)
		}
		return token{kind: param, text: rest[:n], key: name, at: at}, nil
	}
	for _, op := range []string{"->>", "::", "->", "=>", ":=", "||", "<>", "!=", "<=", ">=", "==", "**", "//", "!~", "@>", "<@", "<<", ">>", "&&", "^@"} {
		if strings.HasPrefix(rest, op) {
			return token{kind: symbol, text: op, key: op, at: at}, nil
		}
	}
	_, n := utf8.DecodeRuneInString(rest)
	return token{kind: symbol, text: rest[:n], key: rest[:n], at: at}, nil
}

// empty, after a parameter's name, asks whether it is empty.
const empty = ".empty"

func enclosed(sql string, at int, k kind, problem string) (token, error) {
	quote := sql[at : at+1]
	for i := at + 1; ; {
		n := strings.Index(sql[i:], quote)
		if n < 0 {
			return token{}, place(sql, at, problem, "")
		}
		i += n + 1
		if strings.HasPrefix(sql[i:], quote) {
			i++
			continue
		}
		return token{kind: k, text: sql[at:i], key: strings.ReplaceAll(sql[at+1:i-1], quote+quote, quote), at: at}, nil
	}
}

func numeral(sql string, at int) (token, error) {
	rest := sql[at:]
	n := span(rest, digit)
	if n < len(rest) && rest[n] == '.' {
		n += 1 + span(rest[n+1:], digit)
	}
	if n < len(rest) && (rest[n] == 'e' || rest[n] == 'E') {
		m := n + 1
		if m < len(rest) && (rest[m] == '+' || rest[m] == '-') {
			m++
		}
		if digits := span(rest[m:], digit); digits > 0 {
			n = m + digits
		}
	}
	if n < len(rest) && letter(rest[n]) {
		return token{}, place(sql, at, fmt.Sprintf("%q is no number", rest[:n+span(rest[n:], func(c byte) bool { return letter(c) || digit(c) })]), "")
	}
	return token{kind: number, text: rest[:n], key: rest[:n], at: at}, nil
}

func span(s string, in func(byte) bool) int {
	for i := range len(s) {
		if !in(s[i]) {
			return i
		}
	}
	return len(s)
}

func letter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' }

func digit(c byte) bool { return c >= '0' && c <= '9' }
