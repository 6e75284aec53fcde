package sinktest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/trailseal/trailseal/internal/notice"
)

// Fault is what a receiver can suffer, or make its client suffer.
type Fault string

// The faults. A receiver that speaks another protocol than HTTP suffers what comes nearest in it.
const (
	Throttle      Fault = "429 with Retry-After in seconds"   // it is asked to take fewer, and says when to come back
	ThrottleUntil Fault = "429 with Retry-After as HTTP date" // the same, as a time
	Broken        Fault = "500"                               // it fails on its own side
	Refuse        Fault = "400 that repeats the request"      // it will refuse the same again
	Hang          Fault = "no answer"
	HangInBody    Fault = "half an answer, then nothing"
	Drop          Fault = "connection cut before the answer"
	Cut           Fault = "connection cut in the answer"
	Slow          Fault = "answer byte by byte" // and takes the notice
	Huge          Fault = "success with a body without end"
	HugeError     Fault = "failure with a body without end"
	Redirect      Fault = "redirect to another host"
)

// RetryAfter is how long a receiver that throttles asks to wait.
const RetryAfter = 90 * time.Second

// Delivery is what a receiver was sent. A receiver that speaks another protocol than HTTP fills what it has.
type Delivery struct {
	Method string
	Target string // of the request line: path and query
	Header http.Header
	Body   []byte
}

// Target is a sink and the receiver that it sends to.
type Target struct {
	Sink notice.Sink
	// Break makes the receiver suffer f from now on; "" heals it.
	Break func(f Fault)
	// Deliveries returns what the receiver was sent so far, taken or not, in order.
	Deliveries func() []Delivery
	// Faults are those that the receiver can suffer.
	Faults []Fault

	strayed func() int // requests that came to another host
	wrote   func() int // bytes of an answer without end
}

// Options say how a sink is made and what its vendor documents. Either New or Start is set.
type Options struct {
	// New makes the sink of an HTTP receiver at url, as in http://127.0.0.1:1234. It sets the secrets in the world, and
	// reads its configuration from a Section.
	New func(t *testing.T, url string, w *World) notice.Sink
	// Accept answers as the vendor does when it takes a notice; nil: status 200 and no body. Only with New.
	Accept func(w http.ResponseWriter, d Delivery)
	// Start makes a sink whose receiver does not speak plain HTTP, with that receiver.
	Start func(t *testing.T, w *World) *Target
	// Check holds what the vendor documents of one delivery against it; n is what was to be told.
	Check func(t *testing.T, n notice.Notice, d Delivery)
	// Silent: the vendor's protocol cannot say how long to wait.
	Silent bool
	// Renews: a permanent refusal is worth another try where a secret, asked for afresh, has changed. A line feed after a
	// secret must not matter.
	Renews bool
	// Requests is how many deliveries one notice makes; 0 is 1.
	Requests int
}

// Run tests the contract.
func Run(t *testing.T, o Options) {
	if o.Requests == 0 {
		o.Requests = 1
	}
	var logged bytes.Buffer
	var mu sync.Mutex
	before := log.Writer()
	log.SetOutput(writer(func(b []byte) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		return logged.Write(b)
	}))
	defer log.SetOutput(before)
	r := runner{Options: o, logged: func() string {
		mu.Lock()
		defer mu.Unlock()
		return logged.String()
	}}
	t.Run("delivers", r.delivers)
	t.Run("delivers the same twice", r.twice)
	t.Run("delivers concurrently", r.concurrently)
	t.Run("cancelled before", r.cancelledBefore)
	t.Run("resolves secrets when it sends", r.secrets)
	if o.Renews {
		t.Run("refused with an old secret", r.renews)
	}
	for _, f := range r.start(t).target.Faults {
		t.Run(string(f), func(t *testing.T) { r.fault(t, f) })
	}
}

type writer func([]byte) (int, error)

func (w writer) Write(b []byte) (int, error) { return w(b) }

type runner struct {
	Options
	logged func() string
}

// run is one sink in its world.
type run struct {
	runner
	world  *World
	target *Target
}

func (r runner) start(t *testing.T) *run {
	w := NewWorld(t)
	if r.Start != nil {
		return &run{r, w, r.Start(t, w)}
	}
	url, target := HTTP(t, r.Accept)
	target.Sink = r.New(t, url, w)
	return &run{r, w, target}
}

// deadline ends a case that hangs.
func deadline(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// send sends, and wants nothing that comes of it to show a secret.
func (r *run) send(ctx context.Context, t *testing.T, n notice.Notice) (notice.Receipt, error) {
	t.Helper()
	receipt, err := r.target.Sink.Send(ctx, n)
	said := fmt.Sprintf("%v %+v %#v %v", receipt, err, err, r.target.Sink)
	for e := err; e != nil; e = errors.Unwrap(e) {
		said += " " + e.Error()
	}
	for place, text := range map[string]string{"error or receipt": said, "log": r.logged(), "standard output": r.world.Stdout()} {
		if s := r.world.shows(text); s != "" {
			t.Errorf("the secret %q shows in the %s: %.2000q", s, place, text)
		}
	}
	if err != nil && len(err.Error()) > 2000 {
		t.Errorf("error of %d bytes", len(err.Error()))
	}
	if err == nil && receipt.Status == "" {
		t.Error("a receipt without status")
	}
	if len(receipt.Status) > 200 || len(receipt.ID) > 200 {
		t.Errorf("receipt of %d and %d bytes", len(receipt.Status), len(receipt.ID))
	}
	if err != nil {
		Shown(t, "error", err.Error())
	}
	Shown(t, "receipt", receipt.Status+receipt.ID)
	return receipt, err
}

func (r runner) delivers(t *testing.T) {
	s := r.start(t)
	for _, c := range Cases() {
		t.Run(c.Name, func(t *testing.T) {
			before := len(s.target.Deliveries())
			if _, err := s.send(deadline(t), t, c.Notice); err != nil {
				t.Fatal(err)
			}
			got := s.target.Deliveries()[before:]
			if len(got) != r.Requests {
				t.Fatalf("%d deliveries, want %d", len(got), r.Requests)
			}
			for _, d := range got {
				if r.Check != nil {
					r.Check(t, c.Notice, d)
				}
			}
		})
	}
}

// twice wants what a receiver is sent to depend on the notice only, so that it can know the second one.
func (r runner) twice(t *testing.T) {
	s := r.start(t)
	for range 2 {
		if _, err := s.send(deadline(t), t, Ordinary(notice.Opened)); err != nil {
			t.Fatal(err)
		}
	}
	got := s.target.Deliveries()
	if len(got) != 2*r.Requests {
		t.Fatalf("%d deliveries, want %d", len(got), 2*r.Requests)
	}
	for i := range r.Requests {
		if a, b := got[i].Body, got[r.Requests+i].Body; r.Start == nil && !bytes.Equal(a, b) {
			t.Errorf("the second body differs:\n%s\n%s", a, b)
		}
	}
}

func (r runner) concurrently(t *testing.T) {
	s := r.start(t)
	all := Cases()[:36]
	g, ctx := errgroup.WithContext(deadline(t))
	g.SetLimit(8)
	for _, c := range all {
		g.Go(func() error {
			_, err := s.target.Sink.Send(ctx, c.Notice)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	if got, want := len(s.target.Deliveries()), len(all)*r.Requests; got != want {
		t.Errorf("%d deliveries, want %d", got, want)
	}
}

func (r runner) cancelledBefore(t *testing.T) {
	s := r.start(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.send(ctx, t, Ordinary(notice.Opened))
	if !errors.Is(err, context.Canceled) || notice.IsPermanent(err) {
		t.Errorf("error %v, want context.Canceled, worth another try", err)
	}
	if got := s.target.Deliveries(); len(got) != 0 {
		t.Errorf("%d deliveries, want none", len(got))
	}
}

func (r runner) secrets(t *testing.T) {
	s := r.start(t)
	n, asked := s.world.counts()
	if asked != 0 {
		t.Errorf("%d secrets were resolved before anything was to be sent", asked)
	}
	if n == 0 {
		return
	}
	s.world.mu.Lock()
	s.world.gone = true
	s.world.mu.Unlock()
	if _, err := s.send(deadline(t), t, Ordinary(notice.Opened)); err == nil || notice.IsPermanent(err) {
		t.Errorf("error %v without the secret, want one worth another try", err)
	}
	if got := s.target.Deliveries(); len(got) != 0 {
		t.Errorf("%d deliveries without the secret, want none", len(got))
	}
	s.world.mu.Lock()
	s.world.gone = false
	s.world.mu.Unlock()
	if _, err := s.send(deadline(t), t, Ordinary(notice.Opened)); err != nil {
		t.Errorf("the secret is there again: %v", err)
	}
}

// renews wants a refusal to be permanent where the secret is the same, and no refusal with one that has changed.
func (r runner) renews(t *testing.T) {
	for _, changes := range []bool{false, true} {
		s := r.start(t)
		s.world.changes = changes
		s.target.Break(Refuse)
		_, err := s.send(deadline(t), t, Ordinary(notice.Opened))
		if err == nil || notice.IsPermanent(err) == changes {
			t.Errorf("the secret has changed: %v; error %v, permanent: %v", changes, err, notice.IsPermanent(err))
		}
		s.target.Break("")
		if _, err := s.send(deadline(t), t, Ordinary(notice.Opened)); err != nil {
			t.Errorf("the secret has changed: %v; then: %v", changes, err)
		}
		if got := len(s.target.Deliveries()); got != 2*r.Requests {
			t.Errorf("%d deliveries, want %d", got, 2*r.Requests)
		}
	}
}

// fault wants one try, its outcome told truly, and success after the receiver has healed.
func (r runner) fault(t *testing.T, f Fault) {
	s := r.start(t)
	s.target.Break(f)
	ctx := deadline(t)
	hangs := f == Hang || f == HangInBody
	if hangs {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, 300*time.Millisecond)
		defer cancel()
	}
	receipt, err := s.send(ctx, t, Ordinary(notice.Opened))
	var refusal *notice.Refusal
	refused := errors.As(err, &refusal)
	permanent := notice.IsPermanent(err)
	switch f {
	case Slow:
		if err != nil {
			t.Errorf("error %v", err)
		}
	case Huge: // whether the answer is believed is the sink's to decide
		if permanent {
			t.Errorf("error %v is permanent", err)
		}
	case Refuse:
		if !refused || !permanent || refusal.Status == "" {
			t.Errorf("error %#v, want a permanent refusal with its status", err)
		}
	case Throttle, ThrottleUntil:
		if !refused || permanent || refusal.Status == "" {
			t.Errorf("error %#v, want a refusal with its status that is worth another try", err)
		} else if !r.Silent && refusal.After != RetryAfter {
			t.Errorf("to wait for %v, want %v", refusal.After, RetryAfter)
		}
	case Broken, HugeError:
		if !refused || permanent || refusal.Status == "" || refusal.After != 0 {
			t.Errorf("error %#v, want a refusal with its status that is worth another try at once", err)
		}
	case Redirect:
		if err == nil {
			t.Error("no error")
		}
	default: // the connection hangs or breaks
		if err == nil || permanent {
			t.Errorf("error %v, want one worth another try", err)
		}
		if hangs && !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want context.DeadlineExceeded", err)
		}
	}
	if err != nil && receipt != (notice.Receipt{}) {
		t.Errorf("receipt %+v with an error", receipt)
	}
	if s.target.strayed != nil && s.target.strayed() != 0 {
		t.Error("another host was sent something")
	}
	if s.target.wrote != nil && s.target.wrote() >= huge {
		t.Error("an answer without end was read to its end")
	}
	// A deadline may be over before the request is out; nothing else is.
	if got := len(s.target.Deliveries()); got != r.Requests && !(hangs && got < r.Requests) {
		t.Errorf("%d deliveries of one call, want %d", got, r.Requests)
	}
	if hangs {
		s.cancelledWithin(t)
	}
	s.target.Break("")
	if _, err := s.send(deadline(t), t, Ordinary(notice.Opened)); err != nil {
		t.Errorf("after the receiver has healed: %v", err)
	}
}

// cancelledWithin cancels when the receiver has the request.
func (r *run) cancelledWithin(t *testing.T) {
	ctx, cancel := context.WithCancel(deadline(t))
	defer cancel()
	before := len(r.target.Deliveries())
	g := errgroup.Group{}
	g.Go(func() error {
		for len(r.target.Deliveries()) == before && ctx.Err() == nil {
			time.Sleep(time.Millisecond)
		}
		cancel()
		return nil
	})
	if _, err := r.send(ctx, t, Ordinary(notice.Opened)); !errors.Is(err, context.Canceled) || notice.IsPermanent(err) {
		t.Errorf("cancelled while waiting: error %v, want context.Canceled", err)
	}
	_ = g.Wait()
}
