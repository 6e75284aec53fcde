package resource

import (
	"cmp"
	"strings"
)

// ARN is the ARN of a resource by its ID, in a partition (aws, aws-cn, …). Of a key it is that of its alias, or of the key
// itself where it has none; of a role, that of one without a path. It is empty where AWS has no such ARN, or none that the ID
// tells: of a subscription, of a recorder and its channel, of a rule, of a detector and of service access.
//
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
func ARN(id ID, partition string) string {
	arn := func(service, name string) string {
		return strings.Join([]string{"arn", partition, service, id.Region, id.Account, name}, ":")
	}
	cluster, isCluster := strings.CutPrefix(id.Name, "cluster/")
	either := func(instance, ofCluster string) string {
		if isCluster {
			return arn("rds", ofCluster+":"+cluster)
		}
		return arn("rds", instance+":"+id.Name)
	}
	switch id.Kind {
	case RoleKind:
		return arn("iam", "role/"+id.Name)
	case KeyKind:
		if strings.HasPrefix(id.Name, "arn:") {
			return id.Name
		}
		return arn("kms", id.Name)
	case BucketKind:
		return "arn:" + partition + ":s3:::" + id.Name
	case LogGroupKind:
		return arn("logs", "log-group:"+id.Name)
	case MetricFilterKind:
		group, _, _ := strings.Cut(id.Name, ":") // a log group's name has no colon
		return arn("logs", "log-group:"+group)
	case TopicKind:
		return arn("sns", id.Name)
	case TrailKind:
		return arn("cloudtrail", "trail/"+id.Name)
	case SlackChannelKind:
		return arn("chatbot", "chat-configuration/slack-channel/"+id.Name)
	case AlarmKind:
		return arn("cloudwatch", "alarm:"+id.Name)
	case HubKind:
		return arn("securityhub", "hub/"+id.Name)
	case ParameterGroupKind:
		return either("pg", "cluster-pg")
	case OptionGroupKind:
		return arn("rds", "og:"+id.Name)
	case DatabaseKind:
		return either("db", "cluster")
	}
	return ""
}

// ARN is the role's ARN, with its path.
func (r *Role) ARN(partition string) string {
	path := cmp.Or(r.Path, "/")
	if r.ServiceLinkedTo != "" {
		path = "/aws-service-role/" + r.ServiceLinkedTo + "/"
	}
	return "arn:" + partition + ":iam::" + r.Account + ":role" + path + r.Name
}
