package setup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/trailseal/trailseal/internal/resource"
)

// How late CloudTrail may be. It delivers log files within about five minutes and digests every hour.
//
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/how-cloudtrail-works.html
const (
	latestDelivery = 15 * time.Minute
	latestDigest   = 2 * time.Hour
)

// Status is what a link of the chain is.
type Status string

// The statuses. NotYetEffective is what has been turned on too short a time ago to show.
const (
	Pass            Status = "pass"
	Fail            Status = "fail"
	NotApplicable   Status = "not_applicable"
	NotYetEffective Status = "not_yet_effective"
	NotKnown        Status = "unknown"
)

// Link is one thing that has to hold for an event to reach a person.
type Link struct {
	Title    string      `json:"title"`
	Status   Status      `json:"status"`
	Resource resource.ID `json:"resource"`
	Detail   string      `json:"detail,omitempty"`
	Meets    []string    `json:"meets,omitempty"`
}

// Report is the state of the whole chain at a time.
type Report struct {
	Result  string    `json:"result"` // pass, fail or incomplete
	Name    string    `json:"name"`
	Account string    `json:"account"`
	Region  string    `json:"region"`
	At      time.Time `json:"at"`
	Links   []Link    `json:"links"`
	Fired   []Fired   `json:"fired,omitempty"`
	Notes   []string  `json:"notes,omitempty"`
}

// Prober is AWS, as it works now.
type Prober interface {
	// Pulse says when a trail delivered last. Where only its log group cannot be asked, what the trail said comes together
	// with the error.
	Pulse(ctx context.Context, trail *resource.Trail) (resource.Pulse, error)
	// AlarmState reads the state of an alarm.
	AlarmState(ctx context.Context, alarm resource.ID) (resource.AlarmState, error)
	// Fire sets an alarm to ALARM, whose actions then are taken. CloudWatch sets it back at its next evaluation.
	Fire(ctx context.Context, alarm resource.ID, reason string) error
}

// Status reads everything again and proves the chain link by link. It writes nothing.
func (j *Job) Status(ctx context.Context, probe Prober) (*Report, *Plan, error) {
	plan, err := j.Plan(ctx)
	if err != nil {
		return nil, nil, err
	}
	r := &Report{Name: plan.Name, Account: plan.Account, Region: plan.Region, At: j.Clock.now().UTC().Truncate(time.Second), Notes: plan.Notes}
	for _, item := range plan.Items {
		r.Links = append(r.Links, settings(item))
		trail, ok := item.Now.(*resource.Trail)
		if !ok {
			continue
		}
		pulse, err := probe.Pulse(ctx, trail)
		if ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		r.Links = append(r.Links, beats(trail, pulse, err, r.At)...)
	}
	for _, u := range plan.Unlisted {
		r.Links = append(r.Links, Link{Title: "what the account has is known", Status: NotKnown, Detail: u})
	}
	r.Links = append(r.Links, told(plan))
	r.judge()
	return r, plan, nil
}

// judge makes the result of the links: one that fails fails all, and what is not known is no pass.
func (r *Report) judge() {
	r.Result = "pass"
	for _, l := range r.Links {
		switch l.Status {
		case Fail:
			r.Result = "fail"
			return
		case NotKnown, NotYetEffective:
			r.Result = "incomplete"
		}
	}
	if len(r.Links) == 0 {
		r.Result = "incomplete"
	}
}

// settings says whether a resource is as it is wanted.
func settings(i Item) Link {
	l := Link{Title: string(i.ID.Kind) + " as wanted", Resource: i.ID}
	for _, c := range i.Changes {
		for _, m := range c.Meets {
			if !slices.Contains(l.Meets, m) {
				l.Meets = append(l.Meets, m)
			}
		}
	}
	switch i.Action {
	case Keep:
		l.Status = Pass
	case Managed:
		switch l.Status, l.Detail = NotApplicable, "managed by "+i.ManagedBy; {
		case len(i.Changes) > 0:
			l.Status, l.Detail = Fail, l.Detail+": "+differences(i.Changes)
		case len(i.Unread) > 0:
			l.Status, l.Detail = NotKnown, l.Detail+": "+i.Unread[0].Why
		case i.Now == nil:
			l.Status, l.Detail = NotKnown, l.Detail+": it was not found when it was read"
		}
	case Unknown:
		l.Status, l.Detail = NotKnown, i.Unread[0].Why
		if len(i.Changes) > 0 {
			l.Status = Fail
		}
	case Make:
		l.Status, l.Detail = Fail, "it is not there"
	default:
		l.Status, l.Detail = Fail, differences(i.Changes)
	}
	return l
}

func differences(changes []Change) string {
	parts := make([]string, 0, len(changes))
	for _, c := range changes {
		now := c.Now
		if now == "" {
			now = "not set"
		}
		parts = append(parts, fmt.Sprintf("%s is %s, want %s", c.Setting, now, c.Want))
	}
	return strings.Join(parts, "; ")
}

// beats are the links that show only while a trail works.
func beats(t *resource.Trail, p resource.Pulse, err error, at time.Time) []Link {
	id := t.ID()
	titles := []string{"trail is logging", "log files delivered within 15 minutes", "digests delivered within 2 hours", "log group receives events"}
	if err != nil && p == (resource.Pulse{}) {
		links := make([]Link, 0, len(titles))
		for _, title := range titles {
			links = append(links, Link{Title: title, Status: NotKnown, Resource: id, Detail: err.Error()})
		}
		return links
	}
	logging := Link{Title: titles[0], Status: Pass, Resource: id, Detail: since("since", p.StartedAt), Meets: []string{"soc2/CC7.2"}}
	if !p.Logging {
		logging.Status, logging.Detail = Fail, since("stopped", p.StoppedAt)
	}
	links := []Link{logging,
		beat(titles[1], id, p.Delivered, p.DeliveryError, latestDelivery, p.StartedAt, at),
		beat(titles[2], id, p.Digested, p.DigestError, latestDigest, p.StartedAt, at)}
	if !t.Validation {
		links[2].Status, links[2].Detail = Fail, "log file validation is off, so that no digest is written"
	}
	if t.TopicARN != "" {
		links = append(links, beat("deliveries are told to the delivery topic", id, p.Notified, p.NotificationError, latestDelivery, p.StartedAt, at))
	}
	// What others write to the group proves nothing of the trail: only what the trail says counts.
	group := beat(titles[3], id, p.CloudWatch, p.CloudWatchError, latestDelivery, p.StartedAt, at)
	switch {
	case t.LogGroupARN == "":
		group.Status, group.Detail = Fail, "the trail delivers to no log group"
	case err != nil && group.Status != Pass: // the trail answered, the log group did not
		group.Status, group.Detail = NotKnown, err.Error()
	}
	return append(links, group)
}

// beat judges when something happened last.
func beat(title string, id resource.ID, last time.Time, failure string, within time.Duration, started, at time.Time) Link {
	l := Link{Title: title, Resource: id, Meets: []string{"soc2/CC7.2"}}
	switch {
	case failure != "":
		l.Status, l.Detail = Fail, fmt.Sprintf("%s; AWS says of the last try %s", since("last", last), failure)
	case last.After(at.Add(-within)):
		l.Status, l.Detail = Pass, since("last", last)
	case started.IsZero():
		l.Status, l.Detail = NotKnown, since("last", last)+"; when logging started is not known"
	case started.After(at.Add(-within)):
		l.Status, l.Detail = NotYetEffective, since("logging started", started)
	default:
		l.Status, l.Detail = Fail, since("last", last)
	}
	return l
}

func since(what string, t time.Time) string {
	if t.IsZero() {
		return what + ": never"
	}
	return what + " " + t.UTC().Format(time.RFC3339)
}

// told says whether an alarm reaches anybody.
func told(p *Plan) Link {
	l := Link{Title: "somebody is told: a confirmed subscription", Status: Fail, Detail: "no subscription of the alarm topic is confirmed", Meets: []string{"soc2/CC7.3"}}
	unread, topics := false, p.alarmTopics()
	for _, s := range p.subscribed {
		if s.Confirmed && topics["arn:"+p.Partition+":sns:"+s.Region+":"+s.Account+":"+s.Topic] {
			l.Status, l.Detail, l.Resource = Pass, "confirmed", s.ID()
			return l
		}
	}
	for _, i := range p.Items {
		switch now := i.Now.(type) {
		case *resource.Subscription:
			if now.Confirmed && topics["arn:"+p.Partition+":sns:"+now.Region+":"+now.Account+":"+now.Topic] {
				l.Status, l.Detail, l.Resource = Pass, "confirmed", i.ID
				return l
			}
		case *resource.SlackChannel:
			if slices.ContainsFunc(now.Topics, func(t string) bool { return topics[t] }) {
				l.Status, l.Detail, l.Resource = Pass, "AWS Chatbot", i.ID
				return l
			}
		}
		unread = unread || (i.ID.Kind == resource.SubscriptionKind || i.ID.Kind == resource.SlackChannelKind) && len(i.Unread) > 0
	}
	if unread {
		l.Status, l.Detail = NotKnown, "a subscription could not be read"
	}
	return l
}

// alarmTopics are the ARNs that alarms which are there tell.
func (p *Plan) alarmTopics() map[string]bool {
	topics := map[string]bool{}
	for _, i := range p.Items {
		if a, ok := i.Now.(*resource.Alarm); ok && a.ActionsEnabled {
			for _, arn := range a.Actions {
				topics[arn] = true
			}
		}
	}
	return topics
}

// Fired is a test of one alarm.
type Fired struct {
	Alarm  resource.ID `json:"alarm"`
	At     time.Time   `json:"at"`
	State  string      `json:"state"`          // what CloudWatch said then
	Told   []string    `json:"told,omitempty"` // ARNs of the actions that CloudWatch takes
	Status Status      `json:"status"`
	Error  string      `json:"error,omitempty"`
}

// Fire sets off every alarm of a plan that is there, whose actions then tell whoever is subscribed, and adds to the report
// what came of it. It goes on after an alarm that could not be fired.
func (j *Job) Fire(ctx context.Context, probe Prober, plan *Plan, report *Report, reason string) error {
	for _, i := range plan.Items {
		alarm, ok := i.Now.(*resource.Alarm)
		if !ok {
			continue
		}
		f := Fired{Alarm: i.ID, At: j.Clock.now().UTC().Truncate(time.Second), Told: alarm.Actions, Status: Pass}
		before, err := probe.AlarmState(ctx, i.ID)
		if err == nil {
			err = probe.Fire(ctx, i.ID, reason)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		var state resource.AlarmState
		if err == nil {
			state, err = probe.AlarmState(ctx, i.ID)
			f.State = state.Value
		}
		switch {
		case err != nil:
			f.Status, f.Error = NotKnown, err.Error()
		case before.Value == "ALARM": // actions are taken when the state changes, and it did not
			f.Status, f.Error = NotKnown, "it was in ALARM already, so that nobody was told anew"
		case state.Value != "ALARM":
			f.Status, f.Error = NotKnown, "it was back in "+state.Value+" before its state was read"
		case !alarm.ActionsEnabled || len(alarm.Actions) == 0:
			f.Status, f.Error = Fail, errors.New("the alarm tells nobody").Error()
		}
		report.Fired = append(report.Fired, f)
		report.Links = append(report.Links, Link{Title: "alarm was set off and its actions are on", Status: f.Status, Resource: i.ID, Detail: f.Error})
	}
	report.judge()
	return nil
}
