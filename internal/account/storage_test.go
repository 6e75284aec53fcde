package account

import (
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// plain compares types of the SDK, which have an unexported mark.
var plain = []cmp.Option{cmp.FilterPath(func(p cmp.Path) bool {
	field, ok := p.Last().(cmp.StructField)
	return ok && field.Name() == "noSmithyDocumentSerde"
}, cmp.Ignore()), cmp.Exporter(func(reflect.Type) bool { return true })}

// serve is an endpoint that knows who asks, and leaves the rest to answer.
func serve(t *testing.T, answer http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.Header.Get("Authorization"), "/sts/") {
			_, _ = io.WriteString(w, "<R><GetCallerIdentityResult><Arn>arn:aws:iam::"+us+":user/t</Arn><Account>"+us+"</Account></GetCallerIdentityResult></R>")
			return
		}
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// body is what a request carries.
func body(r *http.Request) string {
	text, _ := io.ReadAll(r.Body) // a request that is cut short has less
	return string(text)
}
