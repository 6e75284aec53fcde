package setup

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/trailseal/trailseal/internal/resource"
)

var recorderRules = rules{
	steps:   []resource.Step{resource.Create, resource.RecorderSettings, resource.RecorderStart},
	compare: comparing(compareRecorder),
}

// continuous is how AWS Config calls recording each change, which it does where nothing is said.
const continuous = "CONTINUOUS"

func compareRecorder(c *comparison, now, want *resource.Recorder) *resource.Recorder {
	if now == nil {
		c.change(resource.Create, isNew, nil, "configuration recorder, "+recorded(want), whyRecorder)
		made := *want
		made.Recording, made.LastStatus = false, ""
		now = &made
	}
	t := *now
	if c.known(resource.RecorderSettings) {
		recorder(c, &t, want)
	}
	if want.Recording && c.known(resource.RecorderStart) {
		put(c, resource.RecorderStart, "recording", &t.Recording, true, whyRecording)
	}
	return &t
}

func recorder(c *comparison, t *resource.Recorder, want *resource.Recorder) {
	if t.RoleARN == "" && want.RoleARN != "" {
		put(c, resource.RecorderSettings, "roleARN", &t.RoleARN, want.RoleARN, whyRole)
	}
	switch {
	case want.AllSupported && (!t.AllSupported || len(t.Excluded) > 0):
		was := recorded(t)
		t.AllSupported, t.Types, t.Excluded = true, nil, nil
		c.change(resource.RecorderSettings, "recordingGroup", was, recorded(t), whyAllTypes).Ask =
			"Somebody has chosen what AWS Config records, perhaps for its cost. Is it to record all types of resources?"
	case want.AllSupported || t.AllSupported:
	case len(t.Excluded) > 0:
		c.note("all types but %s are recorded; that stays", strings.Join(t.Excluded, ", "))
	default:
		c.join(resource.RecorderSettings, "resourceTypes", &t.Types, want.Types, whyAllTypes)
	}
	if want.GlobalTypes {
		put(c, resource.RecorderSettings, "includeGlobalResourceTypes", &t.GlobalTypes, true, whyAllTypes)
	}
	if frequent(want.Frequency) == continuous && frequent(t.Frequency) != continuous {
		put(c, resource.RecorderSettings, "recordingFrequency", &t.Frequency, continuous, whyFrequency)
	}
}

func frequent(f string) string { return orDefault(f, continuous) }

// recorded is what a recorder records, for people.
func recorded(r *resource.Recorder) string {
	switch {
	case len(r.Excluded) > 0:
		return "all types but " + strings.Join(r.Excluded, ", ")
	case r.AllSupported:
		return "all types"
	}
	return strings.Join(r.Types, ", ")
}

var deliveryChannelRules = rules{
	steps:   []resource.Step{resource.Create, resource.DeliveryChannelSettings},
	compare: comparing(compareDeliveryChannel),
}

// compareDeliveryChannel leaves prefix, key and topic as they are. The bucket is another one only where the blueprint names it,
// which is asked about.
func compareDeliveryChannel(c *comparison, now, want *resource.DeliveryChannel) *resource.DeliveryChannel {
	if now == nil {
		c.change(resource.Create, isNew, nil, strings.TrimSuffix("delivery to s3://"+want.Bucket+"/"+want.Prefix, "/"), whyChannel)
		return want
	}
	t := *now
	if !c.known(resource.DeliveryChannelSettings) {
		return &t
	}
	if ch := put(c, resource.DeliveryChannelSettings, "s3BucketName", &t.Bucket, want.Bucket, whyChannel); ch != nil {
		ch.Risk = "what AWS Config has delivered so far stays in the bucket of before"
		ch.Ask = "AWS Config will deliver to another bucket than now. Is that wanted?"
	}
	if now.Frequency == "" {
		put(c, resource.DeliveryChannelSettings, "deliveryFrequency", &t.Frequency, want.Frequency, whyChannel)
	}
	return &t
}

var configRuleRules = rules{
	steps:   []resource.Step{resource.Create, resource.RuleSettings},
	compare: comparing(compareRule),
}

func compareRule(c *comparison, now, want *resource.Rule) *resource.Rule {
	if now == nil {
		c.change(resource.Create, isNew, nil, "managed rule "+want.Identifier, whyRule)
		return want
	}
	t := *now
	if !c.known(resource.RuleSettings) {
		return &t
	}
	if now.Identifier != want.Identifier || now.Owner != "" && now.Owner != "AWS" {
		c.change(resource.RuleSettings, "SourceIdentifier", now.Owner+" "+now.Identifier, "AWS "+want.Identifier, whyRule).Manual =
			"another rule has the name " + now.Name + ", and setup would replace it: rename that rule"
		return &t
	}
	if len(now.Types) > 0 && len(want.Types) > 0 {
		c.join(resource.RuleSettings, "ComplianceResourceTypes", &t.Types, want.Types, whyRule)
	}
	parameters(c, &t, want)
	if want.Frequency != "" && now.Frequency != "" && hours(now.Frequency) > hours(want.Frequency) {
		put(c, resource.RuleSettings, "MaximumExecutionFrequency", &t.Frequency, want.Frequency, whyRule)
	}
	return &t
}

// parameters gives a rule the parameters that are wanted. Others that it has stay.
func parameters(c *comparison, t *resource.Rule, want *resource.Rule) {
	need, ok := jsonMembers(want.Parameters)
	if !ok || len(need) == 0 {
		return
	}
	all, ok := jsonMembers(t.Parameters)
	if !ok {
		c.change(resource.RuleSettings, "InputParameters", t.Parameters, want.Parameters, whyRule).Manual = "the rule's parameters are no JSON object: write them anew"
		return
	}
	changed := false
	for name, value := range need {
		if string(all[name]) != string(value) {
			all[name], changed = value, true
		}
	}
	if !changed {
		return
	}
	text, err := json.Marshal(all)
	if err != nil { // each value was read as JSON
		return
	}
	put(c, resource.RuleSettings, "InputParameters", &t.Parameters, string(text), whyRule)
}

// jsonMembers are the members of a JSON object; no text is one without any.
func jsonMembers(text string) (map[string]json.RawMessage, bool) {
	all := map[string]json.RawMessage{}
	if strings.TrimSpace(text) == "" {
		return all, true
	}
	err := json.Unmarshal([]byte(text), &all)
	return all, err == nil && all != nil
}

// hours is how often a rule is evaluated, as its place among the frequencies of AWS Config.
func hours(frequency string) int {
	return slices.Index([]string{"One_Hour", "Three_Hours", "Six_Hours", "Twelve_Hours", "TwentyFour_Hours"}, frequency)
}
