package account

import (
	"errors"
	"fmt"
	"testing"

	"github.com/trailseal/trailseal/internal/awstest"
	"github.com/trailseal/trailseal/internal/object"
	"github.com/trailseal/trailseal/internal/policy"
	"github.com/trailseal/trailseal/internal/resource"
)

// TestNoFaultMakesAnythingAbsentOrWhole: whichever of the calls that read a resource fails, and however, what is read is
// neither nothing nor everything.
func TestNoFaultMakesAnythingAbsentOrWhole(t *testing.T) {
	a, w, trail := onTrail(t)
	role := &resource.Role{Account: trail.Account, Name: "acme", Trust: trust("config.amazonaws.com"), Inline: map[string]policy.Document{"a": may("s3:GetObject")}}
	access := &resource.ServiceAccess{Account: trail.Account, Service: trailService}
	for _, e := range []resource.Edit{{Step: resource.Create, To: trail}, {Step: resource.Create, To: keyOf(trail.Account)},
		{Step: resource.Create, To: role}, {Step: resource.RoleInline, To: role}} {
		if err := a.Do(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	faults := map[string]*awstest.Fault{"throttled": &awstest.Throttled, "denied": &awstest.Denied, "unavailable": &awstest.Unavailable,
		"broken": &awstest.Internal, "cut off": {Reset: true}, "expired": {Status: 400, Code: "ExpiredTokenException", Message: "expired"}}
	bucket := &resource.Bucket{Account: trail.Account, Region: east, Name: trail.Bucket}
	for _, r := range []resource.Resource{trail, bucket, keyOf(trail.Account), role, access} {
		w.proxy.Fail(nil)
		w.proxy.Reset()
		if _, err := a.Read(t.Context(), r.ID()); err != nil {
			t.Fatal(err)
		}
		calls := w.proxy.Calls()
		for _, call := range calls {
			for name, f := range faults {
				t.Run(fmt.Sprintf("%s/%s/%s", r.ID().Kind, call, name), func(t *testing.T) {
					w.proxy.Fail(func(c awstest.Call) *awstest.Fault {
						if c.Operation == call.Operation { // each time: what was cut off is asked again by net/http
							return f
						}
						return nil
					})
					state, err := a.Read(t.Context(), r.ID())
					switch {
					case err != nil && !errors.Is(err, object.ErrCredentials):
						t.Errorf("the error is not one of credentials: %v", err)
					case err == nil && len(state.Unread) == 0:
						t.Errorf("all is known: %+v", state)
					case state.Resource == nil && err == nil && state.Unread[resource.Create] == nil:
						t.Errorf("nothing is there: %+v", state)
					}
				})
			}
		}
		if len(calls) == 0 {
			t.Errorf("%s was read without a call", r.ID())
		}
	}
}
