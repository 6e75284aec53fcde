package integrity

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseKey(t *testing.T) {
	at := func(s string) time.Time {
		v, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	const acc = "111122223333"
	digest := func(trail, home string) Key {
		return Key{Class: DigestFile, Account: acc, Folder: "CloudTrail-Digest", Region: "eu-west-1", Trail: trail, Home: home, Time: at("2026-03-02T01:05:56Z")}
	}
	const d = "AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2026/03/02/111122223333_CloudTrail-Digest_eu-west-1_"
	const l = "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/02/111122223333_CloudTrail_eu-west-1_"
	for _, c := range []struct {
		name, key string
		want      Key
		err       string // part of the reason; empty: it is a key
	}{
		{name: "digest", key: d + "main_us-east-1_20260302T010556Z.json.gz", want: digest("main", "us-east-1")},
		{name: "trail with underscores", key: d + "my_long_trail__x_us-east-1_20260302T010556Z.json.gz", want: digest("my_long_trail__x", "us-east-1")},
		{name: "a name that goes on after what looks like a home region", key: d + "main_eu-west-1_x_eu-west-1_20260302T010556Z.json.gz", want: digest("main_eu-west-1_x", "eu-west-1")},
		{name: "a name that is a region", key: d + "eu-west-1_us-gov-east-1_20260302T010556Z.json.gz", want: digest("eu-west-1", "us-gov-east-1")},
		{name: "a name that ends like backfill", key: d + "main_backfill_us-east-1_20260302T010556Z.json.gz", want: digest("main_backfill", "us-east-1")},
		{name: "backfill", key: d + "main_us-east-1_20260302T010556Z_backfill.json.gz", want: func() Key {
			k := digest("main", "us-east-1")
			k.Class = BackfillDigest
			return k
		}()},
		{name: "prefix and organization", key: "a/b/AWSLogs/o-abcdefghij/111122223333/CloudTrail-Digest/eu-west-1/2026/03/02/111122223333_CloudTrail-Digest_eu-west-1_main_us-east-1_20260302T010556Z.json.gz",
			want: func() Key {
				k := digest("main", "us-east-1")
				k.Prefix, k.Org = "a/b/", "o-abcdefghij"
				return k
			}()},
		{name: "AWSLogs in the prefix", key: "AWSLogs/" + d + "main_us-east-1_20260302T010556Z.json.gz", want: func() Key {
			k := digest("main", "us-east-1")
			k.Prefix = "AWSLogs/"
			return k
		}()},
		{name: "log", key: l + "20260302T0105Z_abcDEF0123456789.json.gz",
			want: Key{Class: LogFile, Account: acc, Folder: "CloudTrail", Region: "eu-west-1", Time: at("2026-03-02T01:05:00Z"), Unique: "abcDEF0123456789"}},
		{name: "Insight log", key: "AWSLogs/111122223333/CloudTrail-Insight/eu-west-1/2026/03/02/111122223333_CloudTrail-Insight_eu-west-1_20260302T0105Z_x.json.gz",
			want: Key{Class: LogFile, Account: acc, Folder: "CloudTrail-Insight", Region: "eu-west-1", Time: at("2026-03-02T01:05:00Z"), Unique: "x"}},

		{name: "nothing", key: "", err: "no AWSLogs folder"},
		{name: "no AWSLogs", key: strings.TrimPrefix(d, "AWSLogs/") + "main_us-east-1_20260302T010556Z.json.gz", err: "no AWSLogs folder"},
		{name: "a folder that ends in AWSLogs", key: "my" + d + "main_us-east-1_20260302T010556Z.json.gz", err: "no AWSLogs folder"},
		{name: "account of 11 digits", key: "AWSLogs/11112222333/CloudTrail/eu-west-1/2026/03/02/x.json.gz", err: "not an account"},
		{name: "organization too short", key: "AWSLogs/o-abc/111122223333/CloudTrail/eu-west-1/2026/03/02/x.json.gz", err: "not an account"},
		{name: "other service", key: "AWSLogs/111122223333/elasticloadbalancing/eu-west-1/2026/03/02/x.json.gz", err: "folder"},
		{name: "no region", key: "AWSLogs/111122223333/CloudTrail/nowhere/2026/03/02/x.json.gz", err: "region"},
		{name: "no day", key: "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/x.json.gz", err: "YYYY/MM/DD"},
		{name: "file of another account", key: strings.Replace(d, "111122223333_", "444455556666_", 1) + "main_us-east-1_20260302T010556Z.json.gz", err: "file name"},
		{name: "file of another region", key: strings.Replace(d, "_eu-west-1_", "_eu-west-2_", 1) + "main_us-east-1_20260302T010556Z.json.gz", err: "file name"},
		{name: "deeper folder", key: d + "main/us-east-1_20260302T010556Z.json.gz", err: "file name"},
		{name: "other suffix", key: d + "main_us-east-1_20260302T010556Z.json", err: "file name"},
		{name: "head and suffix overlap", key: strings.TrimSuffix(d, "_") + ".json.gz", err: "file name"},
		{name: "no trail", key: d + "us-east-1_20260302T010556Z.json.gz", err: "no trail"},
		{name: "empty trail", key: d + "_us-east-1_20260302T010556Z.json.gz", err: "no trail"},
		{name: "no home region", key: d + "main_x_20260302T010556Z.json.gz", err: "home region"},
		{name: "no time", key: d + "main.json.gz", err: "no time"},
		{name: "time without seconds", key: d + "main_us-east-1_20260302T0105Z.json.gz", err: "time"},
		{name: "no such time", key: d + "main_us-east-1_20260302T250556Z.json.gz", err: "time"},
		{name: "time in another day's folder", key: d + "main_us-east-1_20260303T010556Z.json.gz", err: "in the folder of"},
		{name: "time far in the future in today's folder", key: d + "main_us-east-1_20991231T235959Z.json.gz", err: "in the folder of"},
		{name: "log in another day's folder", key: l + "20260303T0105Z_x.json.gz", err: "in the folder of"},
		{name: "log without a unique part", key: l + "20260302T0105Z_.json.gz", err: "unique"},
		{name: "log without a time", key: l + "x.json.gz", err: "unique"},
		{name: "too long", key: strings.Repeat("a", 1000) + "/" + d + "main_us-east-1_20260302T010556Z.json.gz", err: "longer than"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := ParseKey(c.key)
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Fatalf("error %v, want %q", err, c.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if got.Class != LogFile && got.At(got.Time) != c.key {
				t.Errorf("At gives %q", got.At(got.Time))
			}
		})
	}
}

func TestAtIsInUTC(t *testing.T) {
	k := Key{Class: DigestFile, Account: "111122223333", Region: "eu-west-1", Trail: "main", Home: "eu-west-1"}
	got := k.At(time.Date(2026, 3, 2, 0, 30, 0, 0, time.FixedZone("", 3600)))
	if want := "AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2026/03/01/111122223333_CloudTrail-Digest_eu-west-1_main_eu-west-1_20260301T233000Z.json.gz"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// What is parsed as a digest's name is written as the same name.
func FuzzParseKey(f *testing.F) {
	f.Fuzz(func(t *testing.T, name string) {
		k, err := ParseKey(name)
		if err != nil || k.Class == LogFile {
			return
		}
		again := k.At(k.Time)
		if again != name {
			t.Fatalf("%q is written as %q", name, again)
		}
		if got, err := ParseKey(again); err != nil || got != k {
			t.Fatalf("%+v reads back as %+v, %v", k, got, err)
		}
	})
}
