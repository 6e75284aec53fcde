package ingest

import (
	"context"
	"slices"
	"strings"

	"github.com/trailseal/trailseal/internal/event"
	"github.com/trailseal/trailseal/internal/logfile"
	"github.com/trailseal/trailseal/internal/object"
	"github.com/trailseal/trailseal/internal/receipt"
	"github.com/trailseal/trailseal/internal/verdict"
)

// day takes in the files that were delivered on a day, named as its folder.
func (t *taker) day(ctx context.Context, day string, files []object.Info) error {
	if !t.To.IsZero() && day > logfile.DayOf(t.To, 1) || !t.From.IsZero() && day < logfile.DayOf(t.From, 0) {
		return nil
	}
	return t.batch(ctx, day+"/", files)
}

// batch takes in some files. below is the folder of their day below each folder of the group.
func (t *taker) batch(ctx context.Context, below string, files []object.Info) error {
	known, listed := map[string][]receipt.File{}, map[string][]verdict.Listed{}
	for _, prefix := range t.prefixes(below, files) {
		for f, err := range t.Known.Logs(ctx, t.Name, prefix) {
			if err != nil {
				return err
			}
			known[f.Key] = append(known[f.Key], f)
		}
		if t.Ledger == nil {
			continue
		}
		for g, err := range t.Ledger.Listed(ctx, t.Name, prefix) {
			if err != nil {
				return err
			}
			listed[g.Key] = append(listed[g.Key], g)
		}
	}
	var read []object.Info
	var restate []receipt.File
	for _, info := range files {
		if len(t.group.Folders) > 0 {
			if !logfile.Named(info.Key) {
				if !strings.HasSuffix(info.Key, "/") {
					t.tally(&t.report.Files.Other, 1)
				}
				continue
			}
		}
		at := slices.IndexFunc(known[info.Key], func(f receipt.File) bool { return f.Version == info.Version })
		if at < 0 {
			read = append(read, info)
			continue
		}
		f := known[info.Key][at]
		if f = t.restated(f, listed[info.Key]); f.State != "" {
			restate = append(restate, f)
			continue
		}
		t.tally(&t.report.Files.Known, 1)
		if len(known[info.Key][at].SHA256) == 0 {
			t.tally(&t.report.Files.Damaged, 1)
		}
	}
	if err := t.restate(ctx, restate); err != nil {
		return err
	}
	return t.tree.Read(ctx, read, func(ctx context.Context, f logfile.Stored) error { return t.file(ctx, f, listed[f.Info.Key]) })
}

// prefixes are those under which to look the files up.
func (t *taker) prefixes(below string, files []object.Info) []string {
	if len(t.group.Folders) == 0 {
		if len(files) == 0 {
			return nil
		}
		// Anywhere: what the first and the last key have in common.
		first, last := files[0].Key, files[len(files)-1].Key
		n := 0
		for n < min(len(first), len(last)) && first[n] == last[n] {
			n++
		}
		return []string{first[:n]}
	}
	out := make([]string, len(t.group.Folders))
	for i, f := range t.group.Folders {
		out[i] = f + below
	}
	return out
}

// restated is a file that the lake has, with the state that it has now; without a state when that is the same.
func (r *run) restated(f receipt.File, listed []verdict.Listed) receipt.File {
	if len(f.SHA256) != 32 {
		return receipt.File{} // it could not be read whole: no digest changes that
	}
	state, digest := r.against.State(f.Key, [32]byte(f.SHA256), listed)
	if state == f.State && digest == f.Digest {
		return receipt.File{}
	}
	f.State, f.Digest = state, digest
	return f
}

func (t *taker) restate(ctx context.Context, files []receipt.File) error {
	if len(files) == 0 {
		return nil
	}
	// Rows of theirs may be among those that wait to be written.
	if err := t.flush(ctx, func(event.Place, *event.Rows) bool { return true }); err != nil {
		return err
	}
	if err := t.Load.Restate(ctx, files); err != nil {
		return err
	}
	t.tally(&t.report.Files.Restated, int64(len(files)))
	return t.whole(ctx, files, len(files))
}

// restateOld looks at files that are not verified and lie before what --since-last lists.
func (t *taker) restateOld(ctx context.Context) error {
	if !t.SinceLast || t.Ledger == nil || t.group.From != "" {
		return nil
	}
	var changed []receipt.File
	for _, folder := range t.group.Folders {
		for f, err := range t.Known.Logs(ctx, t.Name, folder) {
			if err != nil {
				return err
			}
			if f.State == event.Verified {
				continue
			}
			var listed []verdict.Listed
			for g, err := range t.Ledger.Listed(ctx, t.Name, f.Key) {
				if err != nil {
					return err
				}
				if g.Key == f.Key {
					listed = append(listed, g)
				}
			}
			if now := t.restated(f, listed); now.State != "" {
				changed = append(changed, now)
			}
		}
	}
	return t.restate(ctx, changed)
}
