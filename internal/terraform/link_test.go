package terraform

import (
	"strings"
	"testing"

	"github.com/trailseal/trailseal/internal/resource"
)

func TestWhatIsReferredTo(t *testing.T) {
	m := all()
	w := newWriter(m)
	for _, c := range []struct {
		name, text string
		as         rank
		want       expr
	}{
		{"a bucket", "arn:aws:s3:::trailseal-logs", policies, "aws_s3_bucket.logs.arn"},
		{"objects of a bucket", "arn:aws:s3:::trailseal-logs/AWSLogs/123456789012/*", policies, `"${aws_s3_bucket.logs.arn}/AWSLogs/${var.account_id}/*"`},
		{"a bucket whose name begins with another's", "arn:aws:s3:::trailseal-logs-2/x", policies, `"arn:aws:s3:::trailseal-logs-2/x"`},
		{"a bucket from before it is made", "arn:aws:s3:::trailseal-logs", keys, "local.logs_bucket_arn"},
		{"a trail from before it is made", trailARN, policies, "local.trail_arn"},
		{"a trail", trailARN, last, "aws_cloudtrail.main.arn"},
		{"streams of a log group", groupARN + ":log-stream:o-exampleorgid_*", policies, `"${aws_cloudwatch_log_group.trail.arn}:log-stream:${var.organization_id}_*"`},
		{"a key that is not made, by the ARN of its alias", aliasARN, policies, "aws_kms_key.trail.arn"},
		{"an alias", "alias/trailseal", policies, "aws_kms_alias.trail.name"},
		{"somebody else's role in the account", "arn:aws:iam::123456789012:role/x", policies, `"arn:aws:iam::${var.account_id}:role/x"`},
		{"somebody else's account", "arn:aws:iam::210987654321:role/x", policies, `"arn:aws:iam::210987654321:role/x"`},
		{"an account's number within a name", "arn:aws:s3:::x-123456789012", policies, `"arn:aws:s3:::x-123456789012"`},
		{"a longer number", "1234567890123", policies, `"1234567890123"`},
		{"the account", account, policies, "var.account_id"},
		{"the role of break glass", breakARN, policies, "var.break_glass_arn"},
		{"a variable of IAM policies", "arn:aws:s3:::x/${aws:username}", policies, `"arn:aws:s3:::x/$${aws:username}"`},
		{"a variable after a reference", "arn:aws:s3:::trailseal-logs/${aws:username}", policies, `"${aws_s3_bucket.logs.arn}/$${aws:username}"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := w.refer(c.as, c.text); got != c.want {
				t.Errorf("%q is written as %s, want %s", c.text, got, c.want)
			}
		})
	}
}

func TestKeyThatIsThere(t *testing.T) {
	m := found(all())
	w := newWriter(m)
	for text, want := range map[string]expr{
		"arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000000": "aws_kms_key.trail.arn",
		"0a1b2c3d-0000-4000-8000-000000000000":                                        "aws_kms_key.trail.key_id",
		aliasARN:                                                                      "aws_kms_alias.trail.arn",
	} {
		if got := w.refer(last, text); got != want {
			t.Errorf("%q is written as %s, want %s", text, got, want)
		}
	}
}

func TestReadersAreAVariable(t *testing.T) {
	m := all()
	m.Readers = []string{"arn:aws:iam::1:role/a", "arn:aws:iam::1:role/b"}
	w := newWriter(m)
	for _, c := range []struct {
		name  string
		texts []string
		want  expr
	}{
		{"just they", []string{"arn:aws:iam::1:role/b", "arn:aws:iam::1:role/a"}, "var.readers"},
		{"and another", []string{"arn:aws:iam::1:role/b", "arn:aws:iam::1:role/a", breakARN}, "concat(var.readers, [var.break_glass_arn])"},
		{"not all of them", []string{"arn:aws:iam::1:role/b", "x"}, `["arn:aws:iam::1:role/b", "x"]`},
	} {
		if got := w.oneOrMore(policies, "x", c.texts); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestLabels(t *testing.T) {
	w := newWriter(all())
	for name, want := range map[string]string{"trailseal-auditor": "auditor", "alias/x": "x", "9lives": "r_9lives", "${x}": "x", "---": "r", "A  b": "a_b"} {
		if got := w.label(name); got != want {
			t.Errorf("%q is labelled %q, want %q", name, got, want)
		}
	}
}

// TestNoTwoWithOneLabel has two roles whose names differ in what a label cannot hold.
func TestNoTwoWithOneLabel(t *testing.T) {
	m := chain()
	m.Resources = append(m.Resources, &resource.Role{Account: account, Name: "a.b"}, &resource.Role{Account: account, Name: "a@b"})
	access := write(t, m)["access.tf"]
	for _, want := range []string{`"aws_iam_role" "a_b"`, `"aws_iam_role" "a_b_2"`} {
		if !strings.Contains(access, want) {
			t.Errorf("no %s in\n%s", want, access)
		}
	}
}
