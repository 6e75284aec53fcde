package setup

import (
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/internal/resource"
)

// pairs is how many pairs of now and want each kind is compared with.
const pairs = 800

// diff is how two resources differ; secrets by whether they are equal.
func diff(a, b resource.Resource) string { return cmp.Diff(a, b) }

// eachPair gives pairs of what is there and what is wanted; nothing is there in some of them.
func eachPair(t *testing.T, f func(t *testing.T, d dice, now, want resource.Resource)) {
	for i, kind := range resource.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			for n := range uint64(pairs) {
				d := dice{rand.New(rand.NewPCG(uint64(i), n))}
				want, now := d.wanted(kind), d.any(kind)
				if d.IntN(8) == 0 {
					now = nil
				}
				if f(t, d, now, want); t.Failed() {
					t.Fatalf("pair %d: now %+v, want %+v", n, now, want)
				}
			}
		})
	}
}

// compared compares, some steps unread.
func compared(now, want resource.Resource, unread map[resource.Step]error) (resource.Resource, *comparison) {
	c := &comparison{unread: unread}
	return ruled[want.ID().Kind].compare(c, now, want), c
}

// unreadable are some steps of a kind, but for Create: then nothing is compared.
func unreadable(d dice, kind resource.Kind) map[resource.Step]error {
	unread := map[resource.Step]error{}
	for _, s := range ruled[kind].steps {
		if s != resource.Create && d.IntN(3) == 0 {
			unread[s] = errors.New("AccessDenied")
		}
	}
	return unread
}

func TestKindsHaveRules(t *testing.T) {
	for _, kind := range resource.Kinds() {
		r := ruled[kind]
		if r.compare == nil || len(r.steps) == 0 {
			t.Errorf("%s has no rules", kind)
		}
		if kind != resource.DatabaseKind && (len(r.steps) == 0 || r.steps[0] != resource.Create) {
			t.Errorf("%s: the first step is not create: %v", kind, r.steps)
		}
	}
}

// What apply leaves needs no change: the target compared again is itself, and only what a person has to do is left.
func TestComparingAgainChangesNothing(t *testing.T) {
	eachPair(t, func(t *testing.T, d dice, now, want resource.Resource) {
		unread := unreadable(d, want.ID().Kind)
		if now == nil || d.bool() {
			unread = nil
		}
		target, first := compared(now, want, unread)
		again, second := compared(target, want, unread)
		if now == nil && want.ID().Kind == resource.DatabaseKind {
			return // which setup does not make
		}
		if left := written(second.changes); len(left) > 0 {
			t.Errorf("after %+v there is left: %+v", first.changes, left)
		}
		if s := diff(target, again); s != "" {
			t.Errorf("the target is another one the second time:\n%s", s)
		}
	})
}

// A step is written if and only if the target is not what is there; what is not written stays as it is.
func TestTargetDiffersWhereThereAreChanges(t *testing.T) {
	eachPair(t, func(t *testing.T, d dice, now, want resource.Resource) {
		if now == nil {
			return
		}
		target, c := compared(now, want, nil)
		if same := diff(now, target) == ""; same != (len(written(c.changes)) == 0) {
			t.Errorf("the target is what is there: %v, but the changes are %+v", same, c.changes)
		}
	})
}

// What could not be read is neither compared nor written, and stays in the target.
func TestUnreadStepsAreLeft(t *testing.T) {
	eachPair(t, func(t *testing.T, d dice, now, want resource.Resource) {
		if now == nil {
			return
		}
		unread := unreadable(d, want.ID().Kind)
		target, c := compared(now, want, unread)
		for _, ch := range c.changes {
			if unread[ch.Step] != nil {
				t.Errorf("%s was not read, but is to be changed: %+v", ch.Step, ch)
			}
		}
		for step := range unread {
			names := sets[want.ID().Kind][step]
			if kept := copied(now); len(names) > 0 {
				if set(kept, target, names); diff(now, kept) != "" {
					t.Errorf("%s was not read, but is another one in the target:\n%s", step, diff(now, kept))
				}
			}
		}
		if len(written(c.changes)) == 0 && diff(now, target) != "" {
			t.Errorf("nothing is to be written, but the target is another one:\n%s", diff(now, target))
		}
	})
}

// Comparing does not write into what it compares.
func TestComparingLeavesItsArguments(t *testing.T) {
	for i, kind := range resource.Kinds() {
		for n := range uint64(pairs / 10) {
			make := func() (resource.Resource, resource.Resource) {
				d := dice{rand.New(rand.NewPCG(uint64(i), n))}
				return d.any(kind), d.wanted(kind)
			}
			now, want := make()
			compared(now, want, nil)
			now0, want0 := make()
			if s := diff(now0, now) + diff(want0, want); s != "" {
				t.Fatalf("%s, pair %d:\n%s", kind, n, s)
			}
		}
	}
}

// Every change says why, and what is written is on a step of its kind.
func TestChangesAreExplained(t *testing.T) {
	eachPair(t, func(t *testing.T, d dice, now, want resource.Resource) {
		_, c := compared(now, want, nil)
		for _, ch := range c.changes {
			if ch.Why == "" || len(ch.Meets) == 0 || ch.Setting == "" || ch.Now == ch.Want && ch.Manual == "" {
				t.Errorf("not explained: %+v", ch)
			}
			if ch.Manual == "" && !slices.Contains(ruled[want.ID().Kind].steps, ch.Step) {
				t.Errorf("no such step: %+v", ch)
			}
		}
		if now == nil && (len(c.changes) == 0 || c.changes[0].Step != resource.Create || c.changes[0].Setting != isNew) {
			t.Errorf("it is not there, but the changes are %+v", c.changes)
		}
	})
}

// Nothing is weakened.
func TestTargetIsNeverWeaker(t *testing.T) {
	eachPair(t, func(t *testing.T, d dice, now, want resource.Resource) {
		if now == nil {
			return
		}
		target, c := compared(now, want, nil)
		for _, what := range weaker(now, target, c) {
			t.Errorf("weaker: %s", what)
		}
		if reflect.TypeOf(target) != reflect.TypeOf(now) {
			t.Errorf("the target is a %T", target)
		}
	})
}
