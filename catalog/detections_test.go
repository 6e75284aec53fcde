package catalog_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/trailseal/trailseal/catalog"
	columns "github.com/trailseal/trailseal/internal/event"
	"github.com/trailseal/trailseal/internal/pattern"
)

func detections(t *testing.T) []catalog.Detection {
	t.Helper()
	all, err := catalog.Detections()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// overTime says whether a detection looks at more than one event.
func overTime(d catalog.Detection) bool { return d.Count != nil || d.Then != nil || d.FirstSeen != nil }

// TestDetectionsCases runs the cases of the detections that look at one event; those of the others are run where they
// are evaluated, in package detect.
func TestDetectionsCases(t *testing.T) {
	for _, d := range detections(t) {
		for _, c := range d.Cases {
			matches := 0
			for _, e := range c.Events {
				if d.Match.Match(e) {
					matches++
				}
			}
			switch {
			case !overTime(d) && matches != c.Want:
				t.Errorf("%s, %s: %d matches, want %d", d.File, c.Name, matches, c.Want)
			case overTime(d) && c.Want > 0 && matches == 0:
				t.Errorf("%s, %s: no event matches the pattern", d.File, c.Name)
			}
		}
	}
}

// TestDetectionsEvents holds that the cases' events are records as CloudTrail writes them.
func TestDetectionsEvents(t *testing.T) {
	var p columns.Parser
	for _, d := range detections(t) {
		ids := map[string]bool{}
		for _, c := range d.Cases {
			clear(ids)
			for _, e := range c.Events {
				var r columns.Record
				if err := p.Parse(e, &r); err != nil || r.Reasons != 0 {
					t.Errorf("%s, %s: error %v, reasons %s", d.File, c.Name, err, r.Reasons)
				}
				id := string(r.Values[columns.EventID])
				if ids[id] {
					t.Errorf("%s, %s: two events are %q", d.File, c.Name, id)
				}
				ids[id] = true
			}
		}
	}
}

// TestDetectionsSayEnough holds what a person who is told of something is owed, beyond what the loader asks of
// everybody's files.
func TestDetectionsSayEnough(t *testing.T) {
	cis := 0
	for _, d := range detections(t) {
		if d.File != d.ID+".yaml" {
			t.Errorf("the file of %q is %q", d.ID, d.File)
		}
		if len(d.Attack) == 0 || len(d.BlindSpots) == 0 || len(d.FalseAlarms) == 0 {
			t.Errorf("%s: attack %q, blind_spots %q, false_alarms %q: none may be empty", d.File, d.Attack, d.BlindSpots, d.FalseAlarms)
		}
		for _, s := range slices.Concat(d.Steps, d.BlindSpots, d.FalseAlarms, []string{d.Description}) {
			if !strings.HasSuffix(s, ".") && !strings.HasSuffix(s, "-*.") {
				t.Errorf("%s: %q is no sentence", d.File, s)
			}
		}
		if !slices.ContainsFunc(d.Criteria, func(c string) bool { return strings.HasPrefix(c, "soc2/") }) {
			t.Errorf("%s: no criterion of SOC 2", d.File)
		}
		none := 0
		for _, c := range d.Cases {
			if c.Want == 0 {
				none++
			}
		}
		if none < 2 {
			t.Errorf("%s: %d cases that must not match, want 2 at least", d.File, none)
		}
		if strings.HasPrefix(d.ID, "cis-") {
			cis++
			continue
		}
		if len(d.Match.Pins("eventName")) == 0 && len(d.Match.Pins("eventSource")) == 0 && !overTime(d) && d.ID != "network-vpce-access-denied" {
			t.Errorf("%s: the pattern looks at every event", d.File)
		}
		if overTime(d) == (d.Alarm != nil) {
			t.Errorf("%s: alarm %v", d.File, d.Alarm)
		}
	}
	if cis != 15 {
		t.Errorf("%d detections of CIS", cis)
	}
}

// TestDetectionsAlarms holds what CloudWatch asks of metric filters and alarms, all of them in one log group.
func TestDetectionsAlarms(t *testing.T) {
	names, metrics := map[string]string{}, map[string]string{}
	filters, regexes := 0, 0
	for _, d := range detections(t) {
		if d.Alarm == nil {
			continue
		}
		filters++
		if strings.Contains(d.Pattern, "%") {
			regexes++
		}
		if other := names[d.Alarm.Name]; other != "" {
			t.Errorf("%s and %s have the alarm %q", other, d.ID, d.Alarm.Name)
		}
		if other := metrics[d.Alarm.Metric]; other != "" {
			t.Errorf("%s and %s have the metric %q", other, d.ID, d.Alarm.Metric)
		}
		names[d.Alarm.Name], metrics[d.Alarm.Metric] = d.ID, d.ID
		if strings.ContainsAny(d.Alarm.Name+d.Alarm.Metric, ":*$") || !strings.HasSuffix(d.Alarm.Name, "-"+d.Alarm.Metric) {
			t.Errorf("%s: the alarm %q with the metric %q", d.ID, d.Alarm.Name, d.Alarm.Metric)
		}
	}
	if filters > 100 || regexes > 5 {
		t.Errorf("%d metric filters, %d with a regular expression: a log group takes 100 and 5", filters, regexes)
	}
}

// TestDetectionsBenchmark holds the numbers of the benchmark's controls: those of one control are one number in each of
// its versions.
func TestDetectionsBenchmark(t *testing.T) {
	number := regexp.MustCompile(`^cis-aws-([0-9.]+)/([345])\.([0-9]+)$`)
	versions := map[string]string{"1.2.0": "3", "1.4.0": "4", "1.5.0": "4", "2.0.0": "4", "3.0.0": "4", "4.0.1": "4", "5.0.0": "4", "6.0.0": "5", "7.0.0": "5"}
	seen := map[string]string{}
	for _, d := range detections(t) {
		control, count := "", 0
		for _, c := range d.Criteria {
			m := number.FindStringSubmatch(c)
			if m == nil {
				continue
			}
			count++
			if versions[m[1]] != m[2] || control != "" && control != m[3] {
				t.Errorf("%s: %s", d.ID, c)
			}
			control = m[3]
			if other := seen[c]; other != "" {
				t.Errorf("%s and %s are for %s", other, d.ID, c)
			}
			seen[c] = d.ID
		}
		if count > 0 && !strings.HasPrefix(d.ID, "cis-") {
			t.Errorf("%s is for a control of the benchmark", d.ID)
		}
	}
	if want := 15*9 - 1; len(seen) != want {
		t.Errorf("%d numbers of the benchmark, want %d: fifteen in nine versions, and no 15th in 1.2.0", len(seen), want)
	}
}

func TestFindDetection(t *testing.T) {
	d, err := catalog.FindDetection("cis-root-usage")
	if err != nil || d.ID != "cis-root-usage" {
		t.Errorf("%q, error %v", d.ID, err)
	}
	if _, err := catalog.FindDetection("root"); !errors.Is(err, catalog.ErrNoDetection) {
		t.Errorf("error %v", err)
	}
}

// TestCorpusDetections compares the fifteen texts with those that Security Hub prints, byte for byte, and makes sure
// that no detection of our own fires on everything.
func TestCorpusDetections(t *testing.T) {
	dir := os.Getenv("TRAILSEAL_CORPUS")
	if dir == "" {
		t.Skip("TRAILSEAL_CORPUS is not set")
	}
	b, err := os.ReadFile(filepath.Join(dir, "labelled", "securityhub-patterns.json"))
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	if err := json.Unmarshal(b, &texts); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "events", "*.ndjson"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	records, found := 0, map[string]int{}
	all := detections(t)
	for _, file := range files {
		for _, line := range lines(t, file) {
			var r pattern.Record
			if err := r.Reset(line); err != nil {
				t.Fatal(err)
			}
			records++
			for _, d := range all {
				if !overTime(d) && d.Match.MatchRecord(&r) {
					found[d.ID]++
				}
			}
		}
	}
	for _, d := range all {
		if text, ok := texts[d.ID]; ok != strings.HasPrefix(d.ID, "cis-") || ok && text != d.Pattern {
			t.Errorf("%s: the pattern is %q, want %q", d.ID, d.Pattern, text)
		}
		delete(texts, d.ID)
		if !strings.HasPrefix(d.ID, "cis-") && found[d.ID]*100 > records*15 {
			t.Errorf("%s matches %d of %d events", d.ID, found[d.ID], records)
		}
	}
	if len(texts) > 0 {
		t.Errorf("no detection for %v", texts)
	}
}
