package integrity

import (
	"encoding/hex"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"
)

// Period is the time asked about and what is known of its ends.
type Period struct {
	Span
	// FromAsked, ToAsked: a person named this end, so digests must reach it. Otherwise the period is as long as
	// what was found.
	FromAsked, ToAsked bool
	// AsOf is when the source looked as it was found: now for a bucket, the newest thing in it for a folder.
	AsOf time.Time
	// Late is how long after its end a digest may arrive.
	Late time.Duration
	// Latest is the end of the newest digest that the trail is known to have delivered anywhere.
	Latest time.Time
}

// Explanation is what a person has said about a span without digests. Empty Account or Region means all.
type Explanation struct {
	Account, Region          string
	Span                     Span
	Reason, Ticket, Reviewer string
}

// Findings is what a chain's digests say about each other.
type Findings struct {
	Faults  []Fault // of links and absent digests, within the period; those of single digests are in their Node
	Gaps    []Gap   // within the period
	Missing []Span  // one for each absent digest, within the period
	Covered []Span  // what valid digests speak for, in or out of the period, in order
	Unseen  []Span  // of absent digests that may be there, where the caller could not look
}

// maxMissing bounds how many absent digests one hole is broken down into: 11 years of hours.
const maxMissing = 100_000

// forever is later than any period ends.
var forever = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// slack is how far the ends of neighbouring digests may lie apart: CloudTrail makes them meet to the second.
const slack = time.Minute

// Chain is the digests of one trail in one account and region, in order of time, after Seal.
type Chain struct {
	Nodes []*Node
	// Seen is the delivery times of log files that no valid digest lists, in order: evidence that a digest existed.
	Seen         []time.Time
	Explanations []Explanation
	// Hidden, where it is set, says of an object key that the caller could not look there. A digest of that name is
	// not called missing.
	Hidden func(name string) bool
}

type judge struct {
	Chain
	Period
	Findings
	byID    map[string]*Node
	follows map[string][]*Node // valid digests, by the digest that they name as the one before them
}

// Judge compares the digests of a chain with each other and with the clock, up to the last one. An end of the period
// that nobody asked for may be zero.
func (c Chain) Judge(p Period) Findings {
	if !p.ToAsked {
		p.To = forever
	}
	j := &judge{Chain: c, Period: p, byID: map[string]*Node{}, follows: map[string][]*Node{}}
	var line []*Node
	for _, n := range c.Nodes {
		if n.Intruder {
			continue
		}
		j.byID[n.id()] = n
		if !n.trusted() || n.Status == Unsealed && !c.near(n) {
			continue
		}
		line = append(line, n)
		if n.Status == Valid {
			j.Covered = append(j.Covered, n.span())
			if !n.Link.First() {
				to := n.Link.previous()
				j.follows[to] = append(j.follows[to], n)
			}
		}
	}
	// What is not proven is a link of the chain at its end only: between valid digests it may be anybody's.
	var newest time.Time
	for _, n := range line {
		if n.Status == Valid {
			newest = n.Key.Time
		}
	}
	line = slices.DeleteFunc(line, func(n *Node) bool { return n.Status != Valid && n.Key.Time.Before(newest) })
	if len(line) == 0 {
		return j.Findings
	}
	backfill := line[0].Key.Class == BackfillDigest
	j.head(line[0], backfill)
	for i := 1; i < len(line); i++ {
		j.pair(line[i-1], line[i], backfill)
	}
	return j.Findings
}

// near reports whether a digest lies close enough to a valid one to be taken for its neighbour.
func (c Chain) near(n *Node) bool {
	const most = 48 * time.Hour
	return slices.ContainsFunc(c.Nodes, func(m *Node) bool {
		return m.Status == Valid && m.Key.Time.Sub(n.Key.Time).Abs() <= most
	})
}

// End returns the part of the chain that Tail needs: what is not older than its last trusted digest. It is empty when
// nothing is known of the chain's end.
func (c Chain) End() Chain {
	for i, n := range slices.Backward(c.Nodes) {
		if !n.Intruder && n.trusted() && n.Key.Class != BackfillDigest {
			c.Nodes = slices.Clone(c.Nodes[i:])
			return c
		}
	}
	c.Nodes = nil
	return c
}

// Tail judges the time after the last digest of a chain's End, once Latest and AsOf are known.
func (c Chain) Tail(p Period) Findings {
	j := &judge{Chain: c, Period: p}
	if len(c.Nodes) > 0 {
		j.tail(c.Nodes[0])
	}
	return j.Findings
}

func (l *Link) previous() string { return l.PreviousBucket + "/" + l.PreviousObject }

func (j *judge) broken(n *Node, format string, args ...any) {
	if n.span().overlaps(j.Span) {
		j.Faults = append(j.Faults, n.NewFault(ChainBroken, Failure, fmt.Sprintf(format, args...)))
	}
}

// pair judges two trusted digests that follow each other in time.
func (j *judge) pair(p, n *Node, backfill bool) {
	hole := Span{p.Link.End, n.Link.Start}
	wide := !backfill && hole.To.Sub(hole.From) > slack
	if n.Status != Valid {
		if wide {
			j.missing(n, hole, "", "by the hourly cadence")
		}
		return
	}
	if n.Link.First() {
		j.restart(p, n, hole, wide, backfill)
		return
	}
	to := n.Link.previous()
	other, known := j.byID[to]
	switch {
	case to == p.id():
		j.agree(p, n)
		if wide {
			j.gap(n, hole, "the digests on both sides are linked and leave this time out")
		}
	case known && other.Status != Valid && !other.Key.Time.Before(p.Key.Time):
		// The digest between them is there but is not valid itself; its own fault stands.
		if wide {
			j.missing(n, hole, "", "by the hourly cadence")
		}
	case known:
		j.skipped(n, other)
		if wide {
			j.missing(n, hole, "", "by the hourly cadence")
		}
	case n.Link.PreviousBucket != n.Bucket && wide:
		j.gap(n, hole, "the chain before this lies in another bucket, which was not looked at: s3://"+to)
	case n.Link.PreviousBucket != n.Bucket:
		j.broken(n, "its predecessor by link lies in another bucket, s3://%s, although %s is there", to, p.Name)
	case wide:
		j.missing(n, hole, to, "by the link of the digest that follows")
	default:
		j.absent(n, to)
	}
}

// agree compares what n records of p with p.
func (j *judge) agree(p, n *Node) {
	if p.Status != Valid {
		return
	}
	found := hex.EncodeToString(p.Link.SHA256[:])
	hash := sameHex(n.Link.PreviousHash, found)
	signature := !p.HasMetadata || sameHex(n.Link.PreviousSignature, p.Signature)
	switch {
	case hash && signature:
	case !hash && !signature:
		// Two witnesses against one: the digest that n followed was another one, and p has taken its place.
		j.broken(p, "it is signed, but %s follows another digest of this name: it records SHA-256 %s and another signature; this one has SHA-256 %s",
			n.Name, clip(n.Link.PreviousHash, 64), found)
	case !hash:
		j.broken(n, "previousDigestHashValue is %q, but %s has SHA-256 %s", clip(n.Link.PreviousHash, 64), p.Name, found)
	default:
		j.broken(n, "previousDigestSignature is not the signature of %s", p.Name)
	}
}

// skipped: n names as its predecessor a digest that is there but is not the one before it.
func (j *judge) skipped(n, other *Node) {
	var over, rivals []string
	for _, m := range j.Nodes {
		if !m.Intruder && m != n && m.Key.Time.After(other.Key.Time) && m.Key.Time.Before(n.Key.Time) {
			over = append(over, m.Name)
		}
	}
	for _, m := range j.follows[n.Link.previous()] {
		if m != n {
			rivals = append(rivals, m.Name)
		}
	}
	detail := "its predecessor by link is " + other.Name
	if len(over) > 0 {
		detail += "; it skips " + list(over)
	} else {
		detail += ", which is not older than it"
	}
	if len(rivals) > 0 {
		detail += "; that digest has another successor: " + list(rivals)
	}
	j.broken(n, "%s", detail)
}

// list names up to five things and counts the rest.
func list(names []string) string {
	if len(names) > 5 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:5], ", "), len(names)-5)
	}
	return strings.Join(names, ", ")
}

// restart: n says that it is the first of its chain, and p came before it.
func (j *judge) restart(p, n *Node, hole Span, wide, backfill bool) {
	if !wide {
		j.broken(n, "it names no predecessor, although %s is there", p.Name)
		return
	}
	if backfill {
		return
	}
	g := j.newGap(n, hole, "the chain starts anew here: logging was stopped, log file validation was off, or digests were deleted")
	if j.Explain(&g); !g.Explained {
		j.broken(n, "it names no predecessor, although %s is there: nothing vouches for %s to %s", p.Name, stamp(hole.From), stamp(hole.To))
	}
	if c := hole.clip(j.Span); c.From.Before(c.To) {
		g.From, g.To = c.From, c.To
		j.Gaps = append(j.Gaps, g)
	}
	// Log files delivered in the hole prove that CloudTrail was at work there. The old chain's cadence names the hours.
	for end := hole.From.Add(Cadence); end.Add(-Cadence).Before(hole.To); end = end.Add(Cadence) {
		slot := Span{end.Add(-Cadence), end}
		if slot.To.After(hole.To) {
			slot.To = hole.To
		}
		if j.seen(slot) && !j.occupied(end) {
			j.report(n, slot, n.Key.At(end), "log files were delivered in this hour and no digest lists them: it was deleted, or log file validation was off")
		}
	}
}

// head judges the time before the first digest.
func (j *judge) head(n *Node, backfill bool) {
	from := j.From
	if n.Status != Valid || n.Link.First() {
		if !backfill && j.FromAsked && n.Link.Start.Sub(from) >= Cadence && !j.occupied(n.Link.Start) {
			j.gap(n, Span{from, n.Link.Start}, "the chain starts here: there was no trail, no logging or no log file validation before")
		}
		return
	}
	to := n.Link.previous()
	if other, known := j.byID[to]; known {
		// There, and not valid itself: what came before it is not known.
		oldest := other.Key.Time.Add(-Cadence)
		for j.occupied(oldest) {
			oldest = oldest.Add(-Cadence)
		}
		if !backfill && j.FromAsked && oldest.Sub(from) >= Cadence {
			j.gap(n, Span{from, oldest}, "nothing is known of this time: the oldest digest there is is not valid")
		}
		return
	}
	if n.Link.PreviousBucket != n.Bucket {
		elsewhere := "the chain before this lies in another bucket, which was not looked at: s3://" + to
		switch {
		case !j.FromAsked:
			j.Faults = append(j.Faults, n.NewFault(ChainBroken, Warning, elsewhere))
		case n.Link.Start.Sub(from) >= Cadence:
			j.gap(n, Span{from, n.Link.Start}, elsewhere)
		}
		return
	}
	if backfill {
		j.absent(n, to)
		return
	}
	start := n.Link.Start.Add(-Cadence)
	switch {
	case j.FromAsked:
		start = from
	case len(j.Seen) > 0 && j.Seen[0].Before(start):
		// Whole hours before the first digest that is there, back to the oldest log file.
		hours := (n.Link.Start.Sub(j.Seen[0]) + Cadence - 1) / Cadence
		start = n.Link.Start.Add(-hours * Cadence)
	}
	if start.Before(n.Link.Start) {
		j.missing(n, Span{start, n.Link.Start}, to, "by the link of the oldest digest there is (if a lifecycle rule removed it, ask from a later time)")
	}
}

// tail judges the time after the last digest.
func (j *judge) tail(n *Node) {
	limit := j.Latest
	if j.ToAsked {
		limit = j.To
	}
	last := limit
	if k := len(j.Seen); !j.ToAsked && k > 0 && j.Seen[k-1].After(last) {
		last = j.Seen[k-1]
	}
	// The youngest digest that is due and that the limit or a log file of its own hour asks for. All before it must
	// be there too.
	proof := n.Link.End
	for slot := (Span{proof, proof.Add(Cadence)}); slot.From.Before(last) && slot.To.Sub(n.Link.End) < maxMissing*Cadence; slot = (Span{slot.To, slot.To.Add(Cadence)}) {
		late := j.Late
		if j.ToAsked && !slot.To.After(j.To) && j.AsOf.Equal(j.To) {
			late = 0 // a folder, and the person who asks says that it reaches this far
		}
		if !slot.To.Add(late).After(j.AsOf) && (!slot.To.After(limit) || j.seen(slot)) && !j.occupied(slot.To) {
			proof = slot.To
		}
	}
	if !j.ToAsked {
		j.To = forever
	}
	hole := Span{n.Link.End, n.Link.End}
	flush := func() {
		if hole.From.Before(hole.To) {
			j.missing(n, hole, "", "by the hourly cadence, after the newest digest there is")
		}
	}
	for hole.To.Before(proof) {
		end := hole.To.Add(Cadence)
		if j.occupied(end) {
			flush()
			hole.From = end
		}
		hole.To = end
	}
	flush()
}

// missing names every absent digest of a hole, newest first by the cadence, with the first one's name from a link
// where there is one.
func (j *judge) missing(n *Node, hole Span, linked, how string) {
	if hole.From.Before(j.From) && j.From.Before(hole.To) {
		// Count whole hours back from the younger end, not into time that nobody asked about.
		keep := (hole.To.Sub(j.From) + Cadence - 1) / Cadence
		hole.From = maxTime(hole.From, hole.To.Add(-keep*Cadence))
	}
	count := int((hole.To.Sub(hole.From) + Cadence/2) / Cadence)
	count = min(max(count, 1), maxMissing)
	var absent int
	for k := range count {
		end := hole.To.Add(-time.Duration(k) * Cadence)
		slot := Span{end.Add(-Cadence), end}
		if k == count-1 {
			slot.From = hole.From
		}
		if j.occupied(end) {
			continue
		}
		name := n.Key.At(end)
		if k == 0 && linked != "" {
			name = strings.TrimPrefix(linked, n.Bucket+"/")
		}
		if j.report(n, slot, name, "it must have existed, "+how) {
			absent++
		}
	}
	if absent > 0 {
		j.gap(n, hole, fmt.Sprintf("%d digest%s missing", absent, plural(absent)))
	}
}

// absent reports a digest that a link names and that is not there, where the clock shows no hole.
func (j *judge) absent(n *Node, id string) {
	span := n.span()
	if k, err := ParseKey(strings.TrimPrefix(id, n.Link.PreviousBucket+"/")); err == nil {
		span = Span{k.Time.Add(-Cadence), k.Time}
	}
	j.report(n, span, n.Link.PreviousObject, "it must have existed, by the link of the digest that follows")
}

// report adds a missing digest, if it belongs to the period.
func (j *judge) report(n *Node, slot Span, name, detail string) bool {
	if !slot.overlaps(j.Span) {
		return false
	}
	if j.Hidden != nil && j.Hidden(name) {
		j.Unseen = append(j.Unseen, slot)
		return false
	}
	f := n.NewFault(DigestMissing, Failure, fmt.Sprintf("the digest of %s to %s is not there; %s", stamp(slot.From), stamp(slot.To), detail))
	f.Key, f.Time = name, slot.To
	j.Faults = append(j.Faults, f)
	j.Missing = append(j.Missing, slot)
	return true
}

func (j *judge) newGap(n *Node, s Span, cause string) Gap {
	return Gap{Account: n.Key.Account, Region: n.Key.Region, Trail: n.Key.Trail, From: s.From, To: s.To, Cause: cause}
}

func (j *judge) gap(n *Node, s Span, cause string) {
	s = s.clip(j.Span)
	if !s.From.Before(s.To) {
		return
	}
	g := j.newGap(n, s, cause)
	j.Explain(&g)
	j.Gaps = append(j.Gaps, g)
}

// Explain looks for an explanation that speaks for the whole gap. The latest one counts.
func (c Chain) Explain(g *Gap) {
	for _, e := range slices.Backward(c.Explanations) {
		if (e.Account == "" || e.Account == g.Account) && (e.Region == "" || e.Region == g.Region) &&
			!e.Span.From.After(g.From) && !e.Span.To.Before(g.To) {
			g.Explained, g.Reason, g.Ticket, g.Reviewer = true, e.Reason, e.Ticket, e.Reviewer
			return
		}
	}
}

// occupied reports whether some digest, whatever its state, stands where the one ending at end belongs.
func (j *judge) occupied(end time.Time) bool {
	i := sort.Search(len(j.Nodes), func(i int) bool { return j.Nodes[i].Key.Time.After(end.Add(-Cadence / 2)) })
	for ; i < len(j.Nodes) && j.Nodes[i].Key.Time.Before(end.Add(Cadence/2)); i++ {
		// What is not proven fills a place only where it stands to the minute.
		if n := j.Nodes[i]; !n.Intruder && (n.trusted() || n.Key.Time.Sub(end).Abs() <= slack) {
			return true
		}
	}
	return false
}

// seen reports whether a log file that no valid digest lists was delivered in the slot.
func (j *judge) seen(s Span) bool {
	i := sort.Search(len(j.Seen), func(i int) bool { return j.Seen[i].After(s.From) })
	return i < len(j.Seen) && !j.Seen[i].After(s.To)
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}
