// Package answer holds the words in which an engine answers a question: the rows, and the basis they stand on.
//
// It promises that the JSON names are stable: fields are added, never renamed. It asks and computes nothing.
package answer

import (
	"iter"
	"time"
)

// Result is what a question yields. Rows may be read once; reading them to the end, or leaving off, releases what the
// engine holds. A row is valid until the next.
type Result struct {
	Columns []Column
	// Rows yields a value for each column: nil, string, int64, float64, bool or time.Time (UTC). What the engine has as a
	// list or a structure comes as its JSON, in a string. An error ends the rows.
	Rows iter.Seq2[[]any, error]
}

// Column is a column of a result.
type Column struct {
	Name string `json:"name"`
	Type string `json:"type"` // as the engine names it
}

// Basis says what an answer stands on, so that a reader knows what it cannot say.
type Basis struct {
	From     time.Time `json:"from"` // of the events that were looked at, UTC; zero: from the first
	To       time.Time `json:"to"`   // zero: to the last
	Accounts []string  `json:"accounts"`
	Regions  []string  `json:"regions"`
	// Coverage is the percentage of hours of the window that are proven by valid digests, of those that should be by now:
	// hours that are pending or explained are not reckoned. It is nil when nothing is known of them.
	Coverage *float64 `json:"coverage_percent"`
	// Hours of the window by state, as coverage names them; unknown for those that no validation has looked at, and
	// not-ingested for verified hours of a day that the lake has nothing of.
	Hours map[string]int `json:"hours"`
	Gaps  []Gap          `json:"gaps"`

	Files  int64            `json:"files_scanned"` // of the lake
	Events int64            `json:"events_scanned"`
	States map[string]int64 `json:"events_by_log_state"` // of those: verified, pending, unlisted, failed
	Bytes  int64            `json:"bytes_scanned"`

	Engine    string   `json:"engine"`
	Lake      string   `json:"lake"`         // where it is
	Version   int64    `json:"lake_version"` // grows with every change of the lake
	SQL       string   `json:"sql"`
	SQLSHA256 string   `json:"sql_sha256"`
	Seconds   float64  `json:"seconds"`
	Warnings  []string `json:"warnings"`
}

// Gap is a span of an account and region within the window that is not proven.
type Gap struct {
	Account string    `json:"account"`
	Region  string    `json:"region"`
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	State   string    `json:"state"` // gap-explained, gap-unexplained, invalid, pending, not-ingested or unknown
}
