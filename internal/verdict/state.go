package verdict

import (
	"strings"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/event"
)

// Against is what findings say against single log files: event.Unlisted or event.Failed, by key from the AWSLogs folder on,
// since what lies above may differ between a bucket and a copy of it.
type Against map[string]string

// Add takes a finding into account.
func (a Against) Add(f Finding) {
	switch integrity.Kind(f.Kind) {
	case integrity.LogUnlisted:
		a[fromLogs(f.Key)] = event.Unlisted
	case integrity.LogInvalid:
		a[fromLogs(f.Key)] = event.Failed
	}
}

// State is what is known of a log file with a content, and the digest that lists it, if one does. listed is what digests say
// of that key.
func (a Against) State(key string, sum [32]byte, listed []Listed) (state, digest string) {
	for _, g := range listed {
		if g.Status == integrity.Valid && g.SHA256 == sum {
			return event.Verified, g.Digest
		}
	}
	for _, g := range listed {
		if g.Status == integrity.Valid {
			return event.Failed, ""
		}
	}
	if s := a[fromLogs(key)]; s != "" {
		return s, ""
	}
	for _, g := range listed {
		if g.SHA256 == sum && g.Status != integrity.Forged {
			return event.Pending, g.Digest
		}
	}
	return event.Pending, ""
}

// fromLogs is a key from its AWSLogs folder on.
func fromLogs(key string) string {
	if at := strings.LastIndex(key, "AWSLogs/"); at >= 0 {
		return key[at:]
	}
	return key
}
