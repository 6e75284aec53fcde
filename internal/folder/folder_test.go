package folder

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trailseal/trailseal/internal/object"
)

func source(t *testing.T) (*Source, string) {
	t.Helper()
	dir := t.TempDir()
	s, err := New(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, dir
}

// listing returns the keys listed and the errors by the key they were yielded for.
func listing(t *testing.T, s *Source, prefix, after string) (keys []string, faults map[string]error) {
	t.Helper()
	faults = map[string]error{}
	for info, err := range s.List(t.Context(), prefix, after) {
		if err != nil {
			faults[info.Key] = err
			continue
		}
		keys = append(keys, info.Key)
	}
	return keys, faults
}

func TestNewRefuses(t *testing.T) {
	dir := t.TempDir()
	if _, err := New(filepath.Join(dir, "nothing")); !errors.Is(err, object.ErrNoSource) {
		t.Errorf("missing folder: %v, want ErrNoSource", err)
	}
	write(t, dir, "file", "x")
	if _, err := New(filepath.Join(dir, "file")); err == nil || !strings.Contains(err.Error(), "not a folder") {
		t.Errorf("file: %v", err)
	}
}

func TestSidecar(t *testing.T) {
	for name, c := range map[string]struct {
		sidecar string
		want    map[string]string
		err     string
	}{
		"head-object":       {`{"ContentLength":1,"Metadata":{"signature":"00","x":"y"}}`, map[string]string{"signature": "00", "x": "y"}, ""},
		"upper-case names":  {`{"Metadata":{"Signature":"00"}}`, map[string]string{"signature": "00"}, ""},
		"no metadata":       {`{"ContentLength":1}`, map[string]string{}, ""},
		"empty":             {``, nil, "head-object"},
		"cut":               {`{"Metadata":{"signature":"0`, nil, "head-object"},
		"not an object":     {`[]`, nil, "head-object"},
		"value not text":    {`{"Metadata":{"signature":7}}`, nil, "head-object"},
		"names that differ": {`{"Metadata":{"signature":"00","Signature":"01"}}`, nil, "twice"},
		"two documents":     {`{"Metadata":{}}{"Metadata":{}}`, nil, "head-object"},
		"too large":         {`{"Metadata":{}}` + strings.Repeat(" ", maxSidecar), nil, "more than"},
	} {
		t.Run(name, func(t *testing.T) {
			s, dir := source(t)
			write(t, dir, "a/b.json.gz", "x")
			write(t, dir, "a/b.json.gz.metadata.json", c.sidecar)
			body, err := s.Open(t.Context(), "a/b.json.gz")
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) || !strings.Contains(err.Error(), "b.json.gz.metadata.json") {
					t.Fatalf("%v, want an error with %q that names the side-car", err, c.err)
				}
				if !errors.Is(err, object.ErrDamaged) || errors.Is(err, object.ErrNotFound) {
					t.Errorf("%v is not ErrDamaged", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer body.Close()
			if body.Metadata == nil || len(body.Metadata) != len(c.want) {
				t.Fatalf("metadata %v, want %v", body.Metadata, c.want)
			}
			for k, v := range c.want {
				if body.Metadata[k] != v {
					t.Errorf("metadata %q is %q, want %q", k, body.Metadata[k], v)
				}
			}
		})
	}
}

func TestSidecarsAreNoObjects(t *testing.T) {
	s, dir := source(t)
	for _, k := range []string{"a/1", "a/1.metadata.json", "a/orphan.metadata.json", "a/2"} {
		write(t, dir, k, "{}")
	}
	keys, faults := listing(t, s, "", "")
	if !slices.Equal(keys, []string{"a/1", "a/2"}) || len(faults) > 0 {
		t.Errorf("listed %q, faults %v", keys, faults)
	}
	if _, err := s.Open(t.Context(), "a/1.metadata.json"); !errors.Is(err, object.ErrNotFound) {
		t.Errorf("opening a side-car: %v", err)
	}
}

func TestVersionKnowsTheSidecar(t *testing.T) {
	s, dir := source(t)
	get := func() string {
		body, err := s.Open(t.Context(), "1")
		if err != nil {
			t.Fatal(err)
		}
		defer body.Close()
		for info, err := range s.List(t.Context(), "", "") {
			if err != nil || info != body.Info {
				t.Fatalf("listed %+v, %v; opened %+v", info, err, body.Info)
			}
		}
		return body.Version
	}
	write(t, dir, "1", "x")
	versions := []string{get()}
	write(t, dir, "1.metadata.json", `{"Metadata":{}}`)
	versions = append(versions, get())
	write(t, dir, "1.metadata.json", `{"Metadata":{"signature":"00"}}`)
	versions = append(versions, get())
	if runtime.GOOS == "linux" { // the change time tells what a restored modification time hides
		name := filepath.Join(dir, "1")
		stat, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Millisecond) // a file system's clock is coarse
		write(t, dir, "1", "y")
		if err := os.Chtimes(name, stat.ModTime(), stat.ModTime()); err != nil {
			t.Fatal(err)
		}
		versions = append(versions, get())
	}
	for i := range versions {
		if slices.Contains(versions[:i], versions[i]) {
			t.Errorf("change %d left the version %q", i, versions[i])
		}
	}
}

func TestForeignKeys(t *testing.T) {
	s, dir := source(t)
	write(t, dir, "a/b", "x")
	for _, key := range []string{"", "/", "/a/b", "a//b", "a/./b", "a/../a/b", "../x", "a/b/", "a\\b", "a/\x00", "..", "."} {
		body, err := s.Open(t.Context(), key)
		if err == nil {
			body.Close()
		}
		if !errors.Is(err, object.ErrForeign) || errors.Is(err, object.ErrNotFound) {
			t.Errorf("Open(%q): %v, want ErrForeign", key, err)
		}
	}
	for _, prefix := range []string{"../", "/", "a//", "./", "a/../"} {
		if keys, faults := listing(t, s, prefix, ""); len(keys)+len(faults) > 0 {
			t.Errorf("List(%q): %q, %v", prefix, keys, faults)
		}
	}
}

func TestLinksAreNotFollowedOut(t *testing.T) {
	s, dir := source(t)
	outside := t.TempDir()
	write(t, outside, "secret/file", "x")
	write(t, dir, "a/1", "x")
	write(t, dir, "z", "x")
	for name, target := range map[string]string{
		"a/dir": filepath.Join(outside, "secret"), "a/file": filepath.Join(outside, "secret", "file"), "a/inside": "1",
		"a/loop": "loop", "dirs": "a", "a/up": "..", "a/1.metadata.json": filepath.Join(outside, "secret", "file"),
	} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Skipf("this system has no symbolic links: %v", err)
		}
	}
	for _, key := range []string{"a/dir/file", "a/file", "a/inside", "a/loop", "a/1"} {
		body, err := s.Open(t.Context(), key)
		if err == nil {
			body.Close()
		}
		if !errors.Is(err, object.ErrForeign) {
			t.Errorf("Open(%q): %v, want ErrForeign", key, err)
		}
	}
	keys, faults := listing(t, s, "", "")
	if !slices.Equal(keys, []string{"a/1", "z"}) {
		t.Errorf("listed %q", keys)
	}
	for _, key := range []string{"a/dir", "a/file", "a/inside", "a/loop", "a/up", "dirs"} {
		if !errors.Is(faults[key], object.ErrForeign) {
			t.Errorf("listing %q: %v, want ErrForeign", key, faults[key])
		}
	}
	if _, faults := listing(t, s, "a/dir/", ""); !errors.Is(faults["a/dir/"], object.ErrForeign) {
		t.Errorf("listing below a link that leads out: %v", faults)
	}
	if names, err := s.Dirs(t.Context(), ""); err != nil || !slices.Equal(names, []string{"a/"}) {
		t.Errorf("Dirs: %q, %v", names, err)
	}
}

func TestUnreadableFolderIsReportedAndPassed(t *testing.T) {
	s, dir := source(t)
	for _, k := range []string{"a/1", "b/1", "b/c/1", "d/1"} {
		write(t, dir, k, "x")
	}
	if os.Getuid() == 0 {
		// Root reads everything: a name that no key can have stands in for the folder.
		if err := os.Rename(filepath.Join(dir, "b"), filepath.Join(dir, `b\`)); err != nil {
			t.Skipf("this system has no such name: %v", err)
		}
		keys, faults := listing(t, s, "", "")
		if !slices.Equal(keys, []string{"a/1", "d/1"}) || !errors.Is(faults[`b\/`], object.ErrForeign) {
			t.Errorf("listed %q, faults %v", keys, faults)
		}
		return
	}
	if err := os.Chmod(filepath.Join(dir, "b"), 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(filepath.Join(dir, "b"), 0o755) })
	keys, faults := listing(t, s, "", "")
	if !slices.Equal(keys, []string{"a/1", "d/1"}) || !errors.Is(faults["b/"], object.ErrDenied) {
		t.Errorf("listed %q, faults %v", keys, faults)
	}
	if _, err := s.Open(t.Context(), "b/1"); !errors.Is(err, object.ErrDenied) {
		t.Errorf("Open: %v, want ErrDenied", err)
	}
}

func TestClassify(t *testing.T) {
	denied := classify(&fs.PathError{Op: "open", Path: "path escapes from parent", Err: fs.ErrPermission})
	if !errors.Is(denied, object.ErrDenied) || errors.Is(denied, object.ErrForeign) {
		t.Errorf("permission: %v", denied)
	}
	if err := classify(io.ErrUnexpectedEOF); object.Permanent(err) {
		t.Errorf("a fault of the disk is permanent: %v", err)
	}
}

// TestStartAfterLeavesFoldersUnread closes the directory: a folder that is read is then reported.
func TestStartAfterLeavesFoldersUnread(t *testing.T) {
	s, dir := source(t)
	write(t, dir, "2026/03/01/1", "x")
	write(t, dir, "2026/03/02/1", "x")
	write(t, dir, "2026/03/02/2", "x")
	write(t, dir, "2026/03/03/1", "x")
	keys, faults := listing(t, s, "2026/", "2026/03/02/1")
	if !slices.Equal(keys, []string{"2026/03/02/2", "2026/03/03/1"}) || len(faults) > 0 {
		t.Errorf("listed %q, faults %v", keys, faults)
	}
	n := 0
	w := walk{Source: s, ctx: t.Context(), after: "2026/03/02/1", yield: func(object.Info, error) bool { n++; return true }}
	s.root.Close()
	if w.folder("2026/03/01/"); n != 0 {
		t.Error("a folder before startAfter was read")
	}
	if w.folder("2026/03/02/"); n != 1 {
		t.Errorf("the closed folder was reported %d times, want once", n)
	}
}
