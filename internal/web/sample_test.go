package web

import (
	"fmt"
	"time"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/verdict"
)

var day0 = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

// row is a coverage row of n verified days that paint may change by day and hour.
func row(account, region string, n int, paint func(day, hour int) integrity.State) verdict.Coverage {
	c := verdict.Coverage{Account: account, Region: region, Digests: n * 24, Logs: n * 288}
	for d := range n {
		day := verdict.Day{Date: day0.AddDate(0, 0, d)}
		for h := range day.Hours {
			day.Hours[h] = integrity.Verified
			if paint != nil {
				if s := paint(d, h); s != integrity.Verified {
					day.Hours[h] = s
				}
			}
		}
		c.Days = append(c.Days, day)
	}
	c.Count()
	return c
}

func chain(account, region string) verdict.Chain {
	return verdict.Chain{Account: account, Region: region, Trail: "audit", Home: "eu-central-1", From: day0, To: day0.AddDate(0, 0, 14), Digests: 336}
}

func digestKey(account, region string, t time.Time) string {
	return fmt.Sprintf("AWSLogs/%s/CloudTrail-Digest/%s/%s/%s_CloudTrail-Digest_%s_audit_eu-central-1_%s.json.gz",
		account, region, t.Format("2006/01/02"), account, region, t.Format("20060102T150405Z"))
}

func missing(account, region string, t time.Time) integrity.Fault {
	return integrity.Fault{Kind: integrity.DigestMissing, Severity: integrity.Failure, Account: account, Region: region,
		Time: t, Key: digestKey(account, region, t), Detail: "the next digest names it as its predecessor; it is not in the source"}
}

func good() verdict.Report {
	r := verdict.Report{
		Result: verdict.Pass, Source: "s3://example-audit-logs", From: day0, To: day0.AddDate(0, 0, 14), Logs: "all",
		Digests: verdict.DigestCounts{Valid: 672}, LogFiles: verdict.LogCounts{Valid: 8064},
		Chains: []verdict.Chain{chain("111122223333", "eu-central-1"), chain("111122223333", "us-east-1")},
		Stats:  verdict.Stats{BytesRead: 81_234_567, Objects: 8736, Listed: 8736, Seconds: 4.2},
		Coverage: []verdict.Coverage{
			row("111122223333", "eu-central-1", 14, nil),
			row("111122223333", "us-east-1", 14, func(_, h int) integrity.State {
				if h < 6 {
					return integrity.VerifiedEmpty
				}
				return integrity.Verified
			}),
		},
	}
	return r
}

// mixed has every state, every kind of fault and every section.
func mixed() verdict.Report {
	r := good()
	r.Result, r.Logs = verdict.Fail, "sample=50"
	a, b := "111122223333", "444455556666"
	r.Digests = verdict.DigestCounts{Valid: 1202, Invalid: 2, Missing: 31, Unsealed: 1, Unreadable: 1}
	r.Backfill = verdict.DigestCounts{Valid: 4}
	r.LogFiles = verdict.LogCounts{Valid: 1400, Invalid: 1, Missing: 1, Unlisted: 1, Pending: 12, Unreadable: 1, Unchecked: 12950}
	r.Chains = append(r.Chains, chain(b, "eu-central-1"), chain(b, "us-east-1"))
	r.Coverage = append(r.Coverage,
		row(b, "eu-central-1", 14, func(d, h int) integrity.State {
			switch {
			case d < 2:
				return integrity.OutOfScope
			case d == 5 && h >= 8 || d == 6 && h < 19:
				return integrity.GapUnexplained
			case d == 10 && h == 4:
				return integrity.Invalid
			case d == 13 && h > 20:
				return integrity.Pending
			}
			return integrity.Verified
		}),
		row(b, "us-east-1", 14, func(d, h int) integrity.State {
			switch {
			case d == 3:
				return integrity.GapExplained
			case d == 8 && h == 0:
				return 0
			case d == 9:
				return integrity.Invalid
			}
			return integrity.VerifiedEmpty
		}))
	r.Coverage[2].Faults, r.Coverage[3].Faults = 41, 2
	at := day0.AddDate(0, 0, 5).Add(8 * time.Hour)
	r.Gaps = []integrity.Gap{
		{Account: b, Region: "eu-central-1", Trail: "audit", From: at, To: at.Add(35 * time.Hour), Cause: "35 digests in a row are missing"},
		{Account: b, Region: "us-east-1", Trail: "audit", From: day0.AddDate(0, 0, 3), To: day0.AddDate(0, 0, 4), Cause: "the chain starts anew after a stop of logging",
			Explained: true, Reason: "The trail was moved to the organization trail; logging was off for the move.", Ticket: "SEC-1042", Reviewer: "J. Doe"},
	}
	for i := range 31 {
		r.Faults = append(r.Faults, missing(b, "eu-central-1", at.Add(time.Duration(i+1)*time.Hour)))
	}
	r.Faults = append(r.Faults, missing(b, "us-east-1", at))
	for i, k := range kinds {
		if k.Code == string(integrity.DigestMissing) {
			continue
		}
		f := integrity.Fault{Kind: integrity.Kind(k.Code), Severity: integrity.Failure, Account: b, Region: "eu-central-1",
			Time: at.Add(time.Duration(i) * time.Hour), Key: digestKey(b, "eu-central-1", at.Add(time.Duration(i)*time.Hour)), Detail: "expected one thing and found another"}
		switch f.Kind {
		case integrity.Unreadable:
			f.Severity = integrity.Unknown
		case integrity.KeyValidity:
			f.Severity = integrity.Warning
		case integrity.LogInvalid:
			f.Key = "AWSLogs/444455556666/CloudTrail/eu-central-1/2026/03/11/444455556666_CloudTrail_eu-central-1_20260311T0435Z_a1B2c3D4e5F6g7H8.json.gz"
			f.Detail = "the digest lists SHA-256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08, the file has 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
			r.Faults = append(r.Faults, f)
			f.Severity = integrity.Warning
		}
		r.Faults = append(r.Faults, f)
	}
	r.Unsealed = []string{digestKey(a, "eu-central-1", day0.AddDate(0, 0, 14))}
	r.Warnings = []string{"2 digests of 2026-03-05 are present twice; the copies are alike."}
	return r
}

// big is 51 accounts and regions, a year and 20,000 faults.
func big() verdict.Report {
	r := mixed()
	r.To = day0.AddDate(1, 0, 0)
	r.Coverage, r.Chains, r.Faults = nil, nil, nil
	for i := range 51 {
		account, region := fmt.Sprintf("%012d", 100000000000+i/3), []string{"eu-central-1", "us-east-1", "ap-southeast-2"}[i%3]
		r.Coverage = append(r.Coverage, row(account, region, 365, func(d, h int) integrity.State {
			switch v := (i*7919 + d*104729) % 97; {
			case i == 4 && d < 100:
				return integrity.OutOfScope
			case i%9 == 2 && d > 200 && d < 221:
				return integrity.GapExplained
			case v == 0 && h == 5:
				return integrity.Invalid
			case v == 1:
				return integrity.GapUnexplained
			case i%3 == 2 && d%7 > 4:
				return integrity.VerifiedEmpty
			case d > 363:
				return integrity.Pending
			}
			return integrity.Verified
		}))
		r.Chains = append(r.Chains, chain(account, region))
	}
	for i := range 20_000 {
		c := r.Coverage[i%51]
		f := missing(c.Account, c.Region, day0.Add(time.Duration(i/51*17/11)*time.Hour))
		if i%2 == 1 {
			f.Kind, f.Detail = integrity.LogInvalid, "the digest lists another SHA-256 than the file has"
		}
		r.Faults = append(r.Faults, f)
	}
	return r
}
