package lake_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/event"
	"github.com/trailseal/trailseal/internal/lake"
	"github.com/trailseal/trailseal/internal/receipt"
	"github.com/trailseal/trailseal/internal/sample"
)

// given is a record that goes into a lake, and where it is from.
type given struct {
	raw    string
	file   *event.File
	record int32
}

// add adds records to a lake, in one part for each partition that they belong to.
func add(t testing.TB, l *lake.Lake, records ...given) {
	t.Helper()
	load, err := l.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer load.Close()
	var parser event.Parser
	var rec event.Record
	rows := map[event.Place]*event.Rows{}
	for _, g := range records {
		raw := []byte(g.raw)
		if err := parser.Parse(raw, &rec); err != nil {
			event.Malformed(raw, &rec)
		}
		var p event.Place
		p.Account, p.Region, p.Date = rec.Place(event.Origin{Delivered: noon})
		if rows[p] == nil {
			rows[p] = &event.Rows{Place: p}
		}
		rows[p].Add(&rec, raw, event.Delivery{File: g.file, Record: g.record})
	}
	for _, r := range rows {
		if _, err := load.Write(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	if err := load.Commit(t.Context(), []receipt.File{{Source: "s", Key: "k", SHA256: []byte{0}, State: event.Verified, Ingested: noon}}); err != nil {
		t.Fatal(err)
	}
}

func emptyLake(t testing.TB) *lake.Lake {
	t.Helper()
	l, err := lake.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// all reads what a query wants, with copies of the records.
func all(t testing.TB, l *lake.Lake, q lake.RecordQuery) []lake.Row {
	t.Helper()
	partitions, err := l.Records(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	var out []lake.Row
	for _, p := range partitions {
		for row, err := range p.Each(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			row.Raw = bytes.Clone(row.Raw)
			out = append(out, row)
		}
	}
	return out
}

func ids(t testing.TB, rows []lake.Row) []string {
	t.Helper()
	var parser event.Parser
	var rec event.Record
	var out []string
	for _, r := range rows {
		if err := parser.Parse(r.Raw, &rec); err != nil {
			t.Fatalf("%v: %s", err, r.Raw)
		}
		out = append(out, string(rec.Values[event.EventID]))
	}
	return out
}

var (
	good    = &event.File{Key: "AWSLogs/good.json.gz", SHA256: "aa", State: event.Verified, Digest: "d"}
	waiting = &event.File{Key: "AWSLogs/waiting.json.gz", SHA256: "bb", State: event.Pending}
)

func TestRecordsComeBack(t *testing.T) {
	const head = `{"eventVersion":"1.08","userIdentity":{"type":"Root","arn":"arn:aws:iam::111122223333:root"},"eventTime":"2026-03-02T`
	plain := head + `01:00:00Z","eventSource":"iam.amazonaws.com","eventName":"CreateUser","awsRegion":"us-east-1","requestParameters":{"a":"b"},"responseElements":null,` +
		`"eventID":"1","readOnly":false,"managementEvent":true,"recipientAccountId":"111122223333"}`
	odd := ` ` + head + `03:00:00Z", "eventID":"2", "novel":[1] ,"awsRegion":"us-east-1","recipientAccountId":"111122223333"}`
	later := strings.ReplaceAll(strings.ReplaceAll(plain, "01:00:00Z", "02:00:00.250Z"), `"eventID":"1"`, `"eventID":"3"`)
	elsewhere := strings.ReplaceAll(strings.ReplaceAll(plain, "us-east-1", "eu-west-1"), `"eventID":"1"`, `"eventID":"4"`)
	l := emptyLake(t)
	add(t, l, given{odd, good, 4}, given{later, waiting, 0}, given{plain, waiting, 7}, given{plain, good, 2}, given{elsewhere, good, 3}, given{"not JSON", waiting, 9})
	row := func(raw string, f *event.File, record int, region string) lake.Row {
		return lake.Row{Raw: []byte(strings.TrimSpace(raw)), LogFile: f.Key, LogSHA256: f.SHA256, State: f.State, Record: record, Account: "111122223333", Region: region}
	}
	broken := row("not JSON", waiting, 9, "unknown")
	broken.Account = "unknown"
	want := []lake.Row{
		row(elsewhere, good, 3, "eu-west-1"),
		row(plain, good, 2, "us-east-1"), // delivered twice
		row(later, waiting, 0, "us-east-1"),
		row(odd, good, 4, "us-east-1"),
		broken,
	}
	if diff := cmp.Diff(want, all(t, l, lake.RecordQuery{})); diff != "" {
		t.Error(diff)
	}
}

// sampled is a lake with the events of an organization, in two parts for each partition, and the events by id.
func sampled(t testing.TB) (*lake.Lake, map[string]string) {
	t.Helper()
	objects, _, err := sample.Objects(t.Context(), sample.Options{Hours: 6})
	if err != nil {
		t.Fatal(err)
	}
	l, byID := emptyLake(t), map[string]string{}
	halves := [2][]given{}
	var parser event.Parser
	var rec event.Record
	for i, o := range objects {
		if strings.Contains(o.Key, "CloudTrail-Digest") {
			continue
		}
		body, _, err := integrity.InflateGzip(bytes.NewReader(o.Body), 64<<20)
		if err != nil {
			t.Fatal(err)
		}
		file := &event.File{Key: o.Key, SHA256: fmt.Sprint(i), State: event.States[i%2]}
		for item, err := range event.Split(body) {
			if err != nil || parser.Parse(item.Raw, &rec) != nil {
				t.Fatal(err)
			}
			byID[string(rec.Values[event.EventID])] = string(item.Raw)
			halves[i%2] = append(halves[i%2], given{string(item.Raw), file, int32(item.Number)})
		}
	}
	add(t, l, halves[0]...)
	add(t, l, halves[1]...)
	return l, byID
}

// All columns of an organization's events come back, and scopes say what they say to the engine.
func TestRecordsAreTheRows(t *testing.T) {
	l, byID := sampled(t)
	rows := all(t, l, lake.RecordQuery{})
	got := ids(t, rows)
	if len(got) != len(byID) {
		t.Errorf("%d records, want %d", len(got), len(byID))
	}
	var parser event.Parser
	var was, is event.Record
	for i, r := range rows {
		raw := []byte(byID[got[i]])
		if err := errors.Join(parser.Parse(raw, &was), parser.Parse(r.Raw, &is)); err != nil {
			t.Fatal(err)
		}
		if was.Values[event.Raw] != nil {
			t.Fatalf("the sample has a record that does not fit: %s", raw)
		}
		if diff := cmp.Diff(was.Values, is.Values); diff != "" || was.Time != is.Time || was.ReadOnly != is.ReadOnly || was.ManagementEvent != is.ManagementEvent {
			t.Fatalf("%s became %s: %s", raw, r.Raw, diff)
		}
	}
	from := time.UnixMicro(was.Time).UTC().Truncate(time.Hour) // the last one's hour
	for name, q := range map[string]lake.RecordQuery{
		"all":               {},
		"an hour":           {Scope: lake.Scope{From: from, To: from.Add(time.Hour)}},
		"from":              {Scope: lake.Scope{From: from.Add(-time.Hour)}},
		"to":                {Scope: lake.Scope{To: from}},
		"verified":          {Scope: lake.Scope{Verified: true}},
		"a region":          {Scope: lake.Scope{Regions: []string{rows[0].Region}, Verified: true}},
		"an account":        {Scope: lake.Scope{Accounts: []string{rows[0].Account, "000000000000"}}},
		"names":             {Names: []string{"AssumeRole", "ConsoleLogin", "Nothing"}},
		"sources":           {Sources: []string{"iam.amazonaws.com"}},
		"names of a source": {Names: []string{"GetObject", "AssumeRole"}, Sources: []string{"sts.amazonaws.com"}},
	} {
		e := engine(t, l, lake.EngineOptions{Scope: q.Scope})
		sql := "SELECT event_id FROM events WHERE true"
		for column, values := range map[string][]string{"event_name": q.Names, "event_source": q.Sources} {
			if len(values) > 0 {
				sql += " AND " + column + " IN ('" + strings.Join(values, "', '") + "')"
			}
		}
		r, err := e.Ask(t.Context(), sql)
		want := read(t, r, err)
		slices.Sort(want)
		got := ids(t, all(t, l, q))
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if len(got) == 0 {
			t.Errorf("%s: nothing to compare", name)
		}
	}
}

func TestUntimedRecordsBelongToTheirDay(t *testing.T) {
	l := filled(t, 3) // 2 to 4 March, and on the 3rd one record without a time, in the account of that day
	aggregated := func(id, account string) given {
		return given{`{"eventVersion":"1.11","eventId":"` + id + `","accountId":"` + account + `","eventCategory":"Aggregated","timeWindow":{},"awsRegion":"eu-west-1"}`, good, 0}
	}
	add(t, l, aggregated("aggregated", "000000000000"))
	midnight := noon.Truncate(24 * time.Hour)
	for _, c := range []struct {
		name  string
		scope lake.Scope
	}{
		{"all", lake.Scope{}},
		{"the day before", lake.Scope{From: midnight.AddDate(0, 0, -1), To: midnight}},
		{"a part of the day", lake.Scope{From: midnight.Add(6 * time.Hour), To: midnight.Add(7 * time.Hour)}},
		{"part of the next day", lake.Scope{From: midnight.Add(26 * time.Hour), To: midnight.Add(27 * time.Hour)}},
		{"open after", lake.Scope{From: midnight.Add(47 * time.Hour)}},
		{"open before", lake.Scope{To: midnight.Add(time.Second)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := engine(t, l, lake.EngineOptions{Scope: c.scope})
			r, err := e.Ask(t.Context(), "SELECT event_id FROM events")
			want := read(t, r, err)
			slices.Sort(want)
			got := ids(t, all(t, l, lake.RecordQuery{Scope: c.scope}))
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestNamesOfRecords(t *testing.T) {
	record := func(id, name, source, more string) given {
		return given{fmt.Sprintf(`{"eventVersion":"1.08","eventTime":"2026-03-02T01:00:00Z","eventSource":%q,"eventName":%q,"awsRegion":%q,"eventID":%q,"recipientAccountId":"111122223333"%s}`,
			source, name, "eu-west-1", id, more), good, 0}
	}
	l := emptyLake(t)
	add(t, l, record("1", "StopLogging", "cloudtrail.amazonaws.com", ""), record("2", "DeleteTrail", "cloudtrail.amazonaws.com", ""),
		record("3", "stoplogging", "cloudtrail.amazonaws.com", ""), record("4", "StopLogging", "elsewhere.amazonaws.com", ""))
	// Another partition has a record that is kept whole.
	add(t, l, given{`{"eventVersion":"1.08","eventTime":"2026-03-03T01:00:00Z","eventName":7,"eventID":"5"}`, good, 0},
		given{`{"eventVersion":"1.08","eventTime":"2026-03-03T01:00:00Z","eventSource":"a","eventID":"6"}`, good, 1})
	for _, c := range []struct {
		name string
		q    lake.RecordQuery
		want []string
	}{
		{"none", lake.RecordQuery{}, []string{"1", "2", "3", "4", "5", "6"}},
		{"a name", lake.RecordQuery{Names: []string{"StopLogging"}}, []string{"1", "4", "5"}},
		{"a name and a source", lake.RecordQuery{Names: []string{"StopLogging"}, Sources: []string{"cloudtrail.amazonaws.com"}}, []string{"1", "5"}},
		{"case does not matter", lake.RecordQuery{Names: []string{"stopLOGGING"}, Fold: true}, []string{"1", "3", "4", "5"}},
		{"case as Unicode has it", lake.RecordQuery{Names: []string{"\u017ftoplogging"}, Fold: true}, []string{"1", "3", "4", "5"}},
		{"a name beyond all", lake.RecordQuery{Names: []string{"Zzz", "zzz"}}, []string{"5"}},
		{"a source that is not there", lake.RecordQuery{Sources: []string{"b"}}, []string{"5"}},
		{"no name is no empty name", lake.RecordQuery{Names: []string{""}}, []string{"5"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, ids(t, all(t, l, c.q))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRecordsWhileTheLakeChanges(t *testing.T) {
	l, byID := sampled(t)
	partitions, err := l.Records(t.Context(), lake.RecordQuery{})
	if err != nil {
		t.Fatal(err)
	}
	compact := func() {
		load, err := l.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer load.Close()
		if c, err := load.Compact(t.Context(), 2); err != nil || c.Partitions == 0 {
			t.Fatalf("%+v, %v", c, err)
		}
	}
	n := 0
	for i, p := range partitions {
		for _, err := range p.Each(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if n++; n == 1 && i == 0 {
				compact() // what is being read stays, and what is still to be read has moved
			}
		}
	}
	if n != len(byID) {
		t.Errorf("%d records, want %d", n, len(byID))
	}
}

func TestPartitionsMayBeReadAtOnce(t *testing.T) {
	l, _ := sampled(t)
	q := lake.RecordQuery{Names: []string{"assumerole", "getobject"}, Fold: true}
	want := ids(t, all(t, l, q))
	partitions, err := l.Records(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	got := make([][]lake.Row, len(partitions))
	g, ctx := errgroup.WithContext(t.Context())
	g.SetLimit(4)
	for i, p := range partitions {
		g.Go(func() error {
			for row, err := range p.Each(ctx) {
				if err != nil {
					return err
				}
				row.Raw = bytes.Clone(row.Raw)
				got[i] = append(got[i], row)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, ids(t, slices.Concat(got...))); diff != "" {
		t.Error(diff)
	}
}

func TestRecordsThatCannotBeRead(t *testing.T) {
	l := filled(t, 1)
	partitions, err := l.Records(t.Context(), lake.RecordQuery{})
	if err != nil || len(partitions) != 1 || partitions[0].Rows != 24 || partitions[0].Bytes == 0 {
		t.Fatalf("%v, %v", partitions, err)
	}
	failure := func(ctx context.Context) (before int, err error) {
		for _, err := range partitions[0].Each(ctx) {
			if err != nil {
				return before, err
			}
			before++
		}
		return before, nil
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := failure(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	for range partitions[0].Each(t.Context()) {
		break // leaving off is no error
	}
	file := ""
	err = filepath.WalkDir(l.Dir(), func(path string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".parquet") {
			file = path
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	data[10] ^= 1
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := failure(t.Context()); err == nil || !strings.Contains(err.Error(), "part ") || strings.Count(err.Error(), "lake:") != 1 {
		t.Errorf("damaged: %v", err)
	}
	if err := os.Truncate(file, 7); err != nil {
		t.Fatal(err)
	}
	if n, err := failure(t.Context()); err == nil || n != 0 || strings.Count(err.Error(), "lake:") != 1 {
		t.Errorf("cut: %v", err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if _, err := failure(t.Context()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("removed by somebody: %v", err)
	}
}

func BenchmarkRecords(b *testing.B) {
	const rows = 50_000
	_, byID := sampled(b)
	l := emptyLake(b)
	load, err := l.Begin(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer load.Close()
	var parser event.Parser
	var rec event.Record
	all, size := &event.Rows{Place: event.Place{Account: "111122223333", Region: "eu-west-1", Date: "2026-03-02"}}, 0
	for n := 0; all.Len() < rows; n++ {
		for id, raw := range byID {
			raw := []byte(strings.ReplaceAll(raw, id, fmt.Sprintf("%08d%s", n, id[8:])))
			if err := parser.Parse(raw, &rec); err != nil {
				b.Fatal(err)
			}
			all.Add(&rec, raw, event.Delivery{File: good, Record: int32(n)})
			size += len(raw)
		}
	}
	if _, err := load.Write(b.Context(), all); err != nil {
		b.Fatal(err)
	}
	if err := load.Commit(b.Context(), nil); err != nil {
		b.Fatal(err)
	}
	for name, q := range map[string]lake.RecordQuery{"all": {}, "few": {Names: []string{"StopLogging"}}} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(size))
			for b.Loop() {
				partitions, err := l.Records(b.Context(), q)
				if err != nil {
					b.Fatal(err)
				}
				for _, p := range partitions {
					for _, err := range p.Each(b.Context()) {
						if err != nil {
							b.Fatal(err)
						}
					}
				}
			}
			b.ReportMetric(float64(all.Len())*float64(b.N)/b.Elapsed().Seconds(), "records/s")
		})
	}
}
