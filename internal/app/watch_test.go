package app

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/trailseal/trailseal/internal/config"
	"github.com/trailseal/trailseal/internal/finding"
	"github.com/trailseal/trailseal/internal/follow"
)

const stopped = `{"Records":[{"eventVersion":"1.11","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/mo","accountId":"111122223333","userName":"mo"},` +
	`"eventTime":"2026-03-02T12:00:00Z","eventSource":"cloudtrail.amazonaws.com","eventName":"StopLogging","awsRegion":"us-east-1","eventID":"e-stop","eventType":"AwsApiCall","recipientAccountId":"111122223333"}]}`

func newTestWatcher(t *testing.T) *watcher {
	t.Helper()
	now := time.Date(2026, 3, 2, 12, 10, 0, 0, time.UTC)
	a := New(Config{Home: t.TempDir(), Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler)})
	w, err := a.newWatcher(t.Context(), WatchRequest{Alerts: config.Alerts{}}, func(finding.Alert) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.close)
	return w
}

// streamed is a log file that is read as a stream, and what each of its readings gives.
func streamed(sum string, readings ...string) follow.File {
	f := follow.File{}
	f.Info.Key = "AWSLogs/111122223333/CloudTrail/us-east-1/2026/03/02/large.json.gz"
	f.SHA256 = sha256.Sum256([]byte(sum))
	f.Open = func(context.Context) (io.ReadCloser, error) {
		text := readings[0]
		readings = readings[1:]
		return io.NopCloser(strings.NewReader(text)), nil
	}
	return f
}

func TestALargeFileIsFoundIn(t *testing.T) {
	w := newTestWatcher(t)
	found, err := w.file(t.Context(), streamed(stopped, stopped, stopped))
	if err != nil || len(found) != 1 || found[0].Match.Detection != "cis-cloudtrail-changes" {
		t.Fatalf("%v, %v", found, err)
	}
	if e := found[0].Match.Event; e.State != "pending" || len(e.SHA256) != 64 || e.ID != "e-stop" {
		t.Errorf("the event is %+v", e)
	}
}

func TestAFileThatChangesWhileItIsReadIsNotTakenForTheOneThatADigestLists(t *testing.T) {
	other := strings.Replace(stopped, "StopLogging", "ListTrails!", 1)
	for name, f := range map[string]follow.File{
		"the first reading":  streamed(stopped, other, stopped),
		"the second reading": streamed(stopped, stopped, other),
		"bytes behind it":    streamed(stopped, stopped, stopped+"\n"),
	} {
		if found, err := newTestWatcher(t).file(t.Context(), f); err == nil || !strings.Contains(err.Error(), "it changed while it was read") {
			t.Errorf("%s: %d found, %v", name, len(found), err)
		}
	}
}

func TestWhatWasHandedOutBeforeIsLearnedAndNotTold(t *testing.T) {
	w := newTestWatcher(t)
	f := follow.File{Again: true}
	f.Info.Key, f.Data, f.SHA256 = "AWSLogs/a.json.gz", []byte(stopped), sha256.Sum256([]byte(stopped))
	if found, err := w.file(t.Context(), f); err != nil || len(found) != 0 {
		t.Errorf("%d told again, %v", len(found), err)
	}
	f.Changed = true
	if found, err := w.file(t.Context(), f); err != nil || len(found) != 1 {
		t.Errorf("%d found in a file that changed, %v", len(found), err)
	}
}

func TestABatchIsRecordedWithItsPositionAndTwiceChangesNothing(t *testing.T) {
	w := newTestWatcher(t)
	f := follow.File{}
	f.Info.Key, f.Data, f.SHA256 = "AWSLogs/a.json.gz", []byte(stopped), sha256.Sum256([]byte(stopped))
	told := 0
	w.tell = func(finding.Alert) error { told++; return nil }
	for range 2 {
		if err := w.batch(t.Context(), follow.Batch{Files: []follow.File{f}, Position: "here"}, "watch x"); err != nil {
			t.Fatal(err)
		}
	}
	position, err := w.store.Position(t.Context(), "watch x")
	if err != nil || position != "here" || told != 1 || w.done.Opened != 1 {
		t.Errorf("position %q, %v; told %d, opened %d", position, err, told, w.done.Opened)
	}
}

func TestRecordsOnStandardInputAreToldAtOnce(t *testing.T) {
	w := newTestWatcher(t)
	var in bytes.Buffer
	in.WriteString(strings.TrimSuffix(strings.TrimPrefix(stopped, `{"Records":[`), `]}`) + "\nno record\n")
	var got []finding.Alert
	w.tell = func(x finding.Alert) error { got = append(got, x); return nil }
	if err := w.lines(t.Context(), &in); err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || got[0].Verified != finding.Unasked || w.done.Malformed != 1 {
		t.Errorf("%+v, %d malformed", got, w.done.Malformed)
	}
}

// waiting is standard input that nobody writes to.
func waiting(t *testing.T) io.Reader {
	t.Helper()
	r, w := io.Pipe()
	t.Cleanup(func() { w.Close() })
	return r
}

func TestAnInterruptEndsTheWaitForStandardInput(t *testing.T) {
	for name, run := range map[string]func(context.Context) error{
		"watch": func(ctx context.Context) error { return newTestWatcher(t).lines(ctx, waiting(t)) },
		"backtest": func(ctx context.Context) error {
			a := New(Config{Home: t.TempDir(), Now: time.Now, Log: slog.New(slog.DiscardHandler)})
			_, err := a.Backtest(ctx, BacktestRequest{Events: "-", Stdin: waiting(t)}, nil, new(Progress))
			return err
		},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- run(ctx) }()
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("%s ends with %v", name, err)
		}
	}
}
