package terraform

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/trailseal/trailseal/internal/resource"
)

// workspace is a folder in which Terraform runs, with the provider from a mirror on disk.
type workspace struct {
	binary, dir string
	env         []string
}

// newWorkspace skips the test where there is no Terraform.
func newWorkspace(t *testing.T, files map[string]string) workspace {
	t.Helper()
	binary, mirror := os.Getenv("TRAILSEAL_TERRAFORM"), os.Getenv("TRAILSEAL_TERRAFORM_MIRROR")
	if binary == "" || mirror == "" {
		t.Skip("TRAILSEAL_TERRAFORM and TRAILSEAL_TERRAFORM_MIRROR do not name a terraform and a folder with its provider")
	}
	w := workspace{binary: binary, dir: t.TempDir()}
	config := filepath.Join(t.TempDir(), "tfrc")
	text := fmt.Sprintf("provider_installation {\n filesystem_mirror {\n path = %q\n include = [\"registry.terraform.io/*/*\"]\n }\n}\n", mirror)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	w.env = append(os.Environ(), "TF_CLI_CONFIG_FILE="+config, "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1", "AWS_EC2_METADATA_DISABLED=true")
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// run runs terraform and returns what it wrote, and its exit code.
func (w workspace) run(t *testing.T, args ...string) (string, int) {
	t.Helper()
	c := exec.CommandContext(t.Context(), w.binary, args...)
	c.Dir, c.Env = w.dir, w.env
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	err := c.Run()
	if err != nil && c.ProcessState == nil {
		t.Fatal(err)
	}
	return out.String(), c.ProcessState.ExitCode()
}

// do runs terraform, which has to work.
func (w workspace) do(t *testing.T, args ...string) string {
	t.Helper()
	out, code := w.run(t, args...)
	if code != 0 {
		t.Fatalf("terraform %s: exit code %d\n%s", strings.Join(args, " "), code, out)
	}
	return out
}

func TestTerraformTakesTheModule(t *testing.T) {
	for name, m := range map[string]Module{"new": all(), "there": found(all()), "hostile": hostile(), "hostile and there": found(hostile())} {
		t.Run(name, func(t *testing.T) {
			w := newWorkspace(t, write(t, m))
			w.do(t, "fmt", "-check", "-diff", "-recursive")
			w.do(t, "init", "-input=false", "-no-color")
			w.do(t, "validate", "-no-color")
		})
	}
}

// motoAccount is an account of a moto server that nobody else uses, with credentials for it.
type motoAccount struct {
	URL                string `xml:"-"`
	ID                 string `xml:"-"`
	Key, Secret, Token string
}

func newMotoAccount(t *testing.T) motoAccount {
	t.Helper()
	server := os.Getenv("TRAILSEAL_MOTO")
	if server == "" {
		t.Skip("TRAILSEAL_MOTO does not name the URL of a running moto_server")
	}
	a := motoAccount{URL: server, ID: fmt.Sprintf("%012d", 100000000000+rand.Int64N(800000000000))}
	form := url.Values{"Action": {"AssumeRole"}, "Version": {"2011-06-15"}, "RoleArn": {"arn:aws:iam::" + a.ID + ":role/any"}, "RoleSessionName": {"test"}}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=none")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var answer struct {
		Key    string `xml:"AssumeRoleResult>Credentials>AccessKeyId"`
		Secret string `xml:"AssumeRoleResult>Credentials>SecretAccessKey"`
		Token  string `xml:"AssumeRoleResult>Credentials>SessionToken"`
	}
	if err := xml.NewDecoder(response.Body).Decode(&answer); err != nil || answer.Key == "" {
		t.Fatalf("assume a role in account %s: %v %+v", a.ID, err, answer)
	}
	a.Key, a.Secret, a.Token = answer.Key, answer.Secret, answer.Token
	return a
}

// provider makes the module's provider speak with moto.
func (a motoAccount) provider() string {
	var b strings.Builder
	fmt.Fprintf(&b, "provider \"aws\" {\n access_key = %q\n secret_key = %q\n token = %q\n max_retries = 2\n s3_use_path_style = true\n"+
		" skip_credentials_validation = true\n skip_metadata_api_check = true\n skip_region_validation = true\n endpoints {\n", a.Key, a.Secret, a.Token)
	for _, service := range []string{"s3", "sts", "iam", "kms", "cloudtrail", "cloudwatch", "logs", "sns", "configservice", "guardduty", "rds"} {
		fmt.Fprintf(&b, "  %s = %q\n", service, a.URL)
	}
	b.WriteString(" }\n}\n")
	return b.String()
}

// on makes a module one of the account, with bucket names that nobody else has.
func (a motoAccount) on(files map[string]string) map[string]string {
	out := map[string]string{"providers_override.tf": a.provider()}
	for name, text := range files {
		out[name] = strings.NewReplacer(account, a.ID, "trailseal-logs", "trailseal-logs-"+a.ID, "trailseal-access-logs", "trailseal-access-logs-"+a.ID).Replace(text)
	}
	return out
}

// TestTerraformOnMoto applies a module, after which there is nothing to do: neither for the same module, nor for one that
// imports what the first one made.
func TestTerraformOnMoto(t *testing.T) {
	a := newMotoAccount(t)
	m := services()
	for _, r := range m.Resources {
		if b, ok := r.(*resource.Bucket); ok {
			b.Lifecycle[0].NoncurrentVersions = 0 // moto takes it and does not give it back
		}
	}
	w := newWorkspace(t, a.on(write(t, m)))
	w.do(t, "init", "-input=false", "-no-color")
	w.do(t, "apply", "-auto-approve", "-input=false", "-no-color")
	if out, code := w.run(t, "plan", "-detailed-exitcode", "-input=false", "-no-color"); code != 0 {
		t.Errorf("the second plan has changes, exit code %d:\n%s", code, out)
	}

	m = found(settled(m, w.output(t, "trail_key_arn"), w.values(t)))
	second := newWorkspace(t, a.on(write(t, m)))
	second.do(t, "init", "-input=false", "-no-color")
	second.do(t, "plan", "-out=plan", "-input=false", "-no-color")
	var plan struct {
		Changes []struct {
			Address string
			Change  struct {
				Actions   []string
				Importing *struct{ ID string }
				Before    json.RawMessage
				After     json.RawMessage
			}
		} `json:"resource_changes"`
	}
	if err := json.Unmarshal([]byte(second.do(t, "show", "-json", "plan")), &plan); err != nil {
		t.Fatal(err)
	}
	if len(plan.Changes) < 30 {
		t.Errorf("the plan has %d resources", len(plan.Changes))
	}
	for _, c := range plan.Changes {
		if !slices.Equal(c.Change.Actions, []string{"no-op"}) || c.Change.Importing == nil {
			t.Errorf("%s: %v, import %v\n%s\n%s", c.Address, c.Change.Actions, c.Change.Importing, c.Change.Before, c.Change.After)
		}
	}
}

func (w workspace) output(t *testing.T, name string) string {
	t.Helper()
	return strings.TrimSpace(w.do(t, "output", "-raw", name))
}

// values are the ids of all resources, by address.
func (w workspace) values(t *testing.T) map[string]string {
	t.Helper()
	var state struct {
		Values struct {
			Root struct {
				Resources []struct {
					Address string
					Values  struct{ ID string }
				}
			} `json:"root_module"`
		}
	}
	if err := json.Unmarshal([]byte(w.do(t, "show", "-json")), &state); err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, r := range state.Values.Root.Resources {
		out[r.Address] = r.Values.ID
	}
	return out
}

// settled is a module as it is read after it was applied: the key has its ARN, a subscription too, a detector its id. The
// role that is linked to AWS Config is not called in moto as it is in AWS.
func settled(m Module, key string, ids map[string]string) Module {
	for _, r := range m.Resources {
		switch r := r.(type) {
		case *resource.Key:
			r.ARN = key
		case *resource.Bucket:
			if r.Encryption.KeyARN != "" {
				r.Encryption.KeyARN = key
			}
		case *resource.LogGroup:
			r.KeyARN = key
		case *resource.Topic:
			r.KeyARN = key
		case *resource.Trail:
			r.KeyARN = key
		case *resource.Subscription:
			r.ARN = ids["aws_sns_topic_subscription.alarms_email_security_example_com"]
		case *resource.Role:
			if r.ServiceLinkedTo != "" {
				r.Name = after(ids["aws_iam_service_linked_role.config"], "/")
			}
		case *resource.Recorder:
			r.RoleARN = strings.Replace(r.RoleARN, "AWSServiceRoleForConfig", after(ids["aws_iam_service_linked_role.config"], "/"), 1)
		case *resource.Detector:
			r.Detector = ids["aws_guardduty_detector.default"]
		}
	}
	return m
}
