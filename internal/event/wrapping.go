package event

import (
	"bytes"
	"strings"
)

// What the names of members say about the object that has them.
type sign uint16

const (
	signRecord    sign = 1 << iota // it is a record
	signRecords                    // its array holds records
	signEvents                     // its array holds what lookup-events and CloudWatch Logs print
	signDetail                     // EventBridge's
	signKind                       // EventBridge's detail-type
	signSource                     // EventBridge's
	signLookup                     // the record as a string
	signMessage                    // CloudWatch Logs' record as a string
	signStamp                      // what stands beside a message
	signControl                    // says whether a subscription carries messages
	signElsewhere                  // a digest or a file of AWS Config
)

// maxSign is more than the longest name that says something has bytes; each may be escaped, with five more.
const maxSign = 32

// signOf is the sign of a member whose name stands between quotes.
func signOf(name []byte) sign {
	if len(name) <= 6*maxSign && bytes.IndexByte(name, '\\') >= 0 {
		name, _ = appendText(nil, name)
	}
	switch string(name) {
	case "eventVersion", "eventID", "eventName", "eventTime", "eventSource", "userIdentity", "eventCategory",
		"errorCode", "eventType", "recipientAccountId", "requestParameters", "responseElements", "sourceIPAddress":
		return signRecord
	case "Records":
		return signRecords
	case "Events", "events", "logEvents":
		return signEvents
	case "detail":
		return signDetail
	case "detail-type":
		return signKind
	case "source":
		return signSource
	case "CloudTrailEvent":
		return signLookup
	case "message":
		return signMessage
	case "timestamp", "ingestionTime", "id", "logStreamName":
		return signStamp
	case "messageType":
		return signControl
	case "digestStartTime", "configurationItems", "configSnapshotId", "configRuleId":
		return signElsewhere
	}
	return 0
}

// found is what is known of an object.
type found struct {
	signs                         sign
	detail, kind, lookup, message span
	control                       bool // a CONTROL_MESSAGE: CloudWatch Logs tries whether anybody listens
	open                          bool // it is no record, and what was passed over is not kept
}

// object takes apart the object at pos, where mark is too: it yields the object as a record, or the records in it.
func (s *splitter) object(w Wrapping, nesting int) result {
	var f found
	s.pos++
	for first := true; ; first = false {
		c := s.peek()
		if c == '}' && first {
			break
		}
		if !first {
			if c == '}' {
				break
			}
			if c != ',' {
				return s.lost(&f, `"," or "}"`)
			}
			s.pos++
			s.peek()
		}
		from := s.pos - s.mark
		if !s.pass(stepKey) {
			return f.result()
		}
		sign := signOf(s.buf[s.mark+from+1 : s.pos-1])
		if !s.pass(stepColon) {
			return f.result()
		}
		if r := s.part(&f, sign, nesting); r != done {
			return r
		}
		if f.open {
			s.mark = s.pos
		}
	}
	s.pos++
	if f.open {
		s.mark = s.pos
		return done
	}
	return s.judge(&f, w)
}

func (s *splitter) lost(f *found, want string) result {
	s.fail(s.pos, want)
	return f.result()
}

// result of an object with a fault in it.
func (f *found) result() result {
	if f.open {
		return cut
	}
	return broken
}

// part passes over the value of a member with the sign, and yields the records that a wrapping has there.
func (s *splitter) part(f *found, sign sign, nesting int) result {
	c := s.peek()
	record := f.signs&signRecord != 0
	switch {
	case sign == signElsewhere && !record && !f.open:
		f.open = true
		failed := Fault{Offset: s.base + s.pos, Reason: "a digest file or a file of AWS Config, " + ErrNotLogs.Error(), kind: ErrNotLogs}
		if s.give(nil, &failed) == stop {
			return stop
		}
		s.mark = s.pos
	case c == '[' && !record && nesting < maxNesting && (sign == signRecords || sign == signEvents):
		f.open = true
		s.mark = s.pos
		switch {
		case sign == signRecords:
			return s.array(s.record, Records, nesting+1)
		case f.control:
			return s.array(s.drop, Bare, nesting+1)
		}
		return s.array(s.any, Bare, nesting+1)
	}
	if c == '[' && f.open {
		s.mark = s.pos
		return s.array(s.drop, Bare, nesting+1)
	}
	v := span{from: s.pos - s.mark}
	if !s.pass(stepValue) {
		return f.result()
	}
	v.to = s.pos - s.mark
	f.signs |= sign
	switch {
	case sign == signDetail && c == '{':
		f.detail = v
	case sign == signKind && c == '"':
		f.kind = v
	case sign == signLookup && c == '"':
		f.lookup = v
	case sign == signMessage && c == '"':
		f.message = v
	case sign == signControl && c == '"':
		f.control = string(s.buf[s.mark+v.from:s.mark+v.to]) == `"CONTROL_MESSAGE"`
	}
	return done
}

// judge yields what the whole object, from mark to pos, turned out to be.
func (s *splitter) judge(f *found, w Wrapping) result {
	has := func(all sign) bool { return f.signs&all == all }
	whole := s.buf[s.mark:s.pos]
	switch {
	case has(signRecord):
		return s.giveWrapped(whole, w, nil)
	case f.detail.to > 0 && (has(signKind) || has(signSource)):
		kind := string(whole[f.kind.from:f.kind.to])
		if has(signKind) && !strings.HasSuffix(kind, ` via CloudTrail"`) {
			return s.alien(whole, "an event that EventBridge has from elsewhere")
		}
		return s.giveWrapped(whole[f.detail.from:f.detail.to], EventBridge, nil)
	case f.lookup.to > 0:
		return s.text(f.lookup, Lookup)
	case f.message.to > 0 && has(signStamp):
		return s.text(f.message, LogMessage)
	}
	return s.alien(whole, "an object without any member of a record")
}

func (s *splitter) alien(whole []byte, what string) result {
	return s.give(whole, &Fault{Offset: s.base + s.mark, Reason: what + ", " + ErrNotLogs.Error(), kind: ErrNotLogs})
}
