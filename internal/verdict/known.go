package verdict

import (
	"time"

	"github.com/trailseal/trailseal/integrity"
)

// Listed is a log file as one digest lists it, with what is known of that digest.
type Listed struct {
	Key    string // below the source
	SHA256 [32]byte
	Digest string // its key below the source
	Status integrity.Status
}

// Finding is something wrong that is known of a source.
type Finding struct {
	Source   string
	Kind     string // integrity.Kind, or gap
	Severity integrity.Severity
	Account  string
	Region   string
	From, To time.Time // zero: not known
	Key      string
	Detail   string
	Found    time.Time
}

// DigestRow is a digest as people ask for it.
type DigestRow struct {
	Source, Account, Region, Key string
	Start, End                   time.Time
	Status                       integrity.Status
	Problem                      string
	SHA256                       []byte
	Fingerprint                  string
	Logs                         int
}

// Explanation is what a person says of an event that changed the logging itself.
type Explanation struct {
	Event    string    `json:"event"`
	Reason   string    `json:"reason"`
	Ticket   string    `json:"ticket"`
	Reviewer string    `json:"reviewer"`
	Made     time.Time `json:"made"`
}
