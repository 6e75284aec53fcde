package sample

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
)

// stream is a random source named by a seed and a label. Only ChaCha8.Uint64, whose output is specified, is used of
// math/rand/v2, so that a Go release cannot change a sample.
type stream struct{ source *rand.ChaCha8 }

func newStream(seed uint64, label string) *stream {
	return &stream{rand.NewChaCha8(sha256.Sum256(fmt.Appendf(nil, "trailseal sample 1\n%d\n%s", seed, label)))}
}

func (s *stream) uint64() uint64 { return s.source.Uint64() }

// intn returns a number in [0, n). The bias for small n is of no consequence here.
func (s *stream) intn(n int) int { return int(s.uint64() >> 1 % uint64(n)) }

// unit returns a number in [0, 1).
func (s *stream) unit() float64 { return float64(s.uint64()>>11) / (1 << 53) }

func (s *stream) bytes(n int) []byte {
	b := make([]byte, 0, n+8)
	for len(b) < n {
		b = binary.LittleEndian.AppendUint64(b, s.uint64())
	}
	return b[:n]
}

// hash64 maps parts to a number that stays the same for the life of this package's format. It is FNV-1a with
// splitmix64's finisher: spread, not secrecy, is wanted.
func hash64(seed uint64, parts ...string) uint64 {
	h := uint64(14695981039346656037) ^ seed
	for _, p := range parts {
		for i := range len(p) {
			h = (h ^ uint64(p[i])) * 1099511628211
		}
		h = (h ^ 0xff) * 1099511628211
	}
	return mix(h)
}

func mix(h uint64) uint64 {
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

const (
	hexDigits    = "0123456789abcdef"
	base32Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	base62Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

// appendID appends n digits of an alphabet, all determined by h.
func appendID(b []byte, h uint64, alphabet string, n int) []byte {
	x := h
	for i := range n {
		if i%8 == 0 {
			x = mix(h + uint64(i+1)*0x9e3779b97f4a7c15)
		}
		b = append(b, alphabet[x%uint64(len(alphabet))])
		x /= uint64(len(alphabet))
	}
	return b
}

// uniqueID is an AWS identifier such as AKIA… (16 digits after the prefix) or AROA… (17).
func uniqueID(prefix string, n int, h uint64) string {
	return string(appendID([]byte(prefix), h, base32Digits, n))
}

// appendUUID appends a version 4 UUID determined by h.
func appendUUID(b []byte, h uint64) []byte {
	start := len(b)
	b = appendID(b, h, hexDigits, 36)
	u := b[start:]
	for _, i := range [...]int{8, 13, 18, 23} {
		u[i] = '-'
	}
	u[14] = '4'
	u[19] = "89ab"[h&3]
	return b
}

func uuid(h uint64) string { return string(appendUUID(nil, h)) }
