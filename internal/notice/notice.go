// Package notice holds the words between the outbox of alerts and the sinks that tell people: what is to be told, what
// a sink answers, and why it may not have been told.
//
// A sink is a folder internal/sink/NAME with a function New; NAME is what the configuration calls it. It promises to send
// nothing but what the vendor documents, to escape every text of an alert for the place where it is shown, to give each
// delivery the Key of its notice wherever the vendor has a place for it, and to name no secret in any error.
package notice

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/trailseal/trailseal/internal/finding"
	"github.com/trailseal/trailseal/internal/secret"
)

// Kind is what has happened to an alert.
type Kind string

// The kinds of notice.
const (
	Opened       Kind = "opened"
	Rising       Kind = "rising" // its count has risen
	Verified     Kind = "verified"
	Disputed     Kind = "disputed" // validation contradicts a log file of it
	Acknowledged Kind = "acknowledged"
	Closed       Kind = "closed"
)

// Notice is one thing to tell about an alert. It is sent at least once; every attempt carries the same Key.
type Notice struct {
	// Key names this notice for ever: a receiver that has seen it may leave a second one aside. It is of a-z, 0-9 and -.
	Key   string        `json:"key"`
	Kind  Kind          `json:"kind"`
	Alert finding.Alert `json:"alert"`
	By    string        `json:"by,omitempty"`  // who acknowledged or closed
	Why   string        `json:"why,omitempty"` // and their reason
	At    time.Time     `json:"at"`            // when it came to be, UTC
}

// Receipt is what a sink has for the record after the receiver took a notice.
type Receipt struct {
	Status string // of the protocol, as in "202 Accepted" or "250"
	ID     string // that the receiver gave it; empty when it gives none
}

// Refusal is why a notice was not taken, where the receiver said so. Errors of other types are worth another try.
type Refusal struct {
	Status    string        // of the protocol; empty: there was no answer
	Permanent bool          // the same will be refused again: a bad key, a bad request
	After     time.Duration // the receiver asks to wait that long; 0: it does not say
	Err       error         // without secrets
}

func (r *Refusal) Error() string { return r.Err.Error() }

// Unwrap returns the cause.
func (r *Refusal) Unwrap() error { return r.Err }

// IsPermanent reports whether another try of what failed with err cannot help.
func IsPermanent(err error) bool {
	var r *Refusal
	return errors.As(err, &r) && r.Permanent
}

// Sink tells people. Send returns when the receiver has taken the notice or ctx is done; it does not retry. The error is
// ctx's, a *Refusal, or a fault of the way there. It may be called concurrently.
type Sink interface {
	Send(ctx context.Context, n Notice) (Receipt, error)
}

// Section is a sink's part of the configuration.
type Section interface {
	// Decode fills a struct strictly: a name that it does not have, and a value of another type, are errors that name the
	// line of the file.
	Decode(into any) error
}

// Env is what sinks need of the world.
type Env struct {
	// HTTP sends requests; it follows no redirect and has no time limit of its own: ctx has.
	HTTP *http.Client
	// Secret gets what a reference of the configuration (env:NAME, file:PATH, aws-secretsmanager:ID) stands for.
	Secret func(ctx context.Context, ref secret.Reference) (secret.String, error)
	// Forget makes the next Secret ask where the secret is kept: for a receiver that has refused it. It may be nil.
	Forget func(ref secret.Reference)
	// AWS is the caller's configuration.
	AWS    func(ctx context.Context) (aws.Config, error)
	Stdout io.Writer
	// Dial connects to a server that does not speak HTTP. nil: as a net.Dialer does.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	Now  func() time.Time
}
