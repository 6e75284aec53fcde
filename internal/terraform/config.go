package terraform

import (
	"strings"

	"github.com/trailseal/trailseal/internal/resource"
)

// https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/config_configuration_recorder

func (w *writer) recorder(r *resource.Recorder) {
	label, at := w.labels[r.ID()], place{r.Account, r.Region}
	b := w.resource("config.tf", "aws_config_configuration_recorder", label, at)
	b.text("name", r.Name)
	b.set("role_arn", w.refer(last, r.RoleARN))
	group := b.sub("recording_group")
	group.set("all_supported", boolean(r.AllSupported))
	group.set("include_global_resource_types", boolean(r.GlobalTypes))
	if len(r.Types) > 0 {
		group.set("resource_types", literals(r.Types))
	}
	if len(r.Excluded) > 0 {
		group.sub("exclusion_by_resource_types").set("resource_types", literals(r.Excluded))
		group.sub("recording_strategy").text("use_only", "EXCLUSION_BY_RESOURCE_TYPES")
	}
	var ignored []string
	if w.exists(r.ID()) {
		ignored = []string{"recording_mode[0].recording_mode_override"}
	}
	if r.Frequency != "" {
		b.sub("recording_mode").text("recording_frequency", r.Frequency)
	} else if w.exists(r.ID()) {
		ignored = []string{"recording_mode"}
	}
	b.keep(false, ignored...)
	if w.exists(r.ID()) {
		w.bring(b.address, r.Name)
	}
	if !r.Recording {
		return
	}
	s := w.resource("config.tf", "aws_config_configuration_recorder_status", label, at)
	s.set("name", expr(b.address+".name"))
	s.set("is_enabled", "true")
	s.after(w.channelsOf(at)...)
	if w.exists(r.ID()) {
		w.bring(s.address, r.Name)
	}
}

// recordersOf are the addresses of the recorders in a place, channelsOf of the delivery channels.
func (w *writer) recordersOf(at place) (out []string) {
	for _, r := range w.m.Resources {
		if r, ok := r.(*resource.Recorder); ok && at == (place{r.Account, r.Region}) {
			out = append(out, "aws_config_configuration_recorder."+w.labels[r.ID()])
		}
	}
	return out
}

func (w *writer) channelsOf(at place) (out []string) {
	for _, r := range w.m.Resources {
		if c, ok := r.(*resource.DeliveryChannel); ok && at == (place{c.Account, c.Region}) {
			out = append(out, "aws_config_delivery_channel."+w.labels[c.ID()])
		}
	}
	return out
}

// https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/config_delivery_channel

func (w *writer) deliveryChannel(c *resource.DeliveryChannel) {
	at := place{c.Account, c.Region}
	b := w.resource("config.tf", "aws_config_delivery_channel", w.labels[c.ID()], at)
	b.text("name", c.Name)
	b.set("s3_bucket_name", w.bucketName(c.Bucket))
	b.text("s3_key_prefix", c.Prefix)
	w.arnOf(b, "s3_kms_key_arn", c.KeyARN)
	w.arnOf(b, "sns_topic_arn", c.TopicARN)
	if c.Frequency != "" {
		b.sub("snapshot_delivery_properties").text("delivery_frequency", c.Frequency)
	}
	b.after(append(w.recordersOf(at), w.policyOfBucket(c.Bucket))...)
	if w.exists(c.ID()) {
		w.bring(b.address, c.Name)
	}
}

// https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/config_config_rule

func (w *writer) rule(r *resource.Rule) {
	if r.Owner != "" && r.Owner != "AWS" {
		w.leave("%s is no managed rule and stays as it is.", r.ID())
		return
	}
	at := place{r.Account, r.Region}
	b := w.resource("config.tf", "aws_config_config_rule", w.labels[r.ID()], at)
	b.text("name", r.Name)
	b.text("input_parameters", r.Parameters)
	b.text("maximum_execution_frequency", r.Frequency)
	source := b.sub("source")
	source.text("owner", "AWS")
	source.text("source_identifier", r.Identifier)
	if len(r.Types) > 0 {
		b.sub("scope").set("compliance_resource_types", literals(r.Types))
	}
	b.keep(false, w.ignored(r.ID(), "description", "evaluation_mode")...)
	b.after(append(w.recordersOf(at), w.channelsOf(at)...)...)
	if w.exists(r.ID()) {
		w.bring(b.address, r.Name)
	}
}

// https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/securityhub_account

func (w *writer) hub(h *resource.Hub) {
	label, at := w.labels[h.ID()], place{h.Account, h.Region}
	b := w.resource("securityhub.tf", "aws_securityhub_account", label, at)
	b.set("enable_default_standards", "false")
	if w.exists(h.ID()) {
		b.keep(true, "enable_default_standards", "auto_enable_controls", "control_finding_generator")
		w.bring(b.address, h.Account)
	}
	was, known := now[*resource.Hub](w, h.ID())
	for _, arn := range h.Standards {
		s := w.resource("securityhub.tf", "aws_securityhub_standards_subscription", w.standardLabel(label, arn), at)
		s.set("standards_arn", w.template("", arn))
		s.after(b.address)
		if known && contains(was.Standards, arn) {
			w.bring(s.address, w.arn("securityhub", h.Region, h.Account, "subscription/"+standard(arn)))
		}
	}
}

// standard is what follows standards/ or ruleset/ in the ARN of a standard.
func standard(arn string) string {
	for _, sep := range []string{"standards/", "ruleset/"} {
		if _, rest, ok := strings.Cut(arn, sep); ok {
			return rest
		}
	}
	return arn
}

func (w *writer) standardLabel(hub, arn string) string {
	label := w.label(standard(arn))
	if hub != "default" {
		label = hub + "_" + label
	}
	return label
}

func contains(all []string, one string) bool {
	for _, s := range all {
		if s == one {
			return true
		}
	}
	return false
}

// https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/guardduty_detector

func (w *writer) detector(d *resource.Detector) {
	b := w.resource("securityhub.tf", "aws_guardduty_detector", w.labels[d.ID()], place{d.Account, d.Region})
	b.set("enable", boolean(d.Enabled))
	b.text("finding_publishing_frequency", d.Frequency)
	b.keep(true, w.ignored(d.ID(), "datasources")...)
	if w.exists(d.ID()) && d.Detector != "" {
		w.bring(b.address, d.Detector)
	}
}
