package validate

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
)

// Selection says which of the log files that valid digests list are to be read. Whether all of them are there is
// checked whatever is selected, but not for None, which does not look at log files. The zero value is All.
type Selection struct {
	mode   mode
	sample int
	seed   string
}

type mode byte

const (
	all mode = iota
	sample
	none
)

// All reads every log file.
var All = Selection{}

// None checks digests and chains only.
var None = Selection{mode: none}

// Sample reads n log files of each account and region, drawn evenly by a seed: the same seed draws the same ones.
func Sample(n int, seed string) Selection { return Selection{sample, n, seed} }

// ParseSelection reads "all", "none" or "sample=N".
func ParseSelection(s, seed string) (Selection, error) {
	switch s {
	case "all", "":
		return All, nil
	case "none":
		return None, nil
	}
	if text, ok := strings.CutPrefix(s, "sample="); ok {
		if n, err := strconv.Atoi(text); err == nil && n > 0 {
			return Sample(n, seed), nil
		}
	}
	return All, fmt.Errorf("--logs %q: want all, none, or sample=N with N above 0", s)
}

// String is the form that ParseSelection reads.
func (s Selection) String() string {
	switch s.mode {
	case sample:
		return fmt.Sprintf("sample=%d", s.sample)
	case none:
		return "none"
	}
	return "all"
}

// score orders log files by chance, but always in the same way for one seed.
func (s Selection) score(name string) uint64 {
	sum := sha256.Sum256([]byte(s.seed + "\x00" + name))
	return binary.BigEndian.Uint64(sum[:])
}

// lowest keeps the n lowest scores that it is given.
type lowest struct {
	n    int
	heap []uint64 // the highest of them first
}

func (l *lowest) add(v uint64) {
	if len(l.heap) < l.n {
		l.heap = append(l.heap, v)
		for i := len(l.heap) - 1; i > 0 && l.heap[(i-1)/2] < l.heap[i]; i = (i - 1) / 2 {
			l.heap[i], l.heap[(i-1)/2] = l.heap[(i-1)/2], l.heap[i]
		}
		return
	}
	if v >= l.heap[0] {
		return
	}
	l.heap[0] = v
	for i := 0; ; {
		c := 2*i + 1
		if c+1 < len(l.heap) && l.heap[c+1] > l.heap[c] {
			c++
		}
		if c >= len(l.heap) || l.heap[c] <= l.heap[i] {
			return
		}
		l.heap[i], l.heap[c] = l.heap[c], l.heap[i]
		i = c
	}
}

// limit is the highest score that is still among the lowest.
func (l *lowest) limit() (uint64, bool) {
	if len(l.heap) == 0 {
		return 0, false
	}
	return l.heap[0], true
}
