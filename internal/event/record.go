package event

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/trailseal/trailseal/integrity"
)

// Tri is a bool that may be NULL.
type Tri int8

// The values of a Tri. NULL is the zero value.
const (
	Null Tri = iota
	False
	True
)

// Reasons say why the raw record is kept.
type Reasons uint16

// The reasons, in the order of their words.
const (
	Case        Reasons = 1 << iota // a name differs from AWS's by case only
	Deep                            // a JSON column's value has more than 200 levels: the column is NULL
	BadRecord                       // "malformed": no JSON object
	NoEventID                       // event_id is NULL or empty
	NoEventTime                     // event_time is NULL
	BadTime                         // "time": eventTime is not of RFC 3339, or says less than microseconds
	Twice                           // a member is there twice, the last one counts
	BadType                         // "type": a member is of another type than its column, which is NULL, or a bool in quotes
	Unknown                         // a member that no column is for
	BadText                         // "utf8": text that is not Unicode, U+FFFD stands for what is not
)

var reasonWords = [...]string{"case", "deep", "malformed", "no_event_id", "no_event_time", "time", "twice", "type", "unknown", "utf8"}

// String returns the words in order of the alphabet with commas between.
func (r Reasons) String() string {
	var words []string
	for i, w := range reasonWords {
		if r&(1<<i) != 0 {
			words = append(words, w)
		}
	}
	return strings.Join(words, ",")
}

// Record is one record taken apart by Parse: what the columns up to Raw and RawReason hold of it. What it holds is
// good until it is used again, and as long as the bytes that were parsed are.
type Record struct {
	// Values by column. nil is NULL. A String holds the text, a JSON the bytes of the value as received (but for text
	// that is not Unicode: see BadText). The entries of columns of other types are always nil.
	Values [Account][]byte
	// Time is event_time in microseconds since 1970, UTC, where HasTime.
	Time                      int64
	HasTime                   bool
	ReadOnly, ManagementEvent Tri
	// Reasons are why Values[Raw] is there; 0 when the columns hold everything.
	Reasons Reasons

	scratch               []byte // text that is not in the record as it stands
	account, region, date string // the last ones placed, so that equal ones cost nothing
	day                   int64
}

func (r *Record) reset() {
	r.Values = [Account][]byte{}
	r.Time, r.HasTime, r.ReadOnly, r.ManagementEvent, r.Reasons = 0, false, Null, Null, 0
	r.scratch = r.scratch[:0]
}

// own returns what f appends to memory that stays the record's until it is used again.
func (r *Record) own(f func([]byte) []byte) []byte {
	from := len(r.scratch)
	r.scratch = f(r.scratch)
	return r.scratch[from:len(r.scratch):len(r.scratch)]
}

// keep sets Raw and RawReason.
func (r *Record) keep(raw []byte) {
	if !utf8.Valid(raw) {
		r.Reasons |= BadText
		raw = r.own(func(b []byte) []byte { return appendValid(b, raw) })
	}
	r.Values[Raw] = raw
	r.Values[RawReason] = r.own(func(b []byte) []byte { return append(b, r.Reasons.String()...) })
}

// Malformed makes r the row of bytes that Parse refused: nothing but Raw, with U+FFFD for bytes that are not UTF-8.
func Malformed(raw []byte, r *Record) {
	r.reset()
	r.Reasons = BadRecord
	r.keep(raw)
}

// Origin is what the key of a log file says about the records in it. Zero values say nothing.
type Origin struct {
	Account, Region string
	Delivered       time.Time
}

const unknown = "unknown"

// Place returns the values of the columns Account, Region and Date, by the rules in their Docs. They become names of
// folders, and nothing that a record or key says can make them anything but 12 digits or "unknown"; 1 to 32 of
// a-z, 0-9 and "-", or "unknown"; and YYYY-MM-DD.
func (r *Record) Place(o Origin) (account, region, date string) {
	switch a := r.Values[RecipientAccountID]; {
	case string(a) == r.account && r.account != unknown && len(a) > 0: // checked before
	case integrity.IsAccount(string(a)):
		r.account = string(a)
	case integrity.IsAccount(o.Account):
		r.account = o.Account
	default:
		r.account = unknown
	}
	switch a := r.Values[AWSRegion]; {
	case string(a) == r.region && r.region != "":
	case isRegion(string(a)):
		r.region = string(a)
	case isRegion(o.Region):
		r.region = o.Region
	default:
		r.region = unknown
	}
	at := r.Time
	if !r.HasTime {
		// Of a time out of range, as of none, nothing is known.
		if at = 0; o.Delivered.Unix() >= minSeconds && o.Delivered.Unix() <= maxSeconds && !o.Delivered.IsZero() {
			at = o.Delivered.Unix() * 1e6
		}
	}
	const dayLength = 86400 * 1e6
	day := at / dayLength
	if at%dayLength < 0 {
		day--
	}
	if r.date == "" || day != r.day {
		r.day, r.date = day, time.Unix(day*86400, 0).UTC().Format(time.DateOnly)
	}
	return r.account, r.region, r.date
}

func isRegion(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return len(s) >= 1 && len(s) <= 32
}
