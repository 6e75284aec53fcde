package follow

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/internal/event"
	"github.com/trailseal/trailseal/internal/object"
)

const record = `{"eventVersion":"2.2","eventSource":"aws:s3","awsRegion":"eu-west-1","eventTime":"2026-03-02T10:00:00.123Z","eventName":"ObjectCreated:Put","userIdentity":{"principalId":"AWS:AROA:regionalDeliverySession"},"s3":{"s3SchemaVersion":"1.0","bucket":{"name":"logs","arn":"arn:aws:s3:::logs"},"object":{"key":"a+b/%C3%A4%2Bc%3D.json.gz","size":1024,"eTag":"d4","sequencer":"00"}}}`

var when = time.Date(2026, 3, 2, 10, 0, 0, 123e6, time.UTC)

func TestMessages(t *testing.T) {
	wrap := func(body string) string {
		return fmt.Sprintf(`{"Type":"Notification","MessageId":"1","TopicArn":"arn:aws:sns:eu-west-1:111122223333:t","Subject":"Amazon S3 Notification","Message":%q,"Timestamp":"2026-03-02T10:00:01.000Z"}`, body)
	}
	s3 := `{"Records":[` + record + `]}`
	one := arrival{Bucket: "logs", Key: "a b/ä+c=.json.gz", Size: 1024, At: when}
	bridge := `{"version":"0","id":"1","detail-type":"Object Created","source":"aws.s3","account":"111122223333","time":"2026-03-02T10:00:00Z","region":"eu-west-1","resources":["arn:aws:s3:::logs"],"detail":{"version":"0","bucket":{"name":"logs"},"object":{"key":"a+b/%C3.json.gz","size":5,"etag":"d4","sequencer":"00"},"reason":"PutObject"}}`
	bridged := arrival{Bucket: "logs", Key: "a+b/%C3.json.gz", Size: 5, At: when.Truncate(time.Second)}
	timeless := one
	timeless.At = time.Time{}
	restored := one
	restored.Restored = true
	bridgedBack := bridged
	bridgedBack.Restored = true
	for _, c := range []struct {
		name, body string
		want       []arrival
		bad        string // part of the error
	}{
		{"S3", s3, []arrival{one}, ""},
		{"S3, several", `{"Records":[` + record + `,` + record + `]}`, []arrival{one, one}, ""},
		{"S3, restored", strings.Replace(s3, "ObjectCreated:Put", "ObjectRestore:Completed", 1), []arrival{restored}, ""},
		{"S3, deleted", strings.Replace(s3, "ObjectCreated:Put", "ObjectRemoved:Delete", 1), nil, ""},
		{"S3, of old", strings.Replace(s3, "ObjectCreated:Put", "s3:ObjectCreated:Copy", 1), []arrival{one}, ""},
		{"S3 tries", `{"Service":"Amazon S3","Event":"s3:TestEvent","Time":"2026-03-02T10:00:00.000Z","Bucket":"logs","RequestId":"1","HostId":"2"}`, nil, ""},
		{"SNS", wrap(s3), []arrival{one}, ""},
		{"SNS in SNS", wrap(wrap(s3)), []arrival{one}, ""},
		{"SNS without end", wrap(wrap(wrap(wrap(s3)))), nil, "in one another"},
		{"EventBridge", bridge, []arrival{bridged}, ""},
		{"EventBridge by SNS", wrap(bridge), []arrival{bridged}, ""},
		{"EventBridge, restored", strings.Replace(bridge, "Object Created", "Object Restore Completed", 1), []arrival{bridgedBack}, ""},
		{"EventBridge, deleted", strings.Replace(bridge, "Object Created", "Object Deleted", 1), nil, ""},
		{"CloudTrail", wrap(`{"s3Bucket":"logs","s3ObjectKey":["AWSLogs/a","AWSLogs/b"]}`), []arrival{{Bucket: "logs", Key: "AWSLogs/a"}, {Bucket: "logs", Key: "AWSLogs/b"}}, ""},
		{"SNS asks to subscribe", `{"Type":"SubscriptionConfirmation","MessageId":"1","Token":"2","Message":"You have chosen","SubscribeURL":"https://x"}`, nil, "neither"},
		{"EventBridge, of another", strings.Replace(bridge, "aws.s3", "aws.ec2", 1), nil, "neither"},
		{"SES", strings.Replace(s3, "aws:s3", "aws:ses", 1), nil, `"aws:ses"`},
		{"no key", strings.Replace(s3, "a+b/%C3%A4%2Bc%3D.json.gz", "", 1), nil, "key of 0 bytes"},
		{"a long key", strings.Replace(s3, "a+b/", strings.Repeat("a", 1025), 1), nil, "key of"},
		{"a broken key", strings.Replace(s3, "%C3", "%zz", 1), nil, "%zz"},
		{"S3, without a zone", strings.Replace(s3, "00.123Z", "00.123000", 1), []arrival{one}, ""},
		{"S3, without a time", strings.Replace(s3, "2026-03-02T10:00:00.123Z", "yesterday", 1), []arrival{timeless}, ""},
		{"too many", `{"Records":[` + strings.Repeat(record+",", 1000) + record + `]}`, nil, "1000 files"},
		{"too long", strings.Repeat(" ", maxMessage+1), nil, "longer"},
		{"no JSON", "hello", nil, "invalid"},
		{"another JSON", "[]", nil, "array"},
		{"nothing", "{}", nil, "neither"},
		{"empty", "", nil, "end"},
	} {
		got, err := parseMessage([]byte(c.body))
		if c.bad != "" {
			if !errors.Is(err, ErrMessage) || !strings.Contains(err.Error(), c.bad) {
				t.Errorf("%s: %v, want an error with %q", c.name, err, c.bad)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
}

func FuzzMessage(f *testing.F) {
	f.Add([]byte(`{"Records":[` + record + `]}`))
	f.Add([]byte(`{"Type":"Notification","Message":"{\"s3Bucket\":\"b\",\"s3ObjectKey\":[\"k\"]}"}`))
	f.Add([]byte(`{"source":"aws.s3","detail-type":"Object Created","time":"2026-03-02T10:00:00Z","detail":{"bucket":{"name":"b"},"object":{"key":"k","size":-1}}}`))
	f.Add([]byte(`{"Event":"s3:TestEvent"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		found, err := parseMessage(body)
		if err != nil && (!errors.Is(err, ErrMessage) || len(found) > 0) {
			t.Errorf("%v with %d files", err, len(found))
		}
		for _, a := range found {
			if a.Bucket == "" || a.Key == "" || len(a.Key) > maxKey {
				t.Errorf("%+v", a)
			}
		}
	})
}

func TestPositionsAreReadAsTheyWereWritten(t *testing.T) {
	p := position{Version: 1, Start: when, At: when.Add(time.Hour),
		Folders: map[string]savedFolder{"AWSLogs/1/": {Listed: 7, Days: map[string]string{"2026/03/02": mark{3, 1 << 63}.String()}}},
		Retries: []retry{{Key: "k", Since: when, Next: when, Tries: 3}}}
	text, err := p.text()
	if err != nil {
		t.Fatal(err)
	}
	got, err := parsePosition(text)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(p, got); d != "" {
		t.Error(d)
	}
	for name, bad := range map[string]string{
		"empty":            "",
		"no JSON":          text[1:],
		"another version":  strings.Replace(text, `"v":1`, `"v":2`, 1),
		"no start":         `{"v":1,"at":"2026-03-02T10:00:00Z"}`,
		"no time":          `{"v":1,"start":"2026-03-02T10:00:00Z"}`,
		"a hash too short": strings.Replace(text, "3:8000000000000000", "3:8", 1),
		"a number below 0": strings.Replace(text, "3:8000000000000000", "-3:8000000000000000", 1),
		"no key":           strings.Replace(text, `"key":"k"`, `"key":""`, 1),
	} {
		if _, err := parsePosition(bad); err == nil || !strings.HasPrefix(err.Error(), "position: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzPosition(f *testing.F) {
	f.Add(`{"v":1,"start":"2026-03-02T10:00:00Z","at":"2026-03-02T10:00:00Z","folders":{"a/":{"at":1,"days":{"2026/03/02":"1:0123456789abcdef"}}},"retry":[{"key":"k","since":"2026-03-02T10:00:00Z","next":"2026-03-02T10:00:00Z","tries":1}]}`)
	f.Add(`{"v":1,"start":"0001-01-01T00:00:00Z"}`)
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parsePosition(text)
		if err != nil {
			return
		}
		out, err := p.text()
		if err != nil {
			return // a time that JSON cannot hold
		}
		again, err := parsePosition(out)
		if err != nil {
			t.Fatalf("%q becomes %q: %v", text, out, err)
		}
		second, err := again.text()
		if err != nil || second != out {
			t.Errorf("%q becomes %q, then %q, %v", text, out, second, err)
		}
		r := &run{Options: Options{Now: func() time.Time { return when }}, folders: map[string]*folder{}, retries: map[string]*retry{}}
		if err := r.restore(text); err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if saved, err := r.save(); err == nil {
			if _, err := parsePosition(saved); err != nil {
				t.Errorf("saved as %q: %v", saved, err)
			}
		}
	})
}

func TestAMarkIsFoundAmongFiles(t *testing.T) {
	files := make([]news, 8)
	for i := range files {
		files[i].info = object.Info{Key: fmt.Sprint("k", i), Version: "v"}
	}
	for _, c := range []struct {
		name    string
		handed  []int
		listed  int
		ok      bool
		unknown []int // of those listed
	}{
		{"all", []int{0, 1, 2}, 3, true, nil},
		{"the first", []int{0, 1, 2}, 5, true, []int{3, 4}},
		{"none", nil, 2, true, []int{0, 1}},
		{"none of none", nil, 0, true, nil},
		{"all but one", []int{0, 2, 3}, 6, true, []int{1, 4, 5}},
		{"all but the first", []int{1, 2}, 3, true, []int{0}},
		{"all but two", []int{1, 3, 4}, 6, true, []int{0, 2, 5}},
		{"the last", []int{2}, 3, true, []int{0, 1}},
		{"all but three", []int{3, 4}, 6, false, []int{0, 1, 2, 3, 4, 5}},
		{"one is gone", []int{0, 1, 7}, 3, false, []int{0, 1, 2}},
		{"more than there are", []int{0, 1, 2}, 2, false, []int{0, 1}},
	} {
		d := newDay()
		for _, i := range c.handed {
			d.add(files[i].info.Key, "v")
		}
		known := make([]bool, c.listed)
		if ok := d.mark.among(files[:c.listed], known); ok != c.ok {
			t.Errorf("%s: %v, want %v", c.name, ok, c.ok)
		}
		var unknown []int
		for i, k := range known {
			if !k {
				unknown = append(unknown, i)
			}
		}
		if d := cmp.Diff(c.unknown, unknown); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
}

// What a payload may become is bounded: the number in the test stands for the real one, the path is the same.
func TestABombIsAFault(t *testing.T) {
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	if _, err := z.Write(make([]byte, 2<<20)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"gzip":            bomb.Bytes(),
		"gzip in base64":  []byte(base64.StdEncoding.EncodeToString(bomb.Bytes())),
		"base64":          []byte(base64.StdEncoding.EncodeToString(make([]byte, 2<<20))),
		"many in a small": []byte(`{"awslogs":{"data":"` + base64.StdEncoding.EncodeToString(bytes.Repeat(bomb.Bytes(), 3)) + `"}}`),
	} {
		var faults []error
		p := payload{left: 1 << 20, yield: func(_ event.Item, err error) bool {
			faults = append(faults, err)
			return true
		}}
		p.open(data, 0)
		if len(faults) != 1 || faults[0] == nil || !strings.Contains(faults[0].Error(), "more than") {
			t.Errorf("%s: %v", name, faults)
		}
	}
}
