// The table of faults stands in one file, long as it is, so that what is covered can be read in one place.

package validate_test

import (
	"bytes"
	"context"
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/object"
	"github.com/trailseal/trailseal/internal/sample"
	"github.com/trailseal/trailseal/internal/validate"
	"github.com/trailseal/trailseal/internal/verdict"
)

// fault is one change of the clean tree and all that may be said of it.
type fault struct {
	name string
	// change alters a copy of the clean tree; grow, where it is set, builds another tree instead.
	change  func(w *world)
	grow    func(w *world)
	options func(o *validate.Options)
	unread  bool // it is the source that fails, not an object that changes

	result   verdict.Result // empty: fail when want is not empty, else pass
	want     []string       // kind and object of every fault; "e2" is the digest of chain e's hour 2, "e2.0" its first log file
	gaps     []string
	warnings []string // each is a part of one warning; any other warning is an error
	unsealed []string
	check    func(t *testing.T, w *world, rep verdict.Report)
}

// TestFaults: every change is named with the right kind, and no other object is blamed; and a run with the ledger of
// the clean tree says the same as one from nothing.
func TestFaults(t *testing.T) {
	base := clean(t)
	for _, f := range slices.Concat(dropped(), appended(), replaced(), chained(), planted(), backfilled(), bare(), unread(), narrowed()) {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			f.run(t, base)
		})
	}
}

func (f fault) run(t *testing.T, base *world) {
	w := base.clone()
	w.t = t
	if f.grow != nil {
		w = newWorld(t)
		f.grow(w)
	}
	before := base.clone() // tests run at the same time
	if f.unread {
		before = w // what was proven before the source failed stays proven
	}
	if f.change != nil {
		if f.grow != nil && !f.unread {
			before = w.clone()
		}
		f.change(w)
	}
	once := func(w *world, led validate.Ledger, edit func(*validate.Options)) verdict.Report {
		t.Helper()
		o := w.options(led)
		for _, e := range []func(*validate.Options){f.options, edit} {
			if e != nil {
				e(&o)
			}
		}
		clear(w.opened)
		rep, err := validate.Run(t.Context(), o)
		if err != nil && !errors.Is(err, validate.ErrNothing) {
			t.Fatal(err)
		}
		return rep
	}
	rep := once(w, open(t), nil)
	f.compare(t, w, rep)

	// The same after the clean tree, and once more.
	led := open(t)
	once(before, led, nil)
	again := once(w, led, nil)
	if d := cmp.Diff(comparable(rep), comparable(again)); d != "" {
		t.Errorf("with the ledger of the tree before the change (-from nothing +with ledger):\n%s", d)
	}
	third := once(w, led, nil)
	if d := cmp.Diff(comparable(rep), comparable(third)); d != "" {
		t.Errorf("a further run (-from nothing +further):\n%s", d)
	}
	if third.Stats.Objects != 0 {
		t.Errorf("a further run reads %d objects: %v", third.Stats.Objects, slices.Sorted(maps.Keys(w.opened)))
	}
	full := once(w, led, func(o *validate.Options) { o.Full = true })
	if d := cmp.Diff(comparable(rep), comparable(full)); d != "" {
		t.Errorf("a full run (-from nothing +full):\n%s", d)
	}
	if full.Stats.Objects < rep.Digests.Valid+rep.LogFiles.Valid {
		t.Errorf("a full run reads %d objects", full.Stats.Objects)
	}
}

// comparable is a report without what a run cost.
func comparable(rep verdict.Report) verdict.Report {
	rep.Stats = verdict.Stats{}
	return rep
}

func (f fault) compare(t *testing.T, w *world, rep verdict.Report) {
	t.Helper()
	want := f.result
	if want == "" {
		want = verdict.Pass
		if len(f.want) > 0 || len(f.gaps) > 0 {
			want = verdict.Fail
		}
	}
	if rep.Result != want {
		t.Errorf("result %s, want %s", rep.Result, want)
	}
	slices.Sort(f.want)
	if d := cmp.Diff(f.want, w.blamed(rep)); d != "" {
		b, _ := json.MarshalIndent(rep.Faults, "", " ")
		t.Errorf("faults (-want +got):\n%s%s", d, b)
	}
	if got := w.gaps(rep); f.gaps != nil && len(f.gaps)+len(got) > 0 {
		if d := cmp.Diff(f.gaps, got); d != "" {
			t.Errorf("gaps (-want +got):\n%s", d)
		}
	}
	var unsealed []string
	for _, k := range rep.Unsealed {
		unsealed = append(unsealed, w.short(k))
	}
	if d := cmp.Diff(f.unsealed, unsealed); d != "" {
		t.Errorf("unsealed (-want +got):\n%s", d)
	}
	if len(rep.Warnings) != len(f.warnings) {
		t.Errorf("warnings %q, want %q", rep.Warnings, f.warnings)
	}
	for _, part := range f.warnings {
		if !slices.ContainsFunc(rep.Warnings, func(s string) bool { return strings.Contains(s, part) }) {
			t.Errorf("no warning says %q: %q", part, rep.Warnings)
		}
	}
	if n := rep.Digests.Missing; n != count(f.want, "digest_missing ") && f.check == nil {
		t.Errorf("%d digests counted missing, %d named", n, count(f.want, "digest_missing "))
	}
	if f.check != nil {
		f.check(t, w, rep)
	}
	if rep.To.Sub(rep.From) > 100*time.Hour && f.options == nil {
		t.Errorf("the period found is %s to %s", rep.From, rep.To)
	}
}

func count(list []string, prefix string) (n int) {
	for _, s := range list {
		if strings.HasPrefix(s, prefix) {
			n++
		}
	}
	return n
}

func to(end time.Time) func(*validate.Options) { return func(o *validate.Options) { o.To = end } }

func hour(start time.Time, n int) time.Time { return start.Add(time.Duration(n) * time.Hour) }

// dropped: each object alone, runs of digests, side-cars.
func dropped() []fault {
	drop := func(names ...string) func(*world) { return func(w *world) { w.drop(names...) } }
	missing := func(names ...string) (out []string) {
		for _, n := range names {
			out = append(out, "digest_missing "+n)
		}
		return out
	}
	all := []fault{{name: "nothing", change: func(*world) {}, check: func(t *testing.T, _ *world, rep verdict.Report) {
		if rep.Digests.Valid != 2*allHours || rep.LogFiles.Valid != 12 || rep.LogFiles.Pending != 0 {
			t.Errorf("%+v %+v", rep.Digests, rep.LogFiles)
		}
		for _, c := range rep.Coverage {
			if c.Percent != 100 || c.Hours["invalid"]+c.Hours["gap-unexplained"] != 0 || c.Hours["verified"]+c.Hours["verified-empty"] < allHours {
				t.Errorf("coverage of %s: %+v", c.Region, c.Hours)
			}
		}
	}}}
	for _, c := range []string{"e", "u"} {
		for h := range allHours {
			name := fmt.Sprintf("%s%d", c, h)
			want := missing(name)
			if name == "u5" {
				want = nil // nothing proves that it is due: the rest of the tree ends before it
			}
			all = append(all,
				fault{name: "digest " + name, change: drop(name), want: want},
				fault{name: "digest " + name + " with the end named", change: drop(name), want: missing(name), options: to(hour(uStart, allHours))},
			)
			for k := range []int{1, 1, 2, 0}[h%4] {
				log := fmt.Sprintf("%s.%d", name, k)
				all = append(all, fault{name: "log " + log, change: drop(log), want: []string{"log_missing " + log}})
			}
		}
	}
	for _, names := range [][]string{
		{"e0", "e1"}, {"e1", "e2"}, {"e2", "e3"}, {"e3", "e4"}, {"e4", "e5"}, {"e0", "e1", "e2"}, {"e1", "e2", "e3"}, {"e2", "e3", "e4"},
		{"e3", "e4", "e5"}, {"e1", "e4"}, {"e0", "e2", "e5"}, {"e1", "e2", "e3", "e4", "e5"},
	} {
		all = append(all, fault{name: "digests " + strings.Join(names, " "), change: drop(names...), want: missing(names...)})
	}
	return append(all,
		fault{name: "digests u4 u5, of which the rest of the tree proves one", change: drop("u4", "u5"), want: missing("u4")},
		fault{name: "newest digests of both, and their log files speak for them", change: drop("e4", "e5", "u4", "u5"), want: missing("e4")},
		fault{name: "newest digests of both with the end named", change: drop("e5", "u5"), options: to(hour(uStart, allHours)), want: missing("e5", "u5")},
		fault{name: "every digest of a chain", change: drop("e0", "e1", "e2", "e3", "e4", "e5"),
			want: []string{"digest_missing " + "AWSLogs/o-abcdefghij/111122223333/CloudTrail-Digest/eu-west-1/2026/03/02/111122223333_CloudTrail-Digest_eu-west-1_"},
			check: func(t *testing.T, _ *world, rep verdict.Report) {
				if rep.Digests.Missing != 6 || rep.LogFiles.Pending != 6 {
					t.Errorf("%+v %+v", rep.Digests, rep.LogFiles)
				}
			}},
		fault{name: "every digest", change: drop("e0", "e1", "e2", "e3", "e4", "e5", "u0", "u1", "u2", "u3", "u4", "u5"),
			want: []string{"digest_missing AWSLogs/o-abcdefghij/111122223333/CloudTrail-Digest/eu-west-1/2026/03/02/111122223333_CloudTrail-Digest_eu-west-1_",
				"digest_missing AWSLogs/o-abcdefghij/111122223333/CloudTrail-Digest/us-east-1/2026/03/02/111122223333_CloudTrail-Digest_us-east-1_"},
			check: func(*testing.T, *world, verdict.Report) {}},
		fault{name: "everything", change: func(w *world) { clear(w.things) }, result: verdict.Incomplete},
		fault{name: "every log file", change: func(w *world) {
			maps.DeleteFunc(w.things, func(k string, _ thing) bool { return strings.Contains(k, "/CloudTrail/") })
		}, want: []string{"log_missing e0.0", "log_missing e1.0", "log_missing e2.0", "log_missing e2.1", "log_missing e4.0", "log_missing e5.0",
			"log_missing u0.0", "log_missing u1.0", "log_missing u2.0", "log_missing u2.1", "log_missing u4.0", "log_missing u5.0"}},
		fault{name: "a side-car, whose signature the successor records", change: func(w *world) { w.put(w.key("e2"), w.body("e2"), nil) }},
		fault{name: "the newest digest's side-car", change: func(w *world) { w.put(w.key("e5"), w.body("e5"), nil) }, unsealed: []string{"e5"},
			result: verdict.Incomplete, warnings: []string{"prove nothing"}},
		fault{name: "the metadata of an object", change: func(w *world) { w.put(w.key("e2"), w.body("e2"), map[string]string{}) }, want: []string{"signature_missing e2"}},
		fault{name: "the metadata signature-algorithm", change: func(w *world) {
			w.put(w.key("e2"), w.body("e2"), map[string]string{"signature": w.objects["e2"].Metadata["signature"]})
		}, want: []string{"signature_missing e2"}},
		fault{name: "the signature, for another one", change: func(w *world) { w.put(w.key("e2"), w.body("e2"), w.objects["e3"].Metadata) },
			want: []string{"signature_invalid e2"}},
	)
}

// appended bytes, and lengths.
func appended() []fault {
	var all []fault
	for _, name := range []string{"e2", "e5", "e2.0", "u5.0"} {
		kind := "digest_invalid "
		if strings.Contains(name, ".") {
			kind = "log_invalid "
		}
		for _, tail := range []struct {
			name string
			data []byte
		}{
			{"a zero byte", []byte{0}},
			{"512 zero bytes", make([]byte, 512)},
			{"text", []byte("x")},
			{"a second member with forged records", zip([]byte(`{"Records":[{"eventName":"Forged"}]}`))},
			{"an empty second member", zip(nil)},
			{"half a second member", zip([]byte("forged"))[:9]},
			{"the start of a second member", []byte{0x1f, 0x8b}},
		} {
			all = append(all, fault{name: tail.name + " appended to " + name, change: func(w *world) { w.setBody(name, append(bytes.Clone(w.body(name)), tail.data...)) },
				want: []string{kind + name}})
		}
		all = append(all,
			fault{name: "one member split in two in " + name, change: func(w *world) {
				data := unzip(w.t, w.body(name))
				w.setBody(name, append(zip(data[:20]), zip(data[20:])...))
			}, want: []string{kind + name}},
			fault{name: "stored uncompressed: " + name, change: func(w *world) { w.setBody(name, unzip(w.t, w.body(name))) }, want: []string{kind + name}},
			fault{name: "compressed twice: " + name, change: func(w *world) { w.setBody(name, zip(w.body(name))) }, want: []string{kind + name}},
			fault{name: "compressed anew, content unchanged: " + name, change: func(w *world) { w.setBody(name, zip(unzip(w.t, w.body(name)))) }},
		)
	}
	return all
}

// replaced: an object in the place of another.
func replaced() []fault {
	other := func(edit func(c *sample.Chain)) func(w *world) {
		return func(w *world) {
			w.chain("x", edit)
			c := *w.chains["x"]
			for range 3 {
				o, err := c.Close()
				w.must(o, err)
				w.objects[fmt.Sprintf("x%d", c.HourStart().Sub(c.Start)/time.Hour-1)] = o
			}
			w.overwrite("e2", "x2")
		}
	}
	all := []fault{
		{name: "digest by an older one of its chain", change: func(w *world) { w.overwrite("e3", "e2") }, want: []string{"digest_invalid e3"}},
		{name: "digest by a newer one of its chain", change: func(w *world) { w.overwrite("e1", "e4") }, want: []string{"digest_invalid e1"}},
		{name: "oldest digest by another of its chain", change: func(w *world) { w.overwrite("e0", "e4") }, want: []string{"digest_invalid e0"}},
		{name: "newest digest by an older one", change: func(w *world) { w.overwrite("e5", "e4") }, want: []string{"digest_invalid e5"}},
		{name: "two digests by one", change: func(w *world) { w.overwrite("e2", "e1"); w.overwrite("e3", "e1") }, want: []string{"digest_invalid e2", "digest_invalid e3"}},
		{name: "two digests swapped", change: func(w *world) { w.overwrite("e2", "e3"); w.overwrite("e3", "e2") }, want: []string{"digest_invalid e2", "digest_invalid e3"}},
		{name: "digest by one of another region", change: func(w *world) { w.overwrite("e2", "u2") }, want: []string{"digest_invalid e2"}},
		{name: "digest's content but not its metadata", change: func(w *world) { w.setBody("e3", w.body("e2")) }, want: []string{"digest_invalid e3"}},
		{name: "digest by one of another account", change: other(func(c *sample.Chain) { c.Account = "444455556666" }), want: []string{"digest_invalid e2"}},
		{name: "digest by one for another bucket", change: other(func(c *sample.Chain) { c.Bucket = "elsewhere" }), want: []string{"digest_invalid e2"}},
		{name: "digest by one of another trail", change: other(func(c *sample.Chain) { c.Trail = "other" }), want: []string{"digest_invalid e2"}},
		{name: "digest by another version that was signed too", change: func(w *world) {
			c := w.chain("x", func(*sample.Chain) {})
			other := *c
			for h := range 3 {
				if h == 2 {
					// No log files: what the version that successors recorded lists is not vouched for by this one.
					o, err := other.Close()
					w.must(o, err)
					w.put(o.Key, o.Body, o.Metadata)
					w.drop("e2.0", "e2.1")
					return
				}
				o, err := other.AddLog(other.HourStart().Add(12*time.Minute), logBody("e", h, 0))
				w.must(o, err)
				o, err = other.Close()
				w.must(o, err)
			}
		}, want: []string{"chain_broken e2"}},
		{name: "log by another of its chain", change: func(w *world) { w.overwrite("e2.0", "e1.0") }, want: []string{"log_invalid e2.0"}},
		{name: "two logs swapped", change: func(w *world) { w.overwrite("e2.0", "e1.0"); w.overwrite("e1.0", "e2.0") }, want: []string{"log_invalid e1.0", "log_invalid e2.0"}},
		{name: "log by one of another region", change: func(w *world) { w.overwrite("e2.0", "u2.0") }, want: []string{"log_invalid e2.0"}},
		{name: "log by a digest", change: func(w *world) { w.overwrite("e2.0", "e2") }, want: []string{"log_invalid e2.0"}},
		{name: "digest by a log", change: func(w *world) { w.setBody("e2", w.body("e2.0")) }, want: []string{"digest_invalid e2"}},
		{name: "empty log", change: func(w *world) { w.setBody("e2.0", nil) }, want: []string{"log_invalid e2.0"}},
		{name: "log with no records", change: func(w *world) { w.setBody("e2.0", zip([]byte(`{"Records":[]}`))) }, want: []string{"log_invalid e2.0"}},
		{name: "digest written anew by somebody", change: func(w *world) {
			w.setBody("e2", zip(bytes.ReplaceAll(unzip(w.t, w.body("e2")), []byte(`\/`), []byte(`/`))))
		}, want: []string{"signature_invalid e2"}},
	}
	rename := func(name, from, to string) func(w *world) {
		return func(w *world) {
			key := strings.Replace(w.key(name), from, to, 1)
			if key == w.key(name) {
				w.t.Fatal("not renamed")
			}
			w.names[key] = "renamed"
			w.put(key, w.body(name), w.things[w.key(name)].metadata)
			w.drop(name)
		}
	}
	return append(all,
		fault{name: "digest renamed by some minutes", change: rename("e2", "T0305", "T0335"), want: []string{"digest_invalid renamed", "digest_missing e2"}},
		fault{name: "log renamed", change: rename("e2.1", "T0301", "T0231"), want: []string{"log_missing e2.1", "log_unlisted renamed"}},
		fault{name: "digest copied to a second name", change: func(w *world) {
			key := digestKeyOf(w.chains["e"]).At(hour(eStart, 2).Add(30 * time.Minute))
			w.names[key] = "copy"
			w.put(key, w.body("e2"), w.things[w.key("e2")].metadata)
		}, want: []string{"digest_invalid copy"}},
	)
}

// chained: what only somebody with CloudTrail's key could write, or CloudTrail itself.
func chained() []fault {
	rest := func(w *world) { w.hours("u", allHours) }
	e := func(f func(w *world, c *sample.Chain)) func(w *world) {
		return func(w *world) { rest(w); f(w, w.chains["e"]) }
	}
	return []fault{
		{name: "successor skips one", grow: e(func(w *world, c *sample.Chain) {
			w.hours("e", 2)
			fork := *c
			w.hours("e", 1) // e2 comes after e1
			fork.Skip(1)    // and so does e3
			w.chains["e"] = &fork
			w.hours("e", 3)
		}), want: []string{"chain_broken e3"}},
		{name: "two successors of one", grow: e(func(w *world, c *sample.Chain) {
			w.hours("e", 3)
			fork := *c
			w.hours("e", 3)
			fork.Start = fork.Start.Add(30 * time.Minute)
			w.chain("f", func(c *sample.Chain) { c.Start = fork.Start })
			w.must(fork.Close())("f3")
		}), want: []string{"chain_broken e4", "chain_broken f3"}},
		{name: "starts anew without a gap", grow: e(func(w *world, c *sample.Chain) {
			w.hours("e", 3)
			c.Restart()
			w.hours("e", 3)
		}), want: []string{"chain_broken e3"}, gaps: []string{}},
		{name: "starts anew after a gap", grow: e(func(w *world, c *sample.Chain) {
			w.hours("e", 2)
			c.Restart()
			c.Skip(2)
			w.hours("e", 2)
		}), want: []string{"chain_broken e4"}, gaps: []string{"eu-west-1 02:05-04:05"}},
		{name: "starts anew after deleted digests, and log files of that time are there", grow: func(w *world) {
			rest(w)
			w.logs = func(int) int { return 1 }
			w.hours("e", 4)
			w.chains["e"].Restart()
			w.hours("e", 2)
			w.drop("e2", "e3")
		}, want: []string{"chain_broken e4", "digest_missing e2", "digest_missing e3"}},
		{name: "a gap in the chain that links across it", grow: e(func(w *world, c *sample.Chain) {
			w.hours("e", 2)
			c.Skip(2)
			w.hours("e", 2)
		}), gaps: []string{"eu-west-1 02:05-04:05"}},
		{name: "previousDigestHashValue is wrong", change: func(w *world) {
			w.resign("e", 3, 5, func(h int, d map[string]any) {
				if h == 4 {
					d["previousDigestHashValue"] = strings.Repeat("ab", 32)
				}
			})
		}, want: []string{"chain_broken e4"}},
		{name: "previousDigestHashValue is null", change: func(w *world) {
			w.resign("e", 4, 5, func(h int, d map[string]any) {
				if h == 4 {
					d["previousDigestHashValue"] = nil
				}
			})
		}, want: []string{"chain_broken e4"}},
		{name: "previousDigestSignature is wrong", change: func(w *world) {
			w.resign("e", 3, 5, func(h int, d map[string]any) {
				if h == 4 {
					d["previousDigestSignature"] = strings.Repeat("ab", 256)
				}
			})
		}, want: []string{"chain_broken e4"}},
		{name: "previousDigestSignature is null", change: func(w *world) {
			w.resign("e", 4, 5, func(h int, d map[string]any) {
				if h == 4 {
					d["previousDigestSignature"] = nil
				}
			})
		}, want: []string{"chain_broken e4"}},
		{name: "previousDigestSignature is in capitals", change: func(w *world) {
			w.resign("e", 4, 5, func(h int, d map[string]any) {
				d["previousDigestSignature"] = strings.ToUpper(d["previousDigestSignature"].(string))
			})
		}},
		{name: "names a predecessor in another bucket", change: func(w *world) {
			w.resign("e", 4, 5, func(h int, d map[string]any) {
				if h == 4 {
					d["previousDigestS3Bucket"] = "elsewhere"
				}
			})
		}, want: []string{"chain_broken e4"}},
		{name: "the first names a predecessor in another bucket", change: func(w *world) {
			w.resign("e", 0, 5, func(h int, d map[string]any) {
				if h == 0 {
					d["previousDigestS3Bucket"], d["previousDigestS3Object"] = "elsewhere", w.key("e-1")
				}
			})
		}, result: verdict.Pass, want: []string{"chain_broken e0"}},
		{name: "names itself as its predecessor", change: func(w *world) {
			w.resign("e", 5, 5, func(_ int, d map[string]any) { d["previousDigestS3Object"] = w.key("e5") })
		}, want: []string{"chain_broken e5"}},
		{name: "names a younger one as its predecessor", change: func(w *world) {
			w.resign("e", 3, 5, func(h int, d map[string]any) {
				if h == 3 {
					d["previousDigestS3Object"] = w.key("e5")
				}
			})
		}, want: []string{"chain_broken e3"}},
		{name: "signed by a key that nobody knows", grow: e(func(w *world, c *sample.Chain) {
			w.hours("e", 5)
			c.Key = keys().unknown
			w.hours("e", 1)
		}), want: []string{"key_unknown e5"}},
		{name: "signed by a key that could not be looked up", grow: e(func(w *world, c *sample.Chain) {
			w.hours("e", 5)
			c.Key = keys().unknown
			w.hours("e", 1)
		}), options: func(o *validate.Options) {
			ring := *o.Ring
			ring.Unavailable = errors.New("no network")
			o.Ring = &ring
		}, result: verdict.Incomplete, want: []string{"key_unknown e5"}},
		{name: "signed by a key out of its validity", grow: e(func(w *world, c *sample.Chain) {
			w.hours("e", 5)
			c.Key = keys().expired
			w.hours("e", 1)
		}), result: verdict.Pass, want: []string{"key_validity e5"}, check: func(t *testing.T, _ *world, rep verdict.Report) {
			if rep.Digests.Valid != 2*allHours {
				t.Errorf("%+v", rep.Digests)
			}
		}},
		{name: "signed over SHA-1", grow: e(func(w *world, c *sample.Chain) {
			w.hours("e", 5)
			c.Hash = crypto.SHA1
			w.hours("e", 1)
		}), want: []string{"signature_invalid e5"}},
		{name: "metadata names another algorithm", change: func(w *world) {
			m := maps.Clone(w.objects["e2"].Metadata)
			m["signature-algorithm"] = "SHA1withRSA"
			w.put(w.key("e2"), w.body("e2"), m)
		}, want: []string{"signature_invalid e2"}},
		{name: "signature in capitals", change: func(w *world) {
			m := maps.Clone(w.objects["e2"].Metadata)
			m["signature"] = strings.ToUpper(m["signature"])
			w.put(w.key("e2"), w.body("e2"), m)
		}},
		{name: "a log file listed twice", change: func(w *world) {
			w.resign("e", 3, 5, func(h int, d map[string]any) {
				if h == 3 {
					var first map[string]any
					_ = json.Unmarshal(unzip(w.t, w.body("e2")), &first)
					d["logFiles"] = first["logFiles"]
				}
			})
		}, check: func(t *testing.T, _ *world, rep verdict.Report) {
			if rep.LogFiles.Valid != 12 {
				t.Errorf("%+v", rep.LogFiles)
			}
		}},
		{name: "a log file listed with another hash", change: func(w *world) {
			w.resign("e", 4, 5, func(h int, d map[string]any) {
				if h == 4 {
					d["logFiles"].([]any)[0].(map[string]any)["hashValue"] = strings.Repeat("ab", 32)
				}
			})
		}, want: []string{"log_invalid e4.0"}},
		{name: "a log file listed in another bucket", change: func(w *world) {
			w.resign("e", 4, 5, func(h int, d map[string]any) {
				if h == 4 {
					d["logFiles"].([]any)[0].(map[string]any)["s3Bucket"] = "elsewhere"
				}
			})
		}, want: []string{"log_unlisted e4.0", "unreadable e4.0"}},
		{name: "logFiles is missing", change: func(w *world) {
			w.resign("e", 5, 5, func(_ int, d map[string]any) { delete(d, "logFiles") })
		}, want: []string{"digest_invalid e5"}},
	}
}

// planted: objects that CloudTrail did not write.
func planted() []fault {
	plant := func(name, key string, body []byte) func(w *world) {
		return func(w *world) {
			w.names[key] = name
			w.put(key, body, map[string]string{})
		}
	}
	log := func(name string, at time.Time) func(w *world) {
		return func(w *world) {
			o, err := w.chains["e"].UnlistedLog(at, []byte(`{"Records":[{"eventName":"Planted","at":"`+at.String()+`"}]}`))
			w.must(o, err)(name)
		}
	}
	const e, logs = "AWSLogs/o-abcdefghij/111122223333/CloudTrail-Digest/eu-west-1/", "AWSLogs/o-abcdefghij/111122223333/CloudTrail/eu-west-1/"
	garbage := zip([]byte("garbage"))
	pending := func(n int) func(t *testing.T, _ *world, rep verdict.Report) {
		return func(t *testing.T, _ *world, rep verdict.Report) {
			if rep.LogFiles.Pending != n || rep.LogFiles.Unlisted != 0 {
				t.Errorf("%+v", rep.LogFiles)
			}
		}
	}
	return []fault{
		{name: "log in a covered hour", change: log("planted", hour(eStart, 3).Add(30*time.Minute)), want: []string{"log_unlisted planted"}},
		{name: "log in an hour without logs", change: log("planted", hour(eStart, 3)), want: []string{"log_unlisted planted"}},
		{name: "log at the newest edge", change: log("planted", hour(eStart, 6).Add(-5*time.Minute)), check: pending(1)},
		{name: "log just after the newest digest", change: log("planted", hour(eStart, 6).Add(20*time.Minute)), check: pending(1)},
		{name: "log three hours after the newest digest", change: log("planted", hour(eStart, 9).Add(20*time.Minute)), check: pending(1)},
		{name: "log weeks after the newest digest", change: log("planted", midnight.AddDate(0, 0, 20)), check: pending(1)},
		{name: "two logs in the far future", change: func(w *world) {
			log("planted", midnight.AddDate(70, 0, 0))(w)
			log("planted2", midnight.AddDate(70, 0, 1))(w)
		}, check: pending(2)},
		{name: "log before the chain began", change: log("planted", eStart.Add(-3*time.Hour)), check: pending(1),
			warnings: []string{"before the first digest"}},
		{name: "log with a name of its own in a covered hour", change: plant("planted", logs+"2026/03/02/111122223333_CloudTrail_eu-west-1_20260302T0235Z_x.json.gz", garbage),
			want: []string{"log_unlisted planted"}},
		{name: "odd names", change: func(w *world) {
			for _, k := range []string{
				e + "2026/03/02/notes.txt", e + "2026/03/02/", e + "zzz", e + "2026/03/02/111122223333_CloudTrail-Digest_eu-west-1_main_eu-west-1_20260303T030556Z.json.gz",
				e + "2026/03/02/111122223333_CloudTrail-Digest_eu-west-1_main_eu-west-1_99999999T999999Z.json.gz", e + "2026/03/02/444455556666_CloudTrail-Digest_eu-west-1_main_eu-west-1_20260302T030556Z.json.gz",
				e + "2026/03/00/0.json.gz", e + "0", logs + "0", logs + "2026/03/02/x.json.gz", logs + "~", logs + "2026/03/02/111122223333_CloudTrail_eu-west-1_20260302T0235Z_x.json",
			} {
				w.put(k, []byte("x"), map[string]string{})
			}
			w.put(e+"2026/03/02/", nil, map[string]string{})
		}, warnings: []string{"names are not CloudTrail's"}},
		{name: "junk digest far in the future", change: plant("junk", e+"2099/12/31/111122223333_CloudTrail-Digest_eu-west-1_main_eu-west-1_20991231T235959Z.json.gz", garbage),
			want: []string{"digest_invalid junk"}},
		{name: "junk digest long ago", change: plant("junk", e+"1999/12/31/111122223333_CloudTrail-Digest_eu-west-1_main_eu-west-1_19991231T235959Z.json.gz", garbage),
			want: []string{"digest_invalid junk"}},
		{name: "junk digest between two", change: plant("junk", e+"2026/03/02/111122223333_CloudTrail-Digest_eu-west-1_main_eu-west-1_20260302T033000Z.json.gz", garbage),
			want: []string{"digest_invalid junk"}},
		{name: "junk backfill digest far in the future", change: plant("junk", e+"2099/12/31/111122223333_CloudTrail-Digest_eu-west-1_main_eu-west-1_20991231T235959Z_backfill.json.gz", garbage),
			want: []string{"digest_invalid junk"}},
		{name: "replayed digest far in the future", change: func(w *world) {
			plant("junk", e+"2099/12/31/111122223333_CloudTrail-Digest_eu-west-1_main_eu-west-1_20991231T235959Z.json.gz", w.body("e2"))(w)
		}, want: []string{"digest_invalid junk"}},
		{name: "the prefix changed midway", grow: func(w *world) {
			w.hours("u", allHours)
			w.hours("e", 3)
			w.chains["e"].Prefix = "new"
			w.hours("e", 3)
		}, check: func(t *testing.T, _ *world, rep verdict.Report) {
			if rep.Digests.Valid != 2*allHours || len(rep.Chains) != 2 {
				t.Errorf("%+v %+v", rep.Digests, rep.Chains)
			}
		}},
		{name: "the prefix changed midway and a digest of the old one is gone", grow: func(w *world) {
			w.hours("u", allHours)
			w.hours("e", 3)
			w.chains["e"].Prefix = "new"
			w.hours("e", 3)
		}, change: func(w *world) { w.drop("e2"); w.drop("e4") }, want: []string{"digest_missing e2", "digest_missing e4"}},
		{name: "a trail whose name goes on like the other's", grow: func(w *world) {
			w.hours("e", allHours)
			w.hours("u", allHours)
			w.chain("x", func(c *sample.Chain) { c.Trail = "main_eu-west-1_x"; c.Start = eStart.Add(10 * time.Minute) })
			w.logs = func(int) int { return 0 }
			w.hours("x", allHours)
		}, change: func(w *world) { w.drop("e2", "x3") }, want: []string{"digest_missing e2", "digest_missing x3"}},
		{name: "two trails in one bucket", grow: func(w *world) {
			w.hours("e", allHours)
			w.hours("u", allHours)
			w.chain("x", func(c *sample.Chain) { c.Trail = "second"; c.Start = eStart.Add(10 * time.Minute) })
			w.hours("x", allHours)
		}, change: func(w *world) { w.drop("x1.0"); w.setBody("x3", garbage) }, want: []string{"digest_invalid x3", "log_missing x1.0"}},
		{name: "one of two trails asked for", grow: func(w *world) {
			w.hours("e", allHours)
			w.hours("u", allHours)
			w.chain("x", func(c *sample.Chain) { c.Trail = "second"; c.Start = eStart.Add(10 * time.Minute) })
			w.hours("x", allHours)
		}, change: func(w *world) { w.drop("x1.0"); w.setBody("x3", garbage); w.drop("e2.0") },
			options: func(o *validate.Options) { o.Trails = []string{"main"} }, want: []string{"log_missing e2.0"}},
	}
}

// backfilled: chains of backfill digests.
func backfilled() []fault {
	grow := func(w *world) {
		w.hours("e", allHours)
		w.hours("u", allHours)
		w.chain("b", func(c *sample.Chain) { c.Backfill = 5 * time.Hour; c.Start = eStart })
		w.logs = func(int) int { return 1 }
		w.chains["b"].Skip(1)
		w.hours("b", 1) // b1
		w.chains["b"].Skip(1)
		w.hours("b", 2) // b3, b4
	}
	return []fault{
		{name: "backfill", grow: grow, check: func(t *testing.T, _ *world, rep verdict.Report) {
			if rep.Backfill.Valid != 3 || rep.Digests.Valid != 2*allHours+3 || rep.LogFiles.Valid != 15 {
				t.Errorf("%+v %+v", rep.Backfill, rep.LogFiles)
			}
		}},
		{name: "log listed by backfill only, gone", grow: grow, change: func(w *world) { w.drop("b3.0") }, want: []string{"log_missing b3.0"}},
		{name: "log listed by backfill only, changed", grow: grow, change: func(w *world) { w.setBody("b3.0", zip(nil)) }, want: []string{"log_invalid b3.0"}},
		{name: "backfill digest gone", grow: grow, change: func(w *world) { w.drop("b3") }, want: []string{"digest_missing b3"}},
		{name: "first backfill digest gone", grow: grow, change: func(w *world) { w.drop("b1") }, want: []string{"digest_missing b1"}},
		{name: "backfill digest replaced by garbage", grow: grow, change: func(w *world) { w.setBody("b3", []byte("garbage")) }, want: []string{"digest_invalid b3"}},
		{name: "newest backfill digest replaced by garbage", grow: grow, change: func(w *world) { w.setBody("b4", []byte("garbage")) }, want: []string{"digest_invalid b4"}},
		{name: "backfill digest replayed", grow: grow, change: func(w *world) { w.overwrite("b3", "b1") }, want: []string{"digest_invalid b3"}},
		{name: "backfill digest altered", grow: grow, change: func(w *world) {
			w.setBody("b3", zip(bytes.Replace(unzip(w.t, w.body("b3")), []byte("2026-03-02T03:10"), []byte("2026-03-02T03:11"), 1)))
		}, want: []string{"signature_invalid b3"}},
		{name: "backfill digest without its timestamp", grow: grow, change: func(w *world) {
			m := maps.Clone(w.objects["b3"].Metadata)
			delete(m, "backfill-generation-timestamp")
			w.put(w.key("b3"), w.body("b3"), m)
		}, want: []string{"digest_invalid b3"}},
		{name: "log that neither lists", grow: grow, change: func(w *world) {
			w.must(w.chains["e"].UnlistedLog(hour(eStart, 3).Add(20*time.Minute), []byte("planted")))("planted")
		}, want: []string{"log_unlisted planted"}},
	}
}

// bare: no side-cars at all.
func bare() []fault {
	strip := func(then func(w *world)) func(w *world) {
		return func(w *world) { then(w); w.noSidecars() }
	}
	tamper := func(name string) func(w *world) {
		return strip(func(w *world) {
			w.setBody(name, zip(bytes.Replace(unzip(w.t, w.body(name)), []byte(`"digestStartTime":"2026-03-02T0`), []byte(`"digestStartTime":"2026-03-02T1`), 1)))
		})
	}
	newest := []string{"e5", "u5"}
	return []fault{
		{name: "no side-cars", change: strip(func(*world) {}), unsealed: newest, check: func(t *testing.T, _ *world, rep verdict.Report) {
			if rep.Digests != (verdict.DigestCounts{Valid: 10, Unsealed: 2}) || rep.LogFiles.Valid != 10 || rep.LogFiles.Pending != 2 {
				t.Errorf("%+v %+v", rep.Digests, rep.LogFiles)
			}
		}},
		{name: "no side-cars, digest gone", change: strip(func(w *world) { w.drop("e2") }), unsealed: []string{"e1", "e5", "u5"}, want: []string{"digest_missing e2"}},
		{name: "no side-cars, log gone", change: strip(func(w *world) { w.drop("e2.0") }), unsealed: newest, want: []string{"log_missing e2.0"}},
		{name: "no side-cars, log changed", change: strip(func(w *world) { w.setBody("e2.0", zip(nil)) }), unsealed: newest, want: []string{"log_invalid e2.0"}},
		{name: "no side-cars, log changed that the newest digest lists", change: strip(func(w *world) { w.setBody("e5.0", zip(nil)) }), unsealed: newest, want: []string{"log_invalid e5.0"}},
		{name: "no side-cars, garbage", change: strip(func(w *world) { w.setBody("e3", []byte("garbage")) }), unsealed: []string{"e2", "e5", "u5"}, want: []string{"digest_invalid e3"}},
		{name: "no side-cars, replayed", change: strip(func(w *world) { w.overwrite("e3", "e1") }), unsealed: []string{"e2", "e5", "u5"}, want: []string{"digest_invalid e3"}},
		{name: "no side-cars, start of a digest altered", change: strip(func(w *world) {
			w.setBody("e3", zip(bytes.Replace(unzip(w.t, w.body("e3")), []byte(`"digestStartTime":"2026-03-02T03:05:56`), []byte(`"digestStartTime":"2026-03-02T03:04:56`), 1)))
		}), unsealed: newest, want: []string{"signature_invalid e3"}},
		{name: "no side-cars, recorded signature altered", change: strip(func(w *world) {
			sig := []byte(w.objects["e2"].Metadata["signature"])
			bad := bytes.Clone(sig)
			bad[100] = "fedcba9876543210"[strings.IndexByte("0123456789abcdef", bad[100])]
			w.setBody("e3", zip(bytes.Replace(unzip(w.t, w.body("e3")), sig, bad, 1)))
		}), unsealed: []string{"e2", "e5", "u5"}, want: []string{"signature_invalid e3"}},
		{name: "no side-cars, a digest ends before it starts", change: tamper("e1"), unsealed: []string{"e0", "e5", "u5"}, want: []string{"digest_invalid e1"}},
		{name: "no side-cars, log planted", change: strip(func(w *world) {
			w.must(w.chains["e"].UnlistedLog(hour(eStart, 2).Add(20*time.Minute), []byte("planted")))("planted")
		}), unsealed: newest, want: []string{"log_unlisted planted"}},
		{name: "no side-cars, log planted in the hour of the newest digest", change: strip(func(w *world) {
			w.must(w.chains["e"].UnlistedLog(hour(eStart, 5).Add(20*time.Minute), []byte("planted")))("planted")
		}), unsealed: newest, check: func(t *testing.T, _ *world, rep verdict.Report) {
			if rep.LogFiles.Pending != 3 {
				t.Errorf("%+v", rep.LogFiles)
			}
		}},
	}
}

// unread: the source fails.
func unread() []fault {
	reset := errors.New("connection reset by peer")
	breaks := func(name string, list ...failure) func(w *world) {
		return func(w *world) { w.broken[w.key(name)] = list }
	}
	once := func(f failure) []failure { return []failure{f, {}, {}, {}, {}, {}, {}, {}, {}, {}} }
	denied, archived := fmt.Errorf("get: %w", object.ErrDenied), fmt.Errorf("get: %w", object.ErrArchived)
	var all []fault
	for _, name := range []string{"e0", "e2", "e5", "e2.0", "u5.0"} {
		bad := []string{"unreadable " + name}
		all = append(all,
			fault{name: name + " throttled once", change: breaks(name, once(failure{open: reset})...)},
			fault{name: name + " body dropped once", change: breaks(name, once(failure{body: io.ErrUnexpectedEOF})...)},
			fault{name: name + " fails always", change: breaks(name, failure{open: reset}), result: verdict.Incomplete, want: bad},
			fault{name: name + " body dropped always", change: breaks(name, failure{body: io.ErrUnexpectedEOF}), result: verdict.Incomplete, want: bad},
			fault{name: name + " body reset always", change: breaks(name, failure{body: reset}), result: verdict.Incomplete, want: bad},
			fault{name: name + " denied", change: breaks(name, failure{open: denied}), result: verdict.Incomplete, want: bad},
			fault{name: name + " archived", change: breaks(name, failure{open: archived}), result: verdict.Incomplete, want: bad},
			fault{name: name + " archived, and another object is gone", change: func(w *world) { breaks(name, failure{open: archived})(w); w.drop("u2.0") },
				result: verdict.Fail, want: append([]string{"log_missing u2.0"}, bad...)},
		)
	}
	hide := func(prefix string) func(w *world) {
		return func(w *world) { w.hidden[prefix] = reset }
	}
	const account = "AWSLogs/o-abcdefghij/111122223333/"
	none := func(t *testing.T, _ *world, rep verdict.Report) {
		if rep.Digests.Missing+rep.Digests.Invalid+rep.LogFiles.Missing+rep.LogFiles.Invalid != 0 {
			t.Errorf("%+v %+v", rep.Digests, rep.LogFiles)
		}
	}
	all = append(all,
		fault{name: "one digest is not listed", change: func(w *world) { hide(w.key("e2"))(w) }, result: verdict.Incomplete, want: []string{"unreadable e2"}, check: none},
		fault{name: "one log is not listed", change: func(w *world) { hide(w.key("e2.0"))(w) }, result: verdict.Incomplete, want: []string{"unreadable e2.0"}, check: none},
		fault{name: "the digests of a day are not listed", change: hide(account + "CloudTrail-Digest/eu-west-1/2026/03/02/"), result: verdict.Incomplete,
			want: []string{"unreadable " + account + "CloudTrail-Digest/eu-west-1/2026/03/02/"}, check: none},
		fault{name: "the logs of a region are not listed", change: hide(account + "CloudTrail/eu-west-1/"), result: verdict.Incomplete,
			want: []string{"unreadable " + account + "CloudTrail/eu-west-1/"}, check: none},
		fault{name: "the newest digests are not listed and the end is named", options: to(hour(uStart, allHours)), change: func(w *world) {
			w.hidden[strings.TrimSuffix(w.key("e5"), "60556Z.json.gz")] = reset
		}, result: verdict.Incomplete, want: []string{"unreadable " + account + "CloudTrail-Digest/eu-west-1/2026/03/02/111122223333_CloudTrail-Digest_eu-west-1_main_eu-west-1_20260302T0"}, check: none},
	)
	for i := range all {
		all[i].unread = true
	}
	return all
}

// narrowed: a part of the tree is asked about.
func narrowed() []fault {
	period := func(from, to time.Time) func(*validate.Options) {
		return func(o *validate.Options) { o.From, o.To = from, to }
	}
	e := func(from, to time.Time) func(*validate.Options) {
		return func(o *validate.Options) { o.From, o.To, o.Regions = from, to, []string{"eu-west-1"} }
	}
	digests := func(n int) func(t *testing.T, w *world, rep verdict.Report) {
		return func(t *testing.T, _ *world, rep verdict.Report) {
			if rep.Digests.Valid != n {
				t.Errorf("%+v", rep.Digests)
			}
		}
	}
	drop := func(names ...string) func(*world) { return func(w *world) { w.drop(names...) } }
	explained := func(from, to time.Time) func(*validate.Options) {
		return func(o *validate.Options) {
			o.Ledger = explaining{o.Ledger, []integrity.Explanation{{Span: integrity.Span{From: from, To: to}, Reason: "maintenance", Reviewer: "auditor"}}}
		}
	}
	stop := func(w *world) {
		w.hours("u", allHours)
		w.hours("e", 2)
		w.chains["e"].Restart()
		w.chains["e"].Skip(2)
		w.hours("e", 2)
	}
	return []fault{
		{name: "exactly the digests there are", change: func(*world) {}, options: e(eStart, hour(eStart, allHours)), check: digests(6)},
		{name: "a second more at the end", change: func(*world) {}, options: e(eStart, hour(eStart, allHours).Add(time.Second)), check: digests(6)},
		{name: "two hours in the middle", change: func(*world) {}, options: e(hour(eStart, 2), hour(eStart, 4)), check: digests(2)},
		{name: "from one hour's middle to another's", change: func(*world) {}, options: e(hour(eStart, 2).Add(30*time.Minute), hour(eStart, 4).Add(30*time.Minute)), check: digests(3)},
		{name: "an hour more at the end", change: func(*world) {}, options: e(eStart, hour(eStart, allHours+1)), want: []string{"digest_missing e6"}},
		{name: "three hours more at the end", change: func(*world) {}, options: e(eStart, hour(eStart, allHours+3)), want: []string{"digest_missing e6", "digest_missing e7", "digest_missing e8"}},
		{name: "before the chain began", change: func(*world) {}, options: e(hour(eStart, -4), hour(eStart, 3)), gaps: []string{"eu-west-1 20:05-00:05"}},
		{name: "first digest asked for is gone", change: drop("e2"), options: e(hour(eStart, 2), hour(eStart, 6)), want: []string{"digest_missing e2"}},
		{name: "first digests asked for and all before are gone", change: drop("e0", "e1", "e2", "e3"), options: e(hour(eStart, 2), hour(eStart, 6)),
			want: []string{"digest_missing e2", "digest_missing e3"}},
		{name: "the head is gone", change: drop("e0", "e1"), options: e(eStart, hour(eStart, 6)), want: []string{"digest_missing e0", "digest_missing e1"}},
		{name: "last digest asked for is gone", change: drop("e3"), options: e(eStart, hour(eStart, 4)), want: []string{"digest_missing e3"}},
		{name: "the tail is gone", change: drop("e4", "e5"), options: e(eStart, hour(eStart, 6)), want: []string{"digest_missing e4", "digest_missing e5"}},
		{name: "the tail is gone but for garbage in it", change: func(w *world) { w.drop("e3", "e5"); w.setBody("e4", []byte("garbage")) },
			options: e(eStart, hour(eStart, 6)), want: []string{"digest_invalid e4", "digest_missing e3", "digest_missing e5"}},
		{name: "gone outside the period", change: drop("e0", "e5", "e1.0"), options: e(hour(eStart, 2), hour(eStart, 4)), check: digests(2)},
		{name: "changed outside the period", change: func(w *world) { w.setBody("e0", nil); w.setBody("e5", nil); w.setBody("e1.0", nil) },
			options: e(hour(eStart, 2), hour(eStart, 4)), check: digests(2)},
		{name: "both regions", change: drop("e3", "u1.0"), options: period(hour(uStart, 1), hour(uStart, 5)), want: []string{"digest_missing e3", "log_missing u1.0"}},
		{name: "nothing in the period", change: func(*world) {}, options: e(hour(eStart, 100), hour(eStart, 102)), result: verdict.Incomplete},
		{name: "a stop explained", grow: stop, options: explained(hour(eStart, 1), hour(eStart, 5)), result: verdict.Pass, gaps: []string{"eu-west-1 02:05-04:05 explained"}},
		{name: "a stop explained in part", grow: stop, options: explained(hour(eStart, 3), hour(eStart, 5)), want: []string{"chain_broken e4"}, gaps: []string{"eu-west-1 02:05-04:05"}},
		{name: "deleted digests explained", change: drop("e2", "e3"), options: explained(hour(eStart, 1), hour(eStart, 5)), want: []string{"digest_missing e2", "digest_missing e3"}},
	}
}

// explaining is a ledger in which a person has explained gaps.
type explaining struct {
	validate.Ledger
	all []integrity.Explanation
}

func (e explaining) Explanations(context.Context) ([]integrity.Explanation, error) { return e.all, nil }
