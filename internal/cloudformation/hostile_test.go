package cloudformation

import (
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/trailseal/trailseal/internal/policy"
	"github.com/trailseal/trailseal/internal/resource"
	"github.com/trailseal/trailseal/internal/secret"
)

// nasty are texts that would be something else, were they taken for more than texts.
func nasty() []string {
	return []string{
		"${TrailKey.Arn}", "${AWS::AccountId}", "${!Literal}", "a$", "{ ($.a = \"${b}\") }", "!Ref TrailKey", "!Sub ${TrailKey}", "Fn::Sub: x",
		"yes", "NO", "on", "null", "~", "0123", "0x1F", "1e3", "12:30:45", "2010-09-09", ".inf", "*alias", "&anchor", "- item", "# remark", "a # b", "a: b",
		"key:", " leading", "trailing ", "", "it's", `both ' and "`, `back\slash`, "two\nlines", "tab\there", "\u2028", "ünïcödé", "<<", "---", "@at", "`tick`", "%dir", "{a}", "[a]", "|", ">",
	}
}

// hostile has such texts wherever an account can have texts of its own.
func hostile() Stack {
	s := everything("aws", "eu-central-1")
	s.Name = "$(reboot); `reboot` ${TrailKey}\n## Heading <img src=x>"
	s.Notes = []string{"note\n\n# Heading <script>alert(1)</script> ![x](https://evil.example) `code` | cell"}
	s.Manual = []string{"run\n\nthis 'as it is' <serial>"}
	var b strings.Builder
	for _, text := range nasty() {
		b.WriteString(text + " ")
	}
	all := strings.Join(strings.Fields(b.String()), " ")
	for _, r := range s.Resources {
		switch r := r.(type) {
		case *resource.MetricFilter:
			r.Pattern = `{ ($.a = "${TrailKey.Arn}") || ($.b = "${!X}") }`
		case *resource.Alarm:
			r.Description = all
		case *resource.Key:
			r.Description = "${AWS::AccountId} # not a remark"
			r.Policy.Statements = append(r.Policy.Statements, allow("Theirs", policy.Principal{"AWS": {"arn:aws:iam::" + ours + ":role/${aws:PrincipalTag/team}"}}, "kms:Decrypt", "*",
				policy.Condition{"StringLike": {"kms:EncryptionContext:a b": {"${aws:username}", "${TrailKey.Arn}"}}}))
		case *resource.Database:
			r.Name = "x'; reboot #"
		}
	}
	return s
}

// TestTextsStayTexts writes each nasty text as a description and reads it back.
func TestTextsStayTexts(t *testing.T) {
	for _, text := range nasty() {
		t.Run(text, func(t *testing.T) {
			b, err := encode(object(field{"Description", str(text)}, field{text + "key", quoted("x")}))
			if err != nil {
				t.Fatal(err)
			}
			var root yaml.Node
			if err := yaml.Unmarshal(b, &root); err != nil {
				t.Fatalf("%v:\n%s", err, b)
			}
			got := root.Content[0].Content
			if got[1].Value != text || got[1].ShortTag() != "!!str" || got[2].Value != text+"key" || len(got) != 4 {
				t.Errorf("%q came back as %q %s in\n%s", text, got[1].Value, got[1].Tag, b)
			}
			if got[1].Style == 0 && otherwise.MatchString(text) {
				t.Errorf("%q has no quotes, and YAML 1.1 takes it for something else", text)
			}
		})
	}
}

// TestHostile looks at where texts of the account have come to in a template.
func TestHostile(t *testing.T) {
	files, err := Write(hostile())
	if err != nil {
		t.Fatal(err)
	}
	template := file(t, files, "template.yaml")
	for _, c := range []struct{ name, want string }{
		{"a pattern is no Sub", `FilterPattern: '{ ($.a = "${TrailKey.Arn}") || ($.b = "${!X}") }'`},
		{"a description is no Sub", `Description: "${AWS::AccountId} # not a remark"`},
		{"a policy variable is no reference", `- "${aws:username}"`},
		{"a text of a condition is no reference", `- "${TrailKey.Arn}"`},
	} {
		if !strings.Contains(template, c.want) {
			t.Errorf("%s: %q is not in the template", c.name, c.want)
		}
	}
	role := find(t, template, "Resources", "TrailKey", "Properties", "KeyPolicy", "Statement", "3", "Principal", "AWS")
	if role.Tag != "!Join" || role.Content[1].Content[len(role.Content[1].Content)-1].Value != ":role/${aws:PrincipalTag/team}" {
		t.Errorf("an ARN with a policy variable is %s %q, want a !Join that keeps it", role.Tag, role.Value)
	}
	readme := file(t, files, "README.md")
	for _, bad := range []string{"\n## Heading", "\n# Heading", "<script", "<img", "![x]"} {
		if strings.Contains(readme, bad) {
			t.Errorf("README.md has %q", bad)
		}
	}
	for _, good := range []string{`'{"CloudwatchLogsExportConfiguration":{"EnableLogTypes":["postgresql","upgrade"]},"DBInstanceIdentifier":"x'\''; reboot #"`,
		"--stack-name trailseal---reboot-", "    this 'as it is' <serial>"} {
		if !strings.Contains(readme, good) {
			t.Errorf("README.md does not have %q", good)
		}
	}
}

// TestDynamicReferencesAreRefused tries to have CloudFormation read a secret.
func TestDynamicReferencesAreRefused(t *testing.T) {
	const steal = "{{resolve:secretsmanager:prod/db:SecretString:password}}"
	for name, set := range map[string]func(*Stack){
		"in a description": func(s *Stack) { get[*resource.Key](s).Description = steal },
		"in a pattern":     func(s *Stack) { get[*resource.MetricFilter](s).Pattern = steal },
		"in a policy":      func(s *Stack) { get[*resource.Key](s).Policy.Statements[0].Action = []string{steal} },
		"within an ARN": func(s *Stack) {
			get[*resource.Key](s).Policy.Statements[0].Resource = []string{"arn:aws:s3:::" + steal}
		},
		"in a rule's inputs": func(s *Stack) { get[*resource.Rule](s).Parameters = `{"x":"` + steal + `"}` },
		"in the name":        func(s *Stack) { s.Name = steal },
	} {
		t.Run(name, func(t *testing.T) {
			s := everything("aws", "eu-central-1")
			set(&s)
			if _, err := Write(s); err == nil || !strings.Contains(err.Error(), "{{resolve:") {
				t.Errorf("error %v, want one that names {{resolve:", err)
			}
		})
	}
}

// TestWhatCannotBeSaidIsRefused has settings that a template would say otherwise than they are.
func TestWhatCannotBeSaidIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		set  func(*Stack)
		want string
	}{
		"a lifecycle filter with a member that is not known": {func(s *Stack) { bucketNamed(s, "acme-logs").Lifecycle[1].Filter = `{"Shape":"round"}` }, `"theirs"`},
		"a lifecycle filter that is no JSON":                 {func(s *Stack) { bucketNamed(s, "acme-logs").Lifecycle[1].Filter = `prefix` }, `"theirs"`},
		"a lifecycle filter with more after it":              {func(s *Stack) { bucketNamed(s, "acme-logs").Lifecycle[1].Filter = `{} {}` }, `"theirs"`},
		"parameters of a rule that are no JSON":              {func(s *Stack) { get[*resource.Rule](s).Parameters = `{` }, "parameters"},
		"a text that is not UTF-8":                           {func(s *Stack) { get[*resource.Key](s).Description = "\xff" }, "UTF-8"},
	} {
		t.Run(name, func(t *testing.T) {
			s := everything("aws", "eu-central-1")
			c.set(&s)
			if _, err := Write(s); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one about %s", err, c.want)
			}
		})
	}
}

// TestNoSecretIsWritten looks for the endpoint of a subscription in all files.
func TestNoSecretIsWritten(t *testing.T) {
	s := everything("aws", "eu-central-1")
	s.Resources = append(s.Resources, &resource.Subscription{Account: ours, Region: "eu-central-1", Topic: "acme-alarms", Protocol: "email", Label: "on call",
		Endpoint: secret.New("SECRET@acme.example")})
	files, err := Write(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if strings.Contains(string(f.Text), "SECRET") {
			t.Errorf("%s has a secret", f.Name)
		}
	}
	if n := strings.Count(file(t, files, "template.yaml"), "NoEcho: true"); n != 2 {
		t.Errorf("%d parameters are hidden, want 2", n)
	}
}

func file(t *testing.T, files []File, name string) string {
	t.Helper()
	for _, f := range files {
		if f.Name == name {
			return string(f.Text)
		}
	}
	t.Fatalf("there is no %s", name)
	return ""
}

// get is the first resource of a type.
func get[R resource.Resource](s *Stack) R {
	for _, r := range s.Resources {
		if r, ok := r.(R); ok {
			return r
		}
	}
	panic("the stack has none")
}

func bucketNamed(s *Stack, name string) *resource.Bucket { return s.bucket(name) }

// find walks a template by members and by numbers of items.
func find(t *testing.T, text string, path ...string) *yaml.Node {
	t.Helper()
	var root yaml.Node
	if err := yaml.Unmarshal([]byte(text), &root); err != nil {
		t.Fatal(err)
	}
	n := root.Content[0]
	for _, name := range path {
		next := child(n, name)
		if next == nil {
			t.Fatalf("there is no %q of %q", name, path)
		}
		n = next
	}
	return n
}

func child(n *yaml.Node, name string) *yaml.Node {
	if n.Kind == yaml.SequenceNode && len(name) == 1 && int(name[0]-'0') < len(n.Content) {
		return n.Content[name[0]-'0']
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return n.Content[i+1]
		}
	}
	return nil
}
