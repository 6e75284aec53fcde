package setup

import (
	"fmt"
	"slices"
	"strings"

	"github.com/trailseal/trailseal/internal/resource"
)

// Change is one setting that is not as it is wanted.
type Change struct {
	Step    resource.Step `json:"step"`
	Setting string        `json:"setting"` // as AWS calls it, as in IsMultiRegionTrail
	Now     string        `json:"now"`     // empty: not there
	Want    string        `json:"want"`
	Why     string        `json:"why"`              // one sentence
	Meets   []string      `json:"meets,omitempty"`  // criteria, as in soc2/CC7.2, cis-aws-3.0.0/3.1
	Risk    string        `json:"risk,omitempty"`   // what can go wrong for others; empty: nothing is known to
	Cost    string        `json:"cost,omitempty"`   // what AWS charges for it; empty: nothing
	Ask     string        `json:"ask,omitempty"`    // a second question to answer before it is made
	Manual  string        `json:"manual,omitempty"` // setup cannot make this change: the command or the steps that do
}

// reason is why a setting is wanted; it is the same wherever that setting is changed.
type reason struct {
	why        string
	meets      []string
	risk, cost string
}

// comparison collects what comparing one resource gives.
type comparison struct {
	// unread are the steps of which nothing could be read: their settings are not compared.
	unread  map[resource.Step]error
	changes []Change
	notes   []string
}

// known reports whether the settings of a step were read.
func (c *comparison) known(step resource.Step) bool { return c.unread[step] == nil }

// change notes that a setting is to be written.
func (c *comparison) change(step resource.Step, setting string, now, want any, r reason) *Change {
	c.changes = append(c.changes, Change{Step: step, Setting: setting, Now: text(now), Want: text(want),
		Why: r.why, Meets: r.meets, Risk: r.risk, Cost: r.cost})
	return &c.changes[len(c.changes)-1]
}

// note tells something about the resource that is no change, as that a stricter setting was kept.
func (c *comparison) note(format string, args ...any) {
	c.notes = append(c.notes, fmt.Sprintf(format, args...))
}

// text is a setting for people.
func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case []string:
		return strings.Join(v, ", ")
	case bool:
		if v {
			return "on"
		}
		return "off"
	}
	return fmt.Sprint(v)
}

// rules are how resources of a kind are set up.
type rules struct {
	// steps in the order in which they are written, Create first.
	steps []resource.Step
	// compare returns the target for what is wanted, given what is there (nil if nothing is), and notes each change in c.
	// The target has every setting that is there and stricter, and everything of others.
	compare func(c *comparison, now, want resource.Resource) resource.Resource
}

// comparing gives a typed comparison the shape of rules.compare. A nil now stays a nil pointer.
func comparing[T any, R interface {
	*T
	resource.Resource
}](f func(c *comparison, now, want R) R) func(*comparison, resource.Resource, resource.Resource) resource.Resource {
	return func(c *comparison, now, want resource.Resource) resource.Resource {
		var typed R
		if now != nil {
			typed = now.(R)
		}
		return f(c, typed, want.(R))
	}
}

// ruled says how each kind is set up. A new kind is a line here and a file beside compare_bucket.go.
var ruled = map[resource.Kind]rules{
	resource.ServiceAccessKind:   serviceAccessRules,
	resource.RoleKind:            roleRules,
	resource.KeyKind:             keyRules,
	resource.BucketKind:          bucketRules,
	resource.LogGroupKind:        logGroupRules,
	resource.TopicKind:           topicRules,
	resource.TrailKind:           trailRules,
	resource.SubscriptionKind:    subscriptionRules,
	resource.SlackChannelKind:    slackChannelRules,
	resource.MetricFilterKind:    metricFilterRules,
	resource.AlarmKind:           alarmRules,
	resource.RecorderKind:        recorderRules,
	resource.DeliveryChannelKind: deliveryChannelRules,
	resource.RuleKind:            configRuleRules,
	resource.HubKind:             hubRules,
	resource.DetectorKind:        detectorRules,
	resource.ParameterGroupKind:  parameterGroupRules,
	resource.OptionGroupKind:     optionGroupRules,
	resource.DatabaseKind:        databaseRules,
}

// stepsOf are the steps that changes name, in the order in which they are written.
func stepsOf(kind resource.Kind, changes []Change) []resource.Step {
	var steps []resource.Step
	for _, s := range ruled[kind].steps {
		if slices.ContainsFunc(changes, func(c Change) bool { return c.Step == s && c.Manual == "" }) {
			steps = append(steps, s)
		}
	}
	return steps
}
