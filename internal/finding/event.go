package finding

import (
	"time"

	"github.com/trailseal/trailseal/internal/event"
)

// EventOf returns what a person needs to know of a record that was parsed. source is the object key or file that holds
// it, record its position there from 0, and state what validation says of that file. Account and Region are those of the
// lake's partition, for which o stands in where the record does not say them. The event shares no memory with r.
func EventOf(r *event.Record, source string, record int, state string, o event.Origin) Event {
	e := Event{Source: source, Record: record, State: state}
	if r.HasTime {
		e.Time = time.UnixMicro(r.Time).UTC()
	}
	e.Account, e.Region, _ = r.Place(o)
	columns := [...]struct {
		number int
		into   *string
	}{
		{event.EventID, &e.ID},
		{event.EventSource, &e.Service},
		{event.EventName, &e.Name},
		{event.ErrorCode, &e.ErrorCode},
		{event.Principal, &e.Principal},
		{event.UserIdentityARN, &e.Identity},
		{event.UserIdentityType, &e.Type},
		{event.UserIdentityAccessKeyID, &e.AccessKey},
		{event.SourceIPAddress, &e.IP},
		{event.UserAgent, &e.Agent},
	}
	// One text for all of them costs one allocation.
	var buf [512]byte
	all := buf[:0]
	for _, c := range columns {
		all = append(all, r.Values[c.number]...)
	}
	text := string(all)
	for _, c := range columns {
		n := len(r.Values[c.number])
		*c.into, text = text[:n], text[n:]
	}
	return e
}
