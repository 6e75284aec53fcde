package sigma

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// maxTexts is how many texts may become of one value.
const maxTexts = 1000

// encode applies encodings to a text, which may then be one of several.
func encode(text []rune, encodings []string) ([][]rune, error) {
	texts := [][]rune{text}
	var raw [][]byte // the texts as bytes, once they are encoded
	for _, name := range encodings {
		if name == "windash" {
			texts[0] = windash(texts[0])
			continue
		}
		if raw == nil {
			var err error
			if raw, err = spell(texts[0]); err != nil {
				return nil, fmt.Errorf("%w before %s", err, name)
			}
		}
		var out [][]byte
		for _, b := range raw {
			switch name {
			case "base64":
				out = append(out, base64.StdEncoding.AppendEncode(nil, b))
			case "base64offset":
				pieces, err := offsets(b)
				if err != nil {
					return nil, err
				}
				out = append(out, pieces...)
			default:
				out = append(out, wide(b, name))
			}
		}
		raw = out
	}
	if raw == nil {
		return texts, nil
	}
	texts = nil
	for _, b := range raw {
		var text []rune
		for _, c := range b {
			if c >= utf8.RuneSelf {
				return nil, errors.New("only ASCII can stand in a record as UTF-16 without base64 behind it")
			}
			text = append(text, rune(c))
		}
		texts = append(texts, text)
	}
	return texts, nil
}

// spell returns all texts that a text without wildcards stands for: one for each way to write its dashes.
func spell(text []rune) ([][]byte, error) {
	all := [][]byte{nil}
	for _, r := range text {
		switch r {
		case many, one:
			return nil, errors.New("a value cannot have wildcards")
		case dash:
			var more [][]byte
			for _, b := range all {
				for _, d := range dashes {
					more = append(more, utf8.AppendRune(b[:len(b):len(b)], d))
				}
			}
			if all = more; len(all) > maxTexts {
				return nil, errors.New("a value has too many dashes")
			}
		default:
			for i := range all {
				all[i] = utf8.AppendRune(all[i], r)
			}
		}
	}
	return all, nil
}

// wide returns UTF-8 as UTF-16: little-endian unless its name says otherwise, and with a byte order mark for utf16.
func wide(b []byte, name string) []byte {
	var order binary.AppendByteOrder = binary.LittleEndian
	if name == "utf16be" {
		order = binary.BigEndian
	}
	units := utf16.Encode([]rune(string(b)))
	if name == "utf16" {
		units = append([]uint16{0xfeff}, units...)
	}
	var out []byte
	for _, u := range units {
		out = order.AppendUint16(out, u)
	}
	return out
}

// offsets returns what is the same in the base64 of every text that has b in it, for each of three places modulo three.
func offsets(b []byte) ([][]byte, error) {
	var out [][]byte
	for shift := range 3 {
		code := base64.StdEncoding.AppendEncode(nil, append(make([]byte, shift), b...))
		code = code[[]int{0, 2, 3}[shift] : len(code)-[]int{0, 3, 2}[(len(b)+shift)%3]]
		if len(code) == 0 {
			return nil, errors.New("a value is too short for base64offset")
		}
		out = append(out, code)
	}
	return out, nil
}
