package cloudformation

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/trailseal/trailseal/internal/resource"
)

const notImported = "it is there, and CloudFormation cannot import it"

// strategy is how AWS Config calls what a recorder records.
func strategy(r *resource.Recorder) string {
	switch {
	case len(r.Excluded) > 0:
		return "EXCLUSION_BY_RESOURCE_TYPES"
	case r.AllSupported:
		return "ALL_SUPPORTED_RESOURCE_TYPES"
	}
	return "INCLUSION_BY_RESOURCE_TYPES"
}

// addRecorder writes a recorder. Neither it nor its delivery channel may wait for the other: CloudFormation starts the
// recorder, which needs the channel, before it calls the recorder made.
func (t *writer) addRecorder(r *resource.Recorder) {
	id := r.ID()
	if t.exists(r) {
		t.leaveThere(r, recorderCommand(r), notImported)
		return
	}
	t.put(entry{name: t.names.resource(id), kind: "Config::ConfigurationRecorder", retain: true, after: t.linked("config.amazonaws.com"),
		properties: object(
			field{"Name", str(r.Name)},
			field{"RoleARN", t.say(restRank, r.RoleARN)},
			field{"RecordingGroup", object(
				field{"AllSupported", yes(r.AllSupported)},
				field{"IncludeGlobalResourceTypes", yes(r.GlobalTypes)},
				field{"ResourceTypes", when(!r.AllSupported, strs(r.Types))},
				field{"ExclusionByResourceTypes", object(field{"ResourceTypes", strs(r.Excluded)})},
				field{"RecordingStrategy", object(field{"UseOnly", str(strategy(r))})},
			)},
			field{"RecordingMode", when(r.Frequency != "", object(field{"RecordingFrequency", str(r.Frequency)}))},
		)})
}

// linked are the logical IDs of the roles that are linked to a service. One of another template has to be there first.
func (t *writer) linked(service string) []string {
	var all []string
	for _, r := range t.stack.Resources {
		role, ok := r.(*resource.Role)
		if !ok || role.ServiceLinkedTo != service {
			continue
		}
		if name := t.names.resource(r.ID()); name != "" {
			all = append(all, name)
		} else if role.Account == t.place.account {
			t.needs[t.stack.placeOf(r.ID())] = true
		}
	}
	return all
}

func (t *writer) addDeliveryChannel(r *resource.DeliveryChannel) {
	id := r.ID()
	if t.exists(r) {
		t.leaveThere(r, channelCommand(r), notImported)
		return
	}
	e := entry{name: t.names.resource(id), kind: "Config::DeliveryChannel", retain: true, properties: object(
		field{"Name", str(r.Name)},
		field{"S3BucketName", t.name(restRank, resource.BucketKind, r.Bucket)},
		field{"S3KeyPrefix", when(r.Prefix != "", str(r.Prefix))},
		field{"S3KmsKeyArn", t.say(restRank, r.KeyARN)},
		field{"SnsTopicARN", t.say(restRank, r.TopicARN)},
		field{"ConfigSnapshotDeliveryProperties", when(r.Frequency != "", object(field{"DeliveryFrequency", str(r.Frequency)}))},
	)}
	if b := t.bucket(r.Bucket); b != nil {
		e.after = append(e.after, t.names.part(b.ID(), "Policy"))
	} else if b := t.stack.bucket(r.Bucket); b != nil {
		t.needs[t.stack.placeOf(b.ID())] = true
	}
	t.put(e)
}

func (t *writer) addRule(r *resource.Rule) {
	id := r.ID()
	if r.Owner != "" && r.Owner != "AWS" {
		t.leave(id, "", "it is no managed rule of AWS")
		return
	}
	parameters, err := t.inputs(r.Parameters)
	if err != nil {
		t.fail(r, "its parameters are not understood: %w", err)
		return
	}
	e := entry{name: t.names.resource(id), kind: "Config::ConfigRule", properties: object(
		field{"ConfigRuleName", str(r.Name)},
		field{"Source", object(field{"Owner", str("AWS")}, field{"SourceIdentifier", str(r.Identifier)})},
		field{"Scope", object(field{"ComplianceResourceTypes", strs(r.Types)})},
		field{"InputParameters", parameters},
		field{"MaximumExecutionFrequency", when(r.Frequency != "", str(r.Frequency))},
	)}
	for _, other := range t.resources {
		if k := other.ID().Kind; k == resource.RecorderKind || k == resource.DeliveryChannelKind {
			e.after = append(e.after, t.names.resource(other.ID()))
		}
	}
	if t.exists(r) {
		e.identifier = map[string]string{"ConfigRuleName": r.Name}
	}
	t.put(e)
}

// inputs are the parameters of a rule of AWS Config, which are texts.
func (t *writer) inputs(text string) (*yaml.Node, error) {
	if text == "" {
		return nil, nil
	}
	var read map[string]any
	if err := json.Unmarshal([]byte(text), &read); err != nil {
		return nil, err
	}
	var fields []field
	for _, name := range sorted(read) {
		value, ok := read[name].(string)
		if !ok {
			return nil, fmt.Errorf("the value of %q is no text", name)
		}
		n := node(t.parts(restRank, value))
		if strings.EqualFold(name, "s3BucketName") {
			n = t.name(restRank, resource.BucketKind, value)
		}
		fields = append(fields, field{name, n})
	}
	return object(fields...), nil
}

func (t *writer) addHub(h *resource.Hub) {
	id := h.ID()
	name := t.names.resource(id)
	e := entry{name: name, kind: "SecurityHub::Hub", properties: object(field{"EnableDefaultStandards", yes(false)})}
	if t.exists(h) {
		e.identifier = map[string]string{"ARN": resource.ARN(id, t.stack.Partition)}
	}
	t.put(e)
	now, known := t.stack.Now[id].(*resource.Hub)
	for _, arn := range h.Standards {
		on := known && slices.Contains(now.Standards, arn)
		s := entry{name: t.names.part(id, standardName(arn)), kind: "SecurityHub::Standard", after: []string{name},
			properties: object(field{"StandardsArn", t.say(restRank, arn)})}
		switch {
		case on:
			s.identifier = map[string]string{"StandardsSubscriptionArn": strings.TrimSuffix(resource.ARN(id, t.stack.Partition), "hub/default") + "subscription/" + standardPath(arn)}
		case t.exists(h) && !known && t.only == nil:
			s.condition = t.standardWanted(arn)
		}
		t.put(s)
	}
}

// standardPath is what comes after standards/ or ruleset/ in the ARN of a standard.
func standardPath(arn string) string {
	for _, before := range []string{":standards/", ":::ruleset/"} {
		if _, path, ok := strings.Cut(arn, before); ok {
			return path
		}
	}
	return last(arn, ":")
}

func standardName(arn string) string { return "Standard " + standardPath(arn) }

// standardWanted is a condition for a standard that may be on already, so that it cannot be turned on by a stack.
func (t *writer) standardWanted(arn string) string {
	p := t.parameter("Enable "+standardPath(arn),
		field{"Type", str("String")},
		field{"Description", str("false where the Security Hub standard " + arn + " is on already")},
		field{"Default", quoted("true")},
		field{"AllowedValues", list(quoted("true"), quoted("false"))})
	return t.condition("Turn on "+standardPath(arn), p)
}

func (t *writer) addDetector(d *resource.Detector) {
	id := d.ID()
	if t.exists(d) && d.Detector == "" {
		t.leave(id, "", "it is there, but its id is not known, without which it cannot be imported")
		return
	}
	e := entry{name: t.names.resource(id), kind: "GuardDuty::Detector", properties: object(
		field{"Enable", yes(d.Enabled)},
		field{"FindingPublishingFrequency", when(d.Frequency != "", str(d.Frequency))},
	)}
	if t.exists(d) {
		e.identifier = map[string]string{"Id": d.Detector}
	}
	t.put(e)
}
