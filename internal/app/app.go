package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/cloud"
	"github.com/trailseal/trailseal/internal/ledger"
	"github.com/trailseal/trailseal/internal/object"
	"github.com/trailseal/trailseal/internal/validate"
)

// Config is what every job needs to know.
type Config struct {
	Home        string // folder of the ledger
	Offline     bool   // no network call
	MaxParallel int    // objects read at once; 0: what suits the source

	Profile, Role, ExternalID, EndpointURL string // see cloud.Options

	Now func() time.Time
	Log *slog.Logger
}

// What jobs say of their work, for faces to show.
type (
	Progress = validate.Progress
	Copied   = validate.Copied
)

// ErrNothing says that a source holds nothing of what was asked for.
var ErrNothing = validate.ErrNothing

// App runs jobs.
type App struct {
	Config
	loading sync.Mutex // of aws
	aws     *cloud.Session
	sleep   func(context.Context, time.Duration) error // between tries of setup; nil: as long as it says
}

// New returns an App. It reads nothing yet.
func New(c Config) *App { return &App{Config: c} }

// Kind sorts problems by what they do to the exit code.
type Kind int

// The kinds of problem.
const (
	Broken  Kind = iota // a runtime error
	Denied              // credentials or permission
	Nothing             // no data
	Usage               // the command's words
)

// Problem is an error with what to do about it.
type Problem struct {
	Kind Kind
	Err  error
	Hint string // a command to type; may be empty
}

func (p *Problem) Error() string { return p.Err.Error() }
func (p *Problem) Unwrap() error { return p.Err }

func problem(k Kind, err error, hint string, args ...any) error {
	return &Problem{Kind: k, Err: err, Hint: fmt.Sprintf(hint, args...)}
}

func (a *App) ledger(ctx context.Context) (*ledger.Ledger, error) {
	l, err := ledger.Open(ctx, a.Home)
	if err != nil {
		return nil, a.ledgerProblem(err)
	}
	return l, nil
}

// ledgerProblem says what to do about a ledger that failed.
func (a *App) ledgerProblem(err error) error {
	home := quote(a.Home)
	db := quote(filepath.Join(a.Home, "ledger.db"))
	switch {
	case errors.Is(err, ledger.ErrDamaged):
		aside := quote(filepath.Join(a.Home, "damaged"))
		return problem(Broken, err, "mkdir -p %s && mv %s* %s   # then run again: everything is read anew", aside, db, aside)
	case errors.Is(err, ledger.ErrForeign):
		return problem(Broken, err, "ls -l %s   # then name another folder with --home", db)
	case errors.Is(err, ledger.ErrFull), errors.Is(err, errNoSpace):
		return problem(Broken, err, "df -h %s   # free space and run again, or name another folder with --home", home)
	case errors.Is(err, ledger.ErrDenied):
		return problem(Denied, err, "ls -ld %s   # or name a folder of your own with --home", home)
	case errors.Is(err, ledger.ErrNewer):
		return problem(Broken, err, "go install github.com/trailseal/trailseal/cmd/trailseal@latest")
	case errors.Is(err, ledger.ErrBusy):
		return problem(Broken, err, "pgrep -a trailseal   # wait for it, or name another folder with --home")
	case errors.Is(err, fs.ErrExist), errors.Is(err, syscall.ENOTDIR), errors.Is(err, fs.ErrNotExist):
		return problem(Broken, err, "ls -ld %s   # or name another folder with --home", home)
	}
	return err
}

// session loads the AWS configuration once. It may be called concurrently.
func (a *App) session(ctx context.Context) (*cloud.Session, error) {
	if a.Offline {
		return nil, problem(Usage, errors.New("--offline allows no call to AWS"), "trailseal mirror s3://BUCKET DIR   # then: trailseal validate DIR --offline")
	}
	a.loading.Lock()
	defer a.loading.Unlock()
	if a.aws == nil {
		o := cloud.Options{Profile: a.Profile, ExternalID: a.ExternalID, EndpointURL: a.EndpointURL, MaxParallel: max(a.MaxParallel, parallelS3), MaxAttempts: 4}
		if strings.HasPrefix(a.Role, "arn:") {
			o.RoleARN = a.Role
		} else {
			o.RoleName = a.Role
		}
		s, err := cloud.Load(ctx, o)
		if err == nil && o.RoleName != "" {
			s, err = ownRole(ctx, s)
		}
		if err != nil {
			return nil, a.awsProblem(err)
		}
		a.aws = s
	}
	return a.aws, nil
}

// ownRole assumes a role that was named without its account in the caller's own account.
func ownRole(ctx context.Context, s *cloud.Session) (*cloud.Session, error) {
	id, err := s.Identity(ctx)
	if err != nil {
		return nil, err
	}
	return s.Account(ctx, id.Account)
}

// awsProblem says what to do about AWS refusing.
func (a *App) awsProblem(err error) error {
	switch {
	case errors.Is(err, object.ErrCredentials):
		return problem(Denied, err, "aws sts get-caller-identity   # then aws sso login, or --profile NAME")
	case errors.Is(err, object.ErrDenied):
		return problem(Denied, err, "aws sts get-caller-identity   # the README lists the IAM actions that validate needs")
	case errors.Is(err, object.ErrNoSource):
		return problem(Broken, err, "aws s3 ls   # lists the buckets that you can see")
	case errors.Is(err, context.Canceled):
		return err
	}
	return problem(Broken, err, "aws sts get-caller-identity   # shows whether AWS can be reached from here")
}

// opened is a source with all that a job has to know of it.
type opened struct {
	validate.Source
	name   string // as the ledger knows it
	bucket string // empty for a folder
	under  string
	asOf   time.Time
	close  func()
}

// open opens what a person named: s3://bucket[/prefix] or a folder.
func (a *App) open(ctx context.Context, source string) (opened, error) {
	if source == "" {
		return opened{}, problem(Usage, errors.New("the source is an empty word"), "trailseal validate SOURCE")
	}
	if rest, ok := strings.CutPrefix(source, "s3://"); ok {
		return a.openBucket(ctx, source, rest)
	}
	if strings.Contains(source, "://") {
		return opened{}, problem(Usage, fmt.Errorf("source %q: want s3://bucket[/prefix] or a folder", source), "trailseal validate --help")
	}
	return a.openFolder(source)
}

func (a *App) openBucket(ctx context.Context, source, rest string) (opened, error) {
	bucket, prefix, _ := strings.Cut(rest, "/")
	if bucket == "" {
		return opened{}, problem(Usage, fmt.Errorf("source %q names no bucket", source), "trailseal validate s3://BUCKET")
	}
	if prefix != "" && !strings.HasSuffix(prefix, "/") {
		prefix += "/"
	}
	s, err := a.session(ctx)
	if err != nil {
		return opened{}, err
	}
	b, err := s.Bucket(ctx, bucket, "")
	if err != nil {
		return opened{}, a.awsProblem(err)
	}
	return opened{Source: b, name: "s3://" + bucket + "/" + prefix, bucket: bucket, under: prefix, asOf: a.Now().UTC().Truncate(time.Second), close: func() {}}, nil
}

func quote(s string) string { return Quote(s) }

// Quote writes s as one word for a shell.
func Quote(s string) string {
	special := func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("_@%+=:,./-", r))
	}
	if s != "" && !strings.ContainsFunc(s, special) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// publicKeys reads the keys that a person gave.
func publicKeys(path string) (*integrity.Keyring, error) {
	const most = 64 << 20
	info, err := os.Stat(path)
	if err != nil {
		return nil, fileProblem("public keys", path, err)
	}
	if info.Size() > most {
		return nil, problem(Usage, fmt.Errorf("public keys %q: larger than %d bytes", path, most), "aws cloudtrail list-public-keys --region REGION --start-time FROM --end-time TO > keys.json")
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fileProblem("public keys", path, err)
	}
	keys, err := integrity.ParsePublicKeys(data)
	if err == nil && len(keys) == 0 {
		err = errors.New("it holds no key")
	}
	if err != nil {
		return nil, problem(Usage, fmt.Errorf("public keys %q: %w", path, err), "aws cloudtrail list-public-keys --region REGION --start-time FROM --end-time TO > keys.json")
	}
	ring := new(integrity.Keyring)
	ring.Add(keys...)
	return ring, nil
}

// fileProblem names a file once, whatever the system's error says.
func fileProblem(what, path string, err error) error {
	cause := err
	if p := (*fs.PathError)(nil); errors.As(err, &p) {
		cause = p.Err
	}
	err = fmt.Errorf("%s %q: %w", what, path, cause)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return problem(Broken, err, "ls %s", quote(filepath.Dir(path)))
	case errors.Is(err, errNoSpace):
		return problem(Broken, err, "df -h %s", quote(filepath.Dir(path)))
	case errors.Is(err, fs.ErrPermission):
		return problem(Denied, err, "ls -ld %s", quote(path))
	}
	return problem(Broken, err, "ls -ld %s", quote(path))
}

// Output is a file that could not be written.
func Output(path string, err error) error { return fileProblem("export", path, err) }
