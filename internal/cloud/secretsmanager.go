package cloud

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/smithy-go"

	"github.com/trailseal/trailseal/internal/object"
	"github.com/trailseal/trailseal/internal/secret"
)

// Config is the configuration that the session's requests are made with: its credentials, region and endpoint.
func (s *Session) Config() aws.Config {
	cfg := s.cfg.Copy()
	s.endpoint(&cfg.BaseEndpoint)
	return cfg
}

// Secrets is AWS Secrets Manager. It may be used by many goroutines at a time.
//
// It needs secretsmanager:GetSecretValue on each secret, and kms:Decrypt where one is encrypted with a key of one's own.
type Secrets struct{ s *Session }

// Secrets makes no request.
func (s *Session) Secrets() Secrets { return Secrets{s} }

// Get returns the current value of the secret with that name, in the session's region, or with that ARN, in the
// region that it names. A secret that is not there, or is to be deleted, is object.ErrNotFound; one whose key may not be
// used is object.ErrDenied.
func (m Secrets) Get(ctx context.Context, id string) (secret.String, error) {
	what := fmt.Sprintf("get secret %q", id)
	client := secretsmanager.NewFromConfig(m.s.Config(), func(o *secretsmanager.Options) {
		if a, err := arn.Parse(id); err == nil && a.Region != "" {
			o.Region = a.Region
		}
	})
	out, err := client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &id})
	switch {
	case err != nil:
		return secret.String{}, secretFault(ctx, what, err)
	case out.SecretString != nil:
		return secret.New(*out.SecretString), nil
	case out.SecretBinary != nil:
		return secret.New(string(out.SecretBinary)), nil
	}
	return secret.String{}, &fault{what: what, words: []error{object.ErrNotFound}, detail: "the secret has no value"}
}

// secretFault classifies an error of Secrets Manager's API.
func secretFault(ctx context.Context, what string, err error) error {
	// The body of an answer that cannot be read may be the secret, and its decoder may quote it.
	if broken := (*smithy.DeserializationError)(nil); errors.As(err, &broken) && ctx.Err() == nil {
		return &fault{what: what, detail: "the answer cannot be read"}
	}
	err = classify(ctx, what, err)
	if f := (*fault)(nil); errors.As(err, &f) && len(f.words) == 0 {
		switch f.code {
		case "ResourceNotFoundException", "InvalidParameterException", "InvalidRequestException":
			f.words = []error{object.ErrNotFound}
		case "DecryptionFailure":
			f.words = []error{object.ErrDenied}
		}
	}
	return err
}
