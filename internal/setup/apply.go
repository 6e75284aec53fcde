package setup

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/trailseal/trailseal/internal/resource"
)

// Patience is how long apply waits for AWS to see what was written before: IAM and bucket policies take seconds, at worst a
// minute or two.
const Patience = 2 * time.Minute

// callTime bounds one call that goes on after an interrupt.
const callTime = time.Minute

// Clock is time, for tests to replace. The zero value is the machine's.
type Clock struct {
	Now func() time.Time
	// Sleep waits, or returns why it could not wait that long.
	Sleep func(ctx context.Context, d time.Duration) error
}

func (c Clock) now() time.Time {
	if c.Now == nil {
		return time.Now()
	}
	return c.Now()
}

func (c Clock) sleep(ctx context.Context, d time.Duration) error {
	if c.Sleep != nil {
		return c.Sleep(ctx, d)
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Call is one step of apply.
type Call struct {
	ID    resource.ID   `json:"resource"`
	Step  resource.Step `json:"step"`
	Tries int           `json:"tries,omitempty"`
	Error string        `json:"error,omitempty"`
}

// Outcome is what apply did.
type Outcome struct {
	Done    []Call `json:"done"`
	Failed  *Call  `json:"failed,omitempty"` // the call at which it stopped; it may have been made or not
	Pending []Call `json:"pending,omitempty"`
	// After is what a plan says now; nil if it could not be made, with After's error in AfterError.
	After      *Plan  `json:"-"`
	AfterError string `json:"after_error,omitempty"`
}

// ErrChanged says that the account is not what it was when the plan was made.
var ErrChanged = errors.New("the account has changed since the plan was made")

// Apply does what Plan says, if the plan still has that fingerprint; an empty one is any. It stops at the first call that
// fails for good, or when ctx ends: the call that is being made then is finished first. watch is told of each call before it is made
// and after.
//
// What was done is in the outcome, with an error too. Doing it again goes on from there.
func (j *Job) Apply(ctx context.Context, agreed string, watch func(Call, bool)) (*Outcome, error) {
	plan, known, err := j.plan(ctx)
	if err != nil {
		return nil, err
	}
	if agreed != "" && plan.Fingerprint != agreed {
		return &Outcome{After: plan}, ErrChanged
	}
	out := &Outcome{}
	if err := j.run(ctx, plan, known, out, watch); err != nil {
		return out, err
	}
	// Whether it is as it should be is not for the calls to say that made it so.
	after, err := j.Plan(ctx)
	if err != nil {
		out.AfterError = err.Error()
		return out, fmt.Errorf("read the account again: %w", err)
	}
	out.After = after
	return out, nil
}

// due is a call that is to be made.
type due struct {
	item Item
	step resource.Step
}

// calls are the calls of a plan, in the order in which they are made.
func calls(p *Plan) []due {
	var all []due
	late := map[string]due{} // recorders to start, by region: AWS Config records only when it can deliver
	for _, item := range p.Items {
		if item.Action != Make && item.Action != Alter {
			continue
		}
		for _, step := range stepsOf(item.ID.Kind, item.Changes) {
			d := due{item, step}
			if step == resource.RecorderStart {
				switch channel := channelOf(p, item.ID.Region); {
				case channel == nil || channel.Now != nil:
				case channel.Action == Make:
					late[item.ID.Region] = d
					continue
				default: // there will be none: recording would not start
					continue
				}
			}
			all = append(all, d)
		}
		if start, ok := late[item.ID.Region]; ok && item.ID.Kind == resource.DeliveryChannelKind {
			all = append(all, start)
		}
	}
	return all
}

// channelOf is the delivery channel of a region in a plan; nil if the plan has none.
func channelOf(p *Plan, region string) *Item {
	for n := range p.Items {
		if id := p.Items[n].ID; id.Kind == resource.DeliveryChannelKind && id.Region == region {
			return &p.Items[n]
		}
	}
	return nil
}

// run makes the calls of a plan, in order.
func (j *Job) run(ctx context.Context, plan *Plan, known *known, out *Outcome, watch func(Call, bool)) error {
	for todo := calls(plan); len(todo) > 0; {
		d := todo[0]
		call := Call{ID: d.item.ID, Step: d.step}
		if err := ctx.Err(); err != nil {
			out.stop(nil, todo)
			return err
		}
		watch(call, false)
		err := j.do(ctx, resource.Edit{Step: d.step, To: d.item.Target, From: d.item.Now}, &call)
		watch(call, true)
		if err != nil {
			out.stop(&call, todo[1:])
			return err
		}
		out.Done = append(out.Done, call)
		todo = todo[1:]
		if d.item.ID.Kind != resource.KeyKind || d.step != resource.Create {
			continue
		}
		for _, before := range plan.Items {
			if before.ID == d.item.ID {
				break
			}
			if before.Action == Make || before.Action == Alter {
				known.states[before.ID] = resource.State{Resource: before.Target}
			}
		}
		anew, err := j.named(ctx, known, d.item.ID)
		if err != nil {
			out.stop(nil, todo)
			return err
		}
		plan, todo = anew, calls(anew) // with what a policy that was written before has to name now
	}
	return nil
}

// named plans anew once a key was made: only now is its ARN known to what names it.
func (j *Job) named(ctx context.Context, k *known, id resource.ID) (*Plan, error) {
	state, err := j.Account.Read(context.WithoutCancel(ctx), id)
	for wait := time.Second; err == nil && state.Resource == nil && wait < Patience; wait *= 2 {
		if err = j.Clock.sleep(ctx, wait); err == nil {
			state, err = j.Account.Read(ctx, id)
		}
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("read %s again: %w", id, err)
	case state.Resource == nil:
		return nil, fmt.Errorf("read %s again: %w", id, resource.ErrNotYet)
	}
	k.states[id] = state
	set, err := k.compile(j)
	if err != nil {
		return nil, err
	}
	if _, err := k.read(ctx, j.Account, set, resource.Kinds()...); err != nil {
		return nil, err
	}
	return k.lay(set), nil
}

// stop notes where apply stopped, nil between two calls, and what it did not come to.
func (o *Outcome) stop(at *Call, rest []due) {
	o.Failed = at
	for _, d := range rest {
		o.Pending = append(o.Pending, Call{ID: d.item.ID, Step: d.step})
	}
}

// do makes one call, and again while AWS does not see yet what it needs. Once begun it is finished, whatever becomes of ctx.
func (j *Job) do(ctx context.Context, edit resource.Edit, call *Call) error {
	waited := time.Duration(0)
	for wait := time.Second; ; wait = min(2*wait, 16*time.Second) {
		call.Tries++
		writing, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTime)
		err := j.Account.Do(writing, edit)
		cancel()
		if err == nil {
			call.Error = ""
			return nil
		}
		call.Error = err.Error()
		if waited += wait; !errors.Is(err, resource.ErrNotYet) || waited > Patience {
			return err
		}
		if cause := j.Clock.sleep(ctx, wait); cause != nil {
			return cause
		}
	}
}
