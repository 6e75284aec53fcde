package setup

import "github.com/trailseal/trailseal/internal/resource"

var topicRules = rules{
	steps:   []resource.Step{resource.Create, resource.TopicKey, resource.TopicPolicy},
	compare: comparing(compareTopic),
}

// compareTopic exchanges AWS's own key for SNS, which CloudWatch may not use, so that alarms are lost without a word.
func compareTopic(c *comparison, now, want *resource.Topic) *resource.Topic {
	if now == nil {
		c.change(resource.Create, isNew, nil, "topic, "+encryptedWith(want.KeyARN), whyTopic)
		now = &resource.Topic{Account: want.Account, Region: want.Region, Name: want.Name, KeyARN: want.KeyARN}
	}
	t := *now
	if want.KeyARN != "" && c.known(resource.TopicKey) && !awsManaged(t.KeyARN) && !sameKey(t.KeyARN, want.KeyARN) {
		// Without leave of that key's policy, which is somebody else's, alarms are lost without a word.
		c.change(resource.TopicKey, "KmsMasterKeyId", t.KeyARN, want.KeyARN, whyTopicKey).Manual =
			"aws sns set-topic-attributes --attribute-name KmsMasterKeyId --attribute-value " + want.KeyARN + " --topic-arn arn:…:" + t.Name +
				"\nwhether the policy of the key that the topic has lets CloudWatch use it is not known"
	} else {
		c.encrypt(resource.TopicKey, "KmsMasterKeyId", &t.KeyARN, want.KeyARN, whyTopicKey)
	}
	t.Policy = c.policy(resource.TopicPolicy, "Policy", t.Policy, want.Policy, whyTopicPolicy)
	return &t
}

func encryptedWith(key string) string {
	if key == "" {
		return "not encrypted"
	}
	return "encrypted with " + key
}
