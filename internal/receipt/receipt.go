// Package receipt holds what ingest has to say: of each log file that was taken in, and of a whole run.
//
// It promises that the JSON names are stable: fields are added, never renamed. It decides nothing.
package receipt

import (
	"time"

	"github.com/trailseal/trailseal/internal/event"
)

// File is the receipt of a log file.
type File struct {
	Source, Key     string
	SHA256          []byte // of the uncompressed content; empty: it could not be read whole
	Version         string // of the object that was read; see object.Info
	Account, Region string // of the key; empty where it is not CloudTrail's
	Size, Inflated  int64  // bytes
	Records         int64  // in it
	Odd             int64  // of them that are kept whole in raw
	Faulty          int64  // faults, of which Faults holds the first
	State, Digest   string
	Places          []event.Place
	Ingested        time.Time
	Faults          []Fault
}

// MaxFaults is how many faults of one file are kept with their place.
const MaxFaults = 100

// Fault is what could not be taken in as it should be.
type Fault struct {
	Key    string `json:"key"`
	Record int    `json:"record"` // number in the file, from 0; -1: the file
	Offset int64  `json:"offset"` // byte in the uncompressed file; -1: not known
	Reason string `json:"reason"`
}

// Report is the outcome of a run: the JSON of `trailseal ingest -o json`. Every record of a file that was read is an
// event that is new, or known, or a fault.
type Report struct {
	Source string     `json:"source"`
	Files  FileCounts `json:"files"`
	// Records of the files that were read.
	Records int64 `json:"records"`
	Events  int64 `json:"events"`    // rows that the lake has more than before
	Known   int64 `json:"known"`     // records of events that were there already, or came twice
	Odd     int64 `json:"odd"`       // records that do not fit the columns, and are kept whole in raw
	Faulty  int64 `json:"faulty"`    // what could not be taken in as a record; it is kept in raw where it has bytes
	Differ  int64 `json:"differing"` // records that share an eventID with another and differ from it; all are kept
	// Faults are the first of those.
	Faults   []Fault  `json:"faults"`
	Reasons  Reasons  `json:"raw_reasons"`
	States   States   `json:"files_by_state"`
	Warnings []string `json:"warnings"`
	Lake     string   `json:"lake"`
	Version  int64    `json:"lake_version"`
	Stats    Stats    `json:"stats"`
}

// Reasons counts the records that are kept whole, by reason.
type Reasons map[string]int64

// States counts files by what the ledger knows of them.
type States map[string]int64

// FileCounts counts log files.
type FileCounts struct {
	Listed     int64 `json:"listed"`
	Read       int64 `json:"read"`
	Known      int64 `json:"known"`      // taken in before, and not changed since
	Restated   int64 `json:"restated"`   // taken in before, and in another state since
	Refused    int64 `json:"refused"`    // not verified, with --only-verified
	Unreadable int64 `json:"unreadable"` // could not be read: nothing is known of them
	Damaged    int64 `json:"damaged"`    // broken off or garbled, now or when they were taken in: what comes after is not known
	Other      int64 `json:"other"`      // no log files: digests, configuration, anything else
}

// Stats says what the run cost.
type Stats struct {
	Bytes    int64   `json:"bytes_read"`     // as stored
	Inflated int64   `json:"bytes_inflated"` // uncompressed
	Seconds  float64 `json:"seconds"`
}
