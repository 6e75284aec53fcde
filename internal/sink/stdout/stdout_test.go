package stdout

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"sync"
	"testing"
	"unicode"

	"github.com/trailseal/trailseal/internal/notice"
	"github.com/trailseal/trailseal/internal/sink/sinktest"
)

// pipe is standard output that keeps each write, and can be closed at its other end.
type pipe struct {
	mu     sync.Mutex
	writes []sinktest.Delivery
	broken bool
}

func (p *pipe) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.writes = append(p.writes, sinktest.Delivery{Body: bytes.Clone(b)})
	if p.broken {
		return 0, errors.New("broken pipe")
	}
	return len(b), nil
}

func TestSink(t *testing.T) {
	sinktest.Run(t, sinktest.Options{
		Silent: true,
		Start: func(t *testing.T, w *sinktest.World) *sinktest.Target {
			p := new(pipe)
			w.Env.Stdout = p
			s, err := New(sinktest.Section("{}"), w.Env)
			if err != nil {
				t.Fatal(err)
			}
			return &sinktest.Target{
				Sink: s,
				Break: func(f sinktest.Fault) {
					p.mu.Lock()
					defer p.mu.Unlock()
					p.broken = f != ""
				},
				Deliveries: func() []sinktest.Delivery {
					p.mu.Lock()
					defer p.mu.Unlock()
					return append([]sinktest.Delivery(nil), p.writes...)
				},
				Faults: []sinktest.Fault{sinktest.Drop},
			}
		},
		Check: check,
	})
}

// check wants one line that is seen as it is, and is the notice.
func check(t *testing.T, n notice.Notice, d sinktest.Delivery) {
	line := string(d.Body)
	if strings.Count(line, "\n") != 1 || !strings.HasSuffix(line, "\n") {
		t.Errorf("%d lines", strings.Count(line, "\n"))
	}
	for _, r := range strings.TrimSuffix(line, "\n") {
		if !unicode.IsPrint(r) {
			t.Fatalf("the line holds %U", r)
		}
	}
	var got notice.Notice
	if err := json.Unmarshal(d.Body, &got); err != nil {
		t.Fatal(err)
	}
	// What is no UTF-8 cannot come back as it was, nor what was too long.
	want, err := n.JSON(mostBytes)
	if err != nil {
		t.Fatal(err)
	}
	var whole notice.Notice
	if err := json.Unmarshal(want, &whole); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(whole, got) {
		t.Errorf("another notice: %.1000s", line)
	}
}

func TestWhatIsNotSeenIsEscaped(t *testing.T) {
	n := notice.Notice{Why: "\x1b[2J\u009b31m\u007f\u202eabc\u2066\u200b\ufeff\u00a0\u00ad\U000e0001é中🔒\u2028</script>"}
	line, err := Line(n)
	if err != nil {
		t.Fatal(err)
	}
	want := `"why":"\u001b[2J\u009b31m\u007f\u202eabc\u2066\u200b\ufeff\u00a0\u00ad\udb40\udc01é中🔒\u2028\u003c/script\u003e"`
	if !strings.Contains(string(line), want) {
		t.Errorf("line %q\nwant %s", line, want)
	}
}

func TestSettingsAreRefused(t *testing.T) {
	if _, err := New(sinktest.Section("colour: true"), sinktest.NewWorld(t).Env); err == nil {
		t.Error("a setting that there is not is taken")
	}
	if _, err := New(sinktest.Section("{}"), notice.Env{}); err == nil {
		t.Error("a sink without standard output")
	}
}

func FuzzLine(f *testing.F) {
	for _, s := range sinktest.HostileTexts() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n := notice.Notice{Why: text}
		line, err := Line(n)
		if err != nil {
			t.Fatal(err)
		}
		check(t, n, sinktest.Delivery{Body: line})
	})
}
