package cloudformation

import (
	"bytes"
	"fmt"
	"strings"
	"text/template"

	"go.yaml.in/yaml/v3"

	"github.com/trailseal/trailseal/internal/resource"
)

// inlineBytes is the longest template that CloudFormation takes in a call; a longer one, up to 1 MB, it reads from a bucket.
//
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
const inlineBytes = 51_200

// readmeText says how the templates are used. Its texts are lines: what comes from elsewhere has no line breaks in it.
const readmeText = `# Audit logging: {{.Name}}

CloudFormation templates of what ` + "`trailseal setup apply`" + ` would make, written by ` + "`trailseal setup export`" + `. They are a
picture of what was there then: once a stack has the resources, change them through the stack.

| Template | Account | Region | Resources |
| --- | --- | --- | --- |
{{range .Templates}}| {{.File}} | {{.Account}} | {{.Region}} | {{.Count}} |
{{end}}{{if .Long}}
A template that is longer than 51,200 bytes is not sent in a call: CloudFormation reads it from a bucket of yours, for which
the commands say BUCKET.
{{end}}{{if .Before}}
## Before
{{range .Before}}
{{.Text}}:

{{.Command}}
{{end}}{{end}}
## Deploy
{{range .Steps}}
{{.Text}}{{if .Command}}:

{{.Command}}{{else}}.{{end}}
{{end}}
If a stack fails, what it made stays (` + "`--disable-rollback`" + `): mend the cause and give the same command again. Buckets, keys, trails
and log groups outlive their stack (` + "`DeletionPolicy: Retain`" + `). Afterwards protect each stack, and look at what it made:

{{range .Protect}}{{.}}
{{end}}    trailseal setup status
{{if .Email}}
SNS writes to each e-mail address that is to be told; nothing is sent there until somebody has agreed.
{{end}}{{if .Parameters}}
## Parameters

What has no default has to be given. A secret is given on the command line of a machine that you trust, or in a file of
parameters that is deleted afterwards; CloudFormation does not show it again.

{{range .Parameters}}- {{.}}
{{end}}{{end}}{{if .Imports}}
## Import what is there

Resources that are there already are imported, since a stack cannot make them a second time. An import changes nothing; the
update after it does. It has to be *drift-aware*: any other update compares the template with the import's, which says the
same, and would change nothing either. It also restores what was there if it fails.
{{range .Imports}}
{{.Text}}:

{{.Command}}
{{end}}{{if .Guesses}}
The lists of imports take for granted what was not read. Take out of both the list and the import's template what is not so:

{{range .Guesses}}- {{.}}
{{end}}{{end}}{{end}}{{if .Left}}
## What no template has
{{range .Left}}
{{.Text}}{{if .Command}}:

{{.Command}}{{else}}.{{end}}
{{end}}{{end}}{{if .Manual}}
## What only a person can do
{{range .Manual}}
{{.}}
{{end}}{{end}}{{if .Organization}}
## The rest of the organization {{.Organization}}

The organization's trail logs all accounts, and is made once, here. AWS Config, Security Hub and GuardDuty are per account and
region. Put their resources (AWS::Config, AWS::SecurityHub, AWS::GuardDuty) into a template of their own and deploy it as a
StackSet with service-managed permissions, so that new accounts have them too:

    aws cloudformation create-stack-set --stack-set-name {{.Stack}}-posture --template-body file://posture.yaml \
      --permission-model SERVICE_MANAGED --auto-deployment Enabled=true,RetainStacksOnAccountRemoval=true \
      --capabilities CAPABILITY_NAMED_IAM --region {{.Region}}

Leave out accounts that AWS Control Tower manages: it has a recorder in each, and a second one fails.
{{end}}{{if .Notes}}
## Notes

{{range .Notes}}- {{.}}
{{end}}{{end}}`

// step is a command with what it is for.
type step struct{ Text, Command string }

// page is what readmeText tells.
type page struct {
	Name, Stack, Region, Organization  string
	Templates                          []row
	Before, Steps, Imports, Left       []step
	Protect                            []string
	Parameters, Guesses, Manual, Notes []string
	Long                               bool // some template is too long for a call
	Email                              bool // somebody is told by e-mail
}

type row struct {
	File, Account, Region string
	Count                 int
}

func readme(s *Stack, templates []*writer, files []File) []byte {
	p := page{Name: line(s.Name), Stack: stackName(s.Name), Region: line(s.Region), Organization: line(s.Organization)}
	for _, n := range s.Notes {
		p.Notes = append(p.Notes, line(n))
	}
	for _, m := range s.Manual {
		p.Manual = append(p.Manual, verbatim(m))
	}
	for _, t := range templates {
		p.Templates = append(p.Templates, row{t.place.file("template", ".yaml"), line(t.place.account), line(t.place.region), len(t.entries)})
		p.Protect = append(p.Protect, indented("aws cloudformation update-termination-protection --enable-termination-protection"+t.where()))
		for _, f := range t.parameters {
			p.Parameters = append(p.Parameters, fmt.Sprintf("`%s` of %s: %s", f.name, t.place.file("template", ".yaml"), line(member(f, "Description").Value)))
		}
		for _, i := range t.imports {
			if i.guess != "" {
				p.Guesses = append(p.Guesses, fmt.Sprintf("`%s` in %s: %s", i.LogicalID, t.place.file("imports", ".json"), line(i.guess)))
			}
		}
		for _, l := range t.left {
			it := step{line(l.id.String() + ": " + l.why), indented(l.command)}
			if l.id.Kind == resource.ServiceAccessKind && l.command != "" {
				p.Before = append(p.Before, it)
			} else {
				p.Left = append(p.Left, it)
			}
		}
		if len(t.imports) > 0 {
			p.Imports = append(p.Imports, importSteps(t, files)...)
		}
	}
	for _, r := range s.Resources {
		sub, ok := r.(*resource.Subscription)
		p.Email = p.Email || ok && strings.HasPrefix(sub.Protocol, "email") && !sub.Confirmed
	}
	for _, f := range files {
		p.Long = p.Long || len(f.Text) > inlineBytes && strings.HasSuffix(f.Name, ".yaml")
	}
	p.Steps = deploySteps(templates, files)
	var b bytes.Buffer
	// The text is a constant, and what it is given are texts and lists: it cannot fail.
	if err := template.Must(template.New("README.md").Parse(readmeText)).Execute(&b, p); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// member is what a parameter says of something; nil: nothing.
func member(f field, name string) *yaml.Node {
	for i := 0; i+1 < len(f.value.Content); i += 2 {
		if f.value.Content[i].Value == name {
			return f.value.Content[i+1]
		}
	}
	return nil
}

// line is a text in one line of Markdown: nothing in it is HTML, and no control character is left.
func line(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, s)
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", "|", `\|`, "[", `\[`, "`", "\\`").Replace(s)
}

// verbatim is a text word for word, as code.
func verbatim(s string) string {
	return indented(strings.Map(func(r rune) rune {
		if r != '\n' && r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s))
}

// indented is code in Markdown; nothing if there is none.
func indented(s string) string {
	if s == "" {
		return ""
	}
	return "    " + strings.ReplaceAll(s, "\n", "\n    ")
}

// stackName is a name that CloudFormation takes: letters, digits and hyphens, a letter first.
func stackName(s string) string {
	name := cut(word(s), 100)
	if name == "" || !('a' <= name[0] && name[0] <= 'z' || 'A' <= name[0] && name[0] <= 'Z') {
		name = "trailseal-" + name
	}
	return strings.Trim(name, "-")
}
