package follow

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	positionVersion = 1
	maxPosition     = 256 << 20 // bytes
	// maxRetries is how many files that cannot be read wait to be tried again.
	maxRetries = 1000
)

// ErrPosition is a position that cannot be understood.
var ErrPosition = errors.New("where to go on is not known")

// position is what a Batch carries: which files were handed out, for each folder and day how many, and the exclusive or
// of their hashes. That is enough to know them again in a listing; see mark.among.
type position struct {
	Version int                    `json:"v"`
	Start   time.Time              `json:"start"` // files delivered before it are history
	At      time.Time              `json:"at"`    // when this was the position
	Folders map[string]savedFolder `json:"folders,omitempty"`
	Retries []retry                `json:"retry,omitempty"`
}

type savedFolder struct {
	Listed int64             `json:"at"` // when all that was listed had been handed out, in Unix seconds
	Days   map[string]string `json:"days,omitempty"`
}

// retry is a file that could not be read.
type retry struct {
	Key   string    `json:"key"`
	Since time.Time `json:"since"`
	Next  time.Time `json:"next"`
	Tries int       `json:"tries"`
}

// parsePosition reads a position. It may come from a file that was damaged: what is not as it was written is an error.
func parsePosition(text string) (position, error) {
	var p position
	if len(text) > maxPosition {
		return p, fmt.Errorf("position: longer than %d bytes", maxPosition)
	}
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return p, fmt.Errorf("position: %w", err)
	}
	switch {
	case p.Version != positionVersion:
		return p, fmt.Errorf("position: version %d, want %d", p.Version, positionVersion)
	case p.Start.IsZero() || p.At.IsZero():
		return p, fmt.Errorf("position: no start or no time")
	case len(p.Retries) > maxRetries:
		return p, fmt.Errorf("position: %d files to be tried again, of at most %d", len(p.Retries), maxRetries)
	}
	for name, f := range p.Folders {
		for day, m := range f.Days {
			if _, err := parseMark(m); err != nil {
				return p, fmt.Errorf("position: folder %q, day %q: %w", name, day, err)
			}
		}
	}
	for _, r := range p.Retries {
		if r.Key == "" || r.Since.IsZero() || r.Tries < 0 {
			return p, fmt.Errorf("position: no key or no time in what is to be tried again")
		}
	}
	return p, nil
}

func (p position) text() (string, error) {
	text, err := json.Marshal(p)
	if err != nil {
		return "", fmt.Errorf("position: %w", err)
	}
	return string(text), nil
}

// mark stands for a set of files: their number and the exclusive or of their hashes.
type mark struct {
	n int
	x uint64
}

func (m mark) String() string { return fmt.Sprintf("%d:%016x", m.n, m.x) }

func parseMark(text string) (mark, error) {
	number, hash, ok := strings.Cut(text, ":")
	n, err := strconv.Atoi(number)
	x, errX := strconv.ParseUint(hash, 16, 64)
	if !ok || err != nil || errX != nil || n < 0 || len(hash) != 16 {
		return mark{}, fmt.Errorf("no number and hash of files: %q", text)
	}
	return mark{n, x}, nil
}

// save is the position of now.
func (r *run) save() (string, error) {
	p := position{Version: positionVersion, Start: r.start, At: r.Now().UTC(), Folders: make(map[string]savedFolder, len(r.folders))}
	for name, f := range r.folders {
		s := savedFolder{Listed: f.listed.Unix(), Days: make(map[string]string, len(f.days)+len(f.saved))}
		for day, m := range f.saved {
			s.Days[day] = m.String()
		}
		for day, d := range f.days {
			s.Days[day] = d.mark.String()
		}
		p.Folders[name] = s
	}
	for _, key := range slices.Sorted(maps.Keys(r.retries)) {
		p.Retries = append(p.Retries, *r.retries[key])
	}
	return p.text()
}

// restore takes a position up.
func (r *run) restore(text string) error {
	p, err := parsePosition(text)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrPosition, err)
	}
	r.start, r.resumed = p.Start, p.At
	for name, s := range p.Folders {
		f := &folder{name: name, listed: time.Unix(s.Listed, 0).UTC(), saved: map[string]mark{}, days: map[string]*day{}}
		for d, text := range s.Days {
			m, err := parseMark(text)
			if err != nil {
				return err
			}
			f.saved[d] = m
		}
		r.folders[name] = f
	}
	r.left = make(map[string]bool, len(p.Retries))
	now := r.Now().UTC()
	for _, x := range p.Retries {
		if x.Next.After(now.Add(2 * slowest)) { // the clock was ahead
			x.Next, x.Since = now, now
		}
		r.retries[x.Key], r.left[x.Key] = &x, true
	}
	return nil
}
