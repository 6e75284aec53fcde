package event

import (
	"slices"
	"strings"
	"time"
)

// Composer puts records together again from their columns: the inverse of Parser. The zero value is ready. It may be used
// by one goroutine at a time.
//
// Parsing what it makes gives the same columns again. The members stand in the order in which AWS writes them, without
// white space, JSON columns byte for byte. What columns do not hold does not come back, which matters to whoever looks at
// the JSON and not at columns, as filter patterns and Sigma rules do:
//
//   - Whether a member was null or absent. requestParameters and responseElements are written as null where their column is
//     NULL, as AWS does in every record of an API call; only records of the categories Insight, Aggregated and
//     NetworkActivity go without. All other members are left out. So of errorCode and the like NOT EXISTS holds, and IS NULL
//     does not, where the record said null: AWS's log files do not, but tools that print events do.
//   - Objects without any member that has a column, as in "webIdFederationData": {} and "sessionIssuer": {}: they are left
//     out, and NOT EXISTS holds of them.
//   - How eventTime was written: it comes in UTC, to the second, and with a fraction where there is one.
//   - Which characters of a text were escaped, the white space, and the order of members: a term that is looked for in the
//     JSON's own text can see them.
//   - The names of aggregated events, eventId and accountId: they come back by the event's category.
//
// Numbers, booleans and texts do not change into each other: a record in which they do not fit has its raw column.
type Composer struct {
	buf  []byte
	date [len("2006-01-02")]byte // of day
	day  int64
	have bool // date is filled
}

// piece is how a column is written.
type piece struct {
	column int
	kind   Type
	name   string    // as in "eventTime":
	depth  int       // objects that it is in
	scopes [3]uint8  // their numbers, outermost first
	open   [3]string // how they begin, as in "userIdentity":{
}

// layout is the columns that have a path, as AWS orders them:
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html.
var layout = newLayout(
	EventVersion,
	UserIdentityType, UserIdentityPrincipalID, UserIdentityARN, UserIdentityAccountID, UserIdentityAccessKeyID, UserIdentityUserName,
	SessionIssuerType, SessionIssuerPrincipalID, SessionIssuerARN, SessionIssuerAccountID, SessionIssuerUserName,
	SessionFederatedProvider, SessionWebIDAttributes, SessionCreationDate, SessionMFAAuthenticated,
	SessionEC2RoleDelivery, SessionSourceIdentity, SessionAssumedRoot,
	UserIdentityInvokedBy, UserIdentityIdentityProvider, UserIdentityCredentialID, OnBehalfOfUserID, OnBehalfOfIdentityStoreARN,
	InScopeOfSourceARN, InScopeOfSourceAccount, InScopeOfIssuerType, InScopeOfCredentialsIssuedTo, InvokedByDelegateAccountID,
	EventTime, EventSource, EventName, AWSRegion, SourceIPAddress, UserAgent, ErrorCode, ErrorMessage,
	RequestParameters, ResponseElements, AdditionalEventData, RequestID, EventID, ReadOnly, Resources, EventType, APIVersion,
	ManagementEvent, RecipientAccountID, SharedEventID, ServiceEventDetails, VPCEndpointID, VPCEndpointAccountID,
	EventCategory, Addendum, InsightDetails, EdgeDeviceDetails, EventContext, TimeWindow, Summary,
	TLSVersion, TLSCipherSuite, TLSClientProvidedHostHeader, TLSKeyExchange, SessionCredentialFromConsole,
)

func newLayout(columns ...int) []piece {
	var scopes []string
	out := make([]piece, len(columns))
	for i, number := range columns {
		names := strings.Split(Columns[number].Path, ".")
		p := piece{column: number, kind: Columns[number].Type, name: `"` + names[len(names)-1] + `":`, depth: len(names) - 1}
		for d, name := range names[:p.depth] {
			path := strings.Join(names[:d+1], ".")
			at := slices.Index(scopes, path)
			if at < 0 {
				at, scopes = len(scopes), append(scopes, path)
			}
			p.scopes[d], p.open[d] = uint8(at), `"`+name+`":{`
		}
		out[i] = p
	}
	return out
}

// Record returns the record that r was made of, in JSON: Values[Raw] where it is there, and else what the columns make. It
// is good until the next call, and as long as r is. Of a record that was malformed it is no JSON.
func (c *Composer) Record(r *Record) []byte {
	if raw := r.Values[Raw]; raw != nil {
		return raw
	}
	category := string(r.Values[EventCategory])
	aggregated := category == "Aggregated"
	nulls := !aggregated && category != "Insight" && category != "NetworkActivity"
	b := append(c.buf[:0], '{')
	depth, open := 0, [3]uint8{}
	for i := range layout {
		p := &layout[i]
		v := r.Values[p.column]
		if v == nil && !p.written(r, nulls) {
			continue
		}
		shared := 0
		for shared < depth && shared < p.depth && open[shared] == p.scopes[shared] {
			shared++
		}
		for ; depth > shared; depth-- {
			b = append(b, '}')
		}
		if b[len(b)-1] != '{' {
			b = append(b, ',')
		}
		for ; depth < p.depth; depth++ {
			open[depth] = p.scopes[depth]
			b = append(b, p.open[depth]...)
		}
		name := p.name
		if aggregated {
			switch p.column {
			case EventID:
				name = `"eventId":`
			case RecipientAccountID:
				name = `"accountId":`
			}
		}
		b = append(b, name...)
		switch {
		case p.kind == Timestamp:
			b = c.time(b, r.Time)
		case p.kind == Bool && *r.bool(p.column) == True:
			b = append(b, "true"...)
		case p.kind == Bool:
			b = append(b, "false"...)
		case v == nil:
			b = append(b, "null"...)
		case p.kind == JSON:
			b = append(b, v...)
		default:
			b = append(b, '"')
			b = escape(b, v)
			b = append(b, '"')
		}
	}
	for ; depth > 0; depth-- {
		b = append(b, '}')
	}
	c.buf = append(b, '}')
	return c.buf
}

// written reports whether a column without text is there.
func (p *piece) written(r *Record, nulls bool) bool {
	switch {
	case p.kind == Timestamp:
		return r.HasTime && r.Time >= minSeconds*1e6 && r.Time < (maxSeconds+1)*1e6
	case p.kind == Bool:
		return *r.bool(p.column) != Null
	}
	return nulls && (p.column == RequestParameters || p.column == ResponseElements)
}

// time appends a time as CloudTrail writes it.
func (c *Composer) time(b []byte, micros int64) []byte {
	const second, daySeconds = 1_000_000, 86400
	seconds, fraction := micros/second, micros%second
	if fraction < 0 {
		seconds, fraction = seconds-1, fraction+second
	}
	day, at := seconds/daySeconds, seconds%daySeconds
	if at < 0 {
		day, at = day-1, at+daySeconds
	}
	if !c.have || c.day != day {
		time.Unix(day*daySeconds, 0).UTC().AppendFormat(c.date[:0], time.DateOnly)
		c.day, c.have = day, true
	}
	b = append(b, '"')
	b = append(b, c.date[:]...)
	two := func(before byte, n int64) { b = append(b, before, byte('0'+n/10), byte('0'+n%10)) }
	two('T', at/3600)
	two(':', at/60%60)
	two(':', at%60)
	if fraction > 0 {
		digits := 6
		if fraction%1000 == 0 {
			fraction, digits = fraction/1000, 3
		}
		b = append(b, ".000000"[:1+digits]...)
		for i := len(b) - 1; fraction > 0; i-- {
			b[i], fraction = byte('0'+fraction%10), fraction/10
		}
	}
	return append(b, 'Z', '"')
}
