package sinktest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/trailseal/trailseal/internal/notice"
	"github.com/trailseal/trailseal/internal/secret"
	"github.com/trailseal/trailseal/internal/sink/sinktest"
)

// wrong names what the sink of TestContract does wrong; without it the sink is right.
const wrong = "TRAILSEAL_SINKTEST_WRONG"

// sink is a plain one, that can be wrong in every way that the contract knows.
type sink struct {
	url   string
	env   notice.Env
	wrong string
	tries int
}

func (s *sink) Send(ctx context.Context, n notice.Notice) (notice.Receipt, error) {
	ref := secret.Reference{Scheme: secret.Environment, Name: "TOKEN"}
	token, err := s.env.Secret(ctx, ref)
	if err != nil {
		if s.wrong == "sends without the secret" {
			return s.post(ctx, n, "")
		}
		return notice.Receipt{}, err
	}
	r, err := s.post(ctx, n, token.Reveal())
	if err != nil && s.wrong == "tries again" && ctx.Err() == nil {
		r, err = s.post(ctx, n, token.Reveal())
	}
	return r, err
}

func (s *sink) post(ctx context.Context, n notice.Notice, token string) (notice.Receipt, error) {
	text := n.Key
	if s.wrong == "sends another body each time" {
		s.tries++
		text += strconv.Itoa(s.tries)
	}
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, strings.NewReader(text))
	if err != nil {
		return notice.Receipt{}, err
	}
	q.Header.Set("Authorization", token)
	client := *s.env.HTTP
	if s.wrong != "follows redirects" {
		client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	}
	a, err := client.Do(q)
	if err != nil {
		if s.wrong == "hides that its context ended" {
			err = errors.New("it did not work")
		}
		return notice.Receipt{}, err
	}
	defer a.Body.Close()
	var body io.Reader = io.LimitReader(a.Body, 4<<10)
	if s.wrong == "reads without bound" {
		body = a.Body
	}
	said, err := io.ReadAll(body)
	if a.StatusCode/100 == 2 {
		if err != nil && s.wrong != "believes half an answer" {
			return notice.Receipt{}, err
		}
		if s.wrong == "gives an empty receipt" {
			return notice.Receipt{}, nil
		}
		return notice.Receipt{Status: a.Status}, nil
	}
	r := &notice.Refusal{Status: a.Status, Permanent: a.StatusCode == http.StatusBadRequest, Err: errors.New(a.Status)}
	if at, err := http.ParseTime(a.Header.Get("Retry-After")); err == nil {
		r.After = at.Sub(s.env.Now())
	} else if n, err := strconv.Atoi(a.Header.Get("Retry-After")); err == nil {
		r.After = time.Duration(n) * time.Second
	}
	switch s.wrong {
	case "repeats what it was told":
		r.Err = fmt.Errorf("%s: %s", a.Status, said)
	case "gives up too early":
		r.Permanent = true
	case "never gives up":
		r.Permanent = false
	case "does not say how long to wait":
		r.After = 0
	}
	return notice.Receipt{}, r
}

func TestContract(t *testing.T) {
	sinktest.Run(t, sinktest.Options{
		New: func(t *testing.T, url string, w *sinktest.World) notice.Sink {
			w.Set("env:TOKEN", "hiddenhidden")
			s := &sink{url: url, env: w.Env, wrong: os.Getenv(wrong)}
			if s.wrong == "asks for the secret when it is made" {
				if _, err := s.env.Secret(t.Context(), secret.Reference{Scheme: secret.Environment, Name: "TOKEN"}); err != nil {
					t.Fatal(err)
				}
			}
			return s
		},
		Accept: func(w http.ResponseWriter, _ sinktest.Delivery) { _, _ = io.WriteString(w, "taken") },
		Check: func(t *testing.T, n notice.Notice, d sinktest.Delivery) {
			if string(d.Body) != n.Key || d.Header.Get("Authorization") != "hiddenhidden" {
				t.Errorf("delivery %+v", d)
			}
		},
	})
}

// Each rule of the contract is seen to fail for a sink that breaks it.
func TestWrongSinksFail(t *testing.T) {
	for name, want := range map[string][]string{
		"sends without the secret":            {"resolves_secrets_when_it_sends"},
		"asks for the secret when it is made": {"resolves_secrets_when_it_sends"},
		"tries again":                         {"500", "429_with_Retry-After_in_seconds", "400_that_repeats_the_request"},
		"sends another body each time":        {"delivers", "delivers_the_same_twice"},
		"follows redirects":                   {"redirect_to_another_host"},
		"hides that its context ended":        {"no_answer"},
		"reads without bound":                 {"success_with_a_body_without_end"},
		"believes half an answer":             {"connection_cut_in_the_answer", "half_an_answer,_then_nothing"},
		"gives an empty receipt":              {"delivers"},
		"repeats what it was told":            {"400_that_repeats_the_request", "failure_with_a_body_without_end"},
		"gives up too early":                  {"500", "429_with_Retry-After_in_seconds"},
		"never gives up":                      {"400_that_repeats_the_request"},
		"does not say how long to wait":       {"429_with_Retry-After_in_seconds", "429_with_Retry-After_as_HTTP_date"},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestContract$/^("+strings.Join(want, "|")+")$")
			cmd.Env = append(os.Environ(), wrong+"="+name)
			var out bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &out
			if err := cmd.Run(); err == nil {
				t.Fatal("the suite passes")
			}
			var failed []string
			for _, m := range regexp.MustCompile(`(?m)^    --- FAIL: TestContract/(\S+)`).FindAllSubmatch(out.Bytes(), -1) {
				failed = append(failed, string(m[1]))
			}
			for _, w := range want {
				if !slices.Contains(failed, w) {
					t.Errorf("%s does not fail, of %q do", w, failed)
				}
			}
		})
	}
}
