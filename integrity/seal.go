package integrity

import (
	"encoding/hex"
	"fmt"
	"time"
)

// Status is what is known of one digest.
type Status byte

// The statuses of a digest.
const (
	Undecided  Status = iota
	Valid             // signed by CloudTrail, in the place it was written for
	Forged            // not what CloudTrail wrote there
	Unsealed          // no signature is known for it: neither valid nor invalid
	Unverified        // it, or the key to check it with, could not be read
)

// Node is one digest object of a chain, as it was found.
type Node struct {
	Bucket string
	Name   string // object key
	Key    Key    // Name, parsed
	Logs   int    // number of log files it lists

	// Link is nil when the content could not be read or is not a digest; Faults then says why.
	Link *Link
	// HasMetadata: the source knows the object's metadata, so an absent signature is a fault. A folder without
	// side-cars does not.
	HasMetadata bool
	Signature   string // hex, from the metadata
	Algorithm   string // from the metadata
	Backfill    string // backfill-generation-timestamp, from the metadata
	// Proven is a signature that was verified over this very content before; it is not computed again.
	Proven string

	Status Status
	// Intruder: it was written for another place, and the place that it is in is none of this chain's: it fills no slot.
	Intruder bool
	Faults   []Fault
}

func (n *Node) id() string { return n.Bucket + "/" + n.Name }

// NewFault is a fault of this digest.
func (n *Node) NewFault(k Kind, s Severity, detail string) Fault {
	return Fault{Kind: k, Severity: s, Account: n.Key.Account, Region: n.Key.Region, Time: n.Key.Time, Key: n.Name, Detail: detail}
}

func (n *Node) fail(st Status, k Kind, s Severity, format string, args ...any) {
	n.Status = st
	n.Faults = append(n.Faults, n.NewFault(k, s, fmt.Sprintf(format, args...)))
}

// Unread marks a digest that could not be read: nothing is known of it.
func (n *Node) Unread(err error) { n.fail(Unverified, Unreadable, Unknown, "%v", err) }

// Malformed marks a digest whose content is not what CloudTrail writes.
func (n *Node) Malformed(reason string) { n.fail(Forged, DigestInvalid, Failure, "%s", reason) }

// span is the time the digest speaks for; for one without content it is the hour before the time in its name.
func (n *Node) span() Span {
	if n.Link != nil && n.Status != Forged {
		return Span{n.Link.Start, n.Link.End}
	}
	return Span{n.Key.Time.Add(-Cadence), n.Key.Time}
}

// trusted: its own words about time and links may be used.
func (n *Node) trusted() bool { return n.Link != nil && (n.Status == Valid || n.Status == Unsealed) }

// Seal decides the status of every digest of a chain. Nodes are in order of time. A digest without metadata takes
// its signature from the digest that follows it, whose signed content records it; the newest one stays Unsealed.
func Seal(nodes []*Node, ring Keyring) {
	next := make(map[string]*Node, len(nodes))
	for i := len(nodes) - 1; i >= 0; i-- {
		n := nodes[i]
		if n.Status == Undecided && n.Link != nil {
			n.seal(ring, next[n.id()])
		}
		if n.Link == nil || n.Link.First() {
			continue
		}
		// Of two that claim to follow the same digest, the one that is itself valid speaks.
		to := n.Link.PreviousBucket + "/" + n.Link.PreviousObject
		if old := next[to]; old == nil || old.Status != Valid {
			next[to] = n
		}
	}
	for i, n := range nodes {
		if n.Intruder && stands(nodes, i, next[n.id()]) {
			n.Intruder = false
		}
	}
}

// stands reports whether the chain has a place where nodes[i] is found: a valid digest names it as its predecessor, or
// the nearest valid digest before or after it is whole hours away, and none has the same time.
func stands(nodes []*Node, i int, successor *Node) bool {
	if successor != nil && successor.Status == Valid {
		return true
	}
	aligned := false
	for _, step := range []int{-1, 1} {
		k := i + step
		for k >= 0 && k < len(nodes) && nodes[k].Status != Valid {
			k += step
		}
		if k < 0 || k >= len(nodes) {
			continue
		}
		apart := nodes[i].Key.Time.Sub(nodes[k].Key.Time).Abs()
		if apart < Cadence/2 {
			return false
		}
		aligned = aligned || (apart+slack)%Cadence <= 2*slack
	}
	return aligned
}

func (n *Node) seal(ring Keyring, successor *Node) {
	l := n.Link
	if l.Bucket != n.Bucket || l.Object != n.Name {
		n.Intruder = true
		n.Malformed(fmt.Sprintf("it was written for s3://%s/%s and found in s3://%s/%s", l.Bucket, l.Object, n.Bucket, n.Name))
		return
	}
	if n.HasMetadata && n.Key.Class == BackfillDigest && n.Backfill == "" {
		n.Malformed("a backfill digest without the metadata " + MetaBackfill)
		return
	}
	sig, from := n.Signature, "its metadata"
	switch {
	case n.HasMetadata && (n.Signature == "" || n.Algorithm == ""):
		n.fail(Forged, SignatureMissing, Failure, "the object has no metadata %s and %s", MetaSignature, MetaAlgorithm)
		return
	case n.HasMetadata && n.Algorithm != Algorithm:
		n.fail(Forged, SignatureInvalid, Failure, "signed with %q; CloudTrail signs with %s", clip(n.Algorithm, 40), Algorithm)
		return
	case !n.HasMetadata && (successor == nil || successor.Link.NoPreviousSignature || successor.Link.PreviousSignature == ""):
		n.unsealed()
		return
	case !n.HasMetadata:
		sig, from = successor.Link.PreviousSignature, "the digest that follows it"
	}
	key, ok := ring.Keys[l.Fingerprint]
	switch {
	case !ok && ring.Unavailable != nil:
		n.fail(Unverified, KeyUnknown, Unknown, "public key %s is not known and could not be looked up: %v", clip(l.Fingerprint, 64), ring.Unavailable)
		return
	case !ok:
		n.fail(Forged, KeyUnknown, Failure, "no public key of CloudTrail has the fingerprint %s", clip(l.Fingerprint, 64))
		return
	}
	if n.Proven == "" || !sameHex(n.Proven, sig) {
		if err := VerifySignature(key.Key, *l, sig); err != nil {
			n.unproven(successor, from, err)
			return
		}
		n.Proven = sig
	}
	n.Status = Valid
	if s := key.outside(l.End); s != "" {
		n.Faults = append(n.Faults, n.NewFault(KeyValidity, Warning, s))
	}
}

// unsealed: nothing but its place speaks for it, so its own words may say no more than its name does.
func (n *Node) unsealed() {
	if l := n.Link; !l.End.Equal(n.Key.Time) || l.End.Sub(l.Start) > Cadence+slack {
		n.Malformed(fmt.Sprintf("no signature is known for it, and it says that it speaks for %s to %s, which does not fit its name", stamp(l.Start), stamp(l.End)))
		return
	}
	n.Status = Unsealed
}

// unproven says whose fault it is that a signature does not verify.
func (n *Node) unproven(successor *Node, from string, err error) {
	if successor != nil && successor.Status == Valid {
		recorded := successor.Link.PreviousHash
		if found := hex.EncodeToString(n.Link.SHA256[:]); !sameHex(recorded, found) {
			n.fail(Forged, SignatureInvalid, Failure, "%v (taken from %s): the content has SHA-256 %s, and the digest that follows recorded %s",
				err, from, found, clip(recorded, 64))
			return
		}
		n.fail(Forged, SignatureInvalid, Failure, "%v (taken from %s), although the content is the one that the digest that follows recorded", err, from)
		return
	}
	if !n.HasMetadata {
		// The signature came from a digest that is not valid itself, so nothing is known of this one.
		n.unsealed()
		return
	}
	n.fail(Forged, SignatureInvalid, Failure, "%v (taken from %s)", err, from)
}

// Cadence is the time between two digests of a chain.
const Cadence = time.Hour

// Span is a span of time, from From up to To.
type Span struct{ From, To time.Time }

func (s Span) overlaps(o Span) bool { return s.From.Before(o.To) && o.From.Before(s.To) }

func (s Span) clip(o Span) Span {
	if s.From.Before(o.From) {
		s.From = o.From
	}
	if s.To.After(o.To) {
		s.To = o.To
	}
	return s
}
