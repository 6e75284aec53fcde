package sinktest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/trailseal/trailseal/internal/finding"
	"github.com/trailseal/trailseal/internal/notice"
)

// Kinds are all kinds of notice.
func Kinds() []notice.Kind {
	return []notice.Kind{notice.Opened, notice.Rising, notice.Verified, notice.Disputed, notice.Acknowledged, notice.Closed}
}

// Ordinary is a notice as a customer gets them, the same every time: for golden files.
func Ordinary(kind notice.Kind) notice.Notice {
	n := notice.Notice{Key: "k3v9x2m4p7qa-" + string(kind), Kind: kind, Alert: ordinary(), At: Time()}
	switch kind {
	case notice.Opened:
		n.Alert.Count = 2
	case notice.Verified:
		n.Alert.Verified = finding.Proven
	case notice.Disputed:
		n.Alert.Verified = finding.Disputed
	case notice.Acknowledged:
		n.Alert.Status = finding.Acknowledged
		n.By, n.Why = "ana@example.com", "looking at it"
	case notice.Closed:
		n.Alert.Status, n.Alert.Verified = finding.Closed, finding.Proven
		n.By, n.Why = "ana@example.com", "planned change CHG-1234"
	}
	return n
}

func ordinary() finding.Alert {
	at := func(minute int) time.Time { return time.Date(2026, 3, 1, 10, minute, 0, 0, time.UTC) }
	event := func(minute int, service, name string) finding.Event {
		return finding.Event{
			ID: fmt.Sprintf("3f2a9c10-0000-4000-8000-0000000000%02d", minute), Time: at(minute), Account: "111122223333", Region: "us-east-1",
			Source: "AWSLogs/111122223333/CloudTrail/us-east-1/2026/03/01/111122223333_CloudTrail_us-east-1_20260301T1010Z_q7.json.gz",
			Record: minute, State: "pending", Service: service, Name: name,
			Principal: "arn:aws:iam::111122223333:role/deploy", Identity: "arn:aws:sts::111122223333:assumed-role/deploy/ci",
			Type: "AssumedRole", AccessKey: "ASIAEXAMPLE", IP: "198.51.100.7", Agent: "aws-cli/2.17.0",
		}
	}
	return finding.Alert{
		ID: "k3v9x2m4p7qa", Key: "cloudtrail-changes|arn:aws:iam::111122223333:role/deploy|111122223333|2026-03-01T10:00:00Z",
		Detection: "cloudtrail-changes", Title: "CloudTrail was changed",
		What:     "Somebody changed a trail or stopped it. What happens until it is put right may not be logged.",
		Severity: finding.High, Criteria: []string{"soc2/CC7.2", "cis/3.5"},
		Steps:   []string{"Ask the actor whether the change was planned.", "Put the trail back with trailseal setup apply."},
		Account: "111122223333", Regions: []string{"eu-west-1", "us-east-1"},
		Actor: finding.Actor{
			Principal: "arn:aws:iam::111122223333:role/deploy", Behind: "ana@example.com", Kind: "person", Confidence: "strong",
			Chain: []string{"session ci of role deploy", "assumed by user ana@example.com through SSO"}, Reason: "source identity",
			IPs: []string{"198.51.100.7"}, Agents: []string{"aws-cli/2.17.0"},
		},
		First: at(2), Last: at(9), Count: 7,
		Events:    []finding.Event{event(2, "cloudtrail.amazonaws.com", "StopLogging"), event(9, "cloudtrail.amazonaws.com", "UpdateTrail")},
		Around:    []finding.Event{event(1, "iam.amazonaws.com", "CreateAccessKey"), event(12, "s3.amazonaws.com", "DeleteBucket")},
		AroundGap: "events after 10:15 have not come in yet",
		Verified:  finding.Waiting, Status: finding.Open, Link: "https://wiki.example.com/runbooks/cloudtrail-changes?id=k3v9x2m4p7qa", Opened: at(15),
	}
}

// HostileTexts are texts of log files that try to be something else where they are shown.
func HostileTexts() []string {
	return []string{
		`<script>alert("xss")</script><img src=x onerror=alert(1)>`,
		`<!channel> <!here> <!everyone> <@U024BE7LH> <#C024BE7LR> <!subteam^SAZ94GDB8> <!date^1392734382^x^https://evil.example|now>`,
		`@here @channel @everyone <at>everybody</at> @[ana](user:1)`,
		`<https://evil.example|click here> https://evil.example/login evil.example mailto:a@evil.example [click](https://evil.example) ![x](https://evil.example/x.png)`,
		"*bold* _italic_ ~struck~ `code` ```block``` > quote # heading - list 1. one | a | b | \\* &lt; &amp;lt; :rotating_light:",
		"one\r\nBcc: evil@example.com\r\n\r\ntwo\n> three\n- four\ttab\x00nul\x1b[31mred\x1b]8;;https://evil.example\x07link\x7f\u0085",
		"right \u202eotfel\u202c \u2066isolate\u2069 \u200fmark \u200bzero\ufeff \u2028line\u2029",
		"broken \xff\xfe utf-8 \xed\xa0\x80 \xf0\x9f",
		`","severity":"info"}` + "'\"\\",
		"$(id) `id` {{.}} ${jndi:ldap://evil.example} %s%n",
		"",
		" ",
	}
}

// Hostile is a notice whose every text that a log file, a detection or a person can write is text: for fuzzing.
func Hostile(kind notice.Kind, text string) notice.Notice {
	n := Ordinary(kind)
	fill(&n, text, 2)
	return n
}

// Case is a notice to deliver.
type Case struct {
	Name   string
	Notice notice.Notice
}

// Cases are all kinds of notice with ordinary and with hostile alerts.
func Cases() []Case {
	var all []Case
	add := func(name string, change func(n *notice.Notice)) {
		for _, kind := range Kinds() {
			n := Ordinary(kind)
			change(&n)
			all = append(all, Case{fmt.Sprintf("%s, %s", kind, name), n})
		}
	}
	add("ordinary", func(*notice.Notice) {})
	add("test", func(n *notice.Notice) { n.Alert.Test = true })
	for i, v := range finding.Severities {
		all = append(all, Case{"severity " + string(v), Ordinary(Kinds()[i])})
		all[len(all)-1].Notice.Alert.Severity = v
	}
	for _, v := range []finding.Verification{finding.Waiting, finding.Proven, finding.Disputed, finding.Unasked} {
		all = append(all, Case{"verification " + string(v), Ordinary(notice.Opened)})
		all[len(all)-1].Notice.Alert.Verified = v
	}
	add("empty everything", func(n *notice.Notice) {
		*n = notice.Notice{Key: n.Key, Kind: n.Kind, Alert: finding.Alert{ID: n.Alert.ID, Key: "k"}}
	})
	add("hostile", func(n *notice.Notice) { fill(n, strings.Join(HostileTexts(), " "), 3) })
	add("as many events as there may be", func(n *notice.Notice) { many(n, 200) })
	for i, text := range HostileTexts() {
		n := Ordinary(Kinds()[i%len(Kinds())])
		fill(&n, text, 1)
		all = append(all, Case{fmt.Sprintf("hostile text %d", i), n})
	}
	n := Ordinary(notice.Opened)
	fill(&n, strings.Repeat("all work and no play ", 1<<20/21), 1)
	all = append(all, Case{"texts of 1 MB", n})
	n = Ordinary(notice.Closed)
	fill(&n, strings.Repeat("<&*_\u00e9\u4e2d\U0001f512\"\\\x01", 1<<16), 1)
	many(&n, 100000)
	return append(all, Case{"everything too long", n})
}

// many fills the lists; texts are the length that AWS allows.
func many(n *notice.Notice, length int) {
	for _, list := range []struct {
		events *[]finding.Event
		n      int
	}{{&n.Alert.Events, finding.MaxEvents}, {&n.Alert.Around, finding.MaxAround}} {
		e := (*list.events)[0]
		e.Identity += strings.Repeat("i", length)
		e.Agent += strings.Repeat("a", length)
		*list.events = slices.Repeat([]finding.Event{e}, list.n)
	}
	n.Alert.Count = 123456
	for range 40 {
		n.Alert.Criteria = append(n.Alert.Criteria, "cis/"+strings.Repeat("1", length/10))
		n.Alert.Steps = append(n.Alert.Steps, strings.Repeat("step ", length/5))
		n.Alert.Actor.Chain = append(n.Alert.Actor.Chain, strings.Repeat("link ", length/5))
		n.Alert.Regions = append(n.Alert.Regions, "eu-west-1")
	}
}

// fill puts text into all that a log file, a detection or a person can write. What this program makes (key, id, kind,
// severity, times, link) stays.
func fill(n *notice.Notice, text string, lists int) {
	a := &n.Alert
	list := slices.Repeat([]string{text}, lists)
	a.Key = "d|" + text + "|w"
	a.Title, a.What, a.Criteria, a.Steps = text, text, list, list
	a.Account, a.Regions, a.AroundGap = text, list, text
	a.Actor = finding.Actor{Principal: text, Behind: text, Kind: text, Confidence: text, Chain: list, Reason: text, IPs: list, Agents: list}
	e := finding.Event{ID: text, Time: a.First, Account: text, Region: text, Source: text, State: text, Service: text, Name: text,
		ErrorCode: text, Principal: text, Identity: text, Type: text, AccessKey: text, IP: text, Agent: text}
	a.Events, a.Around = slices.Repeat([]finding.Event{e}, lists), slices.Repeat([]finding.Event{e}, lists)
	if n.By != "" {
		n.By, n.Why = text, text
	}
}
