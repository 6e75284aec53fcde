package sinktest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"go.yaml.in/yaml/v3"

	"github.com/trailseal/trailseal/internal/notice"
	"github.com/trailseal/trailseal/internal/secret"
)

// World is what a sink under test is given of the world.
type World struct {
	// Env is for New. Its HTTP client follows redirects, which the real one does not: the sink must not rely on that. Its
	// AWS gives an error until the test sets it.
	Env notice.Env

	mu      sync.Mutex
	secrets map[string]string
	hidden  []string
	asked   int // how often a secret was resolved
	gone    bool
	changes bool // a secret that was forgotten has another text, though it means the same
	changed map[secret.Reference]bool
	stdout  bytes.Buffer
}

// NewWorld makes a world without secrets, in which it is always Time. Its connections are closed when the test ends.
func NewWorld(t *testing.T) *World {
	w := &World{secrets: map[string]string{}, changed: map[secret.Reference]bool{}}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	w.Env = notice.Env{
		HTTP:   &http.Client{Transport: transport},
		Secret: w.secret,
		Forget: w.forget,
		AWS:    func(context.Context) (aws.Config, error) { return aws.Config{}, errors.New("the test has no AWS") },
		Stdout: (*stdout)(w),
		Now:    Time,
	}
	return w
}

// Time is when everything of a test happens.
func Time() time.Time { return time.Date(2026, 3, 1, 10, 15, 0, 0, time.UTC) }

// Set makes text what the reference (env:NAME and so on) stands for. Neither text nor any of parts, where there are
// parts, may ever show.
func (w *World) Set(ref, text string, parts ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.secrets[ref] = text
	w.hidden = append(w.hidden, text)
	w.hidden = append(w.hidden, parts...)
}

func (w *World) secret(ctx context.Context, ref secret.Reference) (secret.String, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked++
	text, ok := w.secrets[ref.String()]
	switch {
	case ctx.Err() != nil:
		return secret.String{}, ctx.Err()
	case !ok || w.gone:
		return secret.String{}, fmt.Errorf("secret %q: is not there", ref)
	}
	if w.changed[ref] {
		text += "\n"
	}
	return secret.New(text), nil
}

func (w *World) forget(ref secret.Reference) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.changed[ref] = w.changes
}

// shows says which secret, if any, text shows.
func (w *World) shows(text string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.hidden {
		if s != "" && strings.Contains(text, s) {
			return s
		}
	}
	return ""
}

func (w *World) counts() (secrets, asked int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.secrets), w.asked
}

// Stdout returns what the sink has written.
func (w *World) Stdout() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.stdout.String()
}

type stdout World

func (s *stdout) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stdout.Write(b)
}

// Section is a sink's section of a configuration file, as text.
type Section string

// Decode reads it strictly.
func (s Section) Decode(into any) error {
	d := yaml.NewDecoder(strings.NewReader(string(s)))
	d.KnownFields(true)
	return d.Decode(into)
}
