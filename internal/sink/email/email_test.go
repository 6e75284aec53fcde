package email

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/trailseal/trailseal/internal/notice"
	"github.com/trailseal/trailseal/internal/secret"
	"github.com/trailseal/trailseal/internal/sink/sinktest"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const (
	testPassword = "hunter2-correct-horse"
	signIn       = "user: alerts\npassword: env:SMTP_PASSWORD\n"
)

func newSink(t *testing.T, s notice.Section, env notice.Env) notice.Sink {
	t.Helper()
	out, err := New(s, env)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// world has the password.
func world(t *testing.T) *sinktest.World {
	w := sinktest.NewWorld(t)
	give(w)
	return w
}

func give(w *sinktest.World) {
	b64 := base64.StdEncoding.EncodeToString
	w.Set("env:SMTP_PASSWORD", testPassword, b64([]byte(testPassword)), b64([]byte("\x00alerts\x00"+testPassword)))
}

func TestSink(t *testing.T) {
	for _, m := range []mode{startTLS, implicit, none} {
		t.Run(string(m), func(t *testing.T) {
			sinktest.Run(t, sinktest.Options{
				Silent: true,
				Start: func(t *testing.T, w *sinktest.World) *sinktest.Target {
					o := new(office)
					more := ""
					if m != none {
						o.password = testPassword
						give(w)
					}
					o.open(t, m)
					if m != none {
						more = signIn + "ca: " + o.ca
					}
					return &sinktest.Target{
						Sink:       newSink(t, section("127.0.0.1", o.port, m, more), w.Env),
						Break:      func(f sinktest.Fault) { o.set(func() { o.fault = f }) },
						Deliveries: o.deliveries,
						Faults:     []sinktest.Fault{sinktest.Throttle, sinktest.Broken, sinktest.Refuse, sinktest.Hang, sinktest.Drop},
					}
				},
				Check: check,
			})
		})
	}
}

// parts reads a message as a mail program does.
func parts(t *testing.T, raw []byte) (h mail.Header, text, page string) {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("content type %q, %v", kind, err)
	}
	r := multipart.NewReader(m.Body, params["boundary"])
	for i, want := range []string{"text/plain", "text/html"} {
		p, err := r.NextRawPart()
		if err != nil {
			t.Fatal(err)
		}
		kind, params, err := mime.ParseMediaType(p.Header.Get("Content-Type"))
		if err != nil || kind != want || !strings.EqualFold(params["charset"], "utf-8") || p.Header.Get("Content-Transfer-Encoding") != "quoted-printable" {
			t.Fatalf("part %d is %v, %v", i, p.Header, err)
		}
		b, err := io.ReadAll(quotedprintable.NewReader(p))
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			text = strings.ReplaceAll(string(b), "\r\n", "\n")
		} else {
			page = strings.ReplaceAll(string(b), "\r\n", "\n")
		}
	}
	if _, err := r.NextRawPart(); !errors.Is(err, io.EOF) {
		t.Fatalf("there is another part, %v", err)
	}
	return m.Header, text, page
}

// check holds a message against RFC 5322, 2047, 2045, 3834, and what this package promises.
func check(t *testing.T, n notice.Notice, d sinktest.Delivery) {
	t.Helper()
	head, _, ok := bytes.Cut(d.Body, []byte("\r\n\r\n"))
	if !ok || len(d.Body) > 300_000 {
		t.Fatalf("%d bytes without a header's end", len(d.Body))
	}
	for _, line := range bytes.Split(d.Body, []byte("\n")) {
		if len(line) > 998 || bytes.Count(line, []byte("\r")) > 1 || len(line) > 0 && line[len(line)-1] != '\r' {
			t.Fatalf("line %.100q of %d bytes", line, len(line))
		}
	}
	for _, c := range d.Body {
		if c > '~' || c < ' ' && c != '\r' && c != '\n' && c != '\t' {
			t.Fatalf("the message holds byte %#x", c)
		}
	}
	h, text, page := parts(t, d.Body)
	for name, want := range map[string]string{
		"From": `"Trailseal" <alerts@example.com>`, "To": `<oncall@example.com>, "Security Team" <security@example.com>`,
		"Message-Id": "<" + n.Key + "@example.com>", "References": "<alert-" + n.Alert.ID + "@example.com>", "In-Reply-To": "<alert-" + n.Alert.ID + "@example.com>",
		"Auto-Submitted": "auto-generated", "Date": "Sun, 01 Mar 2026 10:15:00 +0000", "Mime-Version": "1.0", "X-Trailseal-Kind": string(n.Kind), "X-Trailseal-Alert": n.Alert.ID,
	} {
		if got := h[name]; len(got) != 1 || got[0] != want {
			t.Errorf("%s is %q, want %q once", name, got, want)
		}
	}
	known := []string{"From", "To", "Message-Id", "References", "In-Reply-To", "Auto-Submitted", "Date", "Mime-Version", "X-Trailseal-Kind", "X-Trailseal-Alert", "Subject",
		"Content-Type", "X-Auto-Response-Suppress", "X-Trailseal-Severity", "X-Trailseal-Detection", "X-Trailseal-Account"}
	for name, values := range h {
		for _, v := range values {
			shown, err := new(mime.WordDecoder).DecodeHeader(v)
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			sinktest.Shown(t, name, shown)
		}
		if !strings.Contains(" "+strings.Join(known, " ")+" ", " "+name+" ") {
			t.Errorf("header %q: %.200q", name, head)
		}
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(h.Get("Subject"))
	if err != nil || !strings.HasSuffix(subject, "["+n.Alert.ID+"]") || strings.HasPrefix(subject, "Re: ") == (n.Kind == notice.Opened) || len(subject) > 700 {
		t.Errorf("subject %q, %v", subject, err)
	}
	sinktest.Shown(t, "subject", subject)
	sinktest.Shown(t, "text", text)
	sinktest.Shown(t, "HTML", page)
	if !strings.Contains(text, n.Alert.ID) || !strings.Contains(page, n.Alert.ID) {
		t.Errorf("the alert's id is not in text or HTML")
	}
	for _, bad := range []string{"<script", "<img", "onerror=alert(1)>", "</script", "<!channel", "<at>"} {
		if strings.Contains(page, bad) {
			t.Errorf("HTML holds %q", bad)
		}
	}
	link := n.Alert.Link
	for place, shown := range map[string]string{"text": text, "HTML": page} {
		if link != "" {
			shown = strings.ReplaceAll(shown, link, "")
		}
		// Titles and what a person wrote may hold a link; in the hostile cases they hold the log's text too.
		if fromLog := n.Alert.Title != n.Alert.Actor.Principal; fromLog && strings.Contains(shown, "://") {
			t.Errorf("%s holds a link: %.300q", place, shown[strings.Index(shown, "://"):])
		}
	}
}

func TestTextOfALogIsNoLink(t *testing.T) {
	n := sinktest.Ordinary(notice.Opened)
	n.Alert.Actor.Agents = []string{"Mozilla/5.0 (+https://evil.example/agent)"}
	n.Alert.Actor.Principal = "javascript://evil.example"
	n.Alert.Events[0].Identity = "https://evil.example/event"
	n.Alert.Around[0].Identity = "https://evil.example/around"
	n.Alert.Link = "javascript:alert(1)"
	s := sink{env: sinktest.NewWorld(t).Env}
	raw, err := s.message(n, "")
	if err != nil {
		t.Fatal(err)
	}
	_, text, page := parts(t, raw)
	for place, shown := range map[string]string{"text": text, "HTML": page} {
		if strings.Contains(shown, "://") || strings.Contains(shown, "href") || strings.Contains(shown, "javascript:") || strings.Count(shown, "[:]//") != 4 {
			t.Errorf("%s: %s", place, shown)
		}
	}
}

func TestGolden(t *testing.T) {
	for _, kind := range sinktest.Kinds() {
		w := sinktest.NewWorld(t)
		s := newSink(t, section("localhost", "25", none, ""), w.Env).(*sink)
		raw, err := s.message(sinktest.Ordinary(kind), "boundary-of-the-golden-file")
		if err != nil {
			t.Fatal(err)
		}
		sinktest.Golden(t, *update, string(kind)+".eml", bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")))
	}
}

func TestServersThatAreNotToBeTrusted(t *testing.T) {
	send := func(t *testing.T, s notice.Section) error {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := newSink(t, s, world(t).Env).Send(ctx, sinktest.Ordinary(notice.Opened))
		if err == nil || notice.IsPermanent(err) || strings.Contains(err.Error(), testPassword) {
			t.Errorf("error %v, want one worth another try", err)
		}
		return err
	}
	t.Run("no STARTTLS", func(t *testing.T) {
		o := &office{password: testPassword}
		o.open(t, none)
		if err := send(t, section("127.0.0.1", o.port, startTLS, signIn+"ca: "+o.ca)); err == nil || !strings.Contains(err.Error(), "offers no STARTTLS") {
			t.Error(err)
		}
		if o.signedIn != 0 || len(o.took) != 0 {
			t.Errorf("%d passwords and %d messages", o.signedIn, len(o.took))
		}
	})
	t.Run("STARTTLS taken back", func(t *testing.T) {
		port, heard := script(t, "220 hi\r\n", "250-hi\r\n250-AUTH PLAIN LOGIN\r\n250 STARTTLS\r\n", "454 not now\r\n", "221 bye\r\n")
		_ = send(t, section("127.0.0.1", port, startTLS, signIn))
		if got, want := heard(), "EHLO example.com\r\nSTARTTLS\r\n"; got != want {
			t.Errorf("the server heard %q, want %q", got, want)
		}
	})
	t.Run("words before encryption", func(t *testing.T) {
		port, heard := script(t, "220 hi\r\n", "250-hi\r\n250-AUTH PLAIN LOGIN\r\n250 STARTTLS\r\n", "220 go\r\n250-hi\r\n250 AUTH PLAIN\r\n235 in\r\n250 ok\r\n")
		_ = send(t, section("127.0.0.1", port, startTLS, signIn))
		if got := heard(); !strings.HasPrefix(got, "EHLO example.com\r\nSTARTTLS\r\n\x16\x03") || strings.Contains(got, "AUTH ") || strings.Contains(got, "MAIL") {
			t.Errorf("the server heard %q", got)
		}
	})
	t.Run("no end of a line", func(t *testing.T) {
		port, _ := script(t, "220 "+strings.Repeat("x", 1<<20), "")
		_ = send(t, section("127.0.0.1", port, startTLS, signIn))
	})
	for _, m := range []mode{startTLS, implicit} {
		t.Run(string(m)+", unknown certificate", func(t *testing.T) {
			o := &office{password: testPassword}
			o.open(t, m)
			if err := send(t, section("127.0.0.1", o.port, m, signIn)); err == nil || !strings.Contains(err.Error(), "certificate") {
				t.Error(err)
			}
			if o.signedIn != 0 {
				t.Error("it was given the password")
			}
		})
		t.Run(string(m)+", certificate of another", func(t *testing.T) {
			o := &office{password: testPassword}
			o.open(t, m, "mail.example.net")
			if err := send(t, section("127.0.0.1", o.port, m, signIn+"ca: "+o.ca)); err == nil || !strings.Contains(err.Error(), "certificate") {
				t.Error(err)
			}
			if o.signedIn != 0 {
				t.Error("it was given the password")
			}
		})
	}
}

func TestSignIn(t *testing.T) {
	t.Run("LOGIN", func(t *testing.T) {
		o := &office{password: testPassword, login: true}
		o.open(t, startTLS)
		if _, err := newSink(t, section("localhost", o.port, startTLS, signIn+"ca: "+o.ca), world(t).Env).Send(t.Context(), sinktest.Ordinary(notice.Opened)); err != nil {
			t.Error(err)
		}
	})
	t.Run("wrong password", func(t *testing.T) {
		for _, login := range []bool{false, true} {
			o := &office{password: "another", login: login}
			o.open(t, startTLS)
			_, err := newSink(t, section("127.0.0.1", o.port, startTLS, signIn+"ca: "+o.ca), world(t).Env).Send(t.Context(), sinktest.Ordinary(notice.Opened))
			var r *notice.Refusal
			if !errors.As(err, &r) || !r.Permanent || r.Status != "535" || strings.Contains(fmt.Sprintf("%+v %#v", err, err), testPassword) || len(o.took) != 0 {
				t.Errorf("%+v, %v", r, err)
			}
		}
	})
	t.Run("password that was changed", func(t *testing.T) {
		o := &office{password: testPassword}
		o.open(t, implicit)
		w := world(t)
		kept, forgotten := secret.New("old"), 0
		fresh := w.Env.Secret
		w.Env.Secret = func(ctx context.Context, ref secret.Reference) (secret.String, error) {
			if forgotten == 0 {
				return kept, nil
			}
			return fresh(ctx, ref)
		}
		w.Env.Forget = func(secret.Reference) { forgotten++ }
		if _, err := newSink(t, section("127.0.0.1", o.port, implicit, signIn+"ca: "+o.ca), w.Env).Send(t.Context(), sinktest.Ordinary(notice.Opened)); err != nil || forgotten != 1 {
			t.Errorf("%v, forgotten %d times", err, forgotten)
		}
		o.set(func() { o.password = "newer" })
		if _, err := newSink(t, section("127.0.0.1", o.port, implicit, signIn+"ca: "+o.ca), w.Env).Send(t.Context(), sinktest.Ordinary(notice.Opened)); !notice.IsPermanent(err) {
			t.Errorf("%v, want a permanent refusal", err)
		}
	})
	t.Run("no way to sign in", func(t *testing.T) {
		o := new(office)
		o.open(t, startTLS)
		if _, err := newSink(t, section("127.0.0.1", o.port, startTLS, signIn+"ca: "+o.ca), world(t).Env).Send(t.Context(), sinktest.Ordinary(notice.Opened)); !notice.IsPermanent(err) || len(o.took) != 0 {
			t.Errorf("%v after %d messages, want a permanent refusal", err, len(o.took))
		}
	})
}
