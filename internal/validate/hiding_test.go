package validate_test

import (
	"strings"
	"testing"
	"time"

	"github.com/trailseal/trailseal/internal/validate"
	"github.com/trailseal/trailseal/internal/verdict"
)

// Ways to make something disappear without a trace in what is reported. None may end in a pass.
func TestNothingCanBeHidden(t *testing.T) {
	gone := func(w *world, region string, except func(key string) bool) {
		for key := range w.things {
			if strings.Contains(key, "/"+region+"/") && (except == nil || !except(key)) {
				delete(w.things, key)
			}
		}
	}
	period := func(from, to time.Duration) func(*validate.Options) {
		return func(o *validate.Options) { o.From, o.To = eStart.Add(from), eStart.Add(to) }
	}
	for _, c := range []struct {
		name   string
		change func(*world)
		narrow func(*validate.Options)
		want   verdict.Result
	}{
		{"every digest of a period, with digests before and after", func(w *world) {
			gone(w, "eu-west-1", func(key string) bool { return key == w.key("e0") || key == w.key("e5") })
		}, period(2*time.Hour, 150*time.Minute), verdict.Fail},
		{"unsigned digests in the place of signed ones", func(w *world) {
			for _, name := range []string{"e2", "e3", "e4", "e5"} {
				w.setBody(name, zip([]byte(strings.Replace(string(unzip(t, w.body(name))), `"logFiles":[{`, `"logFiles":[],"was":[{`, 1))))
				w.put(w.key(name), w.body(name), nil)
			}
			for key := range w.things {
				if strings.Contains(key, "/CloudTrail/eu-west-1/") {
					delete(w.things, key)
				}
			}
		}, nil, verdict.Fail},
		{"an account that was asked for", func(*world) {}, func(o *validate.Options) { o.Accounts = []string{"111122223333", "444455556666"} }, verdict.Incomplete},
		{"a region that was asked for", func(*world) {}, func(o *validate.Options) { o.Regions = []string{"us-east-1", "us-west-2"} }, verdict.Incomplete},
		{"all digests of a region, and log files are not read", func(w *world) {
			for key := range w.things {
				if strings.Contains(key, "/CloudTrail-Digest/eu-west-1/") {
					delete(w.things, key)
				}
			}
		}, func(o *validate.Options) { o.Logs = validate.None }, verdict.Fail},
		{"an added log behind junk of another trail", func(w *world) {
			w.put(w.key("e2")[:strings.Index(w.key("e2"), "_main_")]+"_evil_eu-west-1_20260302T020000Z.json.gz", []byte("junk"), map[string]string{})
			w.put(strings.NewReplacer("T0", "T0", ".json.gz", "x.json.gz").Replace(w.key("e1.0")), w.body("e1.0"), nil)
		}, func(o *validate.Options) { o.Trails = []string{"main"} }, verdict.Fail},
		{"a deleted digest behind junk beside its place", func(w *world) {
			w.put(w.key("e3")[:strings.LastIndex(w.key("e3"), "_")]+"_"+eStart.Add(4*time.Hour+25*time.Minute).Format("20060102T150405Z")+".json.gz", []byte("junk"), map[string]string{})
			w.drop("e3")
		}, period(time.Hour, 200*time.Minute), verdict.Fail},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := clean(t)
			w.t = t
			c.change(w)
			o := w.options(forgetful())
			if c.narrow != nil {
				c.narrow(&o)
			}
			rep, err := validate.Run(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			if rep.Result != c.want {
				t.Errorf("result %s, want %s; faults %v, gaps %v, warnings %q", rep.Result, c.want, w.blamed(rep), w.gaps(rep), rep.Warnings)
			}
		})
	}
}
