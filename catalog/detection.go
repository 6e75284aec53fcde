package catalog

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/trailseal/trailseal/internal/finding"
	"github.com/trailseal/trailseal/internal/pattern"
)

// Detection is one thing to be told of: a CloudWatch Logs filter pattern over the records of CloudTrail, and what is
// known of it.
type Detection struct {
	ID          string
	Title       string
	Severity    finding.Severity
	Description string   // what it means when it happens, one to three sentences
	Criteria    []string // as in soc2/CC7.2, cis-aws-3.0.0/4.3, securityhub/CloudWatch.1
	Attack      []string // MITRE ATT&CK techniques, as in T1078.004
	Citation    string   // where the pattern or the need for it is from, with the section
	Steps       []string // what to do when it happens, each a sentence
	BlindSpots  []string // what it does not see, each a sentence
	FalseAlarms []string // what it also sees, each a sentence

	// Pattern is the text as it is deployed, byte for byte; Match is the same, parsed.
	Pattern string
	Match   *pattern.Pattern
	// Alarm is what "setup" makes of it in CloudWatch; nil where a metric filter cannot say what it says, and with the
	// members below.
	Alarm *Alarm

	// At most one of these three makes more of the pattern than "one event, one match".
	Count     *Count
	Then      *Then
	FirstSeen *FirstSeen

	Cases []Case
	File  string
}

// Alarm names the metric filter and the alarm of a detection. Its settings are the same for all: Sum over 300 seconds,
// threshold 1, missing data are not breaching.
type Alarm struct {
	Name   string // of the filter and the alarm, as in CIS-1.7-RootAccountUsage
	Metric string // as in RootAccountUsage, in the namespace LogMetrics
}

// Count asks for many events: at least AtLeast that match, with the same values of By, from the first to the last within
// Within. The one that completes them is the match; the count then starts anew. As in Then and FirstSeen, an event that
// has no scalar value in a field of By or Of is left out, values are the same when their texts are, and an event that is
// delivered twice counts once. Package detect has the rest.
type Count struct {
	AtLeast int
	By      []pattern.Path
	Within  time.Duration
	// Of, where it is there, counts different values of a field instead of events, each by the last event that has it.
	Of *pattern.Path
}

// Then asks for two events: one that matches the detection's pattern, and after it, within Within and with the same
// values of By, one that matches this one. The second is the match; each further one within Within is a match too. Of two
// events of the same second either may be the first.
type Then struct {
	Pattern string
	Match   *pattern.Pattern
	By      []pattern.Path
	Within  time.Duration
}

// FirstSeen asks for an event whose values of Of have not been seen with its values of By among the events that match,
// within Within before it. The first event of each By is no match: nothing is known of it yet. A By stays known, however
// long nothing was seen of it.
type FirstSeen struct {
	Of     []pattern.Path
	By     []pattern.Path
	Within time.Duration
}

// Case is a stream of records and how many matches it has to give.
type Case struct {
	Name   string
	Events []json.RawMessage // CloudTrail records, in the order of time; a single one need not have a time
	Want   int               // of matches; 1 where the file says match, 0 where it says none
}

//go:embed detections/*.yaml
var embeddedDetections embed.FS

// ErrNoDetection says that there is no detection of that id.
var ErrNoDetection = errors.New("no such detection")

// Detections returns the detections that Trailseal comes with, in order of their ids.
func Detections() ([]Detection, error) {
	dir, err := fs.Sub(embeddedDetections, "detections")
	if err != nil {
		return nil, err
	}
	return LoadDetections(dir)
}

// FindDetection returns the detection of that id, of those that Trailseal comes with, or ErrNoDetection.
func FindDetection(id string) (Detection, error) {
	all, err := Detections()
	if err != nil {
		return Detection{}, err
	}
	for _, d := range all {
		if d.ID == id {
			return d, nil
		}
	}
	return Detection{}, fmt.Errorf("detection %q: %w", id, ErrNoDetection)
}
