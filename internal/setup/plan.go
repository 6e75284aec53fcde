package setup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/trailseal/trailseal/catalog"
	"github.com/trailseal/trailseal/internal/resource"
)

// readsAtOnce is how many resources are read at a time: CloudTrail and IAM allow some ten reads a second.
const readsAtOnce = 6

// Action is what a plan does with a resource.
type Action string

// The actions. Unknown and Managed are never written, and Manual is what only a person can do.
const (
	Make    Action = "create"
	Alter   Action = "change"
	Keep    Action = "keep"
	Manual  Action = "manual"
	Unknown Action = "unknown"
	Managed Action = "managed"
)

// Item is one resource of a plan.
type Item struct {
	ID        resource.ID `json:"resource"`
	Action    Action      `json:"action"`
	Changes   []Change    `json:"changes,omitempty"`
	Unread    []Unread    `json:"unread,omitempty"` // what could not be read, and so is neither compared nor written
	ManagedBy string      `json:"managed_by,omitempty"`
	Ask       string      `json:"ask,omitempty"` // a second question, about the whole resource
	Notes     []string    `json:"notes,omitempty"`

	// Now is what was read, nil if nothing is there; Target is what there will be. Both are nil where nothing is known.
	Now, Target resource.Resource `json:"-"`

	needs []resource.ID
}

// Unread is a step whose settings could not be read.
type Unread struct {
	Step resource.Step `json:"step"`
	Why  string        `json:"why"`
}

// Plan is everything that is to be done, in the order in which it is done.
type Plan struct {
	Name        string   `json:"name"`
	Account     string   `json:"account"`
	Region      string   `json:"region"`
	Partition   string   `json:"partition"`
	Items       []Item   `json:"items"`
	Notes       []string `json:"notes,omitempty"`
	Unlisted    []string `json:"unlisted,omitempty"` // kinds that could not be listed: what exists of them was not adopted
	Fingerprint string   `json:"fingerprint"`        // of what would be done and of what it stands on

	set          *Set
	organization string
	subscribed   []*resource.Subscription // as the survey found them
}

// Organization is the id of the organization whose trail the plan is about; empty if it is about one account's.
func (p *Plan) Organization() string { return p.organization }

// Counts says how many items have each action.
func (p *Plan) Counts() map[Action]int {
	counts := map[Action]int{}
	for _, i := range p.Items {
		counts[i.Action]++
	}
	return counts
}

// Changes reports whether apply would write anything.
func (p *Plan) Changes() bool {
	return slices.ContainsFunc(p.Items, func(i Item) bool { return i.Action == Make || i.Action == Alter })
}

// Incomplete reports whether anything could not be read.
func (p *Plan) Incomplete() bool {
	return len(p.Unlisted) > 0 || slices.ContainsFunc(p.Items, func(i Item) bool { return len(i.Unread) > 0 })
}

// Questions are the second questions that have to be answered before apply, each with what it is about.
func (p *Plan) Questions() []string {
	var all []string
	for _, i := range p.Items {
		if i.Action != Make && i.Action != Alter {
			continue
		}
		ask := []string{i.Ask}
		for _, c := range i.Changes {
			ask = append(ask, c.Ask)
		}
		for _, q := range ask {
			if q != "" && !slices.Contains(all, i.ID.String()+": "+q) {
				all = append(all, i.ID.String()+": "+q)
			}
		}
	}
	return all
}

// Job sets up one account.
type Job struct {
	Account   Account
	Blueprint Blueprint
	Where     resource.Where
	Facts     Facts
	Clock     Clock
}

// Plan reads what is there and says what would be done. It writes nothing. An error is one of the blueprint, of credentials,
// or of an account that is not the one it has to be; what could not be read is in the plan.
func (j *Job) Plan(ctx context.Context) (*Plan, error) {
	p, _, err := j.plan(ctx)
	return p, err
}

// states are what was read.
type states map[resource.ID]resource.State

func (j *Job) plan(ctx context.Context) (*Plan, *known, error) {
	survey, err := j.Account.Survey(ctx, j.Where)
	if err != nil {
		return nil, nil, err
	}
	if j.Facts.Detections == nil {
		if j.Facts.Detections, err = catalog.Detections(); err != nil {
			return nil, nil, err
		}
	}
	k := &known{survey: survey, states: states{}}
	set, err := k.compile(j)
	if err != nil {
		return nil, nil, err
	}
	// Which key is meant, and where a bucket is, has to be known before what names them; it can lead to others.
	for range 4 {
		news, err := k.read(ctx, j.Account, set, resource.KeyKind, resource.BucketKind)
		if err != nil {
			return nil, nil, err
		}
		if !news {
			break
		}
		if set, err = k.compile(j); err != nil {
			return nil, nil, err
		}
	}
	if arn := j.Blueprint.Key.ARN; arn != "" {
		for id, s := range k.states {
			if id.Kind == resource.KeyKind && id.Name == arn && s.Resource == nil && s.Unread == nil {
				return nil, nil, wrong("key.arn", "there is no such key: %q", arn)
			}
		}
	}
	if _, err := k.read(ctx, j.Account, set, resource.Kinds()...); err != nil {
		return nil, nil, err
	}
	return k.lay(set), k, nil
}

// known is what was read of an account so far.
type known struct {
	survey *resource.Survey
	mu     sync.Mutex
	states states
}

// compile makes the set that is wanted, with the keys that are known by now.
func (k *known) compile(j *Job) (*Set, error) {
	facts := j.Facts
	facts.Keys, facts.Buckets = map[resource.ID]string{}, map[string]*resource.Bucket{}
	for id, s := range k.states {
		switch r := s.Resource.(type) {
		case *resource.Key:
			facts.Keys[id] = r.ARN
		case *resource.Bucket:
			facts.Buckets[r.Name] = r
		}
	}
	return Compile(j.Blueprint, k.survey, facts)
}

// read reads what is wanted of these kinds and was not read yet. It reports whether there was any.
func (k *known) read(ctx context.Context, account Account, set *Set, kinds ...resource.Kind) (news bool, err error) {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(readsAtOnce)
	for _, w := range set.Wanted {
		id := w.Resource.ID()
		k.mu.Lock()
		_, seen := k.states[id]
		k.mu.Unlock()
		if seen || !slices.Contains(kinds, id.Kind) {
			continue
		}
		news = true
		group.Go(func() error {
			state, err := account.Read(ctx, id)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				state = resource.State{Unread: map[resource.Step]error{resource.Create: err}}
			}
			k.mu.Lock()
			defer k.mu.Unlock()
			k.states[id] = state
			return nil
		})
	}
	return news, group.Wait()
}

// lay compares what is wanted with what was read.
func (k *known) lay(set *Set) *Plan {
	p := &Plan{Name: set.Name, Account: set.Account, Region: set.Region, Partition: set.Partition, Notes: set.Notes, set: set, subscribed: k.survey.Subscriptions}
	for _, u := range k.survey.Unread {
		p.Unlisted = append(p.Unlisted, fmt.Sprintf("%s%s: %v", u.Kind, inRegion(u.Region), u.Err))
	}
	if !k.told(set) {
		p.Notes = append(p.Notes, "Nobody is told of alarms: name somebody with --email, or alarms.email, alarms.pagerduty or alarms.slack in the blueprint.")
	}
	blocked := map[resource.ID]bool{}
	adrift := k.adrift()
	for _, w := range set.Wanted {
		item := lay(w, k.states[w.Resource.ID()])
		if adrift != nil && ofTrail(item.ID.Kind) && (item.Action == Make || item.Action == Alter) {
			item.Action = Unknown
			item.Unread = append(item.Unread, Unread{resource.Create, fmt.Sprintf("which trail there is, is not known: %v", adrift)})
		}
		for _, need := range w.Needs {
			if blocked[need] && (item.Action == Make || item.Action == Alter) {
				item.Action = Unknown
				item.Unread = append(item.Unread, Unread{resource.Create, fmt.Sprintf("it stands on %s, of which nothing is known", need)})
			}
		}
		if t, ok := item.Target.(*resource.Trail); ok && t != nil && t.Organization {
			p.organization = k.survey.Organization.ID
		}
		blocked[item.ID] = item.Action == Unknown && item.Target == nil
		p.Items = append(p.Items, item)
	}
	p.Fingerprint = fingerprint(p)
	return p
}

// adrift says why the trails of the home region are not known. Which bucket, key, role and log group are meant is not known then.
func (k *known) adrift() error {
	for _, u := range k.survey.Unread {
		if u.Kind == resource.TrailKind && (u.Region == "" || u.Region == k.survey.Region) {
			return u.Err
		}
	}
	return nil
}

// ofTrail reports whether which resource of a kind is meant can hang on which trail there is.
func ofTrail(kind resource.Kind) bool {
	switch kind {
	case resource.RecorderKind, resource.DeliveryChannelKind, resource.RuleKind, resource.HubKind, resource.DetectorKind,
		resource.ParameterGroupKind, resource.OptionGroupKind, resource.DatabaseKind:
		return false
	}
	return true
}

// told reports whether somebody is to be told of alarms, or is already. Without an alarm there is nothing to tell.
func (k *known) told(set *Set) bool {
	alarms := false
	for _, w := range set.Wanted {
		switch w.Resource.ID().Kind {
		case resource.SubscriptionKind, resource.SlackChannelKind:
			return true
		case resource.AlarmKind:
			alarms = true
		}
	}
	return !alarms || len(k.survey.Subscriptions)+len(k.survey.Channel) > 0
}

func inRegion(region string) string {
	if region == "" {
		return ""
	}
	return " in " + region
}

// lay is one item of a plan.
func lay(w Wanted, state resource.State) Item {
	id := w.Resource.ID()
	item := Item{ID: id, Ask: w.Ask, Notes: slices.Clone(w.Notes), ManagedBy: w.Managed, needs: w.Needs, Now: state.Resource}
	for _, step := range append([]resource.Step{resource.Create}, ruled[id.Kind].steps...) {
		if err := state.Unread[step]; err != nil && !slices.ContainsFunc(item.Unread, func(u Unread) bool { return u.Step == step }) {
			item.Unread = append(item.Unread, Unread{step, err.Error()})
		}
	}
	if w.Managed != "" {
		item.Action, item.Target = Managed, state.Resource
		item.Changes = lacking(w.Managed, state)
		return item
	}
	if state.Unread[resource.Create] != nil {
		item.Action = Unknown
		return item
	}
	c := &comparison{unread: state.Unread}
	if target := ruled[id.Kind].compare(c, state.Resource, w.Resource); !reflect.ValueOf(target).IsNil() {
		item.Target = target
	}
	item.Changes, item.Notes = c.changes, append(item.Notes, c.notes...)
	for n := range item.Changes {
		if state.Resource == nil && id.Kind != resource.ServiceAccessKind {
			item.Changes[n].Risk = "" // of what is not there yet nobody else makes use
		}
	}
	item.Action = action(item)
	return item
}

// lacking is what a trail that somebody else manages lacks of what any trail has to have. It is theirs to change.
func lacking(by string, state resource.State) []Change {
	now, ok := state.Resource.(*resource.Trail)
	if !ok {
		return nil
	}
	want := *now
	want.MultiRegion, want.GlobalEvents, want.Validation, want.Logging = true, true, true, true
	want.Selectors = []resource.Selector{{Name: "management", Fields: []resource.FieldSelector{{Field: "eventCategory", Equals: []string{"Management"}}}}}
	c := &comparison{unread: state.Unread}
	ruled[resource.TrailKind].compare(c, now, &want)
	for n := range c.changes {
		c.changes[n].Manual, c.changes[n].Ask = "ask "+by+" to change it", ""
	}
	return c.changes
}

// action is what the changes of an item make of it.
func action(i Item) Action {
	switch written := stepsOf(i.ID.Kind, i.Changes); {
	case len(written) > 0 && i.Now == nil:
		return Make
	case len(written) > 0:
		return Alter
	case len(i.Unread) > 0:
		return Unknown
	case len(i.Changes) > 0:
		return Manual
	}
	return Keep
}

// fingerprint is a hash of what would be done and of what there will be: of another account, or after a change, it is another.
func fingerprint(p *Plan) string {
	type line struct {
		ID      resource.ID
		Action  Action
		Changes []Change
		Unread  []Unread
		Target  resource.Resource
	}
	h := sha256.New()
	enc := json.NewEncoder(h)
	_ = enc.Encode([]string{p.Account, p.Region, p.Partition}) // a hash takes everything
	for _, i := range p.Items {
		_ = enc.Encode(line{i.ID, i.Action, i.Changes, i.Unread, i.Target})
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}
