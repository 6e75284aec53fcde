package setup

import (
	"strings"

	"github.com/trailseal/trailseal/internal/resource"
)

var trailRules = rules{
	steps:   []resource.Step{resource.Create, resource.TrailSettings, resource.TrailSelectors, resource.TrailInsights, resource.TrailLogging},
	compare: comparing(compareTrail),
}

func compareTrail(c *comparison, now, want *resource.Trail) *resource.Trail {
	if now == nil {
		ch := c.change(resource.Create, isNew, nil, trailText(want), whyTrail)
		if want.Organization {
			ch.Risk = whyOrganization.risk
		}
		made := *want
		made.Selectors, made.BasicSelectors, made.Insights, made.Logging = nil, false, nil, false
		now = &made
	}
	t := *now
	if c.known(resource.TrailSettings) {
		trailSettingsOf(c, &t, want)
	}
	if len(want.Selectors) > 0 && c.known(resource.TrailSelectors) {
		selectors(c, &t, want)
	}
	if c.known(resource.TrailInsights) {
		c.join(resource.TrailInsights, "InsightSelectors", &t.Insights, want.Insights, whyInsights)
	}
	if want.Logging && c.known(resource.TrailLogging) {
		put(c, resource.TrailLogging, "IsLogging", &t.Logging, true, whyLogging)
	}
	return &t
}

// trailSettingsOf compares what one UpdateTrail sets. Where the trail delivers changes only where a blueprint names another
// place than the trail's, and then asks: Compile adopts the trail's own.
func trailSettingsOf(c *comparison, t *resource.Trail, want *resource.Trail) {
	for _, s := range []struct {
		name string
		now  *string
		want string
	}{{"S3BucketName", &t.Bucket, want.Bucket}, {"S3KeyPrefix", &t.Prefix, want.Prefix}} {
		if ch := put(c, resource.TrailSettings, s.name, s.now, s.want, whyMoved); ch != nil {
			ch.Ask = "Log files will be delivered there from now on; those that are there stay where they are, and who reads them reads two places. Is that wanted?"
		}
	}
	for _, s := range []struct {
		name   string
		now    *bool
		want   bool
		reason reason
	}{
		{"IsMultiRegionTrail", &t.MultiRegion, want.MultiRegion, whyMultiRegion},
		// AWS takes no multi-region trail without global events.
		{"IncludeGlobalServiceEvents", &t.GlobalEvents, want.GlobalEvents || want.MultiRegion || t.MultiRegion, whyGlobalEvents},
		{"LogFileValidationEnabled", &t.Validation, want.Validation, whyValidation},
	} {
		if s.want {
			put(c, resource.TrailSettings, s.name, s.now, true, s.reason)
		}
	}
	if want.Organization {
		if ch := put(c, resource.TrailSettings, "IsOrganizationTrail", &t.Organization, true, whyOrganization); ch != nil {
			ch.Ask = "The trail becomes one of the whole organization: it records every account, and every account sees it. Is that wanted?"
		}
	}
	c.encrypt(resource.TrailSettings, "KmsKeyId", &t.KeyARN, want.KeyARN, whyTrailKey)
	trailLogs(c, t, want)
	switch {
	case want.TopicARN == "" || t.TopicARN == want.TopicARN:
	case t.TopicARN == "":
		put(c, resource.TrailSettings, "SnsTopicARN", &t.TopicARN, want.TopicARN, whyDelivered)
	default:
		c.note("deliveries are told to %s; that stays", t.TopicARN)
	}
}

// trailLogs compares log group and role, which CloudTrail takes together only.
func trailLogs(c *comparison, t *resource.Trail, want *resource.Trail) {
	if want.LogGroupARN == "" || want.LogRoleARN == "" {
		return
	}
	if t.LogGroupARN != "" && t.LogRoleARN != "" {
		if groupOf(t.LogGroupARN) == groupOf(want.LogGroupARN) {
			return
		}
		put(c, resource.TrailSettings, "CloudWatchLogsLogGroupArn", &t.LogGroupARN, want.LogGroupARN, whyMoved).Ask =
			"Events will go to the new log group only: filters and alarms on the old one see nothing more. Is that wanted?"
		if t.LogRoleARN != want.LogRoleARN {
			put(c, resource.TrailSettings, "CloudWatchLogsRoleArn", &t.LogRoleARN, want.LogRoleARN, whyTrailLogs)
		}
		return
	}
	if t.LogGroupARN == "" {
		put(c, resource.TrailSettings, "CloudWatchLogsLogGroupArn", &t.LogGroupARN, want.LogGroupARN, whyTrailLogs)
	}
	put(c, resource.TrailSettings, "CloudWatchLogsRoleArn", &t.LogRoleARN, want.LogRoleARN, whyTrailLogs)
}

// groupOf is a log group's ARN without the end that some of AWS's calls give it.
func groupOf(arn string) string { return strings.TrimSuffix(arn, ":*") }

func trailText(t *resource.Trail) string {
	var all []string
	for _, p := range []struct {
		is   bool
		what string
	}{{t.Organization, "of the organization"}, {t.MultiRegion, "of all regions"}, {t.GlobalEvents, "with global events"}, {t.Validation, "with log file validation"},
		{t.KeyARN != "", "encrypted with " + t.KeyARN}, {t.LogGroupARN != "", "to log group " + groupOf(t.LogGroupARN)}, {t.TopicARN != "", "telling " + t.TopicARN}} {
		if p.is {
			all = append(all, p.what)
		}
	}
	return strings.TrimSuffix("trail to s3://"+t.Bucket+"/"+t.Prefix, "/") + ": " + strings.Join(all, ", ")
}
