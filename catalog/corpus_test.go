package catalog_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trailseal/trailseal/catalog"
	"github.com/trailseal/trailseal/internal/dialect/dialecttest"
	columns "github.com/trailseal/trailseal/internal/event"
)

// labelled is a real record with the CIS patterns that match it.
type labelled struct {
	row    row
	labels []string
}

// TestCorpus asks all queries about real records, which are no part of this repository, and compares the answers with
// what the patterns of the CIS benchmark find in them: a query that is for the same finds at least that.
func TestCorpus(t *testing.T) {
	dir := os.Getenv("TRAILSEAL_CORPUS")
	if dir == "" {
		t.Skip("TRAILSEAL_CORPUS is not set")
	}
	var rows []row
	label := map[string][]string{} // the ids of the events that a pattern matches
	for _, r := range records(t, dir) {
		rows = append(rows, r.row)
		for _, l := range r.labels {
			label[l] = append(label[l], r.row["event_id"].(string))
		}
	}
	if len(rows) < 2000 || len(label) < 14 {
		t.Fatalf("%d records, %d patterns that match one", len(rows), len(label))
	}
	db := dialecttest.Open(t, rows)
	ask := func(q catalog.Query, params map[string]string) map[string]bool {
		t.Helper()
		for name, v := range required(q) {
			if params[name] == "" {
				params[name] = v
			}
		}
		values, err := q.Values(params)
		if err != nil {
			t.Fatal(err)
		}
		sql, err := q.Bind(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC), values)
		if err != nil {
			t.Fatal(err)
		}
		result, err := db.Ask(t.Context(), sql)
		if err != nil {
			t.Fatalf("%s: %v", q.ID, err)
		}
		id := slices.Index(q.Columns, "event_id")
		found := map[string]bool{}
		for _, r := range dialecttest.All(t, result) {
			if id >= 0 && r[id] != nil {
				found[r[id].(string)] = true
			}
		}
		return found
	}
	for _, q := range queries(t) {
		ask(q, map[string]string{})
	}
	for _, c := range []struct {
		label, query string
		params       map[string]string
	}{
		{"cis-root-usage", "root-usage", nil},
		{"cis-console-signin-no-mfa", "sign-ins-without-mfa", nil},
		{"cis-console-auth-failures", "console-sign-ins", nil},
		{"cis-iam-policy-changes", "policy-changes", map[string]string{"include_failed": "true"}},
		{"cis-cloudtrail-changes", "logging-changes", nil},
		{"cis-cmk-disable-or-delete", "kms-key-changes", nil},
		{"cis-config-changes", "guardduty-config-securityhub-changes", nil},
		{"cis-security-group-changes", "network-changes", map[string]string{"include_failed": "true"}},
		{"cis-nacl-changes", "network-changes", map[string]string{"include_failed": "true"}},
		{"cis-network-gateway-changes", "network-changes", map[string]string{"include_failed": "true"}},
		{"cis-route-table-changes", "network-changes", map[string]string{"include_failed": "true"}},
		{"cis-vpc-changes", "network-changes", map[string]string{"include_failed": "true"}},
		{"cis-organizations-changes", "organization-changes", nil},
	} {
		q, err := catalog.FindQuery(c.query)
		if err != nil {
			t.Fatal(err)
		}
		params := map[string]string{}
		for name, v := range c.params {
			params[name] = v
		}
		if slices.ContainsFunc(q.Params, func(p catalog.Param) bool { return p.Name == "limit" }) {
			params["limit"] = "100000"
		}
		found := ask(q, params)
		if len(label[c.label]) == 0 {
			t.Errorf("no record matches %s", c.label)
		}
		for _, id := range label[c.label] {
			if !found[id] {
				t.Errorf("%s does not find %s, which %s matches", c.query, id, c.label)
			}
		}
	}
}

// records are the real records: those without labels of their own have them in another file.
func records(t *testing.T, dir string) []labelled {
	t.Helper()
	labels := map[string][]string{}
	for _, line := range lines(t, filepath.Join(dir, "labelled", "cis-labels.ndjson")) {
		var l struct {
			Source     string
			Line       int
			Detections []string
		}
		if err := json.Unmarshal(line, &l); err != nil {
			t.Fatal(err)
		}
		labels[fmt.Sprintf("%s:%d", l.Source, l.Line)] = l.Detections
	}
	files, err := filepath.Glob(filepath.Join(dir, "events", "*.ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	var all []labelled
	for _, file := range files {
		for i, line := range lines(t, file) {
			id := fmt.Sprintf("%s:%d", strings.TrimSuffix(filepath.Base(file), ".ndjson"), i+1)
			all = append(all, labelled{record(t, id, line), labels[id]})
		}
	}
	for i, line := range lines(t, filepath.Join(dir, "labelled", "panther-cis.ndjson")) {
		var l struct {
			Detections []string
			Event      json.RawMessage
		}
		if err := json.Unmarshal(line, &l); err != nil {
			t.Fatal(err)
		}
		all = append(all, labelled{record(t, fmt.Sprintf("panther:%d", i+1), l.Event), l.Detections})
	}
	return all
}

func lines(t *testing.T, file string) [][]byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Split(bytes.TrimSpace(b), []byte("\n"))
}

// record is a real record as a row, with an id of our own.
func record(t *testing.T, id string, raw []byte) row {
	t.Helper()
	r := row{}
	objects := map[string]map[string]json.RawMessage{"": members(raw)} // by path
	for _, c := range columns.Columns {
		if c.Path == "" {
			continue
		}
		path, parent := "", objects[""]
		parts := strings.Split(c.Path, ".")
		for _, part := range parts[:len(parts)-1] {
			path += "." + part
			if _, ok := objects[path]; !ok {
				objects[path] = members(parent[part])
			}
			parent = objects[path]
		}
		value := parent[parts[len(parts)-1]]
		if len(value) == 0 || string(value) == "null" {
			continue
		}
		switch c.Type {
		case columns.JSON:
			r[c.Name] = string(value)
		case columns.Bool:
			r[c.Name] = string(value) == "true"
		default:
			var s string
			if json.Unmarshal(value, &s) != nil {
				continue
			}
			if _, err := time.Parse(time.RFC3339, s); err != nil && c.Type == columns.Timestamp {
				continue // as the lake does: NULL
			}
			r[c.Name] = s
		}
	}
	r["event_id"] = id
	return r
}

// members are those of an object, and none of anything else.
func members(raw []byte) map[string]json.RawMessage {
	var m map[string]json.RawMessage
	if json.Unmarshal(raw, &m) != nil {
		return nil
	}
	return m
}
