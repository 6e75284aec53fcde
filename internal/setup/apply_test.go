package setup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trailseal/trailseal/catalog"
	"github.com/trailseal/trailseal/internal/object"
	"github.com/trailseal/trailseal/internal/resource"
	"github.com/trailseal/trailseal/internal/secret"
)

// clock is time that passes only while somebody sleeps.
type clock struct{ at time.Time }

func (c *clock) Clock() Clock {
	return Clock{
		Now: func() time.Time { return c.at },
		Sleep: func(ctx context.Context, d time.Duration) error {
			c.at = c.at.Add(d)
			return ctx.Err()
		},
	}
}

// detections are the catalog's, read once.
var detections = sync.OnceValue(func() []catalog.Detection {
	all, err := catalog.Detections()
	if err != nil {
		panic(err)
	}
	return all
})

func jobOn(account Account, b Blueprint) *Job {
	c := &clock{time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)}
	return &Job{Account: account, Blueprint: b, Where: Where(b, "eu-central-1"), Clock: c.Clock(),
		Facts: Facts{Secrets: map[string]secret.String{}, Detections: detections()}}
}

// everything is a blueprint that wants a resource of almost every kind.
func everything() Blueprint {
	b := Blueprint{Name: "acme", GuardDuty: true}
	b.Alarms.Email = []string{"secops@example.com"}
	b.Alarms.Slack = &SlackPlan{Workspace: "T07EA123LEP", Channel: "C07EZ1ABC23"}
	b.Auditor.Role = "acme-auditor"
	b.Trail.Insights = []string{"ApiCallRateInsight", "ApiErrorRateInsight"}
	b.DataEvents.S3 = []string{"payroll"}
	b.Bucket.BreakGlass = "arn:aws:iam::111122223333:role/break-glass"
	return b
}

func silent(Call, bool) {}

// pending is what of a plan is left once what waits for a person is left out: a subscription that nobody has confirmed.
func pending(p *Plan) []string {
	var left []string
	for _, i := range p.Items {
		if i.Action != Keep && i.Action != Manual && i.Action != Managed {
			left = append(left, fmt.Sprintf("%s %s: %+v %+v", i.Action, i.ID, i.Changes, i.Unread))
		}
	}
	return left
}

func TestAnEmptyAccountIsSetUp(t *testing.T) {
	m := newMemory()
	j := jobOn(m, everything())
	plan, err := j.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range plan.Items {
		if i.Action != Make {
			t.Errorf("%s is to %s, want create: %v", i.ID, i.Action, i.Changes)
		}
		if len(i.Changes) == 0 {
			t.Errorf("%s: nothing says what is made", i.ID)
		}
	}
	out, err := j.Apply(t.Context(), plan.Fingerprint, silent)
	if err != nil {
		t.Fatal(err)
	}
	if left := pending(out.After); len(left) > 0 {
		t.Errorf("after apply a plan still has:\n%s", strings.Join(left, "\n"))
	}
	calls := len(m.calls)
	if out, err = j.Apply(t.Context(), "", silent); err != nil || len(out.Done) > 0 || len(m.calls) != calls {
		t.Errorf("apply again: %v, %d calls", err, len(m.calls)-calls)
	}
	for _, pair := range [][2]string{ // before, after
		{"key alias/acme: create", "bucket acme-cloudtrail-111122223333-eu-central-1: encryption"},
		{"bucket acme-cloudtrail-111122223333-eu-central-1: public access block", "bucket acme-cloudtrail-111122223333-eu-central-1: policy"},
		{"bucket acme-cloudtrail-111122223333-eu-central-1: policy", "trail acme: create"},
		{"role acme-cloudtrail-logs: inline policy", "trail acme: create"},
		{"log group /aws/cloudtrail/acme: create", "trail acme: create"},
		{"trail acme: event selectors", "trail acme: logging"},
		{"trail acme: create", "metric filter /aws/cloudtrail/acme:CIS-1.7-RootAccountUsage: create"},
	} {
		before, after := slices.Index(m.calls, pair[0]), slices.Index(m.calls, pair[1])
		if before < 0 || after < 0 || before > after {
			t.Errorf("want %q (%d) before %q (%d) in:\n%s", pair[0], before, pair[1], after, strings.Join(m.calls, "\n"))
		}
	}
}

// exposed says what would be insecure about a trail that logs already: nothing may be, at any point of apply.
func exposed(m *memory) []string {
	var bad []string
	for _, r := range m.resources {
		t, ok := r.(*resource.Trail)
		if !ok {
			continue
		}
		for _, r := range m.resources {
			b, ok := r.(*resource.Bucket)
			if !ok || b.Name != t.Bucket {
				continue
			}
			if b.Public != (resource.PublicAccess{BlockACLs: true, IgnoreACLs: true, BlockPolicy: true, Restrict: true}) {
				bad = append(bad, "the trail's bucket has no public access block")
			}
			if b.Encryption.Algorithm != "aws:kms" || b.Versioning != "Enabled" || b.Policy.IsZero() {
				bad = append(bad, "the trail's bucket is not encrypted, versioned or has no policy")
			}
		}
		if t.KeyARN == "" || !t.Validation {
			bad = append(bad, "the trail has no key or no validation")
		}
	}
	return bad
}

// Whatever call fails, and however, apply stops there, leaves nothing insecure, says what was and was not done, and the next
// apply completes.
func TestEachCallFailing(t *testing.T) {
	whole := newMemory()
	if _, err := jobOn(whole, everything()).Apply(t.Context(), "", silent); err != nil {
		t.Fatal(err)
	}
	failures := map[string]error{"denied": object.ErrDenied, "refused": resource.ErrRefused, "never seen": resource.ErrNotYet, "broken": errors.New("HTTP 500")}
	for name, failure := range failures {
		for n := range whole.calls {
			if name != "denied" && n%5 != 3 {
				continue // apply stops as it does where it is denied
			}
			m := newMemory()
			tried := 0
			m.before = func(resource.Edit) error {
				if tried++; tried > n {
					return failure
				}
				return nil
			}
			j := jobOn(m, everything())
			out, err := j.Apply(t.Context(), "", silent)
			if !errors.Is(err, failure) || out == nil || out.Failed == nil {
				t.Fatalf("%s at call %d: error %v, outcome %+v", name, n, err, out)
			}
			if got := fmt.Sprintf("%s %s: %s", out.Failed.ID.Kind, out.Failed.ID.Name, out.Failed.Step); got != whole.calls[n] {
				t.Fatalf("%s at call %d: said to have failed at %q, did at %q", name, n, got, whole.calls[n])
			}
			// What names the key is planned once more when the key's ARN is known.
			if all := len(out.Done) + 1 + len(out.Pending); len(out.Done) != n || all > len(whole.calls) || all < len(whole.calls)-1 {
				t.Fatalf("%s at call %d: %d done, %d not, of %d", name, n, len(out.Done), len(out.Pending), len(whole.calls))
			}
			if failure == resource.ErrNotYet && out.Failed.Tries < 5 {
				t.Fatalf("call %d was tried %d times", n, out.Failed.Tries)
			}
			if bad := exposed(m); len(bad) > 0 {
				t.Fatalf("%s at call %d: %v", name, n, bad)
			}
			m.before = nil
			if out, err = j.Apply(t.Context(), "", silent); err != nil {
				t.Fatalf("%s at call %d: apply again: %v", name, n, err)
			}
			if left := pending(out.After); len(left) > 0 {
				t.Fatalf("%s at call %d: after apply again:\n%s", name, n, strings.Join(left, "\n"))
			}
		}
	}
}

// What AWS sees a moment later is tried again, and then done.
func TestEventualConsistency(t *testing.T) {
	m := newMemory()
	late := map[string]int{}
	m.before = func(e resource.Edit) error {
		key := e.To.ID().String() + string(e.Step)
		if late[key]++; late[key] <= 2 {
			return fmt.Errorf("InsufficientS3BucketPolicyException: %w", resource.ErrNotYet)
		}
		return nil
	}
	out, err := jobOn(m, everything()).Apply(t.Context(), "", silent)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, c := range out.Done {
		call := c.ID.String() + string(c.Step)
		if !seen[call] && c.Tries != 3 || c.Error != "" {
			t.Errorf("%s: %s: %d tries, error %q", c.ID, c.Step, c.Tries, c.Error)
		}
		seen[call] = true
	}
	if left := pending(out.After); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// An interrupt lets the call that runs finish, begins no other, and the next apply goes on.
func TestInterrupt(t *testing.T) {
	whole := newMemory()
	if _, err := jobOn(whole, everything()).Apply(t.Context(), "", silent); err != nil {
		t.Fatal(err)
	}
	for n := range whole.calls {
		m := newMemory()
		ctx, cancel := context.WithCancel(t.Context())
		tried := 0
		m.before = func(resource.Edit) error {
			if tried++; tried == n+1 {
				cancel()
			}
			return nil
		}
		j := jobOn(m, everything())
		out, err := j.Apply(ctx, "", silent)
		cancel()
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("at call %d: %v", n, err)
		}
		if n+1 < len(whole.calls) && (out == nil || len(m.calls) != n+1 || len(out.Done) != n+1) {
			t.Fatalf("at call %d: %d calls were made, %+v", n, len(m.calls), out)
		}
		if bad := exposed(m); len(bad) > 0 {
			t.Fatalf("at call %d: %v", n, bad)
		}
		m.before = nil
		if out, err = j.Apply(t.Context(), "", silent); err != nil || len(pending(out.After)) > 0 {
			t.Fatalf("at call %d: apply again: %v", n, err)
		}
	}
}

// A plan is applied only to the account that it was made of.
func TestAPlanOfAnotherState(t *testing.T) {
	m := newMemory()
	j := jobOn(m, Blueprint{Name: "acme"})
	plan, err := j.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	again, err := j.Plan(t.Context())
	if err != nil || again.Fingerprint != plan.Fingerprint {
		t.Fatalf("two plans of the same account differ: %v", err)
	}
	m.resources[resource.ID{Kind: resource.BucketKind, Account: m.account, Region: m.region, Name: "acme-cloudtrail-111122223333-eu-central-1"}] =
		&resource.Bucket{Account: m.account, Region: m.region, Name: "acme-cloudtrail-111122223333-eu-central-1", Versioning: "Enabled"}
	out, err := j.Apply(t.Context(), plan.Fingerprint, silent)
	if !errors.Is(err, ErrChanged) || len(m.calls) > 0 {
		t.Fatalf("error %v, outcome %+v, calls %v", err, out, m.calls)
	}
}

// What could not be read is unknown: it is not written, and neither is what stands on it.
func TestUnreadIsNotWritten(t *testing.T) {
	m := newMemory()
	plan, err := jobOn(m, everything()).Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range plan.Items {
		m := newMemory()
		m.unread = map[resource.ID]map[resource.Step]error{i.ID: {resource.Create: object.ErrDenied}}
		j := jobOn(m, everything())
		p, err := j.Plan(t.Context())
		if err != nil {
			t.Fatalf("%s: %v", i.ID, err)
		}
		at := slices.IndexFunc(p.Items, func(x Item) bool { return x.ID == i.ID })
		if at < 0 || p.Items[at].Action != Unknown || !p.Incomplete() {
			t.Fatalf("%s unread: not unknown", i.ID)
		}
		if _, err := j.Apply(t.Context(), "", silent); err != nil {
			t.Fatalf("%s unread: %v", i.ID, err)
		}
		for _, c := range m.calls {
			if strings.HasPrefix(c, fmt.Sprintf("%s %s: ", i.ID.Kind, i.ID.Name)) {
				t.Errorf("%s was not read, and was written: %s", i.ID, c)
			}
		}
		if bad := exposed(m); len(bad) > 0 {
			t.Errorf("%s unread: %v", i.ID, bad)
		}
	}
}

// A step that could not be read is left alone, while the others are written.
func TestAnUnreadStepIsLeftAlone(t *testing.T) {
	m := newMemory()
	j := jobOn(m, Blueprint{Name: "acme"})
	if _, err := j.Apply(t.Context(), "", silent); err != nil {
		t.Fatal(err)
	}
	id := resource.ID{Kind: resource.BucketKind, Account: m.account, Region: m.region, Name: "acme-cloudtrail-111122223333-eu-central-1"}
	b := m.resources[id].(*resource.Bucket)
	b.Versioning, b.Public = "", resource.PublicAccess{}
	m.unread = map[resource.ID]map[resource.Step]error{id: {resource.BucketVersioning: object.ErrDenied}}
	m.calls = nil
	out, err := j.Apply(t.Context(), "", silent)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"bucket " + id.Name + ": public access block"}; !slices.Equal(m.calls, want) {
		t.Errorf("calls %q, want %q", m.calls, want)
	}
	if !out.After.Incomplete() {
		t.Error("what could not be read is told as known")
	}
}
