package logfiletest_test

import (
	"bytes"
	"testing"

	"github.com/trailseal/trailseal/internal/logfile/logfiletest"
	"github.com/trailseal/trailseal/internal/object"
	"github.com/trailseal/trailseal/internal/object/objecttest"
)

func TestContract(t *testing.T) {
	objecttest.Run(t, func(*testing.T) objecttest.Target {
		m := logfiletest.New(nil)
		refused := map[string]error{}
		m.Fail(func(op, key string) error {
			if op == "open" {
				return refused[key]
			}
			return nil
		})
		return objecttest.Target{
			Source: m,
			Put: func(key string, body []byte, metadata map[string]string) {
				m.Put(key, bytes.Clone(body), metadata)
			},
			Deny:    func(key string) { refused[key] = object.ErrDenied },
			Archive: func(key string) { refused[key] = object.ErrArchived },
		}
	})
}
