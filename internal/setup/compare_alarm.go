package setup

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/trailseal/trailseal/internal/resource"
)

var metricFilterRules = rules{
	steps:   []resource.Step{resource.Create, resource.MetricFilterSettings},
	compare: comparing(compareMetricFilter),
}

func compareMetricFilter(c *comparison, now, want *resource.MetricFilter) *resource.MetricFilter {
	if now == nil {
		c.change(resource.Create, isNew, nil, fmt.Sprintf("%s → %s/%s", want.Pattern, want.Namespace, want.Metric), whyFilter)
		return want
	}
	t := *now
	if !c.known(resource.MetricFilterSettings) {
		return &t
	}
	if manual := unseen(now); manual != "" {
		c.change(resource.MetricFilterSettings, "metricTransformations", "of another kind", want.Namespace+"/"+want.Metric, whyFilter).Manual = manual
		return &t
	}
	if strings.TrimSpace(now.Pattern) != strings.TrimSpace(want.Pattern) {
		put(c, resource.MetricFilterSettings, "filterPattern", &t.Pattern, want.Pattern, whyFilter).Risk = "what only the pattern of before counted is no longer counted"
	}
	moved := put(c, resource.MetricFilterSettings, "metricNamespace", &t.Namespace, want.Namespace, whyFilter)
	if ch := put(c, resource.MetricFilterSettings, "metricName", &t.Metric, want.Metric, whyFilter); ch != nil {
		moved = ch
	}
	if moved != nil {
		moved.Ask = fmt.Sprintf("An alarm on the metric %s/%s, if there is one, goes off no more. Is that wanted?", now.Namespace, now.Metric)
	}
	put(c, resource.MetricFilterSettings, "metricValue", &t.Value, want.Value, whyFilter)
	if !sameValue(now.Default, want.Default) {
		t.Default = want.Default
		c.change(resource.MetricFilterSettings, "defaultValue", valueText(now.Default), valueText(want.Default), whyFilter)
	}
	return &t
}

// unseen says what is to be done about a filter whose metric an alarm does not see, or not whole. It has another purpose, for
// which it is left. The text is empty where there is nothing of that.
func unseen(f *resource.MetricFilter) string {
	switch {
	case f.Others > 0:
		return "the filter has more than one metric transformation, which setup would lose: rename it, and setup makes its own"
	case len(f.Dimensions)+len(f.System) > 0:
		return "the filter's metric has dimensions, and an alarm that names none does not see it: rename the filter, and setup makes its own"
	case f.Criteria != "":
		return "the filter looks at a part of the logs: rename it, and setup makes its own"
	}
	return ""
}

func sameValue(a, b *float64) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}

func valueText(v *float64) string {
	if v == nil {
		return ""
	}
	return number(*v)
}

func number(v float64) string { return fmt.Sprintf("%g", v) }

var alarmRules = rules{
	steps:   []resource.Step{resource.Create, resource.AlarmSettings, resource.AlarmEnable},
	compare: comparing(compareAlarm),
}

// mostActions is how many actions CloudWatch takes for each state of an alarm.
const mostActions = 5

func compareAlarm(c *comparison, now, want *resource.Alarm) *resource.Alarm {
	if now == nil {
		c.change(resource.Create, isNew, nil, fmt.Sprintf("%s/%s: %s; tells %s", want.Namespace, want.Metric, alarmText(want), strings.Join(want.Actions, ", ")), whyAlarm)
		return want
	}
	t := *now
	if now.Dimensions || now.Statistic == "" {
		if c.known(resource.AlarmSettings) {
			c.change(resource.AlarmSettings, "MetricName", orDefault(now.Metric, "another kind of alarm"), want.Metric, whyAlarm).Manual =
				fmt.Sprintf("an alarm of another kind has the name %s, and setup would replace it: rename that alarm", now.Name)
		}
		return &t
	}
	before := len(c.changes)
	if c.known(resource.AlarmSettings) {
		watched(c, &t, want)
		actions(c, &t, want)
	}
	if want.ActionsEnabled && c.known(resource.AlarmEnable) {
		step := resource.AlarmEnable
		if len(c.changes) > before { // which the call for the other settings sets too
			step = resource.AlarmSettings
		}
		put(c, step, "ActionsEnabled", &t.ActionsEnabled, true, whyActions)
	}
	return &t
}

// watched compares what makes an alarm go off.
func watched(c *comparison, t *resource.Alarm, want *resource.Alarm) {
	was := *t
	moved := put(c, resource.AlarmSettings, "Namespace", &t.Namespace, want.Namespace, whyAlarm)
	if ch := put(c, resource.AlarmSettings, "MetricName", &t.Metric, want.Metric, whyAlarm); ch != nil {
		moved = ch
	}
	if moved != nil {
		moved.Ask = fmt.Sprintf("The alarm no longer watches %s/%s. Is that wanted?", was.Namespace, was.Metric)
	}
	if t.Description == "" {
		put(c, resource.AlarmSettings, "AlarmDescription", &t.Description, want.Description, whyAlarm)
	}
	sensitive(t, want)
	for _, s := range []struct{ name, now, to string }{
		{"Statistic", was.Statistic, t.Statistic},
		{"Period", fmt.Sprint(was.Period), fmt.Sprint(t.Period)},
		{"EvaluationPeriods", fmt.Sprint(was.Periods), fmt.Sprint(t.Periods)},
		{"DatapointsToAlarm", pointsText(was.Points), pointsText(t.Points)},
		{"Threshold", number(was.Threshold), number(t.Threshold)},
		{"ComparisonOperator", was.Comparison, t.Comparison},
	} {
		if s.now != s.to {
			c.change(resource.AlarmSettings, s.name, s.now, s.to, whyAlarm)
		}
	}
	if text := alarmText(t); text == alarmText(&was) && text != alarmText(want) {
		c.note("the alarm goes off at %s; that is no less sensitive than %s and stays", text, alarmText(want))
	}
	if was.Unit != "" && want.Unit == "" { // it sees only data of that unit
		put(c, resource.AlarmSettings, "Unit", &t.Unit, "", whyAlarm)
	}
	// missing and ignore leave the alarm as it was, and breaching sets it off for nothing: the next event is then no news.
	put(c, resource.AlarmSettings, "TreatMissingData", &t.Missing, want.Missing, whyAlarm)
}

// sensitive makes an alarm go off whenever it did and whenever the wanted one would.
//
// If n events in a period of P are enough, then of events that fill m periods of P/m at least n/m are in one of them.
func sensitive(t *resource.Alarm, want *resource.Alarm) {
	now, ok := enough(t)
	need, wanted := enough(want)
	if !ok || !wanted {
		t.Statistic, t.Period, t.Threshold, t.Comparison = want.Statistic, want.Period, want.Threshold, want.Comparison
		t.Periods, t.Points = want.Periods, want.Points
		return
	}
	period := gcd(t.Period, want.Period)
	if n := min(part(now, t.Period/period), part(need, want.Period/period)); period != t.Period || n != now {
		t.Period, t.Threshold, t.Comparison = period, n, atLeast
	}
	if firstPoint(want) && !firstPoint(t) {
		t.Periods, t.Points = want.Periods, want.Points
	}
}

const (
	atLeast  = "GreaterThanOrEqualToThreshold"
	moreThan = "GreaterThanThreshold"
)

// enough is how many events in a period are enough. An alarm for which none are is always on, and so tells nobody.
func enough(a *resource.Alarm) (float64, bool) {
	n := 0.0
	switch a.Comparison {
	case atLeast:
		n = math.Ceil(a.Threshold)
	case moreThan:
		n = math.Floor(a.Threshold) + 1
	}
	return n, a.Statistic == "Sum" && a.Period > 0 && n >= 1
}

func part(n float64, of int) float64 { return math.Ceil(n / float64(of)) }

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// firstPoint reports whether one period is enough to set an alarm off.
func firstPoint(a *resource.Alarm) bool { return a.Points == 1 || a.Points == 0 && a.Periods == 1 }

func pointsText(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

func alarmText(a *resource.Alarm) string {
	text := fmt.Sprintf("%s %s %s in %d s", a.Statistic, map[string]string{atLeast: "≥", moreThan: ">"}[a.Comparison], number(a.Threshold), a.Period)
	if !firstPoint(a) {
		text += fmt.Sprintf(", in %d of %d periods", cmp.Or(a.Points, a.Periods), a.Periods)
	}
	return text
}

// actions adds whom the alarm is to tell. Others are told as before.
func actions(c *comparison, t *resource.Alarm, want *resource.Alarm) {
	for _, s := range []struct {
		name string
		now  *[]string
		want []string
	}{
		{"AlarmActions", &t.Actions, want.Actions},
		{"OKActions", &t.OKActions, want.OKActions},
		{"InsufficientDataActions", &t.NoDataActions, want.NoDataActions},
	} {
		was := *s.now
		if ch := c.join(resource.AlarmSettings, s.name, s.now, s.want, whyActions); ch != nil && len(*s.now) > mostActions {
			ch.Manual = fmt.Sprintf("CloudWatch takes %d actions for each state of an alarm: remove one that is not needed", mostActions)
			*s.now = slices.Clone(was)
		}
	}
}
