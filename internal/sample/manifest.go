package sample

import "time"

// Manifest is the truth about a generated bucket.
type Manifest struct {
	Bucket         string       `json:"bucket"`
	Prefix         string       `json:"prefix,omitempty"`
	OrganizationID string       `json:"organization_id,omitempty"`
	Trail          string       `json:"trail"`
	TrailARN       string       `json:"trail_arn"`
	HomeRegion     string       `json:"home_region"`
	Start          time.Time    `json:"start"`
	End            time.Time    `json:"end"` // Start plus Options.Hours
	Accounts       []Account    `json:"accounts"`
	Regions        []string     `json:"regions"`
	Chains         []ChainFacts `json:"chains"` // by account, then region, in the order of the options
	Digests        int          `json:"digests"`
	Logs           int          `json:"logs"`
	Events         int          `json:"events"`
	PublicKeys     []PublicKey  `json:"public_keys"`
	Incident       *Incident    `json:"incident,omitempty"`
}

// ChainFacts are the facts of one account in one region.
type ChainFacts struct {
	Account         string    `json:"account"`
	Region          string    `json:"region"`
	Digests         int       `json:"digests"`
	BackfillDigests int       `json:"backfill_digests,omitempty"` // not counted in Digests
	Logs            int       `json:"logs"`                       // with those that only backfill digests list
	Events          int       `json:"events"`
	Start           time.Time `json:"start"` // of the first digest's hour
	End             time.Time `json:"end"`   // of the last one's
	FirstDigest     string    `json:"first_digest"`
	LastDigest      string    `json:"last_digest"`
	// The hole that the incident leaves: no digest from GapStart to GapEnd, between the two digests named.
	GapStart     time.Time `json:"gap_start,omitzero"`
	GapEnd       time.Time `json:"gap_end,omitzero"`
	BeforeGap    string    `json:"before_gap,omitempty"`
	AfterGap     string    `json:"after_gap,omitempty"`
	LogPrefix    string    `json:"log_prefix"`    // the key of every log of the chain begins so
	DigestPrefix string    `json:"digest_prefix"` // likewise
}

func (g *generator) manifest(chains []ChainFacts) Manifest {
	m := Manifest{Bucket: g.Bucket, Prefix: g.Prefix, OrganizationID: g.OrganizationID, Trail: g.Trail, TrailARN: g.trailARN(),
		HomeRegion: g.HomeRegion, Start: g.Start, End: g.Options.end(), Accounts: g.Accounts, Regions: g.Regions,
		Chains: chains, Incident: g.incident}
	for _, c := range chains {
		m.Digests += c.Digests + c.BackfillDigests
		m.Logs += c.Logs
		m.Events += c.Events
	}
	for _, region := range g.Regions {
		for _, k := range g.keys[region] {
			m.PublicKeys = append(m.PublicKeys, k.PublicKey)
		}
	}
	return m
}
