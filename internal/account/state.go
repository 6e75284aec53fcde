package account

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/trailseal/trailseal/internal/cloud"
	"github.com/trailseal/trailseal/internal/object"
	"github.com/trailseal/trailseal/internal/resource"
)

// mostListed is how many resources of a kind are listed. An account that has more is not known by what comes first.
const mostListed = 20_000

// reading gives a typed read of a kind that is read whole the shape of handler.read. The typed read returns nil where there
// is no such resource.
func reading[T any, R interface {
	*T
	resource.Resource
}](read func(ctx context.Context, a *Account, id resource.ID) (R, error)) func(context.Context, *Account, resource.ID) (resource.State, error) {
	return func(ctx context.Context, a *Account, id resource.ID) (resource.State, error) {
		r, err := read(ctx, a, id)
		switch {
		case err != nil:
			return a.unread(ctx, id, err)
		case r == nil:
			return resource.State{}, nil
		}
		return resource.State{Resource: r}, nil
	}
}

// unread is the state of a resource of which nothing could be read. Missing credentials and the end of ctx are errors of
// the caller's instead: they are not about the resource.
func (a *Account) unread(ctx context.Context, id resource.ID, err error) (resource.State, error) {
	if err = a.inRegion(ctx, id.Region, err); hopeless(err) {
		return resource.State{}, err
	}
	return resource.State{Unread: map[resource.Step]error{resource.Create: err}}, nil
}

// unlisted notes that a kind could not be listed in a region.
func (a *Account) unlisted(ctx context.Context, s *resource.Survey, kind resource.Kind, region string, err error) {
	if err != nil {
		s.Unread = append(s.Unread, resource.Unlisted{Kind: kind, Region: region, Err: a.inRegion(ctx, region, err)})
	}
}

// inRegion tells credentials that are no good from a region that is not enabled: AWS calls both an invalid token.
func (a *Account) inRegion(ctx context.Context, region string, err error) error {
	if region == "" || region == a.session.Region() || !errors.Is(err, object.ErrCredentials) {
		return err
	}
	switch cloud.Code(err) {
	case "UnrecognizedClientException", "InvalidClientTokenId", "AuthFailure":
		if _, idErr := a.session.Identity(ctx); idErr == nil {
			return &worded{fmt.Errorf("%w, although the credentials are good: region %q may not be enabled for the account", err, region), object.ErrDenied}
		}
	}
	return err
}

// within is config, for a service whose calls name no account: with the credentials of another account they would read and
// write that one's resources. Without a role in account it is object.ErrDenied.
func (a *Account) within(ctx context.Context, account, region string) (aws.Config, error) {
	me, err := a.session.Identity(ctx)
	if err != nil {
		return aws.Config{}, err
	}
	s, err := a.of(ctx, account)
	if err != nil {
		return aws.Config{}, err
	}
	if s == a.session && account != me.Account {
		return aws.Config{}, fmt.Errorf("reach account %q with credentials of %q: %w: no role of that account is named", account, me.Account, object.ErrDenied)
	}
	return a.config(ctx, account, region)
}

// hopeless reports whether no other call will work either.
func hopeless(err error) bool {
	return errors.Is(err, object.ErrCredentials) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// doing gives a typed write the shape of handler.do. from is nil where nothing was read.
func doing[T any, R interface {
	*T
	resource.Resource
}](do func(ctx context.Context, a *Account, step resource.Step, to, from R) error) func(context.Context, *Account, resource.Edit) error {
	return func(ctx context.Context, a *Account, edit resource.Edit) error {
		to, ok := edit.To.(R)
		if !ok {
			return fmt.Errorf("write %s: it is a %T", edit.To.ID(), edit.To)
		}
		from, _ := edit.From.(R)
		return do(ctx, a, edit.Step, to, from)
	}
}

// noStep is the error of a step that a resource does not have.
func noStep(id resource.ID, step resource.Step) error {
	return fmt.Errorf("write %s: it has no step %q", id, step)
}

// pages calls next with the token of each page, from nil, until a page has none, or repeats one. It fails beyond
// mostListed items: next returns how many it got.
func pages(what string, next func(token *string) (items int, following *string, err error)) error {
	var token *string
	seen := map[string]bool{}
	for total := 0; ; {
		n, following, err := next(token)
		if err != nil {
			return err
		}
		if total += n; total > mostListed {
			return fmt.Errorf("%s: there are more than %d", what, mostListed)
		}
		if following == nil || *following == "" {
			return nil
		}
		if seen[*following] {
			return fmt.Errorf("%s: the pages do not end", what)
		}
		seen[*following] = true
		token = following
	}
}

// sorted is list in order, each once, nil if empty.
func sorted(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	return slices.Compact(slices.Sorted(slices.Values(list)))
}
