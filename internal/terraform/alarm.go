package terraform

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/trailseal/trailseal/internal/resource"
)

// detection is a metric filter with the alarm on its metric.
type detection struct {
	filter *resource.MetricFilter
	alarm  *resource.Alarm
}

// shape is all that detections have in common that stand in one map.
func (d detection) shape() string {
	f, a := *d.filter, *d.alarm
	f.Name, f.Pattern, f.Metric, f.Default = "", "", "", nil
	a.Name, a.Description, a.Metric = "", "", ""
	return fmt.Sprintf("%+v %s %+v", f, defaultOf(d.filter), a)
}

func defaultOf(f *resource.MetricFilter) string {
	if f.Default == nil {
		return ""
	}
	return string(number(*f.Default))
}

// detections writes metric filters and alarms: those that differ in their patterns only in one map, the others one by one.
func (w *writer) detections() {
	together, filters, alarms := w.pair()
	if len(together) > 0 {
		w.inOneMap(together)
	}
	for _, f := range filters {
		w.filter(f)
	}
	for _, a := range alarms {
		w.alarm(a)
	}
}

// pair finds the detections of the most common shape, and what is left.
func (w *writer) pair() (together []detection, filters []*resource.MetricFilter, alarms []*resource.Alarm) {
	shapes := map[string][]detection{}
	taken := map[resource.Resource]bool{}
	for _, a := range w.alarms {
		for _, f := range w.filters {
			if f.Account == a.Account && f.Region == a.Region && f.Namespace == a.Namespace && f.Metric == a.Metric && !taken[f] &&
				!unwritable(f) && !incomplete(a) {
				d := detection{f, a}
				shapes[d.shape()] = append(shapes[d.shape()], d)
				taken[f] = true
				break
			}
		}
	}
	for _, s := range slices.Sorted(maps.Keys(shapes)) {
		if len(shapes[s]) > max(1, len(together)) {
			together = shapes[s]
		}
	}
	inMap := map[resource.Resource]bool{}
	for _, d := range together {
		inMap[d.filter], inMap[d.alarm] = true, true
	}
	filters = slices.DeleteFunc(slices.Clone(w.filters), func(f *resource.MetricFilter) bool { return inMap[f] })
	alarms = slices.DeleteFunc(slices.Clone(w.alarms), func(a *resource.Alarm) bool { return inMap[a] })
	return together, filters, alarms
}

// unwritable reports whether a filter has more than is known of it, incomplete whether an alarm does.
func unwritable(f *resource.MetricFilter) bool { return f.Others > 0 }

func incomplete(a *resource.Alarm) bool { return a.Dimensions || a.Statistic == "" }

// inOneMap writes detections as one map in a local.
func (w *writer) inOneMap(all []detection) {
	named := slices.ContainsFunc(all, func(d detection) bool { return d.filter.Name != d.alarm.Name })
	var members []member
	for _, d := range all {
		m := []member{{"metric", quoted(d.filter.Metric)}, {"description", quoted(d.alarm.Description)}, {"pattern", heredoc(d.filter.Pattern)}}
		if named {
			m = append([]member{{"filter", quoted(d.filter.Name)}}, m...)
		}
		for _, text := range []string{d.filter.Metric, d.filter.Name, d.filter.Pattern, d.alarm.Name, d.alarm.Description} {
			if !valid(text) {
				w.fail(fmt.Errorf("write %s: %q is not UTF-8, and Terraform holds nothing else", d.alarm.ID(), text))
			}
		}
		members = append(members, member{d.alarm.Name, object(m)})
	}
	local := w.block("alarms.tf", "locals")
	local.comment("What is looked for in the trail's log group: each is a metric filter, and an alarm on its metric.")
	local.set("detections", spaced(object(members)))
	first := all[0]
	f := w.resource("alarms.tf", "aws_cloudwatch_log_metric_filter", "detection", place{first.filter.Account, first.filter.Region})
	f.set("for_each", "local.detections")
	f.body.AppendNewline()
	name := expr("each.key")
	if named {
		name = "each.value.filter"
	}
	w.filterBody(f, first.filter, name, "each.value.pattern", "each.value.metric")
	a := w.resource("alarms.tf", "aws_cloudwatch_metric_alarm", "detection", place{first.alarm.Account, first.alarm.Region})
	a.set("for_each", "local.detections")
	a.body.AppendNewline()
	a.set("alarm_name", "each.key")
	a.set("alarm_description", "each.value.description")
	exists := slices.ContainsFunc(all, func(d detection) bool { return w.exists(d.alarm.ID()) })
	w.alarmBody(a, first.alarm, expr(f.address+"[each.key].metric_transformation[0].name"), exists)
	for _, d := range all {
		key := "[" + string(quoted(d.alarm.Name)) + "]"
		if w.exists(d.filter.ID()) {
			w.bring(f.address+key, d.filter.LogGroup+":"+d.filter.Name)
		}
		if w.exists(d.alarm.ID()) {
			w.bring(a.address+key, d.alarm.Name)
		}
	}
}

// spaced is an object with an empty line between those that are objects.
func spaced(e expr) expr {
	text := strings.ReplaceAll(string(e), "\n}\n", "\n}\n\n")
	return expr(strings.TrimSuffix(text, "\n\n}") + "\n}")
}

// https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/cloudwatch_log_metric_filter

func (w *writer) filter(f *resource.MetricFilter) {
	if unwritable(f) {
		w.leave("%s makes more than one metric and stays as it is.", f.ID())
		return
	}
	for _, s := range []string{f.Name, f.Pattern, f.Metric} {
		if !valid(s) {
			w.fail(fmt.Errorf("write %s: %q is not UTF-8, and Terraform holds nothing else", f.ID(), s))
		}
	}
	b := w.resource("alarms.tf", "aws_cloudwatch_log_metric_filter", w.labels[f.ID()], place{f.Account, f.Region})
	w.filterBody(b, f, quoted(f.Name), quoted(f.Pattern), quoted(f.Metric))
	if w.exists(f.ID()) {
		w.bring(b.address, f.LogGroup+":"+f.Name)
	}
}

func (w *writer) filterBody(b *block, f *resource.MetricFilter, name, pattern, metric expr) {
	b.set("name", name)
	b.set("log_group_name", w.logGroupName(f))
	b.set("pattern", pattern)
	t := b.sub("metric_transformation")
	t.set("name", metric)
	t.text("namespace", f.Namespace)
	t.text("value", f.Value)
	t.text("default_value", defaultOf(f))
}

// logGroupName is a log group of the module, or another one's name.
func (w *writer) logGroupName(f *resource.MetricFilter) expr {
	for _, r := range w.m.Resources {
		if g, ok := r.(*resource.LogGroup); ok && g.Name == f.LogGroup && g.Account == f.Account && g.Region == f.Region {
			return expr("aws_cloudwatch_log_group." + w.labels[g.ID()] + ".name")
		}
	}
	return quoted(f.LogGroup)
}

// https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/cloudwatch_metric_alarm

func (w *writer) alarm(a *resource.Alarm) {
	if incomplete(a) {
		w.leave("%s is on a metric with dimensions, or not on one statistic, and stays as it is.", a.ID())
		return
	}
	b := w.resource("alarms.tf", "aws_cloudwatch_metric_alarm", w.labels[a.ID()], place{a.Account, a.Region})
	b.text("alarm_name", a.Name)
	b.text("alarm_description", a.Description)
	if !valid(a.Metric) {
		w.fail(fmt.Errorf("write %s: %q is not UTF-8, and Terraform holds nothing else", a.ID(), a.Metric))
	}
	w.alarmBody(b, a, quoted(a.Metric), w.exists(a.ID()))
	if w.exists(a.ID()) {
		w.bring(b.address, a.Name)
	}
}

func (w *writer) alarmBody(b *block, a *resource.Alarm, metric expr, exists bool) {
	b.body.AppendNewline()
	b.text("namespace", a.Namespace)
	b.set("metric_name", metric)
	b.text("statistic", a.Statistic)
	b.set("period", number(a.Period))
	b.set("evaluation_periods", number(a.Periods))
	if a.Points != 0 {
		b.set("datapoints_to_alarm", number(a.Points))
	}
	b.set("threshold", number(a.Threshold))
	b.text("comparison_operator", a.Comparison)
	b.text("treat_missing_data", a.Missing)
	b.body.AppendNewline()
	b.set("actions_enabled", boolean(a.ActionsEnabled))
	for _, l := range []struct {
		name string
		arns []string
	}{{"alarm_actions", a.Actions}, {"ok_actions", a.OKActions}, {"insufficient_data_actions", a.NoDataActions}} {
		if len(l.arns) > 0 {
			b.set(l.name, w.referAll(last, l.arns))
		}
	}
	if exists {
		b.keep(false, "tags", "tags_all", "unit")
	}
}
