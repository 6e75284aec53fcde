package cloudformation

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/internal/resource"
)

// elsewhere has the log bucket and its key in another region of the same account.
func elsewhere() Stack {
	s := everything("aws", "eu-central-1")
	key := "arn:aws:kms:us-east-1:" + ours + ":alias/acme-logs"
	s.Resources = append(s.Resources, &resource.Key{Account: ours, Region: "us-east-1", Alias: "alias/acme-logs", Enabled: true,
		Policy: get[*resource.Key](&s).Policy})
	for _, r := range s.Resources {
		switch r := r.(type) {
		case *resource.Bucket:
			if r.Name != "acme-config" {
				r.Region = "us-east-1"
			}
			if r.Name == "acme-logs" {
				r.Encryption.KeyARN = key
			}
		case *resource.Trail:
			r.KeyARN = key
		}
	}
	return s
}

// secondRegion has AWS Config in a second region, and the log bucket in another account.
func secondRegion() Stack {
	s := elsewhere()
	s.Resources = append(s.Resources,
		&resource.Recorder{Account: ours, Region: "ap-south-1", Name: "default", RoleARN: get[*resource.Recorder](&s).RoleARN, AllSupported: true},
		&resource.DeliveryChannel{Account: ours, Region: "ap-south-1", Name: "default", Bucket: "acme-config"})
	return s
}

var deployed = regexp.MustCompile(`(?s)cloudformation deploy --template-file (\S+).*?--disable-rollback`)

// TestDeployInOrder reads the commands of README.md.
func TestDeployInOrder(t *testing.T) {
	for _, c := range []struct {
		name  string
		stack Stack
		want  []string // templates, with what is set
	}{
		{"one template", everything("aws", "eu-central-1"), []string{"template.yaml"}},
		{"a bucket that needs the trail's key goes between", apart(),
			[]string{"template.yaml LogBucketIsReady=false", "template-us-east-1.yaml", "template-log-archive.yaml", "template.yaml LogBucketIsReady=true"}},
		{"a bucket with a key of its own goes first", elsewhere(), []string{"template-us-east-1.yaml", "template.yaml"}},
		{"a region that delivers to another's bucket comes after it", secondRegion(), []string{"template-us-east-1.yaml", "template.yaml", "template-ap-south-1.yaml"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			files, err := Write(c.stack)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, m := range deployed.FindAllStringSubmatch(file(t, files, "README.md"), -1) {
				text := m[1]
				if at := strings.Index(m[0], bucketIsReady); at >= 0 {
					text += " " + strings.Fields(m[0][at:])[0]
				}
				got = append(got, text)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("commands (-want +got):\n%s", diff)
			}
		})
	}
}

// identifiers are what a list of imports names, by logical ID.
func identifiers(t *testing.T, text string) map[string]map[string]string {
	t.Helper()
	var read []imported
	if err := json.Unmarshal([]byte(text), &read); err != nil {
		t.Fatal(err)
	}
	all := map[string]map[string]string{}
	for _, i := range read {
		all[i.LogicalID] = i.Identifier
	}
	return all
}

// TestImportsAreOfWhatIsThere compares the list, the import's template and the other one.
func TestImportsAreOfWhatIsThere(t *testing.T) {
	s := brownfield()
	s.Now = map[resource.ID]resource.Resource{}
	for _, r := range s.Resources {
		switch r := r.(type) {
		case *resource.Bucket:
			was := *r
			if r.Name != "acme-logs" {
				was.Policy.Statements, was.Policy.Version = nil, ""
			}
			s.Now[r.ID()] = &was
		case *resource.Hub:
			s.Now[r.ID()] = &resource.Hub{Account: ours, Region: s.Region, Standards: r.Standards}
			r.Standards = append(slices.Clone(r.Standards), "arn:aws:securityhub:eu-central-1::standards/aws-foundational-security-best-practices/v/1.0.0")
		case *resource.Recorder:
			s.Now[r.ID()] = r
		}
	}
	delete(s.Exists, get[*resource.Alarm](&s).ID())
	files, err := Write(s)
	if err != nil {
		t.Fatal(err)
	}
	list := identifiers(t, file(t, files, "imports.json"))
	body := find(t, file(t, files, "import.yaml"), "Resources")
	for i := 0; i < len(body.Content); i += 2 {
		if name := body.Content[i].Value; list[name] == nil || child(body.Content[i+1], "DeletionPolicy").Value != "Retain" {
			t.Errorf("%s is in the import's template, and not in the list or not retained", name)
		}
	}
	for name := range list {
		if child(body, name) == nil {
			t.Errorf("%s is in the list, and not in the import's template", name)
		}
		find(t, file(t, files, "template.yaml"), "Resources", name)
	}
	for name, want := range map[string]map[string]string{
		"Trail":                 {"TrailName": "acme"},
		"TrailKey":              {"KeyId": "1234abcd-12ab-34cd-56ef-1234567890ab"},
		"TrailKeyAlias":         {"AliasName": "alias/acme"},
		"LogBucket":             {"BucketName": "acme-logs"},
		"LogBucketPolicy":       {"Bucket": "acme-logs"},
		"AccessLogBucketPolicy": nil, // there is none
		"AlarmTopic":            {"TopicArn": "arn:aws:sns:eu-central-1:" + ours + ":acme-alarms"},
		"AcmeCisRootUseAlarm":   nil, // it is not there
		"CisRootUseFilter":      {"LogGroupName": "acme/trail", "FilterName": "cis-root-use"},
		"ConfigRecorder":        nil, // CloudFormation cannot
		"SecurityHub":           {"ARN": "arn:aws:securityhub:eu-central-1:" + ours + ":hub/default"},
		"SecurityHubStandardCisAwsFoundationsBenchmarkV300":           {"StandardsSubscriptionArn": "arn:aws:securityhub:eu-central-1:" + ours + ":subscription/cis-aws-foundations-benchmark/v/3.0.0"},
		"SecurityHubStandardAwsFoundationalSecurityBestPracticesV100": nil, // it is off
		"GuardDuty": {"Id": "12abc34d567e8fa901bc2d34e56789f0"},
	} {
		if diff := cmp.Diff(want, list[name]); diff != "" {
			t.Errorf("import of %s (-want +got):\n%s", name, diff)
		}
	}
	readme := file(t, files, "README.md")
	if strings.Contains(readme, "put-configuration-recorder") {
		t.Error("README.md would write a recorder that is what it is to be")
	}
	if strings.Contains(readme, "take for granted") {
		t.Error("README.md speaks of guesses, and there are none")
	}
}

// TestWithoutWhatIsThereNothingIsImported has no list and no word of imports.
func TestWithoutWhatIsThereNothingIsImported(t *testing.T) {
	files, err := Write(everything("aws", "eu-central-1"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 2 {
		t.Errorf("%d files, want a template and README.md", len(files))
	}
	if strings.Contains(file(t, files, "README.md"), "IMPORT") {
		t.Error("README.md tells of an import of nothing")
	}
}

// TestLongTemplates has so many alarms that the template has to be read from a bucket, and then too many even for that.
func TestLongTemplates(t *testing.T) {
	with := func(n int) Stack {
		s := brownfield()
		for i := range n {
			a := *get[*resource.Alarm](&s)
			a.Name = fmt.Sprintf("alarm %d", i)
			s.Resources = append(s.Resources, &a)
		}
		return s
	}
	files, err := Write(with(100))
	if err != nil {
		t.Fatal(err)
	}
	if readme := file(t, files, "README.md"); !strings.Contains(readme, "--template-url https://BUCKET.s3.eu-central-1.amazonaws.com/template.yaml") ||
		!strings.Contains(readme, "51,200") {
		t.Error("README.md does not tell that the template has to be in a bucket")
	}
	if _, err := Write(with(3000)); err == nil || !strings.Contains(err.Error(), "longer") {
		t.Errorf("error %v, want one of a template that is too long", err)
	}
}

// TestNamesAreNobodyElses has resources whose names differ in what a logical ID cannot have.
func TestNamesAreNobodyElses(t *testing.T) {
	s := everything("aws", "eu-central-1")
	for _, name := range []string{"a-b", "a b", "a/b", "ü", "日本", "Trail", "TrailKey", strings.Repeat("long", 60)} {
		a := *get[*resource.Alarm](&s)
		a.Name = name
		s.Resources = append(s.Resources, &a)
	}
	files, err := Write(s)
	if err != nil {
		t.Fatal(err)
	}
	seen, logical := map[string]bool{}, regexp.MustCompile(`^[A-Za-z0-9]{1,255}$`)
	for _, section := range []string{"Parameters", "Resources"} {
		n := find(t, file(t, files, "template.yaml"), section)
		for i := 0; i < len(n.Content); i += 2 {
			name := n.Content[i].Value
			if seen[name] || !logical.MatchString(name) {
				t.Errorf("%q is taken, or no logical ID", name)
			}
			seen[name] = true
		}
	}
}
