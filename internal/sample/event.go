package sample

import (
	"strconv"
	"strings"
	"time"
)

// actor is a principal with one set of credentials, as it appears in one account.
type actor struct {
	identity string // the userIdentity object
	arn      string
	session  string // session or user name
	address  string
	agent    string
	service  bool // an AWS service or one acting on its own: no TLS details
	console  bool
}

// event is one record to be written.
type event struct {
	call    *call
	who     *actor
	account Account
	region  string
	at      time.Time
	salt    uint64            // decides every word, id and request id
	words   map[string]string // words that the story fixes
	denied  bool              // IAM says no
	failed  bool              // the service says no, as the catalogue tells
	code    string            // another failure: errorCode (may be empty), and
	message string            // errorMessage
	shared  string            // sharedEventID
	step    *Step             // the incident's step that this is
}

// id is the event's eventID.
func (e *event) id() string { return uuid(mix(e.salt + 1)) }

// accessDenied is the errorCode that a service answers with.
func accessDenied(service string) string {
	switch service {
	case "ec2":
		return "Client.UnauthorizedOperation"
	case "iam", "sts", "s3", "rds", "autoscaling", "cloudformation", "route53", "monitoring", "elasticloadbalancing":
		return "AccessDenied"
	}
	return "AccessDeniedException"
}

// action is the IAM action of a call, as error messages name it.
func (c *call) action() string {
	name, service := c.name, c.service
	if i := strings.Index(name, "2015"); i > 0 {
		name = name[:i]
	}
	if service == "monitoring" {
		service = "cloudwatch"
	}
	if name == "ListBuckets" {
		name = "ListAllMyBuckets"
	}
	return service + ":" + name
}

// append appends the record's JSON, with fields in CloudTrail's order.
func (g *generator) append(b []byte, e *event) []byte {
	c, w := e.call, e.who
	str := func(name, value string) {
		b = append(append(append(b, ',', '"'), name...), '"', ':')
		b = appendString(b, value)
	}
	raw := func(name string, t template) {
		b = append(append(append(b, ',', '"'), name...), '"', ':')
		if t == nil {
			b = append(b, "null"...)
		} else {
			b = g.fill(b, t, e)
		}
	}
	b = append(b, `{"eventVersion":"`...)
	b = append(b, c.version...)
	b = append(b, `","userIdentity":`...)
	b = append(b, w.identity...)
	str("eventTime", e.at.Format(isoSecond))
	str("eventSource", c.service+".amazonaws.com")
	str("eventName", c.name)
	str("awsRegion", e.region)
	str("sourceIPAddress", w.address)
	str("userAgent", w.agent)
	code, message := g.outcome(e)
	if code != "" {
		str("errorCode", code)
	}
	if message != "" {
		str("errorMessage", message)
	}
	failed := message != ""
	request, response := c.request, c.response
	if e.denied {
		request = nil
	}
	if failed && c.service != "signin" {
		response = nil
	}
	raw("requestParameters", request)
	raw("responseElements", response)
	b = g.appendAdditional(b, e)
	if c.service != "signin" {
		str("requestID", string(g.word(nil, e, part{name: "req"})))
	}
	str("eventID", e.id())
	b = append(b, `,"readOnly":`...)
	b = strconv.AppendBool(b, c.readOnly)
	if !failed {
		b = g.appendResources(b, e)
	}
	kind := "AwsApiCall"
	switch {
	case c.byService:
		kind = "AwsServiceEvent"
	case c.service == "signin":
		kind = "AwsConsoleSignIn"
	}
	str("eventType", kind)
	b = append(b, `,"managementEvent":true`...)
	str("recipientAccountId", e.account.ID)
	if e.shared != "" {
		str("sharedEventID", e.shared)
	}
	if c.details != nil {
		raw("serviceEventDetails", c.details)
	}
	str("eventCategory", "Management")
	b = appendTLS(b, e)
	if w.console && c.service != "signin" {
		str("sessionCredentialFromConsole", "true")
	}
	return append(b, '}')
}

// outcome is the event's errorCode and errorMessage.
func (g *generator) outcome(e *event) (code, message string) {
	c := e.call
	switch {
	case e.denied:
		message = "User: " + e.who.arn + " is not authorized to perform: " + c.action() +
			" because no identity-based policy allows the " + c.action() + " action"
		if c.service == "ec2" {
			message = "You are not authorized to perform this operation. " + message
		}
		return accessDenied(c.service), message
	case e.message != "":
		return e.code, e.message
	case e.failed && c.failure != nil:
		if code = c.failure.code; code == "-" {
			code = ""
		}
		return code, string(g.fill(nil, c.failure.message, e))
	}
	return "", ""
}

func (g *generator) appendAdditional(b []byte, e *event) []byte {
	switch {
	case e.call.additional != nil:
		return g.fill(append(b, `,"additionalEventData":`...), e.call.additional, e)
	case e.call.service == "s3":
		b = append(b, `,"additionalEventData":{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":0,"AuthenticationMethod":"AuthHeader","x-amz-id-2":"`...)
		b = appendID(b, mix(e.salt+3), base62Digits, 75)
		b = append(b, `=","bytesTransferredOut":`...)
		b = strconv.AppendUint(b, e.salt%4000, 10)
		return append(b, '}')
	}
	return b
}

func (g *generator) appendResources(b []byte, e *event) []byte {
	for i, r := range e.call.resources {
		if i == 0 {
			b = append(b, `,"resources":[`...)
		} else {
			b = append(b, ',')
		}
		owner := e.account.ID
		if other, ok := e.words["owner"]; ok {
			owner = other
		}
		b = append(append(b, `{"accountId":"`...), owner...)
		if r.kind != "-" {
			b = append(append(b, `","type":"`...), r.kind...)
		}
		b = append(b, `","ARN":"`...)
		b = append(g.fill(b, r.arn, e), `"}`...)
	}
	if len(e.call.resources) > 0 {
		b = append(b, ']')
	}
	return b
}

func appendTLS(b []byte, e *event) []byte {
	c := e.call
	if e.who.service || c.byService {
		return b
	}
	host := c.service + "." + e.region + ".amazonaws.com"
	switch {
	case c.service == "signin":
		host = e.region + ".signin.aws.amazon.com"
	case c.global:
		host = c.service + ".amazonaws.com"
	}
	b = append(b, `,"tlsDetails":{"tlsVersion":"`...)
	if hash64(3, e.who.agent)%5 == 0 {
		b = append(b, `TLSv1.2","cipherSuite":"ECDHE-RSA-AES128-GCM-SHA256`...)
	} else {
		b = append(b, `TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256`...)
	}
	b = append(append(b, `","clientProvidedHostHeader":"`...), host...)
	return append(b, `"}`...)
}

// appendString appends a JSON string; the samples hold no control characters.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	for i := range len(s) {
		if s[i] == '"' || s[i] == '\\' {
			b = append(b, '\\')
		}
		b = append(b, s[i])
	}
	return append(b, '"')
}
