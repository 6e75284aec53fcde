package ledger

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/sqlite"
	"github.com/trailseal/trailseal/internal/verdict"
)

func findings(t *testing.T, l *Ledger, source string) []string {
	t.Helper()
	var out []string
	for f, err := range l.Findings(t.Context(), source) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, fmt.Sprint(f.Account, " ", f.Region, " ", f.Kind, " ", f.Key))
	}
	return out
}

func TestFindingsOfTheLastLookReplaceEarlierOnes(t *testing.T) {
	l := open(t, t.TempDir())
	day := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	fault := func(region, key string, at time.Time) integrity.Fault {
		return integrity.Fault{Kind: integrity.LogMissing, Severity: integrity.Failure, Account: "111122223333", Region: region, Key: key, Time: at}
	}
	report := func(regions []string, faults ...integrity.Fault) verdict.Report {
		r := verdict.Report{Source: "s", Faults: faults}
		for _, g := range regions {
			r.Coverage = append(r.Coverage, verdict.Coverage{Account: "111122223333", Region: g})
		}
		return r
	}
	both := []string{"eu-west-1", "us-east-1"}
	save := func(r verdict.Report, look Look) {
		t.Helper()
		if err := l.SaveFindings(t.Context(), r, look, day); err != nil {
			t.Fatal(err)
		}
	}
	save(report(both, fault("eu-west-1", "a", day), fault("eu-west-1", "b", day.AddDate(0, 1, 0)), fault("us-east-1", "c", day)), Look{})
	save(report(both[:1], fault("eu-west-1", "d", day)), Look{From: day, To: day.AddDate(0, 0, 1)})
	want := []string{"111122223333 eu-west-1 log_missing d", "111122223333 eu-west-1 log_missing b", "111122223333 us-east-1 log_missing c"}
	if d := cmp.Diff(want, findings(t, l, "s")); d != "" {
		t.Error("a look at a day of one region:", d)
	}
	if got := findings(t, l, "another"); got != nil {
		t.Errorf("another source has %v", got)
	}
	save(report(both), Look{})
	if got := findings(t, l, ""); got != nil {
		t.Errorf("after a look at everything that found nothing: %v", got)
	}
}

func TestListedLogFilesKnowTheirDigest(t *testing.T) {
	l := open(t, t.TempDir())
	scope := must[int64](t)(l.Scope(t.Context(), "s3://bucket/", "", "111122223333", "eu-west-1"))
	const prefix = "AWSLogs/111122223333/CloudTrail/eu-west-1/"
	folder := must[int64](t)(l.Folder(t.Context(), scope, prefix))
	d := digest("digest")
	d.Status = integrity.Valid
	if err := l.SaveDigests(t.Context(), scope, []verdict.Read{{Digest: d, Claims: []verdict.Claim{
		{Folder: folder, Name: "2026/03/02/a", SHA256: [32]byte{1}}, {Folder: folder, Name: "2026/03/03/b", SHA256: [32]byte{2}}}}}); err != nil {
		t.Fatal(err)
	}
	for p, want := range map[string][]string{
		"": {"2026/03/02/a", "2026/03/03/b"}, "AWSLogs/": {"2026/03/02/a", "2026/03/03/b"}, prefix: {"2026/03/02/a", "2026/03/03/b"},
		prefix + "2026/03/03/": {"2026/03/03/b"}, prefix + "2026/04/": nil, "AWSLogs/444455556666/": nil, "%": nil,
	} {
		var got []string
		for g, err := range l.Listed(t.Context(), "s3://bucket/", p) {
			if err != nil {
				t.Fatal(err)
			}
			if g.Digest != d.Name || g.Status != integrity.Valid {
				t.Errorf("%q: %+v", p, g)
			}
			got = append(got, strings.TrimPrefix(g.Key, prefix))
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%q: %s", p, d)
		}
	}
}

func TestExplanationsOfChangesAreAppendOnly(t *testing.T) {
	l := open(t, t.TempDir())
	e := verdict.Explanation{Event: "id", Reason: "planned", Ticket: "SEC-1", Reviewer: "mo", Made: time.Unix(1700000000, 0).UTC()}
	second := e
	second.Reason = "not planned"
	for _, x := range []verdict.Explanation{e, second} {
		if err := l.ExplainChange(t.Context(), x); err != nil {
			t.Fatal(err)
		}
	}
	got, err := l.ChangeExplanations(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(map[string][]verdict.Explanation{"id": {e, second}}, got); d != "" {
		t.Error(d)
	}
	for _, q := range []string{"UPDATE change_explanation SET reason = ''", "DELETE FROM change_explanation", "REPLACE INTO change_explanation SELECT * FROM change_explanation"} {
		if _, err := l.db.Write.ExecContext(t.Context(), q); err == nil {
			t.Errorf("%s went through", q)
		}
	}
}

// Schema 1 is what the first release wrote.
func TestAnUpgradedLedgerIsLikeANewOne(t *testing.T) {
	shape := func(home string) []string {
		l := open(t, home)
		defer l.Close()
		rows, err := l.db.Read.QueryContext(t.Context(), `SELECT m.name, c.name, c.type, c."notnull", coalesce(c.dflt_value, '') FROM sqlite_schema m, pragma_table_info(m.name) c
			UNION ALL SELECT name, type, tbl_name, 0, '' FROM sqlite_schema WHERE type <> 'table' ORDER BY 1, 2`)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		var out []string
		for rows.Next() {
			var a, b, c, e string
			var d int
			if err := rows.Scan(&a, &b, &c, &d, &e); err != nil {
				t.Fatal(err)
			}
			out = append(out, fmt.Sprint(a, " ", b, " ", c, " ", d, " ", e))
		}
		return out
	}
	old := t.TempDir()
	v1 := strings.Replace(strings.Replace(schema, "CREATE INDEX folder_prefix ON folder(prefix);\n", "", 1), ",\n\tstatus       INTEGER NOT NULL DEFAULT 0 -- integrity.Status, of the last run that looked at it", "", 1)
	for _, from := range []string{"-- What the last run", "CREATE TRIGGER change_explanation"} {
		at := strings.Index(v1, from)
		end := len(v1)
		if from[0] == '-' {
			end = strings.Index(v1, "-- Explanations and runs")
		}
		v1 = v1[:at] + v1[end:]
	}
	db, err := sqlite.Open(t.Context(), filepath.Join(old, "ledger.db"), sqlite.Schema{Application: application, Create: v1})
	if err != nil {
		t.Fatal(err)
	}
	db.Close()
	got, want := shape(old), shape(t.TempDir())
	if d := cmp.Diff(want, got); d != "" || !slices.ContainsFunc(want, func(s string) bool { return strings.HasPrefix(s, "finding ") }) {
		t.Error(d)
	}
}
