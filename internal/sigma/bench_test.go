package sigma

import (
	"fmt"
	"os"
	"testing"

	"github.com/trailseal/trailseal/internal/pattern"
)

// benchRules are 38 rules in the shapes of SigmaHQ's, or those themselves.
func benchRules(b *testing.B) []*Rule {
	if dir := os.Getenv("TRAILSEAL_CORPUS"); dir != "" {
		rules, err := Load(os.DirFS(dir + "/sigma"))
		if err != nil {
			b.Fatal(err)
		}
		return rules
	}
	rules := []*Rule{
		parse(b, ruleText("s:\n  userIdentity.arn|re: '.+:assumed-role/aws:.+'\nfilter_a:\n  - eventSource: ssm.amazonaws.com\n  - sourceIPAddress: AWS Internal\ncondition: s and not 1 of filter_*")),
		parse(b, ruleText("s:\n  userIdentity.type: AssumedRole\n  userIdentity.sessionContext.sessionIssuer.type: User\ncondition: s")),
		parse(b, ruleText("s:\n  userIdentity.type: Root\nt:\n  eventType: AwsServiceEvent\ncondition: s and not t")),
		parse(b, ruleText("s:\n  userAgent: TruffleHog\ncondition: s")),
	}
	for i := range 34 {
		source := []string{"iam", "s3", "ec2", "kms", "sts"}[i%5]
		rules = append(rules, parse(b, ruleText(fmt.Sprintf("s:\n  eventSource: %s.amazonaws.com\n  eventName: [Create%d, Delete%d, Put%d]\nok:\n  errorCode: null\ncondition: s and ok", source, i, i, i))))
	}
	return rules
}

func benchRecords(b *testing.B) []*pattern.Record {
	events := [][]byte{}
	if dir := os.Getenv("TRAILSEAL_CORPUS"); dir != "" {
		events = corpusEvents(b, dir)
	} else {
		for i := range 64 {
			events = append(events, []byte(call([]string{"ec2", "iam", "s3", "sts"}[i%4], fmt.Sprint([]string{"Describe", "Get", "List", "Create"}[i/4%4], i))))
		}
	}
	var all []*pattern.Record
	for _, event := range events {
		r := &pattern.Record{}
		if err := r.Reset(event); err != nil {
			b.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

// BenchmarkRules matches a set of 38 rules with events that are parsed already: 64 at a time, each 64 of them 32 times, as
// a record that was just parsed is in the cache.
func BenchmarkRules(b *testing.B) {
	set, records := NewSet(benchRules(b)...), benchRecords(b)
	matches := 0
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		for range set.Match(records[(i/(64*32)*64+i%64)%len(records)]) {
			matches++
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds()/1e6, "Mevents/s")
}

// BenchmarkEachRule is the same without an index.
func BenchmarkEachRule(b *testing.B) {
	rules, records := benchRules(b), benchRecords(b)
	matches := 0
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		for _, r := range rules {
			if r.Match(records[(i/(64*32)*64+i%64)%len(records)]) {
				matches++
			}
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds()/1e6, "Mevents/s")
}

// BenchmarkKeyword looks for a text in all of each record.
func BenchmarkKeyword(b *testing.B) {
	rule, records := parse(b, ruleText("s: [TruffleHog]\ncondition: s")), benchRecords(b)
	matches := 0
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if rule.Match(records[(i/(64*32)*64+i%64)%len(records)]) {
			matches++
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds()/1e6, "Mevents/s")
}
