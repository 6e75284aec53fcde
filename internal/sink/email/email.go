package email

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/mail"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/trailseal/trailseal/internal/notice"
	"github.com/trailseal/trailseal/internal/secret"
)

const (
	mostRecipients = 50
	mostCA         = 1 << 20 // bytes of the file
	mostTold       = 1000    // notices whose recipients are remembered
)

// mode is how a connection is encrypted.
type mode string

const (
	startTLS mode = "starttls"
	implicit mode = "implicit"
	none     mode = "none"
)

func (m *mode) UnmarshalText(b []byte) error {
	if !slices.Contains([]mode{startTLS, implicit, none}, mode(b)) {
		return errors.New("want starttls, implicit or none")
	}
	*m = mode(b)
	return nil
}

// address is one mail address, with or without a name.
type address struct{ mail.Address }

var ascii = regexp.MustCompile(`^[!-;=?-~]{1,64}@[A-Za-z0-9.\[\]:-]{1,255}$`)

func (a *address) UnmarshalText(b []byte) error {
	parsed, err := mail.ParseAddress(string(b))
	if err != nil || !ascii.MatchString(parsed.Address) || len(parsed.Name) > 200 {
		return errors.New("want a mail address in ASCII, as in Trailseal <alerts@example.com>")
	}
	*a = address{*parsed}
	return nil
}

func (a address) domain() string {
	return a.Address.Address[strings.LastIndexByte(a.Address.Address, '@')+1:]
}

type config struct {
	Host     string           `yaml:"host"`
	Port     int              `yaml:"port"`
	TLS      mode             `yaml:"tls"`
	CA       string           `yaml:"ca"`
	User     string           `yaml:"user"`
	Password secret.Reference `yaml:"password"`
	Hello    string           `yaml:"hello"`
	From     address          `yaml:"from"`
	To       []address        `yaml:"to"`
}

var hostName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?$`)

// settle fills in what is left out, and says what is wrong.
func (c *config) settle() error {
	switch {
	case c.TLS == "" && c.Port == 465, c.TLS == implicit && c.Port == 0:
		c.TLS, c.Port = implicit, 465
	case c.TLS == "":
		c.TLS = startTLS
	}
	if c.Port == 0 {
		c.Port = 587
	}
	if c.Hello == "" && len(c.From.Address.Address) > 0 {
		c.Hello = c.From.domain()
	}
	_, notIP := netip.ParseAddr(c.Host)
	switch {
	case c.Host == "":
		return errors.New("email: host is missing: want the name of an SMTP server")
	case notIP != nil && !hostName.MatchString(c.Host):
		return errors.New("email: host: want the name of an SMTP server")
	case c.Port < 1 || c.Port > 65535:
		return errors.New("email: port: want 1 to 65535")
	case c.From.Address.Address == "":
		return errors.New("email: from is missing: want a mail address")
	case len(c.To) == 0 || len(c.To) > mostRecipients:
		return fmt.Errorf("email: to: want 1 to %d mail addresses", mostRecipients)
	case c.TLS == none && !loopback(c.Host):
		return errors.New("email: tls: none is for a loopback host only")
	case (c.User == "") != (c.Password.Scheme == ""):
		return errors.New("email: want both user and password, or neither")
	case c.TLS == none && c.User != "":
		return errors.New("email: tls: a password is not sent without encryption")
	case !hostName.MatchString(strings.Trim(c.Hello, "[]")):
		return errors.New("email: hello: want the name of a host")
	case strings.ContainsAny(c.User, "\r\n\x00"):
		return errors.New("email: user: want one line")
	}
	return nil
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

type sink struct {
	config
	env notice.Env
	tls *tls.Config

	mu    sync.Mutex
	told  map[string][]string // by the key of a notice that some recipients were told of: their addresses
	order []string            // of the keys of told
}

// New makes the sink. It reads the file of ca, and connects to nobody.
func New(section notice.Section, env notice.Env) (notice.Sink, error) {
	s := &sink{env: env, told: map[string][]string{}}
	if err := section.Decode(&s.config); err != nil {
		return nil, err
	}
	if err := s.settle(); err != nil {
		return nil, err
	}
	s.tls = &tls.Config{ServerName: s.Host, MinVersion: tls.VersionTLS12}
	if s.CA != "" {
		roots, err := authorities(s.CA)
		if err != nil {
			return nil, fmt.Errorf("email: ca %q: %w", s.CA, err)
		}
		s.tls.RootCAs = roots
	}
	if s.env.Dial == nil {
		s.env.Dial = new(net.Dialer).DialContext
	}
	return s, nil
}

// authorities reads a file of certificates.
func authorities(path string) (*x509.CertPool, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, mostCA))
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, errors.New("want certificates in PEM")
	}
	return pool, nil
}

func (s *sink) Send(ctx context.Context, n notice.Notice) (notice.Receipt, error) {
	if err := ctx.Err(); err != nil {
		return notice.Receipt{}, err
	}
	receipt, err := s.try(ctx, n)
	var refused *wrongPassword
	if errors.As(err, &refused) && s.env.Forget != nil {
		// It may have been changed since it was read.
		s.env.Forget(s.Password)
		if again, e := s.env.Secret(ctx, s.Password); e == nil && !again.Equal(refused.password) {
			receipt, err = s.try(ctx, n)
		}
	}
	if ctx.Err() != nil && err != nil {
		return notice.Receipt{}, ctx.Err()
	}
	return receipt, err
}

func (s *sink) try(ctx context.Context, n notice.Notice) (notice.Receipt, error) {
	var password secret.String
	if s.User != "" {
		var err error
		if password, err = s.env.Secret(ctx, s.Password); err != nil {
			return notice.Receipt{}, fmt.Errorf("email: %w", err)
		}
	}
	text, err := s.message(n, "")
	if err != nil {
		return notice.Receipt{}, &notice.Refusal{Permanent: true, Err: fmt.Errorf("email: %w", err)}
	}
	conv, err := s.connect(ctx, password)
	if err != nil {
		return notice.Receipt{}, err
	}
	defer conv.close()
	return s.deliver(conv, n.Key, text)
}

// waiting are the recipients who have not been told of the notice with that key.
func (s *sink) waiting(key string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, a := range s.To {
		if !slices.Contains(s.told[key], a.Address.Address) {
			out = append(out, a.Address.Address)
		}
	}
	return out
}

// tell remembers who was told of a notice that others have to be told of yet.
func (s *sink) tell(key string, taken []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.told[key]; !ok {
		s.order = append(s.order, key)
	}
	s.told[key] = append(s.told[key], taken...)
	if len(s.order) > mostTold {
		delete(s.told, s.order[0])
		s.order = s.order[1:]
	}
}
