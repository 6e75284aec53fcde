package dialect_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/internal/dialect"
)

func TestTrino(t *testing.T) {
	for name, c := range map[string]struct{ sql, want string }{
		"table":            {`SELECT event_id FROM events`, `SELECT event_id FROM "db"."t" AS events`},
		"alias":            {`SELECT e.event_id FROM events e JOIN events AS f ON e.event_id = f.event_id`, `SELECT e.event_id FROM "db"."t" e JOIN "db"."t" AS f ON e.event_id = f.event_id`},
		"no alias":         {`SELECT 1 FROM events LIMIT 5`, `SELECT 1 FROM "db"."t" AS events LIMIT 5`},
		"name of a column": {`SELECT events.event_id, 'events' FROM events WHERE true`, `SELECT events.event_id, 'events' FROM "db"."t" AS events WHERE true`},
		"shadowed":         {`WITH events AS (SELECT 1 AS x) SELECT x FROM events`, `WITH events AS (SELECT 1 AS x) SELECT x FROM events`},
		"block":            {`SELECT 1 FROM events e WHERE ip_in_cidr(e.source_ip_address, '10.0.0.1/8')`, `SELECT 1 FROM "db"."t" e WHERE contains('10.0.0.0/8', TRY_CAST(e.source_ip_address AS ipaddress))`},
		"address":          {`SELECT ip_in_cidr('1.2.3.4', '1.2.3.4')`, `SELECT contains('1.2.3.4/32', TRY_CAST('1.2.3.4' AS ipaddress))`},
		"IPv6 address":     {`SELECT ip_in_cidr( coalesce( 'x', 'y' ) , '2001:DB8::1' )`, `SELECT contains('2001:db8::1/128', TRY_CAST(coalesce( 'x', 'y' ) AS ipaddress))`},
		"within another":   {`SELECT ip_in_cidr(CASE WHEN ip_in_cidr('a', '::/0') THEN 'b' END, '::/1')`, `SELECT contains('::/1', TRY_CAST(CASE WHEN contains('::/0', TRY_CAST('a' AS ipaddress)) THEN 'b' END AS ipaddress))`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := dialect.Trino(c.sql, `"db"."t"`)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("Trino (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTrinoRefuses(t *testing.T) {
	for name, c := range map[string]struct{ sql, want string }{
		"parameter": {`SELECT 1 FROM events WHERE account = :a`, `the parameter "a" has no value`},
		"no block":  {`SELECT ip_in_cidr('1.2.3.4', 'office')`, `"office" is neither`},
		"dialect":   {`SELECT 1 FROM events QUALIFY 1`, `QUALIFY`},
	} {
		if got, err := dialect.Trino(c.sql, "t"); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %q, error %v, want %q", name, got, err, c.want)
		}
	}
}
