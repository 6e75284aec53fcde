package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// question is one that people ask.
type question struct {
	name, lake string
	from, to   string // days
	sql        string
	wanted     time.Duration
}

// principal has some 5,000 events a month in lake10. The role is in all trees and lakes.
const principal = "arn:aws:iam::222233334444:role/aws-service-role/trustedadvisor.amazonaws.com/AWSServiceRoleForTrustedAdvisor"

// questions are those of docs/performance.md.
func questions() []question {
	return []question{
		{"a principal's month", "lake10", "2025-09-01", "2025-09-30",
			"SELECT event_time, event_source, event_name, source_ip_address, error_code FROM events WHERE principal = '" + principal + "' ORDER BY event_time", 200 * time.Millisecond},
		{"changes of a quarter", "lake10", "2025-07-01", "2025-09-30",
			"SELECT principal, event_source, event_name, count(*) AS n FROM events WHERE read_only = false GROUP BY 1, 2, 3 ORDER BY n DESC, 1, 2, 3 LIMIT 100", 500 * time.Millisecond},
		{"JSON path, a month", "lake10", "2025-09-01", "2025-09-30",
			"SELECT json_extract_scalar(request_parameters, '$.bucketName') AS bucket, count(*) AS n FROM events WHERE json_extract_scalar(request_parameters, '$.bucketName') IS NOT NULL GROUP BY 1 ORDER BY n DESC LIMIT 20", time.Second},
		{"top principals, all", "lake10", "", "",
			"SELECT principal, count(*) AS n FROM events GROUP BY 1 ORDER BY n DESC LIMIT 20", time.Second},
		{"a day of 10M", "lake10", "2025-03-20", "2025-03-20", oneDay, 0},
		{"a day of 1M", "lake1", "2025-03-20", "2025-03-20", oneDay, 0},
	}
}

const oneDay = "SELECT event_name, count(*) AS n FROM events WHERE error_code IS NOT NULL GROUP BY 1 ORDER BY n DESC"

// queries measures questions, from the start of the process to its end.
func queries(ctx context.Context, o options) error {
	dir, trailseal, err := program(ctx, o)
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	ask := func(q question) (cost, [][]string, error) {
		args := []string{"query", q.sql, "--home", filepath.Join(o.dir, q.lake), "-o", "csv", "-q"}
		if q.from != "" {
			args = append(args, "--from", q.from, "--to", q.to)
		}
		var out bytes.Buffer
		c, err := timed(ctx, &out, trailseal, args...)
		if err != nil {
			return c, nil, err
		}
		rows, err := csv.NewReader(&out).ReadAll()
		return c, rows, err
	}
	all := questions()
	taken := make([]costs, len(all))
	rows := make([]int, len(all))
	for range o.rounds {
		for i, q := range all {
			c, answer, err := ask(q)
			if err != nil {
				return fmt.Errorf("%s: %w", q.name, err)
			}
			if len(answer) < 2 {
				return fmt.Errorf("%s: no rows", q.name)
			}
			taken[i], rows[i] = append(taken[i], c), len(answer)-1
		}
	}
	for i, q := range all {
		note := ""
		if q.wanted > 0 {
			note = fmt.Sprintf(" (wanted at most %v)", q.wanted)
		}
		fmt.Printf("%-21s %6d rows, %v%s\n", q.name, rows[i], taken[i], note)
	}
	ten, one := taken[len(all)-2], taken[len(all)-1]
	fmt.Printf("a day of 10M against a day of 1M: %.2f by the best, %.2f by the medians (wanted at most 1.5)\n",
		ten.best().wall.Seconds()/one.best().wall.Seconds(), ten.median().Seconds()/one.median().Seconds())
	return nil
}

// raw asks two of the questions of the log files themselves: one tree is little more than a month of lake10.
func raw(ctx context.Context, o options) error {
	const issuer = "userIdentity.sessionContext.sessionIssuer.arn"
	for _, q := range []struct{ name, script string }{
		{"a principal's month, by zgrep and jq", `find "$1" -name '*.json.gz' -print0 | xargs -0 zgrep -l -F "$2" | xargs zcat |
			jq -r --arg p "$2" '.Records[] | select(.` + issuer + ` == $p) | [.eventTime, .eventSource, .eventName, .sourceIPAddress, .errorCode] | @csv'`},
		{"JSON path, a month, by zcat and jq", `find "$1" -name '*.json.gz' -print0 | xargs -0 zcat |
			jq -r '.Records[].requestParameters.bucketName? // empty' | sort | uniq -c | sort -rn | head -20`},
	} {
		var all costs
		var out bytes.Buffer
		for range o.rounds {
			out.Reset()
			c, err := timed(ctx, &out, "sh", "-c", q.script, "sh", o.dir, principal)
			if err != nil {
				return err
			}
			if out.Len() == 0 {
				return fmt.Errorf("%s: no lines", q.name)
			}
			all = append(all, c)
		}
		fmt.Printf("%s: %d lines, %v\n", q.name, bytes.Count(out.Bytes(), []byte("\n")), all)
	}
	return nil
}
