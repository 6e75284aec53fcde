package investigate

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/trailseal/trailseal/internal/event"
)

// ChangeOptions say of which period the changes are wanted, and which things are known to serve the logging. Those that
// the set-up of trails in the lake names, and the alarms on its log groups, are added; the buckets and keys that
// CloudTrail is seen to use are added where none are given.
type ChangeOptions struct {
	From, To  time.Time // [From, To); zero: open on that side
	Buckets   []string
	Keys      []string // ids or ARNs
	LogGroups []string // names or ARNs
	Alarms    []string // names or ARNs
	Topics    []string // ARNs or names
}

// ChangeList is every change to the logging itself in a period, in the order of time.
type ChangeList struct {
	From    *time.Time `json:"from"`
	To      *time.Time `json:"to"`
	Changes []Change   `json:"changes"`
	// Known are the things that were taken to serve the logging, by kind.
	Known map[Watched][]string `json:"known"`
	Gaps  []Gap                `json:"gaps"`
}

// Change is one event that touched the logging.
type Change struct {
	EventID   string    `json:"event_id"`
	Time      time.Time `json:"time"`
	Account   string    `json:"account"`
	Region    string    `json:"region"`
	Actor     Actor     `json:"actor"`
	SourceIP  string    `json:"source_ip"`
	Agent     string    `json:"agent"`
	Service   string    `json:"service"`
	Action    string    `json:"action"`
	Watched   Watched   `json:"watched"` // kind of thing
	Resource  string    `json:"resource"`
	Sure      bool      `json:"sure"` // false: nothing says that the thing serves the logging, it only may
	What      string    `json:"what"` // one sentence
	Succeeded bool      `json:"succeeded"`
	ErrorCode string    `json:"error_code"`
	Effect    Effect    `json:"effect"` // none where it failed
	Details   []string  `json:"details"`
	// From and To are the span of stopped logging; no To: no event says that it was started again.
	From     *time.Time `json:"stopped_from,omitempty"`
	To       *time.Time `json:"stopped_to,omitempty"`
	Before   bool       `json:"before_period"` // it happened before the period, and its effect reaches into it
	Severity Severity   `json:"severity"`
	Criteria []string   `json:"criteria"`
	LogState string     `json:"log_state"`
}

// Changes lists every event of the period that touched the logging, failed ones too, and the stops of logging before it
// that reach into it. The error is ErrSubject for a period that is none, ctx's or the engine's.
func Changes(ctx context.Context, engine Engine, o ChangeOptions) (ChangeList, error) {
	period, err := Options{From: o.From, To: o.To}.settle()
	if err != nil {
		return ChangeList{}, err
	}
	o.From, o.To = period.From, period.To
	l := &lake{engine: engine}
	list, err := l.changes(ctx, o)
	if err != nil {
		return ChangeList{}, fmt.Errorf("list changes to the logging: %w", err)
	}
	return list, nil
}

// historic are the calls whose history tells what a trail was like.
const historic = "event_source = 'cloudtrail.amazonaws.com' AND event_name IN ('CreateTrail', 'UpdateTrail', 'DeleteTrail', 'StopLogging'," +
	" 'StartLogging', 'PutEventSelectors', 'CreateEventDataStore', 'UpdateEventDataStore', 'StopEventDataStoreIngestion', 'StartEventDataStoreIngestion')"

func (l *lake) changes(ctx context.Context, o ChangeOptions) (ChangeList, error) {
	out := ChangeList{From: instant(o.From), To: instant(o.To), Changes: []Change{}, Known: map[Watched][]string{}}
	history, err := l.records(ctx, time.Time{}, time.Time{}, historic, 0)
	if err != nil {
		return out, err
	}
	k, err := l.learn(ctx, o, history)
	if err != nil {
		return out, err
	}
	t := learnTrails(history)
	for _, w := range [...]Watched{Bucket, Key, LogGroup, Alarm, Topic, DeliveryRole} {
		if out.Known[w] = k.list(w); len(out.Known[w]) == 0 {
			out.Known[w] = []string{}
			l.gap("not-known", "no event shows which "+string(w)+" serves the logging: those that may are listed as unsure")
		}
	}
	rows, err := l.candidates(ctx, o, k)
	if err != nil {
		return out, err
	}
	earlier := map[string]bool{}
	for i := range history {
		r := &history[i]
		if s := t.stops[r.id()]; s != nil && !o.From.IsZero() && s.from.Before(o.From) && (s.to.IsZero() || s.to.After(o.From)) {
			earlier[r.id()] = true
			rows = append(rows, *r)
		}
	}
	slices.SortStableFunc(rows, func(x, y record) int {
		if c := x.at.Compare(y.at); c != 0 {
			return c
		}
		return strings.Compare(x.id(), y.id())
	})
	v := newResolver(l)
	var ids []string
	for i := range rows {
		c, ok := judge(&rows[i], k, t)
		if !ok {
			continue
		}
		c.Before = earlier[c.EventID]
		out.Changes = append(out.Changes, c)
		ids = append(ids, v.add(rows[i].who()))
	}
	if err := v.follow(ctx); err != nil {
		return out, err
	}
	for i := range out.Changes {
		out.Changes[i].Actor = v.actor(ids[i])
		out.Changes[i].Actor.ID = fmt.Sprintf("a%d", slices.Index(ids, ids[i])+1)
	}
	if err := v.missingAccounts(ctx, o.From, o.To); err != nil {
		return out, err
	}
	out.Gaps = append([]Gap{}, l.gaps...)
	return out, nil
}

// candidates are the events that may touch the logging. They are asked for at once, and by service where there are so
// many that those of one could crowd out another's.
func (l *lake) candidates(ctx context.Context, o ChangeOptions, k *known) ([]record, error) {
	questions := l.questions(k)
	rows, err := l.records(ctx, o.From, o.To, "(("+strings.Join(questions, ") OR (")+"))", maxRows)
	if err != nil || len(rows) < maxRows {
		return rows, err
	}
	rows = nil
	for _, where := range questions {
		more, err := l.records(ctx, o.From, o.To, where, 0)
		if err != nil {
			return nil, err
		}
		rows = append(rows, more...)
	}
	return rows, nil
}

// questions are the SQL for the events that may touch the logging, one for each service.
func (l *lake) questions(k *known) []string {
	names := map[string][]string{}
	var services []string
	for _, r := range watch {
		if names[r.service] == nil {
			services = append(services, r.service)
		}
		names[r.service] = append(names[r.service], r.name)
	}
	var out []string
	for _, s := range services {
		where := "event_source = " + l.literal(s+".amazonaws.com") + " AND " + l.in("event_name", names[s])
		one := func(w Watched, path string) {
			if list := k.list(w); len(list) > 0 {
				where += " AND " + l.in(requestScalar(path), list)
			} else {
				where += " AND lower(" + requestScalar(path) + ") LIKE '%trail%'"
			}
		}
		switch s {
		case "s3":
			one(Bucket, "$.bucketName")
			// What CloudTrail itself writes is the logging, not a change to it.
			where += " AND (event_name NOT IN ('PutObject', 'CopyObject') OR coalesce(user_identity_type, '') <> 'AWSService')"
		case "logs":
			and := where
			one(LogGroup, "$.logGroupName")
			where += " OR " + and + " AND " + requestScalar("$.logGroupName") + " IS NULL"
		case "iam":
			one(DeliveryRole, "$.roleName")
		case "monitoring":
			where += " AND coalesce(user_identity_invoked_by, '') NOT IN ('autoscaling.amazonaws.com', 'application-autoscaling.amazonaws.com', 'dynamodb.application-autoscaling.amazonaws.com', 'ecs.application-autoscaling.amazonaws.com')"
			if len(k.metrics) > 0 {
				where += " AND (event_name <> 'PutMetricAlarm' OR " + l.in(requestScalar("$.namespace"), k.metrics) + " OR " + l.in(requestScalar("$.alarmName"), k.list(Alarm)) + ")"
			}
		}
		out = append(out, where)
	}
	return out
}

// judge is the change that a record is; ok is false for one that does not touch the logging.
func judge(r *record, k *known, t *trails) (c Change, ok bool) {
	at := slices.IndexFunc(watch[:], func(w rule) bool {
		return w.service+".amazonaws.com" == r.text[event.EventSource] && w.name == r.text[event.EventName]
	})
	if at < 0 {
		return c, false
	}
	w := watch[at]
	request := r.json(event.RequestParameters)
	names := things(w.watched, request, r)
	touches, sure := false, false
	for _, name := range names {
		a, b := k.match(w.watched, r.text[event.Account], name)
		touches, sure = touches || a, sure || b
	}
	if len(names) == 0 {
		touches, sure = k.match(w.watched, r.text[event.Account], "")
	}
	if !touches || !ours(w, request) || w.name == "PutMetricAlarm" && !sure {
		return c, false
	}
	resource := strings.Join(names, ", ")
	c = Change{EventID: r.id(), Time: r.at, Account: r.text[event.Account], Region: r.text[event.Region], SourceIP: r.text[event.SourceIPAddress],
		Agent: r.agent(), Service: r.service(), Action: r.text[event.EventName], Watched: w.watched, Resource: resource, Sure: sure,
		ErrorCode: r.failure(), Effect: w.effect, Severity: w.severity, Criteria: w.watched.criteria(), Details: []string{}, LogState: r.text[event.LogState]}
	c.Succeeded = c.ErrorCode == ""
	c.What = sentence(w.text, cmp.Or(plain(resource), "(not named)"), c.ErrorCode)
	if !c.Succeeded {
		c.Effect = None
		c.Severity = Low
		if w.severity == Critical || w.severity == High {
			c.Severity = Medium
		}
		c.Details = append(c.Details, "attempted")
		return c, true
	}
	if w.judge != nil {
		w.judge(&judging{Change: &c, r: r, request: request, trails: t})
	}
	return c, true
}

// sentence is "Did a thing." or "Tried to do a thing: Code."
func sentence(text, resource, failure string) string {
	// "Made or changed/make or change a filter of %s": what is done ends where the words that both share begin.
	did, rest, _ := strings.Cut(text, "/")
	words := strings.Fields(rest)
	n := min(len(strings.Fields(did)), len(words))
	do, rest := strings.Join(words[:n], " "), strings.Join(words[n:], " ")
	rest = strings.Replace(rest, "%s", resource, 1)
	if failure != "" {
		return "Tried to " + do + " " + rest + ": " + plain(failure) + "."
	}
	return did + " " + rest + "."
}

// ours reports whether a request that names a service or an object is about the logging.
func ours(w rule, request value) bool {
	switch w.name {
	case "EnableAWSServiceAccess", "DisableAWSServiceAccess", "RegisterDelegatedAdministrator", "DeregisterDelegatedAdministrator":
		for _, s := range [...]string{"cloudtrail.amazonaws.com", "config.amazonaws.com", "config-multiaccountsetup.amazonaws.com", "guardduty.amazonaws.com", "securityhub.amazonaws.com"} {
			if request.str("servicePrincipal") == s {
				return true
			}
		}
		return false
	case "PutObject", "CopyObject", "DeleteObject", "PutObjectRetention", "PutObjectLegalHold":
		key := request.str("key")
		return key == "" || strings.Contains(key, "AWSLogs/")
	}
	return true
}

// things are the names of what a request is about.
func things(w Watched, p value, r *record) []string {
	var out []string
	add := func(names ...string) {
		for _, n := range names {
			if s := p.str(n); s != "" && len(out) == 0 {
				out = append(out, s)
			}
		}
	}
	switch w {
	case Trail:
		add("trailName", "name", "trailARN", "resourceId")
		out = append(out, p.strs("resourceIdList")...)
	case Store:
		add("eventDataStore", "resourceArn", "channel", "name")
	case Bucket:
		add("bucketName")
	case Key:
		add("targetKeyId", "keyId", "aliasName")
	case LogGroup:
		add("logGroupName", "logGroupIdentifier", "resourceIdentifier")
	case Alarm:
		add("alarmName")
		out = append(out, p.strs("alarmNames")...)
	case Topic:
		add("topicArn", "subscriptionArn")
	case DeliveryRole:
		add("roleName")
	case Config:
		add("configurationRecorderName", "deliveryChannelName", "configurationAggregatorName", "retentionConfigurationName")
		for _, n := range [...]string{"configurationRecorder", "deliveryChannel"} {
			if s := p.str(n, "name"); s != "" {
				out = append(out, s)
			}
		}
	case Organization:
		add("memberAccountId", "delegatedAdminAccountId", "servicePrincipal", "accountId", "policyType")
		if len(out) == 0 {
			out = append(out, r.text[event.Account])
		}
	case Detection:
		add("detectorId")
	case FlowLog:
		for _, e := range p.list("DeleteFlowLogsRequest", "FlowLogId") {
			if s := e.str("content"); s != "" {
				out = append(out, s)
			}
		}
		add("flowLogId")
	}
	return out
}
