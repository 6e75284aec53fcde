package alert

import (
	"log/slog"
	"time"

	"github.com/trailseal/trailseal/internal/notice"
)

// DeliverOptions say how notices are delivered. Zero values stand for what is said beside them.
type DeliverOptions struct {
	Sinks map[string]notice.Sink // by the names that routes have; deliveries to others stay where they are
	// Once ends the loop when nothing is due any more; what waits for another try stays. Drain ends it when nothing is
	// left at all for Sinks. With neither it goes on until its context is done.
	Once, Drain bool

	Timeout     time.Duration // of one attempt: 30 s
	Parallel    int           // attempts at a time for each sink: 4
	Backoff     Backoff
	MaxAge      time.Duration // since its first attempt, after which what fails is dead: 24 h
	MaxAttempts int           // that fail, after which it is dead: no limit
	Poll        time.Duration // between looks for what other processes have queued: 1 s
	Grace       time.Duration // for attempts under way when the context is done: 5 s
	Now         func() time.Time
	Log         *slog.Logger // nothing
}

func (o *DeliverOptions) fill() {
	set := func(d *time.Duration, to time.Duration) {
		if *d <= 0 {
			*d = to
		}
	}
	set(&o.Timeout, 30*time.Second)
	set(&o.Backoff.First, time.Second)
	set(&o.Backoff.Most, 15*time.Minute)
	set(&o.MaxAge, 24*time.Hour)
	set(&o.Poll, time.Second)
	set(&o.Grace, 5*time.Second)
	if o.Parallel <= 0 {
		o.Parallel = 4
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
}

// Summary is what a delivery loop did.
type Summary struct {
	Attempts  int
	Delivered int
	Failed    int // attempts
	Dead      int // deliveries that were given up
}

// maxAfter bounds what a receiver may ask to wait.
const maxAfter = time.Hour

// trouble is how many attempts in a row fail before a sink is taken to be down; it then gets one at a time, at most every
// pause, until it takes one.
const (
	trouble = 10
	pause   = time.Minute
)

// lane is what the loop knows of a sink.
type lane struct {
	name   string
	sink   notice.Sink
	busy   int
	failed int       // attempts in a row
	gate   time.Time // before it nothing is sent
}

// room is how many attempts may begin.
func (l *lane) room(o *DeliverOptions, now time.Time) int {
	switch {
	case now.Before(l.gate):
		return 0
	case l.failed >= trouble:
		return max(0, 1-l.busy)
	}
	return o.Parallel - l.busy
}

// shut closes the gate until a time, unless it is shut for longer.
func (l *lane) shut(until time.Time) {
	if until.After(l.gate) {
		l.gate = until
	}
}
