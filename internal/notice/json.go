package notice

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/trailseal/trailseal/internal/finding"
)

// leftOut begins an AroundGap. It is shorter than any text is cut.
const leftOut = "the notice was too long for all"

// JSON is n as JSON, of at most most bytes. What does not fit is left out: first what happened around, which AroundGap then
// says, then events but for the first, then the ends of texts, "…" standing for each. Key, Kind, ID, Severity and Count
// stay whole. It is an error where not even these fit.
func (n Notice) JSON(most int) ([]byte, error) {
	for _, b := range [...]bounds{
		{text: 4096, events: finding.MaxEvents, around: finding.MaxAround, list: 100},
		{text: 1024, events: finding.MaxEvents, around: 10, list: 40},
		{text: 500, events: 10, list: 20},
		{text: 200, events: 3, list: 10},
		{text: 100, events: 1, list: 3},
		{text: 40, list: 1},
	} {
		text, err := json.Marshal(b.notice(n))
		if err != nil {
			return nil, fmt.Errorf("write the notice as JSON: %w", err)
		}
		if len(text) <= most {
			return text, nil
		}
	}
	return nil, fmt.Errorf("the notice does not fit into %d bytes", most)
}

// bounds are how much of each thing stays: bytes of a text, and elements of lists.
type bounds struct{ text, events, around, list int }

func (b bounds) notice(n Notice) Notice {
	a := &n.Alert
	if len(a.Around) > b.around {
		a.AroundGap = strings.TrimSuffix(leftOut+"; "+a.AroundGap, "; ")
	}
	for _, s := range []*string{&n.By, &n.Why, &a.Key, &a.Detection, &a.Title, &a.What, &a.Account, &a.AroundGap, &a.Link,
		&a.Actor.Principal, &a.Actor.Behind, &a.Actor.Kind, &a.Actor.Confidence, &a.Actor.Reason} {
		*s = b.cut(*s)
	}
	for _, l := range []*[]string{&a.Criteria, &a.Steps, &a.Regions, &a.Actor.Chain, &a.Actor.IPs, &a.Actor.Agents} {
		*l = each(*l, b.list, b.cut)
	}
	a.Events, a.Around = each(a.Events, b.events, b.event), each(a.Around, b.around, b.event)
	if a.Suppressed != nil {
		s := *a.Suppressed
		for _, t := range []*string{&s.Detection, &s.Account, &s.Actor, &s.Where, &s.Who, &s.Why} {
			*t = b.cut(*t)
		}
		a.Suppressed = &s
	}
	return n
}

func (b bounds) event(e finding.Event) finding.Event {
	for _, s := range []*string{&e.ID, &e.Account, &e.Region, &e.Source, &e.State, &e.SHA256, &e.Service, &e.Name, &e.ErrorCode,
		&e.Principal, &e.Identity, &e.Type, &e.AccessKey, &e.IP, &e.Agent} {
		*s = b.cut(*s)
	}
	return e
}

func (b bounds) cut(s string) string {
	if len(s) <= b.text {
		return s
	}
	n := b.text - len("…")
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}

// each is the first elements of a list, each made anew.
func each[T any](list []T, most int, f func(T) T) []T {
	if list == nil {
		return nil
	}
	out := make([]T, min(len(list), most))
	for i := range out {
		out[i] = f(list[i])
	}
	return out
}
