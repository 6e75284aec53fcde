package setup

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"

	"github.com/trailseal/trailseal/internal/policy"
	"github.com/trailseal/trailseal/internal/resource"
)

// weaker says in what one resource is weaker than another of its kind. It judges without the code that compares. Where a
// person was asked about it, a resource may be about something else.
func weaker(before, after resource.Resource, c *comparison) []string {
	var w weakness
	asked := slices.ContainsFunc(c.changes, func(ch Change) bool { return ch.Ask != "" })
	switch b := before.(type) {
	case *resource.Bucket:
		w.bucket(b, after.(*resource.Bucket))
	case *resource.Key:
		a := after.(*resource.Key)
		w.on("Enabled", b.Enabled, a.Enabled)
		w.on("Rotation", b.Rotation, a.Rotation)
		w.document(b.Policy, a.Policy)
		w.same("ARN", b.ARN, a.ARN)
	case *resource.Trail:
		w.trail(b, after.(*resource.Trail))
	case *resource.LogGroup:
		a := after.(*resource.LogGroup)
		w.longer("retention", b.RetentionDays, a.RetentionDays)
		w.key(b.KeyARN, a.KeyARN)
		w.same("Class", b.Class, a.Class)
	case *resource.Topic:
		a := after.(*resource.Topic)
		w.key(b.KeyARN, a.KeyARN)
		w.document(b.Policy, a.Policy)
	case *resource.Subscription:
		a := after.(*resource.Subscription)
		w.on("whom it told", true, a == b || slices.Contains(a.Same, b))
	case *resource.SlackChannel:
		a := after.(*resource.SlackChannel)
		w.all("Topics", b.Topics, a.Topics)
		w.same("Channel", b.Channel, a.Channel)
	case *resource.MetricFilter:
		a := after.(*resource.MetricFilter)
		if b.Others > 0 || len(b.Dimensions) > 0 || len(b.System) > 0 || b.Criteria != "" {
			w.same("filter of another kind", *b, *a)
		}
		w.same("Unit", b.Unit, a.Unit)
		if !asked {
			w.same("Metric", b.Namespace+b.Metric, a.Namespace+a.Metric)
		}
	case *resource.Alarm:
		w.alarm(b, after.(*resource.Alarm), asked)
	case *resource.Recorder:
		a := after.(*resource.Recorder)
		w.on("AllSupported", b.AllSupported, a.AllSupported)
		w.on("GlobalTypes", b.GlobalTypes, a.GlobalTypes)
		w.on("Recording", b.Recording, a.Recording)
		w.all("Excluded", a.Excluded, b.Excluded)
		if !a.AllSupported {
			w.all("Types", b.Types, a.Types)
		}
		w.on("CONTINUOUS", b.Frequency != "DAILY", a.Frequency != "DAILY")
	case *resource.DeliveryChannel:
		if !asked {
			w.same("Bucket", b.Bucket, after.(*resource.DeliveryChannel).Bucket)
		}
	case *resource.Rule:
		a := after.(*resource.Rule)
		w.same("Identifier", b.Owner+b.Identifier, a.Owner+a.Identifier)
		w.all("Types", b.Types, a.Types)
	case *resource.Hub:
		w.all("Standards", b.Standards, after.(*resource.Hub).Standards)
	case *resource.Detector:
		a := after.(*resource.Detector)
		w.on("Enabled", b.Enabled, a.Enabled)
		minutes := map[string]int{"FIFTEEN_MINUTES": 15, "ONE_HOUR": 60, "SIX_HOURS": 360, "": 360}
		w.on("Frequency", true, minutes[a.Frequency] <= minutes[b.Frequency])
	case *resource.Role:
		a := after.(*resource.Role)
		w.all("Managed", b.Managed, a.Managed)
		for name := range b.Inline {
			_, there := a.Inline[name]
			w.on("inline policy "+name, true, there)
		}
		w.same("ServiceLinkedTo", b.ServiceLinkedTo, a.ServiceLinkedTo)
	case *resource.ParameterGroup:
		w.parameters(b.Parameters, after.(*resource.ParameterGroup).Parameters)
	case *resource.OptionGroup:
		for name, settings := range b.Options {
			a := after.(*resource.OptionGroup).Options[name]
			w.all(name+" events", strings.Split(settings["SERVER_AUDIT_EVENTS"], ","), strings.Split(a["SERVER_AUDIT_EVENTS"], ","))
			w.all(name+" excluded users", strings.Split(a["SERVER_AUDIT_EXCL_USERS"], ","), append(strings.Split(settings["SERVER_AUDIT_EXCL_USERS"], ","), ""))
			if a["SERVER_AUDIT_INCL_USERS"] != "" {
				w.on(name+" included users", true, settings["SERVER_AUDIT_INCL_USERS"] != "")
				w.all(name+" included users", strings.Split(settings["SERVER_AUDIT_INCL_USERS"], ","), strings.Split(a["SERVER_AUDIT_INCL_USERS"], ","))
			}
		}
	case *resource.Database:
		a := after.(*resource.Database)
		w.all("Exports", b.Exports, a.Exports)
		if !asked {
			w.same("groups", b.ParameterGroup+b.OptionGroup, a.ParameterGroup+a.OptionGroup)
		}
	}
	return w
}

// weakness is what was found.
type weakness []string

func (w *weakness) found(format string, args ...any) { *w = append(*w, fmt.Sprintf(format, args...)) }

func (w *weakness) on(what string, before, after bool) {
	if before && !after {
		w.found("%s is off", what)
	}
}

func (w *weakness) same(what string, before, after any) {
	if !reflect.DeepEqual(before, after) {
		w.found("%s was %v, is %v", what, before, after)
	}
}

func (w *weakness) all(what string, before, after []string) {
	for _, v := range before {
		if !slices.Contains(after, v) {
			w.found("%s lost %s", what, v)
		}
	}
}

// longer judges a time, of which 0 is for ever.
func (w *weakness) longer(what string, before, after int) {
	if before == 0 && after != 0 || after != 0 && after < before {
		w.found("%s was %d, is %d", what, before, after)
	}
}

func (w *weakness) key(before, after string) {
	if before != "" && before != "alias/aws/sns" && before != "alias/aws/s3" && before != after {
		w.found("the key was %s, is %s", before, after)
	}
}

func (w *weakness) document(before, after policy.Document) {
	for _, s := range before.Statements {
		if s.Effect == "Deny" && !slices.ContainsFunc(after.Statements, func(a policy.Statement) bool { return a.Effect == "Deny" && a.Sid == s.Sid }) {
			w.found("the Deny %s is gone", s.Sid)
		}
	}
}

func (w *weakness) bucket(b, a *resource.Bucket) {
	w.on("BlockACLs", b.Public.BlockACLs, a.Public.BlockACLs)
	w.on("IgnoreACLs", b.Public.IgnoreACLs, a.Public.IgnoreACLs)
	w.on("BlockPolicy", b.Public.BlockPolicy, a.Public.BlockPolicy)
	w.on("Restrict", b.Public.Restrict, a.Public.Restrict)
	w.on("BucketOwnerEnforced", b.Ownership == "BucketOwnerEnforced", a.Ownership == "BucketOwnerEnforced")
	order := []string{"", "AES256", "aws:kms", "aws:kms:dsse"}
	w.on("encryption", true, slices.Index(order, a.Encryption.Algorithm) >= slices.Index(order, b.Encryption.Algorithm))
	if strings.HasPrefix(b.Encryption.Algorithm, "aws:kms") {
		w.key(b.Encryption.KeyARN, a.Encryption.KeyARN)
	}
	w.on("versioning", b.Versioning == "Enabled", a.Versioning == "Enabled")
	w.on("MFA delete", b.MFADelete, a.MFADelete)
	w.on("lock", b.Lock.Enabled, a.Lock.Enabled)
	w.on("COMPLIANCE", b.Lock.Mode == "COMPLIANCE", a.Lock.Mode == "COMPLIANCE")
	w.on("lock's mode", b.Lock.Mode != "", a.Lock.Mode != "")
	w.on("lock's days", true, a.Lock.Days+365*a.Lock.Years >= b.Lock.Days+365*b.Lock.Years)
	w.on("access logging", b.Logging.Bucket != "", a.Logging.Bucket != "")
	if b.Logging.Bucket != b.Name && b.Logging.Bucket != "" {
		w.same("access logging", b.Logging, a.Logging)
	}
	w.document(b.Policy, a.Policy)
	if len(b.Lifecycle) == 0 {
		w.on("for ever", !b.Policy.IsZero() || b.MFADelete, len(a.Lifecycle) == 0)
		return
	}
	if len(b.Lifecycle) != len(a.Lifecycle) {
		w.found("there are %d rules, were %d", len(a.Lifecycle), len(b.Lifecycle))
		return
	}
	for i, r := range b.Lifecycle {
		w.rule(r, a.Lifecycle[i])
	}
}

func (w *weakness) rule(b, a resource.LifecycleRule) {
	if !b.Enabled || b.Filter != "" {
		w.same("rule "+b.ID, b, a)
		return
	}
	w.longer("expiration", b.ExpireDays, a.ExpireDays)
	w.longer("noncurrent", b.NoncurrentDays, a.NoncurrentDays)
	for i, t := range b.Transitions {
		w.longer("transition", t.Days, a.Transitions[i].Days)
		w.same("class", t.Class, a.Transitions[i].Class)
	}
	w.same("rest of the rule", []any{b.Enabled, b.ID, b.Prefix, b.ExpireDate, b.AbortDays}, []any{a.Enabled, a.ID, a.Prefix, a.ExpireDate, a.AbortDays})
}

func (w *weakness) trail(b, a *resource.Trail) {
	w.on("MultiRegion", b.MultiRegion, a.MultiRegion)
	w.on("GlobalEvents", b.GlobalEvents, a.GlobalEvents)
	w.on("Validation", b.Validation, a.Validation)
	w.on("Organization", b.Organization, a.Organization)
	w.on("Logging", b.Logging, a.Logging)
	w.on("global events of all regions", a.MultiRegion, a.GlobalEvents)
	w.key(b.KeyARN, a.KeyARN)
	w.all("Insights", b.Insights, a.Insights)
	if b.LogGroupARN != "" {
		w.same("has a log group", true, a.LogGroupARN != "")
	}
	if b.TopicARN != "" {
		w.same("topic", b.TopicARN, a.TopicARN)
	}
	for _, e := range sampleEvents() {
		w.on(fmt.Sprintf("taking %v", e), wouldTake(b.Selectors, e), wouldTake(a.Selectors, e))
	}
}

// sampleEvents are events by the fields that selectors are about.
func sampleEvents() []map[string]string {
	var all []map[string]string
	for _, readOnly := range []string{"true", "false"} {
		for _, source := range []string{"kms.amazonaws.com", "s3.amazonaws.com"} {
			all = append(all, map[string]string{"eventCategory": "Management", "readOnly": readOnly, "eventSource": source})
		}
		for _, of := range []string{"AWS::S3::Object", "AWS::Lambda::Function"} {
			for _, arn := range append(sampleARNs(), "arn:aws:s3:::pay/roll/2026", "arn:aws:s3:::logs/AWSLogs/x", "arn:aws:s3:::other/x") {
				all = append(all, map[string]string{"eventCategory": "Data", "readOnly": readOnly, "resources.type": of, "resources.ARN": arn})
			}
		}
	}
	return all
}

// wouldTake reports whether selectors take an event, as CloudTrail's documentation says.
func wouldTake(all []resource.Selector, event map[string]string) bool {
	if len(all) == 0 {
		return event["eventCategory"] == "Management"
	}
	return slices.ContainsFunc(all, func(s resource.Selector) bool {
		return !slices.ContainsFunc(s.Fields, func(f resource.FieldSelector) bool { return !meets(f, event[f.Field]) })
	})
}

func meets(f resource.FieldSelector, v string) bool {
	begin := func(p string) bool { return strings.HasPrefix(v, p) }
	some := len(f.Equals)+len(f.StartsWith) == 0
	some = some || slices.Contains(f.Equals, v) || slices.ContainsFunc(f.StartsWith, begin)
	return some && !slices.Contains(f.NotEquals, v) && !slices.ContainsFunc(f.NotStartsWith, begin)
}

func (w *weakness) alarm(b, a *resource.Alarm, asked bool) {
	w.all("Actions", b.Actions, a.Actions)
	w.all("OKActions", b.OKActions, a.OKActions)
	w.all("NoDataActions", b.NoDataActions, a.NoDataActions)
	w.on("ActionsEnabled", b.ActionsEnabled, a.ActionsEnabled)
	w.same("Description", true, b.Description == "" || b.Description == a.Description)
	w.same("kind", b.Dimensions, a.Dimensions)
	if !asked {
		w.same("Metric", b.Namespace+b.Metric, a.Namespace+a.Metric)
	}
	if b.Statistic != "Sum" || b.Comparison == "LessThanThreshold" || always(b) {
		return // which counts something else, or nothing
	}
	for n := range uint64(20) {
		events := traffic(n)
		w.on(fmt.Sprintf("going off at %d", n), goesOff(b, events), goesOff(a, events))
	}
}

// always reports whether an alarm is on with no event at all.
func always(a *resource.Alarm) bool {
	return a.Threshold < 0 || a.Threshold == 0 && a.Comparison == "GreaterThanOrEqualToThreshold"
}

// traffic is how many events there are in each minute of some hours.
func traffic(seed uint64) []int {
	r := rand.New(rand.NewPCG(7, seed))
	events := make([]int, 360)
	for range 1 + r.IntN(12) {
		at := r.IntN(len(events))
		for range 1 + r.IntN(4) {
			events[min(at+r.IntN(4), len(events)-1)]++
		}
	}
	return events
}

// goesOff plays events to an alarm on their sum.
func goesOff(a *resource.Alarm, events []int) bool {
	minutes := a.Period / 60
	var over []bool
	for from := 0; from < len(events); from += minutes {
		sum := 0
		for _, n := range events[from:min(from+minutes, len(events))] {
			sum += n
		}
		over = append(over, float64(sum) > a.Threshold || a.Comparison == "GreaterThanOrEqualToThreshold" && float64(sum) >= a.Threshold)
	}
	points := a.Points
	if points == 0 {
		points = a.Periods
	}
	for i := range over {
		n := 0
		for _, o := range over[max(0, i+1-a.Periods) : i+1] {
			if o {
				n++
			}
		}
		if n >= points && n > 0 {
			return true
		}
	}
	return math.IsNaN(a.Threshold)
}

func (w *weakness) parameters(before, after map[string]string) {
	list := func(text string) []string {
		return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return r == ',' || r == ' ' })
	}
	for _, name := range []string{"shared_preload_libraries", "server_audit_events"} {
		w.all(name, list(before[name]), list(after[name]))
	}
	w.on("server_audit_logging", before["server_audit_logging"] == "1", after["server_audit_logging"] == "1")
	if v := before["server_audit_excl_users"]; v != "" {
		w.all("users", list(after["server_audit_excl_users"]), list(v))
	}
	logs := func(text, class string) bool {
		on := false
		for _, v := range list(text) {
			switch v {
			case "all", class:
				on = true
			case "-all", "-" + class:
				on = false
			}
		}
		return on
	}
	for _, class := range []string{"ddl", "function", "misc", "read", "role", "write", "new_class"} {
		w.on("class "+class, logs(before["pgaudit.log"], class), logs(after["pgaudit.log"], class))
	}
}
