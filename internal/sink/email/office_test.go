package email

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/mail"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/trailseal/trailseal/internal/sink/sinktest"
)

// office is a mail server on loopback.
type office struct {
	login    bool   // it offers AUTH LOGIN only
	password string // that it takes; empty: it offers no AUTH
	port     string
	ca       string // file of its certificate

	mu       sync.Mutex
	fault    sinktest.Fault
	refuse   map[string]*smtp.SMTPError // recipients
	took     []sinktest.Delivery
	to       [][]string // of each delivery
	signedIn int
	closed   chan struct{}
}

// certificate is a self-signed one for localhost and 127.0.0.1.
func certificate(t *testing.T, names ...string) (tls.Certificate, []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mail"}, DNSNames: names, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature}
	if len(names) > 0 && names[0] != "localhost" {
		template.IPAddresses = nil
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// open starts the server: with implicit TLS, or with STARTTLS, or (neither) without encryption.
func (o *office) open(t *testing.T, m mode, names ...string) {
	t.Helper()
	if names == nil {
		names = []string{"localhost"}
	}
	cert, pem := certificate(t, names...)
	o.ca = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(o.ca, pem, 0o600); err != nil {
		t.Fatal(err)
	}
	o.closed = make(chan struct{})
	s := smtp.NewServer(o)
	s.Domain = "mail.example.com"
	s.ErrorLog = log.New(io.Discard, "", 0)
	config := &tls.Config{Certificates: []tls.Certificate{cert}}
	if m == startTLS {
		s.TLSConfig = config
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, o.port, _ = net.SplitHostPort(l.Addr().String())
	if m == implicit {
		l = tls.NewListener(l, config)
	}
	var done sync.WaitGroup
	done.Go(func() { _ = s.Serve(l) })
	t.Cleanup(func() {
		close(o.closed)
		l.Close() // which Serve may not have taken yet
		s.Close()
		done.Wait()
	})
}

func (o *office) set(f func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	f()
}

func (o *office) deliveries() []sinktest.Delivery {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]sinktest.Delivery(nil), o.took...)
}

// NewSession implements smtp.Backend.
func (o *office) NewSession(c *smtp.Conn) (smtp.Session, error) {
	s := &visit{office: o, conn: c}
	if o.password != "" {
		return &guest{s}, nil
	}
	return s, nil
}

// visit is a client at the server.
type visit struct {
	office *office
	conn   *smtp.Conn
	in     bool
	to     []string
}

func (v *visit) Reset()        { v.to = nil }
func (v *visit) Logout() error { return nil }

func (v *visit) Mail(string, *smtp.MailOptions) error {
	if v.office.password != "" && !v.in {
		return smtp.ErrAuthRequired
	}
	return nil
}

func (v *visit) Rcpt(to string, _ *smtp.RcptOptions) error {
	v.office.mu.Lock()
	defer v.office.mu.Unlock()
	if err := v.office.refuse[to]; err != nil {
		return err
	}
	v.to = append(v.to, to)
	return nil
}

func (v *visit) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	d := sinktest.Delivery{Body: text}
	if m, err := mail.ReadMessage(bytes.NewReader(text)); err == nil {
		d.Header = http.Header(m.Header)
	}
	o := v.office
	o.mu.Lock()
	o.took = append(o.took, d)
	o.to = append(o.to, v.to)
	fault := o.fault
	o.mu.Unlock()
	switch fault {
	case sinktest.Throttle:
		return &smtp.SMTPError{Code: 452, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "too many messages"}
	case sinktest.Broken:
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "rollup error"}
	case sinktest.Refuse:
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "refused with password " + o.password}
	case sinktest.Hang:
		<-o.closed
	case sinktest.Drop:
		v.conn.Conn().Close()
		return errors.New("gone")
	}
	return nil
}

// guest is a visit that has to sign in.
type guest struct{ *visit }

func (g *guest) AuthMechanisms() []string {
	if g.office.login {
		return []string{"LOGIN"}
	}
	return []string{"PLAIN", "LOGIN"}
}

func (g *guest) Auth(mech string) (sasl.Server, error) {
	if mech == "LOGIN" {
		return &loginServer{check: g.check}, nil
	}
	return sasl.NewPlainServer(func(_, user, password string) error { return g.check(user, password) }), nil
}

func (g *guest) check(user, password string) error {
	g.office.mu.Lock()
	defer g.office.mu.Unlock()
	if _, ok := g.conn.TLSConnectionState(); !ok {
		return errors.New("a password without encryption")
	}
	if user != "alerts" || password != g.office.password {
		return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "wrong password " + password}
	}
	g.in = true
	g.office.signedIn++
	return nil
}

// loginServer is the other side of AUTH LOGIN.
type loginServer struct {
	check func(user, password string) error
	step  int
	user  string
}

func (l *loginServer) Next(response []byte) ([]byte, bool, error) {
	switch l.step++; {
	case l.step == 1 && len(response) == 0:
		return []byte("Username:"), false, nil
	case l.step <= 2 && l.user == "":
		l.user = string(response)
		return []byte("Password:"), false, nil
	}
	return nil, true, l.check(l.user, string(response))
}

// script is a server that says lines, one after each line that it is told, whatever that is. Heard returns these.
func script(t *testing.T, lines ...string) (port string, heard func() string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var all bytes.Buffer
	ctx, cancel := context.WithCancel(t.Context())
	var done sync.WaitGroup
	done.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			done.Go(func() {
				defer c.Close()
				stop := context.AfterFunc(ctx, func() { c.Close() })
				defer stop()
				buf := make([]byte, 4096)
				for _, line := range lines {
					if _, err := io.WriteString(c, line); err != nil {
						return
					}
					n, err := c.Read(buf)
					mu.Lock()
					all.Write(buf[:n])
					mu.Unlock()
					if err != nil {
						return
					}
				}
			})
		}
	})
	t.Cleanup(func() {
		cancel()
		l.Close()
		done.Wait()
	})
	_, port, _ = net.SplitHostPort(l.Addr().String())
	return port, func() string {
		mu.Lock()
		defer mu.Unlock()
		return all.String()
	}
}

// section is the part of a configuration for a server.
func section(host, port string, m mode, more string) sinktest.Section {
	return sinktest.Section(fmt.Sprintf("host: %s\nport: %s\ntls: %s\nfrom: Trailseal <alerts@example.com>\nto: [oncall@example.com, Security Team <security@example.com>]\n%s", host, port, m, more))
}
