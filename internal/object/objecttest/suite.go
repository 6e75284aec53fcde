package objecttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trailseal/trailseal/internal/object"
)

// Source is what a job asks of a source.
type Source interface {
	// Dirs returns the names of the folders directly below prefix, each with a trailing "/", in byte order.
	Dirs(ctx context.Context, prefix string) ([]string, error)
	// List yields the objects whose key starts with prefix and is greater than startAfter, in byte order of the keys.
	List(ctx context.Context, prefix, startAfter string) iter.Seq2[object.Info, error]
	// Open opens one object.
	Open(ctx context.Context, key string) (object.Body, error)
}

// Target is one empty source and the ways to fill and to break it. A nil function stands for what this kind of
// source cannot suffer; its cases are then not run.
type Target struct {
	Source Source
	// Put writes an object, replacing one of that name. With nil metadata the source is to keep none.
	Put func(key string, body []byte, metadata map[string]string)
	// Deny makes reading the object fail for want of permission.
	Deny func(key string)
	// Archive moves the object to an archive class.
	Archive func(key string)
	// Cut makes the next n readings of the object end, or break, after half of the body.
	Cut func(key string, n int)
	// Throttle makes the source refuse the next n requests of any kind for being too many.
	Throttle func(n int)

	// NoMetadataIsNil: an object without metadata has nil metadata (the source cannot know), not empty ones.
	NoMetadataIsNil bool
	// Few keeps the number of objects small, for a target where writing one is slow.
	Few bool
}

// Run tests the contract. start makes a new target for each case.
func Run(t *testing.T, start func(t *testing.T) Target) {
	t.Run("lists in byte order", func(t *testing.T) { listOrder(t, start(t)) })
	t.Run("lists by prefix", func(t *testing.T) { listPrefix(t, start(t)) })
	t.Run("lists after a key", func(t *testing.T) { listAfter(t, start(t)) })
	t.Run("lists many", func(t *testing.T) { listMany(t, start(t)) })
	t.Run("lists odd names", func(t *testing.T) { oddNames(t, start(t)) })
	t.Run("lists again", func(t *testing.T) { listAgain(t, start(t)) })
	t.Run("names folders", func(t *testing.T) { dirs(t, start(t)) })
	t.Run("opens", func(t *testing.T) { open(t, start(t)) })
	t.Run("version", func(t *testing.T) { version(t, start(t)) })
	t.Run("not found", func(t *testing.T) { notFound(t, start(t)) })
	t.Run("cancelled", func(t *testing.T) { cancelled(t, start(t)) })
	broken(t, start)
}

// deadline ends a case that hangs.
func deadline(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func put(target Target, keys ...string) {
	for _, k := range keys {
		target.Put(k, []byte("body of "+k), nil)
	}
}

func list(t *testing.T, s Source, prefix, after string) []string {
	t.Helper()
	var keys []string
	for info, err := range s.List(deadline(t), prefix, after) {
		if err != nil {
			t.Fatalf("List(%q, %q) after %d keys: %v", prefix, after, len(keys), err)
		}
		keys = append(keys, info.Key)
	}
	return keys
}

func wantKeys(t *testing.T, what string, got, want []string) {
	t.Helper()
	if slices.Equal(got, want) {
		return
	}
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Fatalf("%s: %d keys, want %d; first difference at %d: got %q, want %q", what, len(got), len(want), i,
				append(slices.Clone(got), "")[min(i, len(got))], append(slices.Clone(want), "")[min(i, len(want))])
		}
	}
}

// tree has names that sort differently by folder than by key.
func tree() []string {
	return []string{"a-b/x", "a.gz", "a/b/1", "a/b/2", "a/b0", "a/bb/1", "a/c", "a0/x", "b", "ü/1"}
}

func listOrder(t *testing.T, target Target) {
	want := tree()
	if !slices.IsSorted(want) {
		t.Fatal("the test's own keys are not sorted")
	}
	reversed := slices.Clone(want)
	slices.Reverse(reversed)
	put(target, reversed...)
	wantKeys(t, "List", list(t, target.Source, "", ""), want)
}

func listPrefix(t *testing.T, target Target) {
	all := tree()
	put(target, all...)
	for _, prefix := range []string{"a", "a/", "a/b", "a/b/", "a/b/1", "a/b/1x", "a-", "b", "b/", "c", "c/d/", "ü", "a/b/1/"} {
		want := slices.DeleteFunc(slices.Clone(all), func(k string) bool { return !strings.HasPrefix(k, prefix) })
		wantKeys(t, fmt.Sprintf("List(%q)", prefix), list(t, target.Source, prefix, ""), want)
	}
}

func listAfter(t *testing.T, target Target) {
	all := tree()
	put(target, all...)
	for _, prefix := range []string{"", "a/", "a/b"} {
		for _, after := range append(tree(), "a", "a/", "a/b", "a/b/", "a/b/1x", "a/a", "a/b/zzz", "0", "zzz", "a-", "a0") {
			want := slices.DeleteFunc(slices.Clone(all), func(k string) bool { return !strings.HasPrefix(k, prefix) || k <= after })
			wantKeys(t, fmt.Sprintf("List(%q, %q)", prefix, after), list(t, target.Source, prefix, after), want)
		}
	}
}

// listMany needs more than two pages of a bucket's listing, and ends one early.
func listMany(t *testing.T, target Target) {
	n := 2001
	if target.Few {
		n = 1001
	}
	want := make([]string, n)
	for i := range n {
		want[i] = fmt.Sprintf("AWSLogs/111122223333/CloudTrail/us-east-1/2026/03/%02d/%05d.json.gz", 1+i/500, i)
	}
	put(target, want...)
	wantKeys(t, "List", list(t, target.Source, "AWSLogs/", ""), want)
	wantKeys(t, "List", list(t, target.Source, "", want[499]), want[500:])
	var got []string
	for info, err := range target.Source.List(deadline(t), "", "") {
		if err != nil {
			t.Fatal(err)
		}
		if got = append(got, info.Key); len(got) == 3 {
			break
		}
	}
	wantKeys(t, "List until break", got, want[:3])
}

func oddNames(t *testing.T, target Target) {
	want := []string{
		"odd/ leading", "odd/#hash", "odd/%2F", "odd/&amp;<tag>", "odd/'quote\"", "odd/+plus", "odd/=x?y", "odd/a b/c d",
		"odd/a\tb", "odd/e\u0301", "odd/o'clock;x,y", "odd/{brace}[0]", "odd/~", "odd/\u00e9", "odd/\u65e5\u672c", "odd/\U0001f512",
	}
	slices.Sort(want)
	put(target, want...)
	wantKeys(t, "List", list(t, target.Source, "", ""), want)
	for _, k := range want {
		if got := read(t, target.Source, k); got != "body of "+k {
			t.Errorf("Open(%q) has body %q", k, got)
		}
		wantKeys(t, fmt.Sprintf("List(%q)", k), list(t, target.Source, k, ""), []string{k})
	}
	dirs, err := target.Source.Dirs(deadline(t), "odd/")
	if err != nil || !slices.Equal(dirs, []string{"a b/"}) {
		t.Errorf("Dirs: %q, %v", dirs, err)
	}
}

func listAgain(t *testing.T, target Target) {
	put(target, "x/1", "x/2")
	seq := target.Source.List(deadline(t), "x/", "")
	for range 2 {
		n := 0
		for _, err := range seq {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		if n != 2 {
			t.Fatalf("%d objects, want 2", n)
		}
	}
}

func dirs(t *testing.T, target Target) {
	put(target, append(tree(), "a/b/d/e/f")...)
	for prefix, want := range map[string][]string{
		"": {"a-b/", "a/", "a0/", "ü/"}, "a/": {"b/", "bb/"}, "a": {"b/", "bb/"}, "a/b/": {"d/"}, "a/b/d": {"e/"},
		"a-b/": nil, "b": nil, "nothing/": nil, "nothing/at/all": nil,
	} {
		got, err := target.Source.Dirs(deadline(t), prefix)
		if err != nil {
			t.Errorf("Dirs(%q): %v", prefix, err)
			continue
		}
		wantKeys(t, fmt.Sprintf("Dirs(%q)", prefix), got, want)
	}
}

func open(t *testing.T, target Target) {
	big := bytes.Repeat([]byte("0123456789abcdef"), 1<<14)
	meta := map[string]string{"signature": strings.Repeat("ab", 256), "signature-algorithm": "SHA256withRSA"}
	target.Put("d/digest.json.gz", big, meta)
	target.Put("d/log.json.gz", []byte("log"), nil)
	target.Put("d/none.json.gz", []byte("none"), map[string]string{})
	target.Put("d/empty.json.gz", nil, nil)
	listed := map[string]object.Info{}
	for info, err := range target.Source.List(deadline(t), "d/", "") {
		if err != nil {
			t.Fatal(err)
		}
		listed[info.Key] = info
	}
	if len(listed) != 4 {
		t.Fatalf("%d objects listed, want 4: %v", len(listed), slices.Sorted(maps.Keys(listed)))
	}
	for key, want := range map[string]struct {
		body     []byte
		metadata map[string]string
	}{
		"d/digest.json.gz": {big, meta}, "d/log.json.gz": {[]byte("log"), nil},
		"d/none.json.gz": {[]byte("none"), map[string]string{}}, "d/empty.json.gz": {nil, nil},
	} {
		body, err := target.Source.Open(deadline(t), key)
		if err != nil {
			t.Errorf("Open(%q): %v", key, err)
			continue
		}
		data, err := io.ReadAll(body)
		if err != nil || !bytes.Equal(data, want.body) {
			t.Errorf("%q: %d bytes, %v; want %d", key, len(data), err, len(want.body))
		}
		if err := body.Close(); err != nil {
			t.Errorf("%q: close: %v", key, err)
		}
		if !maps.Equal(body.Metadata, want.metadata) {
			t.Errorf("%q: metadata %v, want %v", key, body.Metadata, want.metadata)
		}
		wantNil := want.metadata == nil && target.NoMetadataIsNil
		if (body.Metadata == nil) != wantNil {
			t.Errorf("%q: metadata nil is %v, want %v", key, body.Metadata == nil, wantNil)
		}
		info := listed[key]
		if info != body.Info {
			t.Errorf("%q is listed as %+v and opened as %+v", key, info, body.Info)
		}
		if info.Size != int64(len(want.body)) || info.Modified.IsZero() || info.Modified.Location() != time.UTC || info.Version == "" {
			t.Errorf("%q: %+v", key, info)
		}
	}
}

func version(t *testing.T, target Target) {
	get := func() string {
		for info, err := range target.Source.List(deadline(t), "v/", "") {
			if err != nil {
				t.Fatal(err)
			}
			return info.Version
		}
		t.Fatal("nothing listed")
		return ""
	}
	target.Put("v/1", []byte("one"), map[string]string{"signature": "00"})
	first := get()
	if again := get(); again != first {
		t.Errorf("version changed from %q to %q without a change", first, again)
	}
	target.Put("v/1", []byte("two"), map[string]string{"signature": "00"})
	if second := get(); second == first {
		t.Errorf("version %q did not change with the content", second)
	}
}

func notFound(t *testing.T, target Target) {
	put(target, "a/b")
	for _, key := range []string{"a/c", "a", "x/y/z", "a/b/c", strings.Repeat("n", 300)} {
		_, err := target.Source.Open(deadline(t), key)
		if !errors.Is(err, object.ErrNotFound) {
			t.Errorf("Open(%.20q): %v, want ErrNotFound", key, err)
		}
	}
	if keys := list(t, target.Source, "x/", ""); len(keys) != 0 {
		t.Errorf("listed %q", keys)
	}
}

func cancelled(t *testing.T, target Target) {
	put(target, "a/1", "a/2")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := target.Source.Open(ctx, "a/1"); !errors.Is(err, context.Canceled) || object.Permanent(err) {
		t.Errorf("Open: %v, want context.Canceled and nothing else", err)
	}
	if _, err := target.Source.Dirs(ctx, ""); !errors.Is(err, context.Canceled) {
		t.Errorf("Dirs: %v, want context.Canceled", err)
	}
	n := 0
	for info, err := range target.Source.List(ctx, "", "") {
		if n++; !errors.Is(err, context.Canceled) {
			t.Errorf("List: %+v, %v, want context.Canceled", info, err)
		}
	}
	if n != 1 {
		t.Errorf("List yielded %d times, want once", n)
	}
}

func read(t *testing.T, s Source, key string) string {
	t.Helper()
	body, err := s.Open(deadline(t), key)
	if err != nil {
		t.Errorf("Open(%q): %v", key, err)
		return ""
	}
	defer body.Close()
	data, err := io.ReadAll(body)
	if err != nil {
		t.Errorf("read %q: %v", key, err)
	}
	return string(data)
}
