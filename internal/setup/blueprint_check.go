package setup

import (
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strings"

	"github.com/trailseal/trailseal/catalog"
	"github.com/trailseal/trailseal/internal/config"
	"github.com/trailseal/trailseal/internal/finding"
	"github.com/trailseal/trailseal/internal/secret"
)

// ErrBlueprint says that a blueprint is wrong, by itself or for the account.
var ErrBlueprint = errors.New("the blueprint is wrong")

// wrongMember is a member of a blueprint that is not as it has to be.
type wrongMember struct{ member, text string }

func (w *wrongMember) Error() string { return w.member + ": " + w.text }

func (w *wrongMember) Is(target error) bool { return target == ErrBlueprint }

// wrong is the error of a member, as in bucket.retention.hot_days.
func wrong(member, format string, args ...any) error {
	return &wrongMember{member, fmt.Sprintf(format, args...)}
}

// Check reports every member that is not as it has to be, each with its name and what is wanted. Its errors are
// ErrBlueprint.
func (b Blueprint) Check() error {
	all, err := catalog.Detections()
	if err != nil {
		return err
	}
	return b.check(all)
}

// check is Check with these detections.
func (b Blueprint) check(all []catalog.Detection) error {
	c := &checks{}
	c.head(b)
	c.bucket(b.Bucket)
	c.data(b)
	c.alarms(b.Alarms, all)
	c.services(b)
	for i, d := range b.Databases {
		c.database(fmt.Sprintf("databases[%d]", i), d, b.Databases[:i])
	}
	c.auditor(b.Auditor)
	return errors.Join(c.errs...)
}

// checks collects what is wrong.
type checks struct{ errs []error }

func (c *checks) wrong(member, format string, args ...any) {
	c.errs = append(c.errs, wrong(member, format, args...))
}

// form checks a text that may be empty.
func (c *checks) form(member, value string, f form) bool {
	if value == "" || f.ok(value) {
		return true
	}
	c.wrong(member, "%q: want %s", value, f.want)
	return false
}

// forms checks the texts of a list, of which none may be empty or there twice.
func (c *checks) forms(member string, list []string, f form) {
	for i, v := range list {
		at := fmt.Sprintf("%s[%d]", member, i)
		switch {
		case v == "":
			c.wrong(at, "want %s", f.want)
		case slices.Contains(list[:i], v):
			c.wrong(at, "%q is there twice", v)
		default:
			c.form(at, v, f)
		}
	}
}

// words checks the texts of a list, each of which has to be one of known.
func (c *checks) words(member string, list, known []string) {
	for i, v := range list {
		at := fmt.Sprintf("%s[%d]", member, i)
		switch like := config.Nearest(v, known); {
		case slices.Contains(list[:i], v):
			c.wrong(at, "%q is there twice", v)
		case slices.Contains(known, v):
		case like != "":
			c.wrong(at, "there is no %q; did you mean %q?", v, like)
		default:
			c.wrong(at, "%q: want %s", v, strings.Join(known, ", "))
		}
	}
}

// span checks a number that is 0 where nothing is said.
func (c *checks) span(member string, n, least, most int) bool {
	if n == 0 || n >= least && n <= most {
		return true
	}
	c.wrong(member, "%d: want a whole number from %d to %d", n, least, most)
	return false
}

// head checks name, regions, trail and key.
func (c *checks) head(b Blueprint) {
	if b.Name == "" {
		c.wrong("name", "want %s", nameForm.want)
	}
	c.form("name", b.Name, nameForm)
	c.form("region", b.Region, regionForm)
	c.forms("regions", b.Regions, regionForm)
	for i, r := range b.Regions {
		if b.Region != "" && PartitionOf(r) != PartitionOf(b.Region) {
			c.wrong(fmt.Sprintf("regions[%d]", i), "%q is in another partition of AWS than %q: want a blueprint for each", r, b.Region)
		}
	}
	c.form("trail.name", b.Trail.Name, trailForm)
	c.words("trail.insights", b.Trail.Insights, insightTypes[:])
	if c.form("key.arn", b.Key.ARN, keyForm) && b.Key.ARN != "" && b.Region != "" {
		if a, _ := parseARN(b.Key.ARN); a.partition != PartitionOf(b.Region) {
			c.wrong("key.arn", "%q is in another partition of AWS than %s", b.Key.ARN, b.Region)
		}
	}
}

// mostDays is more than anybody keeps logs: a hundred years.
const mostDays = 36500

// leastTotalDays is the year that an audit looks back.
const leastTotalDays = 365

func (c *checks) bucket(b BucketPlan) {
	c.form("bucket.name", b.Name, bucketForm)
	c.form("bucket.account", b.Account, accountForm)
	c.form("bucket.prefix", b.Prefix, prefixForm)
	c.forms("bucket.readers", b.Readers, roleARNForm)
	c.form("bucket.break_glass", b.BreakGlass, roleARNForm)
	c.form("bucket.access_log_bucket", b.AccessLogBucket, bucketForm)
	if b.Name != "" && b.AccessLogBucket == b.Name {
		c.wrong("bucket.access_log_bucket", "%q is the log bucket: a bucket that logs its own access writes without end; want another", b.Name)
	}
	hot := c.span("bucket.retention.hot_days", b.Retention.HotDays, 1, mostDays)
	total := c.span("bucket.retention.total_days", b.Retention.TotalDays, leastTotalDays, mostDays)
	if h, t := b.Retention.days(); hot && total && h > t {
		c.wrong("bucket.retention.total_days", "%d: want at least the %d of hot_days", t, h)
	}
	if b.Lock != nil {
		c.form("bucket.object_lock.mode", b.Lock.Mode, lockForm)
		c.span("bucket.object_lock.days", b.Lock.Days, 1, mostDays)
	}
	switch {
	case b.MFADelete && b.Retention != Retention{}:
		c.wrong("bucket.mfa_delete", "S3 has MFA delete or a lifecycle, never both: leave out retention, or offer object_lock in place of mfa_delete")
	case b.MFADelete && b.Lock != nil:
		c.wrong("bucket.mfa_delete", "object_lock protects more, without root's keys: leave out mfa_delete")
	}
}

// data checks data_events; that no bucket of logs is among them, as far as the blueprint names any.
func (c *checks) data(b Blueprint) {
	d := b.DataEvents
	for _, k := range []struct {
		member string
		list   []string
		form   form
	}{{"data_events.s3", d.S3, s3EventForm}, {"data_events.lambda", d.Lambda, functionForm}, {"data_events.dynamodb", d.DynamoDB, tableForm}} {
		if slices.Contains(k.list, allOfThem) {
			if len(k.list) > 1 {
				c.wrong(k.member, "all stands for every one: want it alone")
			}
			continue
		}
		c.forms(k.member, k.list, k.form)
	}
	if n := len(d.S3) + len(d.Lambda) + len(d.DynamoDB); n > mostDataResources {
		c.wrong("data_events", "%d resources are named: a trail takes %d, or all of a kind", n, mostDataResources)
	}
}

// alarms checks whom alarms tell of what. A value that may be a secret is not repeated.
func (c *checks) alarms(a AlarmPlan, all []catalog.Detection) {
	var known []string
	for _, d := range selected([]string{"*"}, all) {
		known = append(known, d.ID)
	}
	for i, g := range a.Detections {
		at := fmt.Sprintf("alarms.detections[%d]", i)
		switch like := config.Nearest(g, known); {
		case g != "" && len(selected([]string{g}, all)) > 0:
		case slices.ContainsFunc(all, func(d catalog.Detection) bool { return g != "" && finding.Glob(g, d.ID) }):
			c.wrong(at, "%q: a metric filter cannot say what it says, so that CloudWatch has no alarm of it; trailseal watch tells of it", g)
		case like != "":
			c.wrong(at, "there is no detection %q; did you mean %q?", g, like)
		default:
			c.wrong(at, "no detection is called %q: want an id, or a glob as in cis-*", g)
		}
	}
	c.form("alarms.log_group", a.LogGroup, groupForm)
	if a.Days != 0 && !slices.Contains(groupDays[:], a.Days) {
		c.wrong("alarms.retention_days", "%d: want one of %s", a.Days, strings.Trim(fmt.Sprint(groupDays), "[]"))
	}
	c.form("alarms.topic", a.Topic, topicForm)
	c.forms("alarms.email", a.Email, form{isAddress, "an e-mail address, as in security@example.com"})
	if a.PagerDuty != "" {
		if _, err := secret.ParseReference(a.PagerDuty); err != nil {
			c.wrong("alarms.pagerduty", "%v", err)
		}
	}
	if s := a.Slack; s != nil {
		if c.form("alarms.slack.workspace", s.Workspace, workspaceForm) && s.Workspace == "" {
			c.wrong("alarms.slack.workspace", "want %s", workspaceForm.want)
		}
		if c.form("alarms.slack.channel", s.Channel, channelForm) && s.Channel == "" {
			c.wrong("alarms.slack.channel", "want %s", channelForm.want)
		}
	}
}

// isAddress reports whether a text is an e-mail address and nothing else.
func isAddress(text string) bool {
	a, err := mail.ParseAddress(text)
	return err == nil && a.Name == "" && a.Address == text && len(text) <= 254 && strings.IndexFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
}

// services checks AWS Config and Security Hub.
func (c *checks) services(b Blueprint) {
	c.form("config.bucket", b.Config.Bucket, bucketForm)
	for _, same := range []struct{ member, name string }{{"bucket.name", b.Bucket.Name}, {"bucket.access_log_bucket", b.Bucket.AccessLogBucket}} {
		if same.name != "" && same.name == b.Config.Bucket {
			c.wrong("config.bucket", "%q is %s: want a bucket of its own", same.name, same.member)
		}
	}
	c.forms("config.rules", b.Config.Rules, ruleForm)
	if !isOn(b.Config.Enabled) && len(b.Config.Rules) > 0 {
		c.wrong("config.rules", "rules need AWS Config: want config.enabled: true")
	}
	c.words("security_hub.standards", b.SecurityHub.Standards, standardNames())
	if !isOn(b.SecurityHub.Enabled) && len(b.SecurityHub.Standards) > 0 {
		c.wrong("security_hub.standards", "standards need Security Hub: want security_hub.enabled: true")
	}
}

func (c *checks) database(member string, d DatabasePlan, before []DatabasePlan) {
	switch {
	case (d.Instance == "") == (d.Cluster == ""):
		c.wrong(member, "want instance or cluster, one of the two")
	case slices.ContainsFunc(before, func(x DatabasePlan) bool {
		return strings.EqualFold(x.Instance, d.Instance) && strings.EqualFold(x.Cluster, d.Cluster)
	}):
		c.wrong(member, "%q is there twice", d.Instance+d.Cluster)
	}
	c.form(member+".instance", d.Instance, databaseForm)
	c.form(member+".cluster", d.Cluster, databaseForm)
	c.words(member+".pgaudit", d.PGAudit, logClasses[:])
	c.words(member+".server_audit", d.Events, auditEvents[:])
	if len(d.PGAudit) > 0 && len(d.Events) > 0 {
		c.wrong(member, "pgaudit is PostgreSQL's and server_audit MySQL's and MariaDB's: want one of the two")
	}
}

func (c *checks) auditor(a AuditorPlan) {
	c.form("auditor.role", a.Role, roleForm)
	c.forms("auditor.trusted", a.Trusted, principalForm)
	if a.Role == "" && len(a.Trusted) > 0 {
		c.wrong("auditor.role", "want the name of the role that auditor.trusted may assume")
	}
}
