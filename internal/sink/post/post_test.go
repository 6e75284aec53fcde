package post

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/internal/notice"
	"github.com/trailseal/trailseal/internal/secret"
)

func now() time.Time { return time.Date(2026, 3, 1, 10, 15, 0, 0, time.UTC) }

func env(t *testing.T) notice.Env {
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return notice.Env{HTTP: &http.Client{Transport: transport}, Now: now}
}

func message(t *testing.T, text string) Message {
	t.Helper()
	to, err := Address(text)
	if err != nil {
		t.Fatal(err)
	}
	return Message{To: to, Body: []byte("{}")}
}

func TestAddress(t *testing.T) {
	for _, text := range []string{"https://x.example", "https://x.example:8443/a?b=c", "http://127.0.0.1:1/", "http://[::1]/", "http://localhost/"} {
		if u, err := Address(text); err != nil || u.String() != text {
			t.Errorf("%q: %v, %v", text, u, err)
		}
	}
	for text, want := range map[string]string{
		"":                               "https://",
		"hidden":                         "https://",
		"//hidden.example":               "https://",
		"ftp://hidden.example":           "https://",
		"file:///hidden":                 "https://",
		"http://hidden.example":          "for this machine only",
		"http://127.0.0.1.hidden/":       "for this machine only",
		"http://localhost.hidden/":       "for this machine only",
		"http://0x7f.0.0.1.hidden/":      "for this machine only",
		"https:///hidden":                "no host",
		"https://:443/hidden":            "no host",
		"https:hidden":                   "no host",
		"https://u:hidden@x.example":     "a user",
		"https://hidden@x.example":       "a user",
		"https://x.example/#hidden":      "fragment",
		"https://x.example/hid\nden":     "not a URL",
		"https://[hidden":                "not a URL",
		"https://x.example:hidden":       "not a URL",
		"https://x.example/%zz?a=hidden": "not a URL",
	} {
		if u, err := Address(text); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%q: %v, error %v, want one that says %q", text, u, err, want)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"":                               0,
		"0":                              0,
		"1":                              time.Second,
		" 120 ":                          2 * time.Minute,
		"-5":                             0,
		"1.5":                            0,
		"soon":                           0,
		"86400":                          24 * time.Hour,
		"31536000":                       24 * time.Hour,
		"9223372036854775807":            24 * time.Hour,
		"9223372036854775808":            0,
		"Sun, 01 Mar 2026 10:15:30 GMT":  30 * time.Second,
		"Sunday, 01-Mar-26 10:16:00 GMT": time.Minute,
		"Sun Mar  1 10:17:00 2026":       2 * time.Minute,
		"Sun, 01 Mar 2026 10:14:00 GMT":  0,
		"Sun, 01 Mar 2099 10:14:00 GMT":  24 * time.Hour,
	} {
		if got := retryAfter(text, now()); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func TestRefusals(t *testing.T) {
	type outcome struct {
		Status    string
		Permanent bool
		After     time.Duration
	}
	for code, want := range map[int]outcome{
		302: {"302 Found", false, time.Minute},
		400: {"400 Bad Request", true, 0},
		401: {"401 Unauthorized", true, 0},
		403: {"403 Forbidden", true, 0},
		404: {"404 Not Found", true, 0},
		408: {"408 Request Timeout", false, time.Minute},
		410: {"410 Gone", true, 0},
		425: {"425 Too Early", false, time.Minute},
		429: {"429 Too Many Requests", false, time.Minute},
		499: {"499", true, 0},
		500: {"500 Internal Server Error", false, time.Minute},
		503: {"503 Service Unavailable", false, time.Minute},
		999: {"999", false, time.Minute},
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "60")
			w.WriteHeader(code)
		}))
		_, err := Do(t.Context(), env(t), message(t, s.URL))
		s.Close()
		var r *notice.Refusal
		if !errors.As(err, &r) {
			t.Errorf("%d: error %v", code, err)
			continue
		}
		if diff := cmp.Diff(want, outcome{r.Status, r.Permanent, r.After}); diff != "" {
			t.Errorf("%d: %s", code, diff)
		}
	}
}

func TestExplain(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, "no %s in %s\x1b[31m\n%s", q.Header.Get("Authorization"), q.RequestURI, strings.Repeat("x", 1000))
	}))
	defer s.Close()
	m := message(t, s.URL+"/a%2Fb/pathpathpathpath?sig=signaturesignature%3D")
	m.Header, m.Hide = http.Header{"Authorization": {"hidden"}}, []string{"hidden", ""}
	m.Explain = func(b []byte) string { return string(b) }
	_, err := Do(t.Context(), env(t), m)
	said, ok := strings.CutPrefix(fmt.Sprint(err), "post to "+m.To.Host+": 400 Bad Request: ")
	if !ok || Length(said) != maxSaid || !strings.HasPrefix(said, "no [secret] in [secret]\ufffd[31m xxx") || !strings.HasSuffix(said, "x…") {
		t.Errorf("error %v", err)
	}
	m.Explain = func([]byte) string { return "part pathpathpathpath, signaturesignature%3D, signaturesignature=" }
	if _, err = Do(t.Context(), env(t), m); err == nil || !strings.HasSuffix(err.Error(), ": part [secret], [secret], [secret]") {
		t.Errorf("error %v", err)
	}
}

type trip func(*http.Request) (*http.Response, error)

func (f trip) RoundTrip(q *http.Request) (*http.Response, error) { return f(q) }

// What breaks on the way is told without the address, and keeps what it is where that shows nothing.
func TestFaults(t *testing.T) {
	m := message(t, "https://x.example/services/hidden?sig=hidden")
	m.Hide = []string{"hidden"}
	for _, c := range []struct {
		name string
		err  error
		is   error
		want string
	}{
		{"one that may be shown", net.ErrClosed, net.ErrClosed, "use of closed network connection"},
		{"one that holds the secret", fmt.Errorf("malformed HTTP response %q: %w", "hidden", net.ErrClosed), nil, `malformed HTTP response "[secret]": use of`},
		{"one within an URL error", &url.Error{Op: "Post", URL: m.To.String(), Err: net.ErrClosed}, net.ErrClosed, "post to x.example: use of closed"},
		{"one that would paint the terminal", errors.New("a\x1b[2Jb\nc"), nil, "a\ufffd[2Jb c"},
		{"one that has no end", errors.New(strings.Repeat("x", 10000)), nil, "xxx…"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Do(t.Context(), notice.Env{HTTP: &http.Client{Transport: trip(func(*http.Request) (*http.Response, error) { return nil, c.err })}, Now: now}, m)
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hidden") || len(err.Error()) > 1000 || notice.IsPermanent(err) {
				t.Errorf("error %v, want one that says %q", err, c.want)
			}
			if c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("error %v is not %v", err, c.is)
			}
		})
	}
}

func TestCallersClientStaysAsItIs(t *testing.T) {
	e := env(t)
	s := httptest.NewServer(http.RedirectHandler("/elsewhere", http.StatusPermanentRedirect))
	defer s.Close()
	if _, err := Do(t.Context(), e, message(t, s.URL)); err == nil || e.HTTP.CheckRedirect != nil {
		t.Errorf("error %v, redirects checked %v", err, e.HTTP.CheckRedirect != nil)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Do(ctx, e, message(t, s.URL)); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
}

func TestID(t *testing.T) {
	m := Message{To: &url.URL{Scheme: "https", Host: "x.example", Path: "/"}, Hide: []string{"hidden"}}
	a := Answer{Header: http.Header{"B": {" b\x00hidden "}, "C": {strings.Repeat("c", 200)}}}
	if got := m.ID(a, "A", "B", "C"); got != "b\ufffd[secret]" {
		t.Errorf("%q", got)
	}
	if got := m.ID(a, "C"); Length(got) != 100 {
		t.Errorf("%q", got)
	}
	if got := m.ID(a, "A"); got != "" {
		t.Errorf("%q", got)
	}
}

func TestRenew(t *testing.T) {
	ref := secret.Reference{Scheme: secret.Environment, Name: "A"}
	for _, c := range []struct {
		name          string
		now           string
		before, after bool
		asked         int
	}{
		{"a secret that was changed", "new", true, false, 1},
		{"the same secret", "old", true, true, 1},
		{"a secret that is gone", "", true, true, 1},
		{"a refusal that is not permanent", "new", false, false, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			asked, forgotten := 0, false
			e := notice.Env{
				Forget: func(r secret.Reference) { forgotten = r == ref },
				Secret: func(context.Context, secret.Reference) (secret.String, error) {
					asked++
					if !forgotten {
						t.Error("it asks before it forgets")
					}
					if c.now == "" {
						return secret.String{}, errors.New("gone")
					}
					return secret.New(c.now), nil
				},
			}
			err := fmt.Errorf("around: %w", &notice.Refusal{Permanent: c.before, Err: errors.New("no")})
			got := Renew(t.Context(), e, err, map[secret.Reference]secret.String{ref: secret.New("old")})
			if got != err || notice.IsPermanent(got) != c.after || asked != c.asked {
				t.Errorf("error %v, permanent %v, want %v; asked %d times, want %d", got, notice.IsPermanent(got), c.after, asked, c.asked)
			}
		})
	}
	no := errors.New("no")
	if got := Renew(t.Context(), notice.Env{}, no, nil); got != no {
		t.Errorf("error %v", got)
	}
}
