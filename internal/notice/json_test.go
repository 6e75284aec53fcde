package notice

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/internal/finding"
)

// full is a notice in which every member holds something; texts hold text.
func full(text string, list int) Notice {
	var n Notice
	fill(reflect.ValueOf(&n).Elem(), text, list)
	n.Key, n.Kind, n.Alert.ID, n.Alert.Severity, n.Alert.Verified, n.Alert.Status = "k3v9x2m4p7qa-opened", Opened, "k3v9x2m4p7qa", finding.High, finding.Waiting, finding.Open
	return n
}

func fill(v reflect.Value, text string, list int) {
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(time.Date(2026, 3, 1, 10, 15, 0, 0, time.UTC)))
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), text, list)
		}
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), text, list)
	case v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), list, list))
		for i := range list {
			fill(v.Index(i), text, list)
		}
	case v.Kind() == reflect.String:
		v.SetString(text)
	case v.Kind() == reflect.Int:
		v.SetInt(123456)
	case v.Kind() == reflect.Bool:
		v.SetBool(true)
	default:
		panic("a kind that this test does not know: " + v.Type().String())
	}
}

func TestJSONIsWholeWhereItFits(t *testing.T) {
	n := full("text", 5)
	got, err := n.JSON(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	want, err := json.Marshal(n)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Error(d)
	}
	empty, err := Notice{}.JSON(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	if want, err := json.Marshal(Notice{}); err != nil || string(want) != string(empty) {
		t.Errorf("empty: %s, want %s", empty, want)
	}
}

func TestJSONIsHeldWithinItsBound(t *testing.T) {
	for name, n := range map[string]Notice{
		"many events":  full("text", finding.MaxAround),
		"long texts":   full(strings.Repeat("all work and no play ", 1<<20/21), 1),
		"both":         full(strings.Repeat("<\x00\xff\u00e9\U0001f512", 1<<16), 100),
		"no rune ends": full(strings.Repeat("\x80", 1<<16), 3),
	} {
		t.Run(name, func(t *testing.T) {
			before, kept := full("", 0), n.Alert.Events[0].Agent
			for _, most := range []int{10 << 20, 1 << 20, 200 << 10, 64 << 10, 16 << 10, 6 << 10} {
				text, err := n.JSON(most)
				if err != nil || len(text) > most {
					t.Fatalf("%d bytes for %d, %v", len(text), most, err)
				}
				var got Notice
				if err := json.Unmarshal(text, &got); err != nil {
					t.Fatal(err)
				}
				if got.Key != before.Key || got.Kind != Opened || got.Alert.ID != before.Alert.ID || got.Alert.Severity != finding.High || got.Alert.Count != 123456 {
					t.Errorf("within %d bytes the notice is another one: %.300s", most, text)
				}
				if gap := strings.HasPrefix(got.Alert.AroundGap, leftOut); gap != (len(got.Alert.Around) < len(n.Alert.Around)) {
					t.Errorf("within %d bytes there are %d of %d events around, but AroundGap is %.300q", most, len(got.Alert.Around), len(n.Alert.Around), got.Alert.AroundGap)
				}
				if most >= 64<<10 && (len(got.Alert.Events) == 0 || !slices.ContainsFunc([]string{got.Alert.Title}, func(s string) bool { return s != "" })) {
					t.Errorf("within %d bytes there is no event or no title", most)
				}
			}
			if n.Alert.Events[0].Agent != kept {
				t.Error("the notice itself was cut")
			}
		})
	}
	if _, err := full("text", 3).JSON(100); err == nil {
		t.Error("a notice fits into 100 bytes")
	}
}

// TestEveryTextIsCut holds the list of texts to the words: a member that is new is in it, or here.
func TestEveryTextIsCut(t *testing.T) {
	n := bounds{text: 40, events: 1, around: 1, list: 1}.notice(full(strings.Repeat("x", 1000), 5))
	var walk func(path string, v reflect.Value)
	walk = func(path string, v reflect.Value) {
		switch {
		case v.Type() == reflect.TypeFor[time.Time]():
		case v.Kind() == reflect.Struct:
			for i := range v.NumField() {
				walk(path+"."+v.Type().Field(i).Name, v.Field(i))
			}
		case v.Kind() == reflect.Pointer:
			walk(path, v.Elem())
		case v.Kind() == reflect.Slice:
			if v.Len() > 1 {
				t.Errorf("%s has %d elements", path, v.Len())
			}
			for i := range v.Len() {
				walk(path, v.Index(i))
			}
		case v.Kind() == reflect.String && v.Len() > 40:
			t.Errorf("%s has %d bytes", path, v.Len())
		}
	}
	walk("Notice", reflect.ValueOf(n))
}
