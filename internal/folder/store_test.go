package folder

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/internal/object"
)

func body(key, content string, metadata map[string]string) object.Body {
	return object.Body{
		Info:     object.Info{Key: key, Size: int64(len(content)), Modified: time.Date(2026, 3, 2, 1, 2, 3, 456e6, time.UTC)},
		Metadata: metadata, ReadCloser: io.NopCloser(bytes.NewReader([]byte(content))),
	}
}

func TestWhatIsStoredIsReadBack(t *testing.T) {
	dir := t.TempDir()
	st, err := NewStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	signed := map[string]string{"signature": "00ff", "signature-algorithm": "SHA256withRSA"}
	b := body("p/AWSLogs/d.json.gz", "digest", signed)
	if err := st.Put(b); err != nil {
		t.Fatal(err)
	}
	if err := st.Put(body("p/AWSLogs/l.json.gz", "log", map[string]string{})); err != nil {
		t.Fatal(err)
	}
	if !st.Has(b.Info) {
		t.Error("what was put is not there")
	}
	other := b.Info
	other.Size++
	if st.Has(other) {
		t.Error("an object of another size is taken for the one that is there")
	}
	src, err := New(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	var keys []string
	for info, err := range src.List(t.Context(), "", "") {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, info.Key)
	}
	if d := cmp.Diff([]string{"p/AWSLogs/d.json.gz", "p/AWSLogs/l.json.gz"}, keys); d != "" {
		t.Error(d)
	}
	got, err := src.Open(t.Context(), b.Key)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Close()
	text, err := io.ReadAll(got)
	if err != nil || string(text) != "digest" {
		t.Errorf("read %q, %v", text, err)
	}
	if d := cmp.Diff(signed, got.Metadata); d != "" {
		t.Error(d)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, partial)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder of unfinished files is left: %v", err)
	}
}

type broken struct{ n int }

func (b *broken) Read(p []byte) (int, error) {
	if b.n++; b.n > 1 {
		return 0, errors.New("connection reset")
	}
	return copy(p, "half"), nil
}

func (*broken) Close() error { return nil }

func TestHalfAnObjectIsNeverThere(t *testing.T) {
	dir := t.TempDir()
	st, err := NewStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	b := body("AWSLogs/l.json.gz", "half and half", nil)
	b.ReadCloser = new(broken)
	if err := st.Put(b); err == nil {
		t.Error("a body that broke off was stored")
	}
	if _, err := os.Stat(filepath.Join(dir, "AWSLogs", "l.json.gz")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("half an object is there: %v", err)
	}
}

func TestNothingIsWrittenOutsideTheFolder(t *testing.T) {
	dir := t.TempDir()
	st, err := NewStore(filepath.Join(dir, "in"))
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	if err := os.Symlink(dir, filepath.Join(dir, "in", "up")); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"../x", "/x", "a/../../x", "up/x", "a//x", "a\\x", "x\x00"} {
		if err := st.Put(body(key, "x", nil)); err == nil {
			t.Errorf("Put(%q) was let through", key)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "x")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("written outside: %v", err)
	}
}
