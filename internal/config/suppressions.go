package config

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/trailseal/trailseal/internal/finding"
	"github.com/trailseal/trailseal/internal/pattern"
)

// where is a CloudWatch Logs filter pattern.
type where string

func (w *where) UnmarshalText(b []byte) error {
	if strings.TrimSpace(string(b)) == "" {
		return errors.New("want a filter pattern that is not empty; without one it is left out")
	}
	if _, err := pattern.Parse(string(b)); err != nil {
		return err
	}
	*w = where(b)
	return nil
}

// until is a time, or a date that stands for its end.
type until time.Time

func (u *until) UnmarshalText(b []byte) error {
	if t, err := time.Parse(time.DateOnly, string(b)); err == nil {
		*u = until(t.AddDate(0, 0, 1))
		return nil
	}
	t, err := time.Parse(time.RFC3339, string(b))
	if err != nil {
		return fmt.Errorf("%q: want a date, as in 2026-12-31 (its end, in UTC), or a time with its zone, as in 2026-12-31T18:00:00Z", b)
	}
	*u = until(t.UTC())
	return nil
}

// parseSuppressions reads the list of what is not alerted on. Each says who decided it, why, and until when.
func parseSuppressions(at place, n *yaml.Node) ([]finding.Suppression, error) {
	if isNull(n) {
		return nil, nil
	}
	if n.Kind != yaml.SequenceNode {
		return nil, at.error(n, "want a list of suppressions, as in - {detection: ID, who: NAME, why: TEXT, until: 2026-12-31}")
	}
	var out []finding.Suppression
	for i, v := range n.Content {
		in := at.in(fmt.Sprintf("[%d]", i))
		var s struct {
			Detection filled  `yaml:"detection"`
			Account   account `yaml:"account"`
			Actor     filled  `yaml:"actor"`
			Where     where   `yaml:"where"`
			Who       filled  `yaml:"who"`
			Why       filled  `yaml:"why"`
			Until     until   `yaml:"until"`
		}
		if isNull(v) {
			return nil, in.error(v, "want a mapping of names to values")
		}
		if err := (Section{in, v}).Decode(&s); err != nil {
			return nil, err
		}
		for _, must := range []struct {
			missing    bool
			name, want string
		}{
			{s.Detection == "", "detection", "the id of a detection, or a glob such as cis-*"},
			{s.Who == "", "who", "who decided it"},
			{s.Why == "", "why", "the reason"},
			{time.Time(s.Until).IsZero(), "until", "when it ends: no suppression is for ever"},
		} {
			if must.missing {
				return nil, in.error(v, "%s is missing: want %s", must.name, must.want)
			}
		}
		out = append(out, finding.Suppression{Detection: string(s.Detection), Account: string(s.Account), Actor: string(s.Actor), Where: string(s.Where),
			Who: string(s.Who), Why: string(s.Why), Until: time.Time(s.Until)})
	}
	return out, nil
}
