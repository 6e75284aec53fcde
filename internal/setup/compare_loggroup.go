package setup

import (
	"fmt"
	"slices"

	"github.com/trailseal/trailseal/internal/resource"
)

var logGroupRules = rules{
	steps:   []resource.Step{resource.Create, resource.LogGroupKey, resource.LogGroupRetention},
	compare: comparing(compareLogGroup),
}

// retentionDays are the retentions that CloudWatch Logs knows.
//
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
func retentionDays() []int {
	return []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}
}

// keepFor is the shortest retention that CloudWatch Logs knows and that is no shorter than days; 0, which is for ever, where
// there is none.
func keepFor(days int) int {
	all := retentionDays()
	if i := slices.IndexFunc(all, func(d int) bool { return d >= days }); days > 0 && i >= 0 {
		return all[i]
	}
	return 0
}

func compareLogGroup(c *comparison, now, want *resource.LogGroup) *resource.LogGroup {
	days := keepFor(want.RetentionDays)
	if now == nil {
		t := &resource.LogGroup{Account: want.Account, Region: want.Region, Name: want.Name, KeyARN: want.KeyARN, Class: want.Class}
		c.change(resource.Create, isNew, nil, fmt.Sprintf("log group, encrypted with %s", orDefault(want.KeyARN, "the key of CloudWatch Logs")), whyLogGroup)
		if days > 0 {
			t.RetentionDays = days
			c.change(resource.LogGroupRetention, "RetentionInDays", nil, days, whyLogRetention)
		}
		return t
	}
	t := *now
	c.encrypt(resource.LogGroupKey, "KmsKeyId", &t.KeyARN, want.KeyARN, whyLogKey)
	if c.known(resource.LogGroupRetention) {
		switch {
		case now.RetentionDays == 0 && days > 0:
			c.note("events never expire; that is longer than %d days and stays", days)
		case now.RetentionDays > days && days > 0:
			c.note("events are kept for %d days; that is longer than %d and stays", now.RetentionDays, days)
		case now.RetentionDays < days:
			put(c, resource.LogGroupRetention, "RetentionInDays", &t.RetentionDays, days, whyLogRetention)
		case now.RetentionDays > 0 && want.RetentionDays > 0 && days == 0:
			c.change(resource.LogGroupRetention, "RetentionInDays", now.RetentionDays, "never expire", whyLogRetention).Manual =
				"aws logs delete-retention-policy --region " + now.Region + " --log-group-name " + now.Name
		}
	}
	if now.Class == "INFREQUENT_ACCESS" {
		c.change(resource.Create, "LogGroupClass", now.Class, "STANDARD", whyLogClass).Manual =
			"the class of a log group cannot be changed: name another log group in the blueprint (alarms.log_group), and setup makes it"
	}
	return &t
}

func orDefault(s, or string) string {
	if s == "" {
		return or
	}
	return s
}
