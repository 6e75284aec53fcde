package policy

import (
	"slices"
	"strings"
)

// public reports whether a statement allows something to everybody, or to everybody but some. Conditions that anybody can
// meet, as that the request comes over TLS, do not change that.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status
func public(s Statement) bool {
	return s.Effect == "Allow" && (slices.Contains(principals(s.Principal), everybody) || len(s.NotPrincipal) > 0) &&
		!slices.ContainsFunc(tests(s.Condition), test.narrows)
}

// narrows reports whether a test can be met only by some. It is no where that is certain: for keys that say nothing about
// who calls, for operators that a request without the key meets, and for patterns of everything.
func (t test) narrows() bool {
	switch t.key {
	case "aws:securetransport", "aws:referer", "aws:useragent", "s3:tlsversion", "aws:currenttime", "aws:epochtime", "s3:x-amz-acl",
		"aws:multifactorauthpresent", "aws:requestedregion":
		return false
	}
	if strings.Contains(t.operator, "not") || strings.HasSuffix(t.operator, "ifexists") || strings.HasPrefix(t.operator, "forallvalues:") || t.operator == "null" {
		return false
	}
	return !slices.ContainsFunc(t.values, func(v string) bool {
		return strings.Trim(v, "*:") == "" && v != "" || v == "0.0.0.0/0" || v == "::/0"
	})
}

// withoutEverybody is the part of a public statement that names somebody: false if there is none.
func withoutEverybody(s Statement) (Statement, bool) {
	rest := Principal{}
	for kind, names := range s.Principal {
		if names = slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == "*" }); len(names) > 0 {
			rest[kind] = names
		}
	}
	s.Principal, s.NotPrincipal = rest, nil
	return s, len(rest) > 0
}
