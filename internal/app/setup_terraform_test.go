package app

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// workspace runs Terraform in a folder of an exported module, against the endpoint of a site.
type workspace struct {
	t      *testing.T
	binary string
	dir    string
	env    []string
}

func (s site) terraform(dir string) workspace {
	s.t.Helper()
	binary, mirror := os.Getenv("TRAILSEAL_TERRAFORM"), os.Getenv("TRAILSEAL_TERRAFORM_MIRROR")
	if binary == "" || mirror == "" {
		s.t.Skip("TRAILSEAL_TERRAFORM and TRAILSEAL_TERRAFORM_MIRROR do not name a terraform and a folder with its provider")
	}
	settings := filepath.Join(s.t.TempDir(), "tfrc")
	text := fmt.Sprintf("provider_installation {\n filesystem_mirror {\n path = %q\n include = [\"registry.terraform.io/*/*\"]\n }\n}\n", mirror)
	var provider strings.Builder
	provider.WriteString("provider \"aws\" {\n access_key = \"test\"\n secret_key = \"test\"\n max_retries = 2\n s3_use_path_style = true\n" +
		" skip_credentials_validation = true\n skip_metadata_api_check = true\n skip_region_validation = true\n endpoints {\n")
	for _, service := range []string{"s3", "sts", "iam", "kms", "cloudtrail", "cloudwatch", "logs", "sns", "configservice", "securityhub", "guardduty", "chatbot", "rds"} {
		fmt.Fprintf(&provider, "  %s = %q\n", service, s.endpoint)
	}
	provider.WriteString(" }\n}\n")
	for path, text := range map[string]string{settings: text, filepath.Join(dir, "providers_override.tf"): provider.String()} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			s.t.Fatal(err)
		}
	}
	return workspace{s.t, binary, dir, append(os.Environ(), "TF_CLI_CONFIG_FILE="+settings, "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1")}
}

// do runs terraform, which has to work, and returns what it wrote.
func (w workspace) do(args ...string) string {
	w.t.Helper()
	c := exec.CommandContext(w.t.Context(), w.binary, args...)
	c.Dir, c.Env = w.dir, w.env
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Run(); err != nil {
		w.t.Fatalf("terraform %s: %v\n%s\n%s", strings.Join(args, " "), err, errs.String(), out.String())
	}
	return out.String()
}

// plan is what Terraform would do: how many resources it imports, and what else.
func (w workspace) plan() (imports int, others []string) {
	w.t.Helper()
	w.do("plan", "-input=false", "-no-color", "-out=it.tfplan")
	var plan struct {
		Changes []struct {
			Address string
			Change  struct {
				Actions   []string
				Before    any
				After     any
				Importing *struct{ ID string }
			}
		} `json:"resource_changes"`
	}
	if err := json.Unmarshal([]byte(w.do("show", "-json", "it.tfplan")), &plan); err != nil {
		w.t.Fatal(err)
	}
	for _, r := range plan.Changes {
		if r.Change.Importing != nil {
			imports++
		}
		if len(r.Change.Actions) != 1 || r.Change.Actions[0] != "no-op" {
			before, _ := json.Marshal(r.Change.Before)
			after, _ := json.Marshal(r.Change.After)
			others = append(others, fmt.Sprintf("%s: %v\n  before %s\n  after  %s", r.Address, r.Change.Actions, before, after))
		}
	}
	return imports, others
}

// What Terraform makes of the export is what setup wants: two engines that know nothing of each other agree.
func TestTerraformMakesWhatSetupWants(t *testing.T) {
	s := newSite(t)
	r := s.full()
	dir := filepath.Join(t.TempDir(), "module")
	if _, err := s.ExportSetup(t.Context(), r, "terraform", dir); err != nil {
		t.Fatal(err)
	}
	w := s.terraform(dir)
	w.do("init", "-input=false", "-no-color")
	w.do("apply", "-input=false", "-no-color", "-auto-approve")
	plan, err := s.PlanSetup(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if rest := unwanted(plan); rest != "" {
		t.Errorf("after terraform apply, setup plan has:\n%s", rest)
	}
	if imports, others := w.plan(); imports > 0 || len(others) > 0 {
		t.Errorf("after terraform apply, terraform plan has %d imports and:\n%s", imports, strings.Join(others, "\n"))
	}
}

// What setup makes is what the export says: Terraform imports everything and changes nothing.
func TestTerraformFindsWhatSetupMade(t *testing.T) {
	s := newSite(t)
	r := s.full()
	s.apply(r)
	dir := filepath.Join(t.TempDir(), "module")
	if _, err := s.ExportSetup(t.Context(), r, "terraform", dir); err != nil {
		t.Fatal(err)
	}
	w := s.terraform(dir)
	w.do("init", "-input=false", "-no-color")
	imports, others := w.plan()
	if imports < 60 {
		t.Errorf("only %d resources are imported", imports)
	}
	if len(others) > 0 {
		t.Errorf("after setup apply, terraform plan has:\n%s", strings.Join(others, "\n"))
	}
}
