package email

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/internal/notice"
	"github.com/trailseal/trailseal/internal/sink/sinktest"
)

func TestRecipientsThatAreRefused(t *testing.T) {
	gone := &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}
	full := &smtp.SMTPError{Code: 452, EnhancedCode: smtp.EnhancedCode{4, 2, 2}, Message: "mailbox full"}
	const oncall, security = "oncall@example.com", "security@example.com"
	for name, c := range map[string]struct {
		refuse    map[string]*smtp.SMTPError
		told      []string // by the first try
		status    string
		permanent bool
		says      string
	}{
		"one for ever":          {map[string]*smtp.SMTPError{security: gone}, []string{oncall}, "550", true, "1 of 2 recipients are told"},
		"one for now":           {map[string]*smtp.SMTPError{oncall: full}, []string{security}, "452", false, "1 of 2 recipients are told"},
		"all for ever":          {map[string]*smtp.SMTPError{oncall: gone, security: gone}, nil, "550", true, "no such user"},
		"one for ever, one not": {map[string]*smtp.SMTPError{oncall: gone, security: full}, nil, "452", false, "mailbox full"},
		"one not, one for ever": {map[string]*smtp.SMTPError{oncall: full, security: gone}, nil, "452", false, "mailbox full"},
	} {
		t.Run(name, func(t *testing.T) {
			o := &office{refuse: c.refuse}
			o.open(t, none)
			s := newSink(t, section("127.0.0.1", o.port, none, ""), sinktest.NewWorld(t).Env).(*sink)
			_, err := s.Send(t.Context(), sinktest.Ordinary(notice.Opened))
			var r *notice.Refusal
			if !errors.As(err, &r) || r.Status != c.status || r.Permanent != c.permanent || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%+v, %v", r, err)
			}
			o.set(func() { o.refuse = nil })
			if _, err := s.Send(t.Context(), sinktest.Ordinary(notice.Opened)); err != nil {
				t.Error(err)
			}
			var want [][]string
			rest := []string{oncall, security}
			if c.told != nil {
				want = append(want, c.told)
				rest = []string{map[string]string{oncall: security, security: oncall}[c.told[0]]}
			}
			want = append(want, rest)
			if d := cmp.Diff(want, o.to); d != "" {
				t.Error(d)
			}
			if len(s.told) != 0 || len(s.order) != 0 {
				t.Errorf("%v is remembered when all are told", s.told)
			}
		})
	}
}

func TestWhoWasToldIsForgottenInTheEnd(t *testing.T) {
	s := sink{told: map[string][]string{}}
	for i := range 3 * mostTold {
		s.tell(fmt.Sprint(i), []string{"a@example.com"})
	}
	if len(s.told) != mostTold || len(s.order) != mostTold || s.told[fmt.Sprint(3*mostTold-1)] == nil {
		t.Errorf("%d notices are remembered", len(s.told))
	}
}

func TestSettings(t *testing.T) {
	env := sinktest.NewWorld(t).Env
	base := "host: smtp.example.com\nfrom: alerts@example.com\nto: [a@example.com]\n"
	for in, want := range map[string]string{
		"":                                    "host",
		"host: smtp.example.com\n":            "from",
		"host: a b\nfrom: a@b.c\nto: [a@b.c]": "host",
		"host: smtp.example.com\nfrom: a@b.c": "to",
		"host: smtp.example.com\nfrom: nobody\nto: [a@b.c]":                    "mail address",
		"host: smtp.example.com\nfrom: ä@b.c\nto: [a@b.c]":                     "mail address",
		"host: smtp.example.com\nfrom: \"a@b.c\\r\\nBcc: x@y.z\"\nto: [a@b.c]": "mail address",
		base + "port: 70000":               "port",
		base + "tls: ssl":                  "starttls, implicit or none",
		base + "tls: none":                 "loopback",
		base + "user: alerts":              "both",
		base + "password: env:A":           "both",
		base + "password: " + testPassword: "not the name of a secret",
		base + "ca: /nowhere/ca.pem":       "ca",
		base + "hello: a b":                "hello",
		base + "colour: red":               "colour",
		"host: localhost\ntls: none\nfrom: a@b.c\nto: [a@b.c]\n" + signIn: "without encryption",
		"host: 10.0.0.1\ntls: none\nfrom: a@b.c\nto: [a@b.c]\n":           "loopback",
	} {
		if in == "" {
			in = "{}"
		}
		if _, err := New(sinktest.Section(in), env); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), testPassword) {
			t.Errorf("%q: %v, want %q", in, err, want)
		}
	}
	for in, want := range map[string]config{
		base:                              {Port: 587, TLS: startTLS},
		base + "port: 465":                {Port: 465, TLS: implicit},
		base + "port: 25":                 {Port: 25, TLS: startTLS},
		base + "tls: implicit":            {Port: 465, TLS: implicit},
		base + "port: 465\ntls: starttls": {Port: 465, TLS: startTLS},
		"host: ::1\ntls: none\nport: 1025\nfrom: a@b.c\nto: [a@b.c]": {Port: 1025, TLS: none},
	} {
		s, err := New(sinktest.Section(in), env)
		if err != nil {
			t.Errorf("%q: %v", in, err)
			continue
		}
		if got := s.(*sink); got.Port != want.Port || got.TLS != want.TLS {
			t.Errorf("%q: port %d, tls %s", in, got.Port, got.TLS)
		}
	}
}
