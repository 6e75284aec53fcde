package awstest

import (
	"encoding/xml"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

func start(t *testing.T, options Options) (*Server, string) {
	t.Helper()
	server := New(options)
	url, err := server.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return server, url
}

func fetch(t *testing.T, url string, header ...string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(body)
}

type listing struct {
	IsTruncated                       bool
	NextMarker, NextContinuationToken string
	Contents                          []struct{ Key string }
	CommonPrefixes                    []struct{ Prefix string }
}

// TestListingsAgree pages through both versions of the listing in all page sizes, and compares with what is there.
func TestListingsAgree(t *testing.T) {
	memory := NewMemory()
	random := rand.New(rand.NewPCG(1, 2))
	var keys []string
	for range 60 {
		key := ""
		for range 1 + random.IntN(3) {
			key += string("ab-/"[random.IntN(4)]) + string("ab"[random.IntN(2)])
		}
		keys = append(keys, key)
		memory.Put(key, nil, nil)
	}
	slices.Sort(keys)
	keys = slices.Compact(keys)
	_, base := start(t, Options{Buckets: map[string]Backend{"b": memory}})
	for _, prefix := range []string{"", "a", "a/", "b-"} {
		for _, delimiter := range []string{"", "/"} {
			var want []string
			for _, k := range keys {
				rest, ok := strings.CutPrefix(k, prefix)
				if !ok {
					continue
				}
				if i := strings.Index(rest, "/"); delimiter != "" && i >= 0 {
					k = prefix + rest[:i+1]
				}
				want = append(want, k)
			}
			want = slices.Compact(want)
			for _, limit := range []int{1, 2, 7, 1000} {
				for _, v2 := range []bool{false, true} {
					if got := pageThrough(t, base, prefix, delimiter, limit, v2); !slices.Equal(got, want) {
						t.Errorf("prefix %q, delimiter %q, %d a page, v2 %v: %q, want %q", prefix, delimiter, limit, v2, got, want)
					}
				}
			}
		}
	}
}

func pageThrough(t *testing.T, base, prefix, delimiter string, limit int, v2 bool) (got []string) {
	q := url.Values{"prefix": {prefix}, "max-keys": {fmt.Sprint(limit)}}
	if delimiter != "" {
		q.Set("delimiter", delimiter)
	}
	if v2 {
		q.Set("list-type", "2")
	}
	for {
		_, body := fetch(t, base+"/b?"+q.Encode())
		var page listing
		if err := xml.Unmarshal([]byte(body), &page); err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, c := range page.Contents {
			names = append(names, c.Key)
		}
		for _, c := range page.CommonPrefixes {
			names = append(names, c.Prefix)
		}
		slices.Sort(names)
		got = append(got, names...)
		switch {
		case !page.IsTruncated:
			return got
		case v2:
			q.Set("continuation-token", page.NextContinuationToken)
		case page.NextMarker != "":
			q.Set("marker", page.NextMarker)
		default:
			q.Set("marker", names[len(names)-1])
		}
	}
}

func TestObjects(t *testing.T) {
	memory := NewMemory()
	memory.Put("a/CloudTrail/x.json.gz", []byte("0123456789"), map[string]string{"Signature": "00"})
	server, base := start(t, Options{Buckets: map[string]Backend{"b": memory}, Latency: time.Millisecond})
	response, body := fetch(t, base+"/b/a/CloudTrail/x.json.gz", "Range", "bytes=2-4")
	if response.StatusCode != http.StatusPartialContent || body != "234" || response.Header.Get("Content-Range") != "bytes 2-4/10" {
		t.Errorf("range: %d %q %v", response.StatusCode, body, response.Header)
	}
	if response.Header.Get("Content-Encoding") != "gzip" || response.Header.Get("X-Amz-Meta-Signature") != "00" {
		t.Errorf("headers %v", response.Header)
	}
	for path, code := range map[string]string{"/b/none": "NoSuchKey", "/c/none": "NoSuchBucket", "/c": "NoSuchBucket"} {
		if response, body := fetch(t, base+path); response.StatusCode != 404 || !strings.Contains(body, "<Code>"+code+"</Code>") {
			t.Errorf("%s: %d %q", path, response.StatusCode, body)
		}
	}
	if counts := server.Counts(); counts["GetObject"] != 3 || counts["ListObjects"] != 1 {
		t.Errorf("counts %v", counts)
	}
}

func TestSyntheticKeysAscend(t *testing.T) {
	s := Synthetic{Account: "1", Region: "r", Start: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), N: 3000, PerDay: 700}
	last, n := "", 0
	for e := range s.List("AWSLogs/", "") {
		if e.Key <= last {
			t.Fatalf("%q after %q", e.Key, last)
		}
		last = e.Key
		n++
	}
	after := slices.Collect(func(yield func(string) bool) {
		for e := range s.List("", s.Key(2996)) {
			if !yield(e.Key) {
				return
			}
		}
	})
	if n != 3000 || !slices.Equal(after, []string{s.Key(2997), s.Key(2998), s.Key(2999)}) {
		t.Errorf("%d keys; after key 2996: %q", n, after)
	}
}

func TestOnlyLoopback(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", ":0", "192.0.2.1:80", "nonsense"} {
		if _, err := New(Options{}).Listen(addr); err == nil {
			t.Errorf("listens on %q", addr)
		}
	}
}
