package slack

import (
	"encoding/json"
	"errors"
	"flag"
	"net/http"
	"strings"
	"testing"

	"github.com/trailseal/trailseal/internal/notice"
	"github.com/trailseal/trailseal/internal/sink/post"
	"github.com/trailseal/trailseal/internal/sink/sinktest"
)

var update = flag.Bool("update", false, "write the golden files")

const path = "/services/T00000000/B00000000/hiddenhiddenhidden"

func start(t *testing.T, url string, w *sinktest.World) notice.Sink {
	t.Helper()
	w.Set("env:HOOK", url+path, path, "hiddenhiddenhidden")
	s, err := New(sinktest.Section("webhook: env:HOOK"), w.Env)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func ok(w http.ResponseWriter, _ sinktest.Delivery) {
	w.Header().Set("Content-Type", "text/html")
	w.Header().Set("X-Slack-Req-Id", "0123456789abcdef")
	_, _ = w.Write([]byte("ok"))
}

func TestContract(t *testing.T) {
	sinktest.Run(t, sinktest.Options{New: start, Accept: ok, Renews: true, Check: check})
}

func TestGolden(t *testing.T) {
	for _, kind := range sinktest.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			body, err := render(sinktest.Ordinary(kind))
			if err != nil {
				t.Fatal(err)
			}
			sinktest.Golden(t, *update, string(kind)+".json", sinktest.Indent(t, body))
		})
	}
}

func TestReceipt(t *testing.T) {
	url, target := sinktest.HTTP(t, ok)
	got, err := start(t, url, sinktest.NewWorld(t)).Send(t.Context(), sinktest.Ordinary(notice.Opened))
	if want := (notice.Receipt{Status: "200 OK", ID: "0123456789abcdef"}); got != want || err != nil {
		t.Errorf("receipt %+v, %v, want %+v", got, err, want)
	}
	if d := target.Deliveries(); len(d) != 1 || d[0].Target != path || d[0].Header.Get("User-Agent") != "trailseal" {
		t.Errorf("deliveries %+v", d)
	}
}

func TestConfiguration(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"no webhook", "{}", "webhook is missing"},
		{"a webhook that is written down", "webhook: https://hooks.slack.com/services/T0/B0/hidden", "not the name of a secret"},
		{"an unknown name", "{webhook: env:A, chanel: x}", "chanel"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := New(sinktest.Section(c.text), notice.Env{})
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hidden") {
				t.Errorf("error %v, want one that says %q", err, c.want)
			}
		})
	}
}

func TestWebhookThatIsNone(t *testing.T) {
	for _, hook := range []string{"http://hooks.slack.com/services/hidden", "hidden", "ftp://127.0.0.1/hidden", "https:///hidden", "https://u:hidden@hooks.slack.com/", "https://hidden\x00"} {
		w := sinktest.NewWorld(t)
		w.Set("env:HOOK", hook)
		s, err := New(sinktest.Section("webhook: env:HOOK"), w.Env)
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Send(t.Context(), sinktest.Ordinary(notice.Opened))
		if !notice.IsPermanent(err) || strings.Contains(err.Error(), "hidden") || !strings.Contains(err.Error(), "env:HOOK") {
			t.Errorf("webhook %q: error %v, want a permanent one that names env:HOOK only", hook, err)
		}
	}
}

func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		name      string
		status    int
		body      string
		permanent bool
		want      string
	}{
		{"a payload that Slack does not take", 400, "invalid_payload", true, "400 Bad Request: invalid_payload"},
		{"a webhook that was revoked", 403, "invalid_token", true, "403 Forbidden: invalid_token"},
		{"a webhook that is not there", 404, "no_service\n", true, "404 Not Found: no_service"},
		{"an archived channel", 410, "channel_is_archived", true, "410 Gone: channel_is_archived"},
		{"too many", 429, "rate_limited", false, "429 Too Many Requests: rate_limited"},
		{"trouble at Slack", 500, "rollup_error", false, "500 Internal Server Error: rollup_error"},
		{"a failure with a status of success", 200, "no_service", true, "no_service"},
		{"the page of a proxy", 200, "<html>Please sign in</html>", false, `the body is not "ok"`},
		{"nothing", 200, "", false, `the body is not "ok"`},
		{"a body that is no word", 404, "<b>" + path, true, "404 Not Found"},
	} {
		t.Run(c.name, func(t *testing.T) {
			url, _ := sinktest.HTTP(t, func(w http.ResponseWriter, _ sinktest.Delivery) {
				w.WriteHeader(c.status)
				_, _ = w.Write([]byte(c.body))
			})
			_, err := start(t, url, sinktest.NewWorld(t)).Send(t.Context(), sinktest.Ordinary(notice.Opened))
			var r *notice.Refusal
			if !errors.As(err, &r) || r.Permanent != c.permanent || !strings.HasSuffix(err.Error(), c.want) {
				t.Errorf("error %v (%+v), want permanent %v, ending in %q", err, r, c.permanent, c.want)
			}
		})
	}
}

func FuzzRender(f *testing.F) {
	for i, text := range sinktest.HostileTexts() {
		f.Add(text, i)
	}
	f.Fuzz(func(t *testing.T, text string, kind int) {
		kinds := sinktest.Kinds()
		n := sinktest.Hostile(kinds[uint(kind)%uint(len(kinds))], text)
		body, err := render(n)
		if err != nil {
			t.Fatal(err)
		}
		check(t, n, sinktest.Delivery{Method: http.MethodPost, Target: path, Header: http.Header{"Content-Type": {"application/json; charset=utf-8"}}, Body: body})
	})
}

// check holds a message against the reference of Block Kit and the rules of this package.
func check(t *testing.T, n notice.Notice, d sinktest.Delivery) {
	if d.Method != http.MethodPost || d.Target != path || d.Header.Get("Content-Type") != "application/json; charset=utf-8" {
		t.Errorf("%s %s %v", d.Method, d.Target, d.Header)
	}
	var m map[string]any
	if err := json.Unmarshal(d.Body, &m); err != nil {
		t.Fatal(err)
	}
	known(t, "message", m, "text", "mrkdwn", "unfurl_links", "unfurl_media", "blocks")
	fallback, _ := m["text"].(string)
	length(t, "text", fallback, 1, 4000)
	sinktest.Linkless(t, "text", fallback)
	if strings.ContainsAny(fallback, "<>*_~`@") || m["mrkdwn"] != false || m["unfurl_links"] != false || m["unfurl_media"] != false {
		t.Errorf("text %q can be parsed", fallback)
	}
	blocks, _ := m["blocks"].([]any)
	if len(blocks) < 3 || len(blocks) > 50 {
		t.Errorf("%d blocks", len(blocks))
	}
	whole, err := write(m["blocks"])
	if err != nil {
		t.Fatal(err)
	}
	length(t, "all blocks", string(whole), 1, 12000)
	links := 0
	for i, b := range blocks {
		b := b.(map[string]any)
		switch kind := b["type"]; kind {
		case "header":
			known(t, "header", b, "type", "text")
			plainText(t, "header", b["text"], 150)
			if i != 0 {
				t.Errorf("block %d is a header", i)
			}
		case "section":
			known(t, "section", b, "type", "text", "fields")
			fields, _ := b["fields"].([]any)
			if len(fields) > 10 || len(fields) == 0 && b["text"] == nil {
				t.Errorf("section of %d fields", len(fields))
			}
			for _, f := range fields {
				plainText(t, "field", f, 2000)
			}
			if text, _ := b["text"].(map[string]any); text["type"] == "mrkdwn" {
				links++
				known(t, "link", text, "type", "text", "verbatim")
				want := "<" + escape(n.Alert.Link) + "|Read more>"
				if text["text"] != want || text["verbatim"] != true {
					t.Errorf("link %v, want %s", text, want)
				}
				length(t, "link", text["text"].(string), 1, 3000)
			} else if text != nil {
				plainText(t, "section", text, 3000)
			}
		case "context":
			known(t, "context", b, "type", "elements")
			elements, _ := b["elements"].([]any)
			if len(elements) < 1 || len(elements) > 10 {
				t.Errorf("context of %d elements", len(elements))
			}
			for _, e := range elements {
				plainText(t, "context", e, 2000)
			}
		default:
			t.Errorf("block of type %v", kind)
		}
	}
	if want := map[bool]int{true: 1}[n.Alert.Link != ""]; links != want {
		t.Errorf("%d texts are mrkdwn, want %d", links, want)
	}
	if !strings.Contains(string(d.Body), n.Key) || !strings.Contains(string(d.Body), n.Alert.ID) {
		t.Error("the keys of notice and alert are not there")
	}
}

// known wants an object to have no members but these.
func known(t *testing.T, place string, o map[string]any, names ...string) {
	t.Helper()
	for k := range o {
		if !strings.Contains(" "+strings.Join(names, " ")+" ", " "+k+" ") {
			t.Errorf("%s has a member %q", place, k)
		}
	}
}

func plainText(t *testing.T, place string, v any, limit int) {
	t.Helper()
	o, _ := v.(map[string]any)
	known(t, place, o, "type", "text", "emoji")
	text, _ := o["text"].(string)
	length(t, place, text, 1, limit)
	if o["type"] != "plain_text" || o["emoji"] != false {
		t.Errorf("%s is %v", place, o)
	}
	if strings.ContainsAny(text, "<>") {
		t.Errorf("%s is not escaped: %.200q", place, text)
	}
	for i := range text {
		if rest := text[i:]; text[i] == '&' && !strings.HasPrefix(rest, "&amp;") && !strings.HasPrefix(rest, "&lt;") && !strings.HasPrefix(rest, "&gt;") {
			t.Errorf("%s is not escaped at %.20q", place, rest)
		}
	}
	sinktest.Shown(t, place, text)
	sinktest.Linkless(t, place, text)
}

func length(t *testing.T, place, text string, least, most int) {
	t.Helper()
	if n := post.Length(text); n < least || n > most {
		t.Errorf("%s has %d characters, want %d to %d", place, n, least, most)
	}
}
