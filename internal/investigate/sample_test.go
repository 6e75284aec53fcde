package investigate

import (
	"bytes"
	"compress/gzip"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/internal/dialect/dialecttest"
	"github.com/trailseal/trailseal/internal/event"
	"github.com/trailseal/trailseal/internal/sample"
)

// organization is a lake of the sample organization.
func organization(t *testing.T, hours int) (*fixture, sample.Manifest) {
	t.Helper()
	var mu sync.Mutex // put is called by several goroutines
	var rows []map[string]any
	var p event.Parser
	m, err := sample.Generate(t.Context(), sample.Options{Hours: hours, FilesPerDay: 60}, func(o sample.Object) error {
		mu.Lock()
		defer mu.Unlock()
		if !strings.Contains(o.Key, "/CloudTrail/") {
			return nil
		}
		z, err := gzip.NewReader(bytes.NewReader(o.Body))
		if err != nil {
			return err
		}
		data, err := io.ReadAll(z)
		if err != nil {
			return err
		}
		for item, err := range event.Split(data) {
			if err != nil {
				return err
			}
			var r event.Record
			if err := p.Parse(item.Raw, &r); err != nil {
				return err
			}
			rows = append(rows, asRow(&r))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return &fixture{t: t, db: dialecttest.Open(t, rows)}, m
}

func asRow(r *event.Record) map[string]any {
	row := map[string]any{"log_state": "verified"}
	for i, v := range r.Values {
		if v != nil && i != event.Principal {
			row[event.Columns[i].Name] = string(v)
		}
	}
	if r.HasTime {
		row["event_time"] = time.UnixMicro(r.Time)
	}
	if r.ReadOnly != event.Null {
		row["read_only"] = r.ReadOnly == event.True
	}
	return row
}

func TestTheIncidentOfTheSample(t *testing.T) {
	f, m := organization(t, 72)
	in := m.Incident
	if in == nil {
		t.Fatal("no incident")
	}

	// The leaked key leads to the user and key that were made with it.
	c := inquire(t, f, OfKey, in.AccessKeyID)
	next := map[string]bool{}
	for _, p := range c.Pivots {
		next[p.Command] = true
	}
	for _, want := range []string{"trailseal investigate key " + in.CreatedAccessKeyID, "trailseal investigate ip " + in.SourceIP, "trailseal investigate principal " + in.CreatedUserARN} {
		if !next[want] {
			t.Errorf("no pivot %q among %v", want, next)
		}
	}
	if !hasGap(c, "no-key-creation") {
		t.Error("nothing says that the key is older than the lake")
	}

	// The address shows the whole of it.
	c = inquire(t, f, OfIP, in.SourceIP)
	shown := map[string]string{}
	for _, e := range c.Timeline {
		shown[e.EventID] = e.ErrorCode
	}
	n := 0
	for _, s := range in.Steps {
		if s.AccessKey != in.AccessKeyID && s.AccessKey != in.CreatedAccessKeyID {
			continue
		}
		n++
		if code, ok := shown[s.EventID]; !ok || code != s.ErrorCode {
			t.Errorf("%s: shown %t, error %q", s.Name, ok, code)
		}
	}
	if int(c.Counts.Events) != n || len(c.Timeline) != n {
		t.Errorf("%d events and %d in the timeline, want %d", c.Counts.Events, len(c.Timeline), n)
	}

	// The stop of the trail, and who it was.
	list, err := Changes(t.Context(), f, ChangeOptions{From: m.Start, To: m.End, Buckets: []string{m.Bucket}})
	if err != nil {
		t.Fatal(err)
	}
	type change struct {
		Action, Actor string
		State         State
		From, To      *time.Time
	}
	var got []change
	for _, c := range list.Changes {
		if c.Watched == Trail {
			got = append(got, change{c.Action, c.Actor.Name, c.Actor.State, c.From, c.To})
		}
	}
	for _, c := range list.Changes {
		if c.Action == "StopLogging" && !slices.ContainsFunc(c.Actor.Claims, func(c Claim) bool { return c.Kind == "key-made-by" && c.Value == in.UserARN }) {
			t.Errorf("nothing says that the leaked key made the key: %+v", c.Actor)
		}
	}
	want := []change{{"StopLogging", in.CreatedUser, Person, &in.StoppedAt, &in.StartedAt}, {"StartLogging", "alice.martin", Person, nil, nil}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// A pipeline's change in production comes from the branch that it ran for, through two accounts.
	c = inquire(t, f, OfPrincipal, "arn:aws:iam::"+in.Account+":role/terraform-deploy")
	for _, a := range c.Actors {
		if a.Name != "repo:larkfield/shop:ref:refs/heads/main" || a.State != Workload || a.Confidence != Proven {
			t.Errorf("%+v", a)
		}
	}
	if len(c.Actors) == 0 {
		t.Error("nobody deployed")
	}
}
