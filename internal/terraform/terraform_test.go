package terraform

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
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
