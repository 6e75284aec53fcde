package sinktest

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// huge is how long a receiver's answer gets that has no end; no socket buffers that much.
const huge = 32 << 20

// receiver is an HTTP server on loopback that takes notices, or fails as it is told to.
type receiver struct {
	accept    func(w http.ResponseWriter, d Delivery)
	elsewhere string // where Redirect sends
	wrote     atomic.Int64
	closed    chan struct{}

	mu    sync.Mutex
	fault Fault
	took  []Delivery
}

// HTTP starts a receiver that answers as accept does, nil: with status 200, and returns its URL and a target without a
// sink. Run does so for Options.New; a sink's own cases may as well.
func HTTP(t *testing.T, accept func(w http.ResponseWriter, d Delivery)) (string, *Target) {
	r := &receiver{accept: accept, closed: make(chan struct{})}
	if accept == nil {
		r.accept = func(http.ResponseWriter, Delivery) {}
	}
	var strayed atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { strayed.Add(1) }))
	t.Cleanup(other.Close)
	r.elsewhere = other.URL
	s := httptest.NewServer(r)
	t.Cleanup(func() {
		close(r.closed)
		s.CloseClientConnections()
		s.Close()
	})
	return s.URL, &Target{
		Break: func(f Fault) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.fault = f
		},
		Deliveries: func() []Delivery {
			r.mu.Lock()
			defer r.mu.Unlock()
			return append([]Delivery(nil), r.took...)
		},
		Faults:  []Fault{Throttle, ThrottleUntil, Broken, Refuse, Hang, HangInBody, Drop, Cut, Slow, Huge, HugeError, Redirect},
		strayed: func() int { return int(strayed.Load()) },
		wrote:   func() int { return int(r.wrote.Load()) },
	}
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(q.Body)
	if err != nil {
		return
	}
	d := Delivery{Method: q.Method, Target: q.URL.RequestURI(), Header: q.Header, Body: body}
	r.mu.Lock()
	r.took = append(r.took, d)
	fault := r.fault
	r.mu.Unlock()
	switch fault {
	case "":
		r.accept(w, d)
	case Throttle:
		w.Header().Set("Retry-After", fmt.Sprint(int(RetryAfter/time.Second)))
		w.WriteHeader(http.StatusTooManyRequests)
	case ThrottleUntil:
		w.Header().Set("Retry-After", Time().Add(RetryAfter).Format(http.TimeFormat))
		w.WriteHeader(http.StatusTooManyRequests)
	case Broken:
		http.Error(w, "rollup_error", http.StatusInternalServerError)
	case Refuse:
		// A receiver that repeats what it was sent must not make the sink do so: here are its secrets.
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, "invalid_payload %s %v ", d.Target, d.Header)
		_, _ = w.Write(body)
	case Hang:
		r.hang(q)
	case HangInBody:
		r.slowly(w, d, true)
		r.hang(q)
	case Slow:
		r.slowly(w, d, false)
	case Drop, Cut:
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		if fault == Cut {
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1000\r\n\r\nok")
		}
		conn.Close()
	case Huge, HugeError:
		if fault == HugeError {
			w.WriteHeader(http.StatusInternalServerError)
		}
		chunk := []byte(strings.Repeat("<b>no end</b> ", 1<<12))
		for r.wrote.Load() < huge {
			n, err := w.Write(chunk)
			r.wrote.Add(int64(n))
			if err != nil {
				return
			}
		}
	case Redirect:
		http.Redirect(w, q, r.elsewhere+q.URL.RequestURI(), http.StatusTemporaryRedirect)
	}
}

// hang waits for the client to go away.
func (r *receiver) hang(q *http.Request) {
	select {
	case <-q.Context().Done():
	case <-r.closed:
	}
}

// slowly writes the answer of a receiver that takes the notice byte by byte; with half of it, the rest never comes.
func (r *receiver) slowly(w http.ResponseWriter, d Delivery, half bool) {
	whole := httptest.NewRecorder()
	r.accept(whole, d)
	for k, v := range whole.Header() {
		w.Header()[k] = v
	}
	body := whole.Body.Bytes()
	length := len(body)
	if half {
		length, body = length+1, body[:length/2]
	}
	w.Header().Set("Content-Length", fmt.Sprint(length))
	w.WriteHeader(whole.Code)
	w.(http.Flusher).Flush()
	for i := range body {
		_, _ = w.Write(body[i : i+1])
		w.(http.Flusher).Flush()
	}
}
