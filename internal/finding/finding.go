// Package finding holds the words for what detection has to say: an event that a detection matched, and the alert that
// people are told of, with its actor, its events and what happened around them.
//
// It promises that the JSON names are stable: fields are added, never renamed. Texts in it come from log files and are
// hostile: whoever shows one escapes it for the place where it is shown. It detects and sends nothing.
package finding

import (
	"fmt"
	"strings"
	"time"
)

// Severity says how soon a person should look.
type Severity string

// The severities, worst first. Their names are those of Security Hub and Sigma.
const (
	Critical      Severity = "critical"
	High          Severity = "high"
	Medium        Severity = "medium"
	Low           Severity = "low"
	Informational Severity = "informational"
)

// Severities are all severities, worst first.
var Severities = [...]Severity{Critical, High, Medium, Low, Informational}

// ParseSeverity reads a severity's name.
func ParseSeverity(s string) (Severity, error) {
	for _, v := range Severities {
		if string(v) == s {
			return v, nil
		}
	}
	return "", fmt.Errorf("severity %q: want critical, high, medium, low or informational", s)
}

// rank is 0 for the worst; what is no severity comes last.
func (s Severity) rank() int {
	for i, v := range Severities {
		if v == s {
			return i
		}
	}
	return len(Severities)
}

// Reaches reports whether s is at least as bad as floor.
func (s Severity) Reaches(floor Severity) bool { return s.rank() <= floor.rank() }

// Event is what of a CloudTrail record a person needs to know. Texts are as received, and empty where the record has
// none.
type Event struct {
	ID      string    `json:"event_id"`
	Time    time.Time `json:"event_time"` // UTC; zero where the record has none
	Account string    `json:"account"`
	Region  string    `json:"region"`
	// Source is the object key or file that holds the record, and Record its position there, from 0.
	Source string `json:"source"`
	Record int    `json:"record"`
	// State is what validation says of the log file: verified, pending, unlisted or failed; empty where it was not asked.
	State string `json:"log_state,omitempty"`
	// SHA256 is of the log file's content as it was read, in hex, where it is to be compared with a digest later.
	SHA256 string `json:"log_sha256,omitempty"`

	Service   string `json:"event_source,omitempty"` // eventSource, as in iam.amazonaws.com
	Name      string `json:"event_name,omitempty"`
	ErrorCode string `json:"error_code,omitempty"`
	Principal string `json:"principal,omitempty"` // who acted, without the session's name: the lake's column
	Identity  string `json:"user_identity_arn,omitempty"`
	Type      string `json:"user_identity_type,omitempty"`
	AccessKey string `json:"access_key_id,omitempty"`
	IP        string `json:"source_ip_address,omitempty"`
	Agent     string `json:"user_agent,omitempty"`
}

// Match is one event that a detection matched. Its JSON is a line of "trailseal detect backtest -o jsonl".
type Match struct {
	Detection string `json:"detection"`
	Event
	Severity Severity `json:"severity"`
	// Events is how many events made it a match; more than 1 for thresholds and sequences, whose last event stands here.
	Events int `json:"events,omitempty"`
	// Suppressed is the suppression that it falls under; nil when it falls under none.
	Suppressed *Suppression `json:"suppressed,omitempty"`
}

// Suppression is a decision that matches of a detection are not to be alerted on. They stay visible, with the decision.
type Suppression struct {
	Detection string `json:"detection" yaml:"detection"` // an id, or a glob such as cis-*
	// Account and Actor narrow it; empty: all. Actor is a principal, or a glob of one.
	Account string `json:"account,omitempty" yaml:"account"`
	Actor   string `json:"actor,omitempty" yaml:"actor"`
	// Where is a CloudWatch Logs filter pattern that the event must match as well; empty: none.
	Where string    `json:"where,omitempty" yaml:"where"`
	Who   string    `json:"who" yaml:"who"` // decided it
	Why   string    `json:"why" yaml:"why"`
	Until time.Time `json:"until" yaml:"until"` // exclusive, compared with the event's time
}

// Glob reports whether text is what pattern says, in which each * stands for any text. An empty pattern is any text.
func Glob(pattern, text string) bool {
	if pattern == "" {
		return true
	}
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == text
	}
	rest, ok := strings.CutPrefix(text, parts[0])
	if !ok {
		return false
	}
	last := parts[len(parts)-1]
	for _, part := range parts[1 : len(parts)-1] {
		if _, rest, ok = strings.Cut(rest, part); !ok {
			return false
		}
	}
	return strings.HasSuffix(rest, last)
}
