package ledger

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/verdict"
)

func open(t *testing.T, home string) *Ledger {
	t.Helper()
	l, err := Open(t.Context(), home)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// reopen proves that what is read has been on disk.
func reopen(t *testing.T, l *Ledger) *Ledger {
	t.Helper()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return open(t, filepath.Dir(l.Path()))
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func places(t *testing.T, l *Ledger) (scope, folder int64) {
	t.Helper()
	scope = must[int64](t)(l.Scope(t.Context(), "s3://bucket/", "", "111122223333", "eu-west-1"))
	return scope, must[int64](t)(l.Folder(t.Context(), scope, "AWSLogs/111122223333/CloudTrail/eu-west-1/"))
}

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// digest is one with every field set.
func digest(name string) *verdict.Digest {
	return &verdict.Digest{
		Name: name, Version: "etag/1", Logs: 2, HasMetadata: true, Signature: "00ffab", Algorithm: integrity.Algorithm, Backfill: "yes",
		Link: &integrity.Link{
			Bucket: "bucket", Object: "elsewhere", Start: noon.Add(-time.Hour), End: noon, EndText: "2026-03-02T12:00:00Z", Fingerprint: "fp",
			SHA256: [32]byte{1, 2, 31: 3}, PreviousBucket: "bucket", PreviousObject: "before", PreviousHash: "ab", PreviousSignature: "cdef",
		},
	}
}

func TestDigestsComeBackAsTheyWere(t *testing.T) {
	l := open(t, t.TempDir())
	scope, folder := places(t, l)
	first := digest("first")
	first.Link.NoPreviousSignature, first.Link.PreviousSignature = true, ""
	odd := digest("odd")
	odd.Link.Object, odd.Signature, odd.Link.PreviousSignature, odd.Proven = "odd", "NOT hex", "UPPER-AB", "other"
	proven := digest("proven")
	proven.Proven = proven.Signature
	bare := digest("bare")
	bare.HasMetadata, bare.Signature, bare.Algorithm, bare.Backfill, bare.Link.PreviousSignature = false, "", "", "", ""
	broken := &verdict.Digest{Name: "broken", Version: "v", Problem: "it is no JSON"}
	all := []*verdict.Digest{digest("plain"), first, odd, proven, bare, broken}
	var reads []verdict.Read
	for i, d := range all {
		reads = append(reads, verdict.Read{Digest: d, Claims: []verdict.Claim{{Folder: folder, Name: fmt.Sprint("log", i), SHA256: [32]byte{byte(i)}}}})
	}
	if err := l.SaveDigests(t.Context(), scope, reads); err != nil {
		t.Fatal(err)
	}
	want := map[string]*verdict.Digest{}
	for _, d := range all {
		if d.ID == 0 {
			t.Errorf("%s has no number", d.Name)
		}
		want[d.Name] = d
	}
	l = reopen(t, l)
	if d := cmp.Diff(want, must[map[string]*verdict.Digest](t)(l.Digests(t.Context(), scope))); d != "" {
		t.Error(d)
	}

	// A signature that has been verified since.
	all[0].Proven, first.Proven = all[0].Signature, "another"
	if err := l.SaveProven(t.Context(), []*verdict.Digest{all[0], first}); err != nil {
		t.Fatal(err)
	}
	// A digest that was read again takes the place of the old one, under a new number.
	again := digest("odd")
	again.ID, again.Version = odd.ID, "etag/2"
	if err := l.SaveDigests(t.Context(), scope, []verdict.Read{{Digest: again}}); err != nil {
		t.Fatal(err)
	}
	if again.ID == odd.ID {
		t.Error("the number of a replaced digest is used again: its log files would be taken for the new one's")
	}
	want["odd"] = again
	if d := cmp.Diff(want, must[map[string]*verdict.Digest](t)(l.Digests(t.Context(), scope))); d != "" {
		t.Error(d)
	}
	if other := must[int64](t)(l.Scope(t.Context(), "s3://bucket/", "1", "111122223333", "eu-west-1")); other == scope {
		t.Error("two copies of an account and region share a scope")
	} else if got := must[map[string]*verdict.Digest](t)(l.Digests(t.Context(), other)); len(got) != 0 {
		t.Errorf("a scope has the digests of another: %v", got)
	}
}

func logs(t *testing.T, l *Ledger, folder int64, from, to string) []verdict.Log {
	t.Helper()
	var out []verdict.Log
	for g, err := range l.Logs(t.Context(), folder, from, to) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, g)
	}
	return out
}

func TestLogsComeBackInOrder(t *testing.T) {
	l := open(t, t.TempDir())
	scope, folder := places(t, l)
	d, e := digest("d"), digest("e")
	claim := func(name string, b byte) verdict.Claim {
		return verdict.Claim{Folder: folder, Name: name, SHA256: [32]byte{b}}
	}
	err := l.SaveDigests(t.Context(), scope, []verdict.Read{
		{Digest: d, Claims: []verdict.Claim{claim("2026/03/02/b", 1), claim("2026/03/02/a", 2)}},
		{Digest: e, Claims: []verdict.Claim{claim("2026/03/02/b", 3), claim("2026/03/03/ü", 4)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []verdict.Log{
		{Name: "2026/03/02/a", Digest: d.ID, SHA256: [32]byte{2}},
		{Name: "2026/03/02/b", Digest: d.ID, SHA256: [32]byte{1}},
		{Name: "2026/03/02/b", Digest: e.ID, SHA256: [32]byte{3}},
		{Name: "2026/03/03/ü", Digest: e.ID, SHA256: [32]byte{4}},
	}
	if d := cmp.Diff(want, logs(t, l, folder, "", "")); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(want[3:], logs(t, l, folder, "2026/03/03", "")); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(want[:3], logs(t, l, folder, "", "2026/03/03")); d != "" {
		t.Error(d)
	}
	want[0].Version, want[0].State, want[0].Size = "v1", verdict.LogGood, 17
	want[2].Version, want[2].State, want[2].Problem = "v2", verdict.LogBad, "the hash is another"
	if err := l.SaveLogs(t.Context(), folder, []verdict.Log{want[0], want[2]}); err != nil {
		t.Fatal(err)
	}
	l = reopen(t, l)
	if d := cmp.Diff(want, logs(t, l, folder, "", "")); d != "" {
		t.Error(d)
	}
	for range l.Logs(t.Context(), folder, "", "") {
		break // the rows must be let go of, or the next write waits for ever
	}
	if err := l.SaveLogs(t.Context(), folder, want[:1]); err != nil {
		t.Error(err)
	}
	if d := cmp.Diff(map[string]int64{"AWSLogs/111122223333/CloudTrail/eu-west-1/": folder}, must[map[string]int64](t)(l.Folders(t.Context(), scope))); d != "" {
		t.Error(d)
	}
}

func TestKeysAreKept(t *testing.T) {
	l := open(t, t.TempDir())
	private := must[*rsa.PrivateKey](t)(rsa.GenerateKey(rand.Reader, 2048))
	k := must[integrity.PublicKey](t)(integrity.ParsePublicKey(x509.MarshalPKCS1PublicKey(&private.PublicKey)))
	k.Region, k.NotBefore = "eu-west-1", noon
	if err := errors.Join(l.SaveKeys(t.Context(), "test", []integrity.PublicKey{k}), l.SaveKeys(t.Context(), "test", []integrity.PublicKey{k}), l.SaveKeys(t.Context(), "test", nil)); err != nil {
		t.Fatal(err)
	}
	l = reopen(t, l)
	got := must[[]integrity.PublicKey](t)(l.Keys(t.Context()))
	if d := cmp.Diff([]integrity.PublicKey{k}, got); d != "" {
		t.Error(d)
	}
	if _, err := l.db.Write.ExecContext(t.Context(), "UPDATE public_key SET der = x'00'"); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Keys(t.Context()); !errors.Is(err, ErrDamaged) {
		t.Errorf("a key that is none: %v", err)
	}
}

func TestExplanationsAndRunsAreAppendOnly(t *testing.T) {
	l := open(t, t.TempDir())
	want := []integrity.Explanation{
		{Account: "111122223333", Region: "eu-west-1", Span: integrity.Span{From: noon, To: noon.Add(time.Hour)}, Reason: "rebuilt", Ticket: "SEC-1", Reviewer: "alice"},
		{Span: integrity.Span{From: noon, To: noon.Add(2 * time.Hour)}, Reason: "all of it", Reviewer: "bob"},
	}
	for _, e := range want {
		if err := l.Explain(t.Context(), e, noon); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.SaveRun(t.Context(), verdict.Report{Source: "s", Result: verdict.Fail}, noon, noon); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		"UPDATE explanation SET reason = 'x'", "DELETE FROM explanation", "INSERT OR REPLACE INTO explanation SELECT * FROM explanation WHERE id = 1",
		"UPDATE run SET result = 'pass'", "DELETE FROM run", "INSERT OR REPLACE INTO run SELECT * FROM run",
	} {
		if _, err := l.db.Write.ExecContext(t.Context(), statement); err == nil || !strings.Contains(err.Error(), "append-only") {
			t.Errorf("%s: %v", statement, err)
		}
	}
	l = reopen(t, l)
	if d := cmp.Diff(want, must[[]integrity.Explanation](t)(l.Explanations(t.Context()))); d != "" {
		t.Error(d)
	}
}

// day is one of 24 letters.
func day(hours string) verdict.Coverage {
	d := verdict.Day{Date: noon.Truncate(24 * time.Hour)}
	for i := range d.Hours {
		d.Hours[i] = integrity.State(hours[i])
	}
	return verdict.Coverage{Account: "111122223333", Region: "eu-west-1", Days: []verdict.Day{d}}
}

func TestCoverageOfSeveralRuns(t *testing.T) {
	const before = "VVVVVVEEEEEEGGGGGGIIIIPP"
	at := func(h float64) time.Time {
		return noon.Truncate(24 * time.Hour).Add(time.Duration(h * float64(time.Hour)))
	}
	for name, c := range map[string]struct {
		look      Look
		now, want string
	}{
		"a full look replaces all":              {Look{}, "PPPPPPPPPPPPPPPPPPPPPPPP", "PPPPPPPPPPPPPPPPPPPPPPPP"},
		"a narrow look takes nothing back":      {Look{Narrow: true}, "PP.PPPPPPPPPPPPPPPPPPPPP", before},
		"but finds faults, gaps and proofs":     {Look{Narrow: true}, "IGPPPPPPPPPPVXPPPPPPPPEV", "IGVVVVEEEEEEVXGGGGIIIIEV"},
		"outside the look all stays":            {Look{From: at(2), To: at(4)}, "PPPPPPPPPPPPPPPPPPPPPPPP", "VVPPVVEEEEEEGGGGGGIIIIPP"},
		"hours that are cut in two stay":        {Look{From: at(1.5), To: at(3.5)}, "PPPPPPPPPPPPPPPPPPPPPPPP", "VVPVVVEEEEEEGGGGGGIIIIPP"},
		"only one end":                          {Look{From: at(22)}, "VVVVVVVVVVVVVVVVVVVVVVVV", "VVVVVVEEEEEEGGGGGGIIIIVV"},
		"an explanation shows at the next look": {Look{}, "VVVVVVEEEEEEXXXXXXIIIIPP", "VVVVVVEEEEEEXXXXXXIIIIPP"},
	} {
		l := open(t, t.TempDir())
		if err := l.SaveCoverage(t.Context(), "s3://b/", []verdict.Coverage{day(before)}, Look{}); err != nil {
			t.Fatal(err)
		}
		if err := l.SaveCoverage(t.Context(), "s3://b/", []verdict.Coverage{day(c.now)}, c.look); err != nil {
			t.Fatal(err)
		}
		if err := l.SaveCoverage(t.Context(), "s3://other/", []verdict.Coverage{day(strings.Repeat("V", 24))}, Look{}); err != nil {
			t.Fatal(err)
		}
		_, got, err := l.Coverage(t.Context(), "s3://b/", time.Time{}, time.Time{})
		if d := cmp.Diff([]verdict.Coverage{day(c.want)}, got); d != "" || err != nil {
			t.Errorf("%s: %v\n%s", name, err, d)
		}
	}
}

func TestCoverageIsOfTheLastRun(t *testing.T) {
	l := open(t, t.TempDir())
	source, got, err := l.Coverage(t.Context(), "", time.Time{}, time.Time{})
	if source != "" || got != nil || err != nil {
		t.Errorf("nothing validated: %q, %v, %v", source, got, err)
	}
	for _, uri := range []string{"s3://first/", "s3://last/"} {
		if err := l.SaveCoverage(t.Context(), uri, []verdict.Coverage{day(strings.Repeat("V", 24))}, Look{}); err != nil {
			t.Fatal(err)
		}
		rep := verdict.Report{Source: uri, Result: verdict.Pass, From: noon, To: noon.Add(time.Hour), Faults: []integrity.Fault{{Key: "in no summary"}}}
		if err := l.SaveRun(t.Context(), rep, noon, noon); err != nil {
			t.Fatal(err)
		}
	}
	source, got, err = l.Coverage(t.Context(), "", noon, noon.Add(time.Hour))
	if source != "s3://last/" || len(got) != 1 || err != nil {
		t.Errorf("%q, %v, %v", source, got, err)
	}
	if _, got, _ := l.Coverage(t.Context(), "", noon.AddDate(0, 0, 1), time.Time{}); got != nil {
		t.Errorf("a later day: %v", got)
	}
	var n int
	var summary string
	if err := l.db.Read.QueryRowContext(t.Context(), "SELECT count(*), max(summary) FROM run").Scan(&n, &summary); err != nil || n != 2 || strings.Contains(summary, "in no summary") {
		t.Errorf("%d runs, %v: %s", n, err, summary)
	}
	if _, err := l.db.Write.ExecContext(t.Context(), "UPDATE coverage SET hours = 'VV'"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := l.Coverage(t.Context(), "", time.Time{}, time.Time{}); !errors.Is(err, ErrDamaged) {
		t.Errorf("a day of two hours: %v", err)
	}
}

func TestAWrongFileIsNamedOnce(t *testing.T) {
	home := t.TempDir()
	path := filepath.Join(home, "ledger.db")
	if err := os.WriteFile(path, []byte(strings.Repeat("garbage ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), home)
	if !errors.Is(err, ErrDamaged) || !strings.HasPrefix(fmt.Sprint(err), "open ledger ") || strings.Count(fmt.Sprint(err), "ledger.db") != 1 {
		t.Errorf("%v, want %v", err, ErrDamaged)
	}
}

func TestATableThatIsGoneIsDamage(t *testing.T) {
	l := open(t, t.TempDir())
	if _, err := l.db.Write.ExecContext(t.Context(), "DROP TABLE digest"); err != nil {
		t.Fatal(err)
	}
	l = reopen(t, l)
	if _, err := l.Digests(t.Context(), 1); !errors.Is(err, ErrDamaged) {
		t.Error(err)
	}
}

func TestAFullDiskLosesNothing(t *testing.T) {
	l := open(t, t.TempDir())
	scope, folder := places(t, l)
	if err := l.SaveDigests(t.Context(), scope, []verdict.Read{{Digest: digest("kept")}}); err != nil {
		t.Fatal(err)
	}
	var pages int
	if err := l.db.Write.QueryRowContext(t.Context(), "PRAGMA page_count").Scan(&pages); err != nil {
		t.Fatal(err)
	}
	if _, err := l.db.Write.ExecContext(t.Context(), fmt.Sprintf("PRAGMA max_page_count = %d", pages)); err != nil {
		t.Fatal(err)
	}
	big := verdict.Read{Digest: digest("lost")}
	for i := range 500 {
		big.Claims = append(big.Claims, verdict.Claim{Folder: folder, Name: strings.Repeat(fmt.Sprint(i), 50)})
	}
	if err := l.SaveDigests(t.Context(), scope, []verdict.Read{big}); !errors.Is(err, ErrFull) {
		t.Errorf("%v, want ErrFull", err)
	}
	l = reopen(t, l)
	got := must[map[string]*verdict.Digest](t)(l.Digests(t.Context(), scope))
	if got["kept"] == nil || len(got) != 1 || len(logs(t, l, folder, "", "")) != 0 {
		t.Errorf("after a full disk: %v", got)
	}
}

func TestManyAtOnce(t *testing.T) {
	l := open(t, t.TempDir())
	g, ctx := errgroup.WithContext(t.Context())
	const each = 20
	for w := range 4 {
		g.Go(func() error {
			scope, err := l.Scope(ctx, "s3://bucket/", "", fmt.Sprintf("%012d", w), "eu-west-1")
			if err != nil {
				return err
			}
			folder, err := l.Folder(ctx, scope, "p")
			if err != nil {
				return err
			}
			for i := range each {
				d := digest(fmt.Sprint("d", i))
				if err := l.SaveDigests(ctx, scope, []verdict.Read{{Digest: d, Claims: []verdict.Claim{{Folder: folder, Name: fmt.Sprint(i)}}}}); err != nil {
					return err
				}
				if err := l.SaveLogs(ctx, folder, []verdict.Log{{Name: fmt.Sprint(i), Digest: d.ID, State: verdict.LogGood}}); err != nil {
					return err
				}
				if _, err := l.Digests(ctx, scope); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	for w := range 4 {
		scope := must[int64](t)(l.Scope(t.Context(), "s3://bucket/", "", fmt.Sprintf("%012d", w), "eu-west-1"))
		if got := must[map[string]*verdict.Digest](t)(l.Digests(t.Context(), scope)); len(got) != each {
			t.Errorf("%d: %d digests, want %d", w, len(got), each)
		}
		folder := must[int64](t)(l.Folder(t.Context(), scope, "p"))
		for _, g := range logs(t, l, folder, "", "") {
			if g.State != verdict.LogGood {
				t.Errorf("%d: %q is lost", w, g.Name)
			}
		}
	}
}
