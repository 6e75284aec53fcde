package post

import (
	"context"
	"errors"

	"github.com/trailseal/trailseal/internal/notice"
	"github.com/trailseal/trailseal/internal/secret"
)

// Renew asks where secrets are kept whether those that a request was made with have been changed since: err is what came
// of the request. A refusal that was permanent is worth another try where one has. It returns err.
func Renew(ctx context.Context, env notice.Env, err error, used map[secret.Reference]secret.String) error {
	var r *notice.Refusal
	if env.Forget == nil || !errors.As(err, &r) || !r.Permanent {
		return err
	}
	for ref, old := range used {
		env.Forget(ref)
		if now, err := env.Secret(ctx, ref); err == nil && !now.Equal(old) {
			r.Permanent = false
		}
	}
	return err
}
