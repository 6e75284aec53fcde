package integrity

import (
	"bytes"
	"crypto/md5"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"time"
)

// What is accepted as a public key. CloudTrail's own have 2,048 bits; the bounds keep a forged list from costing
// more than it should, and a toy key from proving anything.
const (
	maxKeyBytes     = 16 << 10
	maxKeyListBytes = 64 << 20
	minKeyBits      = 1024
	maxKeyBits      = 8192
)

// PublicKey is a key with which CloudTrail's digests of one region can be verified.
type PublicKey struct {
	// Fingerprint is the MD5 of DER in lower-case hex, computed here, never taken from a document.
	// It chooses the key; it proves nothing.
	Fingerprint string
	Key         *rsa.PublicKey
	// DER is the key as received: PKCS#1, or SubjectPublicKeyInfo for some older keys.
	DER []byte
	// Region is where the key was asked for, "" when the document does not tell.
	Region string
	// NotBefore and NotAfter are the validity CloudTrail states, UTC; zero when it states none.
	NotBefore, NotAfter time.Time
}

// ParsePublicKey reads one RSA public key in DER: PKCS#1 RSAPublicKey, or X.509 SubjectPublicKeyInfo. It refuses
// trailing data, more than 16 KiB, a modulus outside 1,024 to 8,192 bits, and an even or too small exponent.
func ParsePublicKey(der []byte) (PublicKey, error) {
	if len(der) > maxKeyBytes {
		return PublicKey{}, fmt.Errorf("public key has %d bytes, more than %d", len(der), maxKeyBytes)
	}
	key, err := x509.ParsePKCS1PublicKey(der)
	if err != nil {
		spki, spkiErr := x509.ParsePKIXPublicKey(der)
		if spkiErr != nil {
			return PublicKey{}, fmt.Errorf("public key is neither PKCS#1 (%w) nor SubjectPublicKeyInfo (%w)", err, spkiErr)
		}
		rsaKey, ok := spki.(*rsa.PublicKey)
		if !ok {
			return PublicKey{}, fmt.Errorf("public key is %T, not RSA", spki)
		}
		key = rsaKey
	}
	if bits := key.N.BitLen(); bits < minKeyBits || bits > maxKeyBits {
		return PublicKey{}, fmt.Errorf("public key has %d bits, not %d to %d", bits, minKeyBits, maxKeyBits)
	}
	if key.N.Bit(0) == 0 || key.E < 3 || key.E&1 == 0 {
		return PublicKey{}, errors.New("public key has an even modulus or an unusable exponent")
	}
	sum := md5.Sum(der)
	return PublicKey{Fingerprint: hex.EncodeToString(sum[:]), Key: key, DER: bytes.Clone(der)}, nil
}

// keyEntry is one key of a list, or (PublicKeyList set) a list.
type keyEntry struct {
	Value             string
	Fingerprint       string
	Region            string
	ValidityStartTime json.RawMessage
	ValidityEndTime   json.RawMessage
	PublicKeyList     *[]keyEntry
}

// ParsePublicKeys reads what `aws cloudtrail list-public-keys` prints: {"PublicKeyList": [...]}, with times as epoch
// seconds (CLI version 1) or RFC 3339 (version 2), or without times. A bare array of keys or of such documents, and
// several documents one after the other, are read too, so the outputs for many regions may simply be concatenated.
// A member Region beside Value is kept.
//
// A key that occurs more than once is returned once, at its first place, with the widest validity stated; its
// Region is "" when the occurrences differ. An empty list is no error. A stated Fingerprint that is not that of the
// Value is.
func ParsePublicKeys(document []byte) ([]PublicKey, error) {
	if len(document) > maxKeyListBytes {
		return nil, fmt.Errorf("list of public keys has %d bytes, more than %d", len(document), maxKeyListBytes)
	}
	list := keyList{at: map[string]int{}}
	dec := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(document, []byte("\ufeff")))) // a mark Windows shells add
	for n := 1; ; n++ {
		var raw json.RawMessage
		err := dec.Decode(&raw)
		if errors.Is(err, io.EOF) && n > 1 {
			return list.keys, nil
		}
		if err != nil {
			return nil, fmt.Errorf("list of public keys, document %d: %w", n, err)
		}
		if raw[0] != '[' {
			raw = append(append(json.RawMessage{'['}, raw...), ']')
		}
		var entries []keyEntry
		if err := json.Unmarshal(raw, &entries); err != nil {
			return nil, fmt.Errorf("list of public keys, document %d: %w", n, err)
		}
		for _, e := range entries {
			if err := list.add(e, 0); err != nil {
				return nil, fmt.Errorf("list of public keys, document %d: %w", n, err)
			}
		}
	}
}

// keyList gathers keys without duplicates.
type keyList struct {
	keys []PublicKey
	at   map[string]int // fingerprint to place in keys
}

// add takes an entry in. What is neither a key nor a list is refused: taking {} for an empty list would turn the wrong
// file into "key unknown" on every digest.
func (l *keyList) add(e keyEntry, depth int) error {
	if e.PublicKeyList != nil {
		if depth > 0 {
			return errors.New("PublicKeyList inside PublicKeyList")
		}
		for _, k := range *e.PublicKeyList {
			if err := l.add(k, depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	if e.Value == "" {
		return errors.New("neither a PublicKeyList nor a key with a Value")
	}
	k, err := e.parse()
	if err != nil {
		return err
	}
	if i, ok := l.at[k.Fingerprint]; ok {
		l.keys[i] = mergeKeys(l.keys[i], k)
		return nil
	}
	l.at[k.Fingerprint] = len(l.keys)
	l.keys = append(l.keys, k)
	return nil
}

func (e keyEntry) parse() (PublicKey, error) {
	if len(e.Value) > 2*maxKeyBytes {
		return PublicKey{}, fmt.Errorf("key %.40q: Value has %d characters", e.Fingerprint, len(e.Value))
	}
	der, err := base64.StdEncoding.DecodeString(e.Value) // skips line ends
	if err != nil {
		return PublicKey{}, fmt.Errorf("key %.40q: Value: %w", e.Fingerprint, err)
	}
	k, err := ParsePublicKey(der)
	if err != nil {
		return PublicKey{}, fmt.Errorf("key %.40q: %w", e.Fingerprint, err)
	}
	if e.Fingerprint != "" && !strings.EqualFold(e.Fingerprint, k.Fingerprint) {
		return PublicKey{}, fmt.Errorf("key is listed with fingerprint %.40q, but its Value has fingerprint %q",
			e.Fingerprint, k.Fingerprint)
	}
	if k.NotBefore, err = parseKeyTime(e.ValidityStartTime); err != nil {
		return PublicKey{}, fmt.Errorf("key %q: ValidityStartTime: %w", k.Fingerprint, err)
	}
	if k.NotAfter, err = parseKeyTime(e.ValidityEndTime); err != nil {
		return PublicKey{}, fmt.Errorf("key %q: ValidityEndTime: %w", k.Fingerprint, err)
	}
	if !k.NotBefore.IsZero() && !k.NotAfter.IsZero() && k.NotAfter.Before(k.NotBefore) {
		return PublicKey{}, fmt.Errorf("key %q: validity ends (%s) before it starts (%s)", k.Fingerprint,
			k.NotAfter.Format(time.RFC3339), k.NotBefore.Format(time.RFC3339))
	}
	k.Region = e.Region
	return k, nil
}

// parseKeyTime reads epoch seconds, as a number or in a string, or RFC 3339. Absent, null and "" are the zero time.
func parseKeyTime(raw json.RawMessage) (time.Time, error) {
	if len(raw) == 0 || string(raw) == "null" || string(raw) == `""` {
		return time.Time{}, nil
	}
	text := string(raw)
	if raw[0] == '"' {
		if err := json.Unmarshal(raw, &text); err != nil {
			return time.Time{}, err
		}
		if t, err := time.Parse(time.RFC3339, text); err == nil {
			return t.UTC(), nil
		}
	}
	var seconds float64
	if err := json.Unmarshal([]byte(text), &seconds); err != nil {
		return time.Time{}, fmt.Errorf("%.40q is neither epoch seconds nor an RFC 3339 time", text)
	}
	const lastSecond = 253402300799 // 9999-12-31T23:59:59Z
	if seconds < 0 || seconds > lastSecond {
		return time.Time{}, fmt.Errorf("%.40q is not in the years 1970 to 9999", text)
	}
	whole, part := math.Modf(seconds)
	return time.Unix(int64(whole), int64(math.Round(part*1e6))*1e3).UTC(), nil
}

// mergeKeys joins two listings of the same key. A time that is not stated says nothing, so one that is stated wins.
func mergeKeys(a, b PublicKey) PublicKey {
	if a.NotBefore.IsZero() || !b.NotBefore.IsZero() && b.NotBefore.Before(a.NotBefore) {
		a.NotBefore = b.NotBefore
	}
	if a.NotAfter.IsZero() || b.NotAfter.After(a.NotAfter) {
		a.NotAfter = b.NotAfter
	}
	if a.Region != b.Region {
		a.Region = ""
	}
	return a
}
