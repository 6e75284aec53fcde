package ingest

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"iter"
	"time"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/event"
	"github.com/trailseal/trailseal/internal/object"
	"github.com/trailseal/trailseal/internal/receipt"
	"github.com/trailseal/trailseal/internal/verdict"
)

const (
	// maxWhole is the largest object that is read into memory, in bytes as stored; maxInflated what may come out of it.
	maxWhole    = 16 << 20
	maxInflated = 64 << 20
	// maxRecord is the longest record of a file that is streamed, in bytes.
	maxRecord = 16 << 20
	// maxStream is the most that is inflated of one object: beyond lies what no log file needs.
	maxStream = 64 << 30
	attempts  = 4
)

// fetch reads one object, trying again where that may help.
func (r *run) fetch(ctx context.Context, info object.Info) fetched {
	f := fetched{info: info}
	if info.Size > maxWhole {
		return f
	}
	wait := r.Wait
	for try := range attempts {
		f.data, f.info, f.err = r.get(ctx, info.Key)
		if f.err == nil || object.Permanent(f.err) || ctx.Err() != nil || try == attempts-1 {
			break
		}
		select {
		case <-time.After(wait):
			wait *= 2
		case <-ctx.Done():
		}
	}
	if f.err == nil && len(f.data) > maxWhole {
		f.data = nil // it has grown since it was listed
	}
	return f
}

func (r *run) get(ctx context.Context, key string) ([]byte, object.Info, error) {
	body, err := r.Source.Open(ctx, key)
	if err != nil {
		return nil, object.Info{Key: key}, err
	}
	defer body.Close()
	if body.Size > maxWhole {
		return nil, body.Info, nil
	}
	data := make([]byte, body.Size)
	if _, err := io.ReadFull(body, data); err != nil {
		return nil, body.Info, fmt.Errorf("read %q: %w", key, err)
	}
	return data, body.Info, nil
}

// file takes one file in. An error ends the run; what is wrong with the file does not.
func (t *taker) file(ctx context.Context, f fetched, listed []verdict.Listed) error {
	t.Progress.Read.Add(1)
	if f.err != nil {
		if fatal(ctx, f.err) {
			return f.err
		}
		t.unreadable(f.info.Key, f.err)
		return nil
	}
	t.Progress.Bytes.Add(f.info.Size)
	in := &intake{taker: t, info: f.info, reasons: map[event.Reasons]int64{}, places: map[event.Place]bool{}}
	in.receipt = receipt.File{Source: t.Name, Key: f.info.Key, Version: f.info.Version, Size: f.info.Size, Ingested: t.Now().UTC()}
	if k, err := integrity.ParseKey(f.info.Key); err == nil {
		in.origin = event.Origin{Account: k.Account, Region: k.Region, Delivered: k.Time}
		in.receipt.Account, in.receipt.Region = k.Account, k.Region
	}
	if f.data != nil {
		data, content, err := t.inflate(f.data)
		if err == nil {
			in.receipt.Inflated = int64(len(data))
			in.know(content, listed)
			if in.refused() {
				return nil
			}
			return in.records(ctx, in.parser.Records(data, &in.record), false)
		}
	}
	return in.stream(ctx, f.data, listed)
}

// inflate returns what an object holds, and its hash.
func (r *run) inflate(data []byte) ([]byte, [32]byte, error) {
	if len(data) < 2 || data[0] != 0x1f || data[1] != 0x8b {
		return data, sha256.Sum256(data), nil
	}
	out, content, err := r.Inflate(bytes.NewReader(data), int64(len(data)), maxInflated)
	return out, content.SHA256, err
}

// intake is one file being taken in.
type intake struct {
	*taker
	info    object.Info
	origin  event.Origin
	file    *event.File
	receipt receipt.File
	reasons map[event.Reasons]int64
	places  map[event.Place]bool
}

// know sets what is known of the file once its content is.
func (in *intake) know(sum [32]byte, listed []verdict.Listed) {
	state, digest := in.state(in.info.Key, sum, listed)
	in.receipt.SHA256, in.receipt.State, in.receipt.Digest = sum[:], state, digest
	in.file = &event.File{Key: in.info.Key, SHA256: hex.EncodeToString(sum[:]), State: state, Digest: digest}
}

// refused reports, and counts, a file that is not to be taken in.
func (in *intake) refused() bool {
	if !in.OnlyVerified || in.receipt.State == event.Verified {
		return false
	}
	in.tally(&in.report.Files.Refused, 1)
	in.hole(in.info.Key)
	return true
}

// records takes the records of the file in. moving: an item's bytes are good until the next only.
func (in *intake) records(ctx context.Context, items iter.Seq2[event.Item, error], moving bool) error {
	n := 0
	for item, err := range items {
		if err != nil {
			if in.receipt.Records == 0 && errors.Is(err, event.ErrNotLogs) {
				in.tally(&in.report.Files.Other, 1)
				return in.done(ctx)
			}
			in.fault(err, -1)
			if item.Raw == nil {
				continue
			}
		}
		if moving {
			item.Raw = bytes.Clone(item.Raw)
		}
		in.add(item, err != nil)
		if err := ctx.Err(); err != nil {
			return err
		}
		if n++; moving && n%1024 == 0 {
			if err := in.relieve(ctx); err != nil {
				return err
			}
		}
	}
	return in.done(ctx)
}

// add adds one record to its partition. broken: what is wrong with it has been noted.
func (in *intake) add(item event.Item, broken bool) {
	rec := &in.record
	if broken {
		event.Malformed(item.Raw, rec)
	} else if item.Parsed {
		// It was read together with its file.
	} else if err := in.parser.Parse(item.Raw, rec); err != nil {
		event.Malformed(item.Raw, rec)
		in.fault(err, item.Number)
	}
	account, region, date := rec.Place(in.origin)
	place := event.Place{Account: account, Region: region, Date: date}
	rows := in.open[place]
	if rows == nil {
		rows = new(event.Rows)
		if n := len(in.spare); n > 0 {
			rows, in.spare = in.spare[n-1], in.spare[:n-1]
		}
		rows.Reset(place)
		in.open[place] = rows
	}
	rows.Add(rec, item.Raw, event.Delivery{File: in.file, Record: int32(item.Number)})
	in.receipt.Records++
	if rec.Reasons != 0 {
		in.receipt.Odd++
		in.reasons[rec.Reasons]++
	}
	in.places[place] = true
}

// fault notes what is wrong with the file, or with the record of that number: then its offset is within the record.
func (in *intake) fault(err error, record int) {
	in.receipt.Faulty++
	if len(in.receipt.Faults) >= receipt.MaxFaults {
		return
	}
	x := receipt.Fault{Key: in.info.Key, Record: -1, Offset: -1, Reason: err.Error()}
	if f := (*event.Fault)(nil); errors.As(err, &f) {
		x.Record, x.Offset, x.Reason = f.Number, int64(f.Offset), f.Reason
		if record >= 0 {
			x.Record, x.Offset, x.Reason = record, -1, fmt.Sprintf("byte %d of the record: %s", f.Offset, f.Reason)
		}
	}
	in.receipt.Faults = append(in.receipt.Faults, x)
}

// done hands the file on: it is whole once its partitions are written.
func (in *intake) done(ctx context.Context) error {
	for p := range in.places {
		in.receipt.Places = append(in.receipt.Places, p)
	}
	in.count(in.receipt, in.reasons)
	in.waiting = append(in.waiting, waiting{in.receipt, in.places})
	return in.relieve(ctx)
}

// stream takes in a file that is too large for memory, or damaged: the records before the damage are kept. Its hash is
// known only at its end, and so is its state; it is read twice where it is not damaged.
func (in *intake) stream(ctx context.Context, data []byte, listed []verdict.Listed) error {
	sum, size, damage, err := in.measure(ctx, data)
	if err != nil {
		if fatal(ctx, err) {
			return err
		}
		in.unreadable(in.info.Key, err)
		return nil
	}
	in.receipt.Inflated = size
	if damage == nil {
		in.know(sum, listed)
	} else {
		// Whatever a digest says of it, it is not what CloudTrail wrote.
		in.receipt.SHA256, in.receipt.State = []byte{}, event.Failed
		in.file = &event.File{Key: in.info.Key, State: event.Failed}
		in.fault(damage, -1)
		in.tally(&in.report.Files.Damaged, 1)
	}
	if in.refused() {
		return nil
	}
	src, err := in.reader(ctx, data)
	if err != nil {
		if fatal(ctx, err) {
			return err
		}
		in.unreadable(in.info.Key, err)
		return nil
	}
	defer src.Close()
	// Damage was noted: here it is the end.
	return in.records(ctx, event.Stream(&untilDamage{src}, maxRecord), true)
}

// measure reads a file to its end for its hash. damage is what is wrong with its content, err with the reading.
func (in *intake) measure(ctx context.Context, data []byte) (sum [32]byte, size int64, damage, err error) {
	src, err := in.reader(ctx, data)
	if err != nil {
		return sum, 0, nil, err
	}
	defer src.Close()
	var h hash.Hash = sha256.New()
	n, err := io.Copy(h, io.LimitReader(src, maxStream+1))
	switch {
	case n > maxStream:
		damage = fmt.Errorf("it inflates to more than %d bytes", int64(maxStream))
	case err != nil && src.zip != nil && src.body.err == nil:
		damage = fmt.Errorf("after %d bytes of content: %w", n, err)
	case err != nil:
		return sum, n, nil, err
	}
	h.Sum(sum[:0])
	return sum, n, damage, nil
}

// reading is an object being read and inflated where it is gzip.
type reading struct {
	io.Reader
	zip   *gzip.Reader
	body  *noted
	close func() error
}

func (r *reading) Close() error { return r.close() }

// noted remembers an error of the source, to tell it from one of the content.
type noted struct {
	r   io.Reader
	err error
}

func (n *noted) Read(p []byte) (int, error) {
	k, err := n.r.Read(p)
	if err != nil && err != io.EOF {
		n.err = err
	}
	return k, err
}

// reader opens the file's content: from memory, or else from the source.
func (in *intake) reader(ctx context.Context, data []byte) (*reading, error) {
	out := &reading{close: func() error { return nil }}
	if data != nil {
		out.body = &noted{r: bytes.NewReader(data)}
	} else {
		body, err := in.Source.Open(ctx, in.info.Key)
		if err != nil {
			return nil, err
		}
		out.body, out.close = &noted{r: body}, body.Close
	}
	head := make([]byte, 2)
	n, err := io.ReadFull(out.body, head)
	if out.body.err != nil {
		out.close()
		return nil, out.body.err
	}
	all := io.MultiReader(bytes.NewReader(head[:n]), out.body)
	if err != nil || head[0] != 0x1f || head[1] != 0x8b {
		out.Reader = all
		return out, nil
	}
	if out.zip, err = gzip.NewReader(all); err != nil {
		if out.body.err != nil {
			out.close()
			return nil, out.body.err
		}
		out.Reader, out.zip = &failing{err}, new(gzip.Reader)
		return out, nil
	}
	out.Reader = out.zip
	return out, nil
}

type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) { return 0, f.err }

// untilDamage ends where the content does, damaged or not.
type untilDamage struct{ r io.Reader }

func (u *untilDamage) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	if err != nil {
		err = io.EOF
	}
	return n, err
}
