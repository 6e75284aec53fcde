package main

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func TestFileIsFresh(t *testing.T) {
	want, err := generate(os.DirFS("../../sink"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../" + file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("go generate ./internal/app writes another file:\n%s", d)
	}
}

func TestOnlySinksAreListed(t *testing.T) {
	text := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	got, err := generate(fstest.MapFS{
		"slack/doc.go":        text("// Package slack.\npackage slack\n"),
		"slack/slack.go":      text("package slack\nfunc New() {}\n"),
		"post/post.go":        text("package post\ntype client struct{}\nfunc (client) New() {}\nfunc NewThing() {}\n"),
		"onlytest/a.go":       text("package onlytest\n"),
		"onlytest/a_test.go":  text("package onlytest\nfunc New() {}\n"),
		"empty/README.md":     text("func New() {}\n"),
		"a.go":                text("package sink\nfunc New() {}\n"),
		"webhook/testdata/go": text(""),
		"webhook/new.go":      text("package webhook\nfunc New() {}\n"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(got), ".New,") != 2 || !strings.Contains(string(got), `"slack":   slack.New,`) || !strings.Contains(string(got), `"webhook": webhook.New,`) {
		t.Errorf("%s", got)
	}
	if _, err := generate(fstest.MapFS{"post/post.go": text("package post\n")}); err == nil {
		t.Error("no sink is no error")
	}
	if _, err := generate(fstest.MapFS{"post/post.go": text("package post {\n")}); err == nil {
		t.Error("what cannot be read is no error")
	}
}
