package event

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEveryPathIsComposedOnce(t *testing.T) {
	seen := map[int]int{}
	for _, p := range layout {
		seen[p.column]++
	}
	for number, c := range Columns {
		want := 0
		if c.Path != "" {
			want = 1
		}
		if seen[number] != want {
			t.Errorf("%s: %d times, want %d", c.Name, seen[number], want)
		}
	}
}

func TestCompose(t *testing.T) {
	// The records that come back as they were: null is written where AWS writes it.
	same := []struct{ name, in string }{
		{"a role's session", `{"eventVersion":"1.11","userIdentity":{"type":"AssumedRole","principalId":"AROAX:ci","arn":"arn:aws:sts::111122223333:assumed-role/deploy/ci",` +
			`"accountId":"111122223333","accessKeyId":"ASIAX","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAX","arn":"arn:aws:iam::111122223333:role/deploy",` +
			`"accountId":"111122223333","userName":"deploy"},"webIdFederationData":{"federatedProvider":"p","attributes":{"a":"b"}},"attributes":{"creationDate":"2026-03-01T09:00:00Z",` +
			`"mfaAuthenticated":"false"},"ec2RoleDelivery":"2.0","sourceIdentity":"alice"},"invokedBy":"athena.amazonaws.com"},"eventTime":"2026-03-01T10:00:00Z",` +
			`"eventSource":"s3.amazonaws.com","eventName":"DeleteBucket","awsRegion":"us-east-1","sourceIPAddress":"198.51.100.7","userAgent":"[a \"b\" \\c]","errorCode":"AccessDenied",` +
			`"errorMessage":"no","requestParameters":{"bucketName":"x" , "n": 1.50},"responseElements":null,"additionalEventData":{},"requestID":"r","eventID":"e","readOnly":false,` +
			`"resources":[{"ARN":"a"}],"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"111122223333","eventCategory":"Management",` +
			`"tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"s","clientProvidedHostHeader":"h"}}`},
		{"empty texts", `{"eventVersion":"1.08","userIdentity":{"accessKeyId":"","sessionContext":{"attributes":{"mfaAuthenticated":""}}},"eventTime":"2026-03-01T10:00:00Z",` +
			`"userAgent":"","requestParameters":"","responseElements":[],"eventID":"e"}`},
		{"control characters", `{"eventVersion":"1.08","eventTime":"2026-03-01T10:00:00Z","eventName":"\b\f\n\r\t\u0000\u001f\"\\/é😀` + "\u007f" + `12345678\u0001","requestParameters":null,"responseElements":null,"eventID":"e"}`},
		{"milliseconds", `{"eventVersion":"1.08","eventTime":"1969-12-31T23:59:59.020Z","requestParameters":null,"responseElements":null,"eventID":"e"}`},
		{"microseconds", `{"eventVersion":"1.08","eventTime":"0000-01-01T00:00:00.000001Z","requestParameters":null,"responseElements":null,"eventID":"e"}`},
		{"the last second", `{"eventVersion":"1.08","eventTime":"9999-12-31T23:59:59Z","requestParameters":null,"responseElements":null,"eventID":"e"}`},
		{"a record of version 1.0 has no id", `{"eventVersion":"1.0","eventTime":"2026-03-01T10:00:00Z","requestParameters":null,"responseElements":null}`},
		{"network activity has no parameters", `{"eventVersion":"1.11","eventTime":"2026-03-01T10:00:00Z","eventID":"e","vpcEndpointId":"vpce-1","eventCategory":"NetworkActivity"}`},
		{"an aggregated event", `{"eventVersion":"1.11","eventId":"e","accountId":"111122223333","eventCategory":"Aggregated","timeWindow":{"windowStart":"x"},"summary":{}}`},
		{"a record that does not fit", ` {"eventVersion":5, "eventID":"e"}`},
	}
	for _, c := range same {
		t.Run(c.name, func(t *testing.T) {
			var p Parser
			var r Record
			var composer Composer
			if err := p.Parse([]byte(c.in), &r); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.TrimSpace(c.in), string(composer.Record(&r))); diff != "" {
				t.Error(diff)
			}
		})
	}
	for _, c := range []struct{ name, in, want string }{
		{"other members that are null and empty objects are left out", `{"eventVersion":"1.08","eventTime":"2026-03-01T12:00:00+02:00","errorCode":null,"userIdentity":{"type":"Root","sessionContext":{"sessionIssuer":{}}},"eventID":"e","requestParameters":{}}`,
			`{"eventVersion":"1.08","userIdentity":{"type":"Root"},"eventTime":"2026-03-01T10:00:00Z","requestParameters":{},"responseElements":null,"eventID":"e"}`},
		{"a member may be the only one of its object", `{"eventVersion":"1.08","eventTime":"2026-03-01T10:00:00.5Z","tlsDetails":{"keyExchange":"k"},"eventID":"e","userIdentity":{"sessionContext":{"sourceIdentity":"s"}},"sessionCredentialFromConsole":"true"}`,
			`{"eventVersion":"1.08","userIdentity":{"sessionContext":{"sourceIdentity":"s"}},"eventTime":"2026-03-01T10:00:00.500Z","requestParameters":null,"responseElements":null,"eventID":"e","tlsDetails":{"keyExchange":"k"},"sessionCredentialFromConsole":"true"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var p Parser
			var r Record
			var composer Composer
			if err := p.Parse([]byte(c.in), &r); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, string(composer.Record(&r))); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("a time out of range is left out", func(t *testing.T) {
		var composer Composer
		r := Record{Time: (maxSeconds + 1) * 1e6, HasTime: true}
		if diff := cmp.Diff(`{"requestParameters":null,"responseElements":null}`, string(composer.Record(&r))); diff != "" {
			t.Error(diff)
		}
	})
}

// checkComposed composes what was parsed of a record, and parses it again.
func checkComposed(t *testing.T, composer *Composer, r *Record) {
	t.Helper()
	raw := bytes.Clone(composer.Record(r))
	if r.Reasons&BadRecord != 0 {
		return
	}
	var p Parser
	var again Record
	if err := p.Parse(raw, &again); err != nil {
		t.Fatalf("%v: %s", err, raw)
	}
	if r.Reasons&BadText != 0 {
		return // what stood for the text that is none is text now
	}
	type columns struct {
		Values     [Account][]byte
		Time       int64
		HasTime    bool
		RO, Mgmt   Tri
		ReasonText string
	}
	of := func(r *Record) columns {
		return columns{r.Values, r.Time, r.HasTime, r.ReadOnly, r.ManagementEvent, r.Reasons.String()}
	}
	if diff := cmp.Diff(of(r), of(&again)); diff != "" {
		t.Errorf("%s: (-want +got)\n%s", raw, diff)
	}
}

// What is composed of the columns of an organization's events gives the same columns.
func TestComposedRecordsParseToTheSameColumns(t *testing.T) {
	files, _ := logFiles(t, 6)
	raws, _ := records(t, files)
	var p Parser
	var r Record
	var composer Composer
	for _, raw := range raws {
		if err := p.Parse(raw, &r); err != nil {
			t.Fatal(err)
		}
		checkComposed(t, &composer, &r)
	}
}

// Of real records, all comes back that is not null, an empty object of the identity, or a space between members.
func TestCorpusCompose(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(corpus(t), "events", "*.ndjson"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	var p Parser
	var r Record
	var composer Composer
	for _, file := range files {
		for _, line := range corpusLines(t, file) {
			if err := p.Parse(line, &r); err != nil {
				t.Fatal(err)
			}
			checkComposed(t, &composer, &r)
			got := composer.Record(&r)
			if diff := cmp.Diff(withoutNothing(decode(t, line)), withoutNothing(decode(t, got))); diff != "" {
				t.Errorf("%s: %s", filepath.Base(file), diff)
			}
			for _, name := range []string{"requestParameters", "responseElements"} {
				want, wantThere := decode(t, line).(map[string]any)[name]
				have, there := decode(t, got).(map[string]any)[name]
				if there != wantThere || (want == nil) != (have == nil) {
					t.Errorf("%s: %s is there: %v, want %v", filepath.Base(file), name, there, wantThere)
				}
			}
		}
	}
}

// withoutNothing drops members of a record that are null, and empty objects of its identity.
func withoutNothing(v any) any {
	record := v.(map[string]any)
	var prune func(m map[string]any, empty bool)
	prune = func(m map[string]any, empty bool) {
		for name, v := range m {
			if inner, ok := v.(map[string]any); ok && (empty || name == "userIdentity" || name == "tlsDetails") {
				prune(inner, true)
				if len(inner) == 0 {
					delete(m, name)
				}
			} else if v == nil {
				delete(m, name)
			}
		}
	}
	prune(record, false)
	return record
}

func FuzzCompose(f *testing.F) {
	for _, c := range parseCases {
		f.Add([]byte(c.in))
	}
	f.Add([]byte(`{"eventVersion":"1.08","eventTime":"2026-03-01T12:00:00.123456+02:00","eventID":"\u0001\ud83d\ude00é\"","userIdentity":{"sessionContext":{"attributes":{"creationDate":"x"}},"type":"\\"}}`))
	f.Add([]byte(`{"eventId":"e","accountId":"1","eventCategory":"Aggregated","timeWindow":[]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var p Parser
		var r Record
		if p.Parse(raw, &r) != nil {
			return
		}
		var composer Composer
		got := composer.Record(&r)
		if !json.Valid(got) {
			t.Fatalf("not JSON: %q", got)
		}
		checkComposed(t, &composer, &r)
	})
}

func BenchmarkCompose(b *testing.B) {
	files, _ := logFiles(b, 24)
	raws, size := records(b, files)
	all := make([]Record, len(raws))
	for i, raw := range raws {
		var p Parser
		if err := p.Parse(raw, &all[i]); err != nil {
			b.Fatal(err)
		}
	}
	var composer Composer
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		for i := range all {
			composer.Record(&all[i])
		}
	}
	b.ReportMetric(float64(len(raws))*float64(b.N)/b.Elapsed().Seconds(), "records/s")
}
