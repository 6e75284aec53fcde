// Package secret holds the word for what must never be shown: a String prints as a placeholder however it is printed,
// and only Reveal gives it away. A Reference is how a configuration names one without holding it.
//
// A Resolver gets the secret that a Reference names.
//
// It promises that no verb of package fmt, no logger and no encoder writes a String's text, and that no error holds one.
// It cannot keep one out of a core dump, and does not wipe memory.
package secret

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"strings"
)

const placeholder = "[secret]"

// String is a text that is not shown. The zero value is an empty one. It is compared with Equal, never with ==.
type String struct {
	// A pointer, since package fmt calls no method of a field that is not exported: of such a field it prints what is
	// in it, and of a pointer that is an address.
	text *string
}

// New returns text as a secret.
func New(text string) String { return String{&text} }

// Reveal returns the text. Its callers are what has to be read to know where secrets go.
func (s String) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// IsZero reports whether it is empty.
func (s String) IsZero() bool { return s.Reveal() == "" }

// Equal reports whether both are the same text, in a time that does not tell how much of it is.
func (s String) Equal(other String) bool {
	return subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(other.Reveal())) == 1
}

// String returns a placeholder.
func (String) String() string { return placeholder }

// GoString returns a placeholder.
func (String) GoString() string { return placeholder }

// Format writes a placeholder, whatever the verb.
func (String) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(placeholder)) }

// MarshalText returns a placeholder: for JSON, YAML and their like.
func (String) MarshalText() ([]byte, error) { return []byte(placeholder), nil }

// UnmarshalText refuses: secrets are named by a Reference, never written into a file.
func (*String) UnmarshalText([]byte) error {
	return errors.New("a secret is named, not written: want env:NAME, file:PATH or aws-secretsmanager:ID")
}

// LogValue returns a placeholder.
func (String) LogValue() slog.Value { return slog.StringValue(placeholder) }

// Reference names a secret. It holds none, and may be shown.
type Reference struct {
	Scheme string // env, file or aws-secretsmanager; empty: none is named
	Name   string // of the variable, the file or the secret
	Field  string // of the JSON object that the secret is; empty: the secret is all of it
}

// The schemes of a reference.
const (
	Environment    = "env"
	File           = "file"
	SecretsManager = "aws-secretsmanager"
)

// ParseReference reads env:NAME, file:PATH or aws-secretsmanager:NAME-OR-ARN, the last two with #FIELD after them where
// the secret is a JSON object. The error does not repeat the text: it may be a secret that was written by mistake.
func ParseReference(s string) (Reference, error) {
	scheme, name, ok := strings.Cut(s, ":")
	if !ok || name == "" || scheme != Environment && scheme != File && scheme != SecretsManager {
		return Reference{}, errors.New("not the name of a secret: want env:NAME, file:PATH or aws-secretsmanager:ID, never the secret itself")
	}
	r := Reference{Scheme: scheme, Name: name}
	if scheme != Environment {
		if before, field, ok := strings.Cut(name, "#"); ok {
			r.Name, r.Field = before, field
		}
	}
	if r.Name == "" || strings.ContainsAny(s, "\n\r\x00") {
		return Reference{}, errors.New("not the name of a secret: want env:NAME, file:PATH or aws-secretsmanager:ID")
	}
	return r, nil
}

// String returns what ParseReference reads.
func (r Reference) String() string {
	if r.Scheme == "" {
		return ""
	}
	s := r.Scheme + ":" + r.Name
	if r.Field != "" {
		s += "#" + r.Field
	}
	return s
}

// UnmarshalText reads a reference.
func (r *Reference) UnmarshalText(b []byte) error {
	v, err := ParseReference(string(b))
	if err == nil {
		*r = v
	}
	return err
}

// MarshalText writes the reference.
func (r Reference) MarshalText() ([]byte, error) { return []byte(r.String()), nil }
