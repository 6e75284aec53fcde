package terraform

import (
	"slices"
	"strings"

	"github.com/trailseal/trailseal/internal/resource"
)

// rank is when a resource is made. One refers to those of a lower rank; those of its own or a higher one it names by a
// local, so that no two wait for each other.
type rank int

const (
	roles rank = iota + 1
	keys
	stores   // buckets, log groups, topics
	policies // of roles, buckets and topics
	trails
	last
)

// link is a text in the place of which a reference stands.
type link struct {
	text  string
	whole bool // only where the text is all there is, not at the beginning of a longer one
	rank  rank
	to    expr
	local string // of those of a lower rank
}

// link notes what stands for what.
func (w *writer) link() {
	arn := func(id resource.ID, text string, r rank, kind string) {
		label := w.labels[id]
		local := map[string]string{"aws_cloudtrail": "trail_arn"}[kind]
		if local == "" {
			local = label + "_" + map[string]string{"aws_iam_role": "role", "aws_iam_service_linked_role": "role", "aws_s3_bucket": "bucket",
				"aws_cloudwatch_log_group": "log_group", "aws_sns_topic": "topic"}[kind] + "_arn"
		}
		w.links = append(w.links, link{text: text, rank: r, to: expr(kind + "." + label + ".arn"), local: local})
	}
	for _, r := range w.m.Resources {
		switch r := r.(type) {
		case *resource.Role:
			kind := "aws_iam_role"
			if r.ServiceLinkedTo != "" {
				kind = "aws_iam_service_linked_role"
			}
			arn(r.ID(), w.roleARN(r), roles, kind)
		case *resource.Key:
			w.linkKey(r)
		case *resource.Bucket:
			arn(r.ID(), w.bucketARN(r.Name), stores, "aws_s3_bucket")
		case *resource.LogGroup:
			arn(r.ID(), w.logGroupARN(r), stores, "aws_cloudwatch_log_group")
		case *resource.Topic:
			arn(r.ID(), w.topicARN(r), stores, "aws_sns_topic")
		case *resource.Trail:
			if !slices.ContainsFunc(w.links, func(l link) bool { return l.local == "trail_arn" }) {
				arn(r.ID(), w.trailARN(r), trails, "aws_cloudtrail")
			}
		}
	}
}

// linkKey notes what a key is called: by its ARN, by its id, by its alias, and before it is made by its alias's ARN.
func (w *writer) linkKey(k *resource.Key) {
	if k.Foreign {
		return
	}
	key, alias := expr("aws_kms_key."+w.labels[k.ID()]), expr("aws_kms_alias."+w.labels[k.ID()])
	whole := func(text string, to expr) {
		w.links = append(w.links, link{text: text, whole: true, rank: keys, to: to})
	}
	keyARN := w.keyARN(k)
	if keyARN != "" {
		whole(keyARN, key+".arn")
		whole(after(keyARN, "key/"), key+".key_id")
	}
	if k.Alias == "" {
		return
	}
	whole(k.Alias, alias+".name")
	if aliasARN := w.arn("kms", k.Region, k.Account, k.Alias); keyARN == "" {
		whole(aliasARN, key+".arn")
	} else {
		whole(aliasARN, alias+".arn")
	}
}

// keyARN is the ARN of a key that is there; empty if it is not.
func (w *writer) keyARN(k *resource.Key) string {
	arn := w.m.Keys[k.ID()]
	if arn == "" {
		arn = k.ARN
	}
	if strings.Contains(arn, ":key/") {
		return arn
	}
	return ""
}

// after is what follows the last sep in s.
func after(s, sep string) string { return s[strings.LastIndex(s, sep)+len(sep):] }

// refer writes a name or an ARN, or a text of a policy, as whoever has the rank can refer to it.
func (w *writer) refer(as rank, s string) expr {
	if s == w.m.BreakGlass && s != "" {
		return "var.break_glass_arn"
	}
	best := link{}
	for _, l := range w.links {
		rest, ok := strings.CutPrefix(s, l.text)
		if ok && (rest == "" || !l.whole && strings.ContainsAny(rest[:1], ":/")) && len(l.text) > len(best.text) {
			best = l
		}
	}
	if best.text == "" {
		return w.template("", s)
	}
	to := best.to
	if best.rank >= as {
		if best.local == "" { // a key names itself as *; what else it could be called is not known before it is made
			return w.template("", s)
		}
		w.local[best.local] = w.template("", best.text)
		to = expr("local." + best.local)
	}
	return w.template(to, s[len(best.text):])
}

// referAll writes a tuple of them.
func (w *writer) referAll(as rank, texts []string) expr {
	var items []expr
	for _, t := range texts {
		items = append(items, w.refer(as, t))
	}
	return list(items)
}

// readers writes a list of principals, in which those who may read are a variable.
func (w *writer) readers(as rank, texts []string) (expr, bool) {
	r := w.m.Readers
	if len(r) == 0 || slices.ContainsFunc(r, func(arn string) bool { return !slices.Contains(texts, arn) }) {
		return "", false
	}
	others := slices.DeleteFunc(slices.Clone(texts), func(t string) bool { return slices.Contains(r, t) })
	if len(others) == 0 {
		return "var.readers", true
	}
	return expr("concat(var.readers, " + string(w.referAll(as, others)) + ")"), true
}

// template is a text with a reference before it, in which the account, region and organization are variables.
func (w *writer) template(before expr, s string) expr {
	if before != "" && s == "" {
		return before
	}
	var b strings.Builder
	if before != "" {
		b.WriteString("${" + string(before) + "}")
	}
	plain := 0
	for i := 0; i < len(s); {
		text, name := w.variableAt(s, i)
		if text == "" {
			i++
			continue
		}
		if len(text) == len(s) && before == "" {
			return expr(name)
		}
		b.WriteString(inner(s[plain:i]) + "${" + name + "}")
		i += len(text)
		plain = i
	}
	b.WriteString(inner(s[plain:]))
	return expr(`"` + b.String() + `"`)
}

// variableAt is the text at i for which a variable stands, with its name.
func (w *writer) variableAt(s string, i int) (text, name string) {
	for _, v := range []struct{ text, name string }{{w.m.Account, "var.account_id"}, {w.m.Region, "var.region"}, {w.m.Organization, "var.organization_id"}} {
		if v.text != "" && strings.HasPrefix(s[i:], v.text) && (i == 0 || !wordy(s[i-1])) &&
			(i+len(v.text) == len(s) || !wordy(s[i+len(v.text)])) {
			return v.text, v.name
		}
	}
	return "", ""
}

// wordy reports whether a byte goes on a name.
func wordy(c byte) bool {
	return c == '-' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}
