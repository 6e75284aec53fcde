package integrity

import "time"

// Kind says what is wrong with an object or a chain. The values are part of the JSON contract of `trailseal validate`.
type Kind string

// The kinds of fault. docs/spec/validate.md states the rule behind each.
const (
	DigestMissing    Kind = "digest_missing"    // a digest that must have existed is not there
	DigestInvalid    Kind = "digest_invalid"    // a digest's content is not what CloudTrail wrote, or is in another place
	SignatureInvalid Kind = "signature_invalid" // the digest's signature does not verify
	SignatureMissing Kind = "signature_missing" // the object carries no signature metadata
	KeyUnknown       Kind = "key_unknown"       // no public key has the digest's fingerprint
	KeyValidity      Kind = "key_validity"      // warning: the digest is dated outside its key's validity
	LogMissing       Kind = "log_missing"       // a log file that a valid digest lists is not there
	LogInvalid       Kind = "log_invalid"       // a log file's content differs from what a valid digest lists
	LogUnlisted      Kind = "log_unlisted"      // a log file that no digest of its hour lists
	ChainBroken      Kind = "chain_broken"      // links between digests contradict each other
	Unreadable       Kind = "unreadable"        // the object could not be read: nothing is known of it
)

// Severity says what a fault does to the result.
type Severity string

// The severities.
const (
	Failure Severity = "failure" // the result is fail
	Unknown Severity = "unknown" // the result is incomplete, unless something else fails
	Warning Severity = "warning" // the result is not changed
)

// Fault is one thing that is wrong, with the object it is wrong with.
type Fault struct {
	Kind     Kind      `json:"kind"`
	Severity Severity  `json:"severity"`
	Account  string    `json:"account"`
	Region   string    `json:"region"`
	Time     time.Time `json:"time,omitzero"` // the digest's end or the log file's delivery time, where its name tells
	Key      string    `json:"key"`
	Detail   string    `json:"detail"` // what was expected and what was found
}

// Gap is a span of time in which no digest vouches for a chain's log files.
type Gap struct {
	Account   string    `json:"account"`
	Region    string    `json:"region"`
	Trail     string    `json:"trail"`
	From      time.Time `json:"from"`
	To        time.Time `json:"to"`
	Cause     string    `json:"cause"`
	Explained bool      `json:"explained"`
	// Explanation, when a person has given one.
	Reason   string `json:"reason,omitempty"`
	Ticket   string `json:"ticket,omitempty"`
	Reviewer string `json:"reviewer,omitempty"`
}

// State is what is known of one hour of one account and region.
type State byte

// The states of an hour. docs/spec/validate.md states when an hour is in which.
const (
	OutOfScope     State = '.' // before the first digest, or the period does not ask for it
	Verified       State = 'V' // valid digests cover it, and each log file they list was read and matches
	VerifiedEmpty  State = 'E' // valid digests cover it and say that no log file was delivered
	GapExplained   State = 'X' // no digest, and a person has said why
	GapUnexplained State = 'G' // no digest: it is missing or was never written, and nobody has said why
	Invalid        State = 'I' // a digest is damaged, or a log file is missing, changed or unlisted
	Pending        State = 'P' // not yet provable: digest not yet due or unsealed, log not read, object unreadable
)

// States lists every state in the order in which tables show them.
var States = [...]State{Verified, VerifiedEmpty, GapExplained, GapUnexplained, Invalid, Pending, OutOfScope}

// String is the state's name in tables and JSON.
func (s State) String() string {
	switch s {
	case Verified:
		return "verified"
	case VerifiedEmpty:
		return "verified-empty"
	case GapExplained:
		return "gap-explained"
	case GapUnexplained:
		return "gap-unexplained"
	case Invalid:
		return "invalid"
	case Pending:
		return "pending"
	case OutOfScope:
		return "out-of-scope"
	}
	return "unknown"
}
