package validate_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/trailseal/trailseal/internal/validate"
	"github.com/trailseal/trailseal/internal/verdict"
)

// small is two chains of three digests with one log file an hour.
func small(t *testing.T) *world {
	w := newWorld(t)
	w.logs = func(int) int { return 1 }
	w.hours("e", 3)
	w.hours("u", 3)
	return w
}

// each runs every change of one object of a tree and asserts that it is named with one of the kinds and nothing else
// is; harmless says of a change that it changes nothing that is signed or hashed.
func each(t *testing.T, w *world, name string, changes int, change func(i int) thing, harmless func(thing) bool, kinds ...string) {
	t.Helper()
	var g errgroup.Group
	g.SetLimit(4)
	for i := range changes {
		g.Go(func() error {
			th := change(i)
			c := w.clone()
			c.put(w.key(name), th.body, th.metadata)
			rep, err := validate.Run(context.WithoutCancel(t.Context()), c.options(forgetful()))
			if err != nil {
				return err
			}
			got := c.blamed(rep)
			if harmless(th) {
				if rep.Result != verdict.Pass || len(got) > 0 {
					t.Errorf("%s, change %d, which is harmless: %s %v", name, i, rep.Result, got)
				}
				return nil
			}
			if rep.Result != verdict.Fail || len(got) != 1 || !slices.Contains(kinds, strings.TrimSuffix(got[0], " "+name)) {
				t.Errorf("%s, change %d: %s %v, want one of %v", name, i, rep.Result, got, kinds)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Error(err)
	}
}

// sameContent reports whether a body is one gzip member, by the rules of RFC 1952, with the content of another.
func sameContent(body, of []byte) bool {
	read := func(b []byte) ([]byte, bool) {
		r := bytes.NewReader(b)
		z, err := gzip.NewReader(r)
		if err != nil || b[3]&0xe0 != 0 { // reserved flags, which compress/gzip lets pass
			return nil, false
		}
		z.Multistream(false)
		out, err := io.ReadAll(z)
		return out, err == nil && r.Len() == 0
	}
	want, _ := read(of)
	got, ok := read(body)
	return ok && bytes.Equal(got, want)
}

func flip(b []byte, bit int) []byte {
	b = bytes.Clone(b)
	b[bit/8] ^= 1 << (bit % 8)
	return b
}

var (
	digestKinds = []string{"digest_invalid", "signature_invalid", "key_unknown"}
	logKinds    = []string{"log_invalid"}
)

// Every bit of the compressed file, of one digest in the middle, of the newest, and of one log file.
func TestEveryBitOfAFile(t *testing.T) {
	w := small(t)
	for name, kinds := range map[string][]string{"e1": digestKinds, "e2": digestKinds, "e1.0": logKinds} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			th := w.things[w.key(name)]
			each(t, w, name, 8*len(th.body)/stride(t), func(i int) thing { return thing{flip(th.body, spread(t, i)), th.metadata, ""} },
				func(c thing) bool { return sameContent(c.body, th.body) }, kinds...)
		})
	}
}

// Every bit of the JSON, compressed anew.
func TestEveryBitOfTheContent(t *testing.T) {
	w := small(t)
	for name, kinds := range map[string][]string{"e1": digestKinds, "u2.0": logKinds} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			th := w.things[w.key(name)]
			data := unzip(t, th.body)
			each(t, w, name, 8*len(data)/stride(t), func(i int) thing { return thing{zip(flip(data, spread(t, i))), th.metadata, ""} },
				func(thing) bool { return false }, kinds...)
		})
	}
}

// Every bit of the signature in the metadata; capitals are the same hexadecimal number.
func TestEveryBitOfASignature(t *testing.T) {
	w := small(t)
	for _, name := range []string{"e1", "e2"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			th := w.things[w.key(name)]
			sig := th.metadata["signature"]
			each(t, w, name, 8*len(sig)/stride(t), func(i int) thing {
				m := maps.Clone(th.metadata)
				m["signature"] = string(flip([]byte(sig), spread(t, i)))
				return thing{th.body, m, ""}
			}, func(c thing) bool { return strings.EqualFold(c.metadata["signature"], sig) }, "signature_invalid")
		})
	}
}

// Every length that a file can be cut to, and every length of its signature.
func TestEveryLength(t *testing.T) {
	w := small(t)
	never := func(thing) bool { return false }
	for name, kinds := range map[string][]string{"e0": digestKinds, "e1": digestKinds, "e2": digestKinds, "e1.0": logKinds} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			th := w.things[w.key(name)]
			each(t, w, name, len(th.body), func(i int) thing { return thing{th.body[:i], th.metadata, ""} }, never, kinds...)
		})
	}
	t.Run("signature", func(t *testing.T) {
		t.Parallel()
		th := w.things[w.key("e1")]
		sig := th.metadata["signature"]
		each(t, w, "e1", len(sig), func(i int) thing {
			m := maps.Clone(th.metadata)
			m["signature"] = sig[:i]
			return thing{th.body, m, ""}
		}, never, "signature_invalid", "signature_missing")
	})
}

// Without side-cars, a changed digest is known by its successor, and only the newest is not.
func TestEveryByteWithoutSidecars(t *testing.T) {
	w := small(t)
	w.noSidecars()
	th := w.things[w.key("e1")]
	for i := range th.body {
		c := w.clone()
		c.put(w.key("e1"), flip(th.body, 8*i+i%8), nil)
		rep, err := validate.Run(t.Context(), c.options(forgetful()))
		if err != nil {
			t.Fatal(err)
		}
		got := c.blamed(rep)
		if sameContent(c.body("e1"), th.body) {
			if len(got) > 0 {
				t.Errorf("byte %d: %v", i, got)
			}
		} else if len(got) != 1 || !slices.Contains(digestKinds, strings.TrimSuffix(got[0], " e1")) || rep.Result != verdict.Fail {
			t.Errorf("byte %d: %s %v", i, rep.Result, got)
		}
	}
}

// stride thins the flips out to one bit of each byte, another one in each, unless TRAILSEAL_TEST_ALL_BITS is set.
func stride(*testing.T) int {
	if os.Getenv("TRAILSEAL_TEST_ALL_BITS") == "" {
		return 8
	}
	return 1
}

func spread(t *testing.T, i int) int {
	if stride(t) == 1 {
		return i
	}
	return 8*i + i%8
}

// The helper must notice: a flip in the header's time is harmless, one in the data is not.
func TestSameContent(t *testing.T) {
	body := zip([]byte("content"))
	for i, want := range map[int]bool{4: true, 9: true, 3: true, 0: false, 12: false} {
		if got := sameContent(flip(body, 8*i), body); got != want {
			t.Errorf("byte %d: %v", i, got)
		}
	}
	if sameContent(append(bytes.Clone(body), 0), body) || sameContent(body[:len(body)-1], body) {
		t.Error("a longer or shorter file is not the same")
	}
}
