package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"math/bits"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/trailseal/trailseal/internal/event"
	"github.com/trailseal/trailseal/internal/sample"
)

// shape is the organization of one of the trees or lakes.
type shape struct {
	accounts, regions []string
}

var (
	treeShape = shape{[]string{"111122223333", "222233334444", "333344445555", "444455556666", "055566667777"}, []string{"eu-west-1", "us-east-1", "us-west-2"}}
	yearShape = shape{[]string{"111122223333", "222233334444", "055566667777"}, []string{"eu-central-1", "eu-west-1", "us-east-1", "us-west-2"}}
)

// start is the first day of all trees and lakes.
var start = time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC)

// place is an account and a region.
type place struct{ account, region string }

func (s shape) places() []place {
	var out []place
	for _, a := range s.accounts {
		for _, r := range s.regions {
			out = append(out, place{a, r})
		}
	}
	return out
}

// What differs between two events that were made from one template.
const (
	asIs      = iota
	eventID   // a UUID
	requestID // a UUID
	eventTime // RFC 3339
	sessionAt // RFC 3339: some hours before
	accessKey // 16 characters, the same within a session
	hexID     // of a resource: one of many
	clientIP  // the last part of an address
)

// piece is a stretch of a template. hole says what stands in its place.
type piece struct {
	hole int
	text []byte
}

type template []piece

// holes are the places of a record that differ: the second group is what is replaced.
var holes = regexp.MustCompile(`("eventID":")([^"]+)|("requestID":")([0-9a-f-]{36})|("eventTime":")([^"]+)|("creationDate":")([^"]+)|` +
	`("accessKeyId":"A[SK]IA)([A-Z0-9]{16})|(-)([0-9a-f]{17})\b|("sourceIPAddress":"\d+\.\d+\.\d+\.)(\d+)`)

// cut finds the pieces of a record.
func cut(raw []byte) template {
	kinds := []int{eventID, requestID, eventTime, sessionAt, accessKey, hexID, clientIP}
	var t template
	at := 0
	for _, m := range holes.FindAllSubmatchIndex(raw, -1) {
		for i, kind := range kinds {
			if from, to := m[4*i+4], m[4*i+5]; from >= 0 {
				t = append(t, piece{asIs, raw[at:from]}, piece{kind, raw[from:to]})
				at = to
			}
		}
	}
	return append(t, piece{asIs, raw[at:]})
}

// templates are some 20,000 records that the sample generator made, by where they happened and in order of time.
func templates(ctx context.Context, s shape) (map[place][]template, error) {
	o := sample.Options{Hours: 96, Regions: s.regions, FilesPerDay: 140, NoIncident: true}
	for i, a := range s.accounts {
		o.Accounts = append(o.Accounts, sample.Account{ID: a, Name: fmt.Sprintf("bench-%d", i)})
	}
	objects, _, err := sample.Objects(ctx, o)
	if err != nil {
		return nil, err
	}
	out := map[place][]template{}
	for _, o := range objects {
		parts := strings.Split(o.Key, "/")
		if len(parts) < 5 || parts[3] != "CloudTrail" {
			continue
		}
		z, err := gzip.NewReader(bytes.NewReader(o.Body))
		if err != nil {
			return nil, err
		}
		data, err := io.ReadAll(z)
		if err != nil {
			return nil, err
		}
		at := place{parts[2], parts[4]}
		for item, err := range event.Split(data) {
			if err != nil {
				return nil, err
			}
			out[at] = append(out[at], cut(item.Raw))
		}
	}
	for _, at := range s.places() {
		if len(out[at]) == 0 {
			return nil, fmt.Errorf("the sample has no event in account %s, region %s", at.account, at.region)
		}
	}
	return out, nil
}

// mix is splitmix64: numbers that look random, the same for the same n.
func mix(n uint64) uint64 {
	n += 0x9e3779b97f4a7c15
	n = (n ^ n>>30) * 0xbf58476d1ce4e5b9
	n = (n ^ n>>27) * 0x94d049bb133111eb
	return n ^ n>>31
}

// maker makes the events of one place. Equal makers make equal events.
type maker struct {
	templates []template
	seed      uint64 // of the place
}

func newMaker(all map[place][]template, s shape, at place) maker {
	return maker{all[at], mix(uint64(slices.Index(s.places(), at)))}
}

// append appends the event number i of a day, at a time.
func (m maker) append(to []byte, day, i int, at time.Time) []byte {
	first := mix(m.seed + uint64(day)) // where in the templates the day begins
	t := m.templates[(first+uint64(i))%uint64(len(m.templates))]
	id := mix(first + uint64(i))
	session := mix(first + uint64(i)/64)
	for n, p := range t {
		switch p.hole {
		case asIs:
			to = append(to, p.text...)
		case eventID:
			to = appendUUID(to, mix(id+1), mix(id+2))
		case requestID:
			to = appendUUID(to, mix(id+3), mix(id+4))
		case eventTime:
			to = at.AppendFormat(to, time.RFC3339)
		case sessionAt:
			to = at.Truncate(4*time.Hour).Add(-time.Duration(session%7200)*time.Second).AppendFormat(to, time.RFC3339)
		case accessKey:
			to = appendKey(to, session)
		case hexID:
			// Some 500 resources of each kind in a place: what is called is called again.
			to = fmt.Appendf(to, "0%016x", mix(m.seed^uint64(n)<<32^id%509))
		case clientIP:
			to = fmt.Appendf(to, "%d", session%254+1)
		}
	}
	return to
}

func appendUUID(to []byte, hi, lo uint64) []byte {
	hi, lo = hi&^0xf000|0x4000, lo&^(3<<62)|2<<62
	var b [16]byte
	for i := range 8 {
		b[i], b[8+i] = byte(hi>>(56-8*i)), byte(lo>>(56-8*i))
	}
	for i, part := range [][]byte{b[:4], b[4:6], b[6:8], b[8:10], b[10:]} {
		if i > 0 {
			to = append(to, '-')
		}
		to = hex.AppendEncode(to, part)
	}
	return to
}

func appendKey(to []byte, n uint64) []byte {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	n2 := bits.RotateLeft64(mix(n), 17)
	for i := range 8 {
		to = append(to, letters[n>>(5*i)&31], letters[n2>>(5*i)&31])
	}
	return to
}
