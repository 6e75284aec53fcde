package validate_test

import (
	"testing"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/validate"
	"github.com/trailseal/trailseal/internal/verdict"
)

// A folder does not know the bucket it is a copy of. Who knows it says so, and a copy of another one is found out.
func TestBucketThatAFolderMustBeACopyOf(t *testing.T) {
	w := clean(t)
	for _, c := range []struct {
		name, expect string
		want         verdict.Result
	}{
		{"the right one", theBucket, verdict.Pass},
		{"another one", "somebody-elses-bucket", verdict.Fail},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := w.options(forgetful())
			o.Expect = c.expect
			rep, err := validate.Run(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			if rep.Result != c.want {
				t.Errorf("result %s, want %s", rep.Result, c.want)
			}
			for _, f := range rep.Faults {
				if f.Kind != integrity.DigestInvalid {
					t.Errorf("%s %s", f.Kind, f.Key)
				}
			}
			if c.want == verdict.Fail && rep.Digests.Valid != 0 {
				t.Errorf("%d digests of another bucket are valid", rep.Digests.Valid)
			}
		})
	}
}
