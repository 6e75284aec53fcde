package validate_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/internal/awstest"
	"github.com/trailseal/trailseal/internal/cloud"
	"github.com/trailseal/trailseal/internal/inflate"
	"github.com/trailseal/trailseal/internal/sample"
	"github.com/trailseal/trailseal/internal/validate"
	"github.com/trailseal/trailseal/internal/verdict"
)

// twin is a bucket that the AWS CLI and Trailseal both look at: one account and region, six hours from 00:00.
type twin struct {
	t       *testing.T
	store   *awstest.Memory
	chain   *sample.Chain
	digests []string // keys, in order
	logs    []string
	key     *sample.Key
	fail    func(*http.Request) *awstest.Failure
}

const (
	twinBucket  = "twin-logs"
	twinAccount = "111122223333"
	twinRegion  = "eu-west-1"
)

var twinStart = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

func newTwin(t *testing.T) *twin {
	t.Helper()
	key, err := sample.NewKey(7, "twin", twinStart.AddDate(0, 0, -1), twinStart.AddDate(0, 0, 20))
	if err != nil {
		t.Fatal(err)
	}
	w := &twin{t: t, store: awstest.NewMemory(), key: key}
	w.chain = &sample.Chain{Bucket: twinBucket, Account: twinAccount, Region: twinRegion, Trail: "main", HomeRegion: twinRegion, Key: key, Start: twinStart}
	for range 6 {
		w.hour(2)
	}
	return w
}

// hour adds a digest with some logs.
func (w *twin) hour(logs int) {
	w.t.Helper()
	for i := range logs {
		o, err := w.chain.AddLog(w.chain.HourStart().Add(time.Duration(20*i+20)*time.Minute), []byte(`{"Records":[{"eventVersion":"1.11","eventID":"`+strconv.Itoa(len(w.logs))+`"}]}`))
		w.put(o, err)
		w.logs = append(w.logs, o.Key)
	}
	o, err := w.chain.Close()
	w.put(o, err)
	w.digests = append(w.digests, o.Key)
}

func (w *twin) put(o sample.Object, err error) {
	w.t.Helper()
	if err == nil {
		err = w.store.Put(o.Key, o.Body, o.Metadata)
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *twin) object(key string) awstest.Object {
	w.t.Helper()
	o, err := w.store.Open(key)
	if err != nil {
		w.t.Fatal(err)
	}
	return o
}

// rewrite replaces an object's bytes and keeps its metadata.
func (w *twin) rewrite(key string, change func([]byte) []byte) {
	w.t.Helper()
	o := w.object(key)
	defer o.Body.Close()
	b, err := io.ReadAll(o.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.store.Put(key, change(b), o.Metadata); err != nil {
		w.t.Fatal(err)
	}
}

// content changes what is inside the gzip stream.
func (w *twin) content(key string, change func(string) string) {
	w.rewrite(key, func(b []byte) []byte {
		z, err := gzip.NewReader(bytes.NewReader(b))
		if err != nil {
			w.t.Fatal(err)
		}
		text, err := io.ReadAll(z)
		if err != nil {
			w.t.Fatal(err)
		}
		return packed(w.t, change(string(text)))
	})
}

func packed(t *testing.T, text string) []byte {
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

// told is what either of them says.
type told struct {
	DigestsValid, DigestsInvalid   int // invalid or missing
	BackfillValid, BackfillInvalid int
	LogsValid, LogsInvalid         int
	Exit                           int
}

var cliLine = regexp.MustCompile(`(?m)^(\d+)/(\d+) (digest files|backfill digest files|log files) valid`)

func (w *twin) cli(ctx context.Context, program, url string) (told, string) {
	w.t.Helper()
	cmd := exec.CommandContext(ctx, program, "cloudtrail", "validate-logs", "--trail-arn", "arn:aws:cloudtrail:"+twinRegion+":"+twinAccount+":trail/main",
		"--start-time", twinStart.Format(time.RFC3339), "--end-time", twinStart.Add(12*time.Hour).Format(time.RFC3339), "--region", twinRegion)
	cmd.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+url, "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_MAX_ATTEMPTS=1")
	out, err := cmd.CombinedOutput()
	var got told
	if exit, ok := err.(*exec.ExitError); ok {
		got.Exit = exit.ExitCode()
	} else if err != nil {
		w.t.Fatal(err)
	}
	for _, m := range cliLine.FindAllStringSubmatch(string(out), -1) {
		valid, _ := strconv.Atoi(m[1])
		all, _ := strconv.Atoi(m[2])
		switch m[3] {
		case "digest files":
			got.DigestsValid, got.DigestsInvalid = valid, all-valid
		case "backfill digest files":
			got.BackfillValid, got.BackfillInvalid = valid, all-valid
		default:
			got.LogsValid, got.LogsInvalid = valid, all-valid
		}
	}
	return got, string(out)
}

func (w *twin) ours(ctx context.Context, url string) (told, verdict.Report) {
	w.t.Helper()
	w.t.Setenv("AWS_ACCESS_KEY_ID", "test")
	w.t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	s, err := cloud.Load(ctx, cloud.Options{EndpointURL: url, MaxAttempts: 1})
	if err != nil {
		w.t.Fatal(err)
	}
	b, err := s.Bucket(ctx, twinBucket, "")
	if err != nil {
		w.t.Fatal(err)
	}
	rep, err := validate.Run(ctx, validate.Options{
		Source: b, Name: "s3://" + twinBucket, Bucket: twinBucket, AsOf: twinStart.Add(8 * time.Hour), Ledger: open(w.t), Keys: s,
		Hash: inflate.Hash, Inflate: inflate.Bytes, Now: time.Now, Wait: time.Millisecond, Parallel: 8,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	got := told{
		DigestsValid:    rep.Digests.Valid - rep.Backfill.Valid,
		DigestsInvalid:  rep.Digests.Invalid + rep.Digests.Missing - rep.Backfill.Invalid - rep.Backfill.Missing,
		BackfillValid:   rep.Backfill.Valid,
		BackfillInvalid: rep.Backfill.Invalid + rep.Backfill.Missing,
		LogsValid:       rep.LogFiles.Valid, LogsInvalid: rep.LogFiles.Invalid + rep.LogFiles.Missing + rep.LogFiles.Unlisted,
	}
	switch rep.Result {
	case verdict.Fail:
		got.Exit = 1
	case verdict.Incomplete:
		got.Exit = 2
	}
	return got, rep
}

// The AWS CLI and Trailseal look at the same buckets. Where they differ, we are stricter on purpose, and
// docs/spec/validate.md says why.
func TestDifferential(t *testing.T) {
	program := os.Getenv("TRAILSEAL_AWS_CLI")
	if program == "" {
		t.Skip("TRAILSEAL_AWS_CLI names no AWS CLI")
	}
	same := func(v told) (told, told) { return v, v }
	clean := told{DigestsValid: 6, LogsValid: 12}
	for _, c := range []struct {
		name   string
		change func(*twin)
		want   func() (cli, ours told)
	}{
		{"clean", func(*twin) {}, func() (told, told) { return same(clean) }},
		{"an hour without logs", func(w *twin) { w.hour(0) }, func() (told, told) { return same(told{DigestsValid: 7, LogsValid: 12}) }},
		{"a log changed", func(w *twin) {
			w.content(w.logs[3], func(s string) string { return strings.Replace(s, "1.11", "1.10", 1) })
		}, func() (told, told) { return same(told{DigestsValid: 6, LogsValid: 11, LogsInvalid: 1, Exit: 1}) }},
		{"a log that is no gzip", func(w *twin) { w.rewrite(w.logs[3], func([]byte) []byte { return []byte("forged") }) },
			func() (told, told) { return same(told{DigestsValid: 6, LogsValid: 11, LogsInvalid: 1, Exit: 1}) }},
		{"a log deleted", func(w *twin) { w.store.Delete(w.logs[3]) },
			func() (told, told) { return same(told{DigestsValid: 6, LogsValid: 11, LogsInvalid: 1, Exit: 1}) }},
		{"a digest changed", func(w *twin) {
			w.content(w.digests[2], func(s string) string { return strings.Replace(s, `"oldestEventTime"`, `"oldestEventtime"`, 1) })
		}, func() (told, told) { return same(told{DigestsValid: 5, DigestsInvalid: 1, LogsValid: 10, Exit: 1}) }},
		{"a digest deleted", func(w *twin) { w.store.Delete(w.digests[2]) },
			func() (told, told) { return same(told{DigestsValid: 5, DigestsInvalid: 1, LogsValid: 10, Exit: 1}) }},
		{"the oldest digest deleted", func(w *twin) { w.store.Delete(w.digests[0]) },
			func() (told, told) { return same(told{DigestsValid: 5, DigestsInvalid: 1, LogsValid: 10, Exit: 1}) }},
		{"a digest without its signature", func(w *twin) {
			o := w.object(w.digests[2])
			defer o.Body.Close()
			b, err := io.ReadAll(o.Body)
			w.put(sample.Object{Key: w.digests[2], Body: b, Metadata: map[string]string{"signature-algorithm": "SHA256withRSA"}}, err)
		}, func() (told, told) { return same(told{DigestsValid: 5, DigestsInvalid: 1, LogsValid: 10, Exit: 1}) }},
		{"a digest in the place of another", func(w *twin) {
			o := w.object(w.digests[1])
			defer o.Body.Close()
			b, err := io.ReadAll(o.Body)
			w.put(sample.Object{Key: w.digests[2], Body: b, Metadata: o.Metadata}, err)
		}, func() (told, told) { return same(told{DigestsValid: 5, DigestsInvalid: 1, LogsValid: 10, Exit: 1}) }},
		{"recompressed", func(w *twin) {
			w.content(w.digests[2], func(s string) string { return s })
			w.content(w.logs[2], func(s string) string { return s })
		}, func() (told, told) { return same(clean) }},
		{"a backfill digest", func(w *twin) { w.backfill() },
			func() (told, told) { return same(told{DigestsValid: 6, BackfillValid: 1, LogsValid: 13}) }},

		// Where we are stricter.
		{"every digest deleted", func(w *twin) {
			for _, d := range w.digests {
				w.store.Delete(d)
			}
		}, func() (told, told) { return told{}, told{DigestsInvalid: 6, Exit: 1} }},
		{"two digests in a row deleted", func(w *twin) { w.store.Delete(w.digests[2]); w.store.Delete(w.digests[3]) },
			func() (told, told) {
				return told{DigestsValid: 4, DigestsInvalid: 1, LogsValid: 8, Exit: 1}, told{DigestsValid: 4, DigestsInvalid: 2, LogsValid: 8, Exit: 1}
			}},
		{"the newest digest deleted", func(w *twin) { w.store.Delete(w.digests[5]) },
			func() (told, told) {
				return told{DigestsValid: 5, LogsValid: 10}, told{DigestsValid: 5, DigestsInvalid: 1, LogsValid: 10, Exit: 1}
			}},
		{"a log that no digest lists", func(w *twin) {
			o, err := w.chain.UnlistedLog(twinStart.Add(150*time.Minute), []byte(`{"Records":[]}`))
			w.put(o, err)
		}, func() (told, told) {
			return clean, told{DigestsValid: 6, LogsValid: 12, LogsInvalid: 1, Exit: 1}
		}},
		{"a second gzip member with forged records", func(w *twin) {
			w.rewrite(w.logs[3], func(b []byte) []byte { return append(b, packed(w.t, `{"Records":[{"eventName":"Forged"}]}`)...) })
		}, func() (told, told) {
			return clean, told{DigestsValid: 6, LogsValid: 11, LogsInvalid: 1, Exit: 1}
		}},
		{"bytes after the end of a digest", func(w *twin) { w.rewrite(w.digests[2], func(b []byte) []byte { return append(b, "more"...) }) },
			func() (told, told) {
				return clean, told{DigestsValid: 5, DigestsInvalid: 1, LogsValid: 10, Exit: 1}
			}},
		{"a log without its gzip trailer", func(w *twin) { w.rewrite(w.logs[3], func(b []byte) []byte { return b[:len(b)-8] }) },
			func() (told, told) {
				return clean, told{DigestsValid: 6, LogsValid: 11, LogsInvalid: 1, Exit: 1}
			}},
		{"a signature over SHA-1", func(w *twin) {
			w.chain.Hash = crypto.SHA1
			w.hour(0)
		}, func() (told, told) {
			return told{DigestsValid: 7, LogsValid: 12}, told{DigestsValid: 6, DigestsInvalid: 1, LogsValid: 12, Exit: 1}
		}},
		{"the chain starts anew after two hours", func(w *twin) {
			w.chain.Skip(2)
			w.chain.Restart()
			w.hour(2)
		}, func() (told, told) {
			v := told{DigestsValid: 7, LogsValid: 14}
			strict := v
			strict.Exit = 1
			return v, strict
		}},
		{"an object whose name ends the CLI's listing", func(w *twin) {
			w.put(sample.Object{Key: strings.Replace(w.digests[0], "20260302T010000Z", "zzz", 1), Body: []byte("junk")}, nil)
		}, func() (told, told) { return clean, clean }},
		{"a log that may not be read", func(w *twin) {
			w.fail = func(r *http.Request) *awstest.Failure {
				if strings.HasSuffix(r.URL.Path, w.logs[3]) {
					return &awstest.Failure{Status: 403, Code: "AccessDenied"}
				}
				return nil
			}
		}, func() (told, told) {
			return told{Exit: 255}, told{DigestsValid: 6, LogsValid: 11, Exit: 2}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newTwin(t)
			c.change(w)
			key := awstest.Key{Value: w.key.PublicKey.Value, Fingerprint: w.key.PublicKey.Fingerprint,
				NotBefore: twinStart.AddDate(0, 0, -1), NotAfter: twinStart.AddDate(0, 0, 20)}
			srv := awstest.New(awstest.Options{
				Buckets: map[string]awstest.Backend{twinBucket: w.store}, Keys: map[string][]awstest.Key{"": {key}}, Fail: w.fail,
				Trails: []map[string]any{{"Name": "main", "S3BucketName": twinBucket, "HomeRegion": twinRegion, "IsOrganizationTrail": false,
					"TrailARN": "arn:aws:cloudtrail:" + twinRegion + ":" + twinAccount + ":trail/main"}},
			})
			url, err := srv.Listen("127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer srv.Close()
			wantCLI, wantOurs := c.want()
			gotCLI, out := w.cli(t.Context(), program, url)
			if d := cmp.Diff(wantCLI, gotCLI); d != "" {
				t.Errorf("the AWS CLI says something else (-want +got):\n%s%s", d, out)
			}
			gotOurs, rep := w.ours(t.Context(), url)
			if d := cmp.Diff(wantOurs, gotOurs); d != "" {
				t.Errorf("we say something else (-want +got):\n%sfaults: %+v\ngaps: %+v", d, rep.Faults, rep.Gaps)
			}
		})
	}
}

// backfill adds a log that only a backfill digest lists.
func (w *twin) backfill() {
	c := *w.chain
	late := &sample.Chain{Bucket: c.Bucket, Account: c.Account, Region: c.Region, Trail: c.Trail, HomeRegion: c.HomeRegion, Key: c.Key,
		Start: twinStart.Add(4 * time.Hour), Backfill: 30 * time.Minute}
	o, err := late.AddLog(twinStart.Add(200*time.Minute), []byte(`{"Records":[{"eventName":"Late"}]}`))
	w.put(o, err)
	o, err = late.Close()
	w.put(o, err)
}
