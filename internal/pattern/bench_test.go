package pattern

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// benchPatterns are fifteen patterns in the shapes of the CIS benchmark's.
func benchPatterns() []string {
	anyOf := func(names ...string) string {
		return "($.eventName = " + strings.Join(names, ") || ($.eventName = ") + ")"
	}
	from := func(source, names string) string {
		return "{ ($.eventSource = " + source + ".amazonaws.com) && (" + names + ") }"
	}
	all := []string{
		`{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent" }`,
		`{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") }`,
		`{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") && ($.userIdentity.type = "IAMUser") }`,
		`{ ($.eventName = ConsoleLogin) && ($.errorMessage = "Failed authentication") }`,
	}
	for i, source := range []string{"iam", "kms", "s3", "config", "ec2", "organizations"} {
		all = append(all, from(source, anyOf("Create"+source, "Delete"+source, "Attach"+source, "Detach"+source, fmt.Sprint("Put", i))))
	}
	for _, what := range []string{"Trail", "SecurityGroup", "NetworkAcl", "InternetGateway", "Vpc"} {
		all = append(all, "{ "+anyOf("Create"+what, "Delete"+what, "Modify"+what, "Attach"+what, "Detach"+what, "Update"+what)+" }")
	}
	return all
}

// benchEvents are shaped like events of the usual kinds: nearly all of them reads.
func benchEvents() [][]byte {
	event := func(source, name, identity, more string) []byte {
		return []byte(`{"eventVersion":"1.11","userIdentity":{"type":"` + identity + `","principalId":"AROAEXAMPLE:session","arn":"arn:aws:sts::111122223333:assumed-role/Reader/session","accountId":"111122223333","accessKeyId":"ASIAEXAMPLE","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLE","arn":"arn:aws:iam::111122223333:role/Reader","accountId":"111122223333","userName":"Reader"},"attributes":{"creationDate":"2030-01-02T03:04:05Z","mfaAuthenticated":"false"}}},"eventTime":"2030-01-02T03:14:05Z","eventSource":"` + source + `.amazonaws.com","eventName":"` + name + `","awsRegion":"eu-west-1","sourceIPAddress":"192.0.2.7","userAgent":"aws-sdk-go-v2/1.30.0 os/linux lang/go#1.26",` + more + `"requestParameters":{"maxResults":100,"filterSet":{"items":[{"name":"state","valueSet":{"items":[{"value":"running"}]}}]}},"responseElements":null,"requestID":"4d1cba7e-0000-4000-8000-0123456789ab","eventID":"0e6f3f6e-0000-4000-8000-0123456789ab","readOnly":true,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"111122223333","eventCategory":"Management","tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"` + source + `.eu-west-1.amazonaws.com"}}`)
	}
	var all [][]byte
	for _, name := range []string{"DescribeInstances", "DescribeVolumes", "DescribeTags", "DescribeVpcs"} {
		all = append(all, event("ec2", name, "AssumedRole", ""))
	}
	return append(all,
		event("sts", "AssumeRole", "AWSService", ""),
		event("kms", "Decrypt", "AssumedRole", ""),
		event("s3", "GetBucketAcl", "AssumedRole", `"errorCode":"AccessDenied","errorMessage":"Access Denied",`),
		event("iam", "Createiam", "IAMUser", ""))
}

// benchCorpus returns the real events, or those above.
func benchCorpus(b *testing.B) [][]byte {
	dir := os.Getenv("TRAILSEAL_CORPUS")
	if dir == "" {
		return benchEvents()
	}
	files, err := filepath.Glob(filepath.Join(dir, "events", "*.ndjson"))
	if err != nil {
		b.Fatal(err)
	}
	var all [][]byte
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			b.Fatal(err)
		}
		for line := range bytes.Lines(data) {
			all = append(all, bytes.TrimSpace(line))
		}
	}
	return all
}

func benchmark(b *testing.B) (patterns []*Pattern, records []*Record) {
	for _, text := range benchPatterns() {
		patterns = append(patterns, parse(b, text))
	}
	for _, event := range benchCorpus(b) {
		r := &Record{}
		if err := r.Reset(event); err != nil {
			b.Fatal(err)
		}
		records = append(records, r)
	}
	return patterns, records
}

// pick goes over records 64 at a time, each 64 of them 32 times: a record that was just parsed is in the cache.
func pick(records []*Record, i int) *Record {
	return records[(i/(64*32)*64+i%64)%len(records)]
}

func report(b *testing.B) {
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds()/1e6, "Mevents/s")
}

func BenchmarkSet(b *testing.B) {
	patterns, records := benchmark(b)
	s := setOf(patterns)
	matches := 0
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		for range s.Match(pick(records, i)) {
			matches++
		}
	}
	report(b)
	if matches == 0 && b.N > len(records) {
		b.Error("nothing matches")
	}
}

func BenchmarkEachPattern(b *testing.B) {
	patterns, records := benchmark(b)
	matches := 0
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		r := pick(records, i)
		for _, p := range patterns {
			if p.MatchRecord(r) {
				matches++
			}
		}
	}
	report(b)
	if matches == 0 && b.N > len(records) {
		b.Error("nothing matches")
	}
}

func BenchmarkReset(b *testing.B) {
	events := benchCorpus(b)
	size := 0
	for _, e := range events {
		size += len(e)
	}
	var r Record
	b.SetBytes(int64(size / len(events)))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if err := r.Reset(events[i%len(events)]); err != nil {
			b.Fatal(err)
		}
	}
	report(b)
}

func BenchmarkParse(b *testing.B) {
	texts := benchPatterns()
	for i := 0; b.Loop(); i++ {
		parse(b, texts[i%len(texts)])
	}
}
