package webhook

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/internal/finding"
	"github.com/trailseal/trailseal/internal/notice"
	"github.com/trailseal/trailseal/internal/sink/sinktest"
)

var update = flag.Bool("update", false, "write the golden files")

const (
	newKey = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	oldKey = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
	token  = "Bearer hiddenhidden"
)

const config = `
url: URL/in?tenant=7
secrets: [env:NEW, 'file:/run/secrets/old']
headers: {authorization: env:TOKEN, X-Tenant: env:TENANT}
`

func start(t *testing.T, url string, w *sinktest.World) notice.Sink {
	t.Helper()
	w.Set("env:NEW", newKey+"\n", newKey[6:])
	w.Set("file:/run/secrets/old", oldKey, oldKey[6:])
	w.Set("env:TOKEN", token, "hiddenhidden")
	w.Set("env:TENANT", "tenant-seven")
	s, err := New(sinktest.Section(strings.ReplaceAll(config, "URL", url)), w.Env)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestContract(t *testing.T) {
	sinktest.Run(t, sinktest.Options{New: start, Renews: true, Check: check})
}

func TestContractWithSecretURL(t *testing.T) {
	sinktest.Run(t, sinktest.Options{
		New: func(t *testing.T, url string, w *sinktest.World) notice.Sink {
			t.Helper()
			w.Set("env:NEW", newKey)
			w.Set("env:URL", url+"/hiddenhiddenhidden?code=codecodecodecodecode", "hiddenhiddenhidden", "codecodecodecodecode")
			s, err := New(sinktest.Section("{url: env:URL, secrets: [env:NEW]}"), w.Env)
			if err != nil {
				t.Fatal(err)
			}
			return s
		},
		Check: func(t *testing.T, _ notice.Notice, d sinktest.Delivery) {
			if d.Target != "/hiddenhiddenhidden?code=codecodecodecodecode" {
				t.Errorf("target %s", d.Target)
			}
		},
	})
}

func TestGolden(t *testing.T) {
	for _, kind := range sinktest.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			body, err := Body(sinktest.Ordinary(kind))
			if err != nil {
				t.Fatal(err)
			}
			sinktest.Golden(t, *update, string(kind)+".json", sinktest.Indent(t, body))
		})
	}
}

func TestReceipt(t *testing.T) {
	url, target := sinktest.HTTP(t, func(w http.ResponseWriter, _ sinktest.Delivery) {
		w.Header().Set("X-Request-Id", "r-1")
		w.WriteHeader(http.StatusNoContent)
	})
	got, err := start(t, url, sinktest.NewWorld(t)).Send(t.Context(), sinktest.Ordinary(notice.Opened))
	if want := (notice.Receipt{Status: "204 No Content", ID: "r-1"}); got != want || err != nil {
		t.Errorf("receipt %+v, %v, want %+v", got, err, want)
	}
	if d := target.Deliveries(); len(d) != 1 || d[0].Header.Get("Authorization") != token || d[0].Header.Get("X-Tenant") != "tenant-seven" {
		t.Errorf("deliveries %+v", d)
	}
}

// A later try has the id and the body of the first one, and a signature of its own time.
func TestLaterTry(t *testing.T) {
	url, target := sinktest.HTTP(t, nil)
	w := sinktest.NewWorld(t)
	now := sinktest.Time()
	w.Env.Now = func() time.Time { return now }
	s := start(t, url, w)
	for range 2 {
		if _, err := s.Send(t.Context(), sinktest.Ordinary(notice.Opened)); err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Hour)
	}
	d := target.Deliveries()
	if len(d) != 2 || !bytes.Equal(d[0].Body, d[1].Body) || d[0].Header.Get(headerID) != d[1].Header.Get(headerID) {
		t.Fatalf("deliveries %+v", d)
	}
	for i, d := range d {
		at := sinktest.Time().Add(time.Duration(i) * time.Hour)
		if err := Verify([]string{oldKey}, d.Header, d.Body, at.Add(4*time.Minute), 5*time.Minute); err != nil {
			t.Errorf("try %d: %v", i, err)
		}
		if err := Verify([]string{oldKey}, d.Header, d.Body, at.Add(6*time.Minute), 5*time.Minute); err == nil {
			t.Errorf("try %d verifies six minutes later", i)
		}
	}
}

func TestConfiguration(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"nothing", "{}", "url is missing"},
		{"no secret", "url: https://x.example", "secrets are missing"},
		{"no secret in the list", "{url: 'https://x.example', secrets: ['']}", "not the name of a secret"},
		{"five secrets", "{url: 'https://x.example', secrets: [env:A, env:B, env:C, env:D, env:E]}", "want at most 4"},
		{"a secret that is written down", "{url: 'https://x.example', secrets: [whsec_hidden]}", "not the name of a secret"},
		{"a header that is written down", "{url: 'https://x.example', secrets: [env:A], headers: {A: hidden}}", "not the name of a secret"},
		{"not encrypted", "{url: 'http://x.example/hidden', secrets: [env:A]}", "want https"},
		{"a user in the URL", "{url: 'https://u:hidden@x.example/', secrets: [env:A]}", "holds a user"},
		{"not a URL", "{url: 'hidden', secrets: [env:A]}", "begins with https://"},
		{"a header of the signature", "{url: 'https://x.example', secrets: [env:A], headers: {Webhook-Id: env:B}}", `header "Webhook-Id"`},
		{"a header of the connection", "{url: 'https://x.example', secrets: [env:A], headers: {host: env:B}}", `header "host"`},
		{"a header that ends the line", "{url: 'https://x.example', secrets: [env:A], headers: {\"a\\r\\nb\": env:B}}", `header "a\r\nb"`},
		{"an unknown name", "{url: 'https://x.example', secrets: [env:A], method: GET}", "method"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := New(sinktest.Section(c.text), notice.Env{})
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hidden") {
				t.Errorf("error %v, want one that says %q", err, c.want)
			}
		})
	}
}

func TestSecretsThatAreNone(t *testing.T) {
	for ref, texts := range map[string][]string{
		"env:NEW":    {"hidden", "whsec_hidden!", "whsec_aGlkZGVu", "whsec_" + strings.Repeat("hidd", 23)},
		"env:TOKEN":  {"hidden\r\nX-Evil: 1", "hidden\x00hidden"},
		"env:TENANT": {"hid\nden"},
	} {
		for _, text := range texts {
			url, target := sinktest.HTTP(t, nil)
			w := sinktest.NewWorld(t)
			s := start(t, url, w)
			w.Set(ref, text)
			_, err := s.Send(t.Context(), sinktest.Ordinary(notice.Opened))
			if !notice.IsPermanent(err) || !strings.Contains(err.Error(), ref) || strings.Contains(err.Error(), "hid") {
				t.Errorf("%s is %q: error %v, want a permanent one that names it only", ref, text, err)
			}
			if d := target.Deliveries(); len(d) != 0 {
				t.Errorf("%s is %q: %d deliveries, want none", ref, text, len(d))
			}
		}
	}
}

func TestAnswers(t *testing.T) {
	for status, permanent := range map[int]bool{300: false, 304: false, 400: true, 401: true, 404: true, 408: false, 409: true, 410: true, 425: false, 429: false, 500: false, 503: false, 599: false} {
		url, _ := sinktest.HTTP(t, func(w http.ResponseWriter, _ sinktest.Delivery) { w.WriteHeader(status) })
		_, err := start(t, url, sinktest.NewWorld(t)).Send(t.Context(), sinktest.Ordinary(notice.Opened))
		var r *notice.Refusal
		if !errors.As(err, &r) || r.Permanent != permanent || !strings.HasPrefix(r.Status, strconv.Itoa(status)) {
			t.Errorf("status %d: error %v, want permanent %v", status, err, permanent)
		}
	}
}

// A notice that fits is sent whole; of one that does not, what this program made of it stays.
func TestBody(t *testing.T) {
	for _, c := range sinktest.Cases() {
		t.Run(c.Name, func(t *testing.T) {
			body, err := Body(c.Notice)
			if err != nil {
				t.Fatal(err)
			}
			got := data(t, body)
			a := c.Notice.Alert
			if got.Key != c.Notice.Key || got.Kind != c.Notice.Kind || got.Alert.ID != a.ID || got.Alert.Count != a.Count || !got.Alert.First.Equal(a.First) {
				t.Errorf("what is of this program was changed: %+v", got)
			}
			if len(a.Title) < 1000 && utf8.ValidString(a.Title) {
				if diff := cmp.Diff(c.Notice, got); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

func data(t *testing.T, body []byte) notice.Notice {
	t.Helper()
	var e envelope
	var n notice.Notice
	if err := json.Unmarshal(body, &e); err != nil || len(body) > maxBody || !utf8.Valid(body) {
		t.Fatalf("%d bytes, %v", len(body), err)
	}
	if err := json.Unmarshal(e.Data, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

func FuzzRender(f *testing.F) {
	for i, text := range sinktest.HostileTexts() {
		f.Add(text, i)
	}
	f.Fuzz(func(t *testing.T, text string, kind int) {
		kinds := sinktest.Kinds()
		n := sinktest.Hostile(kinds[uint(kind)%uint(len(kinds))], text)
		body, err := Body(n)
		if err != nil {
			t.Fatal(err)
		}
		if got := data(t, body).Alert.Title; len(text) < 1000 && utf8.ValidString(text) && got != text {
			t.Errorf("title %q, want %q", got, text)
		}
	})
}

// check holds a request against Standard Webhooks and docs/spec/webhook.md.
func check(t *testing.T, n notice.Notice, d sinktest.Delivery) {
	if d.Method != http.MethodPost || d.Target != "/in?tenant=7" || !strings.HasPrefix(d.Header.Get("Content-Type"), "application/json") || d.Header.Get("User-Agent") != "trailseal" {
		t.Errorf("%s %s %v", d.Method, d.Target, d.Header)
	}
	if d.Header.Get(headerID) != n.Key || d.Header.Get(headerTime) != strconv.FormatInt(sinktest.Time().Unix(), 10) {
		t.Errorf("headers %v", d.Header)
	}
	if got := strings.Fields(d.Header.Get(headerSignature)); len(got) != 2 || got[0] == got[1] {
		t.Errorf("signatures %q, want two", got)
	}
	for _, k := range []string{newKey, oldKey} {
		if err := Verify([]string{k}, d.Header, d.Body, sinktest.Time(), 0); err != nil {
			t.Error(err)
		}
	}
	var e struct {
		Type      string
		Timestamp time.Time
		Data      struct {
			Key, Kind string
			By, Why   string
			At        time.Time
			Alert     map[string]json.RawMessage
		}
	}
	dec := json.NewDecoder(bytes.NewReader(d.Body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&e); err != nil {
		t.Fatal(err)
	}
	if e.Type != "alert."+string(n.Kind) || !e.Timestamp.Equal(n.At) || e.Data.Key != n.Key || e.Data.Kind != string(n.Kind) {
		t.Errorf("body %.200s", d.Body)
	}
	for _, name := range []string{"id", "key", "detection", "title", "what", "severity", "criteria", "steps", "account", "regions", "actor",
		"first_event", "last_event", "count", "events", "around", "verified", "status", "opened"} {
		if e.Data.Alert[name] == nil {
			t.Errorf("the alert has no %q", name)
		}
	}
	if len(e.Data.Alert) > 23 {
		t.Errorf("the alert has %d members: docs/spec/webhook.md names 23", len(e.Data.Alert))
	}
	var a finding.Alert
	whole, _ := json.Marshal(e.Data.Alert)
	if err := json.Unmarshal(whole, &a); err != nil || a.ID != n.Alert.ID {
		t.Errorf("alert %q, %v", a.ID, err)
	}
}
