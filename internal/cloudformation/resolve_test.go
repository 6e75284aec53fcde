package cloudformation

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/trailseal/trailseal/internal/policy"
	"github.com/trailseal/trailseal/internal/resource"
)

// keyOf is the ARN that the resolver gives to keys.
func keyOf(s Stack) string {
	return "arn:" + s.Partition + ":kms:" + s.Region + ":" + ours + ":key/made"
}

// resolver does with a template what CloudFormation does: it replaces functions by values.
type resolver struct {
	t       *testing.T
	stack   Stack
	account string
	root    *yaml.Node
}

func newResolver(t *testing.T, s Stack, text, account string) *resolver {
	t.Helper()
	return &resolver{t, s, account, find(t, text)}
}

func (r *resolver) at(path ...string) *yaml.Node {
	n := r.root
	for _, name := range path {
		if n = child(n, name); n == nil {
			return nil
		}
	}
	return n
}

// value is what !Ref (attribute is empty) or !GetAtt gives.
func (r *resolver) value(name, attribute string) string {
	pseudo := map[string]string{"AWS::Partition": r.stack.Partition, "AWS::Region": r.stack.Region, "AWS::AccountId": r.account}
	if v, ok := pseudo[name]; ok {
		return v
	}
	if p := r.at("Parameters", name); p != nil {
		if strings.HasSuffix(name, "KeyArn") || strings.HasSuffix(name, "TrailKeyArn") {
			return keyOf(r.stack)
		}
		if d := child(p, "Default"); d != nil {
			return d.Value
		}
		return "given-" + name
	}
	n := r.at("Resources", name)
	if n == nil {
		r.t.Errorf("there is no %q to refer to", name)
		return ""
	}
	property := func(name string) string {
		if v := child(child(n, "Properties"), name); v != nil {
			return r.text(v)
		}
		return ""
	}
	arn := func(service, rest string) string {
		return "arn:" + r.stack.Partition + ":" + service + ":" + r.stack.Region + ":" + r.account + ":" + rest
	}
	path := property("Path")
	if path == "" {
		path = "/"
	}
	values := map[string]string{
		"AWS::KMS::Key.Arn": keyOf(r.stack), "AWS::KMS::Key": "made",
		"AWS::S3::Bucket": property("BucketName"), "AWS::S3::Bucket.Arn": "arn:" + r.stack.Partition + ":s3:::" + property("BucketName"),
		"AWS::Logs::LogGroup": property("LogGroupName"), "AWS::Logs::LogGroup.Arn": arn("logs", "log-group:"+property("LogGroupName")+":*"),
		"AWS::IAM::Role": property("RoleName"), "AWS::IAM::Role.Arn": "arn:" + r.stack.Partition + ":iam::" + r.account + ":role" + path + property("RoleName"),
		"AWS::SNS::Topic": arn("sns", property("TopicName")), "AWS::SNS::Topic.TopicName": property("TopicName"),
		"AWS::CloudTrail::Trail.Arn": arn("cloudtrail", "trail/"+property("TrailName")),
	}
	key := child(n, "Type").Value
	if attribute != "" {
		key += "." + attribute
	}
	v, ok := values[key]
	if !ok {
		r.t.Errorf("%s of %q is nothing that CloudFormation gives", key, name)
	}
	return v
}

var reference = regexp.MustCompile(`\$\{([^}]*)\}`)

// text is what a node says.
func (r *resolver) text(n *yaml.Node) string {
	switch n.Tag {
	case "!Ref":
		return r.value(n.Value, "")
	case "!GetAtt":
		name, attribute, _ := strings.Cut(n.Value, ".")
		return r.value(name, attribute)
	case "!Sub":
		return reference.ReplaceAllStringFunc(n.Value, func(s string) string {
			name, attribute, _ := strings.Cut(strings.Trim(s, "${}"), ".")
			return r.value(name, attribute)
		})
	case "!Join":
		var b strings.Builder
		for _, c := range n.Content[1].Content {
			b.WriteString(r.text(c))
		}
		return b.String()
	}
	return n.Value
}

// plain is a node as JSON has it.
func (r *resolver) plain(n *yaml.Node) any {
	switch {
	case n.Kind == yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i < len(n.Content); i += 2 {
			m[n.Content[i].Value] = r.plain(n.Content[i+1])
		}
		return m
	case n.Kind == yaml.SequenceNode && n.Tag != "!Join":
		all := []any{}
		for _, c := range n.Content {
			all = append(all, r.plain(c))
		}
		return all
	}
	return r.text(n)
}

// policies are all policy documents of a template, by where they are.
func (r *resolver) policies() map[string]policy.Document {
	all := map[string]policy.Document{}
	var walk func(path string, n *yaml.Node)
	walk = func(path string, n *yaml.Node) {
		if n.Kind == yaml.MappingNode && child(n, "Statement") != nil && child(n, "Version") != nil {
			text, err := json.Marshal(r.plain(n))
			if err != nil {
				r.t.Fatal(err)
			}
			d, err := policy.Parse(text)
			if err != nil {
				r.t.Fatalf("%s: %v\n%s", path, err, text)
			}
			all[path] = d
			return
		}
		for i := 0; i+1 < len(n.Content) && n.Kind == yaml.MappingNode; i += 2 {
			walk(path+"/"+n.Content[i].Value, n.Content[i+1])
		}
		for i, c := range n.Content {
			if n.Kind == yaml.SequenceNode {
				walk(fmt.Sprintf("%s/%d", path, i), c)
			}
		}
	}
	walk("", r.at("Resources"))
	return all
}

// made is a policy of the stack as it is when the key is there.
func made(s Stack, d policy.Document) policy.Document {
	text := strings.ReplaceAll(d.JSON(), "arn:"+s.Partition+":kms:"+s.Region+":"+ours+":alias/acme", keyOf(s))
	d, err := policy.Parse([]byte(text))
	if err != nil {
		panic(err)
	}
	return d
}

// TestPoliciesSayTheSame resolves all references in policies and compares what comes of it with the policies of the stack.
func TestPoliciesSayTheSame(t *testing.T) {
	for name, s := range map[string]Stack{"one account": everything("aws", "eu-central-1"), "China": everything("aws-cn", "cn-north-1"), "two accounts": apart(), "hostile": hostile()} {
		t.Run(name, func(t *testing.T) {
			files, err := Write(s)
			if err != nil {
				t.Fatal(err)
			}
			var got []policy.Document
			for _, f := range files {
				if account := map[string]string{"template.yaml": ours, "template-log-archive.yaml": archive}[f.Name]; account != "" {
					got = append(got, slices.Collect(maps.Values(newResolver(t, s, string(f.Text), account).policies()))...)
				}
			}
			want := wantedPolicies(s)
			if len(got) != len(want) {
				t.Errorf("%d policies, want %d", len(got), len(want))
			}
			for what, d := range want {
				if !slices.ContainsFunc(got, func(g policy.Document) bool { return policy.Equal(g, made(s, d)) }) {
					t.Errorf("no policy says what that of %s does:\n%s", what, d.JSON())
				}
			}
		})
	}
}

func wantedPolicies(s Stack) map[string]policy.Document {
	all := map[string]policy.Document{}
	for _, r := range s.Resources {
		id := r.ID().String()
		switch r := r.(type) {
		case *resource.Role:
			if r.ServiceLinkedTo == "" {
				all[id+" trust"] = r.Trust
			}
			for name, d := range r.Inline {
				all[id+" "+name] = d
			}
		case *resource.Key:
			all[id] = r.Policy
		case *resource.Bucket:
			all[id] = r.Policy
		case *resource.Topic:
			all[id] = r.Policy
		}
	}
	return all
}

// TestNoCircles follows all references: CloudFormation refuses a template in which a resource waits for itself.
func TestNoCircles(t *testing.T) {
	for name, s := range map[string]Stack{"everything": everything("aws", "eu-central-1"), "apart": apart(), "brownfield": brownfield(), "logging to each other": eachOther()} {
		files, err := Write(s)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if !strings.HasSuffix(f.Name, ".yaml") {
				continue
			}
			t.Run(name+"/"+f.Name, func(t *testing.T) { noCircle(t, find(t, string(f.Text))) })
		}
	}
}

// eachOther has two buckets that log to each other.
func eachOther() Stack {
	s := everything("aws", "eu-central-1")
	s.bucket("acme-access-logs").Logging = resource.AccessLogging{Bucket: "acme-logs"}
	return s
}

func noCircle(t *testing.T, root *yaml.Node) {
	body := child(root, "Resources")
	waits := map[string]map[string]bool{}
	for i := 0; i < len(body.Content); i += 2 {
		name, n := body.Content[i].Value, body.Content[i+1]
		waits[name] = references(child(n, "Properties"))
		if after := child(n, "DependsOn"); after != nil {
			for _, c := range after.Content {
				waits[name][c.Value] = true
			}
		}
	}
	parameters := child(root, "Parameters")
	for len(waits) > 0 {
		var free []string
		for name, on := range waits {
			ready := true
			for other := range on {
				if _, waiting := waits[other]; waiting {
					ready = false
				}
				known := strings.HasPrefix(other, "AWS::") || child(body, other) != nil || parameters != nil && child(parameters, other) != nil
				if !known {
					t.Errorf("%s waits for %s, which there is not", name, other)
				}
			}
			if ready {
				free = append(free, name)
			}
		}
		if len(free) == 0 {
			t.Fatalf("these wait for each other: %v", slices.Sorted(maps.Keys(waits)))
		}
		for _, name := range free {
			delete(waits, name)
		}
	}
}

// TestOrder looks at what CloudTrail, S3 and AWS Config need to be there first.
func TestOrder(t *testing.T) {
	files, err := Write(everything("aws", "eu-central-1"))
	if err != nil {
		t.Fatal(err)
	}
	template := file(t, files, "template.yaml")
	for name, want := range map[string][]string{
		"Trail":                 {"LogBucketPolicy", "DeliveryTopicPolicy", "LogBucket", "TrailKey", "TrailLogsRole", "TrailLogGroup"},
		"LogBucket":             {"AccessLogBucketPolicy", "TrailKey"},
		"ConfigRecorder":        {"ConfigServiceLinkedRole"},
		"ConfigDeliveryChannel": {"ConfigBucketPolicy"},
		"CloudTrailEnabledRule": {"ConfigRecorder", "ConfigDeliveryChannel", "LogBucket"},
		"TrailKey":              {"AcmeAuditorRole"},
		"AcmeAuditorRoleRead":   {"TrailKey"},
		"SecurityHubStandardCisAwsFoundationsBenchmarkV300": {"SecurityHub"},
	} {
		n := find(t, template, "Resources", name)
		after := references(child(n, "Properties"))
		if d := child(n, "DependsOn"); d != nil {
			for _, c := range d.Content {
				after[c.Value] = true
			}
		}
		for _, w := range want {
			if !after[w] {
				t.Errorf("%s does not wait for %s", name, w)
			}
		}
	}
	for _, name := range []string{"ConfigRecorder", "ConfigDeliveryChannel"} {
		for _, other := range []string{"ConfigRecorder", "ConfigDeliveryChannel"} {
			n := find(t, template, "Resources", name)
			if d := child(n, "DependsOn"); d != nil && slices.ContainsFunc(d.Content, func(c *yaml.Node) bool { return c.Value == other }) {
				t.Errorf("%s waits for %s: neither would ever be made", name, other)
			}
		}
	}
}

// TestNeighboursAreTexts has ARNs that begin as those of resources of the stack do, and are others'.
func TestNeighboursAreTexts(t *testing.T) {
	s := everything("aws", "eu-central-1")
	a := arns{"aws", "eu-central-1", ours}
	b := s.bucket("acme-logs")
	b.Policy.Statements = append(b.Policy.Statements, policy.Statement{Sid: "Theirs", Effect: "Allow", Action: []string{"x:y"}, Resource: []string{
		a.of("kms", "alias/acme2"), a.of("kms", "alias/acme/2"), a.bucket("acme-logs2") + "/*", a.bucket("acme-logs.old"), a.of("sns", "acme-alarms:1"),
		a.role("acme-slack2"), a.role("acme-slack/2"), "arn:aws:kms:us-east-1:" + ours + ":alias/acme", "arn:aws:kms:eu-central-1:" + archive + ":alias/acme"}})
	files, err := Write(s)
	if err != nil {
		t.Fatal(err)
	}
	n := find(t, file(t, files, "template.yaml"), "Resources", "LogBucketPolicy", "Properties", "PolicyDocument", "Statement", "3", "Resource")
	if len(n.Content) != 9 {
		t.Errorf("%d resources, want 9", len(n.Content))
	}
	for _, c := range n.Content {
		for name := range references(c) {
			if !strings.HasPrefix(name, "AWS::") {
				t.Errorf("%q refers to %s", c.Value, name)
			}
		}
	}
}
