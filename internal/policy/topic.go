package policy

// ForAlarmTopic is the policy of the topic that alarms tell. topic is its name.
//
// https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html#sns-publish-other-account-CW-alarms
func ForAlarmTopic(partition, region, account, topic string) Document {
	arn := topicARN(partition, region, account, topic)
	return document(allowOwner(arn, account), Statement{Sid: "AllowCloudWatchAlarms", Effect: "Allow", Principal: service("cloudwatch.amazonaws.com"),
		Action: []string{"sns:Publish"}, Resource: []string{arn}, Condition: Condition{
			"StringEquals": {sourceAccount: {account}},
			"ArnLike":      {sourceARN: {"arn:" + partition + ":cloudwatch:" + region + ":" + account + ":alarm:*"}}}})
}

// ForDeliveryTopic is the policy of the topic that CloudTrail tells of deliveries. topic is its name.
//
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-permissions-for-sns-notifications.html
func ForDeliveryTopic(partition, region, account, topic, trailARN string) Document {
	arn := topicARN(partition, region, account, topic)
	return document(allowOwner(arn, account), Statement{Sid: "AWSCloudTrailSNSPolicy20131101", Effect: "Allow", Principal: service(cloudTrail),
		Action: []string{"SNS:Publish"}, Resource: []string{arn}, Condition: ofTrail(trailARN)})
}

// allowOwner is what SNS gives a new topic: the rights of its own account, whose id is what AWS:SourceOwner has.
func allowOwner(arn, account string) Statement {
	return Statement{Sid: sidOwner, Effect: "Allow", Principal: Principal{"AWS": {"*"}}, Resource: []string{arn},
		Action: []string{"SNS:GetTopicAttributes", "SNS:SetTopicAttributes", "SNS:AddPermission", "SNS:RemovePermission",
			"SNS:DeleteTopic", "SNS:Subscribe", "SNS:ListSubscriptionsByTopic", "SNS:Publish"},
		Condition: Condition{"StringEquals": {"AWS:SourceOwner": {account}}}}
}

func topicARN(partition, region, account, topic string) string {
	return "arn:" + partition + ":sns:" + region + ":" + account + ":" + topic
}
