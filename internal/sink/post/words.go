package post

import (
	"fmt"
	"strings"
	"time"

	"github.com/trailseal/trailseal/internal/finding"
	"github.com/trailseal/trailseal/internal/notice"
)

// maxValue is how many UTF-16 units are said of one thing.
const maxValue = 500

// Headline says in one line what has happened: at most limit UTF-16 units.
func Headline(n notice.Notice, limit int) string {
	a := n.Alert
	title := a.Title
	if strings.TrimSpace(title) == "" {
		title = or(a.Detection, "a detection without a name")
	}
	severity := strings.ToUpper(or(string(a.Severity), "no severity"))
	var text string
	switch n.Kind {
	case notice.Rising:
		text = fmt.Sprintf("%s, %d times: %s", severity, a.Count, title)
	case notice.Verified:
		text = "Log files verified: " + title
	case notice.Disputed:
		text = severity + ", log files disputed: " + title
	case notice.Acknowledged:
		text = "Acknowledged: " + title
	case notice.Closed:
		text = "Closed: " + title
	default:
		text = severity + ": " + title
	}
	if a.Test {
		text = "TEST, nothing happened. " + text
	}
	return Line(text, limit)
}

// Lead says in a sentence or two what that means, at most limit UTF-16 units. It is never empty.
func Lead(n notice.Notice, limit int) string {
	a := n.Alert
	switch n.Kind {
	case notice.Rising:
		return Line(fmt.Sprintf("It goes on: %d matches so far, the last at %s. %s", a.Count, When(a.Last), a.What), limit)
	case notice.Verified:
		return "Valid digests now list every log file that the events are from, with the content that was read."
	case notice.Disputed:
		return "Validation contradicts a log file that the events are from: a digest lists it with another content, or does not list it where it should. The log itself may have been changed."
	case notice.Acknowledged:
		return Line(fmt.Sprintf("%s has acknowledged it: %s", or(n.By, "Somebody"), or(n.Why, "no reason given")), limit)
	case notice.Closed:
		return Line(fmt.Sprintf("%s has closed it: %s", or(n.By, "Somebody"), or(n.Why, "no reason given")), limit)
	}
	return Line(or(a.What, "The detection says no more about it."), limit)
}

// Brief reports whether a notice is news of an alert that people know, and needs no events and no steps.
func Brief(n notice.Notice) bool {
	return n.Kind == notice.Verified || n.Kind == notice.Acknowledged || n.Kind == notice.Closed
}

// Fact is one thing that is known of an alert. Neither text is empty.
type Fact struct{ Label, Value string }

// Facts are the ten things to know of an alert, in this order: severity, detection, account, regions, actor, who is
// behind, matches, first and last event, log files.
func Facts(n notice.Notice) []Fact {
	a := n.Alert
	behind := or(a.Actor.Behind, "not known")
	if how := join(", ", a.Actor.Kind, a.Actor.Confidence, a.Actor.Reason); a.Actor.Behind != "" && how != "" {
		behind += " (" + how + ")"
	}
	facts := []Fact{
		{"Severity", string(a.Severity)},
		{"Detection", a.Detection},
		{"Account", a.Account},
		{"Region", strings.Join(first(a.Regions, 40), ", ")},
		{"Actor", a.Actor.Principal},
		{"Behind it", behind},
		{"Matches", fmt.Sprint(a.Count)},
		{"First event", When(a.First)},
		{"Last event", When(a.Last)},
		{"Log files", verified(a.Verified)},
	}
	for i := range facts {
		facts[i].Value = or(Line(facts[i].Value, maxValue), "not known")
	}
	return facts
}

// Chain is how the session was followed back to who is behind it, a line each, with the addresses and the programs that
// it came from.
func Chain(n notice.Notice) []string {
	a := n.Alert.Actor
	lines := each(a.Chain)
	for _, l := range []struct {
		label string
		list  []string
	}{{"From ", a.IPs}, {"With ", a.Agents}} {
		if s := Line(join(", ", first(l.list, 10)...), maxValue); s != "" {
			lines = append(lines, l.label+s)
		}
	}
	return lines
}

// Steps are what to do, a line each.
func Steps(n notice.Notice) []string { return each(n.Alert.Steps) }

// Criteria are what an auditor knows it by, in one line.
func Criteria(n notice.Notice) string {
	return Line(join(", ", first(n.Alert.Criteria, 100)...), maxValue)
}

// Events are the first events, a line each.
func Events(n notice.Notice) []string { return events(n.Alert.Events, finding.MaxEvents) }

// Around is what the actor did around them, a line each; before them one that says what is not known, where there is.
func Around(n notice.Notice) []string {
	var lines []string
	if gap := Line(n.Alert.AroundGap, maxValue); gap != "" {
		lines = append(lines, "Not complete: "+gap)
	}
	return append(lines, events(n.Alert.Around, finding.MaxAround)...)
}

func events(list []finding.Event, limit int) []string {
	var lines []string
	for _, e := range first(list, limit) {
		s := join(" ", When(e.Time), e.Name, e.Service, e.Account, e.Region)
		if by := join(" ", e.Identity, e.IP); by != "" {
			s += " by " + by
		}
		if e.ErrorCode != "" {
			s += " (" + e.ErrorCode + ")"
		}
		lines = append(lines, Line(s, maxValue))
	}
	return lines
}

// When writes a time; the zero one is not known.
func When(t time.Time) string {
	if t.IsZero() {
		return "not known"
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

func verified(v finding.Verification) string {
	switch v {
	case finding.Proven:
		return "verified by digests"
	case finding.Disputed:
		return "contradicted by validation"
	case finding.Unasked:
		return "not from log files"
	}
	return "not yet verified"
}

func or(text, other string) string {
	if strings.TrimSpace(text) == "" {
		return other
	}
	return text
}

// join joins what is not empty. What is too long to be shown is cut before it costs anything.
func join(sep string, texts ...string) string {
	var all []string
	for _, s := range texts {
		if s = Line(s, maxValue); s != "" {
			all = append(all, s)
		}
	}
	return strings.Join(all, sep)
}

func each(list []string) []string {
	var lines []string
	for _, s := range first(list, 100) {
		if s = Line(s, maxValue); s != "" {
			lines = append(lines, s)
		}
	}
	return lines
}

func first[T any](list []T, n int) []T { return list[:min(n, len(list))] }
