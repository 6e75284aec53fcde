package finding

import "time"

// Alert is one finding that people are told of. Matches of one detection, by one actor, in one account and window are
// one alert, whose count goes on rising.
type Alert struct {
	// ID names the alert for people, on command lines and in links: 12 characters of a-z and 0-9, the same for the same Key.
	ID string `json:"id"`
	// Key is what makes two matches one alert: detection, actor, account and window.
	Key       string    `json:"key"`
	Detection string    `json:"detection"`
	Title     string    `json:"title"`
	What      string    `json:"what"` // what it means, one or two sentences, of the detection
	Severity  Severity  `json:"severity"`
	Criteria  []string  `json:"criteria"` // as in soc2/CC7.2
	Steps     []string  `json:"steps"`    // what to do, of the detection
	Account   string    `json:"account"`
	Regions   []string  `json:"regions"` // sorted
	Actor     Actor     `json:"actor"`
	First     time.Time `json:"first_event"` // UTC
	Last      time.Time `json:"last_event"`
	Count     int       `json:"count"`  // of matches
	Events    []Event   `json:"events"` // the first ones, at most MaxEvents
	// Around is what the actor did within 30 minutes before the first event and after it, as far as it is known, at most
	// MaxAround; AroundGap says why it may not be all, and is empty when it is.
	Around    []Event `json:"around"`
	AroundGap string  `json:"around_gap,omitempty"`
	// Verified says whether valid digests vouch for every log file that the events are from. Until they do it is Waiting.
	Verified Verification `json:"verified"`
	Status   Status       `json:"status"`
	Link     string       `json:"link,omitempty"` // where a person reads more; of the configuration
	Test     bool         `json:"test,omitempty"` // made by "alerts test": nothing happened
	// Suppressed is the decision not to tell anybody; nil when people are told.
	Suppressed *Suppression `json:"suppressed,omitempty"`
	Opened     time.Time    `json:"opened"` // when it was found, UTC
}

// What an alert carries at most; Count says how many there were.
const (
	MaxEvents = 20
	MaxAround = 50
)

// Actor is who stands behind the events, and how that is known.
type Actor struct {
	// Principal is the role, user or service that acted, without the session's name; it is part of the alert's Key.
	Principal string `json:"principal"`
	// Behind is the person or workload that the session was followed back to, Kind what it is, and Confidence how well
	// that is shown: proven, strong, claimed, or empty where it is not known.
	Behind     string   `json:"behind,omitempty"`
	Kind       string   `json:"kind,omitempty"` // person, workload, service, root, unknown
	Confidence string   `json:"confidence,omitempty"`
	Chain      []string `json:"chain,omitempty"` // from the session back to its origin, a sentence each
	Reason     string   `json:"reason,omitempty"`
	IPs        []string `json:"source_ips"`  // sorted, at most 10
	Agents     []string `json:"user_agents"` // sorted, at most 5
}

// Verification is what validation says of an alert's log files.
type Verification string

// The verifications.
const (
	Waiting  Verification = "pending"  // no digest has been seen for some file, and none contradicts
	Proven   Verification = "verified" // valid digests list every file with the hash that was read
	Disputed Verification = "failed"   // a digest lists a file with another hash, or does not list it where it should
	Unasked  Verification = "none"     // the events are not from log files: stdin, CloudWatch Logs
)

// Status is what people have done about an alert.
type Status string

// The statuses.
const (
	Open         Status = "open"
	Acknowledged Status = "acknowledged"
	Closed       Status = "closed"
)
