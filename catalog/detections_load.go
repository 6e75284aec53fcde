package catalog

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/trailseal/trailseal/internal/finding"
	"github.com/trailseal/trailseal/internal/pattern"
)

const (
	maxWithin = 400 * 24 * time.Hour
	maxCount  = 100_000
	maxPaths  = 10
)

// LoadDetections reads every *.yaml of a tree, such as a customer's own folder, and returns the detections in order of
// their ids. Every file must be right: the error names each that is not, with the line. Files *.yml are wrong, so that
// none is overlooked; other files are left alone.
func LoadDetections(tree fs.FS) ([]Detection, error) {
	all, err := loadTree(tree, "detection", ".yaml", func(name, text string) (string, Detection, error) {
		d, err := parseDetection(name, text)
		return d.ID, d, err
	})
	_, named := loadTree(tree, "detection", ".yml", func(name, _ string) (string, Detection, error) {
		return "", Detection{}, fmt.Errorf("%s:1: the name of a detection's file ends in .yaml", name)
	})
	if err != nil || named != nil {
		return nil, errors.Join(err, named)
	}
	return all, nil
}

var (
	detectionFile = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*\.yaml$`)
	standard      = regexp.MustCompile(`^[a-z0-9]+([.-][a-z0-9]+)*/[A-Za-z0-9][A-Za-z0-9.()-]*$`)
	technique     = regexp.MustCompile(`^T[0-9]{4}(\.[0-9]{3})?$`)
	alarmName     = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._-]{0,127}$`)
	days          = regexp.MustCompile(`^([0-9]{1,3})d$`)
)

// parseDetection reads one file.
func parseDetection(file, text string) (Detection, error) {
	d, err := readDetection(file, text)
	if err == nil {
		return d, nil
	}
	line := 1
	if at := (*lineError)(nil); errors.As(err, &at) {
		line, err = at.line, at.err
	}
	return Detection{}, fmt.Errorf("%s:%d: %w", file, line, err)
}

func readDetection(file, body string) (Detection, error) {
	d := Detection{File: file}
	if !detectionFile.MatchString(path.Base(file)) {
		return d, errors.New("the name of the file must be lower-case words with dashes between, and .yaml")
	}
	root, err := parseYAML(body)
	if err != nil {
		return d, err
	}
	err = fields(root, "a detection",
		field{"id", func(n *yaml.Node) error {
			if err := setText(&d.ID)(n); err != nil {
				return err
			}
			if want := strings.TrimSuffix(path.Base(file), ".yaml"); d.ID != want {
				return wrongAt(n, "the id %q is not the name of the file, %q", short(d.ID), want)
			}
			return nil
		}},
		field{"title", setText(&d.Title)},
		field{"severity", func(n *yaml.Node) error {
			s, err := text(n)
			if err != nil {
				return err
			}
			if d.Severity, err = finding.ParseSeverity(s); err != nil {
				return wrongAt(n, "severity %q: want critical, high, medium, low or informational", short(s))
			}
			return nil
		}},
		field{"description", setText(&d.Description)},
		field{"criteria", setTexts(&d.Criteria, shaped(standard, "criterion", "soc2/CC7.2"))},
		field{"attack?", setTexts(&d.Attack, shaped(technique, "technique", "T1078.004"))},
		field{"citation", setText(&d.Citation)},
		field{"steps", setTexts(&d.Steps, anyText)},
		field{"blind_spots?", setTexts(&d.BlindSpots, anyText)},
		field{"false_alarms?", setTexts(&d.FalseAlarms, anyText)},
		field{"pattern", setPattern(&d.Pattern, &d.Match)},
		field{"alarm?", d.setAlarm},
		field{"count?", d.setCount},
		field{"then?", d.setThen},
		field{"first_seen?", d.setFirstSeen},
		field{"cases", d.setCases},
	)
	if err != nil {
		return d, err
	}
	return d, d.check(root)
}

// check looks at what several members say together.
func (d *Detection) check(root *yaml.Node) error {
	over := 0
	for _, there := range []bool{d.Count != nil, d.Then != nil, d.FirstSeen != nil} {
		if there {
			over++
		}
	}
	switch {
	case over > 1:
		return wrongAt(root, "at most one of count, then and first_seen")
	case over == 1 && d.Alarm != nil:
		return wrongAt(root, "an alarm cannot say what count, then and first_seen say: a metric filter looks at one event")
	}
	matching, other := false, false
	for _, c := range d.Cases {
		matching = matching || c.Want > 0
		other = other || c.Want == 0
	}
	if !matching || !other {
		return wrongAt(root, "the cases need one at least that matches, and one that does not")
	}
	return nil
}

// shaped returns a check for texts of a form, each of which may stand once.
func shaped(form *regexp.Regexp, what, example string) func(string) error {
	seen := map[string]bool{}
	return func(s string) error {
		if !form.MatchString(s) {
			return fmt.Errorf("the %s %q is not of the form %s", what, short(s), example)
		}
		if seen[s] {
			return fmt.Errorf("the %s %q stands twice", what, s)
		}
		seen[s] = true
		return nil
	}
}

// setPattern reads a filter pattern, whose text is kept byte for byte. A warning about it is an error: who writes a
// detection can say it otherwise.
func setPattern(to *string, parsed **pattern.Pattern) func(*yaml.Node) error {
	return func(n *yaml.Node) error {
		s, err := text(n)
		if err != nil {
			return err
		}
		if s != n.Value || strings.TrimSpace(s) != s {
			return wrongAt(n, "a pattern with blanks or a line's end around it")
		}
		p, err := pattern.Parse(s)
		if err != nil {
			return wrongAt(n, "the pattern, %w", err)
		}
		if w := p.Warnings(); len(w) > 0 {
			return wrongAt(n, "the pattern, column %d: %s", w[0].Column, w[0].Text)
		}
		*to, *parsed = s, p
		return nil
	}
}

func (d *Detection) setAlarm(n *yaml.Node) error {
	d.Alarm = &Alarm{}
	name := func(to *string) func(*yaml.Node) error {
		return func(n *yaml.Node) error {
			if err := setText(to)(n); err != nil {
				return err
			}
			if !alarmName.MatchString(*to) {
				return wrongAt(n, "the name %q: want at most 128 letters, digits, dots, dashes and underscores", short(*to))
			}
			return nil
		}
	}
	return fields(n, "alarm", field{"name", name(&d.Alarm.Name)}, field{"metric", name(&d.Alarm.Metric)})
}

func (d *Detection) setCount(n *yaml.Node) error {
	d.Count = &Count{}
	return fields(n, "count",
		field{"at_least", setNumber(&d.Count.AtLeast, 2, maxCount)},
		field{"by", setPaths(&d.Count.By)},
		field{"within", setDuration(&d.Count.Within)},
		field{"of?", func(n *yaml.Node) error {
			s, err := text(n)
			if err != nil {
				return err
			}
			p, err := pattern.ParsePath(s)
			if err != nil {
				return wrongAt(n, "%w", err)
			}
			d.Count.Of = &p
			return nil
		}})
}

func (d *Detection) setThen(n *yaml.Node) error {
	d.Then = &Then{}
	return fields(n, "then",
		field{"pattern", setPattern(&d.Then.Pattern, &d.Then.Match)},
		field{"by", setPaths(&d.Then.By)},
		field{"within", setDuration(&d.Then.Within)})
}

func (d *Detection) setFirstSeen(n *yaml.Node) error {
	d.FirstSeen = &FirstSeen{}
	return fields(n, "first_seen",
		field{"of", setPaths(&d.FirstSeen.Of)},
		field{"by", setPaths(&d.FirstSeen.By)},
		field{"within", setDuration(&d.FirstSeen.Within)})
}

func setPaths(to *[]pattern.Path) func(*yaml.Node) error {
	return func(n *yaml.Node) error {
		var names []string
		if err := setTexts(&names, anyText)(n); err != nil {
			return err
		}
		if len(names) > maxPaths {
			return wrongAt(n, "more than %d fields", maxPaths)
		}
		for i, s := range names {
			p, err := pattern.ParsePath(s)
			if err != nil {
				return wrongAt(n.Content[i], "%w", err)
			}
			*to = append(*to, p)
		}
		return nil
	}
}

func setDuration(to *time.Duration) func(*yaml.Node) error {
	return func(n *yaml.Node) error {
		s, err := text(n)
		if err != nil {
			return err
		}
		d, err := time.ParseDuration(s)
		if m := days.FindStringSubmatch(s); m != nil {
			var number int
			number, err = strconv.Atoi(m[1])
			d = time.Duration(number) * 24 * time.Hour
		}
		if err != nil || d <= 0 || d > maxWithin {
			return wrongAt(n, "the time %q: want one such as 10m, 24h or 30d, at most 400d", short(s))
		}
		*to = d
		return nil
	}
}
