package cloud

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/internal/answer"
	"github.com/trailseal/trailseal/internal/awstest"
)

// collect reads a result to its end.
func collect(result answer.Result) (rows [][]any, err error) {
	for row, err := range result.Rows {
		if err != nil {
			return rows, err
		}
		rows = append(rows, slices.Clone(row))
	}
	return rows, nil
}

func TestAthenaAnswers(t *testing.T) {
	fake := &awstest.Athena{Workgroup: "audit", Queries: map[string]awstest.Query{question: {
		States: states(10, 20),
		Columns: []awstest.QueryColumn{{Name: "Name", Type: "varchar"}, {Name: "n", Type: "bigint"}, {Name: "ratio", Type: "double"},
			{Name: "ok", Type: "boolean"}, {Name: "at", Type: "timestamp"}, {Name: "zoned", Type: "timestamp with time zone"},
			{Name: "day", Type: "date"}, {Name: "price", Type: "decimal"}, {Name: "list", Type: "array"}},
		Rows: [][]any{
			{"Get\"Object", "9007199254740993", "0.1", "true", "2026-03-02 10:00:00.123", "2026-03-02 10:00:00.000 +02:00", "2026-03-02", "1.10", "[a, b]"},
			{nil, nil, nil, nil, nil, nil, nil, nil, nil},
			{"", "-1", "NaN", "false", "2026-03-02 10:00:00.000", "2026-03-02 10:00:00.000 UTC", "", "", ""},
		},
	}}}
	a := engine(t, fake, AthenaOptions{Workgroup: "audit", Database: "lake", Catalog: "AwsDataCatalog", OutputLocation: "s3://results/here/"})
	result, scan, err := a.Ask(t.Context(), question)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := collect(result)
	if err != nil {
		t.Fatal(err)
	}
	if value, ok := rows[2][2].(float64); !ok || value == value {
		t.Errorf("NaN is read as %v", rows[2][2])
	}
	rows[2][2] = "NaN"
	at := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	want := [][]any{
		{"Get\"Object", int64(9007199254740993), 0.1, true, at.Add(123 * time.Millisecond), at.Add(-2 * time.Hour), "2026-03-02", "1.10", "[a, b]"},
		{nil, nil, nil, nil, nil, nil, nil, nil, nil},
		{"", int64(-1), "NaN", false, at, at, "", "", ""},
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(answer.Column{Name: "n", Type: "bigint"}, result.Columns[1]); diff != "" {
		t.Error(diff)
	}
	wantScan := Scan{ID: scan.ID, Workgroup: "audit", Bytes: 5000, Engine: 1500 * time.Millisecond,
		Queued: 20 * time.Millisecond, Total: 1550 * time.Millisecond}
	if diff := cmp.Diff(wantScan, scan); diff != "" || scan.ID == "" {
		t.Error(diff)
	}
	started := fake.Started()[0]
	wantStarted := awstest.Started{SQL: question, Token: started.Token, Workgroup: "audit", Database: "lake", Catalog: "AwsDataCatalog", Output: "s3://results/here/"}
	if diff := cmp.Diff(wantStarted, started); diff != "" {
		t.Error(diff)
	}
	if n := fake.Counts()["GetQueryExecution"]; n != 4 {
		t.Errorf("%d looks at a query of 4 states", n)
	}
	if n := fake.Counts()["StopQueryExecution"]; n != 0 {
		t.Error("a query that succeeded was stopped")
	}
}

func TestAthenaPagesLazily(t *testing.T) {
	query := awstest.Query{States: states(), Columns: []awstest.QueryColumn{{Name: "n", Type: "integer"}}}
	for i := range 2500 {
		query.Rows = append(query.Rows, []any{fmt.Sprint(i)})
	}
	fake := &awstest.Athena{Queries: map[string]awstest.Query{question: query}}
	a := engine(t, fake, AthenaOptions{})
	result, _, err := a.Ask(t.Context(), question)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for row, err := range result.Rows {
		if err != nil {
			t.Fatal(err)
		}
		if row[0] != int64(n) {
			t.Fatalf("row %d is %v", n, row)
		}
		if n++; n == 999 {
			if pages := fake.Counts()["GetQueryResults"]; pages != 1 {
				t.Errorf("%d pages were fetched for 999 rows", pages)
			}
		}
	}
	if pages := fake.Counts()["GetQueryResults"]; n != 2500 || pages != 3 {
		t.Errorf("%d rows on %d pages, want 2500 on 3", n, pages)
	}
	result, _, err = a.Ask(t.Context(), question)
	if err != nil {
		t.Fatal(err)
	}
	for range result.Rows {
		break
	}
	if pages := fake.Counts()["GetQueryResults"]; pages != 4 {
		t.Errorf("rows left at the first fetched %d pages", pages-3)
	}
}

func TestAthenaHeader(t *testing.T) {
	for name, c := range map[string]struct {
		query awstest.Query
		want  int
	}{
		"only a header":               {awstest.Query{}, 0},
		"a row that is like a header": {awstest.Query{Rows: [][]any{{"name"}}}, 1},
		"a statement without one":     {awstest.Query{Statement: "UTILITY", Rows: [][]any{{"name"}, {"b"}}}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			c.query.States, c.query.Columns = states(), []awstest.QueryColumn{{Name: "Name", Type: "string"}}
			result, _, err := engine(t, &awstest.Athena{Queries: map[string]awstest.Query{question: c.query}}, AthenaOptions{}).Ask(t.Context(), question)
			if err != nil {
				t.Fatal(err)
			}
			if rows, err := collect(result); err != nil || len(rows) != c.want {
				t.Errorf("rows %v, %v, want %d", rows, err, c.want)
			}
		})
	}
}

func TestAthenaDamagedResults(t *testing.T) {
	for name, c := range map[string]struct {
		kind string
		rows [][]any
		text string
	}{
		"no number":       {"bigint", [][]any{{"12x"}}, `column "n": "12x" is no bigint`},
		"no time":         {"timestamp", [][]any{{"2026-03-02"}}, "is no timestamp"},
		"no zone":         {"timestamp with time zone", [][]any{{"UTC"}}, "is no timestamp with time zone"},
		"no truth":        {"boolean", [][]any{{"yes"}}, "is no boolean"},
		"too many values": {"varchar", [][]any{{"a", "b"}}, "2 values for 1 columns"},
	} {
		t.Run(name, func(t *testing.T) {
			fake := &awstest.Athena{Queries: map[string]awstest.Query{question: {States: states(), Columns: []awstest.QueryColumn{{Name: "n", Type: c.kind}}, Rows: c.rows}}}
			result, _, err := engine(t, fake, AthenaOptions{}).Ask(t.Context(), question)
			if err != nil {
				t.Fatal(err)
			}
			if rows, err := collect(result); err == nil || !strings.Contains(err.Error(), c.text) {
				t.Errorf("rows %v, %v, want an error with %q", rows, err, c.text)
			}
		})
	}
}

func FuzzConvert(f *testing.F) {
	for _, seed := range [][2]string{{"bigint", "1"}, {"double", "Infinity"}, {"boolean", "true"}, {"timestamp", "2026-03-02 10:00:00.000"},
		{"timestamp with time zone", "2026-03-02 10:00:00.000 +02:00"}, {"timestamp with time zone", "2026-03-02 10:00:00.000 Europe/Berlin"}, {"timestamp with time zone", "2026-03-02 10:00:00.000 ../../etc/passwd"},
		{"timestamp with time zone", "2026-03-02 10:00:00.000 Local"}, {"row", "{a=1}"}, {"timestamp", strings.Repeat("\xd4", 150)}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, kind, text string) {
		value, err := convert(kind, text)
		// 100 bytes of the text are quoted, each as \xd4 where it is no UTF-8.
		if err != nil && (value != nil || len(err.Error()) > 4*100+50+len(kind)*4) {
			t.Errorf("%v with an error of %d bytes", value, len(err.Error()))
		}
		switch v := value.(type) {
		case string:
			if v != text {
				t.Errorf("%q became %q", text, v)
			}
		case time.Time:
			if v.Location() != time.UTC {
				t.Errorf("%q became a time in %v", text, v.Location())
			}
		case nil, int64, float64, bool:
		default:
			t.Errorf("%q became a %T", text, value)
		}
	})
}

func TestAthenaOnMoto(t *testing.T) {
	url := os.Getenv("TRAILSEAL_MOTO")
	if url == "" {
		t.Skip("TRAILSEAL_MOTO does not name the URL of a running moto_server")
	}
	environment(t)
	body := `{"account_id": "123456789012", "region": "us-east-1", "results": [{"rows": [{"Data": [{"VarCharValue": "name"}, {"VarCharValue": "n"}]},
		{"Data": [{"VarCharValue": "GetObject"}, {"VarCharValue": "42"}]}, {"Data": [{}, {"VarCharValue": "1"}]}],
		"column_info": [{"CatalogName": "hive", "SchemaName": "", "TableName": "", "Name": "name", "Label": "name", "Type": "varchar", "Precision": 1, "Scale": 0, "Nullable": "UNKNOWN", "CaseSensitive": true},
		{"CatalogName": "hive", "SchemaName": "", "TableName": "", "Name": "n", "Label": "n", "Type": "bigint", "Precision": 1, "Scale": 0, "Nullable": "UNKNOWN", "CaseSensitive": false}]}]}`
	response, err := http.Post(url+"/moto-api/static/athena/query-results", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusCreated {
		t.Fatalf("moto answers %s", response.Status)
	}
	a := session(t, Options{EndpointURL: url}).Athena(AthenaOptions{Database: "default", Poll: time.Millisecond})
	result, scan, err := a.Ask(t.Context(), question)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := collect(result)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]any{{"GetObject", int64(42)}, {nil, int64(1)}}, rows); diff != "" || scan.ID == "" {
		t.Errorf("scan %+v: %s", scan, diff)
	}
	if _, _, err := session(t, Options{EndpointURL: url}).Athena(AthenaOptions{Workgroup: "nothing"}).Ask(t.Context(), question); !errors.Is(err, ErrQuery) {
		t.Errorf("a workgroup that is not there: %v", err)
	}
}
