package app

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/trailseal/trailseal/internal/detect"
	"github.com/trailseal/trailseal/internal/finding"
	"github.com/trailseal/trailseal/internal/inflate"
	"github.com/trailseal/trailseal/internal/lake"
	"github.com/trailseal/trailseal/internal/logfile"
	"github.com/trailseal/trailseal/internal/object"
	"github.com/trailseal/trailseal/internal/pattern"
)

// What detection says, for faces to show.
type (
	BacktestReport = detect.Report
	Comparison     = detect.Comparison
	Found          = detect.Found
	Match          = finding.Match
)

// BacktestRequest says which detections are run over what.
type BacktestRequest struct {
	RuleRequest
	Pattern           string // a filter pattern that was typed, instead of all detections or beside those of IDs
	Source            string // s3://bucket[/prefix or object], a folder or a file; empty: the lake
	Events            string // records, a file; - is Stdin; in the place of Source
	Stdin             io.Reader
	From, To          time.Time
	Accounts, Regions []string
	OnlyVerified      bool // of the lake
	Suppressions      []finding.Suppression
}

// Backtest runs detections over history. emit is told of each match, in order; nil: nobody is.
func (a *App) Backtest(ctx context.Context, q BacktestRequest, emit func(Match) error, p *Progress) (BacktestReport, error) {
	rules, err := a.rules(q)
	if err != nil {
		return BacktestReport{}, err
	}
	set, err := detect.Compile(rules, q.Suppressions)
	if err != nil {
		return BacktestReport{}, problem(Usage, err, "trailseal detect list")
	}
	in, err := a.openHistory(ctx, q, p)
	if err != nil {
		return BacktestReport{}, err
	}
	defer in.close()
	defer collectSeldom()()
	o := detect.Options{Source: in, Set: set, Filter: q.filter(), Progress: new(detect.Progress)}
	if emit != nil {
		o.Match = func(h detect.Hit) error { return emit(h.Match) }
	}
	rep, err := detect.Backtest(ctx, o)
	rep.Warnings = append(rep.Warnings, oddities(q.Pattern)...)
	return rep, a.historyProblem(q, in, &rep, err)
}

// Compare says what one detection or pattern catches that another does not.
func (a *App) Compare(ctx context.Context, q BacktestRequest, first, second string, most int, p *Progress) (Comparison, error) {
	if first == second {
		return Comparison{}, problem(Usage, fmt.Errorf("%q is compared with itself", first), "trailseal detect list")
	}
	var pair [2]detect.Rule
	for i, text := range [...]string{first, second} {
		var err error
		if pair[i], err = a.ruleOf(q.RuleRequest, text); err != nil {
			return Comparison{}, err
		}
	}
	if pair[0].ID == pair[1].ID {
		pair[0].ID, pair[1].ID = "a", "b" // two patterns
	}
	in, err := a.openHistory(ctx, q, p)
	if err != nil {
		return Comparison{}, err
	}
	defer in.close()
	defer collectSeldom()()
	c, err := detect.Compare(ctx, detect.CompareOptions{Source: in, A: pair[0], B: pair[1], Filter: q.filter(), First: most})
	c.Report.Warnings = append(c.Report.Warnings, oddities(first, second)...)
	return c, a.historyProblem(q, in, &c.Report, err)
}

// collectSeldom makes garbage be collected less often until it is undone: log files are inflated and let go by the thousand,
// and collecting them more often costs time that there is not, for memory that there is.
func collectSeldom() (undo func()) {
	percent, limit := debug.SetGCPercent(400), debug.SetMemoryLimit(500<<20)
	return func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(limit)
	}
}

func (q BacktestRequest) filter() detect.Filter {
	return detect.Filter{From: q.From, To: q.To, Accounts: q.Accounts, Regions: q.Regions}
}

// rules are those that a backtest runs.
func (a *App) rules(q BacktestRequest) ([]detect.Rule, error) {
	var rules []detect.Rule
	if q.Pattern == "" || len(q.IDs) > 0 {
		all, sigmas, err := a.loadRules(q.RuleRequest)
		if err != nil {
			return nil, err
		}
		for _, d := range all {
			rules = append(rules, detect.OfDetection(d))
		}
		for _, s := range sigmas {
			rules = append(rules, detect.OfSigma(s))
		}
	}
	if q.Pattern != "" {
		r, err := typedPattern(detect.AdHoc, q.Pattern)
		if err != nil {
			return nil, err
		}
		rules = append(rules, r)
	}
	return rules, nil
}

func typedPattern(id, text string) (detect.Rule, error) {
	r, err := detect.OfPattern(id, text)
	if err != nil {
		return r, problem(Usage, fmt.Errorf("pattern %q: %w", text, err), "trailseal detect show cis-root-usage   # a pattern as it should be")
	}
	return r, nil
}

// oddities are what is odd in patterns that were typed. What is none has none.
func oddities(texts ...string) []string {
	var out []string
	for _, text := range texts {
		if p, err := pattern.Parse(text); err == nil {
			for _, w := range p.Warnings() {
				out = append(out, fmt.Sprintf("pattern %s: column %d: %s", text, w.Column, w.Text))
			}
		}
	}
	return out
}

// ruleOf is the detection of that id, or a pattern that was typed.
func (a *App) ruleOf(q RuleRequest, text string) (detect.Rule, error) {
	if strings.ContainsAny(text, "{[ ") {
		return typedPattern(detect.AdHoc, text)
	}
	q.IDs = []string{text}
	all, sigmas, err := a.loadRules(q)
	switch {
	case err != nil:
		return detect.Rule{}, err
	case len(all)+len(sigmas) != 1:
		return detect.Rule{}, problem(Usage, fmt.Errorf("%q names %d detections", text, len(all)+len(sigmas)), "trailseal detect list")
	case len(all) == 1:
		return detect.OfDetection(all[0]), nil
	}
	return detect.OfSigma(sigmas[0]), nil
}

// history is what a backtest reads.
type history struct {
	name  string
	files func(context.Context) iter.Seq2[detect.File, error]
	close func()
}

// Files implements detect.Source.
func (h history) Files(ctx context.Context) iter.Seq2[detect.File, error] { return h.files(ctx) }

func (a *App) openHistory(ctx context.Context, q BacktestRequest, p *Progress) (history, error) {
	if err := errors.Join(checkScope(q.Accounts), checkRegions(q.Regions)); err != nil {
		return history{}, err
	}
	switch {
	case q.Events != "" && q.Source != "":
		return history{}, problem(Usage, errors.New("a source and --events are two places to read from"), "trailseal detect backtest --help")
	case q.OnlyVerified && (q.Events != "" || q.Source != ""):
		return history{}, problem(Usage, errors.New("--only-verified is of the lake, which knows what is proven: it goes without a source and --events"), "trailseal ingest --help")
	case q.Events == "-":
		return stdinHistory(q.Stdin), nil
	case q.Events != "":
		if _, err := os.Stat(q.Events); errors.Is(err, fs.ErrNotExist) && !strings.HasPrefix(q.Events, "s3://") {
			return history{}, problem(Broken, fmt.Errorf("events %q: there is no such file", q.Events), "ls -l %s", quote(filepath.Dir(q.Events)))
		}
		h, err := a.logHistory(ctx, q, q.Events, q.Events, p)
		h.name = q.Events
		return h, err
	case q.Source != "":
		return a.logHistory(ctx, q, q.Source, "", p)
	}
	return a.lakeHistory(ctx, q)
}

// stdinHistory reads records that come on standard input, gzipped or not.
func stdinHistory(r io.Reader) history {
	const name = "-"
	open := func(ctx context.Context) (detect.Content, error) {
		b := bufio.NewReaderSize(interruptible(ctx, r), 64<<10)
		c := detect.Content{Place: detect.Place{Source: name}, Stream: b}
		if magic, _ := b.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
			z, err := gzip.NewReader(b)
			if err != nil {
				return c, fmt.Errorf("standard input: %w", err)
			}
			c.Stream = z
		}
		return c, nil
	}
	return history{name: "standard input", close: func() {}, files: func(context.Context) iter.Seq2[detect.File, error] {
		return func(yield func(detect.File, error) bool) { yield(detect.File{Source: name, Open: open}, nil) }
	}}
}

// logHistory reads the log files of a source. as is what the only file of one is called; empty: by its key.
func (a *App) logHistory(ctx context.Context, q BacktestRequest, source, as string, p *Progress) (history, error) {
	src, err := a.openAny(ctx, source)
	if err != nil {
		return history{}, err
	}
	// Log files follow their events, by a quarter of an hour as a rule and by more at times.
	o := logfile.Options{Source: src.Source, Under: src.under, From: q.From, To: q.To, Accounts: q.Accounts, Regions: q.Regions, Inflate: inflate.Bytes, Progress: p, Parallel: a.MaxParallel,
		Warn: func(text string) { a.Log.Warn(text) }}
	if o.Parallel == 0 && src.bucket != "" {
		o.Parallel = parallelS3
	}
	tree := logfile.New(o)
	files := func(ctx context.Context) iter.Seq2[detect.File, error] {
		return func(yield func(detect.File, error) bool) {
			for f, err := range tree.Ahead(ctx) {
				if err != nil {
					yield(detect.File{Source: f.Info.Key}, ended(err))
					return
				}
				key := f.Info.Key
				if as != "" {
					key = as
				}
				if !yield(detect.File{Source: key, Open: func(ctx context.Context) (detect.Content, error) { return content(ctx, tree, f, key) }}, nil) {
					return
				}
			}
		}
	}
	return history{name: src.name, files: files, close: src.close}, nil
}

// ended marks an error after which nothing more can be read.
func ended(err error) error { return fmt.Errorf("%w: %w", detect.ErrEnd, err) }

// content is a log file as a backtest wants it.
func content(ctx context.Context, tree *logfile.Tree, ahead logfile.Ahead, key string) (detect.Content, error) {
	f := ahead.File(ctx)
	place := detect.Place{Source: key, Origin: f.Origin}
	switch {
	case f.Err != nil && logfile.Fatal(ctx, f.Err):
		return detect.Content{}, ended(f.Err)
	case f.Err != nil:
		return detect.Content{}, f.Err
	case f.Data != nil:
		place.SHA256 = hex.EncodeToString(f.SHA256[:])
		return detect.Content{Place: place, Data: f.Data}, nil
	case f.Open == nil:
		return detect.Content{}, fmt.Errorf("%q: %w", key, f.Damage)
	}
	r, err := f.Open(ctx)
	if err != nil {
		return detect.Content{}, err
	}
	return detect.Content{Place: place, Stream: r, Close: func() { r.Close() }}, nil
}

// lakeHistory reads the lake.
func (a *App) lakeHistory(ctx context.Context, q BacktestRequest) (history, error) {
	l, err := lake.Exists(ctx, a.Home)
	if err != nil {
		return history{}, a.lakeProblem(err)
	}
	scope := lake.Scope{From: q.From, To: q.To, Accounts: q.Accounts, Regions: q.Regions, Verified: q.OnlyVerified}
	files := func(ctx context.Context) iter.Seq2[detect.File, error] {
		return func(yield func(detect.File, error) bool) {
			partitions, err := l.Records(ctx, lake.RecordQuery{Scope: scope})
			if err != nil {
				yield(detect.File{Source: l.Dir()}, ended(err))
				return
			}
			for _, part := range partitions {
				name := fmt.Sprintf("account=%s/region=%s/date=%s", part.Place.Account, part.Place.Region, part.Place.Date)
				open := func(ctx context.Context) (detect.Content, error) {
					return detect.Content{Rows: func(yield func(detect.Row, error) bool) {
						for r, err := range part.Each(ctx) {
							row := detect.Row{Place: detect.Place{Source: r.LogFile, State: r.State, SHA256: r.LogSHA256}, Record: r.Record, Raw: r.Raw}
							row.Origin.Account, row.Origin.Region = r.Account, r.Region
							if !yield(row, err) {
								return
							}
						}
					}}, nil
				}
				if !yield(detect.File{Source: name, Open: open}, nil) {
					return
				}
			}
		}
	}
	return history{name: l.Dir(), files: files, close: func() { l.Close() }}, nil
}

// historyProblem says what to do about a backtest that failed, or that had nothing to read.
func (a *App) historyProblem(q BacktestRequest, in history, rep *BacktestReport, err error) error {
	switch {
	case err == nil && rep.Records == 0 && rep.Whole():
		hint := "ls " + quote(q.Source)
		switch {
		case q.Source == "" && q.Events == "":
			return problem(Nothing, errors.New("the lake holds no events of what was asked for"), "trailseal lake stats%s", a.sameHome())
		case strings.HasPrefix(q.Source, "s3://"):
			hint = "aws s3 ls " + quote(q.Source)
		case q.Events == "-":
			hint = "trailseal detect backtest --help"
		case q.Events != "":
			hint = "head -c 300 " + quote(q.Events)
		}
		return problem(Nothing, fmt.Errorf("%s holds no records of what was asked for", in.name), "%s", hint)
	case err == nil, errors.Is(err, context.Canceled):
		return err
	case q.Source == "" && q.Events == "":
		return a.lakeProblem(err)
	}
	for _, known := range []error{object.ErrCredentials, object.ErrNoSource, object.ErrDenied} {
		if errors.Is(err, known) && strings.HasPrefix(q.Source, "s3://") {
			return a.awsProblem(err)
		}
	}
	return err
}

// CaseResult is how a case of a detection ended.
type CaseResult struct {
	Detection string `json:"detection"`
	Case      string `json:"case"`
	Want      int    `json:"want"` // matches
	Got       int    `json:"got"`
	Held      bool   `json:"held"`
	Problem   string `json:"problem,omitempty"`
}

// TestRules runs the cases of detections; with names only those.
func (a *App) TestRules(q RuleRequest, ids []string) ([]CaseResult, error) {
	q.IDs, q.Sigma = ids, "" // Sigma rules have no cases
	all, _, err := a.loadRules(q)
	if err != nil {
		return nil, err
	}
	out := []CaseResult{}
	for _, d := range all {
		rule := detect.OfDetection(d)
		for _, c := range d.Cases {
			r := CaseResult{Detection: d.ID, Case: c.Name, Want: c.Want}
			records := make([][]byte, len(c.Events))
			for i, e := range c.Events {
				records[i] = e
			}
			hits, err := detect.Try(rule, records)
			if err != nil {
				r.Problem = err.Error()
			}
			r.Got = len(hits)
			r.Held = err == nil && r.Got == r.Want
			out = append(out, r)
		}
	}
	return slices.Clip(out), nil
}
