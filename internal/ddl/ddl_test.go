package ddl

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/internal/event"
)

var update = flag.Bool("update", false, "write the golden files")

// example is what the golden files are made of.
func example() Options {
	return Options{Database: "trailseal", Bucket: "amzn-s3-demo-bucket", Prefix: "audit/lake/", Accounts: []string{"222233334444", "111122223333"},
		Regions: []string{"us-east-1", "eu-central-1", "us-east-1"}, From: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)}
}

type writer struct {
	name  string
	write func(Options) (string, error)
}

func writers() []writer {
	return []writer{{"ParquetTable", ParquetTable}, {"RawTable", RawTable}, {"RawView", RawView}, {"TrinoTable", TrinoTable}, {"TrinoPartitions", TrinoPartitions}}
}

func TestGolden(t *testing.T) {
	for name, c := range map[string]struct {
		write  func(Options) (string, error)
		change func(*Options)
	}{
		"parquet":          {ParquetTable, func(*Options) {}},
		"parquet_every":    {ParquetTable, func(o *Options) { o.Accounts, o.Regions, o.Prefix, o.Table = nil, nil, "", "lake" }},
		"raw":              {RawTable, func(o *Options) { o.Prefix = "" }},
		"raw_organization": {RawTable, func(o *Options) { o.Organization, o.Accounts = "o-exampleorgid", nil }},
		"raw_view":         {RawView, func(o *Options) {}},
		"trino":            {TrinoTable, func(o *Options) { o.From = time.Time{} }},
		"trino_partitions": {TrinoPartitions, func(o *Options) { o.Catalog = "datalake" }},
	} {
		t.Run(name, func(t *testing.T) {
			o := example()
			c.change(&o)
			got, err := c.write(o)
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", name+".sql")
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// names are the names that stand between quotes at a pattern's place.
func names(sql, pattern string) []string {
	var out []string
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(sql, -1) {
		out = append(out, m[1])
	}
	return out
}

// TestEveryColumnOnce: the columns of the lake are in each statement, in their order; in a table, those that the
// folders hold come last.
func TestEveryColumnOnce(t *testing.T) {
	var all, files, folders []string
	for i, c := range event.Columns {
		all = append(all, c.Name)
		if isPartition(i) {
			folders = append(folders, c.Name)
		} else {
			files = append(files, c.Name)
		}
	}
	if len(folders) != 3 {
		t.Fatalf("partitions %q", folders)
	}
	for _, c := range []struct {
		write   func(Options) (string, error)
		pattern string
		want    []string
	}{
		{ParquetTable, "`([a-z0-9_]+)` (?:STRING|BOOLEAN|TIMESTAMP|INT)", slices.Concat(files, folders)},
		{TrinoTable, `"([a-z0-9_]+)" (?:varchar|boolean|timestamp\(3\)|integer)`, slices.Concat(files, folders)},
		{RawView, `(?m) AS "([a-z0-9_]+)",?$`, all},
	} {
		sql, err := c.write(example())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, names(sql, c.pattern)); diff != "" {
			t.Error(diff)
		}
	}
}

func TestTypesOfColumns(t *testing.T) {
	parquet, err := ParquetTable(example())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"`event_time` TIMESTAMP,", "`read_only` BOOLEAN,", "`log_record` INT,", "`request_parameters` STRING,", "`other_origins` STRING\n"} {
		if !strings.Contains(parquet, "  "+want) {
			t.Errorf("no %q in the table", want)
		}
	}
}

// TestViewReadsWhatTheTableHas: what the view leaves NULL is known, and what it reads is a member of the table.
func TestViewReadsWhatTheTableHas(t *testing.T) {
	var null []string
	for i, c := range event.Columns {
		text := expression(i)
		if strings.HasPrefix(text, "CAST(NULL") {
			null = append(null, c.Name)
		} else if c.Path != "" && !strings.Contains(text, strings.ToLower(c.Path)) {
			t.Errorf("%s is read from %q", c.Name, text)
		}
	}
	want := []string{"insight_details", "event_context", "time_window", "summary", "raw", "raw_reason",
		"log_sha256", "log_record", "log_state", "digest_file", "other_origins"}
	if diff := cmp.Diff(want, null); diff != "" {
		t.Error(diff)
	}
}

func TestUnknownCanBeAskedFor(t *testing.T) {
	sql, err := ParquetTable(example())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"'projection.account.values' = '111122223333,222233334444,unknown'", "'projection.region.values' = 'eu-central-1,us-east-1,unknown'"} {
		if !strings.Contains(sql, want) {
			t.Errorf("no %q in the table", want)
		}
	}
	if sql, err = RawTable(example()); err != nil || strings.Contains(sql, "unknown") {
		t.Errorf("AWS has no unknown account: %v", err)
	}
}

// hostile are inputs that must not reach a statement, by the field they are put in.
func hostile() map[string]func(*Options, string) {
	return map[string]func(*Options, string){
		"database":     func(o *Options, s string) { o.Database = s },
		"table":        func(o *Options, s string) { o.Table = s },
		"view":         func(o *Options, s string) { o.View = s },
		"catalog":      func(o *Options, s string) { o.Catalog = s },
		"bucket":       func(o *Options, s string) { o.Bucket = s },
		"prefix":       func(o *Options, s string) { o.Prefix = s },
		"organization": func(o *Options, s string) { o.Organization = s },
		"account":      func(o *Options, s string) { o.Accounts = []string{"111122223333", s} },
		"region":       func(o *Options, s string) { o.Regions = []string{"us-east-1", s} },
	}
}

func TestHostileNamesAreRefused(t *testing.T) {
	for field, set := range hostile() {
		for _, bad := range []string{"x'", "x`", `x"`, "x;", "x\n", "x\x00", "x${account}", "x*", "x -- ", `x\`, "x ", "é", "\xff", strings.Repeat("x", 1000)} {
			for _, w := range writers() {
				o := example()
				set(&o, bad)
				sql, err := w.write(o)
				if err == nil || sql != "" {
					t.Errorf("%s takes %s %q", w.name, field, bad)
				} else if !strings.Contains(err.Error(), field) || len(err.Error()) > 600 || !utf8.ValidString(err.Error()) || strings.Contains(err.Error(), "\x00") {
					t.Errorf("%s %q: error %q", field, bad, err)
				}
			}
		}
	}
}

func TestRules(t *testing.T) {
	good := map[string][]string{
		"database": {"a", "_a1", "0"}, "bucket": {"abc", "a.b-c", "123"}, "prefix": {"", "a", "a/b=c/", "AWS_x/y!"}, "organization": {"o-abcdefghij"},
		"account": {"000000000000"}, "region": {"us-gov-west-1", "cn-north-1", "eusc-de-east-1", "us-isob-east-1", "ap-southeast-7"},
	}
	bad := map[string][]string{
		"database": {"", "A", "a-b", "a.b"}, "table": {"Events"}, "bucket": {"", "ab", "a..b", "-ab", "ab-", "Abc", "a_b", "192.168.5.4"},
		"prefix": {"/a", "a//b", "_a", "a/.b", "a/../b", "a//", "a b"}, "organization": {"o-abc", "r-abcdefghij"},
		"account": {"", "1234", "1234567890123", "11112222333a"}, "region": {"", "unknown", "us-east", "us-east-1,eu"},
	}
	for field, set := range hostile() {
		for _, value := range good[field] {
			o := example()
			if set(&o, value); field == "database" && o.Database == "" {
				t.Fatal("not set")
			}
			if _, err := RawTable(o); err != nil {
				t.Errorf("%s %q: %v", field, value, err)
			}
		}
		for _, value := range bad[field] {
			o := example()
			set(&o, value)
			if _, err := RawTable(o); err == nil {
				t.Errorf("%s %q is taken", field, value)
			}
		}
	}
	for _, from := range []time.Time{{}, time.Date(1969, 12, 31, 0, 0, 0, 0, time.UTC), time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)} {
		o := example()
		o.From = from
		for _, write := range []func(Options) (string, error){ParquetTable, RawTable} {
			if _, err := write(o); err == nil || !strings.Contains(err.Error(), "first day") {
				t.Errorf("first day %v: %v", from, err)
			}
		}
	}
	o := example()
	o.Table, o.View = "one", "one"
	if _, err := RawView(o); err == nil {
		t.Error("a view over itself is taken")
	}
	o = example()
	for i := range 20000 {
		o.Accounts = append(o.Accounts, fmt.Sprintf("%012d", i))
	}
	if _, err := ParquetTable(o); err == nil || !strings.Contains(err.Error(), "fewer accounts") {
		t.Errorf("a statement longer than Athena takes: %v", err)
	}
}

func TestFaultsAreNamedTogether(t *testing.T) {
	_, err := RawTable(Options{Database: "A", Bucket: "B"})
	for _, want := range []string{`database "A"`, `bucket "B"`, "first day"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in %v", want, err)
		}
	}
}

func TestRegionsAreInOrder(t *testing.T) {
	regions := Regions()
	if !slices.IsSorted(regions) || len(slices.Compact(slices.Clone(regions))) != len(regions) {
		t.Error("out of order, or one twice")
	}
	for _, r := range regions {
		if !regionPattern.MatchString(r) {
			t.Errorf("%q is no region", r)
		}
	}
	regions[0] = "changed"
	if Regions()[0] == "changed" {
		t.Error("the list can be changed")
	}
}

// FuzzOptions: whatever the input, a statement has the shape of that of a plain one, with other names.
func FuzzOptions(f *testing.F) {
	f.Add("trailseal", "events", "bucket", "a/b", "o-exampleorgid", "111122223333", "us-east-1")
	f.Add("d`", "t'", "b;", "p${x}", "o-'", "1", "r")
	f.Fuzz(func(t *testing.T, database, table, bucket, prefix, organization, account, region string) {
		o := Options{Database: database, Table: table, Bucket: bucket, Prefix: prefix, Organization: organization,
			Accounts: []string{account}, Regions: []string{region}, From: example().From}
		plain := example()
		plain.Accounts, plain.Regions = plain.Accounts[:1], plain.Regions[:1]
		for _, w := range writers() {
			sql, err := w.write(o)
			if err != nil {
				continue
			}
			want, err := w.write(plain)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(shape(want), shape(sql)); diff != "" {
				t.Errorf("%s: %s", w.name, diff)
			}
		}
	})
}

// shape is what quotes and punctuation make of a statement.
func shape(sql string) string {
	return regexp.MustCompile(`[^'"`+"`"+`;(){}$\\\n]`).ReplaceAllString(sql, "")
}
