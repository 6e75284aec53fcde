package awstest

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"regexp"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// MotoAccount is moto's account where nothing says another.
const MotoAccount = "123456789012"

// proxyBody is the largest request that a proxy takes. None of setting up is near it.
const proxyBody = 8 << 20

// Proxy stands between a client and a moto server: it notes every call with the IAM actions that it needs, lets calls fail
// as AWS lets them, and answers those that moto does not know.
type Proxy struct {
	options ProxyOptions
	moto    *httputil.ReverseProxy

	mu    sync.Mutex
	calls []Call
	fail  func(Call) *Fault
	keys  map[string]string // accounts by access key that AssumeRole gave

	http  *http.Server
	serve errgroup.Group
}

// ProxyOptions say what a proxy stands before. Moto is needed.
type ProxyOptions struct {
	Moto string // URL of moto's server, best started by moto_patched.py
	// Account is whose the client's own credentials are, MotoAccount if empty. An account that nothing was written to is
	// empty, so tests that run beside each other can share one moto: see FreshAccount.
	Account string
	// Overlays answer calls, by service:operation as in securityhub:BatchEnableStandards, in the place of moto.
	Overlays map[string]Overlay
}

// Overlay answers a call. The request's body can be read. What it does not answer itself it gives to moto.
type Overlay func(w http.ResponseWriter, r *http.Request, c Call, moto http.Handler)

// Fault is an error that a call is answered with, in the form of its service.
type Fault struct {
	Status  int
	Code    string
	Message string
	// After says that AWS did what was asked, and that only its answer is lost.
	After bool
	// Reset breaks the connection instead of an answer.
	Reset bool
}

// Faults that any call of AWS can have.
var (
	Throttled   = Fault{Status: http.StatusBadRequest, Code: "ThrottlingException", Message: "Rate exceeded"}
	Denied      = Fault{Status: http.StatusForbidden, Code: "AccessDenied", Message: "User is not authorized to perform this"}
	Unavailable = Fault{Status: http.StatusServiceUnavailable, Code: "ServiceUnavailable", Message: "Please try again"}
	Internal    = Fault{Status: http.StatusInternalServerError, Code: "InternalFailure", Message: "We encountered an internal error"}
)

// NewProxy makes a proxy that does not listen yet.
func NewProxy(options ProxyOptions) (*Proxy, error) {
	to, err := url.Parse(options.Moto)
	if err != nil || to.Host == "" {
		return nil, fmt.Errorf("%q is no URL of a moto server", options.Moto)
	}
	if options.Account == "" {
		options.Account = MotoAccount
	}
	p := &Proxy{options: options, keys: map[string]string{}}
	p.moto = &httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(to) },
		ModifyResponse: p.assumed,
	}
	return p, nil
}

// Listen answers on a free port of the loopback address until Close, and returns the URL.
func (p *Proxy) Listen() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	p.http = &http.Server{Handler: p, ReadHeaderTimeout: time.Minute}
	p.serve.Go(func() error { return p.http.Serve(listener) })
	return "http://" + listener.Addr().String(), nil
}

// Close ends Listen, with all connections.
func (p *Proxy) Close() error {
	err := p.http.Close()
	if serveErr := p.serve.Wait(); !errors.Is(serveErr, http.ErrServerClosed) {
		err = errors.Join(err, serveErr)
	}
	return err
}

// Fail sets what is asked for every call from now on, from many goroutines at a time; nil means that all is well.
func (p *Proxy) Fail(fail func(Call) *Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fail = fail
}

// Calls are the calls so far, in order, those that failed included. Reset forgets them.
func (p *Proxy) Calls() []Call {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.calls)
}

// Reset forgets the calls so far.
func (p *Proxy) Reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls = nil
}

// ServeHTTP answers one call.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, proxyBody))
	if err != nil {
		http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	call, key := identify(r, body)
	call.Account = p.account(key)
	r.Header.Set("X-Moto-Account-Id", call.Account)
	fault := p.note(call)
	switch {
	case fault != nil && fault.After:
		p.answer(discarded{http.Header{}}, r, call)
		fallthrough
	case fault != nil:
		fault.write(w, r, call)
	default:
		p.answer(w, r, call)
	}
}

func (p *Proxy) answer(w http.ResponseWriter, r *http.Request, c Call) {
	if overlay := p.options.Overlays[c.String()]; overlay != nil {
		overlay(w, r, c, p.moto)
		return
	}
	p.moto.ServeHTTP(w, r)
}

// note keeps a call and asks whether it is to fail.
func (p *Proxy) note(c Call) *Fault {
	p.mu.Lock()
	p.calls = append(p.calls, c)
	fail := p.fail
	p.mu.Unlock()
	if fail == nil {
		return nil
	}
	return fail(c)
}

func (p *Proxy) account(key string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if account := p.keys[key]; account != "" {
		return account
	}
	return p.options.Account
}

var (
	givenKey  = regexp.MustCompile(`<AccessKeyId>([A-Z0-9]+)</AccessKeyId>`)
	givenRole = regexp.MustCompile(`<Arn>arn:[a-z-]+:sts::(\d{12}):assumed-role/`)
)

// assumed notes whose the credentials are that AssumeRole gives.
func (p *Proxy) assumed(response *http.Response) error {
	if signedFor.FindStringSubmatch(response.Request.Header.Get("Authorization")) == nil ||
		response.Request.Header.Get("X-Amz-Target") != "" || response.Header.Get("Content-Type") == "application/json" {
		return nil
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	key, role := givenKey.FindSubmatch(body), givenRole.FindSubmatch(body)
	if key != nil && role != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.keys[string(key[1])] = string(role[1])
	}
	return nil
}

// discarded is an answer that nobody gets.
type discarded struct{ header http.Header }

func (d discarded) Header() http.Header         { return d.header }
func (d discarded) Write(b []byte) (int, error) { return len(b), nil }
func (d discarded) WriteHeader(int)             {}

// write answers with the fault in the form of the service's protocol.
func (f *Fault) write(w http.ResponseWriter, r *http.Request, c Call) {
	if f.Reset {
		panic(http.ErrAbortHandler)
	}
	switch c.Service {
	case "s3":
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(f.Status)
		_ = xml.NewEncoder(w).Encode(xmlError{XMLName: xml.Name{Local: "Error"}, Code: f.Code, Message: f.Message}) // the client is gone
	case "iam", "sns", "sts", "rds", "cloudwatch":
		w.Header().Set("Content-Type", "text/xml")
		w.WriteHeader(f.Status)
		_ = xml.NewEncoder(w).Encode(queryError{Error: xmlError{Code: f.Code, Message: f.Message}, RequestID: "0"})
	default:
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		w.Header().Set("X-Amzn-Errortype", f.Code)
		w.WriteHeader(f.Status)
		_ = json.NewEncoder(w).Encode(map[string]string{"__type": f.Code, "message": f.Message})
	}
}

type xmlError struct {
	XMLName xml.Name
	Code    string
	Message string
}

type queryError struct {
	XMLName   xml.Name `xml:"ErrorResponse"`
	Error     xmlError `xml:"Error"`
	RequestID string   `xml:"RequestId"`
}

var fresh atomic.Int64

// FreshAccount is the number of an account that no other test of this run has.
func FreshAccount() string {
	return fmt.Sprintf("%012d", 200_000_000_000+(time.Now().UnixNano()/1000+fresh.Add(1))%700_000_000_000)
}
