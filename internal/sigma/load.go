package sigma

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
)

const (
	maxFiles = 10_000
	maxRules = 10_000
)

// Load reads every *.yml and *.yaml of a tree and returns the rules in the order of their files. Every file must be
// right: the error joins an *Error for each that is not. Two rules with the same id, or with files of the same name, are
// wrong: a finding would not say which it is of. Other files are left alone.
func Load(tree fs.FS) ([]*Rule, error) {
	var all []*Rule
	var wrong []error
	files := 0
	known := map[string]*Rule{}
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if ext := path.Ext(name); entry.IsDir() || ext != ".yml" && ext != ".yaml" {
			return nil
		}
		if files++; files > maxFiles {
			return fmt.Errorf("more than %d files", maxFiles)
		}
		// To open a pipe is to wait for who writes to it.
		if entry.Type()&^fs.ModeSymlink&fs.ModeType != 0 {
			wrong = append(wrong, &Error{File: name, Line: 1, Reason: "no regular file"})
			return nil
		}
		text, err := read(tree, name)
		if err != nil {
			return err
		}
		rules, err := ParseAll(name, text)
		if err != nil {
			wrong = append(wrong, err)
			return nil
		}
		for _, r := range rules {
			wrong = append(wrong, r.among(known)...)
		}
		if all = append(all, rules...); len(all) > maxRules {
			return fmt.Errorf("more than %d rules", maxRules)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("load Sigma rules: %w", err)
	}
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	return all, nil
}

// among adds a rule to those that are known by id and by name, and says what it shares with another.
func (r *Rule) among(known map[string]*Rule) (wrong []error) {
	for _, key := range []string{"id " + strings.ToLower(r.ID), "name " + r.Name} {
		if key == "id " {
			continue
		}
		if other, ok := known[key]; ok {
			wrong = append(wrong, &Error{File: r.File, Line: r.Line, Reason: fmt.Sprintf("the rule with the %s is in %s:%d too", key, other.File, other.Line)})
			continue
		}
		known[key] = r
	}
	return wrong
}

func read(tree fs.FS, name string) ([]byte, error) {
	f, err := tree.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	// One byte more than allowed, so that ParseAll sees that it is too much.
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read %q: %w", name, err)
	}
	return b, nil
}
