package terraform

import (
	"reflect"
	"strings"

	"github.com/trailseal/trailseal/internal/resource"
)

// https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/cloudtrail

func (w *writer) trail(t *resource.Trail) {
	at := place{w.m.Account, t.Region} // of an organization's trail, whoever administers it
	b := w.resource("trail.tf", "aws_cloudtrail", w.labels[t.ID()], at)
	b.text("name", t.Name)
	b.set("enable_logging", boolean(t.Logging))
	b.set("is_multi_region_trail", boolean(t.MultiRegion))
	b.set("include_global_service_events", boolean(t.GlobalEvents))
	b.set("is_organization_trail", boolean(t.Organization))
	b.set("enable_log_file_validation", boolean(t.Validation))
	b.body.AppendNewline()
	b.set("s3_bucket_name", w.bucketName(t.Bucket))
	b.text("s3_key_prefix", t.Prefix)
	w.arnOf(b, "kms_key_id", t.KeyARN)
	if t.TopicARN != "" {
		b.set("sns_topic_name", w.topicName(t))
	}
	w.arnOf(b, "cloud_watch_logs_group_arn", t.LogGroupARN)
	w.arnOf(b, "cloud_watch_logs_role_arn", t.LogRoleARN)
	ignored := w.ignored(t.ID())
	was, _ := now[*resource.Trail](w, t.ID())
	if t.BasicSelectors && was != nil && reflect.DeepEqual(was.Selectors, t.Selectors) {
		ignored = append(ignored, "event_selector", "advanced_event_selector")
	} else {
		selectors(b, t.Selectors)
	}
	for _, i := range t.Insights {
		b.sub("insight_selector").text("insight_type", i)
	}
	b.keep(true, ignored...)
	b.after(w.policyOfBucket(t.Bucket), w.policies[t.LogRoleARN], w.policies[t.TopicARN])
	if w.exists(t.ID()) {
		w.bring(b.address, w.trailARN(t))
	}
}

// arnOf writes an ARN, if there is one.
func (w *writer) arnOf(b *block, name, arn string) {
	if arn != "" {
		b.set(name, w.refer(last, arn))
	}
}

func selectors(b *block, all []resource.Selector) {
	for _, s := range all {
		sub := b.sub("advanced_event_selector")
		sub.text("name", s.Name)
		for _, f := range s.Fields {
			field := sub.sub("field_selector")
			field.text("field", f.Field)
			for _, o := range []struct {
				name   string
				values []string
			}{{"equals", f.Equals}, {"not_equals", f.NotEquals}, {"starts_with", f.StartsWith}, {"not_starts_with", f.NotStartsWith},
				{"ends_with", f.EndsWith}, {"not_ends_with", f.NotEndsWith}} {
				if len(o.values) > 0 {
					field.set(o.name, literals(o.values))
				}
			}
		}
	}
}

// https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/cloudwatch_log_group

func (w *writer) logGroup(g *resource.LogGroup) {
	b := w.resource("trail.tf", "aws_cloudwatch_log_group", w.labels[g.ID()], place{g.Account, g.Region})
	b.text("name", g.Name)
	if g.Class != "" && g.Class != "STANDARD" {
		b.text("log_group_class", g.Class)
	}
	days := number(g.RetentionDays)
	if w.has("log_group_days", g.RetentionDays) && w.trailsGroup(g) {
		days = "var.log_group_days"
	}
	b.set("retention_in_days", days)
	w.arnOf(b, "kms_key_id", g.KeyARN)
	b.keep(true, w.ignored(g.ID())...)
	if w.exists(g.ID()) {
		w.bring(b.address, g.Name)
	}
}

// trailsGroup reports whether a trail delivers to the group.
func (w *writer) trailsGroup(g *resource.LogGroup) bool {
	for _, r := range w.m.Resources {
		if t, ok := r.(*resource.Trail); ok && strings.TrimSuffix(t.LogGroupARN, ":*") == w.logGroupARN(g) {
			return true
		}
	}
	return false
}
