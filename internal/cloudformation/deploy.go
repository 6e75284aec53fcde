package cloudformation

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// ordered are the templates so that each comes after those whose keys and bucket it needs.
func ordered(templates []*writer) []*writer {
	var out []*writer
	rest := slices.Clone(templates)
	for len(rest) > 0 {
		free := slices.IndexFunc(rest, func(t *writer) bool {
			return !slices.ContainsFunc(rest, func(other *writer) bool { return other != t && t.needs[other.place.key()] })
		})
		free = max(free, 0) // a circle, which there is none
		out = append(out, rest[free])
		rest = slices.Delete(rest, free, free+1)
	}
	return out
}

// deploySteps are the commands that make the stacks, in their order.
func deploySteps(templates []*writer, files []File) []step {
	var steps []step
	var again *writer
	for _, t := range ordered(templates) {
		text := fmt.Sprintf("Account %s, region %s", line(t.place.account), line(t.place.region))
		var override []string
		if t.waits() {
			text += ", without the trail, whose bucket is made by another stack"
			override = []string{t.ready() + "=false"}
			again = t
		}
		if len(t.imports) > 0 {
			steps = append(steps, step{text + ": import what is there, as told below", ""})
			continue
		}
		steps = append(steps, step{text, deploy(t, files, override)})
	}
	if again != nil {
		steps = append(steps, step{"When the bucket is there, the trail", deploy(again, files, []string{again.ready() + "=true"})})
	}
	return steps
}

// ready is the parameter of a template that waits.
func (t *writer) ready() string { return t.names.byKey["parameter "+bucketIsReady] }

func long(name string, files []File) bool {
	return slices.ContainsFunc(files, func(f File) bool { return f.Name == name && len(f.Text) > inlineBytes })
}

// deploy is the command that makes or updates a stack.
func deploy(t *writer, files []File, override []string) string {
	file := t.place.file("template", ".yaml")
	parts := []string{"aws cloudformation deploy --template-file " + file + t.where()}
	var overrides []string
	for _, p := range t.withoutDefault() {
		overrides = append(overrides, p+`="$`+variable(p)+`"`)
	}
	if overrides = append(overrides, override...); len(overrides) > 0 {
		parts = append(parts, "--parameter-overrides "+strings.Join(overrides, " "))
	}
	if long(file, files) {
		parts = append(parts, "--s3-bucket BUCKET")
	}
	parts = append(parts, "--capabilities CAPABILITY_NAMED_IAM --disable-rollback")
	return indented(strings.Join(parts, " \\\n  "))
}

// where are the options that name a template's stack.
func (t *writer) where() string {
	return " --stack-name " + stackName(t.place.file(t.stack.Name, "")) + " --region " + shell(t.place.region)
}

// withoutDefault are the parameters that have to be given.
func (t *writer) withoutDefault() []string {
	var all []string
	for _, f := range t.parameters {
		if member(f, "Default") == nil {
			all = append(all, f.name)
		}
	}
	return all
}

// variable is the shell's variable for a parameter, as in ALARM_TOPIC for AlarmTopic.
func variable(parameter string) string {
	var b strings.Builder
	for i, r := range parameter {
		if i > 0 && unicode.IsUpper(r) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToUpper(r))
	}
	return b.String()
}

// importSteps are the commands that import what is there and then make it what it is to be.
func importSteps(t *writer, files []File) []step {
	var parameters []string
	for _, p := range t.withoutDefault() {
		parameters = append(parameters, "ParameterKey="+p+`,ParameterValue="$`+variable(p)+`"`)
	}
	if t.waits() {
		parameters = append(parameters, "ParameterKey="+t.ready()+",ParameterValue=false")
	}
	given := ""
	if len(parameters) > 0 {
		given = " \\\n  --parameters " + strings.Join(parameters, " ")
	}
	return []step{
		{"Import into a new stack of account " + line(t.place.account) + " in " + line(t.place.region),
			t.changeSet(files, "import", "--change-set-type IMPORT --resources-to-import file://"+t.place.file("imports", ".json"))},
		{"Then, when that is done, what changes; read what the change set says before the last command",
			t.changeSet(files, "template", "--deployment-mode REVERT_DRIFT"+given)},
	}
}

// changeSet are the commands that make, show and execute a change set with a template.
func (t *writer) changeSet(files []File, template, options string) string {
	file := t.place.file(template, ".yaml")
	source, upload := "--template-body file://"+file, ""
	if long(file, files) {
		suffix := "amazonaws.com"
		if t.stack.Partition == "aws-cn" {
			suffix += ".cn"
		}
		upload = "aws s3 cp " + file + " s3://BUCKET/" + file + "\n"
		source = "--template-url https://BUCKET.s3." + t.place.region + "." + suffix + "/" + file
	}
	where := t.where() + " --change-set-name " + template
	return indented(upload + "aws cloudformation create-change-set" + where + " \\\n  " +
		source + " --capabilities CAPABILITY_NAMED_IAM \\\n  " + options + "\n" +
		"aws cloudformation wait change-set-create-complete" + where + "\n" +
		"aws cloudformation describe-change-set" + where + "\n" +
		"aws cloudformation execute-change-set" + where)
}
