package ingest

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/event"
	"github.com/trailseal/trailseal/internal/logfile"
	"github.com/trailseal/trailseal/internal/object"
	"github.com/trailseal/trailseal/internal/receipt"
	"github.com/trailseal/trailseal/internal/verdict"
)

// maxRecord is the longest record of a file that is streamed, in bytes.
const maxRecord = 16 << 20

// file takes one file in. An error ends the run; what is wrong with the file does not.
func (t *taker) file(ctx context.Context, f logfile.Stored, listed []verdict.Listed) error {
	if f.Err != nil {
		if logfile.Fatal(ctx, f.Err) {
			return f.Err
		}
		t.unreadable(f.Info.Key, f.Err)
		return nil
	}
	in := &intake{taker: t, info: f.Info, reasons: map[event.Reasons]int64{}, places: map[event.Place]bool{}}
	in.receipt = receipt.File{Source: t.Name, Key: f.Info.Key, Version: f.Info.Version, Size: f.Info.Size, Ingested: t.Now().UTC()}
	if k, err := integrity.ParseKey(f.Info.Key); err == nil {
		in.origin = event.Origin{Account: k.Account, Region: k.Region, Delivered: k.Time}
		in.receipt.Account, in.receipt.Region = k.Account, k.Region
	}
	if f.Data != nil {
		data, content, err := t.tree.Content(f.Data)
		if err == nil {
			in.receipt.Inflated = int64(len(data))
			in.know(content, listed)
			if in.refused() {
				return nil
			}
			return in.records(ctx, in.parser.Records(data, &in.record), false)
		}
	}
	return in.stream(ctx, f.Data, listed)
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
	state, digest := in.against.State(in.info.Key, sum, listed)
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
			if f := (*event.Fault)(nil); !errors.As(err, &f) {
				// The source failed. The file is read again by the next run, which knows the records that were taken in.
				if logfile.Fatal(ctx, err) {
					return err
				}
				in.unreadable(in.info.Key, err)
				return nil
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
	sum, size, damage, err := in.tree.Measure(ctx, in.info.Key, data)
	if err != nil {
		if logfile.Fatal(ctx, err) {
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
	src, err := in.tree.Stream(ctx, in.info.Key, data)
	if err != nil {
		if logfile.Fatal(ctx, err) {
			return err
		}
		in.unreadable(in.info.Key, err)
		return nil
	}
	defer src.Close()
	// Damage was noted: here it is the end.
	return in.records(ctx, event.Stream(src.UntilDamage(), maxRecord), true)
}
