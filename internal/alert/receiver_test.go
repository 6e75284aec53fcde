package alert

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/trailseal/trailseal/internal/notice"
)

// post is a sink: a POST of the notice as JSON.
type post struct {
	url    string
	client *http.Client
}

func newPost(url string) post {
	return post{url, &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
}

func (p post) Send(ctx context.Context, n notice.Notice) (notice.Receipt, error) {
	body, err := json.Marshal(n)
	if err != nil {
		return notice.Receipt{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, bytes.NewReader(body))
	if err != nil {
		return notice.Receipt{}, err
	}
	res, err := p.client.Do(req)
	if err != nil {
		return notice.Receipt{}, err
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(res.Body, 1<<16)); err != nil {
		return notice.Receipt{}, err
	}
	if res.StatusCode == http.StatusOK {
		return notice.Receipt{Status: res.Status, ID: res.Header.Get("X-Request-Id")}, nil
	}
	seconds, err := strconv.Atoi(res.Header.Get("Retry-After"))
	if err != nil {
		seconds = 0
	}
	return notice.Receipt{}, &notice.Refusal{Status: res.Status, After: time.Duration(seconds) * time.Second, Err: errors.New("it answers " + res.Status)}
}

// receiver takes notices, and remembers the keys of those that it took.
type receiver struct {
	*httptest.Server
	flaps bool
	calls atomic.Int64
	mu    sync.Mutex
	keys  map[string][]string // by alert; each time that one was taken
	kinds map[string]int      // how often each answer was given
	taken int
	news  chan int // how many were taken, for whoever wants to know
}

func newReceiver(t *testing.T, flaps bool) *receiver {
	r := &receiver{flaps: flaps, keys: map[string][]string{}, kinds: map[string]int{}, news: make(chan int, 1)}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	var n notice.Notice
	if err := json.NewDecoder(req.Body).Decode(&n); err != nil || n.Key == "" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	answer := "200"
	if call := r.calls.Add(1); r.flaps {
		switch {
		case call%3000 >= 1000 && call%3000 < 1020: // down, for a while
			answer = "500"
		case call%2000 == 1500:
			answer = "429"
		case call%151 == 0:
			answer = "hang"
		case call%97 == 0:
			answer = "cut"
		case call%89 == 0:
			answer = "take and cut"
		case call%50 == 0:
			answer = "500"
		}
	}
	r.mu.Lock()
	r.kinds[answer]++
	if answer == "200" || answer == "take and cut" {
		r.keys[n.Alert.ID] = append(r.keys[n.Alert.ID], n.Key)
		r.taken++
		select {
		case <-r.news:
		default:
		}
		r.news <- r.taken
	}
	r.mu.Unlock()
	switch answer {
	case "200":
		w.Header().Set("X-Request-Id", n.Key)
	case "500":
		w.WriteHeader(http.StatusInternalServerError)
	case "429":
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusTooManyRequests)
	case "hang":
		<-req.Context().Done()
	default:
		panic(http.ErrAbortHandler)
	}
}

// heard is how often each key was taken.
func (r *receiver) heard() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := map[string]int{}
	for _, keys := range r.keys {
		for _, k := range keys {
			out[k]++
		}
	}
	return out
}
