package ingest_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/folder"
	"github.com/trailseal/trailseal/internal/inflate"
	"github.com/trailseal/trailseal/internal/ingest"
	"github.com/trailseal/trailseal/internal/lake"
	"github.com/trailseal/trailseal/internal/receipt"
	"github.com/trailseal/trailseal/internal/verdict"
)

var noon = time.Date(2026, 4, 1, 12, 0, 0, 0, time.UTC)

// says is a ledger that says what a test wrote into it.
type says struct {
	listed   []verdict.Listed
	findings []verdict.Finding
}

func (s *says) Listed(_ context.Context, _, prefix string) iter.Seq2[verdict.Listed, error] {
	return func(yield func(verdict.Listed, error) bool) {
		for _, g := range s.listed {
			if strings.HasPrefix(g.Key, prefix) && !yield(g, nil) {
				return
			}
		}
	}
}

func (s *says) Findings(context.Context, string) iter.Seq2[verdict.Finding, error] {
	return func(yield func(verdict.Finding, error) bool) {
		for _, f := range s.findings {
			if !yield(f, nil) {
				return
			}
		}
	}
}

// bed is a folder of files and a lake to take them into.
type bed struct {
	t          *testing.T
	tree, home string
	ledger     *says
}

func newBed(t *testing.T) *bed {
	return &bed{t, t.TempDir(), t.TempDir(), new(says)}
}

func zip(t testing.TB, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func (b *bed) put(name string, body []byte) string {
	b.t.Helper()
	path := filepath.Join(b.tree, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(path, body, 0o644); err != nil {
		b.t.Fatal(err)
	}
	return name
}

// log puts a log file where CloudTrail puts it, and returns its key.
func (b *bed) log(prefix string, at time.Time, unique string, events ...string) string {
	b.t.Helper()
	key := prefix + "111122223333/CloudTrail/eu-west-1/" + at.Format("2006/01/02/") + "111122223333_CloudTrail_eu-west-1_" + at.Format("20060102T1504Z") + "_" + unique + ".json.gz"
	return b.put(key, zip(b.t, `{"Records":[`+strings.Join(events, ",")+`]}`))
}

// list has a digest of a status list a file as it is now.
func (b *bed) list(key string, status integrity.Status) {
	b.t.Helper()
	body, err := os.ReadFile(filepath.Join(b.tree, filepath.FromSlash(key)))
	if err != nil {
		b.t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		b.t.Fatal(err)
	}
	b.ledger.listed = append(b.ledger.listed, verdict.Listed{Key: key, SHA256: sha256.Sum256(text), Digest: "digest-of-" + filepath.Base(key), Status: status})
	slices.SortFunc(b.ledger.listed, func(x, y verdict.Listed) int { return strings.Compare(x.Key, y.Key) })
}

// record is a record with an eventID and a time on 2 March 2026.
func record(id, clock string, more ...string) string {
	return fmt.Sprintf(`{"eventVersion":"1.11","eventID":%q,"eventTime":"2026-03-02T%sZ","eventSource":"s3.amazonaws.com","eventName":"ListBuckets","awsRegion":"eu-west-1","recipientAccountId":"111122223333","readOnly":true%s}`,
		id, clock, strings.Join(more, ""))
}

func (b *bed) run(change ...func(*ingest.Options)) (receipt.Report, error) {
	b.t.Helper()
	return b.into(b.home, nil, change...)
}

// into takes the tree into the lake of a home. wrap may put something in front of the load.
func (b *bed) into(home string, wrap func(ingest.Load) ingest.Load, change ...func(*ingest.Options)) (receipt.Report, error) {
	ctx := b.t.Context()
	src, err := folder.New(b.tree)
	if err != nil {
		return receipt.Report{}, err
	}
	defer src.Close()
	l, err := lake.Open(ctx, home)
	if err != nil {
		return receipt.Report{}, err
	}
	defer l.Close()
	load, err := l.Begin(ctx)
	if err != nil {
		return receipt.Report{}, err
	}
	defer load.Close()
	o := ingest.Options{Source: src, Name: "src", Ledger: b.ledger, Known: l, Load: load, Inflate: inflate.Bytes,
		Now: func() time.Time { return noon }, Wait: time.Millisecond}
	if wrap != nil {
		o.Load = wrap(load)
	}
	for _, c := range change {
		c(&o)
	}
	return ingest.Run(ctx, o)
}

func (b *bed) must(change ...func(*ingest.Options)) receipt.Report {
	b.t.Helper()
	rep, err := b.run(change...)
	if err != nil {
		b.t.Fatal(err)
	}
	return rep
}

// ask returns the rows of a question, a line each.
func (b *bed) ask(sql string) []string {
	b.t.Helper()
	return askHome(b.t, b.home, sql)
}

func askHome(t *testing.T, home, sql string) []string {
	t.Helper()
	l, err := lake.Open(t.Context(), home)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	e, err := l.Engine(t.Context(), lake.EngineOptions{Tables: []lake.Table{l.LogFiles()}})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	r, err := e.Ask(t.Context(), sql)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for row, err := range r.Rows {
		if err != nil {
			t.Fatal(err)
		}
		line := make([]string, len(row))
		for i, v := range row {
			line[i] = fmt.Sprint(v)
		}
		out = append(out, strings.Join(line, " "))
	}
	return out
}

const everything = "SELECT * FROM events ORDER BY date, event_time, event_id, log_file, log_record"

func at(clock string) time.Time {
	t, err := time.Parse("15:04", clock)
	if err != nil {
		panic(err)
	}
	return time.Date(2026, 3, 2, t.Hour(), t.Minute(), 0, 0, time.UTC)
}

func TestStatesSayWhatValidationKnows(t *testing.T) {
	b := newBed(t)
	const p = "AWSLogs/"
	good := b.log(p, at("10:00"), "good", record("a", "10:00:00"))
	b.list(good, integrity.Valid)
	changed := b.log(p, at("10:05"), "changed", record("b", "10:05:00"))
	b.list(changed, integrity.Valid)
	b.put(changed, zip(t, `{"Records":[`+record("b2", "10:05:00")+`]}`))
	unsealed := b.log(p, at("10:10"), "unsealed", record("c", "10:10:00"))
	b.list(unsealed, integrity.Unsealed)
	forged := b.log(p, at("10:15"), "forged", record("d", "10:15:00"))
	b.list(forged, integrity.Forged)
	b.log(p, at("10:20"), "alone", record("e", "10:20:00"))
	stranger := b.log(p, at("10:25"), "stranger", record("f", "10:25:00"))
	b.ledger.findings = append(b.ledger.findings, verdict.Finding{Kind: string(integrity.LogUnlisted), Key: "other/prefix/" + stranger})

	rep := b.must()
	want := []string{"a verified digest-of-" + filepath.Base(good), "b2 failed <nil>", "c pending digest-of-" + filepath.Base(unsealed), "d pending <nil>", "e pending <nil>", "f unlisted <nil>"}
	if d := cmp.Diff(want, b.ask("SELECT event_id, log_state, digest_file FROM events ORDER BY event_id")); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(receipt.States{"verified": 1, "failed": 1, "pending": 3, "unlisted": 1}, rep.States); d != "" {
		t.Error(d)
	}

	only := newBed(t)
	only.tree, only.ledger = b.tree, b.ledger
	rep = only.must(func(o *ingest.Options) { o.OnlyVerified = true })
	if rep.Files.Refused != 5 || rep.Events != 1 {
		t.Errorf("--only-verified: %+v", rep.Files)
	}
	if d := cmp.Diff([]string{"a"}, only.ask("SELECT event_id FROM events")); d != "" {
		t.Error(d)
	}

	// The digest that seals it has come since.
	b.ledger.listed[slices.IndexFunc(b.ledger.listed, func(g verdict.Listed) bool { return g.Key == unsealed })].Status = integrity.Valid
	for _, change := range []func(*ingest.Options){func(o *ingest.Options) { o.SinceLast = true }, func(*ingest.Options) {}} {
		rep = b.must(change)
		if rep.Records != 0 || rep.Events != 0 {
			t.Errorf("a file is read again because of its state: %+v", rep)
		}
		if d := cmp.Diff([]string{"c verified digest-of-" + filepath.Base(unsealed)}, b.ask("SELECT event_id, log_state, digest_file FROM events WHERE event_id = 'c'")); d != "" {
			t.Error(d)
		}
	}
	if d := cmp.Diff([]string{"2"}, b.ask("SELECT count(*) FROM log_files WHERE log_state = 'verified'")); d != "" {
		t.Error(d)
	}
}

func TestAnEventIsOneRowHoweverOftenItCame(t *testing.T) {
	b := newBed(t)
	first := b.log("AWSLogs/o-abcdefghij/", at("10:00"), "org", record("a", "10:00:00"), record("a", "10:00:00"), record("b", "10:01:00"))
	rep := b.must()
	if rep.Records != 3 || rep.Events != 2 || rep.Known != 1 {
		t.Errorf("twice in one file: %d records, %d events, %d known", rep.Records, rep.Events, rep.Known)
	}
	// The account's own trail, and a redelivery.
	second := b.log("AWSLogs/", at("10:00"), "account", record("b", "10:01:00"), record("c", "10:02:00"))
	third := b.log("AWSLogs/", at("11:00"), "again", record("c", "10:02:00"))
	b.list(second, integrity.Valid)
	rep = b.must()
	if rep.Records != 3 || rep.Events != 1 || rep.Files.Read != 2 || rep.Files.Known != 1 {
		t.Errorf("twice in other files: %+v", rep)
	}
	want := []string{"a " + first + " <nil>",
		"b " + second + ` [{"log_file":"` + first + `"`,
		"c " + second + ` [{"log_file":"` + third + `"`}
	got := b.ask("SELECT event_id, log_file, CASE WHEN event_id <> 'a' THEN split_part(other_origins, ',', 1) END FROM events ORDER BY event_id")
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	before := b.ask(everything)
	if rep = b.must(); rep.Files.Read != 0 || rep.Files.Known != 3 {
		t.Errorf("a second run reads: %+v", rep.Files)
	}
	if d := cmp.Diff(before, b.ask(everything)); d != "" {
		t.Errorf("a second run changes rows: %s", d)
	}
}

func TestEventsThatDifferUnderOneIDAllStay(t *testing.T) {
	b := newBed(t)
	b.log("AWSLogs/", at("10:00"), "one", record("a", "10:00:00"))
	rep := b.must()
	b.log("AWSLogs/", at("10:05"), "two", record("a", "10:00:00", `,"errorCode":"AccessDenied"`))
	rep = b.must()
	if rep.Differ != 1 || rep.Events != 1 {
		t.Errorf("%+v", rep)
	}
	if d := cmp.Diff([]string{"<nil>", "AccessDenied"}, b.ask("SELECT error_code FROM events ORDER BY error_code NULLS FIRST")); d != "" {
		t.Error(d)
	}
	before := b.ask(everything)
	b.log("AWSLogs/", at("10:10"), "three", record("a", "10:00:00", `,"errorCode":"AccessDenied"`))
	b.must()
	if after := b.ask(everything); len(after) != len(before) {
		t.Errorf("a third delivery makes %d rows of %d", len(after), len(before))
	}
}

func TestRecordsWithoutAnIDAreKeptEach(t *testing.T) {
	b := newBed(t)
	nameless := `{"eventVersion":"1.0","eventTime":"2026-03-02T10:00:00Z","eventName":"RunInstances"}`
	b.log("AWSLogs/", at("10:00"), "one", nameless, nameless)
	b.log("AWSLogs/", at("10:05"), "two", nameless)
	rep := b.must()
	if rep.Events != 3 {
		t.Errorf("%+v", rep)
	}
	// The same content under another name is the same file.
	b.log("AWSLogs/", at("10:10"), "copy", nameless, nameless)
	if rep = b.must(); rep.Events != 0 {
		t.Errorf("a copy of a file adds %d rows", rep.Events)
	}
}

func TestLateFilesGoToTheDayOfTheirEvents(t *testing.T) {
	b := newBed(t)
	b.log("AWSLogs/", at("23:55"), "a", record("a", "23:50:00"))
	b.log("AWSLogs/", time.Date(2026, 3, 3, 0, 5, 0, 0, time.UTC), "b", record("b", "23:59:59"), strings.Replace(record("c", "00:01:00"), "2026-03-02", "2026-03-03", 1))
	b.log("AWSLogs/", time.Date(2026, 3, 20, 0, 5, 0, 0, time.UTC), "d", record("d", "01:00:00"))
	b.must()
	if d := cmp.Diff([]string{"2026-03-02 3", "2026-03-03 1"}, b.ask("SELECT date, count(*) FROM events GROUP BY date ORDER BY date")); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"d", "a", "b"}, b.ask("SELECT event_id FROM events WHERE date = '2026-03-02' ORDER BY event_time")); d != "" {
		t.Error(d)
	}
}

func TestNothingReceivedIsDropped(t *testing.T) {
	b := newBed(t)
	key := b.log("AWSLogs/", at("10:00"), "odd", record("a", "10:00:00"), `{"eventID":"b","eventTime":"2026-03-02T10:00:01Z","requestParameters":"text","colour":"red"}`, `"no object"`, record("c", "10:00:02"))
	b.put("AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/02/111122223333_CloudTrail_eu-west-1_20260302T1005Z_cut.json.gz",
		zip(t, `{"Records":[`+strings.Repeat(record("d", "10:00:03")+",", 2000)+record("e", "10:00:04")+`]}`)[:500])
	b.put("AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/02/111122223333_CloudTrail_eu-west-1_20260302T1010Z_none.json.gz", []byte("no gzip and no JSON"))
	b.put("AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/02/111122223333_CloudTrail_eu-west-1_20260302T1015Z_empty.json.gz", nil)
	b.log("AWSLogs/", at("10:20"), "last", record("f", "10:00:05"))
	rep := b.must()
	for _, id := range []string{"a", "b", "c", "f"} {
		if got := b.ask("SELECT count(*) FROM events WHERE event_id = '" + id + "'"); got[0] != "1" {
			t.Errorf("event %s is there %s times", id, got)
		}
	}
	if d := cmp.Diff([]string{`"no object" malformed ` + key + " 2"}, b.ask("SELECT raw, raw_reason, log_file, log_record FROM events WHERE raw_reason LIKE '%malformed%' AND log_file = '"+key+"'")); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{`"text" unknown`}, b.ask("SELECT request_parameters, raw_reason FROM events WHERE event_id = 'b'")); d != "" {
		t.Error(d)
	}
	if got := b.ask("SELECT log_state FROM events WHERE event_id = 'd'"); len(got) == 0 || got[0] != "failed" {
		t.Errorf("records before the damage: %v, want them, failed", got)
	}
	named := map[string]bool{}
	for _, f := range rep.Faults {
		named[strings.TrimSuffix(f.Key[strings.LastIndex(f.Key, "_")+1:], ".json.gz")] = true
		if f.Reason == "" {
			t.Errorf("%+v has no reason", f)
		}
	}
	if d := cmp.Diff([]string{"cut", "empty", "none", "odd"}, slices.Sorted(maps.Keys(named))); d != "" {
		t.Errorf("faults: %s", d)
	}
	if rep.Files.Damaged != 1 {
		t.Errorf("%d damaged files, want the one that is cut", rep.Files.Damaged)
	}
	if rep = b.must(); rep.Files.Read != 0 || rep.Files.Damaged != 1 {
		t.Errorf("damaged files are read again though they are as they were, or forgotten: %+v", rep.Files)
	}
}

func TestFilesThatLieAnywhere(t *testing.T) {
	b := newBed(t)
	b.put("a/array.json", []byte("["+record("a", "10:00:00")+"]"))
	b.put("a/lines.ndjson", []byte(record("b", "10:00:01")+"\n"+record("c", "10:00:02")+"\n"))
	text, err := json.Marshal(record("d", "10:00:03"))
	if err != nil {
		t.Fatal(err)
	}
	b.put("lookup.json", []byte(`{"Events":[{"EventId":"d","CloudTrailEvent":`+string(text)+`}]}`))
	b.put("bridge.json", []byte(`{"version":"0","detail-type":"AWS API Call via CloudTrail","source":"aws.s3","detail":`+record("e", "10:00:04")+`}`))
	b.put("export.gz", zip(t, "2026-03-02T10:00:05.000Z "+record("f", "10:00:05")+"\n"))
	b.put("readme.md", []byte("not looked at"))
	b.put("digest.json", []byte(`{"awsAccountId":"111122223333","digestStartTime":"2026-03-02T10:00:00Z"}`))
	rep := b.must()
	if d := cmp.Diff([]string{"a", "b", "c", "d", "e", "f"}, b.ask("SELECT event_id FROM events ORDER BY event_id")); d != "" {
		t.Error(d)
	}
	if rep.Files.Other != 2 || rep.Faulty != 0 {
		t.Errorf("%+v", rep)
	}
}

// A file larger than memory should hold is streamed; the numbers in the test stand for that, the path is the same.
func TestLargeFilesAreStreamed(t *testing.T) {
	b := newBed(t)
	var big strings.Builder
	for i := range 60000 {
		big.WriteString(record(fmt.Sprintf("id-%06d", i), fmt.Sprintf("%02d:%02d:%02d", i/3600%24, i/60%60, i%60), `,"requestParameters":{"x":"`+strings.Repeat("y", 1200)+`"}`))
		big.WriteByte('\n')
	}
	b.put("big.ndjson.gz", zip(t, big.String()))
	rep := b.must()
	if rep.Events != 60000 || rep.Faulty != 0 {
		t.Errorf("%d events, %d faults", rep.Events, rep.Faulty)
	}
	if d := cmp.Diff([]string{"60000 60000 1"}, b.ask("SELECT count(*), count(DISTINCT event_id), count(DISTINCT log_sha256) FROM events")); d != "" {
		t.Error(d)
	}
	if rep = b.must(); rep.Events != 0 || rep.Files.Known != 1 {
		t.Errorf("%+v", rep)
	}
}

func TestSinceLastListsWhatIsNew(t *testing.T) {
	b := newBed(t)
	for day := range 5 {
		b.log("AWSLogs/", at("10:00").AddDate(0, 0, day), "x", strings.Replace(record(fmt.Sprint("d", day), "10:00:00"), "03-02", fmt.Sprintf("03-%02d", 2+day), 1))
	}
	b.must()
	b.log("AWSLogs/", at("10:00").AddDate(0, 0, 5), "x", record("new", "10:00:00"))
	rep := b.must(func(o *ingest.Options) { o.SinceLast = true })
	if rep.Events != 1 || rep.Files.Listed >= 5 {
		t.Errorf("%d events from %d listed files", rep.Events, rep.Files.Listed)
	}
}

// What a narrower run left out is listed by the next one that looks at what is new.
func TestSinceLastLeavesNothingOut(t *testing.T) {
	b := newBed(t)
	var keys []string
	for day := range 6 {
		keys = append(keys, b.log("AWSLogs/", at("10:00").AddDate(0, 0, day), "x", strings.Replace(record(fmt.Sprint("d", day), "10:00:00"), "03-02", fmt.Sprintf("03-%02d", 2+day), 1)))
	}
	since := func(o *ingest.Options) { o.SinceLast = true }
	b.must(func(o *ingest.Options) { o.From = at("00:00").AddDate(0, 0, 4) })
	if rep := b.must(since); rep.Events != 4 {
		t.Errorf("after a run of the last days, %d of 4 events", rep.Events)
	}
	if rep := b.must(since); rep.Events != 0 || rep.Files.Listed >= 6 {
		t.Errorf("after a whole run, %d events of %d listed files", rep.Events, rep.Files.Listed)
	}
	// Refused, and then let in.
	other := newBed(t)
	other.tree, other.ledger = b.tree, b.ledger
	b.list(keys[5], integrity.Valid)
	other.must(func(o *ingest.Options) { o.OnlyVerified = true })
	if rep := other.must(since); rep.Events != 5 {
		t.Errorf("after --only-verified, %d of 5 events", rep.Events)
	}
	// Unreadable, and then there.
	third := newBed(t)
	third.tree, third.ledger = b.tree, b.ledger
	path := filepath.Join(b.tree, filepath.FromSlash(keys[1]))
	if err := os.Rename(path, path+".away"); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("nowhere", path); err != nil {
		t.Fatal(err)
	}
	third.must()
	if err := os.Rename(path+".away", path); err != nil {
		t.Fatal(err)
	}
	if rep := third.must(since); rep.Events != 1 {
		t.Errorf("after an unreadable file, %d of 1 events", rep.Events)
	}
}

func TestAnUnreadableFileIsNoEnd(t *testing.T) {
	b := newBed(t)
	bad := b.log("AWSLogs/", at("10:00"), "bad", record("a", "10:00:00"))
	b.log("AWSLogs/", at("10:05"), "good", record("b", "10:05:00"))
	if err := os.Remove(filepath.Join(b.tree, bad)); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("nowhere", filepath.Join(b.tree, bad)); err != nil {
		t.Fatal(err)
	}
	rep := b.must()
	if rep.Events != 1 || rep.Files.Unreadable != 1 || len(rep.Faults) != 1 || !strings.HasSuffix(rep.Faults[0].Key, "bad.json.gz") {
		t.Errorf("%+v", rep)
	}
}

func TestNothingIsSaid(t *testing.T) {
	b := newBed(t)
	if _, err := b.run(); !errors.Is(err, ingest.ErrNothing) {
		t.Errorf("%v, want ErrNothing", err)
	}
}

func TestALoadHasTheLakeToItself(t *testing.T) {
	b := newBed(t)
	l, err := lake.Open(t.Context(), b.home)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	load, err := l.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer load.Close()
	if _, err := b.run(); !errors.Is(err, lake.ErrBusy) {
		t.Errorf("%v, want ErrBusy", err)
	}
}

func TestCompactionChangesNoRow(t *testing.T) {
	b := newBed(t)
	for i := range 6 {
		b.log("AWSLogs/", at(fmt.Sprintf("1%d:00", i)), "x", record(fmt.Sprint("e", i), fmt.Sprintf("1%d:00:00", i)))
		b.must()
	}
	before := b.ask(everything)
	l, err := lake.Open(t.Context(), b.home)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	load, err := l.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c, err := load.Compact(t.Context(), 2)
	if err != nil || c.PartsBefore != 6 || c.PartsAfter != 1 {
		t.Errorf("%+v, %v", c, err)
	}
	if err := load.Close(); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(before, b.ask(everything)); d != "" {
		t.Error(d)
	}
	n := 0
	if err := filepath.WalkDir(filepath.Join(b.home, "lake", "events"), func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			n++
		}
		return err
	}); err != nil || n != 1 {
		t.Errorf("%d files are left, %v", n, err)
	}
}
