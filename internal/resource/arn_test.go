package resource

import "testing"

func TestARN(t *testing.T) {
	const account, region = "111122223333", "eu-central-1"
	for _, c := range []struct {
		name string
		of   Resource
		want string
	}{
		{"a bucket has no account", &Bucket{Account: account, Region: region, Name: "logs"}, "arn:aws:s3:::logs"},
		{"a role has no region", &Role{Account: account, Name: "r"}, "arn:aws:iam::111122223333:role/r"},
		{"a key by its alias", &Key{Account: account, Region: region, Alias: "alias/k"}, "arn:aws:kms:eu-central-1:111122223333:alias/k"},
		{"a key without an alias", &Key{Account: account, Region: region, ARN: "arn:aws:kms:eu-central-1:111122223333:key/1"}, "arn:aws:kms:eu-central-1:111122223333:key/1"},
		{"a log group", &LogGroup{Account: account, Region: region, Name: "a/b"}, "arn:aws:logs:eu-central-1:111122223333:log-group:a/b"},
		{"a metric filter by its group", &MetricFilter{Account: account, Region: region, LogGroup: "a/b", Name: "x:y"}, "arn:aws:logs:eu-central-1:111122223333:log-group:a/b"},
		{"a topic", &Topic{Account: account, Region: region, Name: "t"}, "arn:aws:sns:eu-central-1:111122223333:t"},
		{"a trail", &Trail{Account: account, Region: region, Name: "t"}, "arn:aws:cloudtrail:eu-central-1:111122223333:trail/t"},
		{"a Slack channel has no region", &SlackChannel{Account: account, Name: "c"}, "arn:aws:chatbot::111122223333:chat-configuration/slack-channel/c"},
		{"an alarm", &Alarm{Account: account, Region: region, Name: "a"}, "arn:aws:cloudwatch:eu-central-1:111122223333:alarm:a"},
		{"Security Hub", &Hub{Account: account, Region: region}, "arn:aws:securityhub:eu-central-1:111122223333:hub/default"},
		{"a parameter group", &ParameterGroup{Account: account, Region: region, Name: "g"}, "arn:aws:rds:eu-central-1:111122223333:pg:g"},
		{"a cluster's parameter group", &ParameterGroup{Account: account, Region: region, Name: "g", Cluster: true}, "arn:aws:rds:eu-central-1:111122223333:cluster-pg:g"},
		{"an option group", &OptionGroup{Account: account, Region: region, Name: "g"}, "arn:aws:rds:eu-central-1:111122223333:og:g"},
		{"a database", &Database{Account: account, Region: region, Name: "d"}, "arn:aws:rds:eu-central-1:111122223333:db:d"},
		{"a cluster", &Database{Account: account, Region: region, Name: "d", Cluster: true}, "arn:aws:rds:eu-central-1:111122223333:cluster:d"},
		{"a recorder has none", &Recorder{Account: account, Region: region, Name: "default"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := ARN(c.of.ID(), "aws"); got != c.want {
				t.Errorf("ARN is %q, want %q", got, c.want)
			}
		})
	}
}

func TestRoleARNHasItsPath(t *testing.T) {
	for want, r := range map[string]Role{
		"arn:aws-cn:iam::1:role/r":                                       {Account: "1", Name: "r"},
		"arn:aws-cn:iam::1:role/a/r":                                     {Account: "1", Name: "r", Path: "/a/"},
		"arn:aws-cn:iam::1:role/aws-service-role/config.amazonaws.com/R": {Account: "1", Name: "R", ServiceLinkedTo: "config.amazonaws.com"},
	} {
		if got := r.ARN("aws-cn"); got != want {
			t.Errorf("ARN is %q, want %q", got, want)
		}
	}
}
