package ingest_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/trailseal/trailseal/internal/event"
	"github.com/trailseal/trailseal/internal/lake"
	"github.com/trailseal/trailseal/internal/sample"
)

// TestColumnsAreWhatJQSees holds each column against what jq extracts from the raw record: of generated log files, and of
// real ones where they are present.
func TestColumnsAreWhatJQSees(t *testing.T) {
	jq := os.Getenv("TRAILSEAL_JQ")
	if jq == "" {
		t.Skip("TRAILSEAL_JQ does not name the program jq")
	}
	b := newBed(t)
	objects, _, err := sample.Objects(t.Context(), sample.Options{Hours: 30, FilesPerDay: 400, EventsPerFile: 8, Regions: []string{"eu-west-1", "us-east-1"}})
	if err != nil {
		t.Fatal(err)
	}
	var lines bytes.Buffer
	for _, o := range objects {
		if o.Metadata != nil {
			continue
		}
		z, err := gzip.NewReader(bytes.NewReader(o.Body))
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		for item, err := range event.Split(text) {
			if err != nil {
				t.Fatal(err)
			}
			lines.Write(item.Raw)
			lines.WriteByte('\n')
		}
	}
	b.put("generated.ndjson", lines.Bytes())
	if dir := os.Getenv("TRAILSEAL_CORPUS"); dir != "" {
		found, err := filepath.Glob(filepath.Join(dir, "events", "*.ndjson"))
		if err != nil || len(found) == 0 {
			t.Fatalf("no events in TRAILSEAL_CORPUS: %v", err)
		}
		for _, path := range found {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			b.put(filepath.Base(path), text)
		}
	}
	b.must()

	var members []string
	var names []string
	var columns []event.Column
	for _, c := range event.Columns {
		if c.Path != "" {
			members = append(members, "."+strings.ReplaceAll(c.Path, ".", "?.")+"?")
			names = append(names, c.Name)
			columns = append(columns, c)
		}
	}
	program := "[" + strings.Join(members, ", ") + "]"
	compared := 0
	files, err := filepath.Glob(filepath.Join(b.tree, "*.ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		name := filepath.Base(path)
		seen := rowsOf(t, b.home, name, names)
		cmd := exec.CommandContext(t.Context(), jq, "-c", program, path)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("jq %s: %v", name, err)
		}
		s := bufio.NewScanner(bytes.NewReader(out))
		s.Buffer(nil, 1<<26)
		for record := 0; s.Scan(); record++ {
			var want []any
			if err := json.Unmarshal(s.Bytes(), &want); err != nil {
				t.Fatal(err)
			}
			row, ok := seen[record]
			if !ok {
				continue // an event that came twice: its row names another record
			}
			kept := row[len(row)-1] != nil
			for i, c := range columns {
				if !agree(c, row[i], want[i]) && !kept {
					t.Errorf("%s, record %d: %s is %v, jq has %v", name, record, c.Name, row[i], want[i])
				}
				compared++
			}
		}
	}
	if compared < 100_000 {
		t.Errorf("only %d values were compared", compared)
	}
}

// rowsOf are the rows of a file by number of the record, with raw at the end.
func rowsOf(t *testing.T, home, file string, names []string) map[int][]any {
	t.Helper()
	l, err := lake.Open(t.Context(), home)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	e, err := l.Engine(t.Context(), lake.EngineOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	r, err := e.Ask(t.Context(), "SELECT log_record, "+strings.Join(names, ", ")+", raw FROM events WHERE log_file = '"+file+"'")
	if err != nil {
		t.Fatal(err)
	}
	out := map[int][]any{}
	for row, err := range r.Rows {
		if err != nil {
			t.Fatal(err)
		}
		out[int(row[0].(int64))] = append([]any(nil), row[1:]...)
	}
	return out
}

func agree(c event.Column, got, want any) bool {
	if want == nil || got == nil {
		return got == nil && want == nil || got == "null"
	}
	switch c.Type {
	case event.JSON:
		var v any
		if err := json.Unmarshal([]byte(fmt.Sprint(got)), &v); err != nil {
			return false
		}
		return reflect.DeepEqual(v, want)
	case event.Timestamp:
		at, err := time.Parse(time.RFC3339Nano, fmt.Sprint(want))
		return err == nil && at.Equal(got.(time.Time))
	case event.Bool:
		return fmt.Sprint(got) == fmt.Sprint(want)
	}
	return got == want
}
