package investigate

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/trailseal/trailseal/internal/dialect"
)

// Kind is a kind of subject.
type Kind string

// The kinds of subject, as the command line names them.
const (
	OfPrincipal Kind = "principal" // ARN, unique id or name of a user, role or service; a person's name in Identity Center
	OfSession   Kind = "session"   // ARN, ROLEID:NAME, name or access key of a session
	OfIP        Kind = "ip"        // address, CIDR block, or a service's host name as CloudTrail writes it
	OfKey       Kind = "key"       // access key id
	OfResource  Kind = "resource"  // ARN or name
	OfEvent     Kind = "event"     // eventID
)

// Kinds are all kinds of subject.
func Kinds() []Kind { return []Kind{OfPrincipal, OfSession, OfIP, OfKey, OfResource, OfEvent} }

// Subject is what a case is about.
type Subject struct {
	Kind Kind   `json:"kind"`
	ID   string `json:"id"`
}

// ErrSubject says that a subject or a period cannot be asked about, whatever the lake holds.
var ErrSubject = errors.New("cannot be investigated")

// Options narrow a case.
type Options struct {
	From, To time.Time     // [From, To); zero: open on that side
	Around   time.Duration // of an event: how far before and after it its session is shown; 0: 30 minutes
	Limit    int           // of the timeline; 0: 1000; at most 10000
}

const (
	defaultAround = 30 * time.Minute
	defaultLimit  = 1000
	maxLimit      = 10_000
	maxID         = 2048
	maxWhere      = 200 << 10 // of SQL, below what package dialect takes: control characters are six bytes each in JSON
)

func (o Options) settle() (Options, error) {
	if o.Around == 0 {
		o.Around = defaultAround
	}
	if o.Limit == 0 {
		o.Limit = defaultLimit
	}
	if o.Limit < 0 || o.Limit > maxLimit || o.Around < 0 {
		return o, fmt.Errorf("a limit of %d events, %v around: %w: want 1 to %d, and no negative time", o.Limit, o.Around, ErrSubject, maxLimit)
	}
	if !o.From.IsZero() && !o.To.IsZero() && !o.From.Before(o.To) {
		return o, fmt.Errorf("a period that ends at %v and begins at %v: %w", o.To, o.From, ErrSubject)
	}
	if !o.From.IsZero() {
		o.From = o.From.UTC()
	}
	if !o.To.IsZero() {
		o.To = o.To.UTC()
	}
	return o, nil
}

// where is the SQL for the events of the subject.
func (s Subject) where() (string, error) {
	text, err := s.condition()
	if err == nil && len(text) > maxWhere {
		return "", fmt.Errorf("an id of %d bytes: %w: it has too many characters that are spelt in several ways", len(s.ID), ErrSubject)
	}
	return text, err
}

func (s Subject) condition() (string, error) {
	switch {
	case s.ID == "" || len(s.ID) > maxID:
		return "", fmt.Errorf("an id of %d bytes: %w: want 1 to %d", len(s.ID), ErrSubject, maxID)
	case !utf8.ValidString(s.ID) || strings.ContainsRune(s.ID, 0):
		return "", fmt.Errorf("%q: %w: it is not text", s.ID, ErrSubject)
	}
	id, err := dialect.Literal(s.ID)
	if err != nil {
		return "", fmt.Errorf("%q: %w: %w", s.ID, ErrSubject, err)
	}
	switch s.Kind {
	case OfPrincipal:
		return s.principal(id), nil
	case OfSession:
		where := "user_identity_arn = " + id + " OR user_identity_principal_id = " + id + " OR user_identity_access_key_id = " + id
		if !strings.ContainsAny(s.ID, ":/") {
			where += " OR user_identity_arn LIKE " + like("%:assumed-role/%/", s.ID, "")
		}
		return "(" + where + ")", nil
	case OfIP:
		return address(s.ID, id), nil
	case OfKey:
		return "user_identity_access_key_id = " + id, nil
	case OfResource:
		return resource(s.ID), nil
	case OfEvent:
		return "event_id = " + id, nil
	}
	return "", fmt.Errorf("%q: %w: want principal, session, ip, key, resource or event", string(s.Kind), ErrSubject)
}

func (s Subject) principal(id string) string {
	var or []string
	for _, c := range [...]string{"principal", "user_identity_arn", "session_issuer_arn", "user_identity_principal_id", "session_issuer_principal_id",
		"user_identity_user_name", "session_issuer_user_name", "user_identity_invoked_by", "session_source_identity", "on_behalf_of_user_id"} {
		or = append(or, c+" = "+id)
	}
	or = append(or, "(user_identity_type = 'AWSAccount' AND user_identity_account_id = "+id+")",
		"(event_source = 'signin.amazonaws.com' AND json_extract_scalar(additional_event_data, '$.UserName') = "+id+")")
	if !strings.ContainsAny(s.ID, ":/") {
		// A person in Identity Center is the name of the session.
		or = append(or, "user_identity_arn LIKE "+like("%:assumed-role/%/", s.ID, ""))
	}
	return "(" + strings.Join(or, " OR ") + ")"
}

// address is the SQL for events from an address or block. An IPv6 address has several spellings.
func address(text, literal string) string {
	if a, err := netip.ParseAddr(text); err == nil && a.Zone() == "" {
		a = a.Unmap()
		if a.Is4() {
			return "source_ip_address = '" + a.String() + "'"
		}
		return "ip_in_cidr(source_ip_address, '" + a.String() + "/128')"
	}
	if p, err := netip.ParsePrefix(text); err == nil {
		return "ip_in_cidr(source_ip_address, '" + p.Masked().String() + "')"
	}
	return "source_ip_address = " + literal
}

// aboutKey is the SQL for what happened to an access key: made, given, changed, deleted.
func aboutKey(literal string) string {
	return "event_source IN ('iam.amazonaws.com', 'sts.amazonaws.com', 'signin.amazonaws.com') AND (" +
		responseScalar("$.accessKey.accessKeyId") + " = " + literal + " OR " + responseScalar("$.credentials.accessKeyId") + " = " + literal +
		" OR " + requestScalar("$.accessKeyId") + " = " + literal + ")"
}

// resource is the SQL for events that name a resource as a whole value, the last part of one, or one above it. The name
// in an ARN counts too where it stands alone in the parameters of a request in the ARN's account.
func resource(id string) string {
	var or []string
	for _, inside := range jsonTexts(id) {
		for _, column := range [...]string{"resources", "request_parameters", "response_elements"} {
			var any []string
			for _, around := range [...][2]string{{`%"`, `"%`}, {`%"`, `/%`}, {`%/`, `"%`}, {`%:`, `"%`}} {
				any = append(any, column+" LIKE "+like(around[0], inside, around[1]))
			}
			or = append(or, "("+column+" LIKE "+like("%", inside, "%")+" AND ("+strings.Join(any, " OR ")+"))")
		}
	}
	if name := last(id); name != id && len(name) > 2 && strings.HasPrefix(id, "arn:") {
		where := "request_parameters LIKE " + like(`%"`, jsonTexts(name)[0], `"%`)
		if account := accountOf(id); account != "" {
			where += " AND account = '" + account + "'"
		}
		or = append(or, "("+where+")")
	}
	return "(" + strings.Join(or, " OR ") + ")"
}

// jsonTexts are the spellings of s between quotes in JSON: as it is, and as writers do that escape what HTML minds, or all
// that is not ASCII. Records are searched as they were received.
func jsonTexts(s string) []string {
	var plain strings.Builder
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			plain.WriteByte('\\')
			plain.WriteRune(r)
		case r == '\n':
			plain.WriteString(`\n`)
		case r == '\r':
			plain.WriteString(`\r`)
		case r == '\t':
			plain.WriteString(`\t`)
		case r < ' ':
			fmt.Fprintf(&plain, `\u%04x`, r)
		default:
			plain.WriteRune(r)
		}
	}
	out := []string{plain.String()}
	for _, escape := range [...]func(rune) bool{
		func(r rune) bool { return strings.ContainsRune("<>&\u2028\u2029", r) },
		func(r rune) bool { return strings.ContainsRune("<>&='\u2028\u2029", r) },
		func(r rune) bool { return r > '~' },
	} {
		var b strings.Builder
		for _, r := range out[0] {
			if !escape(r) {
				b.WriteRune(r)
				continue
			}
			for _, half := range utf16.Encode([]rune{r}) {
				fmt.Fprintf(&b, `\u%04x`, half)
			}
		}
		if s := b.String(); !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// like is the SQL pattern before + text + after, where text stands for itself.
func like(before, text, after string) string {
	text = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`, `'`, `''`).Replace(text)
	return "'" + before + text + after + `' ESCAPE '\'`
}
