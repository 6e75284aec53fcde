package investigate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/trailseal/trailseal/internal/event"
)

// judging is one change on its way to a verdict.
type judging struct {
	*Change
	r       *record
	request value
	trails  *trails
}

// effects are all effects, worst first.
var effects = [...]Effect{Stopped, LogsDeleted, Narrowed, MayStop, TamperOff, LogsDeletable, Unreadable, AlarmLost, RecordingOff, DetectionOff, Exposed, None}

// severities are all severities, worst first.
var severities = [...]Severity{Critical, High, Medium, Low, Info}

// maxDetails bounds the details of a change.
const maxDetails = 50

// worse adds a detail; the worst effect and severity stay.
func (j *judging) worse(e Effect, s Severity, format string, values ...any) {
	switch {
	case len(j.Details) < maxDetails:
		j.Details = append(j.Details, fmt.Sprintf(format, values...))
	case len(j.Details) == maxDetails:
		j.Details = append(j.Details, "and more")
	}
	if slices.Index(effects[:], e) < slices.Index(effects[:], j.Effect) {
		j.Effect = e
	}
	if slices.Index(severities[:], s) < slices.Index(severities[:], j.Severity) {
		j.Severity = s
	}
}

// is replaces what the rule says.
func (j *judging) is(e Effect, s Severity, format string, values ...any) {
	j.Effect, j.Severity = e, s
	j.Details = append(j.Details, fmt.Sprintf(format, values...))
}

func judgeTrail(j *judging) {
	for _, d := range j.trails.details[j.EventID] {
		j.worse(d.effect, d.severity, "%s", d.text)
	}
}

func judgeSelectors(j *judging) { judgeTrail(j) }

func judgeInsights(j *judging) {
	if len(j.request.list("insightSelectors")) == 0 {
		j.worse(Narrowed, Medium, "no Insights are recorded")
	}
}

func judgeStop(j *judging) {
	s := j.trails.stops[j.EventID]
	if s == nil {
		return
	}
	from := s.from
	j.From = &from
	if s.to.IsZero() {
		j.Details = append(j.Details, "no event in the lake says that it was started again")
		return
	}
	to := s.to
	j.To = &to
	j.Details = append(j.Details, fmt.Sprintf("for %s, until event %s", s.to.Sub(s.from).Round(time.Second), plain(s.by)))
}

func judgeStore(j *judging) {
	if j.request.str("terminationProtectionEnabled") == "false" {
		j.worse(LogsDeletable, High, "termination protection is off")
	}
	if j.request.str("multiRegionEnabled") == "false" {
		j.worse(Narrowed, High, "it records its own region only")
	}
	if j.request.str("organizationEnabled") == "false" {
		j.worse(Narrowed, High, "it records its own account only")
	}
	if days := j.request.str("retentionPeriod"); days != "" {
		j.worse(None, Medium, "events are kept for %s days", plain(days))
	}
}

func judgeLeave(j *judging) {
	j.Details = append(j.Details, "a trail of the organization no longer records that account")
}

// judgePolicy looks at a bucket policy for whether CloudTrail may write, and for everybody.
func judgePolicy(j *judging) {
	policy := j.request.at("bucketPolicy")
	if policy.v == nil {
		return
	}
	writes, refused, everybody := false, false, false
	for _, s := range policy.list("Statement") {
		trail := slices.Contains(s.strs("Principal", "Service"), "cloudtrail.amazonaws.com")
		open := s.str("Principal") == "*" || slices.Contains(s.strs("Principal", "AWS"), "*")
		switch {
		case s.str("Effect") == "Allow":
			writes = writes || trail
			everybody = everybody || open && !s.has("Condition")
		case s.str("Effect") == "Deny":
			refused = refused || trail || open && !s.has("Condition")
		}
	}
	if writes && !refused {
		j.is(None, Medium, "CloudTrail may still write")
	} else {
		j.worse(MayStop, Critical, "it does not let CloudTrail write")
	}
	if everybody {
		j.worse(Exposed, Critical, "it lets everybody in")
	}
}

func judgeVersioning(j *judging) {
	switch status := j.request.str("VersioningConfiguration", "Status"); status {
	case "Enabled":
		j.is(None, Info, "versioning is on")
	default:
		j.is(LogsDeletable, Critical, "versioning is %s", cmp.Or(plain(strings.ToLower(status)), "not on"))
	}
	if j.request.str("VersioningConfiguration", "MfaDelete") == "Disabled" {
		j.worse(LogsDeletable, High, "deleting needs no MFA")
	}
}

func judgeLifecycle(j *judging) {
	for _, rule := range j.request.list("LifecycleConfiguration", "Rule") {
		if rule.str("Status") == "Disabled" {
			continue
		}
		for _, kind := range [...]string{"Expiration", "NoncurrentVersionExpiration"} {
			if !rule.has(kind) {
				continue
			}
			days := cmp.Or(rule.str(kind, "Days"), rule.str(kind, "NoncurrentDays"))
			when := "on a date"
			if days != "" {
				when = "after " + plain(days) + " day(s)"
			}
			j.worse(LogsDeletable, High, "rule %q deletes objects %s", plain(rule.str("ID")), when)
		}
	}
}

func judgeLock(j *judging) {
	mode := j.request.at("ObjectLockConfiguration", "Rule", "DefaultRetention")
	if mode.v == nil {
		j.is(LogsDeletable, High, "no default retention")
		return
	}
	j.worse(None, Medium, "default retention: %s, %s", plain(mode.str("Mode")), plain(cmp.Or(mode.str("Days"), mode.str("Years"), "?")))
}

func judgePublic(j *judging) {
	for _, name := range [...]string{"BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"} {
		if s := j.request.at("PublicAccessBlockConfiguration"); s.has(name) && s.str(name) != "true" {
			j.worse(Exposed, High, "%s is off", name)
		}
	}
}

func judgeAccessLog(j *judging) {
	if !j.request.has("BucketLoggingStatus", "LoggingEnabled") {
		j.worse(None, High, "reads of the log bucket are no longer logged by S3")
	}
}

// judgeWritten names what was written: a log or digest file that CloudTrail did not write itself.
func judgeWritten(j *judging) {
	j.Details = append(j.Details, "CloudTrail did not write "+plain(j.request.str("key")))
}

func judgeKey(j *judging) {
	if days := j.request.str("pendingWindowInDays"); days != "" {
		j.Details = append(j.Details, "in "+plain(days)+" days")
	}
	j.Details = append(j.Details, "log files that it encrypted cannot be read without it, and new ones may not be delivered")
}

func judgeRetention(j *judging) {
	j.worse(None, Medium, "events are kept for %s days", plain(cmp.Or(j.request.str("retentionInDays"), "?")))
}

func judgeFilter(j *judging) {
	if name := j.request.str("filterName"); name != "" {
		j.Details = append(j.Details, "filter "+plain(name))
	}
}

func judgeAlarm(j *judging) {
	if j.request.str("actionsEnabled") == "false" {
		j.worse(AlarmLost, High, "its actions are off")
	}
	if j.r.text[event.EventName] == "PutMetricAlarm" && len(j.request.strs("alarmActions")) == 0 {
		j.worse(AlarmLost, Medium, "nobody is told")
	}
}

func judgeRecorder(j *judging) {
	group := j.request.at("configurationRecorder", "recordingGroup")
	if group.v != nil && group.str("allSupported") != "true" {
		j.worse(RecordingOff, High, "it does not record every type of resource")
	}
}

func judgeDetector(j *judging) {
	if j.request.str("enable") == "false" {
		j.is(DetectionOff, Critical, "it is off")
	}
}
