package alert

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/trailseal/trailseal/internal/finding"
)

// What an alert keeps of the texts that it is given, in bytes.
const (
	maxName   = 256  // an account, a region, an eventID, a person's name
	maxText   = 1024 // most other texts of events
	maxPlace  = 2048 // object keys, ARNs
	maxWords  = 4096 // sentences that people wrote
	maxList   = 50   // entries of a list
	maxChain  = 20   // of an actor
	maxIPs    = 10   // of an actor
	maxAgents = 5    // of an actor
	maxEvents = 1000 // events of an alert that are kept whole; of the others it is kept what names them
	maxLink   = 2048 // a URL
)

// clip makes a text one that a database, JSON and every tool over them takes: valid UTF-8 without NUL, of at most n
// bytes. A text that was cut ends with an ellipsis.
func clip(s string, n int) string {
	cut := len(s) > n
	if cut {
		s = s[:n]
	}
	if strings.IndexByte(s, 0) >= 0 || !utf8.ValidString(s) {
		s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD") // which can be longer
	}
	if !cut && len(s) <= n {
		return strings.Clone(s)
	}
	const ellipsis = "…"
	s = s[:min(len(s), n-len(ellipsis))]
	for range utf8.UTFMax - 1 { // a rune that was cut in two
		if r, size := utf8.DecodeLastRuneInString(s); r != utf8.RuneError || size != 1 {
			break
		}
		s = s[:len(s)-1]
	}
	return s + ellipsis
}

func clipAll(list []string, entries, n int) []string {
	out := []string{}
	for _, s := range list[:min(len(list), entries)] {
		out = append(out, clip(s, n))
	}
	return out
}

func boundEvent(e finding.Event) finding.Event {
	e.Time = fromMicros(micros(e.Time))
	for _, f := range []*string{&e.ID, &e.Account, &e.Region, &e.State, &e.SHA256, &e.Service, &e.Name, &e.ErrorCode, &e.Type, &e.AccessKey, &e.IP} {
		*f = clip(*f, maxName)
	}
	e.Agent = clip(e.Agent, maxText)
	for _, f := range []*string{&e.Source, &e.Principal, &e.Identity} {
		*f = clip(*f, maxPlace)
	}
	return e
}

func boundActor(a finding.Actor) finding.Actor {
	a.Principal, a.Behind, a.Reason = clip(a.Principal, maxPlace), clip(a.Behind, maxPlace), clip(a.Reason, maxText)
	a.Kind, a.Confidence = clip(a.Kind, maxName), clip(a.Confidence, maxName)
	a.Chain = clipAll(a.Chain, maxChain, maxText)
	a.IPs, a.Agents = join(nil, a.IPs, maxIPs), join(nil, a.Agents, maxAgents)
	return a
}

func boundSuppression(s *finding.Suppression) *finding.Suppression {
	if s == nil {
		return nil
	}
	return &finding.Suppression{
		Detection: clip(s.Detection, maxName), Account: clip(s.Account, maxName), Actor: clip(s.Actor, maxPlace), Where: clip(s.Where, maxText),
		Who: clip(s.Who, maxName), Why: clip(s.Why, maxWords), Until: fromMicros(micros(s.Until)),
	}
}

// join adds texts to a sorted list of at most n. Those that are there stay.
func join(list, more []string, n int) []string {
	if list == nil {
		list = []string{}
	}
	for _, s := range more {
		if s = clip(s, maxText); s == "" || len(list) >= n {
			continue
		}
		if i, there := slices.BinarySearch(list, s); !there {
			list = slices.Insert(list, i, s)
		}
	}
	return list
}

// digest is a hash of texts that no other list of texts has.
func digest(texts ...string) []byte {
	h := sha256.New()
	for _, s := range texts {
		h.Write([]byte(strconv.Itoa(len(s)) + ":" + s))
	}
	return h.Sum(nil)
}

// mark names a match: by detection and eventID, so that twins of an event in two log files are one; by its place and what is
// to be seen of it where the record has no eventID.
func (f *Finding) mark() []byte {
	kind := "match"
	if f.Test {
		kind = "test"
	}
	if f.Match.ID != "" {
		return digest(kind, f.Match.Detection, f.Match.ID)[:16]
	}
	e := f.Match.Event
	return digest(kind, f.Match.Detection, e.Source, strconv.Itoa(e.Record), strconv.FormatInt(micros(e.Time), 10), e.Service, e.Name, e.Identity)[:16]
}

// family names what the matches of an alert have in common. Matches that nobody is told of never join those that people
// are told of.
func (f *Finding) family() []byte {
	suppression := ""
	if f.Match.Suppressed != nil {
		suppression = text(boundSuppression(f.Match.Suppressed))
	}
	return digest(f.Match.Detection, f.principal(), f.Match.Account, suppression, strconv.FormatBool(f.Test))[:16]
}

func (f *Finding) principal() string {
	if f.Actor.Principal != "" {
		return f.Actor.Principal
	}
	return f.Match.Principal
}

// keyOf makes an alert's Key and ID: of its family, the beginning of its window, and, where there was another one that
// is closed, a number.
func keyOf(detection, account string, family []byte, from int64, number int) (key, id string) {
	n := ""
	if number > 0 {
		n = strconv.Itoa(number)
	}
	sum := digest(string(family), strconv.FormatInt(from, 10), n)
	key = fmt.Sprintf("%s/%s/%s/%s", plain(detection, 80), plain(account, 20), fromMicros(from).Format(time.RFC3339), hex.EncodeToString(sum[:8]))
	return key, strings.ToLower(base32.StdEncoding.EncodeToString(sum)[:12])
}

// plain is what of a text can stand in a key: letters, digits, dots, hyphens.
func plain(s string, n int) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '-', r == '.', r == '_':
			return r
		}
		return '_'
	}, s[:min(len(s), n)])
}

// text is a value of ours as JSON: one that cannot fail to be.
func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // of texts, numbers and times that have been bounded
	}
	return string(b)
}

// parse reads what text wrote.
func parse(s string, into any) error {
	if err := json.Unmarshal([]byte(s), into); err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return nil
}
