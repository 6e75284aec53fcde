package event

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// added are rows of records, each with its file.
func added(t *testing.T, files []*File, records ...string) *Rows {
	t.Helper()
	var p Parser
	var rec Record
	rows := &Rows{Place: Place{"111122223333", "eu-west-1", "2026-03-02"}}
	for i, text := range records {
		raw := []byte(text)
		if err := p.Parse(raw, &rec); err != nil {
			t.Fatal(err)
		}
		rows.Add(&rec, raw, Delivery{files[i%len(files)], int32(i)})
	}
	return rows
}

func id(rows *Rows, order []int32) (out []string) {
	for _, i := range order {
		out = append(out, fmt.Sprint(string(rows.At(EventID, int(i))), " ", rows.Delivery[i].File.Key, " ", len(rows.OthersOf(int(i)))))
	}
	return out
}

func TestOrderJoinsWhatIsTheSameEvent(t *testing.T) {
	pending, verified := &File{Key: "p", SHA256: "01", State: Pending}, &File{Key: "v", SHA256: "02", State: Verified}
	const a = `{"eventVersion":"1.11","eventID":"a","eventTime":"2026-03-02T10:00:00Z","requestParameters":{"x": 1}`
	for name, c := range map[string]struct {
		records   []string
		want      []string
		conflicts int
	}{
		"the better origin comes first": {[]string{a + "}", a + "}"}, []string{"a v 1"}, 0},
		"white space is no difference":  {[]string{a + "}", `{"eventVersion":"1.11","eventID":"a","eventTime":"2026-03-02T10:00:00Z","requestParameters":{"x":1}}`}, []string{"a v 1"}, 0},
		"a value is":                    {[]string{a + "}", a + `,"errorCode":"x"}`}, []string{"a v 0", "a p 0"}, 1},
		"an empty text is not NULL":     {[]string{a + "}", a + `,"errorCode":""}`}, []string{"a v 0", "a p 0"}, 1},
		"a time is":                     {[]string{a + "}", `{"eventVersion":"1.11","eventID":"a","eventTime":"2026-03-02T10:00:01Z","requestParameters":{"x": 1}}`}, []string{"a p 0", "a v 0"}, 1},
		"three of which two differ":     {[]string{a + "}", a + `,"errorCode":"x"}`, a + "}", a + `,"errorCode":"x"}`}, []string{"a v 1", "a p 1"}, 1},
	} {
		rows := added(t, []*File{pending, verified}, c.records...)
		order, conflicts := rows.Order()
		if d := cmp.Diff(c.want, id(rows, order)); d != "" || conflicts != c.conflicts {
			t.Errorf("%s: %d conflicts, want %d: %s", name, conflicts, c.conflicts, d)
		}
	}
}

func TestOrderDoesNotDependOnTheOrderOfComing(t *testing.T) {
	files := []*File{{Key: "b", SHA256: "01", State: Verified}, {Key: "a", SHA256: "02", State: Verified}, {Key: "c", SHA256: "03", State: Failed}}
	var records []string
	for i := range 60 {
		records = append(records, fmt.Sprintf(`{"eventVersion":"1.11","eventID":"e%d","eventTime":"2026-03-02T10:00:%02dZ","errorCode":"x%d"}`, i%20, i%20/3, i%20/7))
	}
	var want []string
	chance := rand.New(rand.NewPCG(1, 2))
	for try := range 20 {
		var p Parser
		var rec Record
		rows := &Rows{}
		turn := chance.Perm(len(records))
		if try == 0 {
			slices.Sort(turn)
		}
		for _, i := range turn {
			raw := []byte(records[i])
			if err := p.Parse(raw, &rec); err != nil {
				t.Fatal(err)
			}
			rows.Add(&rec, raw, Delivery{files[i/20], int32(i)})
		}
		order, _ := rows.Order()
		var got []string
		for _, i := range order {
			got = append(got, string(rows.At(EventID, int(i)))+" "+rows.Delivery[i].File.Key+" "+string(OriginsText(rows.OthersOf(int(i)))))
		}
		if want == nil {
			want = got
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("turn %v: %s", turn, d)
		}
	}
	if len(want) != 20 {
		t.Errorf("%d rows, want 20", len(want))
	}
}

func TestOriginsComeBack(t *testing.T) {
	f := &File{Key: `k"ey`, SHA256: "ab", State: Unlisted, Digest: "d"}
	want := []Delivery{{f, 3}, {f, 9}}
	files := map[File]*File{}
	got, err := ParseOrigins(OriginsText(want), func(x File) *File {
		if files[x] == nil {
			files[x] = &x
		}
		return files[x]
	})
	if d := cmp.Diff(want, got); d != "" || err != nil || len(files) != 1 {
		t.Errorf("%v: %s", err, d)
	}
	if got, err := ParseOrigins(nil, nil); got != nil || err != nil || OriginsText(nil) != nil {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := ParseOrigins([]byte("{"), nil); err == nil {
		t.Error("no error of what is no list")
	}
}

// Values that are not in the bytes of the record stay when the record is used again.
func TestRowsKeepWhatIsDecoded(t *testing.T) {
	rows := added(t, []*File{{State: Pending}}, `{"eventVersion":"1.11","eventID":"a\u0041","eventTime":"2026-03-02T10:00:00Z"}`, `{"eventVersion":"1.11","eventID":"b\u0042","eventTime":"2026-03-02T10:00:00Z"}`)
	if got := string(rows.At(EventID, 0)) + string(rows.At(EventID, 1)); got != "aAbB" {
		t.Errorf("%q", got)
	}
}
