package investigate

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/trailseal/trailseal/internal/event"
)

// name learns what chains do not say about those at their beginning.
func (v *resolver) name(ctx context.Context) error {
	if err := v.nameUsers(ctx); err != nil {
		return err
	}
	return v.makers(ctx)
}

// makers learns who made the long-lived keys, where it was not their user.
func (v *resolver) makers(ctx context.Context) error {
	byKey := map[string]*node{}
	for _, n := range v.nodes {
		if n.who.kind == "IAMUser" && n.who.key != "" && !n.who.temporary() {
			byKey[n.who.key] = n
		}
	}
	if len(byKey) == 0 {
		return nil
	}
	where := "event_source = 'iam.amazonaws.com' AND event_name = 'CreateAccessKey' AND error_code IS NULL AND " +
		v.in(responseScalar("$.accessKey.accessKeyId"), slices.Sorted(maps.Keys(byKey)))
	rows, err := v.records(ctx, time.Time{}, time.Time{}, where, 0)
	if err != nil {
		return fmt.Errorf("find who made keys: %w", err)
	}
	for i := range rows {
		r := &rows[i]
		n, who := byKey[r.json(event.ResponseElements).str("accessKey", "accessKeyId")], r.who()
		if n != nil && (who.kind != "IAMUser" || who.arn != n.who.arn) {
			n.claims = append(n.claims, Claim{Kind: "key-made-by", Value: who.label(), Event: r.id()})
		}
	}
	return nil
}

// nameUsers learns the names of Identity Center users of whom an event has the id only.
func (v *resolver) nameUsers(ctx context.Context) error {
	ids := map[string]bool{}
	var a, b time.Time
	for _, n := range v.nodes {
		if id := n.who.onBehalfOf; id != "" {
			ids[id] = true
			a, b = span(a, b, n.who.used, n.who.until)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	const slack = 24 * time.Hour
	where := "event_source = 'signin.amazonaws.com' AND json_extract_scalar(additional_event_data, '$.UserName') IS NOT NULL AND " +
		v.in("on_behalf_of_user_id", slices.Sorted(maps.Keys(ids)))
	rows, err := v.records(ctx, a.Add(-slack), b.Add(slack), where, 0)
	if err != nil {
		return fmt.Errorf("name users: %w", err)
	}
	for i := range rows {
		id, name := rows[i].text[event.OnBehalfOfUserID], rows[i].json(event.AdditionalEventData).str("UserName")
		if have, ok := v.names[id]; ok && have != name {
			name = "" // two names for one id: neither
			v.gap("ambiguous", "the sign-ins of user "+plain(id)+" carry more than one name")
		}
		v.names[id] = name
	}
	return nil
}
