package cloudformation

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/trailseal/trailseal/internal/resource"
)

// TestLint has cfn-lint read all templates, for which no error, warning or remark may be left.
func TestLint(t *testing.T) {
	lint := strings.Fields(os.Getenv("TRAILSEAL_CFN_LINT"))
	if len(lint) == 0 {
		t.Skip("TRAILSEAL_CFN_LINT does not name the command of cfn-lint")
	}
	without := func(s Stack, kinds ...resource.Kind) Stack {
		s.Resources = slices.DeleteFunc(s.Resources, func(r resource.Resource) bool { return slices.Contains(kinds, r.ID().Kind) })
		return s
	}
	for _, c := range []struct {
		name, region string
		stack        Stack
		ignore       []string
	}{
		{"all kinds in Europe", "eu-central-1", everything("aws", "eu-central-1"), nil},
		{"all kinds in the region of global services", "us-east-1", everything("aws", "us-east-1"), nil},
		{"China, which has no AWS Chatbot", "cn-north-1", without(everything("aws-cn", "cn-north-1"), resource.SlackChannelKind), nil},
		{"GovCloud", "us-gov-west-1", without(everything("aws-us-gov", "us-gov-west-1"), resource.SlackChannelKind), nil},
		{"a log bucket in another account", "eu-central-1", apart(), nil},
		{"what is there already", "eu-central-1", brownfield(), nil},
		// It takes "${X}" in a text for a forgotten !Sub, and knows no reason for !Join: both are what is wanted here.
		{"hostile texts", "eu-central-1", hostile(), []string{"E1029", "I1022"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			files, err := Write(c.stack)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			args := append(slices.Clone(lint[1:]), "--non-zero-exit-code", "informational", "--include-checks", "I", "--regions", c.region, "--template")
			if c.ignore != nil {
				args = slices.Insert(args, len(args)-1, append([]string{"--ignore-checks"}, c.ignore...)...)
			}
			for _, f := range files {
				path := filepath.Join(dir, f.Name)
				if err := os.WriteFile(path, f.Text, 0o600); err != nil {
					t.Fatal(err)
				}
				if filepath.Ext(f.Name) == ".yaml" {
					args = append(args, path)
				}
			}
			if out, err := exec.Command(lint[0], args...).CombinedOutput(); err != nil {
				t.Errorf("cfn-lint: %v\n%s", err, out)
			}
		})
	}
}
