package event

import (
	"fmt"
	"strconv"
	"unicode/utf8"
)

// MaxRecord is the most bytes of one record. CloudTrail's own limit is 1 MB.
const MaxRecord = 16 << 20

// maxColumnDepth is how many levels a JSON column's value may have: readers of the lake parse it again.
const maxColumnDepth = 200

// Fault says where and why bytes are not what they should be.
type Fault struct {
	Offset int // of the byte, from 0
	Number int // of the record in the input, from 0; 0 from Parse
	Reason string
	kind   error
}

func (f *Fault) Error() string {
	return fmt.Sprintf("record %d, byte %d: %s", f.Number, f.Offset, f.Reason)
}

// Unwrap returns ErrNotLogs, or nil.
func (f *Fault) Unwrap() error { return f.kind }

// describe says what the scanner's fault in b is.
func (s *scanner) describe(b []byte) string {
	found := "the end"
	if s.at < len(b) {
		found = strconv.QuoteRuneToASCII(rune(b[s.at]))
		if b[s.at] >= utf8.RuneSelf {
			found = fmt.Sprintf("byte 0x%02x", b[s.at])
		}
	}
	return "expected " + s.want + ", found " + found
}

// Parser takes records apart. The zero value is ready. It may be used by one goroutine at a time, for any number of
// records.
type Parser struct {
	scanner
	seen    set
	aliases [2][]byte // values of eventId and accountId
}

// Parse takes raw, one record in JSON, apart into r. White space around it is no part of the record.
//
// What does not fit the columns is no error: r.Reasons says what it is, and Values[Raw] has the record. The error is a
// *Fault, for bytes that are no JSON object, or are more than MaxRecord; r then holds nothing that means anything, and
// Malformed makes a row of the bytes.
func (p *Parser) Parse(raw []byte, r *Record) error {
	p.begin(r)
	if len(raw) > MaxRecord {
		return &Fault{Offset: MaxRecord, Reason: fmt.Sprintf("longer than %d bytes", MaxRecord)}
	}
	start := space(raw, 0)
	end := -1
	if start == len(raw) || raw[start] != '{' {
		p.fault(start, "an object")
	} else {
		end = p.object(raw, start+1, root, r)
	}
	if end >= 0 {
		if i := space(raw, end); i < len(raw) {
			end = p.fault(i, "nothing after the object")
		}
	}
	if end < 0 {
		return &Fault{Offset: p.at, Reason: p.describe(raw)}
	}
	p.finish(r)
	if r.Reasons != 0 {
		r.keep(raw[start:end])
	}
	return nil
}

// begin makes r and p ready for a record.
func (p *Parser) begin(r *Record) {
	r.reset()
	p.seen, p.aliases = set{}, [2][]byte{}
}

// object parses the members of the scope's object from the byte after its brace and returns the position after it,
// or -1.
func (p *Parser) object(b []byte, i int, s *scope, r *Record) int {
	i = space(b, i)
	if i < len(b) && b[i] == '}' {
		return i + 1
	}
	for {
		i = space(b, i)
		start := i + 1
		p.odd = 0
		if i = p.key(b, i); i < 0 {
			return -1
		}
		name := b[start : i-1]
		if p.odd != 0 {
			name = p.text(name, r)
		}
		if i = p.colon(b, i); i < 0 {
			return -1
		}
		if m := s.find(name); m != nil {
			i = p.member(b, i, m, r)
		} else {
			if s.folds(name) {
				r.Reasons |= Case
			} else {
				r.Reasons |= Unknown
			}
			i = p.pass(b, i, r)
		}
		if i < 0 {
			return -1
		}
		if i = space(b, i); i >= len(b) {
			return p.fault(len(b), `"," or "}"`)
		}
		switch b[i] {
		case ',':
			i++
		case '}':
			return i + 1
		default:
			return p.fault(i, `"," or "}"`)
		}
	}
}

// pass passes over a value that no column is for.
func (p *Parser) pass(b []byte, i int, r *Record) int {
	p.odd = 0
	start := i
	if i = p.value(b, i); i >= 0 && (p.odd&oddLone != 0 || p.odd&oddHigh != 0 && !utf8.Valid(b[start:i])) {
		r.Reasons |= BadText
	}
	return i
}

// member takes the value at i, where no white space is, to the member's column and returns the position after it, or
// -1.
func (p *Parser) member(b []byte, i int, m *member, r *Record) int {
	if i >= len(b) {
		return p.fault(len(b), "a value")
	}
	if p.seen.has(m.bit) {
		r.Reasons |= Twice
		p.forget(m, r)
	}
	p.seen.add(m.bit)
	c := b[i]
	if c == 'n' {
		return p.literal(b, i, "null")
	}
	switch {
	case m.kind == JSON:
		return p.json(b, i, m, r)
	case c == '"' && m.kind != kindObject:
		start := i + 1
		p.odd = 0
		if i = p.str(b, start); i < 0 {
			return -1
		}
		text := b[start:i]
		if p.odd != 0 {
			text = p.text(text, r)
		}
		p.setText(text, m, r)
		return i + 1
	case c == '{' && m.kind == kindObject:
		return p.object(b, i+1, m.inner, r)
	case c == 't' && m.kind == Bool:
		*r.bool(m.column) = True
		return p.literal(b, i, "true")
	case c == 'f' && m.kind == Bool:
		*r.bool(m.column) = False
		return p.literal(b, i, "false")
	}
	r.Reasons |= BadType
	return p.pass(b, i, r)
}

// text returns what the JSON string with the content s says.
func (p *Parser) text(s []byte, r *Record) []byte {
	if p.odd == oddHigh && utf8.Valid(s) {
		return s
	}
	return r.own(func(dst []byte) []byte {
		dst, exact := appendText(dst, s)
		if !exact {
			r.Reasons |= BadText
		}
		return dst
	})
}

// setText gives a string to a column that is no JSON.
func (p *Parser) setText(text []byte, m *member, r *Record) {
	switch {
	case m.alias && m.column == EventID:
		p.aliases[0] = text
	case m.alias:
		p.aliases[1] = text
	case m.kind == String:
		r.Values[m.column] = text
	case m.kind == Timestamp:
		var exact bool
		if r.Time, exact, r.HasTime = parseTime(text); !exact {
			r.Reasons |= BadTime
		}
	case m.kind == Bool:
		r.Reasons |= BadType
		switch string(text) {
		case "true":
			*r.bool(m.column) = True
		case "false":
			*r.bool(m.column) = False
		}
	}
}

func (p *Parser) json(b []byte, i int, m *member, r *Record) int {
	p.odd = 0
	start := i
	if i = p.value(b, i); i < 0 {
		return -1
	}
	v := b[start:i]
	if p.odd&oddLone != 0 || p.odd&oddHigh != 0 && !utf8.Valid(v) {
		r.Reasons |= BadText
		v = r.own(func(dst []byte) []byte { return appendJSON(dst, b[start:i]) })
	}
	if p.deepest > maxColumnDepth {
		r.Reasons |= Deep
		return i
	}
	r.Values[m.column] = v
	return i
}

// bool returns where the value of the Bool column is.
func (r *Record) bool(column int) *Tri {
	if column == ReadOnly {
		return &r.ReadOnly
	}
	return &r.ManagementEvent
}

// forget undoes what the member did when it was there before.
func (p *Parser) forget(m *member, r *Record) {
	switch {
	case m.alias && m.column == EventID:
		p.aliases[0] = nil
	case m.alias:
		p.aliases[1] = nil
	case m.kind == kindObject:
		clear(r.Values[m.column:m.end])
		p.seen.remove(m.inner.all)
	case m.kind == Timestamp:
		r.Time, r.HasTime = 0, false
	case m.kind == Bool:
		*r.bool(m.column) = Null
	default:
		r.Values[m.column] = nil
	}
}

// finish fills what follows from the other columns.
func (p *Parser) finish(r *Record) {
	for i, column := range [...]int{EventID, RecipientAccountID} {
		switch {
		case p.aliases[i] == nil:
		case r.Values[column] == nil:
			r.Values[column] = p.aliases[i]
		case string(r.Values[column]) != string(p.aliases[i]):
			r.Reasons |= Twice // the column holds one of two
		}
	}
	for _, column := range [...]int{
		SessionIssuerARN, UserIdentityARN, UserIdentityInvokedBy, UserIdentityPrincipalID, UserIdentityUserName,
	} {
		if len(r.Values[column]) > 0 {
			r.Values[Principal] = r.Values[column]
			break
		}
	}
	// Records of version 1.0 have no id, and aggregated events no time but a window of it.
	if len(r.Values[EventID]) == 0 && string(r.Values[EventVersion]) != "1.0" {
		r.Reasons |= NoEventID
	}
	if !r.HasTime && (r.Values[TimeWindow] == nil || string(r.Values[EventCategory]) != "Aggregated") {
		r.Reasons |= NoEventTime
	}
}
