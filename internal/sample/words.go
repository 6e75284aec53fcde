package sample

import (
	"strconv"
	"strings"
	"time"
)

// fill appends a template with its words.
func (g *generator) fill(b []byte, t template, e *event) []byte {
	for _, p := range t {
		if p.name == "" {
			b = append(b, p.text...)
		} else {
			b = g.word(b, e, p)
		}
	}
	return b
}

// names are the things of the organization that bear names. The same few recur, as they do in life.
var names = map[string][]string{
	"bucket":  {"larkfield-orders-data", "larkfield-invoices", "larkfield-web-assets", "larkfield-artifacts", "larkfield-exports"},
	"table":   {"orders", "customers", "carts", "inventory", "sessions", "price-list"},
	"fn":      {"order-events", "invoice-export", "image-resize", "metrics-rollup", "webhook-relay"},
	"role":    {"order-events-role", "invoice-export-role", "web-fleet", "checkout-task", "ecs-execution", "terraform-deploy", "backup-service"},
	"policy":  {"orders-table-access", "artifact-read", "deploy-boundary", "invoice-bucket-access"},
	"user":    {"svc-backup", "tomas.weber", "svc-mail-relay"},
	"cluster": {"shop", "internal"},
	"service": {"checkout", "catalog", "search", "accounts"},
	"repo":    {"shop/checkout", "shop/catalog", "shop/search", "platform/migrate"},
	"db":      {"orders-primary", "orders-replica", "billing"},
	"stack":   {"network-baseline", "monitoring", "edge"},
	"asg":     {"web-fleet-blue", "web-fleet-green"},
	"queue":   {"order-events", "invoice-jobs", "dead-letters"},
	"topic":   {"order-placed", "alarms"},
	"secret":  {"checkout/database", "billing/psp-token", "search/index-key"},
	"param":   {"/larkfield/checkout/flags", "/larkfield/search/endpoint", "/larkfield/billing/currency", "/larkfield/web/cdn"},
	"rule":    {"s3-bucket-ssl-requests-only", "encrypted-volumes", "restricted-ssh", "iam-user-unused-credentials-check"},
}

// pools say how a resource's identifier begins, how many hex digits follow, and how many there are of it in each
// account and region.
var pools = map[string]struct {
	prefix string
	digits int
	size   uint64
}{
	"inst": {"i-0", 16, 9}, "vol": {"vol-0", 16, 14}, "snap": {"snap-0", 16, 40}, "sg": {"sg-0", 16, 7},
	"subnet": {"subnet-0", 16, 6}, "vpc": {"vpc-0", 16, 2}, "eni": {"eni-0", 16, 20}, "ami": {"ami-0", 16, 4},
	"detector": {"", 32, 1},
}

// word appends the value of one word. Equal words of one event have equal values.
func (g *generator) word(b []byte, e *event, p part) []byte {
	if v, ok := e.words[p.name]; ok {
		return append(b, v...)
	}
	h := mix(e.salt ^ p.salt)
	if list, ok := names[p.name]; ok {
		b = append(b, list[h%uint64(len(list))]...)
		if p.name == "bucket" { // bucket names are unique in the world
			b = append(append(b, '-'), short(e.account)...)
		}
		return b
	}
	if pool, ok := pools[p.name]; ok {
		return appendID(append(b, pool.prefix...), g.member(e.account.ID, e.region, p.name, h%pool.size), hexDigits, pool.digits)
	}
	switch p.name {
	case "acct":
		return append(b, e.account.ID...)
	case "mgmt":
		return append(b, g.management().ID...)
	case "prod":
		return append(b, g.production().ID...)
	case "short":
		return append(b, short(e.account)...)
	case "region":
		return append(b, e.region...)
	case "trail":
		return append(b, g.trailARN()...)
	case "req":
		if e.call.service == "s3" {
			return appendID(b, mix(e.salt+2), base32Digits, 16)
		}
		return appendUUID(b, mix(e.salt+2))
	case "caller":
		return append(b, e.who.arn...)
	case "session":
		return append(b, e.who.session...)
	case "uuid":
		return appendUUID(b, h)
	case "key":
		return appendUUID(b, g.member(e.account.ID, e.region, "key", h%5))
	case "tg":
		i := h % 3
		b = append(append(b, names["service"][i]...), '/')
		return appendID(b, g.member(e.account.ID, e.region, "tg", i), hexDigits, 16)
	case "zone":
		return appendID(append(b, 'Z'), g.member(e.account.ID, "", "zone", h%2), base32Digits, 20)
	case "oldkey":
		return append(b, g.userKey(e.account.ID, "svc-backup")...)
	case "newkey":
		return appendID(append(b, "ASIA"...), h, base32Digits, 16)
	case "mfa":
		return append(b, "No"...)
	case "n":
		return strconv.AppendUint(b, 1+h%180, 10)
	case "ip":
		b = strconv.AppendUint(append(b, "10.20."...), h%32, 10)
		return strconv.AppendUint(append(b, '.'), 4+h>>8%250, 10)
	}
	return wordOfKind(b, e.at, p.name, h)
}

// wordOfKind appends a random value, or a time near the event's.
func wordOfKind(b []byte, at time.Time, name string, h uint64) []byte {
	switch name {
	case "hex8":
		return appendID(b, h, hexDigits, 8)
	case "hex16":
		return appendID(b, h, hexDigits, 16)
	case "hex32":
		return appendID(b, h, hexDigits, 32)
	case "digest":
		return appendID(b, h, hexDigits, 64)
	case "id17":
		return appendID(b, h, base32Digits, 17)
	case "b6":
		return appendID(b, h, base62Digits, 6)
	case "b64":
		return appendID(b, h, base62Digits, 43)
	case "token":
		return append(appendID(append(b, "IQoJb3JpZ2luX2VjE"...), h, base62Digits, 60), "EXAMPLE="...)
	case "iso":
		return at.AppendFormat(b, isoSecond)
	case "day":
		return at.AppendFormat(b, "2006/01/02")
	case "human":
		return at.AppendFormat(b, "Jan 2, 2006, 3:04:05 PM")
	case "later":
		return at.Add(time.Hour).AppendFormat(b, "Jan 2, 2006, 3:04:05 PM")
	case "ms":
		return strconv.AppendInt(b, at.UnixMilli(), 10)
	}
	return append(append(append(b, '['), name...), ']') // a word nobody knows: a test looks for it
}

// member is the identity of the i-th resource of a kind.
func (g *generator) member(account, region, kind string, i uint64) uint64 {
	return mix(hash64(g.Seed, account, region, kind) + i)
}

// short is what tells an account's resources from another's: the last part of its name.
func short(a Account) string {
	if i := strings.LastIndexByte(a.Name, '-'); i >= 0 {
		return a.Name[i+1:]
	}
	if a.Name == "" {
		return a.ID[8:]
	}
	return a.Name
}
