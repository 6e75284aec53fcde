package app

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os/user"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/trailseal/trailseal/internal/alert"
	"github.com/trailseal/trailseal/internal/config"
	"github.com/trailseal/trailseal/internal/detect"
	"github.com/trailseal/trailseal/internal/finding"
	"github.com/trailseal/trailseal/internal/notice"
)

// What is kept of alerts, for faces to show.
type (
	Alert         = finding.Alert
	AlertItem     = alert.Item
	AlertDelivery = alert.Delivery
	AlertFilter   = alert.Filter
	Told          = alert.Told
)

// AlertDetail is all that is known of an alert.
type AlertDetail struct {
	alert.Detail
	// Since is what the lake says now; nil where there is no lake, or where it does not have the event.
	Since *Since `json:"since,omitempty"`
}

// Ends of deliveries, for faces to tell apart.
const (
	Delivered = alert.Delivered
	Dead      = alert.Dead
)

// alerts opens the alerts that there are.
func (a *App) alerts(ctx context.Context) (*alert.Store, error) {
	s, err := alert.Exists(ctx, a.Home)
	if err != nil {
		return nil, a.alertProblem(err)
	}
	return s, nil
}

// alertProblem says what to do about alerts that could not be read, kept or decided on.
func (a *App) alertProblem(err error) error { return a.problemOf("ID", err) }

// problemOf is alertProblem for what was asked of one alert.
func (a *App) problemOf(id string, err error) error {
	switch {
	case errors.Is(err, alert.ErrNone):
		return problem(Nothing, err, "trailseal watch SOURCE%s", a.sameHome())
	case errors.Is(err, alert.ErrUnknown), errors.Is(err, alert.ErrAmbiguous):
		return problem(Usage, err, "trailseal alerts list%s", a.sameHome())
	case errors.Is(err, alert.ErrDecided):
		return problem(Usage, err, "trailseal alerts show %s%s", quote(id), a.sameHome())
	case errors.Is(err, alert.ErrElsewhere):
		return problem(Broken, err, "pgrep -a trailseal   # what is queued is delivered by that process")
	case errors.Is(err, alert.ErrDamaged):
		return problem(Broken, err, "ls -l %s   # keep it: it is evidence; then name another folder with --home", quote(a.Home))
	}
	return a.ledgerProblem(err)
}

// Alerts lists alerts, the newest first. No file of alerts is ErrNone's problem, not an empty list.
func (a *App) Alerts(ctx context.Context, f AlertFilter) ([]AlertItem, error) {
	if err := errors.Join(checkScope(f.Accounts), checkRegions(f.Regions)); err != nil {
		return nil, err
	}
	s, err := a.alerts(ctx)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	list, err := s.List(ctx, f)
	if err != nil {
		return nil, a.alertProblem(err)
	}
	return list, nil
}

// Alert returns all that is known of an alert; id may be the beginning of its ID.
func (a *App) Alert(ctx context.Context, id string) (AlertDetail, error) {
	s, err := a.alerts(ctx)
	if err != nil {
		return AlertDetail{}, err
	}
	defer s.Close()
	d, err := s.Show(ctx, id)
	if err != nil {
		return AlertDetail{}, a.alertProblem(err)
	}
	return AlertDetail{Detail: d, Since: a.since(ctx, d.Alert)}, nil
}

// DeadAlerts are the deliveries that were given up, of alerts that the filter's Severity, Detection and Accounts mean.
func (a *App) DeadAlerts(ctx context.Context, f AlertFilter) ([]AlertDelivery, error) {
	if err := checkScope(f.Accounts); err != nil {
		return nil, err
	}
	s, err := a.alerts(ctx)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	all, err := s.Dead(ctx)
	if err != nil {
		return nil, a.alertProblem(err)
	}
	return slices.DeleteFunc(all, func(d AlertDelivery) bool {
		return f.Severity != "" && !d.Severity.Reaches(f.Severity) || !finding.Glob(f.Detection, d.Detection) || len(f.Accounts) > 0 && !slices.Contains(f.Accounts, d.Account)
	}), nil
}

// DeliveryQuery says which deliveries are meant: those that were queued in a time.
type DeliveryQuery struct {
	Sink     string // empty: any
	Accounts []string
	From, To time.Time
}

// AlertDeliveries are deliveries with every attempt: the record that people were told.
func (a *App) AlertDeliveries(ctx context.Context, q DeliveryQuery) ([]AlertDelivery, error) {
	if err := checkScope(q.Accounts); err != nil {
		return nil, err
	}
	s, err := a.alerts(ctx)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	if q.Sink != "" {
		known, err := s.Sinks(ctx)
		if err != nil {
			return nil, a.alertProblem(err)
		}
		if !slices.ContainsFunc(known, func(k alert.SinkState) bool { return k.Name == q.Sink }) {
			return nil, problem(Usage, fmt.Errorf("nothing was ever queued for a sink %q", q.Sink), "trailseal alerts deliveries%s", a.sameHome())
		}
	}
	out := []AlertDelivery{}
	for d, err := range s.Deliveries(ctx, alert.DeliveryFilter{Sink: q.Sink, From: q.From, To: q.To}) {
		if err != nil {
			return nil, a.alertProblem(err)
		}
		if len(q.Accounts) == 0 || slices.Contains(q.Accounts, d.Account) {
			out = append(out, d)
		}
	}
	return out, nil
}

// Whoever decides, if nobody is named: who is logged in on this machine.
func whoDecides(by string) (string, error) {
	if by = strings.TrimSpace(by); by != "" {
		return by, nil
	}
	u, err := user.Current()
	if err != nil || u.Username == "" {
		return "", problem(Usage, errors.New("nobody is known to be logged in; say who decides with --by"), "trailseal alerts ack --help")
	}
	return u.Username, nil
}

// AckAlert records that somebody looks after an alert. The sinks that were told of it are queued to be told.
func (a *App) AckAlert(ctx context.Context, id, by, why string) (Alert, error) {
	return a.decide(ctx, id, by, why, (*alert.Store).Ack)
}

// CloseAlert records that an alert is dealt with.
func (a *App) CloseAlert(ctx context.Context, id, by, why string) (Alert, error) {
	return a.decide(ctx, id, by, why, (*alert.Store).CloseAlert)
}

func (a *App) decide(ctx context.Context, id, by, why string, how func(*alert.Store, context.Context, string, alert.Decision) (Alert, error)) (Alert, error) {
	by, err := whoDecides(by)
	if err != nil {
		return Alert{}, err
	}
	s, err := a.alerts(ctx)
	if err != nil {
		return Alert{}, err
	}
	defer s.Close()
	out, err := how(s, ctx, id, alert.Decision{By: by, Why: why, At: a.Now().UTC()})
	if err != nil {
		return out, a.problemOf(id, err)
	}
	return out, nil
}

// RetryAlerts requeues what was given up, of an alert or, with an empty id, of all.
func (a *App) RetryAlerts(ctx context.Context, id, by, why string) (int, error) {
	by, err := whoDecides(by)
	if err != nil {
		return 0, err
	}
	s, err := a.alerts(ctx)
	if err != nil {
		return 0, err
	}
	defer s.Close()
	n, err := s.Retry(ctx, id, alert.Decision{By: by, Why: why, At: a.Now().UTC()})
	if err != nil {
		return n, a.alertProblem(err)
	}
	return n, nil
}

// DeliveryRun is what a delivery has done, and what it has left.
type DeliveryRun struct {
	Delivered int `json:"delivered"`
	Failed    int `json:"failed_attempts"`
	Dead      int `json:"given_up"`
	Waiting   int `json:"waiting"` // deliveries that are still to be made
}

// DeliverAlerts sends what is queued, and returns when nothing is left, or after a while.
func (a *App) DeliverAlerts(ctx context.Context, c config.Alerts) (DeliveryRun, error) {
	var out DeliveryRun
	sinks, err := a.sinks(c)
	if err != nil {
		return out, err
	}
	s, err := a.alerts(ctx)
	if err != nil {
		return out, err
	}
	defer s.Close()
	if err := a.reroute(ctx, s, c, sinks); err != nil {
		return out, a.alertProblem(err)
	}
	sum, err := a.drain(ctx, s, sinks)
	out = DeliveryRun{Delivered: sum.Delivered, Failed: sum.Failed, Dead: sum.Dead}
	if err != nil {
		return out, a.alertProblem(err)
	}
	all, err := s.Sinks(ctx)
	if err != nil {
		return out, a.alertProblem(err)
	}
	for _, x := range all {
		out.Waiting += x.Pending
	}
	return out, nil
}

// reroute finds other ways for what waits for sinks that the configuration has no more.
func (a *App) reroute(ctx context.Context, s *alert.Store, c config.Alerts, sinks map[string]notice.Sink) error {
	r, err := s.Reroute(ctx, routesOf(c), slices.Collect(maps.Keys(sinks)), a.Now().UTC())
	if err != nil {
		return err
	}
	if r.Queued > 0 {
		a.Log.Warn("what waited for sinks that the configuration does not have is sent where routes lead now", "deliveries", r.Queued)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Stranded)) {
		a.Log.Warn("deliveries wait for a sink that the configuration does not have, and no route leads elsewhere", "sink", name, "deliveries", r.Stranded[name])
	}
	return nil
}

// TestAlert sends a test to each of the named sinks, by name or by kind; with none, to all. Each delivery says how it ended.
func (a *App) TestAlert(ctx context.Context, c config.Alerts, names []string, severity finding.Severity) ([]AlertDelivery, error) {
	all, err := a.sinks(c)
	if err != nil {
		return nil, err
	}
	var meant []string
	for _, s := range c.Sinks {
		if len(names) == 0 || slices.Contains(names, s.Name) || slices.Contains(names, s.Kind) {
			meant = append(meant, s.Name)
		}
	}
	for _, n := range names {
		if !slices.ContainsFunc(c.Sinks, func(s config.Sink) bool { return s.Name == n || s.Kind == n }) {
			return nil, problem(Usage, fmt.Errorf("the configuration has no sink %q", n), "trailseal config show")
		}
	}
	if len(meant) == 0 {
		return nil, problem(Usage, errors.New("the configuration has no sinks"), "trailseal config --help")
	}
	s, err := alert.Open(ctx, a.Home)
	if err != nil {
		return nil, a.alertProblem(err)
	}
	defer s.Close()
	out := []AlertDelivery{}
	for _, name := range meant {
		d, err := s.Test(ctx, alert.Trial{Sink: name, To: all[name], Severity: severity, Link: linkOf(c), Now: a.Now})
		if err != nil {
			return out, a.alertProblem(err)
		}
		out = append(out, d)
	}
	return out, nil
}

// linkOf is where a person reads more of an alert.
func linkOf(c config.Alerts) func(Alert) string {
	return func(x Alert) string { return c.LinkTo(x.ID, x.Detection, x.Account) }
}

func routesOf(c config.Alerts) []alert.Route {
	var out []alert.Route
	for _, r := range c.Routes {
		out = append(out, alert.Route{Severity: r.Severity, Detections: r.Detections, Accounts: r.Accounts, To: r.To})
	}
	return out
}

// CheckConfig makes what a configuration describes, and sends nothing.
func (a *App) CheckConfig(f config.File) error {
	if _, err := a.sinks(f.Alerts); err != nil {
		return err
	}
	rules, err := a.rules(BacktestRequest{RuleRequest: RuleRequest{Catalog: f.Flags["catalog"], Sigma: f.Flags["sigma"]}})
	if err != nil {
		return err
	}
	set, err := detect.Compile(rules, f.Suppressions)
	if err != nil {
		return problem(Usage, err, "trailseal config --help")
	}
	a.warnOf(set, f.Alerts)
	for _, x := range f.Suppressions {
		if !a.Now().Before(x.Until) {
			a.Log.Warn("the suppression of " + strconv.Quote(x.Detection) + " ended at " + x.Until.UTC().Format(time.RFC3339))
		}
	}
	return nil
}

// warnOf says what is most likely a mistake in suppressions and routes: a name that no detection has.
func (a *App) warnOf(set *detect.Set, c config.Alerts) {
	for _, text := range set.Warnings() {
		a.Log.Warn(text)
	}
	for i, r := range c.Routes {
		for _, name := range r.Detections {
			if !slices.ContainsFunc(set.Rules(), func(x detect.Rule) bool { return finding.Glob(name, x.ID) }) {
				a.Log.Warn(fmt.Sprintf("alerts.routes[%d] names %q, which no detection that is in use is called", i, name))
			}
		}
	}
}
