package app

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/internal/sample"
)

// moto is a server that somebody else wrote, and a way to put things into it.
type moto struct {
	t   *testing.T
	url string
}

func newMoto(t *testing.T) moto {
	t.Helper()
	url := os.Getenv("TRAILSEAL_MOTO")
	if url == "" {
		t.Skip("TRAILSEAL_MOTO does not name the URL of a running moto_server")
	}
	for name, value := range map[string]string{"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1",
		"AWS_CONFIG_FILE": filepath.Join(t.TempDir(), "none"), "AWS_SHARED_CREDENTIALS_FILE": filepath.Join(t.TempDir(), "none"), "AWS_EC2_METADATA_DISABLED": "true"} {
		t.Setenv(name, value)
	}
	return moto{t, url}
}

func (m moto) send(method, path string, body []byte) []byte {
	m.t.Helper()
	r, err := http.NewRequestWithContext(m.t.Context(), method, m.url+path, bytes.NewReader(body))
	if err != nil {
		m.t.Fatal(err)
	}
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20260302/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0")
	out, err := http.DefaultClient.Do(r)
	if err != nil {
		m.t.Fatal(err)
	}
	defer out.Body.Close()
	text, err := io.ReadAll(out.Body)
	if err != nil || out.StatusCode >= 300 {
		m.t.Fatalf("%s %s: %s: %s, %v", method, path, out.Status, text, err)
	}
	return text
}

var keyElement = regexp.MustCompile(`<Key>([^<]*)</Key>`)

func (m moto) keys(bucket string) []string {
	var out []string
	for _, k := range keyElement.FindAllSubmatch(m.send(http.MethodGet, "/"+bucket+"?list-type=2&max-keys=1000", nil), -1) {
		out = append(out, string(k[1]))
	}
	return out
}

func motoApp(t *testing.T, m moto) *App {
	return New(Config{Home: filepath.Join(t.TempDir(), "home"), EndpointURL: m.url, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
}

func TestLakeFromAndToBucketsOnMoto(t *testing.T) {
	m := newMoto(t)
	logs, lakes := fmt.Sprintf("logs-%d", time.Now().UnixNano()), fmt.Sprintf("lake-%d", time.Now().UnixNano())
	m.send(http.MethodPut, "/"+logs, nil)
	m.send(http.MethodPut, "/"+lakes, nil)
	m.send(http.MethodPut, "/"+lakes+"/audit/not-ours.txt", []byte("left alone"))
	objects, truth, err := sample.Objects(t.Context(), sample.Options{Hours: 30, Bucket: logs, FilesPerDay: 8, EventsPerFile: 3, NoIncident: true,
		Accounts: []sample.Account{{ID: "111122223333", Name: "one"}}, Regions: []string{"us-east-1"}})
	if err != nil {
		t.Fatal(err)
	}
	half := len(objects) / 2
	var late []sample.Object
	for i, o := range objects {
		if o.Metadata != nil {
			continue // digests: nothing is validated here
		}
		if i%2 == 0 && i > half {
			late = append(late, o)
			continue
		}
		m.send(http.MethodPut, "/"+logs+"/"+o.Key, o.Body)
	}
	if len(late) == 0 {
		t.Fatal("no log file is left for the second run")
	}
	a := motoApp(t, m)
	ingest := func() int64 {
		t.Helper()
		rep, err := a.Ingest(t.Context(), IngestRequest{Source: "s3://" + logs, Copy: "s3://" + lakes + "/audit"}, new(Progress))
		if err != nil {
			t.Fatal(err)
		}
		return rep.Events
	}
	same := func(when string) {
		t.Helper()
		var want []string
		dir := filepath.Join(a.Home, "lake")
		if err := filepath.WalkDir(filepath.Join(dir, "events"), func(path string, d os.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() {
				rel, rerr := filepath.Rel(dir, path)
				want = append(want, "audit/"+filepath.ToSlash(rel))
				err = rerr
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		want = append(want, "audit/not-ours.txt")
		slices.Sort(want)
		got := m.keys(lakes)
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s the copy differs: %s", when, d)
		}
		for _, k := range got {
			if strings.HasSuffix(k, ".parquet") {
				local, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(strings.TrimPrefix(k, "audit/"))))
				if err != nil || !bytes.Equal(local, m.send(http.MethodGet, "/"+lakes+"/"+k, nil)) {
					t.Errorf("%s %s is another file in the bucket (%v)", when, k, err)
				}
			}
		}
	}
	first := ingest()
	same("after the first run")
	for _, o := range late {
		m.send(http.MethodPut, "/"+logs+"/"+o.Key, o.Body)
	}
	second := ingest()
	same("after the second run")
	if first == 0 || second == 0 || first+second != int64(truth.Events) {
		t.Errorf("%d and %d events, want %d together", first, second, truth.Events)
	}
	if third := ingest(); third != 0 {
		t.Errorf("a third run takes in %d", third)
	}
	same("after the third run")
	if _, err := a.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	ingest()
	same("after compaction")
}

func TestQuestionsToAthenaOnMoto(t *testing.T) {
	m := newMoto(t)
	m.send(http.MethodPost, "/moto-api/static/athena/query-results", []byte(`{"account_id": "123456789012", "region": "us-east-1", "results": [
		{"rows": [{"Data": [{"VarCharValue": "principal"}, {"VarCharValue": "events"}]}, {"Data": [{"VarCharValue": "mo"}, {"VarCharValue": "42"}]}],
		"column_info": [{"CatalogName": "hive", "SchemaName": "", "TableName": "", "Name": "principal", "Label": "principal", "Type": "varchar", "Precision": 1, "Scale": 0, "Nullable": "UNKNOWN", "CaseSensitive": true},
		{"CatalogName": "hive", "SchemaName": "", "TableName": "", "Name": "events", "Label": "events", "Type": "bigint", "Precision": 1, "Scale": 0, "Nullable": "UNKNOWN", "CaseSensitive": false}]}]}`))
	a := motoApp(t, m)
	from := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	ans, err := a.Ask(t.Context(), QueryRequest{Saved: "top-talkers", From: from, To: from.AddDate(0, 1, 0), Accounts: []string{"111122223333"}, Athena: &AthenaRequest{Database: "audit", Output: "s3://results/x"}})
	if err != nil {
		t.Fatal(err)
	}
	defer ans.Close()
	var got []string
	for row, err := range ans.Rows {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprint(row...))
	}
	if d := cmp.Diff([]string{"mo42"}, got); d != "" {
		t.Error(d)
	}
	b, err := ans.Basis(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if b.Engine != "athena" || !strings.Contains(b.SQL, `"date" >= '2026-07-01'`) || !strings.Contains(b.SQL, "account IN ('111122223333')") {
		t.Errorf("%+v", b)
	}
	if _, err := a.Ask(t.Context(), QueryRequest{Saved: "top-talkers", Athena: &AthenaRequest{Database: "audit"}}); err == nil || !strings.Contains(err.Error(), "needs a period") {
		t.Errorf("without a period: %v", err)
	}
	if _, err := a.Ask(t.Context(), QueryRequest{SQL: "SELECT * FROM events QUALIFY true", From: from, To: from.AddDate(0, 1, 0), Athena: &AthenaRequest{Database: "audit"}}); err == nil || !strings.Contains(err.Error(), "QUALIFY") {
		t.Errorf("SQL that Athena lacks: %v", err)
	}
}
