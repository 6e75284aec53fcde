package setup

import (
	"unicode"

	"github.com/trailseal/trailseal/internal/policy"
)

// mostPolicyCharacters is how long a managed policy of IAM may be; white space does not count.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const mostPolicyCharacters = 6144

// packed are statements as policies that IAM takes, in their order. A statement that is too long for one is split by its
// resources.
func packed(id string, all []policy.Statement) []policy.Document {
	var out []policy.Document
	var open policy.Document
	for len(all) > 0 {
		next := open
		if next.IsZero() {
			next = policy.Document{Version: "2012-10-17", ID: id}
		}
		next.Statements = append(next.Statements[:len(next.Statements):len(next.Statements)], all[0])
		switch first := all[0]; {
		case characters(next) <= mostPolicyCharacters:
			open, all = next, all[1:]
		case len(open.Statements) > 0:
			out, open = append(out, open), policy.Document{}
		case len(first.Resource) > 1:
			half := len(first.Resource) / 2
			a, b := first, first
			a.Resource, b.Resource = first.Resource[:half], first.Resource[half:]
			all = append([]policy.Statement{a, b}, all[1:]...)
		default: // one resource with more actions than IAM has
			open, all = next, all[1:]
		}
	}
	if len(open.Statements) > 0 {
		out = append(out, open)
	}
	return out
}

// characters counts those that IAM counts.
func characters(d policy.Document) int {
	n := 0
	for _, r := range d.JSON() {
		if !unicode.IsSpace(r) {
			n++
		}
	}
	return n
}
