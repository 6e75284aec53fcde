package app

import (
	"context"
	"encoding/base64"
	"time"
)

// kept is the memory of rules over time on disk: what a watch remembers when it is started again. It is written in the
// transaction that records the files it is of, seldom enough to cost little; what lies between is read again.
type kept struct {
	name string // among the positions
	next time.Time
}

// maxKeptMemory bounds what is written of the memory of rules over time.
const maxKeptMemory = 128 << 20

// resume has rules over time remember what an earlier watch of the same source did.
func (w *watcher) resume(ctx context.Context, source string) error {
	w.kept.name = "memory of " + source
	text, err := w.store.Position(ctx, w.kept.name)
	if err != nil || text == "" {
		return err
	}
	data, err := base64.StdEncoding.DecodeString(text)
	if err == nil {
		err = w.live.Resume(data)
	}
	if err != nil {
		w.Log.Warn("detections over time begin anew", "error", err.Error())
	}
	return nil
}

// memorized adds to positions what rules over time remember, where it is time to write that. It is called when all that
// they have seen is about to be recorded.
func (w *watcher) memorized(positions map[string]string, last bool) map[string]string {
	begun := w.Now()
	if w.kept.name == "" || !last && begun.Before(w.kept.next) {
		return positions
	}
	data, err := w.live.Keep()
	if err != nil || len(data) > maxKeptMemory {
		w.Log.Warn("what detections over time remember is not kept: after a restart they begin anew", "bytes", len(data))
		w.kept.name = ""
		return positions
	}
	out := map[string]string{w.kept.name: base64.StdEncoding.EncodeToString(data)}
	for name, at := range positions {
		out[name] = at
	}
	w.kept.next = w.Now().Add(20 * w.Now().Sub(begun))
	return out
}

// memorize writes what rules over time remember, where a watch ends and all that they have seen is recorded.
func (w *watcher) memorize(ctx context.Context) error {
	if !w.settled {
		return nil
	}
	if p := w.memorized(nil, true); p != nil {
		return w.store.SavePositions(context.WithoutCancel(ctx), p, w.Now().UTC())
	}
	return nil
}
