package setup

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/internal/resource"
)

func wantedAlarm() *resource.Alarm {
	return &resource.Alarm{Account: someAccount, Region: someRegion, Name: "root", Description: "Root is used.", Namespace: "LogMetrics", Metric: "Root", Statistic: "Sum", Period: 300, Periods: 1,
		Threshold: 1, Comparison: "GreaterThanOrEqualToThreshold", Missing: "notBreaching", ActionsEnabled: true, Actions: []string{"arn:alarms"}}
}

func TestAlarmChanges(t *testing.T) {
	for name, c := range map[string]struct {
		now     func(*resource.Alarm)
		changes []string
		notes   []string
	}{
		"as wanted":                     {},
		"another description stays":     {now: func(a *resource.Alarm) { a.Description = "Call Ann." }},
		"a shorter period stays":        {now: func(a *resource.Alarm) { a.Period = 60 }, notes: []string{"Sum ≥ 1 in 60 s"}},
		"more than none stays":          {now: func(a *resource.Alarm) { a.Threshold, a.Comparison = 0, "GreaterThanThreshold" }, notes: []string{"Sum > 0"}},
		"one of three periods stays":    {now: func(a *resource.Alarm) { a.Periods, a.Points = 3, 1 }},
		"ten in a day":                  {now: func(a *resource.Alarm) { a.Threshold, a.Period = 10, 86400 }, changes: []string{"settings: Period: 86400 → 300", "settings: Threshold: 10 → 1"}},
		"three of three periods":        {now: func(a *resource.Alarm) { a.Periods = 3 }, changes: []string{"settings: EvaluationPeriods: 3 → 1"}},
		"always on":                     {now: func(a *resource.Alarm) { a.Threshold = 0 }, changes: []string{"settings: Threshold: 0 → 1"}},
		"when there are few":            {now: func(a *resource.Alarm) { a.Comparison = "LessThanThreshold" }, changes: []string{"settings: ComparisonOperator: LessThanThreshold → GreaterThanOrEqualToThreshold"}},
		"on the average":                {now: func(a *resource.Alarm) { a.Statistic = "Average" }, changes: []string{"settings: Statistic: Average → Sum"}},
		"ignores that there is no data": {now: func(a *resource.Alarm) { a.Missing = "ignore" }, changes: []string{"settings: TreatMissingData: ignore → notBreaching"}},
		"of another unit":               {now: func(a *resource.Alarm) { a.Unit = "Count" }, changes: []string{"settings: Unit: Count → "}},
		"tells others":                  {now: func(a *resource.Alarm) { a.Actions = []string{"arn:theirs"} }, changes: []string{"settings: AlarmActions: arn:theirs → arn:alarms, arn:theirs"}},
		"tells five others":             {now: func(a *resource.Alarm) { a.Actions = []string{"arn:1", "arn:2", "arn:3", "arn:4", "arn:5"} }, changes: []string{"settings: AlarmActions: arn:1, arn:2, arn:3, arn:4, arn:5 → arn:1, arn:2, arn:3, arn:4, arn:5, arn:alarms (manual)"}},
		"actions off":                   {now: func(a *resource.Alarm) { a.ActionsEnabled = false }, changes: []string{"enable actions: ActionsEnabled: off → on"}},
		"actions off, and none":         {now: func(a *resource.Alarm) { a.ActionsEnabled, a.Actions = false, nil }, changes: []string{"settings: AlarmActions:  → arn:alarms", "settings: ActionsEnabled: off → on"}},
		"of another metric":             {now: func(a *resource.Alarm) { a.Namespace = "CIS" }, changes: []string{"settings: Namespace: CIS → LogMetrics (ask)"}},
		"of one dimension":              {now: func(a *resource.Alarm) { a.Dimensions, a.ActionsEnabled = true, false }, changes: []string{"settings: MetricName: Root → Root (manual)"}},
		"of an expression":              {now: func(a *resource.Alarm) { a.Statistic, a.Metric = "", "" }, changes: []string{"settings: MetricName: another kind of alarm → Root (manual)"}},
	} {
		t.Run(name, func(t *testing.T) {
			now := wantedAlarm()
			if c.now != nil {
				c.now(now)
			}
			got := &comparison{}
			compareAlarm(got, now, wantedAlarm())
			if d := cmp.Diff(c.changes, lines(got.changes)); d != "" {
				t.Errorf("changes (-want +got):\n%s", d)
			}
			noted(t, got.notes, c.notes)
		})
	}
}

// Whenever the wanted alarm goes off, the target does.
func TestTargetIsAsSensitiveAsIsWanted(t *testing.T) {
	quiet := 0
	for n := range uint64(pairs) {
		d := dice{rand.New(rand.NewPCG(2, n))}
		now, want := d.alarm(), d.wanted(resource.AlarmKind).(*resource.Alarm)
		if now.Dimensions || now.Statistic == "" {
			continue
		}
		target := compareAlarm(&comparison{}, now, want)
		if always(target) {
			t.Fatalf("pair %d: the alarm is always on: %+v", n, target)
		}
		for seed := range uint64(20) {
			events := traffic(seed)
			if !goesOff(want, events) {
				quiet++
			} else if !goesOff(target, events) {
				t.Fatalf("pair %d: %+v goes off, but %+v does not; it was %+v", n, want, target, now)
			}
		}
	}
	if quiet == 0 {
		t.Error("every alarm went off at everything")
	}
}

func TestMetricFilterChanges(t *testing.T) {
	zero, one := 0.0, 1.0
	want := func() *resource.MetricFilter {
		return &resource.MetricFilter{Account: someAccount, Region: someRegion, LogGroup: "acme", Name: "root", Pattern: "{ $.a = 1 }", Namespace: "LogMetrics", Metric: "Root", Value: "1", Default: &zero}
	}
	for name, c := range map[string]struct {
		now     func(*resource.MetricFilter)
		changes []string
	}{
		"as wanted":             {now: func(f *resource.MetricFilter) {}},
		"spaces around":         {now: func(f *resource.MetricFilter) { f.Pattern = " { $.a = 1 } " }},
		"a unit stays":          {now: func(f *resource.MetricFilter) { f.Unit = "Count" }},
		"another pattern":       {now: func(f *resource.MetricFilter) { f.Pattern = "{ $.b = 1 }" }, changes: []string{"settings: filterPattern: { $.b = 1 } → { $.a = 1 }"}},
		"another metric":        {now: func(f *resource.MetricFilter) { f.Metric = "Old" }, changes: []string{"settings: metricName: Old → Root (ask)"}},
		"counts nothing":        {now: func(f *resource.MetricFilter) { f.Value = "0" }, changes: []string{"settings: metricValue: 0 → 1"}},
		"no default":            {now: func(f *resource.MetricFilter) { f.Default = nil }, changes: []string{"settings: defaultValue:  → 0"}},
		"one for nothing":       {now: func(f *resource.MetricFilter) { f.Default = &one }, changes: []string{"settings: defaultValue: 1 → 0"}},
		"of one dimension":      {now: func(f *resource.MetricFilter) { f.Dimensions = map[string]string{"user": "$.u"} }, changes: []string{"settings: metricTransformations: of another kind → LogMetrics/Root (manual)"}},
		"several metrics":       {now: func(f *resource.MetricFilter) { f.Others = 1 }, changes: []string{"settings: metricTransformations: of another kind → LogMetrics/Root (manual)"}},
		"of a part of the logs": {now: func(f *resource.MetricFilter) { f.Criteria = "@aws.account = 1" }, changes: []string{"settings: metricTransformations: of another kind → LogMetrics/Root (manual)"}},
	} {
		t.Run(name, func(t *testing.T) {
			now := want()
			c.now(now)
			got := &comparison{}
			compareMetricFilter(got, now, want())
			if d := cmp.Diff(c.changes, lines(got.changes)); d != "" {
				t.Errorf("changes (-want +got):\n%s", d)
			}
		})
	}
}
