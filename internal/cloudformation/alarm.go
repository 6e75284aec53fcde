package cloudformation

import (
	"cmp"

	"github.com/trailseal/trailseal/internal/resource"
	"github.com/trailseal/trailseal/internal/secret"
	"go.yaml.in/yaml/v3"
)

func (t *writer) addTopic(r *resource.Topic) {
	id := r.ID()
	name := t.names.resource(id)
	e := entry{name: name, kind: "SNS::Topic", properties: object(
		field{"TopicName", str(r.Name)},
		field{"KmsMasterKeyId", t.say(topicRank, r.KeyARN)},
	)}
	if t.exists(r) {
		e.identifier = map[string]string{"TopicArn": resource.ARN(id, t.stack.Partition)}
	}
	t.put(e)
	if r.Policy.IsZero() {
		return
	}
	t.put(entry{name: t.names.part(id, "Policy"), kind: "SNS::TopicPolicy", retain: true, properties: object(
		field{"Topics", list(call("Ref", name))},
		field{"PolicyDocument", t.document(topicPolicyRank, r.Policy)},
	)})
}

// addSubscription writes a subscription. One that is there is not imported: SNS answers with it when it is asked to make it
// again.
func (t *writer) addSubscription(r *resource.Subscription) {
	topic := resource.ID{Kind: resource.TopicKind, Account: r.Account, Region: r.Region, Name: r.Topic}
	t.put(entry{name: t.names.resource(r.ID()), kind: "SNS::Subscription", retain: t.exists(r), properties: object(
		field{"TopicArn", t.say(restRank, resource.ARN(topic, t.stack.Partition))},
		field{"Protocol", str(r.Protocol)},
		field{"Endpoint", t.endpoint(r)},
	)})
}

// endpoint is an address that its label tells anyway, or a parameter that CloudFormation never shows.
func (t *writer) endpoint(r *resource.Subscription) *yaml.Node {
	if r.Protocol == "email" && r.Endpoint.Equal(secret.New(r.Label)) {
		return str(r.Label)
	}
	fields := []field{
		{"Type", str("String")},
		{"Description", str(cut("Where topic "+r.Topic+" tells "+r.Label+" by "+r.Protocol+": a secret", 1000))},
		{"NoEcho", yes(true)},
	}
	if r.Protocol == "https" {
		fields = append(fields, field{"AllowedPattern", quoted("^https://.+$")},
			field{"ConstraintDescription", str("has to begin with https://")})
	}
	return call("Ref", t.parameter(camel(r.Topic)+camel(r.Label)+"Endpoint", fields...))
}

func (t *writer) addSlackChannel(r *resource.SlackChannel) {
	e := entry{name: t.names.resource(r.ID()), kind: "Chatbot::SlackChannelConfiguration", properties: object(
		field{"ConfigurationName", str(r.Name)},
		field{"SlackWorkspaceId", str(r.Workspace)},
		field{"SlackChannelId", str(r.Channel)},
		field{"IamRoleArn", t.say(restRank, r.RoleARN)},
		field{"SnsTopicArns", t.says(restRank, r.Topics)},
	)}
	if t.exists(r) {
		e.identifier = map[string]string{"Arn": resource.ARN(r.ID(), t.stack.Partition)}
	}
	t.put(e)
}

func (t *writer) addMetricFilter(r *resource.MetricFilter) {
	if r.Others > 0 {
		t.leave(r.ID(), "", "it has more transformations than one, which a template cannot have")
		return
	}
	transformation := object(
		field{"MetricNamespace", str(r.Namespace)},
		field{"MetricName", str(r.Metric)},
		field{"MetricValue", quoted(r.Value)},
		field{"DefaultValue", number64(r.Default)},
		field{"Unit", when(r.Unit != "" && r.Unit != "None", str(r.Unit))},
		field{"Dimensions", pairs("Key", r.Dimensions)},
	)
	e := entry{name: t.names.resource(r.ID()), kind: "Logs::MetricFilter", properties: object(
		field{"FilterName", str(r.Name)},
		field{"LogGroupName", t.name(restRank, resource.LogGroupKind, r.LogGroup)},
		field{"FilterPattern", str(r.Pattern)},
		field{"ApplyOnTransformedLogs", when(r.Transformed, yes(true))},
		field{"FieldSelectionCriteria", when(r.Criteria != "", str(r.Criteria))},
		field{"EmitSystemFieldDimensions", strs(r.System)},
		field{"MetricTransformations", list(transformation)},
	)}
	if t.exists(r) {
		e.identifier = map[string]string{"LogGroupName": r.LogGroup, "FilterName": r.Name}
	}
	t.put(e)
}

func number64(f *float64) *yaml.Node {
	if f == nil {
		return nil
	}
	return decimal(*f)
}

// pairs are a map as a list of what CloudFormation calls key and Value.
func pairs(key string, m map[string]string) *yaml.Node {
	var items []*yaml.Node
	for _, k := range sorted(m) {
		items = append(items, object(field{key, str(k)}, field{"Value", str(m[k])}))
	}
	return optional(items)
}

func (t *writer) addAlarm(r *resource.Alarm) {
	if r.Dimensions || r.Statistic == "" {
		t.leave(r.ID(), "", "it is about more than one plain metric, which is not for a template of ours to say")
		return
	}
	e := entry{name: t.names.resource(r.ID()), kind: "CloudWatch::Alarm", properties: object(
		field{"AlarmName", str(r.Name)},
		field{"AlarmDescription", when(r.Description != "", str(r.Description))},
		field{"Namespace", str(r.Namespace)},
		field{"MetricName", str(r.Metric)},
		field{"Statistic", str(r.Statistic)},
		field{"Unit", when(r.Unit != "", str(r.Unit))},
		field{"Period", number(r.Period)},
		field{"EvaluationPeriods", number(r.Periods)},
		field{"DatapointsToAlarm", when(r.Points != 0, number(r.Points))},
		field{"Threshold", decimal(r.Threshold)},
		field{"ComparisonOperator", str(r.Comparison)},
		field{"TreatMissingData", str(cmp.Or(r.Missing, "missing"))},
		field{"ActionsEnabled", yes(r.ActionsEnabled)},
		field{"AlarmActions", t.says(restRank, r.Actions)},
		field{"OKActions", t.says(restRank, r.OKActions)},
		field{"InsufficientDataActions", t.says(restRank, r.NoDataActions)},
	)}
	if t.exists(r) {
		e.identifier = map[string]string{"AlarmName": r.Name}
	}
	t.put(e)
}
