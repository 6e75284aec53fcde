package objecttest

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/trailseal/trailseal/internal/object"
)

// broken runs the cases of what this kind of source can suffer.
func broken(t *testing.T, start func(t *testing.T) Target) {
	can := start(t)
	if can.Deny != nil {
		t.Run("denied", func(t *testing.T) {
			target := start(t)
			put(target, "a/1", "a/2")
			target.Deny("a/1")
			wantError(t, target.Source, "a/1", object.ErrDenied)
			read(t, target.Source, "a/2")
		})
	}
	if can.Archive != nil {
		t.Run("archived", func(t *testing.T) {
			target := start(t)
			put(target, "a/1", "a/2")
			target.Archive("a/1")
			wantError(t, target.Source, "a/1", object.ErrArchived)
			wantKeys(t, "List", list(t, target.Source, "", ""), []string{"a/1", "a/2"})
			read(t, target.Source, "a/2")
		})
	}
	if can.Cut != nil {
		t.Run("cut body", func(t *testing.T) { cut(t, start(t)) })
	}
	if can.Throttle != nil {
		t.Run("throttled, then not", func(t *testing.T) {
			target := start(t)
			put(target, "a/1")
			target.Throttle(2)
			if got := read(t, target.Source, "a/1"); got != "body of a/1" {
				t.Errorf("body %q", got)
			}
			target.Throttle(2)
			wantKeys(t, "List", list(t, target.Source, "", ""), []string{"a/1"})
		})
	}
}

// wantError wants an error that is want and no other word of package object, and that names the object.
func wantError(t *testing.T, s Source, key string, want error) {
	t.Helper()
	body, err := s.Open(deadline(t), key)
	if err == nil {
		body.Close()
	}
	if !errors.Is(err, want) {
		t.Errorf("Open(%q): %v, want %v", key, err, want)
		return
	}
	for _, other := range []error{object.ErrNotFound, object.ErrNoSource, object.ErrDenied, object.ErrArchived,
		object.ErrCredentials, object.ErrForeign} {
		if other != want && errors.Is(err, other) {
			t.Errorf("Open(%q): %v is %v as well", key, err, other)
		}
	}
	if !strings.Contains(err.Error(), key) {
		t.Errorf("error %q does not name %q", err, key)
	}
}

// cut wants a body that ends early to be an error of the reading, one worth another try, which then succeeds.
func cut(t *testing.T, target Target) {
	want := bytes.Repeat([]byte("0123456789"), 20000)
	target.Put("a/1", want, nil)
	target.Cut("a/1", 1)
	body, err := target.Source.Open(deadline(t), "a/1")
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(body)
	body.Close()
	if !errors.Is(err, io.ErrUnexpectedEOF) || object.Permanent(err) {
		t.Errorf("reading ended after %d of %d bytes with %v, want io.ErrUnexpectedEOF", len(data), len(want), err)
	}
	if got := read(t, target.Source, "a/1"); got != string(want) {
		t.Errorf("second reading: %d bytes, want %d", len(got), len(want))
	}
}
