package teams

import (
	"encoding/json"
	"errors"
	"flag"
	"net/http"
	"strings"
	"testing"

	"github.com/trailseal/trailseal/internal/notice"
	"github.com/trailseal/trailseal/internal/sink/sinktest"
)

var update = flag.Bool("update", false, "write the golden files")

const path = "/workflows/0123abcd/triggers/manual/paths/invoke?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=hidden%2Bhidden"

func start(t *testing.T, url string, w *sinktest.World) notice.Sink {
	t.Helper()
	w.Set("env:HOOK", url+path, path, "hidden%2Bhidden", "hidden+hidden")
	s, err := New(sinktest.Section("webhook: env:HOOK"), w.Env)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func accepted(w http.ResponseWriter, _ sinktest.Delivery) {
	w.Header().Set("X-Ms-Workflow-Run-Id", "08585287554177334956853859655CU00")
	w.WriteHeader(http.StatusAccepted)
}

func TestContract(t *testing.T) {
	sinktest.Run(t, sinktest.Options{New: start, Accept: accepted, Renews: true, Check: check})
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
	for _, c := range []struct {
		name   string
		answer func(w http.ResponseWriter, d sinktest.Delivery)
		want   notice.Receipt
	}{
		{"a workflow", accepted, notice.Receipt{Status: "202 Accepted", ID: "08585287554177334956853859655CU00"}},
		{"a connector", func(w http.ResponseWriter, _ sinktest.Delivery) {
			w.Header().Set("Request-Id", "4a6f")
			_, _ = w.Write([]byte("1"))
		}, notice.Receipt{Status: "200 OK", ID: "4a6f"}},
		{"a workflow with an answer of its own", func(w http.ResponseWriter, _ sinktest.Delivery) { _, _ = w.Write([]byte(`{"posted":true}`)) }, notice.Receipt{Status: "200 OK"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			url, target := sinktest.HTTP(t, c.answer)
			got, err := start(t, url, sinktest.NewWorld(t)).Send(t.Context(), sinktest.Ordinary(notice.Opened))
			if got != c.want || err != nil {
				t.Errorf("receipt %+v, %v, want %+v", got, err, c.want)
			}
			if d := target.Deliveries(); len(d) != 1 || d[0].Target != path {
				t.Errorf("deliveries %+v", d)
			}
		})
	}
}

func TestConfiguration(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"no webhook", "{}", "webhook is missing"},
		{"a webhook that is written down", "webhook: https://prod-1.logic.azure.com/?sig=hidden", "not the name of a secret"},
		{"an unknown name", "{webhook: env:A, chanel: x}", "chanel"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := New(sinktest.Section(c.text), notice.Env{})
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hidden") {
				t.Errorf("error %v, want one that says %q", err, c.want)
			}
		})
	}
	w := sinktest.NewWorld(t)
	w.Set("env:HOOK", "http://prod-1.logic.azure.com/?sig=hidden")
	s, err := New(sinktest.Section("webhook: env:HOOK"), w.Env)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Send(t.Context(), sinktest.Ordinary(notice.Opened)); !notice.IsPermanent(err) || strings.Contains(err.Error(), "hidden") {
		t.Errorf("a webhook that is not encrypted: error %v, want a permanent one without it", err)
	}
}

func TestAnswers(t *testing.T) {
	const failed = "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error "
	for _, c := range []struct {
		name      string
		status    int
		body      string
		permanent bool
		want      string
	}{
		{"a signature that is not right", 401, `{"error":{"code":"DirectApiAuthorizationRequired","message":"hidden+hidden"}}`, true, "401 Unauthorized: DirectApiAuthorizationRequired"},
		{"a workflow that is not there", 404, `{"error":{"code":"WorkflowNotFound"}}`, true, "404 Not Found: WorkflowNotFound"},
		{"a code that is none", 404, `{"error":{"code":"<b> hidden"}}`, true, "404 Not Found"},
		{"too many", 429, ``, false, "429 Too Many Requests"},
		{"a bad gateway", 502, `<html>`, false, "502 Bad Gateway"},
		{"a connector that throttles", 200, failed + "429 with ContextId tcid=0", false, "429 Too Many Requests: reported with status 200 OK"},
		{"a connector whose card is too large", 200, failed + "413 with ContextId tcid=0", true, "413 Request Entity Too Large: reported with status 200 OK"},
		{"a connector that says no more", 200, "Webhook message delivery failed", false, "502 Bad Gateway: reported with status 200 OK"},
		{"a connector with a number that is none", 200, failed + "9", false, "502 Bad Gateway: reported with status 200 OK"},
	} {
		t.Run(c.name, func(t *testing.T) {
			url, _ := sinktest.HTTP(t, func(w http.ResponseWriter, _ sinktest.Delivery) {
				w.WriteHeader(c.status)
				_, _ = w.Write([]byte(c.body))
			})
			_, err := start(t, url, sinktest.NewWorld(t)).Send(t.Context(), sinktest.Ordinary(notice.Opened))
			var r *notice.Refusal
			if !errors.As(err, &r) || r.Permanent != c.permanent || !strings.HasSuffix(err.Error(), c.want) {
				t.Errorf("error %v, want permanent %v, ending in %q", err, c.permanent, c.want)
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

// check holds a message against the schema of Adaptive Cards 1.4 and what Teams documents of it.
func check(t *testing.T, n notice.Notice, d sinktest.Delivery) {
	if d.Method != http.MethodPost || d.Target != path || !strings.HasPrefix(d.Header.Get("Content-Type"), "application/json") {
		t.Errorf("%s %s %v", d.Method, d.Target, d.Header)
	}
	if len(d.Body) > 14000 {
		t.Errorf("%d bytes", len(d.Body))
	}
	for i, c := range d.Body {
		if c >= 0x80 {
			t.Fatalf("byte %d is %#x", i, c)
		}
	}
	var m map[string]any
	if err := json.Unmarshal(d.Body, &m); err != nil {
		t.Fatal(err)
	}
	known(t, "message", m, "type", "attachments")
	attachments, _ := m["attachments"].([]any)
	if m["type"] != "message" || len(attachments) != 1 {
		t.Fatalf("message %v with %d attachments", m["type"], len(attachments))
	}
	a := attachments[0].(map[string]any)
	known(t, "attachment", a, "contentType", "contentUrl", "content")
	if a["contentType"] != "application/vnd.microsoft.card.adaptive" || a["contentUrl"] != nil {
		t.Errorf("attachment of type %v, URL %v", a["contentType"], a["contentUrl"])
	}
	c := a["content"].(map[string]any)
	known(t, "card", c, "$schema", "type", "version", "msteams", "body", "actions")
	if c["type"] != "AdaptiveCard" || c["version"] != "1.4" {
		t.Errorf("%v %v", c["type"], c["version"])
	}
	body := c["body"].([]any)
	if len(body) < 12 {
		t.Errorf("%d elements", len(body))
	}
	for _, e := range body {
		element(t, e.(map[string]any))
	}
	actions, _ := c["actions"].([]any)
	if want := map[bool]int{true: 1}[n.Alert.Link != ""]; len(actions) != want {
		t.Errorf("%d actions, want %d", len(actions), want)
	}
	for _, v := range actions {
		o := v.(map[string]any)
		known(t, "action", o, "type", "title", "url")
		if o["type"] != "Action.OpenUrl" || o["url"] != n.Alert.Link {
			t.Errorf("action %v", o)
		}
	}
	if !strings.Contains(string(d.Body), n.Key) || !strings.Contains(string(d.Body), n.Alert.ID) {
		t.Error("the keys of notice and alert are not there")
	}
}

// element wants containers of rich text only: a TextBlock would be read as Markdown.
func element(t *testing.T, o map[string]any) {
	t.Helper()
	switch o["type"] {
	case "Container":
		known(t, "Container", o, "type", "style", "bleed", "items")
		if !strings.Contains(" default emphasis good attention warning accent ", " "+o["style"].(string)+" ") {
			t.Errorf("style %v", o["style"])
		}
		for _, e := range o["items"].([]any) {
			element(t, e.(map[string]any))
		}
	case "RichTextBlock":
		known(t, "RichTextBlock", o, "type", "separator", "spacing", "inlines")
		inlines, _ := o["inlines"].([]any)
		if len(inlines) == 0 {
			t.Error("RichTextBlock without inlines")
		}
		for _, i := range inlines {
			r := i.(map[string]any)
			known(t, "TextRun", r, "type", "text", "size", "weight", "isSubtle")
			text, _ := r["text"].(string)
			if r["type"] != "TextRun" || text == "" || strings.Contains(text, "\n") {
				t.Errorf("TextRun %v", r)
			}
			sinktest.Shown(t, "TextRun", text)
			sinktest.Linkless(t, "TextRun", text)
		}
	default:
		t.Errorf("element of type %v", o["type"])
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
