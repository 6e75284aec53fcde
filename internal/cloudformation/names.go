package cloudformation

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/trailseal/trailseal/internal/resource"
)

// names are the logical IDs of a template: of resources, parameters and conditions, none of which is another's.
type names struct {
	byKey map[string]string
	taken map[string]bool
}

func newNames() *names { return &names{byKey: map[string]string{}, taken: map[string]bool{}} }

// of is the logical ID of a key: wish, with a number after it where that is taken.
func (n *names) of(key, wish string) string {
	if name := n.byKey[key]; name != "" {
		return name
	}
	wish = cmp.Or(wish, "Resource")
	name := wish
	for i := 2; n.taken[name]; i++ {
		name = wish + strconv.Itoa(i)
	}
	n.byKey[key], n.taken[name] = name, true
	return name
}

// resource is the logical ID of a resource.
func (n *names) resource(id resource.ID) string { return n.byKey[id.String()] }

// part is the logical ID of what belongs to a resource, as a bucket's policy.
func (n *names) part(id resource.ID, suffix string) string {
	return n.of(id.String()+" "+suffix, n.resource(id)+camel(suffix))
}

// give names resources by what they are for among all, where that is known, and else by what AWS calls them.
func (n *names) give(resources, all []resource.Resource) {
	uses := usesOf(all)
	for _, r := range resources {
		n.of(r.ID().String(), uses.name(r))
	}
}

// use is a resource by its kind and the name or ARN by which others use it.
type use struct {
	kind resource.Kind
	name string
}

// uses are names for what others use.
type uses map[use]string

func (u uses) name(r resource.Resource) string {
	id := r.ID()
	return cmp.Or(u[use{id.Kind, id.Name}], named(r))
}

// usesOf are the uses that resources make of each other.
func usesOf(resources []resource.Resource) uses {
	uses := uses{}
	first := func(kind resource.Kind, name, logical string) {
		if name != "" && uses[use{kind, name}] == "" {
			uses[use{kind, name}] = logical
		}
	}
	for _, r := range resources {
		switch r := r.(type) {
		case *resource.Trail:
			first(resource.BucketKind, r.Bucket, "LogBucket")
			first(resource.TopicKind, last(r.TopicARN, ":"), "DeliveryTopic")
			first(resource.RoleKind, last(r.LogRoleARN, "/"), "TrailLogsRole")
			first(resource.LogGroupKind, groupName(r.LogGroupARN), "TrailLogGroup")
			first(resource.KeyKind, keyName(r.KeyARN), "TrailKey")
		case *resource.SlackChannel:
			first(resource.RoleKind, last(r.RoleARN, "/"), "SlackRole")
		case *resource.Alarm:
			for _, a := range r.Actions {
				first(resource.TopicKind, last(a, ":"), "AlarmTopic")
			}
		case *resource.DeliveryChannel:
			first(resource.BucketKind, r.Bucket, "ConfigBucket")
		}
	}
	for _, r := range resources {
		if b, ok := r.(*resource.Bucket); ok {
			first(resource.BucketKind, b.Logging.Bucket, "AccessLogBucket")
		}
	}
	return uses
}

// named is a name by what AWS calls a resource.
func named(r resource.Resource) string {
	switch r := r.(type) {
	case *resource.Role:
		if r.ServiceLinkedTo != "" {
			service, _, _ := strings.Cut(r.ServiceLinkedTo, ".")
			return camel(service) + "ServiceLinkedRole"
		}
		return camel(r.Name) + "Role"
	case *resource.Key:
		return camel(strings.TrimPrefix(r.Alias, "alias/")) + "Key"
	case *resource.Trail:
		return "Trail"
	case *resource.Subscription:
		return camel(r.Topic) + camel(r.Protocol) + camel(r.Label) + "Subscription"
	case *resource.MetricFilter:
		return camel(r.Name) + "Filter"
	case *resource.SlackChannel:
		return "SlackChannel"
	case *resource.Recorder:
		return "ConfigRecorder"
	case *resource.DeliveryChannel:
		return "ConfigDeliveryChannel"
	case *resource.Rule:
		return camel(calm(r.Identifier)) + "Rule"
	case *resource.Hub:
		return "SecurityHub"
	case *resource.Detector:
		return "GuardDuty"
	}
	id := r.ID()
	return camel(strings.TrimPrefix(id.Name, "cluster/")) + camel(string(id.Kind))
}

// last is what comes after the last sep.
func last(s, sep string) string { return s[strings.LastIndex(s, sep)+1:] }

// groupName is the name of a log group in its ARN, which may end in :*.
func groupName(arn string) string {
	_, name, _ := strings.Cut(arn, ":log-group:")
	return strings.TrimSuffix(name, ":*")
}

// keyName is the alias in the ARN of one, with alias/ before it, or the whole ARN of a key.
func keyName(arn string) string {
	if _, name, ok := strings.Cut(arn, ":alias/"); ok {
		return "alias/" + name
	}
	return arn
}
