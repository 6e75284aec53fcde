package investigate

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/trailseal/trailseal/internal/event"
)

// trails is what the lake says of all trails and event data stores, of all time: how they were set up, what they
// recorded, and when they were stopped.
type trails struct {
	details map[string][]detail // of a change, by event id
	stops   map[string]*stop    // by event id of what stopped it
}

// detail is what a change of a trail did, in one respect.
type detail struct {
	effect   Effect
	severity Severity
	text     string
}

// stop is a span without logging.
type stop struct {
	trail string
	from  time.Time
	to    time.Time // zero: no event says that it was started again
	by    string    // event id of what started it again
}

// setting is how a trail is set up, as far as events say; a missing member is not known.
type setting map[string]string

// trailOf is the trail or store that an event is about: account/region/name.
func trailOf(r *record) string {
	p := r.json(event.RequestParameters)
	name := cmp.Or(p.str("trailName"), p.str("name"), p.str("trailARN"), p.str("eventDataStore"), p.str("resourceId"), p.str("resourceArn"))
	return trailID(name, r)
}

func trailID(name string, r *record) string {
	if part := strings.SplitN(name, ":", 6); len(part) == 6 && part[0] == "arn" {
		return part[4] + "/" + part[3] + "/" + part[5][strings.IndexByte(part[5], '/')+1:]
	}
	return r.text[event.Account] + "/" + r.text[event.Region] + "/" + name
}

// learnTrails goes through the history of trails, in the order of time.
func learnTrails(rows []record) *trails {
	t := &trails{details: map[string][]detail{}, stops: map[string]*stop{}}
	settings := map[string]setting{}
	recorded := map[string]*selection{}
	open := map[string][]*stop{}
	for i := range rows {
		r := &rows[i]
		if r.failure() != "" {
			continue
		}
		id := trailOf(r)
		if arn := r.json(event.ResponseElements).str("trailARN"); arn != "" {
			id = trailID(arn, r)
		}
		switch r.text[event.EventName] {
		case "StopLogging", "DeleteTrail", "StopEventDataStoreIngestion":
			s := &stop{trail: id, from: r.at}
			t.stops[r.id()] = s
			open[id] = append(open[id], s)
		case "StartLogging", "StartEventDataStoreIngestion":
			for _, s := range open[id] {
				s.to, s.by = r.at, r.id()
			}
			delete(open, id)
		case "CreateTrail", "UpdateTrail":
			next := settle(r, settings[id])
			t.details[r.id()] = compare(settings[id], next, r.text[event.EventName] == "CreateTrail")
			settings[id] = next
			if r.text[event.EventName] == "CreateTrail" {
				recorded[id] = everyManagementEvent()
			}
		case "PutEventSelectors":
			next := selected(r)
			t.details[r.id()] = narrowed(recorded[id], next)
			recorded[id] = next
		}
	}
	return t
}

// settle is the setting after a change: the response has all of it, the request only what was asked for.
func settle(r *record, before setting) setting {
	after := setting{}
	request, response := r.json(event.RequestParameters), r.json(event.ResponseElements)
	for _, m := range [...]struct{ name, request, response string }{
		{"multi-region", "isMultiRegionTrail", "isMultiRegionTrail"}, {"global services", "includeGlobalServiceEvents", "includeGlobalServiceEvents"},
		{"organization", "isOrganizationTrail", "isOrganizationTrail"}, {"validation", "enableLogFileValidation", "logFileValidationEnabled"},
		{"bucket", "s3BucketName", "s3BucketName"}, {"prefix", "s3KeyPrefix", "s3KeyPrefix"}, {"key", "kmsKeyId", "kmsKeyId"},
		{"log group", "cloudWatchLogsLogGroupArn", "cloudWatchLogsLogGroupArn"}, {"topic", "snsTopicName", "snsTopicName"},
	} {
		switch {
		case response.has(m.response):
			after[m.name] = response.str(m.response)
		case request.has(m.request):
			after[m.name] = request.str(m.request)
		case response.v != nil:
			after[m.name] = "" // the answer has every member that is set
		default:
			if s, ok := before[m.name]; ok {
				after[m.name] = s
			}
		}
	}
	return after
}

// compare says what a change of a trail's setting took away.
func compare(before, after setting, created bool) []detail {
	var out []detail
	add := func(e Effect, s Severity, format string, values ...any) {
		out = append(out, detail{e, s, fmt.Sprintf(format, values...)})
	}
	unsure := ""
	if before == nil {
		unsure = " (how it was before is not known)"
	}
	off := func(name string) bool {
		if was, ok := before[name]; ok && was != "true" {
			return false
		}
		now, ok := after[name]
		return ok && now != "true"
	}
	if created {
		if after["validation"] != "true" {
			add(None, Medium, "made without digests: nothing would show that its log files were changed")
		}
		if after["multi-region"] != "true" {
			add(None, Low, "records its own region only")
		}
		return out
	}
	if off("validation") {
		add(TamperOff, Critical, "log file validation is off%s", unsure)
	}
	if off("multi-region") {
		add(Narrowed, Critical, "it records its own region only%s", unsure)
	}
	if off("global services") {
		add(Narrowed, High, "global services such as IAM are not recorded%s", unsure)
	}
	if was, ok := before["organization"]; ok && was == "true" && after["organization"] == "false" {
		add(Narrowed, Critical, "it records its own account only, not the organization")
	}
	moved := func(name string) (was, now string, ok bool) {
		was, known := before[name]
		now, said := after[name]
		return was, now, known && said && was != now
	}
	if was, now, ok := moved("bucket"); ok {
		add(MayStop, Critical, "log files go to bucket %s instead of %s", plain(now), plain(was))
	}
	if was, now, ok := moved("prefix"); ok {
		add(None, Medium, "log files go below %q instead of %q", plain(now), plain(was))
	}
	if was, now, ok := moved("key"); ok {
		add(None, Medium, "log files are encrypted with %s instead of %s", cmp.Or(plain(now), "S3's own key"), cmp.Or(plain(was), "S3's own key"))
	}
	if was, now, ok := moved("log group"); ok && was != "" {
		add(AlarmLost, Critical, "events go to %s instead of log group %s", cmp.Or(plain(now), "no log group"), plain(was))
	}
	if was, _, ok := moved("topic"); ok && was != "" {
		add(AlarmLost, Medium, "topic %s is no longer told of log files", plain(was))
	}
	return out
}

// selection is what a trail's selectors record: whole parts of the events, and limits on some.
type selection struct {
	parts  map[string]bool
	limits []string
}

func everyManagementEvent() *selection {
	return &selection{parts: map[string]bool{reads: true, writes: true, "management events of kms.amazonaws.com": true, "management events of rdsdata.amazonaws.com": true}}
}

const (
	reads  = "management events that read"
	writes = "management events that change something"
)

// excludable are the services whose management events AWS lets a basic selector leave out.
var excludable = [...]string{"kms.amazonaws.com", "rdsdata.amazonaws.com"}

// selected is what the selectors of a request record.
func selected(r *record) *selection {
	s := &selection{parts: map[string]bool{}}
	p := r.json(event.RequestParameters)
	for _, e := range p.list("eventSelectors") {
		s.basic(e)
	}
	for _, e := range p.list("advancedEventSelectors") {
		s.advanced(e)
	}
	return s
}

func (s *selection) basic(e value) {
	rw := cmp.Or(e.str("readWriteType"), "All")
	if e.str("includeManagementEvents") != "false" {
		s.parts[reads] = s.parts[reads] || rw != "WriteOnly"
		s.parts[writes] = s.parts[writes] || rw != "ReadOnly"
		excluded := e.strs("excludeManagementEventSources")
		for _, source := range excludable {
			if !slices.Contains(excluded, source) {
				s.parts["management events of "+source] = true
			}
		}
	}
	for _, d := range e.list("dataResources") {
		if d.str("type") != "" {
			s.parts["data events of "+plain(d.str("type"))] = true
			if values := d.strs("values"); len(values) > 0 && !all(d.str("type"), values) {
				s.limits = append(s.limits, fmt.Sprintf("data events of %s: %d resources only", plain(d.str("type")), len(values)))
			}
		}
	}
}

// all reports whether the values of a basic data resource mean every resource, as in arn:aws:s3 or arn:aws:lambda.
func all(typ string, values []string) bool {
	return slices.ContainsFunc(values, func(v string) bool {
		return strings.Count(v, ":") == 2 || typ == "AWS::S3::Object" && strings.HasSuffix(v, ":::")
	})
}

func (s *selection) advanced(e value) {
	category, readOnly := "", ""
	var types, limits, excluded []string
	for _, f := range e.list("fieldSelectors") {
		field, equals, not := f.str("field"), f.strs("equals"), f.strs("notEquals")
		switch {
		case field == "eventCategory" && len(equals) > 0:
			category = equals[0]
		case field == "readOnly" && len(equals) > 0:
			readOnly = equals[0]
		case field == "resources.type":
			types = equals
		case field == "eventSource" && len(not) > 0:
			for _, source := range not {
				excluded = append(excluded, source)
				limits = append(limits, "without those of "+plain(source))
			}
		default:
			limits = append(limits, "limited by "+plain(field))
		}
	}
	limit := func(what string) {
		for _, l := range limits {
			if text := what + ": " + l; !slices.Contains(s.limits, text) {
				s.limits = append(s.limits, text)
			}
		}
	}
	switch category {
	case "Management":
		s.parts[reads] = s.parts[reads] || readOnly != "false"
		s.parts[writes] = s.parts[writes] || readOnly != "true"
		for _, source := range excludable {
			if !slices.Contains(excluded, source) {
				s.parts["management events of "+source] = true
			}
		}
		limit("management events")
	case "Data":
		for _, t := range types {
			s.parts["data events of "+plain(t)] = true
			limit("data events of " + plain(t))
		}
	case "NetworkActivity":
		s.parts["network activity events"] = true
		limit("network activity events")
	}
}

// narrowed says what the new selection leaves out, against the one before, or else against a new trail's.
func narrowed(before, after *selection) []detail {
	unsure := ""
	if before == nil {
		before, unsure = everyManagementEvent(), " (what was recorded before is not known)"
	}
	var out []detail
	for _, part := range slices.Sorted(maps.Keys(before.parts)) {
		if before.parts[part] && !after.parts[part] {
			severity := High
			if part == writes {
				severity = Critical
			}
			out = append(out, detail{Narrowed, severity, "no longer recorded: " + part + unsure})
		}
	}
	for _, l := range after.limits {
		if !slices.Contains(before.limits, l) {
			out = append(out, detail{Narrowed, High, l})
		}
	}
	return out
}
