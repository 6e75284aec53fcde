package awstest

import (
	"fmt"
	"io"
	"iter"
	"strings"
	"time"
)

// Synthetic is a bucket of log files that are computed when they are asked for: N keys of one account and region,
// PerDay a day from Start on. It takes no memory. Its bodies are empty.
type Synthetic struct {
	Account, Region string
	Start           time.Time
	N, PerDay       int
}

// Key returns the i-th key; keys ascend with i.
func (s Synthetic) Key(i int) string {
	day := s.Start.UTC().Truncate(24*time.Hour).AddDate(0, 0, i/s.PerDay)
	at := day.Add(time.Duration(i%s.PerDay) * 24 * time.Hour / time.Duration(s.PerDay))
	return fmt.Sprintf("AWSLogs/%[1]s/CloudTrail/%[2]s/%[3]s/%[1]s_CloudTrail_%[2]s_%[4]s_%016[5]d.json.gz",
		s.Account, s.Region, day.Format("2006/01/02"), at.Format("20060102T1504Z"), i)
}

// List yields keys.
func (s Synthetic) List(prefix, after string) iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		from := max(prefix, after)
		low, high := 0, s.N // the first key that is not below from
		for low < high {
			if middle := (low + high) / 2; s.Key(middle) < from {
				low = middle + 1
			} else {
				high = middle
			}
		}
		for i := low; i < s.N; i++ {
			key := s.Key(i)
			if key == after {
				continue
			}
			if !strings.HasPrefix(key, prefix) || !yield(s.entry(key)) {
				return
			}
		}
	}
}

func (s Synthetic) entry(key string) Entry {
	return Entry{Key: key, ETag: "d41d8cd98f00b204e9800998ecf8427e", Modified: s.Start.UTC()}
}

// Open returns an empty object.
func (s Synthetic) Open(key string) (Object, error) {
	for e := range s.List(key, "") {
		if e.Key == key {
			return Object{Entry: e, Body: io.NopCloser(strings.NewReader(""))}, nil
		}
	}
	return Object{}, ErrNoKey
}

// Put fails.
func (s Synthetic) Put(string, []byte, map[string]string) error {
	return fmt.Errorf("a synthetic bucket cannot be written")
}
