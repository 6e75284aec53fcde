package investigate

import (
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/trailseal/trailseal/internal/event"
)

// maxText bounds a text of a log that stands in a sentence, in runes.
const maxText = 200

// plain is a text of a log as one line for a reader: control and invisible characters replaced, long ones cut.
func plain(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n++; n > maxText {
			b.WriteString("…")
			break
		}
		if r == utf8.RuneError || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r) {
			r = utf8.RuneError
		}
		b.WriteRune(r)
	}
	return b.String()
}

// value is JSON of a log, decoded; nil where there is none.
type value struct{ v any }

// json is the column's JSON. Text that is not JSON, or is too long, is nil.
func (r *record) json(column int) value {
	var v any
	if s := r.text[column]; s == "" || len(s) > maxJSON || json.Unmarshal([]byte(s), &v) != nil {
		return value{}
	}
	return value{v}
}

// at follows member names. A name is tried as it is, then with its first letter in the other case, since AWS writes both.
func (v value) at(names ...string) value {
	for _, name := range names {
		m, ok := v.v.(map[string]any)
		if !ok {
			return value{}
		}
		next, ok := m[name]
		if !ok && name != "" {
			first := name[:1]
			if up := strings.ToUpper(first); up != first {
				next = m[up+name[1:]]
			} else {
				next = m[strings.ToLower(first)+name[1:]]
			}
		}
		v = value{next}
	}
	return v
}

// str is a string, or a number or truth as its text.
func (v value) str(names ...string) string {
	switch x := v.at(names...).v.(type) {
	case string:
		return x
	case bool:
		if x {
			return "true"
		}
		return "false"
	case float64:
		b, err := json.Marshal(x)
		if err != nil {
			return ""
		}
		return string(b)
	}
	return ""
}

// list is a list; a lone object is a list of one, since AWS turns XML into JSON that way.
func (v value) list(names ...string) []value {
	switch x := v.at(names...).v.(type) {
	case []any:
		out := make([]value, len(x))
		for i, e := range x {
			out[i] = value{e}
		}
		return out
	case map[string]any:
		return []value{{x}}
	}
	return nil
}

// strs are the strings of a list, or a lone string.
func (v value) strs(names ...string) []string {
	at := v.at(names...)
	if s, ok := at.v.(string); ok {
		return []string{s}
	}
	var out []string
	for _, e := range at.list() {
		if s, ok := e.v.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// has reports whether the member is there and not null.
func (v value) has(names ...string) bool { return v.at(names...).v != nil }

// agent is the class of a user agent.
func (r *record) agent() string {
	ua := strings.ToLower(r.text[event.UserAgent])
	source := r.text[event.SourceIPAddress]
	switch {
	case ua == "":
		return "none"
	case r.text[event.UserIdentityInvokedBy] != "" && strings.HasSuffix(ua, ".amazonaws.com"), strings.HasSuffix(ua, ".amazonaws.com"),
		ua == "aws internal", source == "AWS Internal":
		return "aws-service"
	case r.text[event.SessionCredentialFromConsole] == "true", strings.Contains(ua, "console.amazonaws.com"), strings.Contains(ua, "aws-console"):
		return "console"
	}
	for _, c := range [...]struct{ class, sign string }{
		{"terraform", "terraform"}, {"terraform", "opentofu"}, {"pulumi", "pulumi"}, {"cloudformation", "cloudformation"}, {"cdk", "aws-cdk"},
		{"ansible", "ansible"}, {"ci", "githubactions"}, {"ci", "github-actions"}, {"aws-cli", "aws-cli"}, {"powershell", "awspowershell"},
		{"powershell", "aws-tools-for-powershell"}, {"agent", "amazon-ssm-agent"}, {"s3-browser", "s3 browser"}, {"browser", "mozilla/"}, {"sdk", "boto3"}, {"sdk", "botocore"},
		{"sdk", "aws-sdk"}, {"sdk", "aws-internal"}, {"script", "curl/"}, {"script", "python"}, {"script", "go-http-client"},
	} {
		if strings.Contains(ua, c.sign) {
			return c.class
		}
	}
	return "other"
}

// tools that testers and intruders use name themselves in the user agent.
func (r *record) attackTool() string {
	ua := strings.ToLower(r.text[event.UserAgent])
	for _, sign := range [...]string{"kali", "parrot", "pentoo", "pacu", "cloudfox", "scoutsuite", "prowler", "stratus-red-team", "trufflehog", "peirates"} {
		if strings.Contains(ua, sign) {
			return sign
		}
	}
	return ""
}

// failure is the error of a request that did not work; empty for one that did. A refused sign-in says so elsewhere, and a
// dry run that would have worked says so in an error.
func (r *record) failure() string {
	if code := r.text[event.ErrorCode]; code != "" {
		return code
	}
	if r.text[event.EventSource] == "signin.amazonaws.com" {
		name := r.text[event.EventName]
		for _, column := range [...]int{event.ResponseElements, event.ServiceEventDetails} {
			if r.json(column).str(name) == "Failure" {
				return "Failure"
			}
		}
		if r.text[event.ErrorMessage] != "" {
			return "Failure"
		}
	}
	return ""
}

// changes reports whether the request was to change something. A record that does not say is taken for a change.
func (r *record) changes() bool { return r.text[event.ReadOnly] != "true" }

// service is the event's source without its domain.
func (r *record) service() string {
	s := r.text[event.EventSource]
	if name, ok := strings.CutSuffix(s, ".amazonaws.com"); ok {
		return name
	}
	return s
}

// target is what the request was about, as one text.
func (r *record) target() string { return strings.Join(r.targets(), " ") }

// targets are what the request was about: at most three of the resources that AWS names, or the likeliest parameter.
func (r *record) targets() []string {
	var arns []string
	for _, e := range r.json(event.Resources).list() {
		if s := e.str("ARN"); s != "" && len(arns) < 3 {
			arns = append(arns, s)
		}
	}
	if len(arns) > 0 {
		return arns
	}
	p := r.json(event.RequestParameters)
	for _, name := range [...]string{
		"bucketName", "roleArn", "userName", "roleName", "groupName", "policyArn", "accessKeyId", "trailName", "functionName", "tableName",
		"keyId", "secretId", "instanceId", "groupId", "dBInstanceIdentifier", "clusterName", "cluster", "repositoryName", "queueUrl",
		"topicArn", "logGroupName", "alarmName", "stackName", "volumeId", "snapshotId", "vpcId", "parameterName", "resourceArn", "arn", "name", "id",
	} {
		if s := p.str(name); s != "" {
			if key := p.str("key"); name == "bucketName" && key != "" {
				s += "/" + key
			}
			return []string{s}
		}
	}
	for _, set := range [...]string{"instancesSet", "groupSet", "snapshotSet", "volumeSet"} {
		for _, e := range p.list(set, "items") {
			for _, name := range [...]string{"instanceId", "groupId", "snapshotId", "volumeId"} {
				if s := e.str(name); s != "" {
					return []string{s}
				}
			}
		}
	}
	return nil
}
