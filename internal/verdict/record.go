package verdict

import "github.com/trailseal/trailseal/integrity"

// Digest is what one reading of a digest object found. It holds no verdict: that depends on the other digests of the
// chain and on the keys known, and is decided anew in every run.
type Digest struct {
	ID      int64 // the ledger's; 0 before it is saved
	Name    string
	Version string // of the object that was read; see object.Info
	Problem string // why the content is not a digest; empty when Link is set
	Link    *integrity.Link
	Logs    int // log files listed

	HasMetadata bool
	Signature   string
	Algorithm   string
	Backfill    string
	Proven      string // a signature that verified over this content
	// Status is what the last run that looked at the digest concluded, for those who ask later. Validation decides it
	// anew in every run.
	Status integrity.Status
}

// Claim is a log file that a digest lists, in one folder of log files.
type Claim struct {
	Folder int64  // the ledger's number of the folder
	Name   string // below the folder
	SHA256 [32]byte
}

// Read is a digest that was read, with the log files it lists.
type Read struct {
	Digest *Digest
	Claims []Claim
}

// LogState is what is known of the content of a log file that a digest lists.
type LogState byte

// The states of a log file.
const (
	LogUnread LogState = iota // never read
	LogGood                   // read, and it has the hash that the digest lists
	LogBad                    // read, and it has not; Problem says more
)

// Log is a log file as one digest lists it, with what the last reading found.
type Log struct {
	Name    string
	Digest  int64
	SHA256  [32]byte
	Version string // of the object that was read; empty when unread
	State   LogState
	Problem string
	Size    int64 // compressed bytes read
}
