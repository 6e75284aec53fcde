package email

import (
	"testing"

	"github.com/trailseal/trailseal/internal/finding"
	"github.com/trailseal/trailseal/internal/notice"
	"github.com/trailseal/trailseal/internal/sink/sinktest"
)

func FuzzMessage(f *testing.F) {
	for i, s := range sinktest.HostileTexts() {
		f.Add(s, uint8(i))
	}
	f.Add("a\r\n--boundary--\r\nBcc: x@y.z\r\n", uint8(0))
	f.Add("=?utf-8?q?=0D=0ABcc:_x@y.z?=", uint8(1))
	f.Fuzz(func(t *testing.T, text string, kind uint8) {
		kinds := sinktest.Kinds()
		n := sinktest.Ordinary(kinds[int(kind)%len(kinds)])
		a := &n.Alert
		n.By, n.Why = text, text
		a.Title, a.What, a.Detection, a.Account, a.Regions, a.Criteria, a.Steps, a.AroundGap = text, text, text, text, []string{text}, []string{text}, []string{text}, text
		a.Actor = finding.Actor{Principal: text, Behind: text, Kind: text, Confidence: text, Chain: []string{text}, Reason: text, IPs: []string{text}, Agents: []string{text}}
		a.Events = []finding.Event{{ID: text, Service: text, Name: text, Identity: text, IP: text, ErrorCode: text, Region: text, Account: text}}
		a.Around = a.Events
		w := sinktest.NewWorld(t)
		s, err := New(section("localhost", "25", none, ""), w.Env)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := s.(*sink).message(n, "")
		if err != nil {
			t.Fatal(err)
		}
		check(t, n, sinktest.Delivery{Body: raw})
	})
}

func FuzzAddress(f *testing.F) {
	f.Add("Trailseal <alerts@example.com>")
	f.Add("a@b.c\r\nBcc: x@y.z")
	f.Add("\"a\\\r\n b\" <a@b.c>")
	f.Add("<\"a b\"@[127.0.0.1]>")
	f.Fuzz(func(t *testing.T, text string) {
		var a address
		if a.UnmarshalText([]byte(text)) != nil {
			return
		}
		s := sink{config: config{From: a, To: []address{a}}, env: sinktest.NewWorld(t).Env}
		raw, err := s.message(sinktest.Ordinary(notice.Opened), "")
		if err != nil {
			t.Fatal(err)
		}
		h, _, _ := parts(t, raw)
		for _, name := range []string{"From", "To"} {
			got, err := h.AddressList(name)
			if err != nil || len(got) != 1 || got[0].Address != a.Address.Address {
				t.Errorf("%s of %q is %v, %v", name, text, got, err)
			}
		}
		if len(h["Bcc"]) != 0 {
			t.Errorf("%q makes a header", text)
		}
	})
}
