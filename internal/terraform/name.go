package terraform

import (
	"fmt"
	"slices"
	"strings"

	"github.com/trailseal/trailseal/internal/resource"
)

// name gives each resource the label by which the module calls it: what it is for, else its own name.
func (w *writer) name() {
	purposes := w.purposes()
	w.labels = map[resource.ID]string{}
	used := map[resource.Kind][]string{}
	for _, r := range w.m.Resources {
		id := r.ID()
		want := purposes[id]
		if want == "" {
			want = w.label(id.Name)
		}
		label := want
		for n := 2; slices.Contains(used[id.Kind], label); n++ {
			label = fmt.Sprintf("%s_%d", want, n)
		}
		used[id.Kind] = append(used[id.Kind], label)
		w.labels[id] = label
	}
}

// purposes are what resources are for, as others say that use them.
func (w *writer) purposes() map[resource.ID]string {
	out := map[resource.ID]string{}
	roles := map[string]string{}
	topics := map[string]string{}
	buckets := map[string]string{}
	keys, groups := map[string]string{}, map[string]string{}
	for _, r := range w.m.Resources {
		switch r := r.(type) {
		case *resource.Trail:
			out[r.ID()] = "main"
			roles[r.LogRoleARN], topics[r.TopicARN], buckets[r.Bucket] = "cloudtrail_logs", "deliveries", "logs"
			keys[r.KeyARN], groups[strings.TrimSuffix(r.LogGroupARN, ":*")] = "trail", "trail"
		case *resource.Alarm:
			for _, a := range r.Actions {
				topics[a] = "alarms"
			}
		case *resource.Recorder:
			roles[r.RoleARN] = "config"
		case *resource.SlackChannel:
			roles[r.RoleARN] = "slack"
		}
	}
	for _, r := range w.m.Resources {
		switch r := r.(type) {
		case *resource.DeliveryChannel:
			name(buckets, r.Bucket, "config")
		case *resource.Bucket:
			name(buckets, r.Logging.Bucket, "access_logs")
		}
	}
	for _, r := range w.m.Resources {
		switch r := r.(type) {
		case *resource.Role:
			out[r.ID()] = roles[w.roleARN(r)]
		case *resource.Key:
			for _, called := range []string{w.arn("kms", r.Region, r.Account, r.Alias), w.keyARN(r)} {
				if keys[called] != "" {
					out[r.ID()] = keys[called]
				}
			}
		case *resource.LogGroup:
			out[r.ID()] = groups[w.logGroupARN(r)]
		case *resource.Topic:
			out[r.ID()] = topics[w.topicARN(r)]
		case *resource.Bucket:
			out[r.ID()] = buckets[r.Name]
		}
	}
	return out
}

// name notes a name, unless there is one.
func name(names map[string]string, key, value string) {
	if names[key] == "" {
		names[key] = value
	}
}

// label is a name as Terraform takes it, without the module's name before it.
func (w *writer) label(name string) string {
	name = strings.TrimPrefix(strings.TrimPrefix(name, "alias/"), "cluster/")
	if short, ok := strings.CutPrefix(name, w.m.Name+"-"); ok {
		name = short
	}
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case !strings.HasSuffix(b.String(), "_") && b.Len() > 0:
			b.WriteByte('_')
		}
	}
	label := strings.TrimRight(b.String(), "_")
	if label == "" || label[0] <= '9' {
		label = "r_" + label
	}
	return strings.TrimRight(label, "_")
}

func (w *writer) roleARN(r *resource.Role) string {
	path := r.Path
	if r.ServiceLinkedTo != "" {
		path = "/aws-service-role/" + r.ServiceLinkedTo + "/"
	}
	if path == "" {
		path = "/"
	}
	return fmt.Sprintf("arn:%s:iam::%s:role%s%s", w.m.Partition, r.Account, path, r.Name)
}

func (w *writer) arn(service, region, account, rest string) string {
	return fmt.Sprintf("arn:%s:%s:%s:%s:%s", w.m.Partition, service, region, account, rest)
}

func (w *writer) topicARN(t *resource.Topic) string { return w.arn("sns", t.Region, t.Account, t.Name) }

func (w *writer) trailARN(t *resource.Trail) string {
	return w.arn("cloudtrail", t.Region, t.Account, "trail/"+t.Name)
}

func (w *writer) logGroupARN(g *resource.LogGroup) string {
	return w.arn("logs", g.Region, g.Account, "log-group:"+g.Name)
}

func (w *writer) bucketARN(name string) string { return w.arn("s3", "", "", name) }
