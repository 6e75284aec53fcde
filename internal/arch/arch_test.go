// Package arch holds the architecture: layers.txt is the page that people read, and this test fails the build when an
// import runs another way.
package arch

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path"
	"strings"
	"testing"
)

const module = "github.com/trailseal/trailseal"

// rules is layers.txt, parsed.
type rules struct {
	layer map[string]int // of each package, or pattern; 0 is the highest
	names []string       // of the layers
	allow map[[2]string]bool
}

func parse(r io.Reader) (rules, error) {
	out := rules{layer: map[string]int{}, allow: map[[2]string]bool{}}
	for s := bufio.NewScanner(r); s.Scan(); {
		text, _, _ := strings.Cut(s.Text(), "#")
		switch f := strings.Fields(text); {
		case len(f) == 0:
		case len(f) == 2 && f[0] == "layer":
			out.names = append(out.names, f[1])
		case len(f) == 4 && f[0] == "allow" && f[2] == "->":
			out.allow[[2]string{f[1], f[3]}] = true
		case len(f) == 1 && len(out.names) > 0:
			out.layer[f[0]] = len(out.names) - 1
		default:
			return out, errors.New("layers.txt: cannot read: " + s.Text())
		}
	}
	return out, nil
}

func (r rules) of(pkg string) (int, bool) {
	if n, ok := r.layer[pkg]; ok {
		return n, true
	}
	for dir := path.Dir(pkg); dir != "."; dir = path.Dir(dir) {
		if n, ok := r.layer[dir+"/*"]; ok {
			return n, true
		}
	}
	return 0, false
}

// judge says what is wrong with one import; it is empty when nothing is.
func (r rules) judge(from, to string) string {
	a, ok := r.of(from)
	if !ok {
		return from + " has no line in layers.txt"
	}
	b, ok := r.of(to)
	if !ok {
		return to + " has no line in layers.txt"
	}
	test := r.names[a] == "test"
	switch {
	case r.allow[[2]string{from, to}]:
		return ""
	case r.names[b] == "test":
		return from + " imports " + to + ", which is for tests only"
	case r.names[a] == "face" && r.names[b] == "work":
		return from + " imports " + to + ": a face asks internal/app"
	case test, a < b:
		return ""
	}
	return from + " (" + r.names[a] + ") imports " + to + " (" + r.names[b] + ")"
}

type pkg struct {
	ImportPath string
	Imports    []string
	Standard   bool
}

func packages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", module+"/...")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []pkg
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := dec.Decode(&p); err == io.EOF {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func load(t *testing.T) rules {
	t.Helper()
	f, err := os.Open("layers.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := parse(f)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestImportsRunDownwards(t *testing.T) {
	r := load(t)
	seen := 0
	for _, p := range packages(t) {
		from := strings.TrimPrefix(p.ImportPath, module+"/")
		for _, imp := range p.Imports {
			to, ours := strings.CutPrefix(imp, module+"/")
			if !ours {
				if from == "integrity" && strings.Contains(strings.Split(imp, "/")[0], ".") {
					t.Errorf("integrity imports %s: it may import the standard library only", imp)
				}
				continue
			}
			seen++
			if wrong := r.judge(from, to); wrong != "" {
				t.Error(wrong)
			}
		}
		if _, ok := r.of(from); !ok {
			t.Errorf("%s has no line in layers.txt", from)
		}
	}
	if seen == 0 {
		t.Error("no import of our own was looked at")
	}
}

func TestWrongDirectionsAreSeen(t *testing.T) {
	r := load(t)
	for _, c := range []struct{ from, to string }{
		{"internal/object", "internal/validate"},
		{"internal/validate", "internal/ledger"},
		{"internal/ledger", "internal/cloud"},
		{"internal/app", "internal/cli"},
		{"internal/web", "internal/cli"},
		{"integrity", "internal/object"},
		{"internal/app", "internal/awstest"},
		{"internal/new", "integrity"},
		{"internal/cli", "internal/validate"},
	} {
		if r.judge(c.from, c.to) == "" {
			t.Errorf("%s -> %s is let through", c.from, c.to)
		}
	}
	for _, c := range []struct{ from, to string }{
		{"cmd/trailseal", "internal/cli"}, {"internal/cli", "internal/web"}, {"internal/validate", "integrity"}, {"bench/inflate/floor", "internal/inflate"},
	} {
		if wrong := r.judge(c.from, c.to); wrong != "" {
			t.Error(wrong)
		}
	}
}
