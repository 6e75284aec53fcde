package setup

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/trailseal/trailseal/internal/resource"
)

// Why an organization's trail cannot be made where the caller is.
var (
	ErrNoOrganization = errors.New("the account is in no organization that has all features")
	ErrNotManagement  = errors.New("only the organization's management account, or a delegated administrator of CloudTrail, may have its trail")
)

// RegionError says that the trail to adopt has another home region than the one that was surveyed. Its log group and alarms
// are there, and what is there was not listed.
type RegionError struct {
	Trail, Home, Asked string
}

func (e *RegionError) Error() string {
	return fmt.Sprintf("region: the trail %q is at home in %s, with its log group and alarms, and not in %s: want %s, or trail.name for a trail of another name", e.Trail, e.Home, e.Asked, e.Home)
}

// Is reports that it is an error of the blueprint.
func (e *RegionError) Is(target error) bool { return target == ErrBlueprint }

// choice is the trail that a set is about.
type choice struct {
	trail   *resource.Trail // nil: it is to be made
	managed string          // who else manages it; then it is left alone
	ask     []string
}

// choose finds the trail to adopt: the one that the blueprint names, else the best of those that are there. It makes a
// second one only where the blueprint names it, and then asks.
func choose(b Blueprint, s *resource.Survey) choice {
	var own, others []*resource.Trail
	for _, t := range s.Trails {
		if managedBy(b, s, t) == "" {
			own = append(own, t)
		} else {
			others = append(others, t)
		}
	}
	better := func(x, y *resource.Trail) int { return compareTrails(b, s.Region, x, y) }
	slices.SortFunc(own, better)
	slices.SortFunc(others, better)
	if b.Trail.Name != "" {
		return named(b, s, own, others)
	}
	// What covers as much as is wanted comes before what would have to be widened beside it.
	for _, t := range slices.Concat(own, others) {
		if t.Organization || !b.Organization && t.MultiRegion {
			return choice{trail: t, managed: managedBy(b, s, t)}
		}
	}
	if len(own) > 0 {
		return choice{trail: own[0]}
	}
	return choice{ask: unlistedTrails(s)}
}

// named is the trail of the blueprint's name, or a new one.
func named(b Blueprint, s *resource.Survey, own, others []*resource.Trail) choice {
	for _, t := range slices.Concat(own, others) {
		if t.Name == b.Trail.Name {
			return choice{trail: t, managed: managedBy(b, s, t)}
		}
	}
	c := choice{ask: unlistedTrails(s)}
	for _, t := range slices.Concat(own, others) {
		switch {
		case b.Organization && t.Organization:
			c.ask = append(c.ask, fmt.Sprintf("There is the organization's trail %q already: a second organization trail doubles cost, since AWS charges for each further copy of management events in every account. Make %q beside it?", t.Name, b.Trail.Name))
		case t.MultiRegion:
			c.ask = append(c.ask, fmt.Sprintf("There is the trail %q of all regions already: AWS charges for each further copy of management events. Make %q beside it?", t.Name, b.Trail.Name))
		}
	}
	return c
}

// unlistedTrails asks about a new trail where nobody knows whether there is one.
func unlistedTrails(s *resource.Survey) []string {
	var ask []string
	for _, u := range s.Unread {
		if u.Kind == resource.TrailKind {
			ask = append(ask, fmt.Sprintf("The trails%s could not be listed (%v). If there is one, this makes a second, and AWS charges for each further copy of management events. Make it?", inRegion(u.Region), u.Err))
		}
	}
	return ask
}

// Names that AWS Control Tower gives.
const (
	towerTrail    = "aws-controltower-BaselineCloudTrail"
	towerBucket   = "aws-controltower-logs-"
	towerRecorder = "aws-controltower-BaselineConfigRecorder"
	tower         = "AWS Control Tower"
)

// managedBy says who manages a trail, if that is not the caller.
func managedBy(b Blueprint, s *resource.Survey, t *resource.Trail) string {
	switch {
	case strings.HasPrefix(t.Name, towerTrail), strings.HasPrefix(t.Bucket, towerBucket):
		return tower
	case t.Account == s.Account:
		return ""
	case t.Organization && b.Organization && delegate(s) && t.Account == s.Organization.ManagementAccount:
		return ""
	case t.Organization:
		return "the organization's management account " + t.Account
	}
	return "account " + t.Account
}

// delegate reports whether the caller's account is a delegated administrator of CloudTrail.
func delegate(s *resource.Survey) bool {
	return slices.Contains(s.Organization.DelegatedAdmins, s.Account)
}

// compareTrails puts the trail first that needs the least to be what is wanted.
func compareTrails(b Blueprint, region string, x, y *resource.Trail) int {
	first := func(f func(*resource.Trail) bool) int {
		switch {
		case f(x) == f(y):
			return 0
		case f(x):
			return -1
		}
		return 1
	}
	return cmp.Or(
		first(func(t *resource.Trail) bool { return b.Organization && t.Organization }),
		first(func(t *resource.Trail) bool { return t.Organization && t.MultiRegion }),
		first(func(t *resource.Trail) bool { return t.MultiRegion }),
		first(func(t *resource.Trail) bool { return t.Region == region }),
		-cmp.Compare(good(x), good(y)),
		first(func(t *resource.Trail) bool { return t.LogGroupARN != "" }),
		cmp.Compare(x.Name, y.Name), cmp.Compare(x.Region, y.Region), cmp.Compare(x.Account, y.Account))
}

// good counts the settings that are already as wanted.
func good(t *resource.Trail) int {
	n := len(t.Selectors)
	for _, yes := range []bool{t.Validation, t.KeyARN != "", t.LogGroupARN != "", t.GlobalEvents, t.Logging, t.TopicARN != ""} {
		if yes {
			n++
		}
	}
	return n
}

// organizationOf checks that an organization's trail can be there, and returns the organization's id.
func organizationOf(b Blueprint, s *resource.Survey) (string, error) {
	o := s.Organization
	for _, u := range s.Unread {
		if o.ID == "" && u.Kind == resource.ServiceAccessKind {
			return "", fmt.Errorf("the organization of account %s could not be read: %w", s.Account, u.Err)
		}
	}
	switch {
	case o.ID == "":
		return "", fmt.Errorf("organization: account %s: %w", s.Account, ErrNoOrganization)
	case !b.Organization: // it has one already
		return o.ID, nil
	case s.Account != o.ManagementAccount && !delegate(s):
		return "", fmt.Errorf("organization: account %s: %w: want the credentials of account %s", s.Account, ErrNotManagement, o.ManagementAccount)
	case !o.AllFeatures:
		return "", fmt.Errorf("organization: %s has consolidated billing only: %w", o.ID, ErrNoOrganization)
	}
	return o.ID, nil
}
