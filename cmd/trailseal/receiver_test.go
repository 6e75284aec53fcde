package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// receiver starts a server that people are told through, and writes what it is sent to a file, a line each:
//
//	receiver FILE [STATUS...]
//
// It answers the first requests with the statuses, in order, and every later one with 200 and Slack's "ok". Its URL is
// $RECEIVER.
func receiver(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: receiver FILE [STATUS...]")
	}
	out, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	var statuses []int
	for _, a := range args[1:] {
		n, err := strconv.Atoi(a)
		ts.Check(err)
		statuses = append(statuses, n)
	}
	var mu sync.Mutex
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		if len(statuses) > 0 {
			status := statuses[0]
			statuses = statuses[1:]
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(status)
			return
		}
		fmt.Fprintf(out, "%s\n", body)
		fmt.Fprint(w, "ok")
	}))
	ts.Defer(func() {
		server.Close()
		out.Close()
	})
	ts.Setenv("RECEIVER", server.URL)
}
