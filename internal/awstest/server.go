package awstest

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// Options say what a Server serves. The zero value has no bucket, no key and no trail.
type Options struct {
	// Buckets by name.
	Buckets map[string]Backend
	// BucketRegion is where a bucket lies, us-east-1 if it is not named here. Requests signed for another region are
	// redirected, as S3 does.
	BucketRegion map[string]string

	// Keys are the public keys by region; those of region "" are in every region.
	Keys map[string][]Key
	// KeysPerPage makes ListPublicKeys page; 0 is all at once, as AWS does today.
	KeysPerPage int
	// Trails as DescribeTrails describes them: members of its trailList.
	Trails []map[string]any
	// Status by trail ARN, as GetTrailStatus prints it. A trail without one is logging.
	Status map[string]map[string]any
	// Organization as DescribeOrganization describes it, nil for an account without one.
	Organization map[string]any
	// Account is the caller's, 111122223333 if empty.
	Account string

	// Latency is how long every request waits before it is answered.
	Latency time.Duration
	// Fail is asked for every request, from many goroutines at a time; nil means that all is well.
	Fail func(*http.Request) *Failure
}

// Failure is what a request suffers instead of, or on top of, its answer.
type Failure struct {
	// Status and Code are answered as an AWS error, if Status is not 0.
	Status  int
	Code    string
	Message string
	// CutBodyAfter breaks the connection after that many bytes of the body of a GetObject, if not 0.
	CutBodyAfter int
	// Reset breaks the connection without an answer.
	Reset bool
	// Delay comes before the rest.
	Delay time.Duration
}

// Times returns a Fail that lets the first n requests that match suffer f.
func Times(n int, f Failure, match func(*http.Request) bool) func(*http.Request) *Failure {
	var mu sync.Mutex
	return func(r *http.Request) *Failure {
		if !match(r) {
			return nil
		}
		mu.Lock()
		defer mu.Unlock()
		if n == 0 {
			return nil
		}
		n--
		return &f
	}
}

// Server answers. It is an http.Handler.
type Server struct {
	options Options

	mu     sync.Mutex
	counts map[string]int
	http   *http.Server
	serve  errgroup.Group
}

// New makes a server that does not listen yet.
func New(options Options) *Server {
	if options.Account == "" {
		options.Account = "111122223333"
	}
	return &Server{options: options, counts: map[string]int{}}
}

// Listen answers on addr ("127.0.0.1:0" takes any free port) until Close, and returns the URL. An address that others
// could reach is refused.
func (s *Server) Listen(addr string) (url string, err error) {
	if host, _, err := net.SplitHostPort(addr); err != nil || !net.ParseIP(host).IsLoopback() {
		return "", fmt.Errorf("%q is not a loopback address and port", addr)
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return "", err
	}
	s.http = &http.Server{Handler: s}
	s.serve.Go(func() error { return s.http.Serve(listener) })
	return "http://" + listener.Addr().String(), nil
}

// Close ends Listen, with all connections.
func (s *Server) Close() error {
	err := s.http.Close()
	if serveErr := s.serve.Wait(); !errors.Is(serveErr, http.ErrServerClosed) {
		err = errors.Join(err, serveErr)
	}
	return err
}

// Counts tells how many requests of each operation ("GetObject", "ListPublicKeys") were asked, refused ones included.
func (s *Server) Counts() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.counts)
}

// Reset sets all counts to 0.
func (s *Server) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.counts)
}

func (s *Server) count(operation string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts[operation]++
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	operation, serve := s.route(r)
	s.count(operation)
	if !sleep(r, s.options.Latency) {
		return
	}
	if s.options.Fail != nil {
		if f := s.options.Fail(r); f != nil {
			if !sleep(r, f.Delay) {
				return
			}
			switch {
			case f.Reset:
				panic(http.ErrAbortHandler)
			case f.Status != 0:
				fail(w, r, f.Status, f.Code, f.Message)
				return
			case f.CutBodyAfter > 0:
				w = &cutter{ResponseWriter: w, left: f.CutBodyAfter}
			}
		}
	}
	serve(w, r)
}

func sleep(r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

// cutter breaks the connection after some bytes of the body. It hides the writer's ReadFrom.
type cutter struct {
	http.ResponseWriter
	left int
}

func (c *cutter) Write(p []byte) (int, error) {
	if len(p) < c.left {
		c.left -= len(p)
		return c.ResponseWriter.Write(p)
	}
	c.ResponseWriter.Write(p[:c.left])
	http.NewResponseController(c.ResponseWriter).Flush()
	panic(http.ErrAbortHandler)
}

// route names the operation a request asks for.
func (s *Server) route(r *http.Request) (string, http.HandlerFunc) {
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		operation := target[strings.LastIndex(target, ".")+1:]
		return operation, s.json(operation)
	}
	if r.Method == http.MethodPost && r.URL.Path == "/" {
		r.ParseForm()
		operation := r.PostForm.Get("Action")
		return operation, s.sts(operation)
	}
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	return s.s3(r, bucket, key)
}

// scope finds the region and service in the credential scope of a SigV4 signature.
var scope = regexp.MustCompile(`Credential=[^/]*/\d{8}/([^/]+)/([^/]+)/aws4_request`)

func region(r *http.Request) string {
	if m := scope.FindStringSubmatch(r.Header.Get("Authorization")); m != nil {
		return m[1]
	}
	return ""
}

// fail answers an error in the form of the service that was asked.
func fail(w http.ResponseWriter, r *http.Request, status int, code, message string) {
	if message == "" {
		message = "This request was made to fail."
	}
	if r.Header.Get("X-Amz-Target") != "" {
		writeJSON(w, status, map[string]string{"__type": code, "message": message})
		return
	}
	w.Header().Set("Content-Type", "application/xml")
	w.Header().Set("X-Amz-Request-Id", "TESTREQUEST")
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return
	}
	if r.Method == http.MethodPost && r.URL.Path == "/" {
		fmt.Fprintf(w, "<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error></ErrorResponse>", code, message)
		return
	}
	fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>%s</Code><Message>%s</Message><RequestId>TESTREQUEST</RequestId></Error>`, code, message)
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}
