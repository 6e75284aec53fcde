package secret

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// safe is a manager of secrets that counts how often it is asked.
type safe struct {
	text  string
	err   error
	asked atomic.Int32
	wait  time.Duration
}

func (m *safe) Get(ctx context.Context, id string) (String, error) {
	m.asked.Add(1)
	select {
	case <-time.After(m.wait):
	case <-ctx.Done():
		return String{}, ctx.Err()
	}
	return New(m.text), m.err
}

func ref(t *testing.T, s string) Reference {
	t.Helper()
	r, err := ParseReference(s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func write(t *testing.T, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestResolve(t *testing.T) {
	object := `{"key":"` + hidden + `","port":587,"big":12345678901234567890,"empty":"","nested":{"a":1},"none":null}`
	file := write(t, hidden+"\n", 0o600)
	manager := func(text string) *safe { return &safe{text: text} }
	for _, c := range []struct {
		name, ref string
		manager   *safe
		want, err string
	}{
		{"environment", "env:KEY", nil, hidden, ""},
		{"environment that is not set", "env:NONE", nil, "", "not set"},
		{"file without its newline", "file:" + file, nil, hidden, ""},
		{"file of Windows", "file:" + write(t, hidden+"\r\n", 0o400), nil, hidden, ""},
		{"spaces are part of it", "file:" + write(t, " "+hidden+" \n", 0o400), nil, " " + hidden + " ", ""},
		{"file that is not there", "file:" + file + ".none", nil, "", "no such file"},
		{"file that is empty", "file:" + write(t, "\n", 0o600), nil, "", "empty"},
		{"file that is a folder", "file:" + filepath.Dir(file), nil, "", "no regular file"},
		{"file by a relative path", "file:key", nil, "", "absolute"},
		{"file that is too long", "file:" + write(t, strings.Repeat(hidden, 4000), 0o600), nil, "", "longer than"},
		{"field of a file", "file:" + write(t, object, 0o600) + "#key", nil, hidden, ""},
		{"manager", "aws-secretsmanager:pd", manager(hidden), hidden, ""},
		{"no manager", "aws-secretsmanager:pd", nil, "", "no AWS Secrets Manager"},
		{"field", "aws-secretsmanager:pd#key", manager(object), hidden, ""},
		{"field that is a number", "aws-secretsmanager:pd#port", manager(object), "587", ""},
		{"field that is a long number", "aws-secretsmanager:pd#big", manager(object), "12345678901234567890", ""},
		{"field that is empty", "aws-secretsmanager:pd#empty", manager(object), "", "empty"},
		{"field that is not there", "aws-secretsmanager:pd#other", manager(object), "", "no such field"},
		{"field that is an object", "aws-secretsmanager:pd#nested", manager(object), "", "no text"},
		{"field that is null", "aws-secretsmanager:pd#none", manager(object), "", "no text"},
		{"field of what is no JSON", "aws-secretsmanager:pd#key", manager(hidden), "", "no JSON object"},
		{"field of an array", "aws-secretsmanager:pd#key", manager(`["` + hidden + `"]`), "", "no JSON object"},
		{"field of null", "aws-secretsmanager:pd#key", manager("null"), "", "no JSON object"},
		{"secret that is too long", "aws-secretsmanager:pd", manager(strings.Repeat(hidden, 4000)), "", "longer than"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := Resolver{Getenv: func(name string) string { return map[string]string{"KEY": hidden}[name] }}
			if c.manager != nil {
				r.Manager = c.manager
			}
			got, err := r.Resolve(t.Context(), ref(t, c.ref))
			if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
				t.Errorf("error %v, want %q", err, c.err)
			}
			if err != nil && (strings.Contains(err.Error(), hidden[:6]) || !strings.Contains(err.Error(), c.ref)) {
				t.Errorf("%q names the secret, or not the reference", err)
			}
			if got.Reveal() != c.want {
				t.Errorf("another text than wanted")
			}
		})
	}
	if _, err := new(Resolver).Resolve(t.Context(), Reference{}); err == nil {
		t.Error("no reference is no error")
	}
}

func TestFileThatOthersMayReadIsRefused(t *testing.T) {
	if runtime.GOOS == "windows" {
		for _, mode := range []os.FileMode{0o600, 0o644} {
			if _, err := readFile(write(t, hidden, mode), nil); err != nil {
				t.Error(err)
			}
		}
		return
	}
	for mode, ok := range map[os.FileMode]bool{0o600: true, 0o400: true, 0o440: false, 0o604: false, 0o644: false, 0o620: false, 0o602: false} {
		path := write(t, hidden, mode)
		if _, err := readFile(path, nil); (err == nil) != ok {
			t.Errorf("mode %#o: %v", mode, err)
		}
		if _, err := readFile(path, []string{filepath.Dir(path)}); err != nil {
			t.Errorf("mode %#o where secrets are mounted: %v", mode, err)
		}
		if _, err := readFile(path, []string{filepath.Dir(path) + "x", path[:len(path)-1]}); (err == nil) != ok {
			t.Errorf("mode %#o beside where secrets are mounted: %v", mode, err)
		}
	}
	path := write(t, hidden, 0o644)
	dir := filepath.Dir(path)
	if err := os.Mkdir(filepath.Join(dir, "mounted"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := readFile(dir+"/mounted/../key", []string{filepath.Join(dir, "mounted")}); err == nil {
		t.Error("dots lead out of where secrets are mounted")
	}
}

func TestSecretIsAskedAgainAfterMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &safe{text: `{"a":"old","b":"x"}`, wait: time.Second}
		r := Resolver{Manager: m}
		want := func(name, text string, asked int32) {
			t.Helper()
			got, err := r.Resolve(t.Context(), ref(t, "aws-secretsmanager:pd#"+name))
			if err != nil || got.Reveal() != text || m.asked.Load() != asked {
				t.Errorf("%q, %v, asked %d times, want %q after %d", got.Reveal(), err, m.asked.Load(), text, asked)
			}
		}
		want("a", "old", 1)
		want("b", "x", 1)
		m.text = `{"a":"new"}`
		time.Sleep(keepFor - 2*time.Second)
		want("a", "old", 1)
		time.Sleep(2 * time.Second)
		want("a", "new", 2)
		m.text = `{"a":"newest"}`
		r.Forget(ref(t, "aws-secretsmanager:pd#a"))
		want("a", "newest", 3)
		m.err = errors.New("down")
		time.Sleep(keepFor)
		for range 2 {
			if _, err := r.Resolve(t.Context(), ref(t, "aws-secretsmanager:pd#a")); err == nil {
				t.Error("an old secret is given when its source is down")
			}
		}
		m.err = nil
		want("a", "newest", 6)
	})
}

func TestManyWhoAskAtOnceAskOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &safe{text: hidden, wait: time.Minute}
		r := Resolver{Manager: m}
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				if s, err := r.Resolve(t.Context(), ref(t, "aws-secretsmanager:pd")); err != nil || s.Reveal() != hidden {
					t.Errorf("%v", err)
				}
			})
		}
		all.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if _, err := r.Resolve(ctx, ref(t, "aws-secretsmanager:pd")); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("one who does not wait: %v", err)
			}
		})
		all.Wait()
		if n := m.asked.Load(); n > 2 { // two where the one who does not wait came first
			t.Errorf("asked %d times", n)
		}
	})
}
