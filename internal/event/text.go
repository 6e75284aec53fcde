package event

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// appendText appends what the JSON string with the content s says, and whether that is all of it: bytes that are not
// UTF-8 and lone halves of surrogate pairs become U+FFFD, one for one, as encoding/json has it. s was scanned.
func appendText(dst, s []byte) (_ []byte, exact bool) {
	exact = true
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == '\\' && s[i+1] == 'u':
			r, _ := hex4(s, i+2)
			i += 6
			if r >= 0xd800 && r <= 0xdfff {
				low := rune(0)
				if r < 0xdc00 && i+1 < len(s) && s[i] == '\\' && s[i+1] == 'u' {
					low, _ = hex4(s, i+2)
				}
				if low >= 0xdc00 && low <= 0xdfff {
					r = (r-0xd800)<<10 + (low - 0xdc00) + 0x10000
					i += 6
				} else {
					r, exact = utf8.RuneError, false
				}
			}
			dst = utf8.AppendRune(dst, r)
		case c == '\\':
			dst = append(dst, unescape(s[i+1]))
			i += 2
		case c < utf8.RuneSelf:
			dst = append(dst, c)
			i++
		default:
			r, n := utf8.DecodeRune(s[i:])
			if r == utf8.RuneError && n == 1 {
				exact = false
			}
			dst = utf8.AppendRune(dst, r)
			i += n
		}
	}
	return dst, exact
}

func unescape(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c // a quote, a backslash or a slash
}

// appendValid appends s with U+FFFD for each byte that is not UTF-8.
func appendValid(dst, s []byte) []byte {
	for len(s) > 0 {
		r, n := utf8.DecodeRune(s)
		dst = utf8.AppendRune(dst, r)
		s = s[n:]
	}
	return dst
}

// appendJSON appends the JSON value v, which was scanned, with \ufffd for each lone half of a surrogate pair, which
// most readers of JSON refuse, and U+FFFD for each byte that is not UTF-8. Everything else stays byte for byte.
func appendJSON(dst, v []byte) []byte {
	from := len(dst)
	dst = appendValid(dst, v)
	for i := from; i < len(dst); i++ {
		if dst[i] != '\\' { // only strings have one
			continue
		}
		i++ // at what is escaped
		if dst[i] != 'u' {
			continue
		}
		r, _ := hex4(dst, i+1)
		if r < 0xd800 || r > 0xdfff {
			continue
		}
		if r < 0xdc00 && i+6 < len(dst) && dst[i+5] == '\\' && dst[i+6] == 'u' {
			if low, _ := hex4(dst, i+7); low >= 0xdc00 && low <= 0xdfff {
				i += 10
				continue
			}
		}
		copy(dst[i+1:], "fffd")
	}
	return dst
}

// escape appends text as it stands between the quotes of a JSON string.
func escape(dst, text []byte) []byte {
	for {
		n := plain(text)
		dst = append(dst, text[:n]...)
		if n == len(text) {
			return dst
		}
		switch c := text[n]; c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\b':
			dst = append(dst, '\\', 'b')
		case '\f':
			dst = append(dst, '\\', 'f')
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			const digits = "0123456789abcdef"
			dst = append(dst, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		}
		text = text[n+1:]
	}
}

// plain returns how many bytes of text come before one that must be escaped.
func plain(text []byte) int {
	i := 0
	for len(text)-i >= 8 {
		x := binary.LittleEndian.Uint64(text[i:])
		q, e := x^quotes, x^slashes
		if m := ((q-ones)&^q | (e-ones)&^e | (x-spaces)&^x) & highs; m != 0 {
			i += bits.TrailingZeros64(m) >> 3
			// Borrows make false ones, but only above a true one.
			return i
		}
		i += 8
	}
	for ; i < len(text); i++ {
		if c := text[i]; c == '"' || c == '\\' || c < ' ' {
			break
		}
	}
	return i
}

// IsAccessKey reports whether s can be an access key's id, which a masked one ("AKIA****") is not.
func IsAccessKey(s string) bool {
	if len(s) < 16 || len(s) > 128 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}
