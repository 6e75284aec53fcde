package duckdb

import (
	"context"
	"errors"
	"testing"
	"time"
)

var errLate = errors.New("late")

func newDeadline(t *testing.T) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(t.Context(), 300*time.Millisecond, errLate)
}
