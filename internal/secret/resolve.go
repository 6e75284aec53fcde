package secret

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

const (
	mostBytes = 64 << 10 // of a secret: what AWS Secrets Manager takes
	keepFor   = 5 * time.Minute
)

// Manager is where secrets are kept outside this machine.
type Manager interface {
	// Get returns the current text of the secret with that name or ARN. Its error holds nothing of the text.
	Get(ctx context.Context, id string) (String, error)
}

// Resolver gets what references stand for. It keeps a secret for five minutes, so that one that was changed at its
// source is used soon after; Forget makes it ask again at once. It may be used by many goroutines at a time.
type Resolver struct {
	Getenv  func(string) string
	Manager Manager // nil: there is none
	// ReadFile reads a file that holds a secret; ReadFile of this package if nil.
	ReadFile func(path string) ([]byte, error)
	Now      func() time.Time // time.Now if nil

	mu    sync.Mutex
	known map[Reference]*entry // by reference without its field
}

// entry is one secret. Its turn is taken by who gets it, so that many who ask at once ask its source once.
type entry struct {
	turn  chan struct{}
	text  String
	until time.Time
}

// Resolve returns the secret that ref names. A secret that is empty, is longer than 64 KiB or cannot be had is an error,
// which names ref and never holds a part of the secret.
func (r *Resolver) Resolve(ctx context.Context, ref Reference) (String, error) {
	if ref.Scheme == "" {
		return String{}, errors.New("no secret is named")
	}
	all, err := r.whole(ctx, Reference{Scheme: ref.Scheme, Name: ref.Name})
	if err == nil && ref.Field != "" {
		all, err = pick(all, ref.Field)
	}
	switch {
	case err != nil:
		return String{}, fmt.Errorf("secret %q: %w", ref, err)
	case all.IsZero():
		return String{}, fmt.Errorf("secret %q: it is empty", ref)
	}
	return all, nil
}

// Forget makes the next Resolve ask the secret's source: for a receiver that has refused it.
func (r *Resolver) Forget(ref Reference) {
	ref.Field = ""
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.known, ref)
}

// whole returns the text at the source of ref, which has no field.
func (r *Resolver) whole(ctx context.Context, ref Reference) (String, error) {
	r.mu.Lock()
	e := r.known[ref]
	if e == nil {
		e = &entry{turn: make(chan struct{}, 1)}
		if r.known == nil {
			r.known = map[Reference]*entry{}
		}
		r.known[ref] = e
	}
	r.mu.Unlock()
	select {
	case e.turn <- struct{}{}:
		defer func() { <-e.turn }()
	case <-ctx.Done():
		return String{}, ctx.Err()
	}
	now := time.Now
	if r.Now != nil {
		now = r.Now
	}
	if !e.text.IsZero() && now().Before(e.until) {
		return e.text, nil
	}
	text, err := r.ask(ctx, ref)
	if err != nil {
		return String{}, err
	}
	if len(text.Reveal()) > mostBytes {
		return String{}, fmt.Errorf("it is longer than %d bytes", mostBytes)
	}
	e.text, e.until = text, now().Add(keepFor)
	return text, nil
}

func (r *Resolver) ask(ctx context.Context, ref Reference) (String, error) {
	switch ref.Scheme {
	case Environment:
		if r.Getenv == nil {
			return String{}, errors.New("there is no environment")
		}
		text := r.Getenv(ref.Name)
		if text == "" {
			return String{}, errors.New("the environment variable is not set, or is empty")
		}
		return New(text), nil
	case File:
		read := r.ReadFile
		if read == nil {
			read = ReadFile
		}
		b, err := read(ref.Name)
		if err != nil {
			return String{}, err
		}
		return New(strings.TrimRight(string(b), "\r\n")), nil
	case SecretsManager:
		if r.Manager == nil {
			return String{}, errors.New("there is no AWS Secrets Manager to ask")
		}
		return r.Manager.Get(ctx, ref.Name)
	}
	return String{}, errors.New("want env:NAME, file:PATH or aws-secretsmanager:ID")
}

// pick takes a field of the JSON object that text is: a string as it is, a number as it is written.
func pick(text String, field string) (String, error) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text.Reveal()), &object); err != nil || object == nil {
		return String{}, errors.New("it is no JSON object") // the decoder's error quotes what it read
	}
	raw, ok := object[field]
	if !ok {
		return String{}, errors.New("its JSON object has no such field")
	}
	var value any
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber()
	if err := d.Decode(&value); err != nil {
		return String{}, errors.New("it is no JSON object")
	}
	switch v := value.(type) {
	case string:
		return New(v), nil
	case json.Number:
		return New(v.String()), nil
	}
	return String{}, errors.New("the field is no text")
}
