package awstest

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// Writes answers what writes to buckets in memory as S3 documents it, and hands the rest to Next: PutObject with
// x-amz-checksum-sha256 and If-None-Match: *, and DeleteObjects. It is an http.Handler.
type Writes struct {
	Buckets map[string]*Memory
	Next    http.Handler
	// Fail is asked before a write, with the name of its operation.
	Fail func(operation string, r *http.Request) *Failure
	// Lose makes a PutObject be done and its answer be lost.
	Lose func(r *http.Request) bool
	// Keep names keys that DeleteObjects refuses to delete, with the code of the error.
	Keep map[string]string

	mu      sync.Mutex // one write at a time, so that If-None-Match is exact
	counts  map[string]int
	batches []int
}

// Counts tells how many requests of each operation were asked.
func (s *Writes) Counts() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.counts)
}

// Batches are the numbers of keys of the requests of DeleteObjects.
func (s *Writes) Batches() []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.batches)
}

// ServeHTTP answers one request.
func (s *Writes) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	memory := s.Buckets[bucket]
	var operation string
	switch {
	case memory != nil && r.Method == http.MethodPut && key != "":
		operation = "PutObject"
	case memory != nil && r.Method == http.MethodPost && r.URL.Query().Has("delete"):
		operation = "DeleteObjects"
	default:
		s.Next.ServeHTTP(w, r)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.counts == nil {
		s.counts = map[string]int{}
	}
	s.counts[operation]++
	if s.Fail != nil {
		if f := s.Fail(operation, r); f != nil && f.Status != 0 {
			fail(w, r, f.Status, f.Code, f.Message)
			return
		}
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		fail(w, r, http.StatusBadRequest, "IncompleteBody", err.Error())
		return
	}
	if operation == "DeleteObjects" {
		s.delete(w, r, memory, body)
		return
	}
	if sum := sha256.Sum256(body); r.Header.Get("X-Amz-Checksum-Sha256") != base64.StdEncoding.EncodeToString(sum[:]) {
		fail(w, r, http.StatusBadRequest, "BadDigest", "The SHA256 you specified did not match the calculated checksum.")
		return
	}
	if _, err := memory.Open(key); err == nil && r.Header.Get("If-None-Match") == "*" {
		fail(w, r, http.StatusPreconditionFailed, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	put(w, r, memory, key)
	if s.Lose != nil && s.Lose(r) {
		panic(http.ErrAbortHandler)
	}
}

func (s *Writes) delete(w http.ResponseWriter, r *http.Request, memory *Memory, body []byte) {
	var in struct {
		Object []struct{ Key string }
	}
	if err := xml.Unmarshal(body, &in); err != nil || len(in.Object) == 0 || len(in.Object) > 1000 {
		fail(w, r, http.StatusBadRequest, "MalformedXML", "The XML you provided was not well-formed or did not validate")
		return
	}
	s.batches = append(s.batches, len(in.Object))
	w.Header().Set("Content-Type", "application/xml")
	fmt.Fprint(w, xml.Header, `<DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">`)
	for _, o := range in.Object {
		code, kept := s.Keep[o.Key]
		if !kept {
			memory.Delete(o.Key)
			continue
		}
		fmt.Fprint(w, "<Error><Key>")
		xml.EscapeText(w, []byte(o.Key))
		fmt.Fprintf(w, "</Key><Code>%s</Code><Message>it was kept</Message></Error>", code)
	}
	fmt.Fprint(w, "</DeleteResult>")
}
