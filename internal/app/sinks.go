package app

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/trailseal/trailseal/internal/config"
	"github.com/trailseal/trailseal/internal/notice"
	"github.com/trailseal/trailseal/internal/secret"
)

//go:generate go run ./gen

// newSink makes a sink of its section of the configuration.
type newSink func(notice.Section, notice.Env) (notice.Sink, error)

// Times of connections that tell people. How long one notice may take is for its context to say.
const (
	dialWithin   = 10 * time.Second
	answerWithin = 30 * time.Second
	idleFor      = 30 * time.Second
)

// sinks makes the sinks of the configuration, by their names. It makes no request, and reads no secret.
func (a *App) sinks(c config.Alerts) (map[string]notice.Sink, error) {
	return makeSinks(c, a.sinkEnv())
}

func makeSinks(c config.Alerts, env notice.Env) (map[string]notice.Sink, error) {
	const hint = "trailseal config --help"
	kinds := sinkKinds()
	known := slices.Sorted(maps.Keys(kinds))
	out := make(map[string]notice.Sink, len(c.Sinks))
	for _, s := range c.Sinks {
		create, ok := kinds[s.Kind]
		if !ok {
			like := "; want " + strings.Join(known[:len(known)-1], ", ") + " or " + known[len(known)-1]
			if near := config.Nearest(s.Kind, known); near != "" {
				like = fmt.Sprintf("; did you mean %q?", near)
			}
			return nil, problem(Usage, fmt.Errorf("%s: sink %q: there is no such kind of sink%s", s.Where, s.Name, like), hint)
		}
		sink, err := create(s.Section, env)
		if err != nil {
			// What is wrong with a setting has its place already.
			if file := s.Where[:strings.LastIndexByte(s.Where, ':')+1]; !strings.HasPrefix(err.Error(), file) {
				err = fmt.Errorf("%s: sink %q: %w", s.Where, s.Name, err)
			}
			return nil, problem(Usage, err, hint)
		}
		out[s.Name] = sink
	}
	return out, nil
}

// sinkEnv is what sinks are given of the world.
func (a *App) sinkEnv() notice.Env {
	dial := (&net.Dialer{Timeout: dialWithin}).DialContext
	if a.Offline {
		dial = func(context.Context, string, string) (net.Conn, error) {
			return nil, errors.New("--offline allows no network call")
		}
	}
	m := caller{a}
	secrets := &secret.Resolver{Getenv: os.Getenv, Manager: m, Now: a.Now}
	return notice.Env{
		HTTP: &http.Client{
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			Transport: &http.Transport{
				Proxy:                  http.ProxyFromEnvironment,
				DialContext:            dial,
				ForceAttemptHTTP2:      true,
				TLSHandshakeTimeout:    dialWithin,
				ResponseHeaderTimeout:  answerWithin,
				IdleConnTimeout:        idleFor,
				MaxIdleConns:           32,
				MaxIdleConnsPerHost:    4,
				MaxResponseHeaderBytes: 64 << 10,
			},
		},
		Secret: secrets.Resolve,
		Forget: secrets.Forget,
		AWS:    m.config,
		Dial:   dial,
		Stdout: os.Stdout,
		Now:    a.Now,
	}
}

// caller is whose AWS configuration sinks and secrets are got with. It is loaded when it is first needed.
type caller struct{ app *App }

func (c caller) config(ctx context.Context) (aws.Config, error) {
	s, err := c.app.session(ctx)
	if err != nil {
		return aws.Config{}, err
	}
	return s.Config(), nil
}

// Get implements secret.Manager.
func (c caller) Get(ctx context.Context, id string) (secret.String, error) {
	s, err := c.app.session(ctx)
	if err != nil {
		return secret.String{}, err
	}
	return s.Secrets().Get(ctx, id)
}
