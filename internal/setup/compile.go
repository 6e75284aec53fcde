package setup

import (
	"slices"

	"github.com/trailseal/trailseal/catalog"
	"github.com/trailseal/trailseal/internal/resource"
	"github.com/trailseal/trailseal/internal/secret"
)

// Facts are what Compile needs to know beside blueprint and survey. All of them may be empty.
type Facts struct {
	// Keys are the ARNs of keys that were read, by the ID that Compile gives them. A key that is not there has none yet.
	Keys map[resource.ID]string
	// Buckets are the buckets that were read, by name: where they are, and where their access logs go. A bucket that is
	// not here is taken to be in the region of the trail, or of the key that the trail encrypts with.
	Buckets map[string]*resource.Bucket
	// Secrets are what the blueprint's references stand for, by reference.
	Secrets map[string]secret.String
	// Detections are those that alarms are made of; the catalog's if nil.
	Detections []catalog.Detection
}

// Where is the part of AWS that a blueprint is about. Region is the session's.
func Where(b Blueprint, region string) resource.Where {
	if b.Region != "" {
		region = b.Region
	}
	w := resource.Where{Region: region, Regions: []string{region}, Databases: len(b.Databases) > 0}
	for _, r := range b.Regions {
		if !slices.Contains(w.Regions, r) {
			w.Regions = append(w.Regions, r)
		}
	}
	return w
}

// Compile makes of a blueprint the resources that are wanted, in the order in which they are made. What is there is
// adopted under its own name. Blueprint has to be one that Check accepts.
//
// An error is one of the blueprint (ErrBlueprint), which does not fit what is there, or says that an organization's trail
// cannot be made from this account (ErrNoOrganization, ErrNotManagement).
func Compile(b Blueprint, survey *resource.Survey, facts Facts) (*Set, error) {
	if facts.Detections == nil {
		all, err := catalog.Detections()
		if err != nil {
			return nil, err
		}
		facts.Detections = all
	}
	c := &compiler{b: b, s: survey, facts: facts}
	c.set = &Set{Name: b.Name, Account: survey.Account, Region: survey.Region, Partition: survey.Partition}
	if err := c.lay(); err != nil {
		return nil, err
	}
	// The order is that of resource.Kinds: what a resource needs is made before it.
	c.access()
	c.storage()
	c.logGroup()
	c.topics()
	if err := c.trail(); err != nil {
		return nil, err
	}
	if err := c.alarms(); err != nil {
		return nil, err
	}
	c.config()
	c.hubs()
	c.detectors()
	return c.set, c.databases()
}

// compiler is one run of Compile.
type compiler struct {
	b     Blueprint
	s     *resource.Survey
	facts Facts
	l     layout
	set   *Set
}

// want adds a resource. Of needs, those that are the zero ID are left out.
func (c *compiler) want(r resource.Resource, needs ...resource.ID) *Wanted {
	w := Wanted{Resource: r}
	for _, id := range needs {
		if id != (resource.ID{}) && !slices.Contains(w.Needs, id) {
			w.Needs = append(w.Needs, id)
		}
	}
	c.set.Wanted = append(c.set.Wanted, w)
	return &c.set.Wanted[len(c.set.Wanted)-1]
}

func (c *compiler) note(text string) { c.set.Notes = append(c.set.Notes, text) }

// regions are those of AWS Config, Security Hub and GuardDuty, the trail's first.
func (c *compiler) regions() []string { return Where(c.b, c.s.Region).Regions }

// isOn is a switch that is on if nothing is said.
func isOn(p *bool) bool { return p == nil || *p }
