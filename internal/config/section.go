package config

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Section is a part of the file that somebody else knows how to read.
type Section struct {
	at   place
	node *yaml.Node
}

// ParseSection reads text, which is a section and nothing else.
func ParseSection(file string, text []byte) (Section, error) {
	n, err := read(file, text)
	if n == nil {
		n = &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Line: 1}
	}
	return Section{place{file: file}, n}, err
}

// Where is the file and line, as in config.yaml:12.
func (s Section) Where() string { return fmt.Sprintf("%s:%d", s.at.file, s.node.Line) }

// Decode fills the struct that into points to. Members have the names of their yaml tags. Beside structs, it fills
// texts, whole numbers, bool (true or false), time.Duration (as in 1h30m), slices, maps by text, pointers to these, and
// whatever has UnmarshalText. Texts are taken as they are written, quoted or not. A section that is empty changes nothing.
//
// The error names file and line, and never repeats a value.
func (s Section) Decode(into any) error {
	v := reflect.ValueOf(into)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return errors.New("decode: want a pointer")
	}
	if isNull(s.node) {
		return nil
	}
	return decode(s.at, s.node, v.Elem())
}

func decode(at place, n *yaml.Node, v reflect.Value) error {
	if v.CanAddr() {
		if u, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
			if n.Kind != yaml.ScalarNode {
				return at.error(n, "want one value")
			}
			if err := u.UnmarshalText([]byte(n.Value)); err != nil {
				return at.wrap(n, err)
			}
			return nil
		}
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		return decode(at, n, v.Elem())
	case reflect.Struct:
		return decodeStruct(at, n, v)
	case reflect.Map:
		return decodeMap(at, n, v)
	case reflect.Slice:
		if n.Kind != yaml.SequenceNode {
			return at.error(n, "want a list, as in [a, b]")
		}
		v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
		for i, c := range n.Content {
			if err := decode(at.in("["+strconv.Itoa(i)+"]"), c, v.Index(i)); err != nil {
				return err
			}
		}
		return nil
	}
	return decodeScalar(at, n, v)
}

func decodeScalar(at place, n *yaml.Node, v reflect.Value) error {
	want := "a text"
	switch {
	case v.Type() == reflect.TypeFor[time.Duration]():
		want = "a span of time, as in 30m or 1h"
		if d, err := time.ParseDuration(n.Value); err == nil && n.Kind == yaml.ScalarNode {
			v.SetInt(int64(d))
			return nil
		}
	case v.Kind() == reflect.String:
		if n.Kind == yaml.ScalarNode && !isNull(n) {
			v.SetString(n.Value)
			return nil
		}
	case v.Kind() == reflect.Bool:
		want = "true or false"
		if n.Kind == yaml.ScalarNode && (n.Value == "true" || n.Value == "false") {
			v.SetBool(n.Value == "true")
			return nil
		}
	case v.CanInt():
		want = "a whole number"
		if i, err := strconv.ParseInt(n.Value, 10, v.Type().Bits()); err == nil && n.Kind == yaml.ScalarNode {
			v.SetInt(i)
			return nil
		}
	default:
		return at.error(n, "a %s cannot be read from a file", v.Type())
	}
	return at.error(n, "want %s", want)
}

func decodeStruct(at place, n *yaml.Node, v reflect.Value) error {
	if n.Kind != yaml.MappingNode {
		return at.error(n, "want a mapping of names to values")
	}
	fields, names := map[string]reflect.Value{}, []string(nil)
	collect(v, func(name string, f reflect.Value) {
		fields[name] = f
		names = append(names, name)
	})
	for name, value := range pairs(n) {
		f, ok := fields[name.Value]
		if !ok {
			return at.unknown(name, names)
		}
		if err := decode(at.in(name.Value), value, f); err != nil {
			return err
		}
	}
	return nil
}

// unknown is the error of a name that is none of known.
func (p place) unknown(name *yaml.Node, known []string) error {
	what := "unknown name"
	if shown.MatchString(name.Value) {
		what += " " + strconv.Quote(name.Value)
	}
	switch like := Nearest(name.Value, known); {
	case like != "":
		return p.error(name, "%s; did you mean %q?", what, like)
	case len(known) == 0:
		return p.error(name, "%s; nothing is to be said here", what)
	}
	return p.error(name, "%s; want %s", what, oneOf(known))
}

func oneOf(names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

// collect calls f with every member of a struct that the file can name.
func collect(v reflect.Value, f func(name string, field reflect.Value)) {
	for i := range v.NumField() {
		t := v.Type().Field(i)
		name, options, _ := strings.Cut(t.Tag.Get("yaml"), ",")
		switch {
		case options == "inline" && t.Type.Kind() == reflect.Struct:
			collect(v.Field(i), f)
		case !t.IsExported() || name == "-":
		case name == "":
			f(strings.ToLower(t.Name), v.Field(i))
		default:
			f(name, v.Field(i))
		}
	}
}

func decodeMap(at place, n *yaml.Node, v reflect.Value) error {
	if n.Kind != yaml.MappingNode {
		return at.error(n, "want a mapping of names to values")
	}
	if v.Type().Key().Kind() != reflect.String {
		return at.error(n, "a %s cannot be read from a file", v.Type())
	}
	v.Set(reflect.MakeMapWithSize(v.Type(), len(n.Content)/2))
	for name, value := range pairs(n) {
		e := reflect.New(v.Type().Elem()).Elem()
		if err := decode(at.in(name.Value), value, e); err != nil {
			return err
		}
		v.SetMapIndex(reflect.ValueOf(name.Value).Convert(v.Type().Key()), e)
	}
	return nil
}
