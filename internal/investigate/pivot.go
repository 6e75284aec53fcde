package investigate

import (
	"cmp"
	"context"
	"net/netip"
	"slices"
	"strings"
	"unicode"

	"github.com/trailseal/trailseal/internal/event"
)

// maxPivots bounds the pivots of one kind.
const maxPivots = 20

// Pivot is a question worth asking next.
type Pivot struct {
	Kind   Kind   `json:"kind"`
	ID     string `json:"id"`
	Why    string `json:"why"`
	Events int64  `json:"events"` // of the subject that carry it; 0: not counted
	// Words are the command, a word each; Command is the same as one line that a POSIX shell reads as these words.
	Words   []string `json:"words"`
	Command string   `json:"command"`
	weight  int
}

// command is the words and the line of trailseal investigate; ok is false for an id that no terminal should be shown.
func command(kind Kind, id string) (words []string, line string, ok bool) {
	if id == "" || len(id) > maxID || strings.ContainsFunc(id, func(r rune) bool {
		return r == unicode.ReplacementChar || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r)
	}) {
		return nil, "", false
	}
	words = []string{"trailseal", "investigate", string(kind)}
	if strings.HasPrefix(id, "-") {
		words = append(words, "--")
	}
	words = append(words, id)
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = shellWord(w)
	}
	return words, strings.Join(quoted, " "), true
}

func shellWord(s string) string {
	bare := strings.IndexFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-_./:@%+=,", r)
	}) < 0
	if bare && s != "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// pivots collects questions, each once, the best reason first.
type pivots struct {
	subject Subject
	list    map[Subject]*Pivot
}

func (p *pivots) add(kind Kind, id, why string, events int64, weight int) {
	s := Subject{kind, id}
	if s == p.subject {
		return
	}
	if have := p.list[s]; have != nil {
		have.Events = max(have.Events, events)
		if weight > have.weight {
			have.Why, have.weight = why, weight
		}
		return
	}
	if words, line, ok := command(kind, id); ok {
		p.list[s] = &Pivot{Kind: kind, ID: id, Why: why, Events: events, Words: words, Command: line, weight: weight}
	}
}

// Weights of reasons: what somebody made outlives them, then what they became, then what they touched.
const (
	seen = iota
	touched
	origins
	made
)

// pivot collects what is worth asking next: from all events of the subject, and from what the timeline shows.
func (b *builder) pivot(ctx context.Context) error {
	p := &pivots{subject: b.subject, list: map[Subject]*Pivot{}}
	sql := "SELECT user_identity_access_key_id, source_ip_address, principal, user_identity_arn, count(*) AS n FROM events WHERE " + b.where +
		" GROUP BY user_identity_access_key_id, source_ip_address, principal, user_identity_arn" +
		" ORDER BY n DESC, user_identity_access_key_id, source_ip_address, principal, user_identity_arn LIMIT 1000"
	type pair struct {
		kind Kind
		id   string
	}
	sums := map[pair]int64{}
	err := b.lake.rows(ctx, b.o.From, b.o.To, sql, 5, func(row []any) {
		text := func(i int) string { s, _ := row[i].(string); return s }
		n := number(row[4])
		if key := text(0); event.IsAccessKey(key) {
			sums[pair{OfKey, key}] += n
		}
		if _, err := netip.ParseAddr(text(1)); err == nil {
			sums[pair{OfIP, text(1)}] += n
		}
		if s := text(2); s != "" {
			sums[pair{OfPrincipal, s}] += n
		}
		if s := text(3); strings.Contains(s, ":assumed-role/") || strings.Contains(s, ":federated-user/") {
			sums[pair{OfSession, s}] += n
		}
	})
	if err != nil {
		return err
	}
	why := map[Kind]string{OfKey: "acted with it", OfIP: "acted from there", OfPrincipal: "acted", OfSession: "acted in it"}
	for s, n := range sums {
		p.add(s.kind, s.id, why[s.kind], n, seen)
	}
	for i := range b.rows {
		b.pivotsOf(p, &b.rows[i])
	}
	for i := range b.c.Actors {
		actorPivots(p, &b.c.Actors[i])
	}
	byKind := map[Kind][]Pivot{}
	for _, v := range p.list {
		byKind[v.Kind] = append(byKind[v.Kind], *v)
	}
	for _, kind := range Kinds() {
		list := byKind[kind]
		slices.SortFunc(list, func(x, y Pivot) int {
			return cmp.Or(cmp.Compare(y.weight, x.weight), cmp.Compare(y.Events, x.Events), strings.Compare(x.ID, y.ID))
		})
		if len(list) > maxPivots {
			b.gap("limit", "more pivots of kind "+string(kind)+" than are listed")
			list = list[:maxPivots]
		}
		b.c.Pivots = append(b.c.Pivots, list...)
	}
	return nil
}

// pivotsOf adds what one event made or changed.
func (b *builder) pivotsOf(p *pivots, r *related) {
	if r.relation == "twin" {
		p.add(OfEvent, r.id(), "the same action as account "+plain(r.text[event.Account])+" recorded it", 0, origins)
	}
	if r.failure() != "" || !r.changes() && r.text[event.EventSource] != "sts.amazonaws.com" {
		return
	}
	response, request := r.json(event.ResponseElements), r.json(event.RequestParameters)
	action := plain(r.text[event.EventName])
	if key := response.str("accessKey", "accessKeyId"); event.IsAccessKey(key) {
		p.add(OfKey, key, action+" made it", 0, made)
	}
	if key := response.str("credentials", "accessKeyId"); event.IsAccessKey(key) {
		p.add(OfKey, key, action+" gave it", 0, made)
	}
	if s := response.str("assumedRoleUser", "arn"); s != "" {
		p.add(OfSession, s, action+" began it", 0, made)
	}
	for _, m := range [...]string{"user", "role"} {
		if s := response.str(m, "arn"); s != "" {
			p.add(OfPrincipal, s, action+" made it", 0, made)
		}
	}
	if key := request.str("accessKeyId"); event.IsAccessKey(key) {
		p.add(OfKey, key, action+" changed it", 0, touched)
	}
	if r.text[event.EventSource] != "sts.amazonaws.com" && b.subject.Kind != OfResource {
		for _, s := range r.targets() {
			p.add(OfResource, s, action+" changed it", 0, touched)
		}
	}
	if b.subject.Kind == OfResource || b.subject.Kind == OfEvent {
		p.add(OfEvent, r.id(), action, 0, touched)
	}
}

// actorPivots adds the hops of a chain and who is at its beginning.
func actorPivots(p *pivots, a *Actor) {
	for _, h := range a.Hops {
		p.add(OfEvent, h.EventID, plain(h.Action)+" gave the session", 0, origins)
		if strings.HasPrefix(h.From, "arn:") {
			kind := OfPrincipal
			if strings.Contains(h.From, ":assumed-role/") {
				kind = OfSession
			}
			p.add(kind, h.From, "the session came from it", 0, origins)
		}
	}
	for _, h := range a.Candidates {
		p.add(OfEvent, h.EventID, "it could have given the session", 0, origins)
	}
	if a.State == Person && !strings.HasPrefix(a.Name, "arn:") {
		p.add(OfPrincipal, a.Name, "stands behind a session", 0, origins)
	}
}
