//go:build cgo

package inflate

import (
	"fmt"
	"testing"

	"github.com/trailseal/trailseal/internal/inflate/libdeflate"
)

func BenchmarkInflateLibdeflate(b *testing.B) {
	plain, packed := logFile(b)
	out := make([]byte, len(plain)+1)
	measure(b, plain, func() error {
		if n, _, ok := libdeflate.Gunzip(out, packed); !ok || n != len(plain) {
			return fmt.Errorf("wrote %d bytes", n)
		}
		return nil
	})
}
