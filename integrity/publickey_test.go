package integrity

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// keyFixture is one key in both encodings, made once for all tests of this file.
var keyFixture = sync.OnceValue(func() (f struct{ pkcs1, spki []byte }) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	f.pkcs1 = x509.MarshalPKCS1PublicKey(&key.PublicKey)
	if f.spki, err = x509.MarshalPKIXPublicKey(&key.PublicKey); err != nil {
		panic(err)
	}
	return f
})

func keyBase64(der []byte) string { return base64.StdEncoding.EncodeToString(der) }

func TestParsePublicKeyReadsBothEncodings(t *testing.T) {
	f := keyFixture()
	a, err := ParsePublicKey(f.pkcs1)
	if err != nil {
		t.Fatal(err)
	}
	b, err := ParsePublicKey(f.spki)
	if err != nil {
		t.Fatal(err)
	}
	if !a.Key.Equal(b.Key) {
		t.Error("the same key in two encodings gave two keys")
	}
	if a.Fingerprint == b.Fingerprint {
		t.Error("the fingerprint is not that of the bytes as received")
	}
	for _, k := range []PublicKey{a, b} {
		if len(k.Fingerprint) != 32 || k.Fingerprint != strings.ToLower(k.Fingerprint) {
			t.Errorf("fingerprint %q is not 32 lower-case hex digits", k.Fingerprint)
		}
	}
	f2 := append([]byte(nil), f.pkcs1...)
	k, _ := ParsePublicKey(f2)
	f2[20] ^= 1
	if string(k.DER) != string(f.pkcs1) {
		t.Error("DER shares memory with the caller's slice")
	}
}

func TestParsePublicKeyRefuses(t *testing.T) {
	f := keyFixture()
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ecDER, err := x509.MarshalPKIXPublicKey(&ec.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	type rsaKey struct{ N, E *big.Int }
	der := func(n, e *big.Int) []byte {
		out, err := asn1.Marshal(rsaKey{n, e})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	odd := func(bits uint) *big.Int {
		n := new(big.Int).Lsh(big.NewInt(1), bits-1)
		return n.SetBit(n, 0, 1)
	}
	for name, c := range map[string]struct {
		der  []byte
		want string
	}{
		"nothing":            {nil, "neither"},
		"text":               {[]byte("ssh-rsa AAAA"), "neither"},
		"trailing data":      {append(append([]byte(nil), f.pkcs1...), 0), "neither"},
		"cut":                {f.pkcs1[:100], "neither"},
		"another algorithm":  {ecDER, "not RSA"},
		"too many bytes":     {make([]byte, maxKeyBytes+1), "more than"},
		"too few bits":       {der(odd(1023), big.NewInt(65537)), "1023 bits"},
		"too many bits":      {der(odd(8193), big.NewInt(65537)), "8193 bits"},
		"even modulus":       {der(new(big.Int).Lsh(big.NewInt(1), 2047), big.NewInt(65537)), "even modulus"},
		"even exponent":      {der(odd(2048), big.NewInt(65536)), "exponent"},
		"exponent 1":         {der(odd(2048), big.NewInt(1)), "exponent"},
		"exponent beyond 32": {der(odd(2048), new(big.Int).Lsh(big.NewInt(1), 40)), "neither"},
		"negative modulus":   {der(new(big.Int).Neg(odd(2048)), big.NewInt(65537)), "neither"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ParsePublicKey(c.der)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

func TestParsePublicKeys(t *testing.T) {
	f := keyFixture()
	v1, v2 := keyBase64(f.pkcs1), keyBase64(f.spki)
	k1, _ := ParsePublicKey(f.pkcs1)
	k2, _ := ParsePublicKey(f.spki)
	start, end := time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC)
	epoch := fmt.Sprintf(`{"Value":%q,"Fingerprint":%q,"ValidityStartTime":%d.0,"ValidityEndTime":%d.0}`, v1,
		k1.Fingerprint, start.Unix(), end.Unix())
	iso := fmt.Sprintf(`{"Value":%q,"Fingerprint":%q,
		"ValidityStartTime":"2026-02-01T02:00:00+02:00","ValidityEndTime":"2026-03-02T16:00:00-08:00"}`, v1,
		strings.ToUpper(k1.Fingerprint))
	wider := fmt.Sprintf(`{"Value":%q,"ValidityStartTime":"1769817600","ValidityEndTime":%d}`, v1, end.Add(time.Hour).Unix())
	bare := fmt.Sprintf(`{"Value":%q}`, v1)
	other := fmt.Sprintf(`{"Value":%q,"ValidityStartTime":null,"ValidityEndTime":"","Region":"eu-west-1"}`, v2)
	want := PublicKey{Fingerprint: k1.Fingerprint, NotBefore: start, NotAfter: end}
	second := PublicKey{Fingerprint: k2.Fingerprint, Region: "eu-west-1"}
	list := func(keys ...string) string { return `{"PublicKeyList":[` + strings.Join(keys, ",") + `]}` }
	for name, c := range map[string]struct {
		in   string
		want []PublicKey
	}{
		"epoch numbers":         {list(epoch), []PublicKey{want}},
		"times with an offset":  {list(iso), []PublicKey{want}},
		"no times":              {list(bare), []PublicKey{{Fingerprint: k1.Fingerprint}}},
		"null and empty times":  {list(other), []PublicKey{second}},
		"bare array":            {"[" + epoch + "," + other + "]", []PublicKey{want, second}},
		"one bare key":          {iso, []PublicKey{want}},
		"documents in a row":    {list(epoch) + "\n" + list(other), []PublicKey{want, second}},
		"array of documents":    {"[" + list(epoch) + "," + list(other) + "]", []PublicKey{want, second}},
		"byte order mark":       {"\ufeff" + list(epoch), []PublicKey{want}},
		"empty list":            {list(), nil},
		"unknown members":       {`{"NextToken":"x","PublicKeyList":[]}`, nil},
		"duplicate, one silent": {list(bare, epoch, bare), []PublicKey{want}},
		"duplicate, wider": {list(epoch, other, wider), []PublicKey{
			{Fingerprint: k1.Fingerprint, NotBefore: start.Add(-24 * time.Hour), NotAfter: end.Add(time.Hour)}, second}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ParsePublicKeys([]byte(c.in))
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != len(c.want) {
				t.Fatalf("%d keys, want %d", len(got), len(c.want))
			}
			for i, w := range c.want {
				g := got[i]
				if g.Fingerprint != w.Fingerprint ||
					!g.NotBefore.Equal(w.NotBefore) || !g.NotAfter.Equal(w.NotAfter) || g.Region != w.Region {
					t.Errorf("key %d: %s %v to %v in %q, want %s %v to %v in %q", i,
						g.Fingerprint, g.NotBefore, g.NotAfter, g.Region, w.Fingerprint, w.NotBefore, w.NotAfter, w.Region)
				}
			}
		})
	}
}

func TestParsePublicKeysRefuses(t *testing.T) {
	v := keyBase64(keyFixture().pkcs1)
	k, _ := ParsePublicKey(keyFixture().pkcs1)
	entry := func(rest string) string { return fmt.Sprintf(`{"PublicKeyList":[{"Value":%q%s}]}`, v, rest) }
	claimed := strings.Repeat("0a", 16)
	for name, c := range map[string]struct {
		in   string
		want []string
	}{
		"nothing":             {"", []string{"EOF"}},
		"not JSON":            {"PublicKeyList", []string{"document 1"}},
		"cut":                 {entry("")[:40], []string{"document 1"}},
		"second document bad": {entry("") + "x", []string{"document 2"}},
		"another document":    {`{"trailList":[]}`, []string{"neither a PublicKeyList nor"}},
		"a number":            {`7`, []string{"document 1"}},
		"no value":            {`{"PublicKeyList":[{"Fingerprint":"00"}]}`, []string{"neither"}},
		"list in a list":      {`{"PublicKeyList":[{"PublicKeyList":[]}]}`, []string{"inside"}},
		"bad base64":          {`{"PublicKeyList":[{"Value":"!!","Fingerprint":"00ff"}]}`, []string{"00ff", "base64"}},
		"huge value":          {`[{"Value":"` + strings.Repeat("A", 40000) + `"}]`, []string{"40000 characters"}},
		"claimed fingerprint": {entry(`,"Fingerprint":"` + claimed + `"`), []string{claimed, k.Fingerprint}},
		"strange time":        {entry(`,"ValidityEndTime":"next year"`), []string{"ValidityEndTime", "next year"}},
		"time beyond":         {entry(`,"ValidityStartTime":1e300`), []string{"1970 to 9999"}},
		"reversed":            {entry(`,"ValidityStartTime":2,"ValidityEndTime":1`), []string{"before it starts"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ParsePublicKeys([]byte(c.in))
			if err == nil {
				t.Fatal("no error")
			}
			for _, w := range c.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("error %q lacks %q", err, w)
				}
			}
		})
	}
}

// TestGenuineKeys reads the four public keys that AWS has published in its documentation.
func TestGenuineKeys(t *testing.T) {
	dir := os.Getenv("TRAILSEAL_CORPUS")
	if dir == "" {
		t.Skip("TRAILSEAL_CORPUS does not name a folder of third-party test data")
	}
	data, err := os.ReadFile(filepath.Join(dir, "share-alike", "aws-signature-vectors.json"))
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Keys []struct {
			Fingerprint string
			Value       string `json:"value_base64"`
			Encoding    string
		} `json:"public_keys"`
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.Keys) != 4 {
		t.Fatalf("%d keys, want 4", len(doc.Keys))
	}
	for _, k := range doc.Keys {
		list := fmt.Sprintf(`[{"Value":%q,"Fingerprint":%q}]`, k.Value, k.Fingerprint)
		got, err := ParsePublicKeys([]byte(list))
		if err != nil {
			t.Errorf("%s: %v", k.Fingerprint, err)
			continue
		}
		if got[0].Fingerprint != k.Fingerprint || got[0].Key.N.BitLen() != 2048 {
			t.Errorf("%s (%s): fingerprint %s, %d bits", k.Fingerprint, k.Encoding, got[0].Fingerprint, got[0].Key.N.BitLen())
		}
	}
}

func FuzzParsePublicKeys(f *testing.F) {
	v := keyBase64(keyFixture().pkcs1)
	for _, seed := range []string{
		"", "{}", "[]", "7", "null", `{"PublicKeyList":[]}`, `{"PublicKeyList":null}`, "[null]",
		fmt.Sprintf(`{"PublicKeyList":[{"Value":%q,"ValidityStartTime":1769904000.0,"ValidityEndTime":"2026-03-03T00:00:00+00:00"}]}`, v),
		fmt.Sprintf(`[{"Value":%q},{"PublicKeyList":[{"Value":%q}]}] {"PublicKeyList":[]}`, v, v),
		fmt.Sprintf(`{"Value":%q,"Fingerprint":"00"}`, v),
		`[{"Value":"MAUCAQMCAQM="}]`, "\ufeff[]",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		keys, err := ParsePublicKeys(data)
		if err != nil {
			return
		}
		seen := map[string]bool{}
		for _, k := range keys {
			again, err := ParsePublicKey(k.DER)
			if err != nil || again.Fingerprint != k.Fingerprint || !again.Key.Equal(k.Key) {
				t.Fatalf("key %s does not read back: %v", k.Fingerprint, err)
			}
			if seen[k.Fingerprint] {
				t.Fatalf("key %s is listed twice", k.Fingerprint)
			}
			seen[k.Fingerprint] = true
		}
	})
}
