package logfile_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/trailseal/trailseal/internal/inflate"
	"github.com/trailseal/trailseal/internal/logfile"
	"github.com/trailseal/trailseal/internal/logfile/logfiletest"
	"github.com/trailseal/trailseal/internal/object"
)

var day = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)

func options(src logfile.Source) logfile.Options {
	return logfile.Options{Source: src, Inflate: inflate.Bytes, Wait: time.Millisecond}
}

// collect reads a source both ways, and wants them to be the same.
func collect(t *testing.T, o logfile.Options) []logfile.File {
	t.Helper()
	var out []logfile.File
	for f, err := range logfile.Files(t.Context(), o) {
		if err != nil {
			t.Fatal(err)
		}
		if f.Number != len(out) {
			t.Errorf("%q has number %d, want %d", f.Info.Key, f.Number, len(out))
		}
		out = append(out, f)
	}
	for _, workers := range []int{1, 4} {
		o.Workers = workers
		var mu sync.Mutex
		var each []logfile.File
		if err := logfile.Each(t.Context(), o, func(_ context.Context, f logfile.File) error {
			mu.Lock()
			defer mu.Unlock()
			each = append(each, f)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(each, func(a, b logfile.File) int { return a.Number - b.Number })
		if d := cmp.Diff(keys(out), keys(each)); d != "" {
			t.Errorf("%d workers: %s", workers, d)
		}
	}
	// And with workers of the receiver's own, which are slower than it.
	var ahead []logfile.File
	var mu sync.Mutex
	g, ctx := errgroup.WithContext(t.Context())
	g.SetLimit(3)
	for a, err := range logfile.New(o).Ahead(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		g.Go(func() error {
			f := a.File(ctx)
			if f.Info.Key != a.Info.Key {
				t.Errorf("%q became %q", a.Info.Key, f.Info.Key)
			}
			mu.Lock()
			defer mu.Unlock()
			ahead = append(ahead, f)
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(ahead, func(a, b logfile.File) int { return a.Number - b.Number })
	if d := cmp.Diff(keys(out), keys(ahead)); d != "" {
		t.Errorf("ahead: %s", d)
	}
	return out
}

func keys(files []logfile.File) []string {
	out := make([]string, len(files))
	for i, f := range files {
		out[i] = f.Info.Key
	}
	return out
}

func TestEveryLogFileInOrder(t *testing.T) {
	m := logfiletest.New(nil)
	var want []string
	put := func(key string) {
		m.Put(key, logfiletest.Records(key), nil)
		want = append(want, key)
	}
	for _, account := range []string{"111122223333", "444455556666"} {
		for _, region := range []string{"eu-west-1", "us-east-1"} {
			for i := range 5 {
				put(logfiletest.Key("logs/", account, region, day.Add(time.Duration(i)*9*time.Hour), fmt.Sprint("u", i)))
			}
		}
	}
	m.Put("logs/AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2026/03/02/111122223333_CloudTrail-Digest_eu-west-1_t_eu-west-1_20260302T100000Z.json.gz", nil, nil)
	m.Put("logs/AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/02/notes.txt", nil, nil)
	m.Put("logs/AWSLogs/111122223333/Config/eu-west-1/2026/3/2/x.json.gz", nil, nil)
	o := options(m)
	o.Workers = 3
	files := collect(t, o)
	if d := cmp.Diff(want, keys(files)); d != "" {
		t.Error(d)
	}
	f := files[6]
	if f.Origin.Account != "111122223333" || f.Origin.Region != "us-east-1" || !f.Origin.Delivered.Equal(day.Add(9*time.Hour)) || f.Key.Unique != "u1" {
		t.Errorf("origin %+v, key %+v", f.Origin, f.Key)
	}
	if !strings.Contains(string(f.Data), f.Info.Key) || f.SHA256 != sha256.Sum256(f.Data) || f.Info.Version == "" {
		t.Errorf("%q is not what lies there", f.Data)
	}

	for _, c := range []struct {
		name   string
		change func(*logfile.Options)
		want   func(key string) bool
	}{
		{"one account", func(o *logfile.Options) { o.Accounts = []string{"444455556666"} }, func(k string) bool { return strings.Contains(k, "/444455556666/") }},
		{"one region", func(o *logfile.Options) { o.Regions = []string{"us-east-1"} }, func(k string) bool { return strings.Contains(k, "/us-east-1/") }},
		{"from a day on", func(o *logfile.Options) { o.From = day.AddDate(0, 0, 1) }, func(k string) bool { return !strings.Contains(k, "/2026/03/02/") }},
		{"until the day after", func(o *logfile.Options) { o.To = day.AddDate(0, 0, -1) }, func(k string) bool { return strings.Contains(k, "/2026/03/02/") }},
		{"below a day", func(o *logfile.Options) { o.Under = "logs/AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/03/" },
			func(k string) bool {
				return strings.HasPrefix(k, "logs/AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/03/")
			}},
		{"nothing", func(o *logfile.Options) { o.Accounts = []string{"999999999999"} }, func(string) bool { return false }},
	} {
		o := options(m)
		c.change(&o)
		narrow := slices.DeleteFunc(slices.Clone(want), func(k string) bool { return !c.want(k) })
		if d := cmp.Diff(narrow, keys(collect(t, o))); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
}

// An account's own trail and the organization's, and insights, are one group; spans of days cut it without loss.
func TestGroupsAreCutIntoSpansOfDays(t *testing.T) {
	m := logfiletest.New(nil)
	want := 0
	for i := range 10 {
		for _, base := range []string{"AWSLogs/111122223333/CloudTrail/", "AWSLogs/o-abcdefghij/111122223333/CloudTrail/", "AWSLogs/111122223333/CloudTrail-Insight/"} {
			at := day.AddDate(0, 0, i)
			folder := strings.Split(base, "/")
			m.Put(base+"eu-west-1/"+at.Format("2006/01/02/")+"111122223333_"+folder[len(folder)-2]+"_eu-west-1_"+at.Format("20060102T1504Z")+"_u.json.gz", logfiletest.Records("x"), nil)
			want++
		}
	}
	tree := logfile.New(options(m))
	groups, err := tree.Groups(t.Context())
	if err != nil || len(groups) != 1 || len(groups[0].Folders) != 3 {
		t.Fatalf("%d groups, %v", len(groups), err)
	}
	chunks, err := tree.Chunks(t.Context(), groups, 4)
	if err != nil || len(chunks) != 4 {
		t.Fatalf("%d spans, %v", len(chunks), err)
	}
	n, last := 0, ""
	for _, c := range chunks {
		for d, err := range tree.Days(t.Context(), c, nil) {
			if err != nil {
				t.Fatal(err)
			}
			if d.Name <= last || len(d.Files) != 3 || len(d.Folders) != 3 {
				t.Errorf("day %s after %s has %d files of %d folders", d.Name, last, len(d.Files), len(d.Folders))
			}
			n, last = n+len(d.Files), d.Name
		}
	}
	if n != want {
		t.Errorf("%d files, want %d", n, want)
	}
	if files := collect(t, options(m)); len(files) != want {
		t.Errorf("%d files, want %d", len(files), want)
	}
}

func TestFilesThatLieAnywhere(t *testing.T) {
	m := logfiletest.New(nil)
	m.Put("a/one.json", []byte(`{"eventID":"1"}`), nil)
	m.Put("a/one.json.metadata.json", []byte(`{}`), nil)
	m.Put("b/readme.md", nil, nil)
	m.Put("c/two.ndjson.gz", logfiletest.Gzip(`{"eventID":"2"}`), nil)
	files := collect(t, options(m))
	if d := cmp.Diff([]string{"a/one.json", "c/two.ndjson.gz"}, keys(files)); d != "" {
		t.Fatal(d)
	}
	if string(files[0].Data) != `{"eventID":"1"}` || string(files[1].Data) != `{"eventID":"2"}` || files[1].Origin.Account != "" {
		t.Errorf("%q, %q", files[0].Data, files[1].Data)
	}
}

func TestWhatCannotBeReadIsHandedOn(t *testing.T) {
	m := logfiletest.New(nil)
	key := func(region, unique string) string {
		return logfiletest.Key("", "111122223333", region, day, unique)
	}
	for _, region := range []string{"eu-west-1", "us-east-1", "us-west-2"} {
		for _, unique := range []string{"a", "b"} {
			m.Put(key(region, unique), logfiletest.Records(unique), nil)
		}
	}
	whole := logfiletest.Gzip(`{"Records":[` + strings.Repeat(`{"eventID":"x","eventName":"y"},`, 3000) + `{}]}`)
	m.Put(key("eu-west-1", "c"), whole[:len(whole)-20], nil)
	const folder = "AWSLogs/111122223333/CloudTrail/us-east-1/"
	m.Put(logfiletest.Key("", "444455556666", "eu-west-1", day, "d"), logfiletest.Records("d"), nil)
	again := 2
	m.Fail(func(op, k string) error {
		switch {
		case op == "open" && k == key("eu-west-1", "a"):
			return object.ErrArchived
		case op == "open" && k == key("us-west-2", "a") && again > 0:
			again--
			return errors.New("a hiccup")
		case op == "list" && k == folder, op == "dirs" && k == "AWSLogs/444455556666/CloudTrail/":
			return object.ErrDenied
		}
		return nil
	})
	o := options(m)
	o.Parallel = 1 // the counter of hiccups is not locked
	var got []string
	for f, err := range logfile.Files(t.Context(), o) {
		if err != nil {
			t.Fatal(err)
		}
		state := "read"
		switch {
		case errors.Is(f.Err, object.ErrArchived):
			state = "archived"
		case errors.Is(f.Err, object.ErrDenied):
			state = "denied"
		case f.Damage != nil:
			r, err := f.Open(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(r)
			if err != nil || !strings.HasPrefix(string(text), `{"Records":[{"eventID":"x"`) || f.SHA256 != [32]byte{} || f.Data != nil {
				t.Errorf("%d bytes before the damage, %v", len(text), err)
			}
			if err := r.Close(); err != nil {
				t.Error(err)
			}
			state = "damaged"
		case f.Err != nil || f.Data == nil:
			state = "wrong"
		}
		got = append(got, f.Info.Key[strings.LastIndexByte(f.Info.Key, '_')+1:]+" "+state)
	}
	if d := cmp.Diff([]string{"AWSLogs/444455556666/CloudTrail/ denied", "a.json.gz archived", "b.json.gz read", "c.json.gz damaged", folder + " denied", "a.json.gz read", "b.json.gz read"}, got); d != "" {
		t.Error(d)
	}
}

func TestWhatEndsARun(t *testing.T) {
	for _, c := range []struct {
		name, op, key string
		err           error
	}{
		{"credentials end while listing", "list", "AWSLogs/111122223333/CloudTrail/eu-west-1/", object.ErrCredentials},
		{"credentials end while searching", "dirs", "AWSLogs/111122223333/", object.ErrCredentials},
		{"credentials end while reading", "open", logfiletest.Key("", "111122223333", "eu-west-1", day, "u7"), object.ErrCredentials},
		{"the source is gone", "dirs", "", object.ErrNoSource},
		{"the source is closed", "dirs", "", object.ErrDenied},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := logfiletest.New(nil)
			for i := range 40 {
				m.Put(logfiletest.Key("", "111122223333", "eu-west-1", day, fmt.Sprint("u", i)), logfiletest.Records("x"), nil)
			}
			m.Fail(func(op, key string) error {
				if op == c.op && key == c.key {
					return c.err
				}
				return nil
			})
			o := options(m)
			o.Workers = 2
			var last error
			for _, err := range logfile.Files(t.Context(), o) {
				last = err
			}
			if !errors.Is(last, c.err) {
				t.Errorf("Files ends with %v, want %v", last, c.err)
			}
			last = nil
			for a, err := range logfile.New(o).Ahead(t.Context()) {
				if err == nil {
					err = a.File(t.Context()).Err
				}
				if last == nil {
					last = err
				}
			}
			if !errors.Is(last, c.err) {
				t.Errorf("Ahead ends with %v, want %v", last, c.err)
			}
			if err := logfile.Each(t.Context(), o, func(context.Context, logfile.File) error { return nil }); !errors.Is(err, c.err) {
				t.Errorf("Each ends with %v, want %v", err, c.err)
			}
		})
	}
}

func TestWhoHasEnoughStops(t *testing.T) {
	m := logfiletest.New(nil)
	for i := range 100 {
		m.Put(logfiletest.Key("", "111122223333", "eu-west-1", day.AddDate(0, 0, i), "u"), logfiletest.Records("x"), nil)
	}
	o := options(m)
	o.Workers, o.Parallel = 2, 2
	for range logfile.Files(t.Context(), o) {
		break
	}
	if n := m.Calls()["open"]; n > 40 {
		t.Errorf("%d files were opened for one that was wanted", n)
	}
	enough := errors.New("enough")
	if err := logfile.Each(t.Context(), o, func(context.Context, logfile.File) error { return enough }); err != enough {
		t.Errorf("Each ends with %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	var last error
	for _, err := range logfile.Files(ctx, o) {
		if n++; n == 5 {
			cancel()
		}
		last = err
	}
	if !errors.Is(last, context.Canceled) || n > 50 {
		t.Errorf("%d files, then %v, after being cancelled", n, last)
	}
}

// A large file is streamed, and its hash is that of its content.
func TestLargeFilesAreStreamed(t *testing.T) {
	m := logfiletest.New(nil)
	text := strings.Repeat(`{"eventID":"x","eventName":"y"}`+"\n", 600_000)
	m.Put("big.ndjson", []byte(text), nil)
	for f, err := range logfile.Files(t.Context(), options(m)) {
		if err != nil || f.Err != nil || f.Damage != nil || f.Data != nil {
			t.Fatalf("%v, %v, %v, %d bytes", err, f.Err, f.Damage, len(f.Data))
		}
		if f.SHA256 != sha256.Sum256([]byte(text)) {
			t.Error("the hash is another")
		}
		r, err := f.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, r)
		if err != nil || n != int64(len(text)) {
			t.Errorf("%d bytes, %v", n, err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		// The connection breaks while it is read again.
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		if r, err = f.Open(ctx); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(r, make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
		cancel()
		if n, err := io.Copy(io.Discard, r); err == nil {
			t.Errorf("%d bytes more of a source that failed, and no error", n)
		}
	}
}
