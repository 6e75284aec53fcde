package web

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/trailseal/trailseal/internal/verdict"
)

// What AWS allows in names. A command is only printed for names that hold to it, so that pasting one into a shell is
// safe whatever the keys in the bucket say.
var (
	okAccount = regexp.MustCompile(`^[0-9]{12}$`)
	okRegion  = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}$`)
	okTrail   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{1,126}[A-Za-z0-9]$`)
)

// recheck is how to validate one trail with AWS's own command.
type recheck struct {
	Trail, Home string
	Org         bool // several accounts share the name and home region: probably an organization trail
	Commands    []string
	Odd         []string // account and region of chains whose names AWS does not allow
}

// rechecks lists the trails of the report and a command for each account and region.
func rechecks(r *verdict.Report) []recheck {
	type id struct{ trail, home string }
	of := make(map[id][]verdict.Chain)
	for _, c := range r.Chains {
		of[id{c.Trail, c.Home}] = append(of[id{c.Trail, c.Home}], c)
	}
	var out []recheck
	for k, chains := range of {
		slices.SortFunc(chains, func(a, b verdict.Chain) int {
			return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region))
		})
		chains = slices.CompactFunc(chains, func(a, b verdict.Chain) bool { return a.Account == b.Account && a.Region == b.Region })
		t := recheck{Trail: k.trail, Home: k.home, Org: chains[0].Account != chains[len(chains)-1].Account}
		for _, c := range chains {
			if !okAccount.MatchString(c.Account) || !okRegion.MatchString(c.Region) || !okRegion.MatchString(c.Home) || !okTrail.MatchString(c.Trail) {
				t.Odd = append(t.Odd, Visible(c.Account)+" "+Visible(c.Region))
				continue
			}
			t.Commands = append(t.Commands, command(c, t.Org, r.From, r.To))
		}
		out = append(out, t)
	}
	slices.SortFunc(out, func(a, b recheck) int {
		return cmp.Or(cmp.Compare(a.Trail, b.Trail), cmp.Compare(a.Home, b.Home))
	})
	return out
}

func command(c verdict.Chain, org bool, from, to time.Time) string {
	owner, member := c.Account, ""
	if org {
		owner, member = "MANAGEMENT-ACCOUNT-ID", " --account-id "+c.Account
	}
	return fmt.Sprintf("aws cloudtrail validate-logs --trail-arn arn:%s:cloudtrail:%s:%s:trail/%s%s --region %s --start-time %s --end-time %s --verbose",
		partition(c.Home), c.Home, owner, c.Trail, member, c.Region, from.UTC().Format(time.RFC3339), to.UTC().Format(time.RFC3339))
}

// partition is the first part of every name in a group of AWS regions.
func partition(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}
