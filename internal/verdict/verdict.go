// Package verdict holds what validation has to say: the report that every face renders, in the shape that outside
// programs rely on, and the coverage by hour under it.
//
// It promises that the JSON names are stable: fields are added, never renamed. It decides nothing.
package verdict

import (
	"time"

	"github.com/trailseal/trailseal/integrity"
)

// Result is the answer in one word.
type Result string

// The results.
const (
	Pass       Result = "pass"       // every assertion holds for the whole period asked about
	Fail       Result = "fail"       // at least one assertion failed
	Incomplete Result = "incomplete" // nothing failed, but something could not be read: the answer is unknown
)

// Report is the outcome of one validation: the JSON of `trailseal validate -o json`.
type Report struct {
	Result   Result            `json:"result"`
	Source   string            `json:"source"`
	From     time.Time         `json:"from"` // start of the period judged, UTC
	To       time.Time         `json:"to"`   // end of the period judged, UTC
	Logs     string            `json:"logs"` // all, sample=N or none: how many of the log files were to be read
	Digests  DigestCounts      `json:"digests"`
	Backfill DigestCounts      `json:"backfill_digests"` // those of Digests that are backfill digests
	LogFiles LogCounts         `json:"log_files"`
	Chains   []Chain           `json:"chains"`
	Gaps     []integrity.Gap   `json:"gaps"`
	Faults   []integrity.Fault `json:"faults"`
	Unsealed []string          `json:"unsealed"` // digests whose signature no successor records yet and no metadata holds
	Warnings []string          `json:"warnings"` // what a reader must know that is no fault of an object
	Coverage []Coverage        `json:"coverage"`
	Stats    Stats             `json:"stats"`
}

// DigestCounts counts digest files.
type DigestCounts struct {
	Valid      int `json:"valid"`
	Invalid    int `json:"invalid"`
	Missing    int `json:"missing"`
	Unsealed   int `json:"unsealed"`   // neither valid nor invalid: no signature is known yet
	Unreadable int `json:"unreadable"` // neither valid nor invalid: could not be read
}

// LogCounts counts log files.
type LogCounts struct {
	Valid      int `json:"valid"`
	Invalid    int `json:"invalid"`
	Missing    int `json:"missing"`
	Unlisted   int `json:"unlisted"`
	Pending    int `json:"pending"`    // no valid digest vouches for them, and none can be expected to yet
	Unreadable int `json:"unreadable"` // could not be read
	Unchecked  int `json:"unchecked"`  // listed by a valid digest and present, but not read (--logs)
}

// Chain is one chain of digests: one trail in one account and region.
type Chain struct {
	Account  string    `json:"account"`
	Region   string    `json:"region"`
	Trail    string    `json:"trail"`
	Home     string    `json:"home_region"`
	Backfill bool      `json:"backfill"`
	From     time.Time `json:"from"` // start of the first valid digest within the period
	To       time.Time `json:"to"`   // end of the last one
	Digests  int       `json:"digests"`
	LogFiles int       `json:"log_files"`
	Faults   int       `json:"faults"`
}

// Coverage is what is known of each hour of one account and region.
type Coverage struct {
	Account string         `json:"account"`
	Region  string         `json:"region"`
	Hours   map[string]int `json:"hours"`   // number of hours in each state, by the state's name
	Percent float64        `json:"percent"` // verified hours of those that a digest should cover by now, 0 to 100; see Count
	Digests int            `json:"digests"` // present in the period
	Logs    int            `json:"log_files"`
	Faults  int            `json:"faults"`
	Days    []Day          `json:"-"`
}

// Day is the 24 hours of one UTC day.
type Day struct {
	Date  time.Time // midnight UTC
	Hours [24]integrity.State
}

// Stats says what the run cost.
type Stats struct {
	BytesRead int64   `json:"bytes_read"` // compressed bytes read in this run
	Objects   int     `json:"objects_read"`
	Listed    int     `json:"objects_listed"`
	Seconds   float64 `json:"seconds"`
}

// Count fills Hours and Percent from Days. Percent leaves out of the reckoning hours that are out of scope, pending
// or explained; with nothing left to reckon it is 0, because "no data" is never success.
func (c *Coverage) Count() {
	c.Hours = make(map[string]int, len(integrity.States))
	for _, s := range integrity.States {
		c.Hours[s.String()] = 0
	}
	for _, d := range c.Days {
		for _, s := range d.Hours {
			c.Hours[s.String()]++
		}
	}
	good := c.Hours[integrity.Verified.String()] + c.Hours[integrity.VerifiedEmpty.String()]
	all := good + c.Hours[integrity.GapUnexplained.String()] + c.Hours[integrity.Invalid.String()]
	c.Percent = 0
	if all > 0 {
		c.Percent = 100 * float64(good) / float64(all)
	}
}
