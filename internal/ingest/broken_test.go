package ingest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/trailseal/trailseal/internal/ingest"
	"github.com/trailseal/trailseal/internal/object"
)

// breaking is a source of which the second reading of each object breaks off.
type breaking struct {
	ingest.Source
	opened map[string]int
}

func (b *breaking) Open(ctx context.Context, key string) (object.Body, error) {
	body, err := b.Source.Open(ctx, key)
	if b.opened[key]++; err == nil && b.opened[key] == 2 {
		body.ReadCloser = &cut{body.ReadCloser, 5 << 20}
	}
	return body, err
}

type cut struct {
	io.ReadCloser
	left int
}

func (c *cut) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, errors.New("connection reset")
	}
	n, err := c.ReadCloser.Read(p[:min(len(p), c.left)])
	c.left -= n
	return n, err
}

// A large file is read twice. When the second reading breaks off, the file is not taken for whole.
func TestALargeFileWhoseReadingBreaksIsReadAgain(t *testing.T) {
	b := newBed(t)
	const n = 17000
	var big strings.Builder
	for i := range n {
		big.WriteString(record(fmt.Sprintf("id-%06d", i), fmt.Sprintf("%02d:%02d:%02d", i/3600, i/60%60, i%60), `,"requestParameters":{"x":"`+strings.Repeat("y", 900)+`"}`))
		big.WriteByte('\n')
	}
	b.put("big.ndjson", []byte(big.String()))
	rep, err := b.run(func(o *ingest.Options) { o.Source = &breaking{o.Source, map[string]int{}} })
	if err != nil || rep.Files.Unreadable != 1 || len(rep.Faults) != 1 || !strings.Contains(rep.Faults[0].Reason, "connection reset") {
		t.Fatalf("%+v, %v", rep.Files, err)
	}
	if rep = b.must(); rep.Files.Read != 1 || rep.Files.Known != 0 {
		t.Errorf("%+v", rep.Files)
	}
	if got := b.ask("SELECT count(*), count(DISTINCT event_id) FROM events"); got[0] != fmt.Sprint(n, " ", n) {
		t.Errorf("rows: %v, want %d, each once", got, n)
	}
}
