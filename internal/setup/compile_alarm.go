package setup

import (
	"cmp"
	"slices"

	"github.com/trailseal/trailseal/catalog"
	"github.com/trailseal/trailseal/internal/finding"
	"github.com/trailseal/trailseal/internal/policy"
	"github.com/trailseal/trailseal/internal/resource"
)

const (
	defaultGroupDays  = 400
	defaultDetections = "cis-*"
	// metricSpace is the namespace of the metrics that are made.
	metricSpace = "LogMetrics"
	// mostFilters is how many metric filters CloudWatch Logs takes of one log group.
	//
	// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
	mostFilters = 100
	alarmPeriod = 300 // seconds
)

func (c *compiler) groupID() resource.ID {
	return resource.ID{Kind: resource.LogGroupKind, Account: c.s.Account, Region: c.s.Region, Name: c.l.group}
}

// logGroup wants the log group of the trail.
func (c *compiler) logGroup() {
	l := &c.l
	if l.group == "" {
		return
	}
	g := &resource.LogGroup{Account: c.s.Account, Region: c.s.Region, Name: l.group, KeyARN: l.local.arn,
		RetentionDays: cmp.Or(c.b.Alarms.Days, defaultGroupDays), Class: "STANDARD"}
	if l.managed != "" {
		c.want(g).Managed = l.managed
		return
	}
	c.want(g, c.localKey())
}

// localKey is what log group and topics need.
func (c *compiler) localKey() resource.ID {
	if c.l.local.adopted {
		return resource.ID{}
	}
	return c.l.local.id()
}

func (c *compiler) topicARN(name string) string {
	return c.arnOf("sns", c.s.Region, c.s.Account, name)
}

func (c *compiler) topicID(name string) resource.ID {
	return resource.ID{Kind: resource.TopicKind, Account: c.s.Account, Region: c.s.Region, Name: name}
}

// topics wants the topic that alarms tell and that of deliveries. One that is both has both policies.
func (c *compiler) topics() {
	l := &c.l
	var alarm policy.Document
	if l.group != "" {
		alarm = policy.ForAlarmTopic(c.s.Partition, c.s.Region, c.s.Account, l.alarm)
		if l.alarm != l.delivery {
			c.want(&resource.Topic{Account: c.s.Account, Region: c.s.Region, Name: l.alarm, KeyARN: l.local.arn, Policy: alarm}, c.localKey())
		}
	}
	if l.delivery == "" || l.managed != "" {
		return
	}
	topic := c.arnOf("sns", c.s.Region, c.s.Account, l.delivery)
	p := c.shared(func(t *resource.Trail) bool { return t.TopicARN == topic }, policy.ForDeliveryTopic(c.s.Partition, c.s.Region, c.s.Account, l.delivery, l.arn))
	if l.alarm == l.delivery && l.group != "" {
		p = both(alarm, p)
	}
	c.want(&resource.Topic{Account: c.s.Account, Region: c.s.Region, Name: l.delivery, KeyARN: l.local.arn, Policy: p}, c.localKey())
}

// both is a policy with the statements of two, each Sid once.
func both(a, b policy.Document) policy.Document {
	all := slices.Clone(a.Statements)
	for _, s := range b.Statements {
		if !slices.ContainsFunc(all, func(x policy.Statement) bool { return x.Sid == s.Sid }) {
			all = append(all, s)
		}
	}
	a.Statements = all
	return a
}

// alarms wants whom the topic tells, and a filter and an alarm for each detection.
func (c *compiler) alarms() error {
	if c.l.group == "" {
		return nil
	}
	if err := c.subscriptions(); err != nil {
		return err
	}
	c.slackChannel()
	chosen := selected(c.b.Alarms.Detections, c.facts.Detections)
	filters := make([]*resource.MetricFilter, len(chosen))
	names := map[string]bool{}
	for i, d := range chosen {
		filters[i] = c.filter(d)
		names[filters[i].Name] = true
	}
	for _, f := range c.s.Filters {
		if c.inGroup(f) {
			names[f.Name] = true
		}
	}
	if len(names) > mostFilters {
		return wrong("alarms.detections", "the log group %q would have %d metric filters: CloudWatch Logs takes %d of a log group", c.l.group, len(names), mostFilters)
	}
	for _, f := range filters {
		c.want(f, c.groupID())
	}
	for i, d := range chosen {
		c.want(c.alarm(d, filters[i]), filters[i].ID(), c.topicID(c.l.alarm))
	}
	return nil
}

// selected are the detections that alarms can be made of and that one of the globs names.
func selected(globs []string, all []catalog.Detection) []catalog.Detection {
	if len(globs) == 0 {
		globs = []string{defaultDetections}
	}
	var out []catalog.Detection
	for _, d := range all {
		if d.Alarm != nil && slices.ContainsFunc(globs, func(g string) bool { return finding.Glob(g, d.ID) }) {
			out = append(out, d)
		}
	}
	return out
}

func (c *compiler) inGroup(f *resource.MetricFilter) bool {
	return f.LogGroup == c.l.group && f.Account == c.s.Account && f.Region == c.s.Region
}

// filter is the metric filter of a detection: one that has its very pattern, or that has its name, else a new one. Its
// metric stays, since alarms may be on it.
func (c *compiler) filter(d catalog.Detection) *resource.MetricFilter {
	zero := 0.0
	want := &resource.MetricFilter{Account: c.s.Account, Region: c.s.Region, LogGroup: c.l.group, Name: d.Alarm.Name, Pattern: d.Pattern,
		Namespace: metricSpace, Metric: d.Alarm.Metric, Value: "1", Default: &zero}
	var adopted *resource.MetricFilter
	for _, f := range c.s.Filters {
		if !c.inGroup(f) || f.Pattern != d.Pattern && f.Name != d.Alarm.Name {
			continue
		}
		if adopted == nil || betterFilter(d, f, adopted) {
			adopted = f
		}
	}
	if adopted != nil {
		want.Name = adopted.Name
		if adopted.Metric != "" {
			want.Namespace, want.Metric = adopted.Namespace, adopted.Metric
		}
	}
	return want
}

// betterFilter prefers the pattern, then the catalog's name, then the first name.
func betterFilter(d catalog.Detection, x, y *resource.MetricFilter) bool {
	if a, b := x.Pattern == d.Pattern, y.Pattern == d.Pattern; a != b {
		return a
	}
	if a, b := x.Name == d.Alarm.Name, y.Name == d.Alarm.Name; a != b {
		return a
	}
	return x.Name < y.Name
}

// alarm is the alarm on a filter's metric: one that is there, else a new one.
func (c *compiler) alarm(d catalog.Detection, f *resource.MetricFilter) *resource.Alarm {
	want := &resource.Alarm{Account: c.s.Account, Region: c.s.Region, Name: d.Alarm.Name, Description: d.Title + " (" + d.ID + ")",
		Namespace: f.Namespace, Metric: f.Metric, Statistic: "Sum", Period: alarmPeriod, Periods: 1, Threshold: 1,
		Comparison: "GreaterThanOrEqualToThreshold", Missing: "notBreaching", ActionsEnabled: true, Actions: []string{c.topicARN(c.l.alarm)}}
	var adopted *resource.Alarm
	taken := false
	for _, a := range c.s.Alarms {
		switch {
		case a.Account != c.s.Account || a.Region != c.s.Region:
		case a.Namespace == f.Namespace && a.Metric == f.Metric && !a.Dimensions:
			if adopted == nil || betterAlarm(d, a, adopted) {
				adopted = a
			}
		case a.Name == want.Name:
			taken = true // it watches something else, and would no more
		}
	}
	switch {
	case adopted != nil:
		want.Name = adopted.Name
	case taken:
		want.Name += "-" + c.b.Name
	}
	return want
}

// betterAlarm prefers one that tells somebody, then the catalog's name, then the first name.
func betterAlarm(d catalog.Detection, x, y *resource.Alarm) bool {
	tells := func(a *resource.Alarm) bool { return a.ActionsEnabled && len(a.Actions) > 0 }
	if a, b := tells(x), tells(y); a != b {
		return a
	}
	if a, b := x.Name == d.Alarm.Name, y.Name == d.Alarm.Name; a != b {
		return a
	}
	return x.Name < y.Name
}
