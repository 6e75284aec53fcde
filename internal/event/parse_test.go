package event

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// whole is a record of every member that has a column.
const whole = `{"eventVersion":"1.11","userIdentity":{"type":"AssumedRole","principalId":"AROAEXAMPLE:s","arn":"arn:aws:sts::111122223333:assumed-role/R/s",` +
	`"accountId":"111122223333","accessKeyId":"ASIAEXAMPLE","userName":"u","invokedBy":"x.amazonaws.com","identityProvider":"idp","credentialId":"c",` +
	`"onBehalfOf":{"userId":"1","identityStoreArn":"2"},"inScopeOf":{"sourceArn":"3","sourceAccount":"4","issuerType":"5","credentialsIssuedTo":"6"},` +
	`"invokedByDelegate":{"accountId":"7"},"sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLE","arn":"arn:aws:iam::111122223333:role/R",` +
	`"accountId":"111122223333","userName":"R"},"webIdFederationData":{"federatedProvider":"8","attributes":{"a":"b"}},` +
	`"attributes":{"creationDate":"2026-03-02T00:00:00Z","mfaAuthenticated":"false"},"ec2RoleDelivery":"2.0","sourceIdentity":"9","assumedRoot":"true"}},` +
	`"eventTime":"2026-03-02T10:11:12Z","eventSource":"s3.amazonaws.com","eventName":"PutObject","awsRegion":"eu-west-1","sourceIPAddress":"192.0.2.1",` +
	`"userAgent":"agent","errorCode":"AccessDenied","errorMessage":"no","requestParameters":{"bucketName":"b","n":12345678901234567890},"responseElements":null,` +
	`"additionalEventData":{"bytes":0},"requestID":"r","eventID":"e","readOnly":false,"resources":[{"ARN":"a"}],"eventType":"AwsApiCall","apiVersion":"2006",` +
	`"managementEvent":false,"recipientAccountId":"111122223333","sharedEventID":"s","vpcEndpointId":"v","vpcEndpointAccountId":"w","serviceEventDetails":{},` +
	`"eventCategory":"Data","sessionCredentialFromConsole":"true","edgeDeviceDetails":{},"insightDetails":{},"addendum":{},"eventContext":{},"timeWindow":{},` +
	`"summary":{},"tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"h","keyExchange":"X25519MLKEM768"}}`

// basic returns a record with what every record has and the further members.
func basic(members string) string {
	return `{"eventID":"e","eventTime":"2026-03-02T10:11:12Z"` + members + `}`
}

func nested(levels int) string { return strings.Repeat("[", levels) + strings.Repeat("]", levels) }

// parseCases say what becomes of what is odd. want has what the columns hold: NAME=VALUE, sorted as in Columns, but for
// event_id, event_time and raw.
var parseCases = []struct{ name, in, reasons, want string }{
	{"plain", basic(`,"eventName":"x"`), "", "event_name=x"},
	{"white space", " {\n\t\"eventID\" : \"e\" ,\r\n\"eventTime\" : \"2026-03-02T10:11:12Z\" } ", "", ""},
	{"empty string is not NULL", basic(`,"userIdentity":{"accessKeyId":""}`), "", "user_identity_access_key_id="},
	{"null is NULL", basic(`,"eventName":null,"resources":null,"userIdentity":null,"readOnly":null`), "", ""},
	{"empty objects", basic(`,"userIdentity":{"sessionContext":{"sessionIssuer":{},"attributes":{}}},"tlsDetails":{}`), "", ""},
	{"escapes", basic(`,"userAgent":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00"`), "", "user_agent=\"\\/\b\f\n\r\té😀"},
	{"not ASCII", basic(`,"userAgent":"日本 é"`), "", "user_agent=日本 é"},
	{"NUL", basic(`,"userAgent":"a\u0000b"`), "", "user_agent=a\x00b"},
	{"escaped name", basic(`,"event\u004eame":"x"`), "", "event_name=x"},
	{"JSON of any type", basic(`,"requestParameters":"s","responseElements":[1, 2],"additionalEventData":1e400,"addendum":true`), "",
		`request_parameters="s" response_elements=[1, 2] additional_event_data=1e400 addendum=true`},
	{"JSON keeps its bytes", basic(`,"requestParameters":{ "b" : 1.0, "a":"\/", "b":12345678901234567890}`), "", `request_parameters={ "b" : 1.0, "a":"\/", "b":12345678901234567890}`},
	{"JSON of 200 levels", basic(`,"resources":` + nested(200)), "", "resources=" + nested(200)},
	{"JSON of 201 levels", basic(`,"resources":` + nested(201) + `,"eventName":"x"`), "deep", "event_name=x"},
	{"booleans", basic(`,"readOnly":true,"managementEvent":false`), "", "read_only=true management_event=false"},
	{"booleans in quotes", basic(`,"readOnly":"true","managementEvent":"false"`), "type", "read_only=true management_event=false"},
	{"boolean of another word", basic(`,"readOnly":"True"`), "type", ""},
	{"boolean of a number", basic(`,"readOnly":1`), "type", ""},

	{"number for a string", basic(`,"eventName":7`), "type", ""},
	{"object for a string", basic(`,"eventName":{"eventName":"x"}`), "type", ""},
	{"boolean for a string", basic(`,"sessionCredentialFromConsole":true`), "type", ""},
	{"string for an object", basic(`,"userIdentity":"root"`), "type", ""},
	{"array for an object", basic(`,"tlsDetails":[{"tlsVersion":"x"}]`), "type", ""},
	{"unknown at the top", basic(`,"eventNote":1`), "unknown", ""},
	{"unknown in userIdentity", basic(`,"userIdentity":{"type":"Root","colour":"x"}`), "unknown", "user_identity_type=Root"},
	{"unknown in tlsDetails", basic(`,"tlsDetails":{"x":null}`), "unknown", ""},
	{"unknown in a JSON column is known", basic(`,"summary":{"x":null}`), "", `summary={"x":null}`},
	{"name of another object", basic(`,"userIdentity":{"eventName":"x"}`), "unknown", ""},
	{"empty name", basic(`,"":1`), "unknown", ""},
	{"case", basic(`,"EventName":"x"`), "case", ""},
	{"case in userIdentity", basic(`,"userIdentity":{"ARN":"x","arn":"y"}`), "case", "user_identity_arn=y principal=y"},
	{"case of an alias", basic(`,"EVENTID":"x"`), "case", ""},
	{"unknown and case", basic(`,"x":1,"EventName":"x"`), "case,unknown", ""},
	{"twice", basic(`,"eventName":"x","eventName":"y"`), "twice", "event_name=y"},
	{"twice, then null", basic(`,"eventName":"x","eventName":null`), "twice", ""},
	{"twice, then another type", basic(`,"eventName":"x","eventName":1,"readOnly":true,"readOnly":2`), "twice,type", ""},
	{"object twice", basic(`,"userIdentity":{"type":"Root","arn":"a","sessionContext":{"assumedRoot":"true"}},"userIdentity":{"arn":"b"}`), "twice", "user_identity_arn=b principal=b"},
	{"JSON twice", basic(`,"resources":[1],"resources":[2]`), "twice", "resources=[2]"},
	{"time twice", basic(`,"eventTime":null`), "no_event_time,twice", ""},
	{"byte that is not UTF-8", basic(",\"eventName\":\"a\xffb\""), "utf8", "event_name=a\uFFFDb"},
	{"byte that is not UTF-8 in JSON", basic(",\"resources\":[\"a\xffb\"]"), "utf8", "resources=[\"a\uFFFDb\"]"},
	{"lone surrogate", basic(`,"eventName":"a\ud800\u0041\udc00"`), "utf8", "event_name=a\uFFFDA\uFFFD"},
	{"lone surrogate in JSON", basic(`,"resources":["\ud83d\ude00\ud800\\ud800"]`), "utf8", `resources=["\ud83d\ude00\ufffd\\ud800"]`},
	{"escapes in JSON that is not Unicode", basic(`,"resources":["\n\u00e9\udc00\"\ud83d\u0041"]`), "utf8", `resources=["\n\u00e9\ufffd\"\ufffd\u0041"]`},
	{"lone surrogate in an unknown member", basic(`,"x":"\ud800"`), "unknown,utf8", ""},
	{"no id", `{"eventTime":"2026-03-02T10:11:12Z"}`, "no_event_id", ""},
	{"empty id", `{"eventTime":"2026-03-02T10:11:12Z","eventID":""}`, "no_event_id", ""},
	{"no id before 1.01", `{"eventTime":"2026-03-02T10:11:12Z","eventVersion":"1.0"}`, "", "event_version=1.0"},
	{"no time", `{"eventID":"e"}`, "no_event_time", ""},
	{"time that is none", `{"eventID":"e","eventTime":"2026-02-30T00:00:00Z"}`, "no_event_time,time", ""},
	{"time of seconds", `{"eventID":"e","eventTime":1772445600}`, "no_event_time,type", ""},
	{"time finer than microseconds", `{"eventID":"e","eventTime":"2026-03-02T10:11:12.0000001Z"}`, "time", ""},
	{"nothing", `{}`, "no_event_id,no_event_time", ""},
	{"aggregated", `{"eventVersion":"1.0","accountId":"111122223333","eventId":"e","eventCategory":"Aggregated","timeWindow":{"windowSize":"PT5M"}}`, "",
		`event_version=1.0 recipient_account_id=111122223333 event_category=Aggregated time_window={"windowSize":"PT5M"}`},
	{"alias beside the same", basic(`,"eventId":"e","recipientAccountId":"1","accountId":"1"`), "", "recipient_account_id=1"},
	{"alias beside another", basic(`,"eventId":"f"`), "twice", ""},
	{"alias twice", `{"eventTime":"2026-03-02T10:11:12Z","eventId":"f","eventId":"e"}`, "twice", ""},
	{"account twice", basic(`,"accountId":"1","accountId":"2"`), "twice", "recipient_account_id=2"},
	{"alias of another type", basic(`,"accountId":111122223333`), "type", ""},

	{"principal: issuer", basic(`,"userIdentity":{"arn":"a","sessionContext":{"sessionIssuer":{"arn":"i"}}}`), "", "user_identity_arn=a session_issuer_arn=i principal=i"},
	{"principal: empty issuer", basic(`,"userIdentity":{"arn":"a","sessionContext":{"sessionIssuer":{"arn":""}}}`), "", "user_identity_arn=a session_issuer_arn= principal=a"},
	{"principal: service", basic(`,"userIdentity":{"principalId":"p","invokedBy":"s"}`), "", "user_identity_principal_id=p user_identity_invoked_by=s principal=s"},
	{"principal: id", basic(`,"userIdentity":{"principalId":"p","userName":"u"}`), "", "user_identity_principal_id=p user_identity_user_name=u principal=p"},
	{"principal: name", basic(`,"userIdentity":{"userName":"u"}`), "", "user_identity_user_name=u principal=u"},
}

// show prints the columns as parseCases have them.
func show(r *Record) string {
	var words []string
	for i, c := range Columns[:Raw] {
		switch {
		case i == EventID:
		case c.Type == Bool:
			if b := *r.bool(i); b != Null {
				words = append(words, fmt.Sprintf("%s=%v", c.Name, b == True))
			}
		case r.Values[i] != nil:
			words = append(words, c.Name+"="+string(r.Values[i]))
		}
	}
	return strings.Join(words, " ")
}

func TestParse(t *testing.T) {
	var p Parser
	var r Record // the same for all cases: nothing of one must show in the next
	for _, c := range parseCases {
		t.Run(c.name, func(t *testing.T) {
			if err := p.Parse([]byte(c.in), &r); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.reasons, r.Reasons.String()); diff != "" {
				t.Errorf("reasons (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.want, show(&r)); diff != "" {
				t.Errorf("columns (-want +got):\n%s", diff)
			}
			checkAgainstStandard(t, []byte(c.in), &r)
		})
	}
}

func TestParseWholeRecord(t *testing.T) {
	var p Parser
	var r Record
	if err := p.Parse([]byte(whole), &r); err != nil {
		t.Fatal(err)
	}
	if r.Reasons != 0 {
		t.Errorf("reasons %q", r.Reasons)
	}
	for i, c := range Columns[:Principal] {
		if c.Type != Bool && c.Type != Timestamp && r.Values[i] == nil && i != ResponseElements {
			t.Errorf("%s is NULL", c.Name)
		}
	}
	checkAgainstStandard(t, []byte(whole), &r)
}

func TestParseRefusesEveryCut(t *testing.T) {
	var p Parser
	var r Record
	for n := range len(whole) {
		err := p.Parse([]byte(whole[:n]), &r)
		var fault *Fault
		if !errors.As(err, &fault) || fault.Offset != n || !strings.HasSuffix(fault.Reason, "found the end") {
			t.Fatalf("cut at %d: %v", n, err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		in     string
		offset int
		reason string
	}{
		"no bytes":           {"", 0, "expected an object, found the end"},
		"text":               {"hello", 0, "expected an object, found 'h'"},
		"array":              {" [{}]", 1, "expected an object, found '['"},
		"more":               {"{} {}", 3, "expected nothing after the object, found '{'"},
		"comma at the end":   {`{"a":1,}`, 7, "expected the name of a member, found '}'"},
		"name without value": {`{"a"}`, 4, `expected ":", found '}'`},
		"value is missing":   {`{"eventName":}`, 13, "expected a value, found '}'"},
		"wrong bracket":      {`{"a":[}`, 6, "expected a value, found '}'"},
		"no fraction":        {`{"a":1.}`, 7, "expected a digit, found '}'"},
		"no exponent":        {`{"a":1e+}`, 8, "expected a digit, found '}'"},
		"plus":               {`{"a":+1}`, 5, "expected a value, found '+'"},
		"cut minus":          {`{"a":-`, 6, "expected a digit, found the end"},
		"cut exponent":       {`{"a":1E`, 7, "expected a digit, found the end"},
		"cut \\u":            {`{"a":"\u12`, 10, "expected four hexadecimal digits, found the end"},
		"nested name":        {`{"a":{"b":1,2}}`, 12, "expected the name of a member, found '2'"},
		"nested colon":       {`{"a":[{"b" 1}]}`, 11, `expected ":", found '1'`},
		"no comma":           {`{"a":[1 2]}`, 8, `expected "," or "]", found '2'`},
		"bad literal":        {`{"eventName":nul}`, 16, "expected null, found '}'"},
		"bad number":         {`{"eventName":01}`, 14, `expected "," or "}", found '1'`},
		"minus":              {`{"eventName":-}`, 14, `expected a digit, found '}'`},
		"line break in text": {"{\"eventName\":\"a\n\"}", 15, `expected no control character in a string, found '\n'`},
		"bad escape":         {`{"eventName":"\x"}`, 15, "expected an escaped character, found 'x'"},
		"bad \\u":            {`{"eventName":"\u00g0"}`, 18, "expected four hexadecimal digits, found 'g'"},
		"byte":               {"{\"a\":\xff}", 5, "expected a value, found byte 0xff"},
		"too deep":           {`{"a":` + nested(maxDepth+1), 5 + maxDepth, "expected no deeper nesting, found '['"},
		"too long":           {`{"a":"` + strings.Repeat("x", MaxRecord) + `"}`, MaxRecord, "longer than 16777216 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			var p Parser
			var r Record
			var fault *Fault
			if err := p.Parse([]byte(c.in), &r); !errors.As(err, &fault) {
				t.Fatalf("%v", err)
			}
			if diff := cmp.Diff(Fault{Offset: c.offset, Reason: c.reason}, *fault, cmp.AllowUnexported(Fault{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseNeedsNoMemory(t *testing.T) {
	var p Parser
	var r Record
	odd := []byte(basic(`,"userAgent":"a \"b\"","x":1`)) // not the usual case: memory that is used again
	for _, raw := range [][]byte{[]byte(whole), odd} {
		r.Reasons = 0
		allocs := testing.AllocsPerRun(100, func() {
			if err := p.Parse(raw, &r); err != nil {
				t.Fatal(err)
			}
			r.Place(Origin{})
		})
		if limit := map[bool]float64{true: 0, false: 3}[r.Reasons == 0]; allocs > limit {
			t.Errorf("%v allocations, want at most %v: %s", allocs, limit, raw)
		}
	}
}

func TestEveryColumnWithAPathIsFound(t *testing.T) {
	for i, c := range Columns {
		if c.Path == "" {
			continue
		}
		at := root
		names := strings.Split(c.Path, ".")
		for _, n := range names[:len(names)-1] {
			m := at.find([]byte(n))
			if m == nil || m.kind != kindObject || i < m.column || i >= m.end {
				t.Fatalf("%s: %q leads nowhere", c.Path, n)
			}
			at = m.inner
		}
		if m := at.find([]byte(names[len(names)-1])); m == nil || m.column != i || m.kind != c.Type {
			t.Errorf("%s is not found", c.Path)
		}
	}
}
