package policy

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// origin is the trail that a policy is wanted for.
type origin struct {
	trail        string // ARN
	account      string // its owner
	organization string // o-… below which it writes, if any
}

// originOf is the trail of a policy that is wanted; its trail is empty where the policy is about none.
func originOf(want Document) origin {
	var o origin
	for _, s := range want.Statements {
		if !allows(s, cloudTrail) {
			continue
		}
		for _, t := range tests(s.Condition) {
			if t.key == "aws:sourcearn" && len(t.values) > 0 && o.trail == "" {
				o.trail, o.account = t.values[0], accountOf(t.values[0])
			}
		}
		for _, owner := range ownersOf(s) {
			if strings.HasPrefix(owner, "o-") {
				o.organization = owner
			}
		}
	}
	return o
}

// allows reports whether a statement allows something to a service.
func allows(s Statement, name string) bool {
	return s.Effect == "Allow" && slices.Contains(s.Principal["Service"], name)
}

// named reports whether a statement says for whom a service acts.
func named(s Statement) bool {
	return slices.ContainsFunc(tests(s.Condition), func(t test) bool {
		switch t.key {
		case "aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths":
			return t.operator != "null" && !strings.Contains(t.operator, "not") &&
				!slices.ContainsFunc(t.values, vague)
		}
		return false
	})
}

// vague reports whether a source, an ARN or an account, can be anybody's.
func vague(source string) bool {
	if parts := strings.SplitN(source, ":", 6); len(parts) == 6 {
		source = parts[4]
	}
	return strings.ContainsAny(source, "*?")
}

// forEventDataStore reports whether a statement of a key is what AWS documents for the event data stores of CloudTrail
// Lake, which know no aws:SourceArn: with it, events would no longer be stored.
//
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html#create-kms-key-policy-for-cloudtrail-encrypt-eds
func forEventDataStore(s Statement) bool {
	return len(tests(s.Condition)) == 0 && slices.Equal(distinct(lower(s.Action)), []string{"kms:decrypt", "kms:generatedatakey"})
}

var (
	logsOwner  = regexp.MustCompile(`/AWSLogs/([0-9]{12}|o-[a-z0-9]{10,32})(?:/|$)`)
	trailOwner = regexp.MustCompile(`:cloudtrail:[^:]*:([0-9]{12}):`)
)

// ownersOf are the accounts and organizations whose trails a statement is about, as its resources and encryption contexts
// tell.
func ownersOf(s Statement) []string {
	var found []string
	for _, r := range s.Resource {
		if m := logsOwner.FindStringSubmatch(r); m != nil {
			found = append(found, m[1])
		}
	}
	for _, t := range tests(s.Condition) {
		if t.key != strings.ToLower(trailContext) {
			continue
		}
		for _, v := range t.values {
			if m := trailOwner.FindStringSubmatch(v); m != nil {
				found = append(found, m[1])
			}
		}
	}
	return distinct(found)
}

// foreign are patterns of the trails that others have in a policy: those that it names, and all of the accounts below
// whose prefix it lets CloudTrail write without naming one. It reports whether some cannot be told, as those of another
// organization.
func (o origin) foreign(statements ...Statement) (patterns []string, untold bool) {
	for _, s := range statements {
		if !allows(s, cloudTrail) {
			continue
		}
		if named(s) {
			for _, t := range tests(s.Condition) {
				switch t.key {
				case "aws:sourcearn":
					patterns = append(patterns, t.values...)
				case "aws:sourceaccount":
					for _, account := range t.values {
						patterns = append(patterns, o.trailsOf(account))
					}
				case "aws:sourceorgid", "aws:sourceorgpaths":
					untold = true
				}
			}
			continue
		}
		for _, owner := range ownersOf(s) {
			switch {
			case owner == o.account || owner == o.organization:
			case strings.HasPrefix(owner, "o-"):
				untold = true
			default:
				patterns = append(patterns, o.trailsOf(owner))
			}
		}
	}
	patterns = slices.DeleteFunc(distinct(patterns), func(p string) bool { return p == o.trail })
	return patterns, untold
}

// trailsOf is the pattern of an account's trails.
func (o origin) trailsOf(account string) string {
	return "arn:" + partitionOf(o.trail) + ":cloudtrail:*:" + account + ":trail/*"
}

// narrow gives a statement that lets CloudTrail do something for anybody's trail the trails that it is about: this one, or
// those of the accounts below whose prefix it writes. What is about no account, as reading a bucket's ACL, is needed by all
// trails of the policy. It reports false where nothing has to be or can be done.
func (o origin) narrow(s Statement, all []Statement) (Statement, bool) {
	if o.trail == "" || !allows(s, cloudTrail) || named(s) || forEventDataStore(s) {
		return s, false
	}
	owners := ownersOf(s)
	about := []Statement{s}
	if len(owners) == 0 {
		about = all
	}
	trails, untold := o.foreign(about...)
	if untold {
		return s, false
	}
	ours := len(owners) == 0 || slices.Contains(owners, o.account) || o.organization != "" && slices.Contains(owners, o.organization)
	if ours {
		trails = append(trails, o.trail)
	}
	trails = append(trails, slices.DeleteFunc(sources(s, sourceARN), vague)...)
	s.Condition = withSources(s.Condition, sourceARN, trails)
	return s, true
}

// withSources is a condition in which one of sources has to be what the request has for key, in place of what it asked of
// key before. Patterns are of ARNs.
func withSources(c Condition, key string, sources []string) Condition {
	out, operator := Condition{}, ""
	for o, keys := range c {
		keys = maps.Clone(keys)
		for k := range keys {
			if strings.EqualFold(k, key) && positive(o) {
				delete(keys, k)
				operator = o
			}
		}
		out[o] = keys
	}
	pattern := slices.ContainsFunc(sources, func(s string) bool { return strings.ContainsAny(s, "*?") })
	switch {
	case pattern && (operator == "" || strings.EqualFold(operator, "StringEquals")):
		operator = spelled(out, "ArnLike")
	case operator == "":
		operator = spelled(out, "StringEquals")
	}
	if out[operator] == nil {
		out[operator] = map[string][]string{}
	}
	out[operator][key] = distinct(sources)
	maps.DeleteFunc(out, func(_ string, keys map[string][]string) bool { return len(keys) == 0 })
	return out
}

// spelled is an operator as a condition writes it already, since a policy has it once.
func spelled(c Condition, operator string) string {
	for o := range c {
		if strings.EqualFold(o, operator) {
			return o
		}
	}
	return operator
}

// positive reports whether an operator asks for one of its values.
func positive(operator string) bool {
	return slices.Contains([]string{"stringequals", "stringlike", "arnlike", "arnequals"}, strings.ToLower(operator))
}
