package event

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// corpus returns the folder of real records, which is no part of this repository.
func corpus(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("TRAILSEAL_CORPUS")
	if dir == "" {
		t.Skip("TRAILSEAL_CORPUS is not set")
	}
	return dir
}

func corpusLines(t *testing.T, file string) [][]byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return slices.Collect(bytes.SplitSeq(bytes.TrimSpace(data), []byte("\n")))
}

// Columns hold of real records what encoding/json finds at their paths, and raw is kept only where a record does not
// fit.
func TestCorpusColumns(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(corpus(t), "events", "*.ndjson"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	// How many records of a source do not fit, and why: one that its publisher stripped, and one with a member that AWS
	// does not document.
	want := map[string]map[string]int{
		"cloud-custodian-cwe":    {"no_event_id,no_event_time": 1},
		"umccr-version-examples": {"unknown": 1},
	}
	got := map[string]map[string]int{}
	records := 0
	var p Parser
	var r Record
	for _, file := range files {
		source := strings.TrimSuffix(filepath.Base(file), ".ndjson")
		for _, line := range corpusLines(t, file) {
			if err := p.Parse(line, &r); err != nil {
				t.Errorf("%s: %v: %s", source, err, line)
				continue
			}
			records++
			checkAgainstStandard(t, line, &r)
			if r.Reasons != 0 {
				if got[source] == nil {
					got[source] = map[string]int{}
				}
				got[source][r.Reasons.String()]++
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("records with raw (-want +got):\n%s", diff)
	}
	if records == 0 {
		t.Error("no records")
	}
}

// Every raw file yields the records that stand in events, and a broken one is not passed over in silence.
func TestCorpusSplit(t *testing.T) {
	dir := corpus(t)
	sources, err := os.ReadDir(filepath.Join(dir, "raw"))
	if err != nil || len(sources) == 0 {
		t.Fatalf("no sources: %v", err)
	}
	wantFaults := map[string]string{
		"bad_cloudtrail.json":                   "record 0, byte 965: expected the end of an object or array, found the end",
		"event-config-rule-security-group.json": "record 0, byte 22: a digest file or a file of AWS Config, not CloudTrail records",
	}
	for _, source := range sources {
		t.Run(source.Name(), func(t *testing.T) {
			key := compact
			if source.Name() == "datadog-serverless" { // which delivers an event twice, with differences
				key = eventID
			}
			published := map[string]bool{}
			for _, line := range corpusLines(t, filepath.Join(dir, "events", source.Name()+".ndjson")) {
				published[key(line)] = true
			}
			yielded := map[string]bool{}
			err := filepath.WalkDir(filepath.Join(dir, "raw", source.Name()), func(path string, d os.DirEntry, err error) error {
				if err != nil || d.IsDir() {
					return err
				}
				var faults []string
				for item, err := range Stream(openLogs(t, path), 0) {
					if err != nil {
						faults = append(faults, err.Error())
						continue
					}
					record := key(item.Raw)
					yielded[record] = true
					if !published[record] {
						t.Errorf("%s: not published: %s", filepath.Base(path), record)
					}
				}
				if diff := cmp.Diff(wantFaults[filepath.Base(path)], strings.Join(faults, "; ")); diff != "" {
					t.Errorf("%s: faults (-want +got):\n%s", filepath.Base(path), diff)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			// Of one source there are five raw files only.
			if source.Name() != "traildiscover" && len(yielded) != len(published) {
				t.Errorf("%d records, want %d", len(yielded), len(published))
			}
		})
	}
}

// compact returns the record without white space outside strings.
func compact(raw []byte) string {
	var b bytes.Buffer
	inString := false
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		switch {
		case inString && c == '\\':
			b.WriteByte(c)
			i++
			c = raw[i]
		case c == '"':
			inString = !inString
		case !inString && strings.IndexByte(" \t\r\n", c) >= 0:
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

// eventID returns the record's id.
func eventID(raw []byte) string {
	var p Parser
	var r Record
	if err := p.Parse(raw, &r); err != nil {
		return err.Error()
	}
	return string(r.Values[EventID])
}

// openLogs returns what the file holds, inflated.
func openLogs(t *testing.T, path string) io.Reader {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(path, ".gz") {
		return bytes.NewReader(data)
	}
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return z
}
