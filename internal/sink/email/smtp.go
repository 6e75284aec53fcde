package email

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail/smtp"

	"github.com/trailseal/trailseal/internal/notice"
	"github.com/trailseal/trailseal/internal/secret"
	"github.com/trailseal/trailseal/internal/sink/post"
)

const (
	mostAnswers = 256 << 10       // bytes that a server may say in one conversation
	farewell    = 2 * time.Second // to wait for the answer to QUIT
)

// conversation is a connection to the server, signed in.
type conversation struct {
	*smtp.Client
	conn net.Conn
	stop func() bool // watching the context
	hide []string    // what no error repeats
}

// quiet is a connection whose other end can say so much and no more.
type quiet struct {
	net.Conn
	left io.Reader
}

func (q quiet) Read(b []byte) (int, error) { return q.left.Read(b) }

// wrongPassword is the refusal of a password.
type wrongPassword struct {
	notice.Refusal
	password secret.String
}

func (w *wrongPassword) Unwrap() error { return &w.Refusal }

// connect opens a conversation, which ends when ctx does. Nothing but EHLO and STARTTLS is said before the connection is
// encrypted.
func (s *sink) connect(ctx context.Context, password secret.String) (*conversation, error) {
	raw, err := s.env.Dial(ctx, "tcp", net.JoinHostPort(s.Host, strconv.Itoa(s.Port)))
	if err != nil {
		return nil, fmt.Errorf("email: %w", err)
	}
	c := &conversation{conn: raw, stop: context.AfterFunc(ctx, func() { raw.Close() })}
	if password.Reveal() != "" {
		for _, text := range []string{password.Reveal(), s.User + "\x00" + password.Reveal(), "\x00" + s.User + "\x00" + password.Reveal()} {
			c.hide = append(c.hide, text, strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(text)), "="))
		}
	}
	if err := s.open(ctx, c, quiet{raw, io.LimitReader(raw, mostAnswers)}); err != nil {
		c.abandon()
		return nil, c.refusal("connect", err)
	}
	if s.User != "" {
		if err := s.signIn(c, password); err != nil {
			c.abandon()
			return nil, err
		}
	}
	return c, nil
}

func (s *sink) open(ctx context.Context, c *conversation, conn net.Conn) (err error) {
	if s.TLS == implicit {
		encrypted := tls.Client(conn, s.tls)
		if err := encrypted.HandshakeContext(ctx); err != nil {
			return err
		}
		conn = encrypted
	}
	if c.Client, err = smtp.NewClient(conn, s.Host); err != nil {
		return err
	}
	c.SkipSMTPUTF8(true) // addresses are ASCII, headers are encoded
	if err := c.Hello(s.Hello); err != nil {
		return err
	}
	if s.TLS != startTLS {
		return nil
	}
	if ok, _ := c.Extension("STARTTLS"); !ok {
		return errors.New("the server offers no STARTTLS: nothing was sent")
	}
	return c.StartTLS(s.tls)
}

// signIn sends user and password. What the server says to it is not repeated.
func (s *sink) signIn(c *conversation, password secret.String) error {
	if state, ok := c.TLSConnectionState(); !ok || !state.HandshakeComplete {
		return errors.New("email: sign in: the connection is not encrypted")
	}
	_, offers := c.Extension("AUTH")
	var how smtp.Auth
	switch words := strings.Fields(strings.ToUpper(offers)); {
	case slices.Contains(words, "PLAIN"):
		how = smtp.PlainAuth("", s.User, password.Reveal(), s.Host, false)
	case slices.Contains(words, "LOGIN"):
		how = smtp.LoginAuth(s.User, password.Reveal(), s.Host, false)
	default:
		return &notice.Refusal{Permanent: true, Err: errors.New("email: sign in: the server offers neither AUTH PLAIN nor AUTH LOGIN")}
	}
	err := c.Auth(how)
	if err == nil {
		return nil
	}
	var said *textproto.Error
	if !errors.As(err, &said) {
		return c.refusal("sign in", err)
	}
	r := notice.Refusal{Status: strconv.Itoa(said.Code), Permanent: said.Code >= 500, Err: fmt.Errorf("email: sign in: the server answers %d", said.Code)}
	if said.Code == 535 {
		return &wrongPassword{r, password}
	}
	return &r
}

// deliver sends one message to the recipients who wait for it.
func (s *sink) deliver(c *conversation, key string, text []byte) (notice.Receipt, error) {
	waiting := s.waiting(key)
	if err := c.Mail("<" + s.From.Address.Address + ">"); err != nil {
		return notice.Receipt{}, c.refusal("from "+s.From.Address.Address, err)
	}
	var taken []string
	var refused *notice.Refusal
	for _, to := range waiting {
		err := c.Rcpt("<" + to + ">")
		if err == nil {
			taken = append(taken, to)
			continue
		}
		err = c.refusal("to "+to, err)
		var r *notice.Refusal
		if !errors.As(err, &r) || r.Status == "421" { // the conversation is over
			return notice.Receipt{}, err
		}
		if refused == nil || refused.Permanent { // the last word has one that another try can help
			refused = r
		}
	}
	if len(taken) == 0 && refused != nil {
		return notice.Receipt{}, refused
	}
	answer, err := c.send(text)
	if err != nil {
		return notice.Receipt{}, c.refusal("message", err)
	}
	if refused != nil {
		s.tell(key, taken)
		refused.Err = fmt.Errorf("%w (%d of %d recipients are told)", refused.Err, len(s.To)-len(waiting)+len(taken), len(s.To))
		return notice.Receipt{}, refused
	}
	s.forget(key)
	return notice.Receipt{Status: "250", ID: c.said(answer, 100)}, nil
}

// forget forgets who was told of a notice that all have been told of.
func (s *sink) forget(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.told[key]; !ok {
		return
	}
	delete(s.told, key)
	for i, k := range s.order {
		if k == key {
			s.order = append(s.order[:i], s.order[i+1:]...)
			return
		}
	}
}

// send writes the message and returns what the server says of it.
func (c *conversation) send(text []byte) (string, error) {
	w, err := c.Data()
	if err != nil {
		return "", err
	}
	if _, err := w.Write(text); err != nil {
		return "", err
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	if said, ok := w.(*smtp.DataCloser); ok {
		return said.ServerResponse(), nil
	}
	return "", nil
}

// close takes leave. The message is delivered by then, or is not.
func (c *conversation) close() {
	_ = c.conn.SetDeadline(time.Now().Add(farewell))
	_ = c.Quit()
	c.abandon()
}

func (c *conversation) abandon() {
	c.stop()
	c.conn.Close()
}

// refusal makes of an error what it means: answers of 500 and more will be the same again.
func (c *conversation) refusal(what string, err error) error {
	var said *textproto.Error
	if !errors.As(err, &said) {
		return fmt.Errorf("email: %s: %s", what, c.said(err.Error(), 300))
	}
	return &notice.Refusal{Status: strconv.Itoa(said.Code), Permanent: said.Code >= 500,
		Err: fmt.Errorf("email: %s: %s", what, strings.TrimSpace(fmt.Sprint(said.Code, " ", c.said(said.Msg, 300))))}
}

// said is what a server says as one line; it is empty where a secret is in it.
func (c *conversation) said(text string, limit int) string {
	for _, h := range c.hide {
		if strings.Contains(text, h) {
			return ""
		}
	}
	return post.Line(text, limit)
}
