package sigma

import (
	"fmt"
	"slices"
	"strings"

	"github.com/trailseal/trailseal/internal/pattern"
)

// maxSteps is how many names a field may have, and maxField how many bytes.
const (
	maxSteps = 16
	maxField = 512
)

// field is a name with dots. In a record it leads through objects by its names, and through every element of arrays.
// Where that leads nowhere, members whose own names have dots are tried: the shortest name first.
type field struct {
	name string
	// keys[i][n] is the member that names i to i+n make.
	keys [][]pattern.Path
}

// newField reads a field's name. A warning says that no record has it, as far as is known.
func newField(name string) (f *field, warning string, err error) {
	names := strings.Split(name, ".")
	switch {
	case len(name) > maxField || len(names) > maxSteps:
		return nil, "", fmt.Errorf("the field %q has more than %d names or %d bytes", short(name), maxSteps, maxField)
	case strings.ContainsAny(name, "[]{}*?$\"'\\"):
		return nil, "", fmt.Errorf("the field %q: want names with dots between, as in userIdentity.arn; arrays are looked through without being named", short(name))
	}
	f = &field{name: name, keys: make([][]pattern.Path, len(names))}
	for i, n := range names {
		if n == "" || strings.TrimSpace(n) != n || strings.ContainsFunc(n, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			return nil, "", fmt.Errorf("the field %q: want names with dots between, as in userIdentity.arn", short(name))
		}
		for n := range names[i:] {
			f.keys[i] = append(f.keys[i], pattern.Names(strings.Join(names[i:i+n+1], ".")))
		}
	}
	known := strings.Fields(roots)
	if slices.Contains(known, names[0]) {
		return f, "", nil
	}
	for _, root := range known {
		if strings.EqualFold(root, names[0]) {
			return nil, "", fmt.Errorf("the field %q: the name of the member is %q, and case matters in names", short(name), root)
		}
	}
	return f, fmt.Sprintf("no record of CloudTrail is known to have the field %q", short(name)), nil
}

// roots are the members of a CloudTrail record, of all event versions up to 1.11 and of Insights, network activity and
// aggregated events:
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html.
const roots = `
accountId additionalEventData addendum annotation apiVersion awsRegion edgeDeviceDetails errorCode errorMessage eventCategory
eventContext eventID eventId eventName eventSource eventTime eventType eventVersion insightDetails managementEvent readOnly
recipientAccountId requestID requestParameters resources responseElements serviceEventDetails
sessionCredentialFromConsole sharedEventID sourceIPAddress summary timeWindow tlsDetails userAgent userIdentity vpcEndpointAccountId
vpcEndpointId`

// resembles reports whether a text looks like the name of a field: somebody forgot fieldref.
func resembles(text string) bool {
	root, rest, ok := strings.Cut(text, ".")
	if !ok || rest == "" || strings.ContainsAny(rest, " *?") {
		return false
	}
	return slices.Contains(strings.Fields(roots), root)
}

// walk follows the names from at on, and reports whether they lead to something, and whether one of the values satisfies
// q. An array is something; its elements are the values.
func (f *field) walk(v pattern.Value, at int, q *query) (found, holds bool) {
	switch v.Type() {
	case pattern.Absent:
		return false, false
	case pattern.Array:
		found = at == len(f.keys)
		v.Each(func(_ []byte, inner pattern.Value) bool {
			some, yes := f.walk(inner, at, q)
			found, holds = found || some, yes
			return !yes
		})
		return found, holds
	}
	if at == len(f.keys) {
		return true, q.asks(v)
	}
	if v.Type() != pattern.Object {
		return false, false
	}
	for n := range f.keys[at] {
		if found, holds = f.walk(v.Lookup(f.keys[at][n]), at+n+1, q); found {
			return found, holds
		}
	}
	return false, false
}

// gather appends the values that walk would ask about, the first maxReferred of them.
func (f *field) gather(v pattern.Value, at int, values []pattern.Value) (all []pattern.Value, found bool) {
	switch v.Type() {
	case pattern.Absent:
		return values, false
	case pattern.Array:
		found = at == len(f.keys)
		v.Each(func(_ []byte, inner pattern.Value) bool {
			var some bool
			values, some = f.gather(inner, at, values)
			found = found || some
			return len(values) < maxReferred
		})
		return values, found
	}
	if at == len(f.keys) {
		return append(values, v), true
	}
	if v.Type() != pattern.Object {
		return values, false
	}
	for n := range f.keys[at] {
		if values, found = f.gather(v.Lookup(f.keys[at][n]), at+n+1, values); found {
			return values, true
		}
	}
	return values, false
}
