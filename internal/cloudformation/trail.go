package cloudformation

import (
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/trailseal/trailseal/internal/resource"
)

// add writes a resource with all that belongs to it.
func (t *writer) add(r resource.Resource) {
	switch r := r.(type) {
	case *resource.ServiceAccess:
		t.leaveServiceAccess(r)
	case *resource.Role:
		t.addRole(r)
	case *resource.Key:
		t.addKey(r)
	case *resource.Bucket:
		t.addBucket(r)
	case *resource.LogGroup:
		t.addLogGroup(r)
	case *resource.Topic:
		t.addTopic(r)
	case *resource.Trail:
		t.addTrail(r)
	case *resource.Subscription:
		t.addSubscription(r)
	case *resource.SlackChannel:
		t.addSlackChannel(r)
	case *resource.MetricFilter:
		t.addMetricFilter(r)
	case *resource.Alarm:
		t.addAlarm(r)
	case *resource.Recorder:
		t.addRecorder(r)
	case *resource.DeliveryChannel:
		t.addDeliveryChannel(r)
	case *resource.Rule:
		t.addRule(r)
	case *resource.Hub:
		t.addHub(r)
	case *resource.Detector:
		t.addDetector(r)
	case *resource.ParameterGroup:
		t.addParameterGroup(r)
	case *resource.OptionGroup:
		t.addOptionGroup(r)
	case *resource.Database:
		t.leaveDatabase(r)
	default:
		t.fail(r, "there is no such kind")
	}
}

// retentions are the days that CloudWatch Logs takes.
//
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
func retentions() []int {
	return []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}
}

func (t *writer) addLogGroup(g *resource.LogGroup) {
	name := t.names.resource(g.ID())
	e := entry{name: name, kind: "Logs::LogGroup", retain: true, properties: object(
		field{"LogGroupName", str(g.Name)},
		field{"LogGroupClass", when(g.Class != "" && g.Class != "STANDARD", str(g.Class))},
		field{"KmsKeyId", t.say(groupRank, g.KeyARN)},
		field{"RetentionInDays", t.retention(name, g.RetentionDays)},
	)}
	if t.exists(g) {
		e.identifier = map[string]string{"LogGroupName": g.Name}
	}
	t.put(e)
}

// retention is a parameter that only grows; nothing where logs never expire.
func (t *writer) retention(group string, n int) *yaml.Node {
	if n == 0 {
		return nil
	}
	var longer []*yaml.Node
	for _, d := range retentions() {
		if d >= n {
			longer = append(longer, number(d))
		}
	}
	if !slices.Contains(retentions(), n) {
		return number(n)
	}
	values := list(longer...)
	values.Style = yaml.FlowStyle
	return call("Ref", t.parameter(group+"RetentionDays",
		field{"Type", str("Number")},
		field{"Description", str("Days for which CloudWatch Logs keeps events")},
		field{"Default", number(n)},
		field{"AllowedValues", values}))
}

func (t *writer) addTrail(r *resource.Trail) {
	id := r.ID()
	e := entry{name: t.names.resource(id), kind: "CloudTrail::Trail", retain: true, properties: object(
		field{"TrailName", str(r.Name)},
		field{"S3BucketName", t.name(trailRank, resource.BucketKind, r.Bucket)},
		field{"S3KeyPrefix", when(r.Prefix != "", str(r.Prefix))},
		field{"KMSKeyId", t.say(trailRank, r.KeyARN)},
		field{"SnsTopicName", t.topicName(r.TopicARN)},
		field{"CloudWatchLogsLogGroupArn", t.say(trailRank, r.LogGroupARN)},
		field{"CloudWatchLogsRoleArn", t.say(trailRank, r.LogRoleARN)},
		field{"IsMultiRegionTrail", yes(r.MultiRegion)},
		field{"IncludeGlobalServiceEvents", yes(r.GlobalEvents)},
		field{"EnableLogFileValidation", yes(r.Validation)},
		field{"IsOrganizationTrail", yes(r.Organization)},
		field{"IsLogging", yes(r.Logging)},
		field{"AdvancedEventSelectors", t.selectors(r.Selectors)},
		field{"InsightSelectors", insights(r.Insights)},
	)}
	e.condition = t.bucketElsewhere(r)
	if t.exists(r) {
		e.identifier = map[string]string{"TrailName": r.Name}
	}
	e.after = t.beforeTrail()
	t.put(e)
}

// topicName is the delivery topic, which CloudTrail takes by its name or, elsewhere, by its ARN.
func (t *writer) topicName(arn string) *yaml.Node {
	n := t.say(trailRank, arn)
	if n != nil && n.Tag == "!Ref" {
		return call("GetAtt", n.Value+".TopicName")
	}
	return n
}

// beforeTrail are what CloudTrail looks at when a trail is made: the policies of its bucket, topic and role.
func (t *writer) beforeTrail() []string {
	var names []string
	for _, r := range t.resources {
		switch r := r.(type) {
		case *resource.Bucket:
			if t.names.resource(r.ID()) == "LogBucket" {
				names = append(names, t.names.part(r.ID(), "Policy"))
			}
		case *resource.Topic:
			if t.names.resource(r.ID()) == "DeliveryTopic" {
				names = append(names, t.names.part(r.ID(), "Policy"))
			}
		case *resource.Role:
			if r.ServiceLinkedTo == "cloudtrail.amazonaws.com" {
				names = append(names, t.names.resource(r.ID()))
			}
			if t.names.resource(r.ID()) == "TrailLogsRole" {
				for _, policy := range sorted(r.Inline) {
					names = append(names, t.names.part(r.ID(), policy))
				}
			}
		}
	}
	return names
}

// bucketIsReady is the parameter that says whether the log bucket of another template is there.
const bucketIsReady = "LogBucketIsReady"

// waits reports whether the trail waits for another stack, which itself needs something of this one.
func (t *writer) waits() bool { return t.ready() != "" }

// bucketElsewhere is the condition that the log bucket, which another template makes, is there; empty if the trail is there, or if
// that template can go first. It cannot where the bucket needs the key of this one.
func (t *writer) bucketElsewhere(r *resource.Trail) string {
	b := t.stack.bucket(r.Bucket)
	if b == nil || t.bucket(r.Bucket) != nil {
		return ""
	}
	ours := slices.ContainsFunc(t.resources, func(r resource.Resource) bool {
		k, ok := r.(*resource.Key)
		return ok && b.Encryption.KeyARN != "" && t.stack.aliasARN(k.ID()) == b.Encryption.KeyARN && t.stack.keyARN(k) == ""
	})
	switch {
	case !ours:
		t.needs[t.stack.placeOf(b.ID())] = true
		return ""
	case t.exists(r): // and so it has a bucket already
		return ""
	}
	p := t.parameter(bucketIsReady,
		field{"Type", str("String")},
		field{"Description", str("Whether the bucket " + r.Bucket + " has been made by its own stack; the trail is made when it is")},
		field{"Default", quoted("true")},
		field{"AllowedValues", list(quoted("true"), quoted("false"))})
	return t.condition("TrailIsMade", p)
}

// bucket is the bucket of any place that has a name, or nil.
func (s *Stack) bucket(name string) *resource.Bucket {
	for _, r := range s.Resources {
		if b, ok := r.(*resource.Bucket); ok && b.Name == name {
			return b
		}
	}
	return nil
}

func (t *writer) selectors(all []resource.Selector) *yaml.Node {
	var out []*yaml.Node
	for _, s := range all {
		var fields []*yaml.Node
		for _, f := range s.Fields {
			fields = append(fields, object(
				field{"Field", str(f.Field)},
				field{"Equals", t.says(trailRank, f.Equals)},
				field{"NotEquals", t.says(trailRank, f.NotEquals)},
				field{"StartsWith", t.says(trailRank, f.StartsWith)},
				field{"NotStartsWith", t.says(trailRank, f.NotStartsWith)},
				field{"EndsWith", t.says(trailRank, f.EndsWith)},
				field{"NotEndsWith", t.says(trailRank, f.NotEndsWith)},
			))
		}
		out = append(out, object(field{"Name", when(s.Name != "", str(s.Name))}, field{"FieldSelectors", optional(fields)}))
	}
	return optional(out)
}

func insights(types []string) *yaml.Node {
	var out []*yaml.Node
	for _, s := range types {
		out = append(out, object(field{"InsightType", str(s)}))
	}
	return optional(out)
}

// addOutputs tells what others need to know of the stack.
func (t *writer) addOutputs() {
	said := map[string]bool{}
	for _, r := range t.resources {
		id := r.ID()
		name := t.names.resource(id)
		if !t.has(name) {
			continue
		}
		var output, what string
		value := call("GetAtt", name+".Arn")
		switch r.(type) {
		case *resource.Trail:
			output, what = name+"Arn", "ARN of the trail"
		case *resource.Key:
			output, what = name+"Arn", "ARN of the KMS key"
		case *resource.Bucket:
			output, what, value = name+"Name", "Name of the bucket", call("Ref", name)
		case *resource.LogGroup:
			output, what, value = name+"Name", "Name of the log group", call("Ref", name)
		case *resource.Topic:
			output, what, value = name+"Arn", "ARN of the topic", call("Ref", name)
		}
		if output == "" || said[output] {
			continue
		}
		said[output] = true
		condition := ""
		if trail, ok := r.(*resource.Trail); ok {
			condition = t.bucketElsewhere(trail)
		}
		t.output(output, what, value, condition)
	}
}
