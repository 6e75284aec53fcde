package investigate

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/internal/dialect"
	"github.com/trailseal/trailseal/internal/event"
)

func FuzzSubject(f *testing.F) {
	for _, s := range []string{"alice", "arn:aws:iam::111111111111:role/a", "10.0.0.0/8", "::1", "' OR 1=1 --", `%\_"`, "\x1b[2J", "a\u2028b", "--", "\xff", "fe80::1%eth0", `"` + strings.Repeat("\x1c", 2000) + "\r&\rg"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, kind := range Kinds() {
			where, err := Subject{kind, s}.where()
			if err != nil {
				continue
			}
			if err := dialect.Check("SELECT event_id FROM events WHERE " + where); err != nil {
				t.Errorf("%s %q: %v\n%s", kind, s, err, where)
			}
			if plain(s) != plain(plain(s)) {
				t.Errorf("%q is not plain", plain(s))
			}
		}
		for _, text := range jsonTexts(s) {
			var back string
			if err := json.Unmarshal([]byte(`"`+text+`"`), &back); err != nil || back != strings.ToValidUTF8(s, "\uFFFD") && back != string([]rune(s)) {
				t.Errorf("%q spelt %s reads %q, %v", s, text, back, err)
			}
		}
	})
}

// A POSIX shell reads the line of a pivot as its words.
func TestShellReadsTheCommandAsItsWords(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"plain", "two words", "it's", "$(id)", "`id`", "a;b|c&d", "-x", "*", "~", "#", `\`, `"`, "!", "é", "=", "{a,b}"} {
		words, line, ok := command(OfPrincipal, id)
		if !ok {
			t.Errorf("%q has no command", id)
			continue
		}
		out, err := exec.CommandContext(t.Context(), sh, "-c", `trailseal() { printf '%s\n' trailseal "$@"; }; `+line).Output()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(words, strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")); diff != "" {
			t.Errorf("%q (-want +got):\n%s", id, diff)
		}
	}
}

func FuzzCommand(f *testing.F) {
	for _, s := range []string{"a", "it's", "-x", "\x1b", "a b", "''", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, id string) {
		words, line, ok := command(OfResource, id)
		if !ok {
			return
		}
		if words[len(words)-1] != id || strings.ContainsAny(line, "\x00\x1b\n\r") {
			t.Errorf("%q %q", words, line)
		}
		// Outside single quotes only what no shell minds.
		for i, part := range strings.Split(strings.ReplaceAll(line, `'\''`, ""), "'") {
			if i%2 == 0 && strings.ContainsAny(part, "$`\\\"|&;<>()*?[]#~!{}") && !strings.HasPrefix(part, "trailseal") {
				t.Errorf("%q leaves %q open", line, part)
			}
		}
	})
}

// What requests hold is hostile: no judge may panic, whatever it is, and a change is one line of text.
func FuzzJudge(f *testing.F) {
	for _, s := range []string{
		`{"name":"org","enableLogFileValidation":false}`, `{"trailName":"org","eventSelectors":[{"includeManagementEvents":false}]}`,
		`{"advancedEventSelectors":[{"fieldSelectors":[{"field":"eventCategory","equals":["Management"]}]}]}`, `[]`, `null`, `1`, `"x"`,
		`{"bucketName":"org-logs","bucketPolicy":{"Statement":[{"Effect":"Allow","Principal":"*"}]}}`, `{"LifecycleConfiguration":{"Rule":[{"Expiration":{"Days":1}}]}}`,
		`{"name":["a"],"alarmNames":[1,null,"a"],"eventSelectors":{"dataResources":[{"type":"AWS::S3::Object","values":"arn:aws:s3"}]}}`, `{"trailName":"arn:aws:x:y:z:noslash"}`, `{`,
	} {
		f.Add(s, s, "")
	}
	f.Fuzz(func(t *testing.T, request, response, failure string) {
		k := &known{names: map[Watched]map[string]bool{}}
		var rows []record
		for i, w := range watch {
			var r record
			r.at = day.Add(time.Duration(i) * time.Minute)
			r.text[event.EventID], r.text[event.EventSource], r.text[event.EventName] = "e", w.service+".amazonaws.com", w.name
			r.text[event.RequestParameters], r.text[event.ResponseElements], r.text[event.ErrorCode] = request, response, failure
			rows = append(rows, r)
		}
		history := learnTrails(rows)
		for i := range rows {
			c, ok := judge(&rows[i], k, history)
			if !ok {
				continue
			}
			if strings.ContainsAny(c.What, "\n\r\x1b\x00") || c.What == "" || !slices.Contains(effects[:], c.Effect) || !slices.Contains(severities[:], c.Severity) {
				t.Errorf("%+v", c)
			}
			for _, d := range c.Details {
				if strings.ContainsAny(d, "\n\r\x1b\x00") {
					t.Errorf("detail %q", d)
				}
			}
			if !c.Succeeded && c.Effect != None {
				t.Errorf("an attempt has the effect %s", c.Effect)
			}
		}
	})
}
