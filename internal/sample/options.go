package sample

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Account is a member of the organization.
type Account struct{ ID, Name string }

// Options describe the organization. The zero value is the default one, which each field's comment states.
type Options struct {
	Seed  uint64    // 0 is a seed like any other
	Start time.Time // 2026-03-02 00:00 UTC, a Monday; truncated to the hour
	Hours int       // 336: digests in each chain, before the incident takes three away

	// Accounts: the first is the management account, the second (or only) one is production and the scene of the
	// incident, the others are staging. Default: larkfield-management, larkfield-prod, larkfield-staging.
	Accounts []Account
	Regions  []string // eu-west-1, eu-central-1, us-east-1, us-west-2

	FilesPerDay   int // 200 log files a day in all chains together, about
	EventsPerFile int // 36 events in a log file, about

	Bucket         string // larkfield-cloudtrail-logs
	Prefix         string // none
	OrganizationID string // o-4f9k2xq7ma; "-" means a bucket without one, as of a single account's trail
	Trail          string // org-trail
	HomeRegion     string // the first region

	NoIncident bool // nothing happens, and no digest is missing; always so when Hours is less than 24
	Backfill   bool // some logs of production's home region are listed by backfill digests only
}

// incidentHours is how long the whole story takes, and minHours the shortest period that has room for it.
const (
	incidentHours = 6
	minHours      = 24
)

func (o Options) withDefaults() (Options, error) {
	if o.Start.IsZero() {
		o.Start = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	}
	o.Start = o.Start.UTC().Truncate(time.Hour)
	if len(o.Accounts) == 0 {
		o.Accounts = []Account{
			{"111122223333", "larkfield-management"},
			{"444455556666", "larkfield-prod"},
			{"777788889999", "larkfield-staging"},
		}
	}
	if len(o.Regions) == 0 {
		o.Regions = []string{"eu-west-1", "eu-central-1", "us-east-1", "us-west-2"}
	}
	o.Accounts, o.Regions = slices.Clone(o.Accounts), slices.Clone(o.Regions)
	def := func(p *int, v int) {
		if *p == 0 {
			*p = v
		}
	}
	def(&o.Hours, 336)
	def(&o.FilesPerDay, 200)
	def(&o.EventsPerFile, 36)
	text := func(p *string, v string) {
		if *p == "" {
			*p = v
		}
	}
	text(&o.Bucket, "larkfield-cloudtrail-logs")
	text(&o.OrganizationID, "o-4f9k2xq7ma")
	text(&o.Trail, "org-trail")
	text(&o.HomeRegion, o.Regions[0])
	if o.OrganizationID == "-" {
		o.OrganizationID = ""
	}
	o.Prefix = strings.Trim(o.Prefix, "/")
	if o.Hours < minHours {
		o.NoIncident = true
	}
	return o, o.check()
}

func (o Options) check() error {
	if o.Hours < 1 || o.FilesPerDay < 0 || o.EventsPerFile < 1 {
		return errors.New("sample: hours and events per file must be positive, files per day not negative")
	}
	if !slices.Contains(o.Regions, o.HomeRegion) {
		return fmt.Errorf("sample: home region %q is not among the regions", o.HomeRegion)
	}
	seen := map[string]bool{}
	for _, a := range o.Accounts {
		if len(a.ID) != 12 || strings.Trim(a.ID, "0123456789") != "" {
			return fmt.Errorf("sample: account id %q is not 12 digits", a.ID)
		}
		if seen[a.ID] {
			return fmt.Errorf("sample: account %q is there twice", a.ID)
		}
		seen[a.ID] = true
	}
	for _, r := range o.Regions {
		if seen[r] {
			return fmt.Errorf("sample: region %q is there twice", r)
		}
		seen[r] = true
	}
	return nil
}

// management, production and globalRegion say who plays which part.
func (o Options) management() Account { return o.Accounts[0] }

func (o Options) production() Account { return o.Accounts[min(1, len(o.Accounts)-1)] }

func (o Options) globalRegion() string {
	if slices.Contains(o.Regions, "us-east-1") {
		return "us-east-1"
	}
	return o.Regions[0]
}

func (o Options) end() time.Time { return o.Start.Add(time.Duration(o.Hours) * time.Hour) }

func (o Options) trailARN() string {
	return "arn:aws:cloudtrail:" + o.HomeRegion + ":" + o.management().ID + ":trail/" + o.Trail
}

// incidentStart is the hour in which the leaked key is first used: about nine fourteenths of the period, at night.
func (o Options) incidentStart() time.Time {
	hours := min(o.Hours*9/14+2, o.Hours-incidentHours)
	return o.Start.Add(time.Duration(hours) * time.Hour)
}

// The instants of the incident, from incidentStart. Everything before the stop is delivered by lastDelivery, and
// every chain's cadence avoids the minute from lastDelivery to the restart's, so that all chains miss three digests.
const (
	stopAfter    = 47*time.Minute + 22*time.Second
	lastDelivery = 55 * time.Minute
	startAfter   = 4*time.Hour + 55*time.Minute + 18*time.Second
)
