package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// mostBytes is the longest text that Parse reads. AWS's own limit is 32 KiB, of a key's policy.
const mostBytes = 64 << 10

// Parse reads a policy document. It is strict: a member that the grammar does not have, a member that stands twice, a
// statement that says two things at once and a value of the wrong kind are errors, since what is not understood must not
// be written back without it. No more than 64 KiB are read. Errors name members and never values.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
func Parse(text []byte) (Document, error) {
	d, err := parse(text)
	if err != nil {
		return Document{}, fmt.Errorf("read policy: %w", err)
	}
	return d, nil
}

func parse(text []byte) (Document, error) {
	if len(text) > mostBytes {
		return Document{}, fmt.Errorf("it has %d bytes; the longest that is read has %d", len(text), mostBytes)
	}
	if !utf8.Valid(text) {
		return Document{}, errors.New("it is not UTF-8")
	}
	r := &reader{json.NewDecoder(bytes.NewReader(text))}
	r.UseNumber()
	d, err := r.document()
	if err != nil {
		return Document{}, err
	}
	if _, err := r.Token(); !errors.Is(err, io.EOF) {
		return Document{}, errors.New("something follows the document")
	}
	return d, nil
}

// reader reads the grammar's parts one after another. Its depth is the grammar's: no part holds one of its own kind.
type reader struct{ *json.Decoder }

func (r *reader) document() (Document, error) {
	var d Document
	seen := false
	err := r.object("the document", func(name string) (err error) {
		switch name {
		case "Version":
			if d.Version, err = r.text(name); err == nil && d.Version != "2012-10-17" && d.Version != "2008-10-17" {
				return errors.New("the Version is neither 2012-10-17 nor 2008-10-17")
			}
		case "Id":
			d.ID, err = r.text(name)
		case "Statement":
			seen = true
			d.Statements, err = r.statements()
		default:
			return unknownMember(name, "the document")
		}
		return err
	})
	switch {
	case err != nil:
	case !seen:
		err = errors.New("it has no Statement")
	case d.IsZero():
		err = errors.New("it says nothing, not even a Version")
	}
	return d, err
}

// statements reads one statement or a list.
func (r *reader) statements() ([]Statement, error) {
	t, err := r.token("Statement")
	if err != nil {
		return nil, err
	}
	switch t {
	case json.Delim('{'):
		s, err := r.statement(1)
		return []Statement{s}, err
	case json.Delim('['):
		var all []Statement
		for r.More() {
			if err := r.open(fmt.Sprintf("statement %d", len(all)+1)); err != nil {
				return nil, err
			}
			s, err := r.statement(len(all) + 1)
			if err != nil {
				return nil, err
			}
			all = append(all, s)
		}
		_, err := r.token("Statement")
		return all, err
	}
	return nil, errors.New("the Statement is neither an object nor a list")
}

// statement reads what follows the brace of the nth statement.
func (r *reader) statement(n int) (Statement, error) {
	var s Statement
	err := r.members(fmt.Sprintf("statement %d", n), func(name string) (err error) {
		switch name {
		case "Sid":
			s.Sid, err = r.text(name)
		case "Effect":
			s.Effect, err = r.text(name)
		case "Principal":
			s.Principal, err = r.principal(name)
		case "NotPrincipal":
			s.NotPrincipal, err = r.principal(name)
		case "Action":
			s.Action, err = r.list(name)
		case "NotAction":
			s.NotAction, err = r.list(name)
		case "Resource":
			s.Resource, err = r.list(name)
		case "NotResource":
			s.NotResource, err = r.list(name)
		case "Condition":
			s.Condition, err = r.condition()
		default:
			return unknownMember(name, "a statement")
		}
		return err
	})
	if err == nil {
		err = s.check()
	}
	if err != nil {
		return Statement{}, fmt.Errorf("statement %d: %w", n, err)
	}
	return s, nil
}

// check reports what the grammar refuses although each member is well formed.
func (s Statement) check() error {
	switch {
	case s.Effect != "Allow" && s.Effect != "Deny":
		return errors.New("the Effect is neither Allow nor Deny")
	case (s.Action == nil) == (s.NotAction == nil):
		return errors.New("it needs one of Action and NotAction")
	case s.Resource != nil && s.NotResource != nil:
		return errors.New("it has both Resource and NotResource")
	case s.Principal != nil && s.NotPrincipal != nil:
		return errors.New("it has both Principal and NotPrincipal")
	}
	return nil
}

// principal reads "*" or lists by kind.
func (r *reader) principal(what string) (Principal, error) {
	t, err := r.token(what)
	if err != nil {
		return nil, err
	}
	switch t {
	case "*":
		return Principal{"*": {"*"}}, nil
	case json.Delim('{'):
	default:
		return nil, fmt.Errorf("%s is neither * nor an object", what)
	}
	p := Principal{}
	err = r.members(what, func(kind string) (err error) {
		if !slices.Contains([]string{"AWS", "Service", "Federated", "CanonicalUser"}, kind) {
			return unknownMember(kind, what)
		}
		p[kind], err = r.list(what)
		return err
	})
	if err == nil && len(p) == 0 {
		err = fmt.Errorf("%s names nobody", what)
	}
	return p, err
}

// condition reads operators, keys and values. Values that are numbers or booleans are kept as the text that IAM makes of
// them.
func (r *reader) condition() (Condition, error) {
	if err := r.open("Condition"); err != nil {
		return nil, err
	}
	c := Condition{}
	err := r.members("Condition", func(operator string) error {
		if err := r.open("a condition"); err != nil {
			return err
		}
		keys := map[string][]string{}
		if c[operator] = keys; operator == "" {
			return errors.New("a condition has no operator")
		}
		return r.members("a condition", func(key string) (err error) {
			if key == "" {
				return errors.New("a condition has no key")
			}
			keys[key], err = r.values("the values of a condition", scalar)
			return err
		})
	})
	if len(c) == 0 {
		c = nil
	}
	return c, err
}

// list reads a text, or a list of at least one.
func (r *reader) list(what string) ([]string, error) {
	all, err := r.values(what, word)
	if err == nil && len(all) == 0 {
		err = fmt.Errorf("%s is empty", what)
	}
	return all, err
}

// values reads one value or a list of them.
func (r *reader) values(what string, value func(json.Token) (string, bool)) ([]string, error) {
	t, err := r.token(what)
	if err != nil {
		return nil, err
	}
	if v, ok := value(t); ok {
		return []string{v}, nil
	}
	all := []string{}
	if t != json.Delim('[') {
		return nil, fmt.Errorf("%s: a value of the wrong kind", what)
	}
	for r.More() {
		if t, err = r.token(what); err != nil {
			return nil, err
		}
		v, ok := value(t)
		if !ok {
			return nil, fmt.Errorf("%s: a value of the wrong kind", what)
		}
		all = append(all, v)
	}
	_, err = r.token(what)
	return all, err
}

// word is a text that is not empty.
func word(t json.Token) (string, bool) {
	s, ok := t.(string)
	return s, ok && s != ""
}

// scalar is a text, a number or a boolean.
func scalar(t json.Token) (string, bool) {
	switch v := t.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return fmt.Sprint(v), true
	}
	return "", false
}

func (r *reader) text(what string) (string, error) {
	t, err := r.token(what)
	if err != nil {
		return "", err
	}
	s, ok := t.(string)
	if !ok {
		return "", fmt.Errorf("%s is not a text", what)
	}
	return s, nil
}

func (r *reader) object(what string, member func(name string) error) error {
	if err := r.open(what); err != nil {
		return err
	}
	return r.members(what, member)
}

func (r *reader) open(what string) error {
	t, err := r.token(what)
	if err == nil && t != json.Delim('{') {
		err = fmt.Errorf("%s is not an object", what)
	}
	return err
}

// members calls member for the name of each, which then reads the value, until the object is closed. Names that differ in
// case only are the same: which of the two AWS would go by is not known.
func (r *reader) members(what string, member func(name string) error) error {
	seen := map[string]bool{}
	for r.More() {
		name, err := r.text(what)
		if err != nil {
			return err
		}
		if seen[strings.ToLower(name)] {
			return fmt.Errorf("a member of %s stands twice", what)
		}
		seen[strings.ToLower(name)] = true
		if err := member(name); err != nil {
			return err
		}
	}
	_, err := r.token(what)
	return err
}

// token reads one token. A text with what stands for a character that could not be read is refused: it would not be
// written back as it was.
func (r *reader) token(what string) (json.Token, error) {
	t, err := r.Token()
	if err != nil {
		return nil, fmt.Errorf("%s is not JSON, or ends early", what)
	}
	if s, ok := t.(string); ok && strings.ContainsRune(s, utf8.RuneError) {
		return nil, fmt.Errorf("%s has a character that is none", what)
	}
	return t, nil
}

func unknownMember(name, of string) error {
	if len(name) > 40 {
		return fmt.Errorf("%s has a member that is not known", of)
	}
	return fmt.Errorf("%s has a member %q, which is not known", of, name)
}
