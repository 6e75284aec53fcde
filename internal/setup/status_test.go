package setup

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trailseal/trailseal/internal/object"
	"github.com/trailseal/trailseal/internal/policy"
	"github.com/trailseal/trailseal/internal/resource"
)

// probe is AWS at work, as a test says it is.
type probe struct {
	pulse  resource.Pulse
	err    error
	states map[string]string // of alarms; OK if not here
	fired  []string
	stuck  bool // SetAlarmState changes nothing that is seen
}

func (p *probe) Pulse(context.Context, *resource.Trail) (resource.Pulse, error) {
	return p.pulse, p.err
}

func (p *probe) AlarmState(_ context.Context, id resource.ID) (resource.AlarmState, error) {
	if s := p.states[id.Name]; s != "" {
		return resource.AlarmState{Value: s}, nil
	}
	return resource.AlarmState{Value: "OK"}, nil
}

func (p *probe) Fire(_ context.Context, id resource.ID, _ string) error {
	p.fired = append(p.fired, id.Name)
	if !p.stuck {
		if p.states == nil {
			p.states = map[string]string{}
		}
		p.states[id.Name] = "ALARM"
	}
	return nil
}

var noon = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

// beating is a trail that works.
func beating() resource.Pulse {
	return resource.Pulse{Logging: true, StartedAt: noon.Add(-48 * time.Hour), Delivered: noon.Add(-4 * time.Minute), Digested: noon.Add(-50 * time.Minute),
		CloudWatch: noon.Add(-3 * time.Minute), Notified: noon.Add(-4 * time.Minute)}
}

// Each way in which the chain can be broken shows, and only a chain that is whole passes.
func TestStatusOfTheChain(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(m *memory, p *probe)
		want  string // result
		link  string // a link that is not pass, by title; empty: none
		is    Status
	}{
		"whole":              {nil, "pass", "", ""},
		"stopped":            {func(_ *memory, p *probe) { p.pulse.Logging = false }, "fail", "trail is logging", Fail},
		"late log files":     {func(_ *memory, p *probe) { p.pulse.Delivered = noon.Add(-16 * time.Minute) }, "fail", "log files delivered within 15 minutes", Fail},
		"refused log files":  {func(_ *memory, p *probe) { p.pulse.DeliveryError = "AccessDenied" }, "fail", "log files delivered within 15 minutes", Fail},
		"late digests":       {func(_ *memory, p *probe) { p.pulse.Digested = noon.Add(-3 * time.Hour) }, "fail", "digests delivered within 2 hours", Fail},
		"no digest yet":      {func(_ *memory, p *probe) { p.pulse.Digested, p.pulse.StartedAt = time.Time{}, noon.Add(-time.Hour) }, "incomplete", "digests delivered within 2 hours", NotYetEffective},
		"never a digest":     {func(_ *memory, p *probe) { p.pulse.Digested = time.Time{} }, "fail", "digests delivered within 2 hours", Fail},
		"deaf log group":     {func(_ *memory, p *probe) { p.pulse.CloudWatch = noon.Add(-50 * time.Hour) }, "fail", "log group receives events", Fail},
		"others write there": {func(_ *memory, p *probe) { p.pulse.CloudWatch, p.pulse.GroupEvent = time.Time{}, noon }, "fail", "log group receives events", Fail},
		"refused log group":  {func(_ *memory, p *probe) { p.pulse.CloudWatchError = "AccessDenied" }, "fail", "log group receives events", Fail},
		"refused topic":      {func(_ *memory, p *probe) { p.pulse.NotificationError = "AuthorizationError" }, "fail", "deliveries are told to the delivery topic", Fail},
		"no word of it":      {func(_ *memory, p *probe) { p.pulse, p.err = resource.Pulse{}, object.ErrDenied }, "incomplete", "trail is logging", NotKnown},
		"no alarm action": {func(m *memory, _ *probe) {
			for _, r := range m.resources {
				if a, ok := r.(*resource.Alarm); ok {
					a.Actions = nil
				}
			}
		}, "fail", "alarm as wanted", Fail},
		"nobody confirmed": {func(m *memory, _ *probe) {
			for _, r := range m.resources {
				if s, ok := r.(*resource.Subscription); ok {
					s.Confirmed = false
				}
			}
		}, "fail", "somebody is told: a confirmed subscription", Fail},
		"an unread bucket": {func(m *memory, _ *probe) {
			m.unread = map[resource.ID]map[resource.Step]error{{Kind: resource.BucketKind, Account: m.account, Region: m.region, Name: logBucket}: {resource.BucketPolicy: object.ErrDenied}}
		}, "incomplete", "bucket as wanted", NotKnown},
	} {
		t.Run(name, func(t *testing.T) {
			m, p := hardened(t, startingBlueprint()), &probe{pulse: beating()}
			if c.spoil != nil {
				c.spoil(m, p)
			}
			r, _, err := jobOn(m, startingBlueprint()).Status(t.Context(), p)
			if err != nil {
				t.Fatal(err)
			}
			if r.Result != c.want {
				t.Errorf("result %q, want %q", r.Result, c.want)
			}
			for _, l := range r.Links {
				if c.link == "" && l.Status != Pass {
					t.Errorf("%s is %s: %s", l.Title, l.Status, l.Detail)
				}
			}
			if c.link != "" && !slices.ContainsFunc(r.Links, func(l Link) bool { return l.Title == c.link && l.Status == c.is }) {
				t.Errorf("no link %q is %s: %+v", c.link, c.is, r.Links)
			}
			if len(m.calls) > 0 {
				t.Errorf("status wrote: %v", m.calls)
			}
		})
	}
}

// An alarm that was in ALARM already, or that does not get there, proves nothing.
func TestFire(t *testing.T) {
	m := hardened(t, startingBlueprint())
	j := jobOn(m, startingBlueprint())
	for name, c := range map[string]struct {
		probe *probe
		want  Status
	}{
		"works":   {&probe{pulse: beating()}, Pass},
		"already": {&probe{pulse: beating(), states: map[string]string{"CIS-1.7-RootAccountUsage": "ALARM"}}, NotKnown},
		"stuck":   {&probe{pulse: beating(), stuck: true}, NotKnown},
	} {
		r, plan, err := j.Status(t.Context(), c.probe)
		if err != nil {
			t.Fatal(err)
		}
		if err := j.Fire(t.Context(), c.probe, plan, r, "test"); err != nil {
			t.Fatal(err)
		}
		if len(r.Fired) != 15 || len(c.probe.fired) != 15 {
			t.Errorf("%s: %d alarms were set off", name, len(r.Fired))
		}
		for _, f := range r.Fired {
			if f.Alarm.Name == "CIS-1.7-RootAccountUsage" && f.Status != c.want {
				t.Errorf("%s: %+v", name, f)
			}
		}
		if (r.Result == "pass") != (c.want == Pass) {
			t.Errorf("%s: result %s", name, r.Result)
		}
	}
}

// A trail that somebody else manages is not changed; what it lacks fails all the same.
func TestManagedTrailThatLacksEvents(t *testing.T) {
	m := newMemory()
	m.where = resource.Organization{ID: "o-a1b2c3d4e5", ManagementAccount: management, AllFeatures: true}
	trail := &resource.Trail{Account: management, Region: m.region, Name: "data-only", Bucket: "all-logs", MultiRegion: true, GlobalEvents: true, Validation: true, Organization: true, Logging: true,
		Selectors: []resource.Selector{{Fields: []resource.FieldSelector{{Field: "eventCategory", Equals: []string{"Data"}}, {Field: "resources.type", Equals: []string{"AWS::S3::Object"}}}}}}
	m.resources[trail.ID()] = trail
	j := jobOn(m, Blueprint{Name: "acme"})
	if _, err := j.Apply(t.Context(), "", silent); err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(m.calls, func(c string) bool { return strings.HasPrefix(c, "trail ") }) {
		t.Errorf("the trail of the organization was written: %v", m.calls)
	}
	r, _, err := j.Status(t.Context(), &probe{pulse: beating()})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(r.Links, func(l Link) bool { return l.Title == "trail as wanted" && l.Status == Fail }) {
		t.Errorf("a trail without management events does not fail: %+v", r.Links)
	}
}

// Trails that deliver to the same bucket by a statement for all trails go on doing so.
func TestTrailsThatShareABucket(t *testing.T) {
	b := startingBlueprint()
	m := hardened(t, b)
	bucket := one[*resource.Bucket](t, m, logBucket)
	bucket.Policy = statement(policy.Statement{Sid: "AWSCloudTrailWrite20150319", Effect: "Allow", Principal: policy.Principal{"Service": {"cloudtrail.amazonaws.com"}},
		Action: []string{"s3:PutObject"}, Resource: []string{"arn:aws:s3:::" + logBucket + "/AWSLogs/111122223333/*"}})
	other := &resource.Trail{Account: m.account, Region: m.region, Name: "data-events", Bucket: logBucket, Logging: true}
	m.resources[other.ID()] = other
	if _, err := jobOn(m, b).Apply(t.Context(), "", silent); err != nil {
		t.Fatal(err)
	}
	for _, s := range bucket.Policy.Statements {
		if s.Sid != "AWSCloudTrailWrite20150319" {
			continue
		}
		for _, trail := range []string{"acme", "data-events"} {
			if arn := "arn:aws:cloudtrail:eu-central-1:111122223333:trail/" + trail; !slices.Contains(s.Condition["StringEquals"]["aws:SourceArn"], arn) {
				t.Errorf("%s may no longer write: %v", trail, s.Condition)
			}
		}
		return
	}
	t.Error("nothing lets CloudTrail write")
}

// Where the blueprint names another log group, the trail moves there, after a second question.
func TestATrailMovesToTheLogGroupOfItsFilters(t *testing.T) {
	b := startingBlueprint()
	m := hardened(t, b)
	b.Alarms.LogGroup = "/new/group"
	j := jobOn(m, b)
	plan, err := j.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(plan.Questions(), func(q string) bool { return strings.Contains(q, "log group") }) {
		t.Errorf("nothing asks: %v", plan.Questions())
	}
	if _, err := j.Apply(t.Context(), "", silent); err != nil {
		t.Fatal(err)
	}
	if got := one[*resource.Trail](t, m, "acme").LogGroupARN; !strings.Contains(got, "/new/group") {
		t.Errorf("the filters are on /new/group, and the trail delivers to %s", got)
	}
}

// A key that is named has to be there; without the home region's trails nothing that hangs on them is written.
func TestWhatHasToBeKnownFirst(t *testing.T) {
	b := startingBlueprint()
	b.Key.ARN = "arn:aws:kms:eu-central-1:111122223333:key/11111111-2222-3333-4444-555555555555"
	if _, err := jobOn(newMemory(), b).Plan(t.Context()); !errors.Is(err, ErrBlueprint) || !strings.Contains(err.Error(), "key.arn") {
		t.Errorf("a key that is not there: %v", err)
	}
	m := newMemory()
	m.unlisted = []resource.Unlisted{{Kind: resource.TrailKind, Region: m.region, Err: object.ErrDenied}}
	if _, err := jobOn(m, startingBlueprint()).Apply(t.Context(), "", silent); err != nil {
		t.Fatal(err)
	}
	for _, c := range m.calls {
		for _, kind := range []string{"trail ", "key ", "log group ", "metric filter ", "role acme", "bucket acme-cloudtrail"} {
			if strings.HasPrefix(c, kind) {
				t.Errorf("trails are not known, and %q was called", c)
			}
		}
	}
}
