package webhook

import (
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/trailseal/trailseal/internal/notice"
	"github.com/trailseal/trailseal/internal/sink/sinktest"
)

// The vector is that of the reference libraries of Standard Webhooks.
func TestSign(t *testing.T) {
	const want = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
	for _, k := range []string{newKey, newKey[6:]} {
		got, err := Sign(k, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, []byte(`{"test": 2432232314}`))
		if got != want || err != nil {
			t.Errorf("signature %s, %v, want %s", got, err, want)
		}
	}
}

func TestVerify(t *testing.T) {
	const body = `{"type":"alert.opened"}`
	now := sinktest.Time()
	right, err := Sign(newKey, "n-1", now.Unix(), []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	old, err := Sign(oldKey, "n-1", now.Unix(), []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	stamp := strconv.FormatInt(now.Unix(), 10)
	for _, c := range []struct {
		name                  string
		id, stamp, sigs, body string
		later                 time.Duration
		want                  string
	}{
		{"right", "n-1", stamp, right, body, 0, ""},
		{"the second of two", "n-1", stamp, old + " " + right, body, 0, ""},
		{"beside a scheme that is not known", "n-1", stamp, "v1a,AAAA " + right, body, 0, ""},
		{"five minutes later", "n-1", stamp, right, body, 5 * time.Minute, ""},
		{"five minutes before", "n-1", stamp, right, body, -5 * time.Minute, ""},
		{"too late", "n-1", stamp, right, body, 5*time.Minute + time.Second, "too old"},
		{"too early", "n-1", stamp, right, body, -5*time.Minute - time.Second, "too new"},
		{"of another secret", "n-1", stamp, old, body, 0, "no signature"},
		{"another id", "n-2", stamp, right, body, 0, "no signature"},
		{"another time", "n-1", strconv.FormatInt(now.Unix()+1, 10), right, body, 0, "no signature"},
		{"another body", "n-1", stamp, right, body + " ", 0, "no signature"},
		{"half a signature", "n-1", stamp, right[:20], body, 0, "no signature"},
		{"a signature without its scheme", "n-1", stamp, right[3:], body, 0, "no signature"},
		{"no signature", "n-1", stamp, "", body, 0, "no signature"},
		{"no id", "", stamp, right, body, 0, "not an id"},
		{"an id that moves the dots", "n-1." + stamp, stamp, right, body, 0, "not an id"},
		{"no time", "n-1", "", right, body, 0, "not a time"},
		{"a time written otherwise", "n-1", "+" + stamp, right, body, 0, "not a time"},
		{"a time beyond all", "n-1", "9223372036854775807", right, body, 0, "too old or too new"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := http.Header{}
			h.Set("webhook-id", c.id)
			h.Set("webhook-timestamp", c.stamp)
			h.Set("webhook-signature", c.sigs)
			err := Verify([]string{newKey}, h, []byte(c.body), now.Add(c.later), 5*time.Minute)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
	if err := Verify([]string{"hidden"}, http.Header{"Webhook-Id": {"n"}, "Webhook-Timestamp": {stamp}}, nil, now, time.Minute); err == nil || strings.Contains(err.Error(), "hidden") {
		t.Errorf("a secret that is none: %v", err)
	}
}

// The page for receivers has an example that verifies, and names every member of a body.
func TestSpecification(t *testing.T) {
	page, err := os.ReadFile("../../../docs/spec/webhook.md")
	if err != nil {
		t.Fatal(err)
	}
	find := func(pattern string) string {
		t.Helper()
		m := regexp.MustCompile(pattern).FindSubmatch(page)
		if m == nil {
			t.Fatalf("docs/spec/webhook.md has no %s", pattern)
		}
		return string(m[1])
	}
	at, err := strconv.ParseInt(find(`(?m)^webhook-timestamp: (\d+)$`), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	h := http.Header{}
	h.Set("webhook-id", find(`(?m)^webhook-id: (\S+)$`))
	h.Set("webhook-timestamp", strconv.FormatInt(at, 10))
	h.Set("webhook-signature", find(`(?m)^webhook-signature: (v1,\S+)$`))
	secret := find(`secret=(whsec_\S+)`)
	if err := Verify([]string{secret}, h, []byte(find(`(?m)^(\{"type":.*\})$`)), time.Unix(at, 0), 0); err != nil {
		t.Error(err)
	}
	n := sinktest.Ordinary(notice.Closed)
	n.Alert.Test = true
	body, err := Body(n)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`"([a-z0-9_]+)":`).FindAllSubmatch(body, -1) {
		if !strings.Contains(string(page), "`"+string(m[1])+"`") {
			t.Errorf("docs/spec/webhook.md does not name %q", m[1])
		}
	}
}

func FuzzVerify(f *testing.F) {
	right, err := Sign(newKey, "n-1", 1614265330, []byte("{}"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add("n-1", "1614265330", right, []byte("{}"))
	f.Add("", "-1", "v1, v1,= v1a,", []byte(nil))
	f.Add("a.b", "99999999999999999999", " ", []byte("x"))
	f.Fuzz(func(t *testing.T, id, stamp, signatures string, body []byte) {
		h := http.Header{"Webhook-Id": {id}, "Webhook-Timestamp": {stamp}, "Webhook-Signature": {signatures}}
		if Verify([]string{newKey}, h, body, time.Unix(1614265330, 0), time.Minute) != nil {
			return
		}
		at, err := strconv.ParseInt(stamp, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		want, err := Sign(newKey, id, at, body)
		if err != nil || !strings.Contains(signatures, want) {
			t.Errorf("%q of id %q at %q verifies without %q", signatures, id, stamp, want)
		}
	})
}
