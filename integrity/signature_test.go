package integrity

import (
	"crypto"
	"crypto/md5"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func hexOf(sum [32]byte) string { return hex.EncodeToString(sum[:]) }

func TestStringToSign(t *testing.T) {
	l := Link{
		EndText: "2026-03-02T02:05:56+01:00", End: time.Date(2026, 3, 2, 1, 5, 56, 0, time.UTC),
		Bucket: "b", Object: "p/AWSLogs/x.json.gz", SHA256: sha256.Sum256(nil), PreviousSignature: "AbCd",
	}
	const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	for _, c := range []struct {
		name string
		edit func(l *Link)
		want string
	}{
		{"as written", func(*Link) {}, "2026-03-02T02:05:56+01:00\nb/p/AWSLogs/x.json.gz\n" + empty + "\nAbCd"},
		{"null", func(l *Link) { l.NoPreviousSignature, l.PreviousSignature = true, "" }, "2026-03-02T02:05:56+01:00\nb/p/AWSLogs/x.json.gz\n" + empty + "\nnull"},
		{"empty", func(l *Link) { l.PreviousSignature = "" }, "2026-03-02T02:05:56+01:00\nb/p/AWSLogs/x.json.gz\n" + empty + "\n"},
	} {
		got := l
		c.edit(&got)
		if s := StringToSign(got); s != c.want {
			t.Errorf("%s: %q, want %q", c.name, s, c.want)
		}
	}
}

var testKey = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return k
})

// signLink signs over a hash; raw leaves the DigestInfo out.
func signLink(t testing.TB, l Link, h crypto.Hash) string {
	t.Helper()
	text := []byte(StringToSign(l))
	var sum []byte
	switch h {
	case crypto.SHA1:
		s := sha1.Sum(text)
		sum = s[:]
	case crypto.MD5:
		s := md5.Sum(text)
		sum = s[:]
	default:
		s := sha256.Sum256(text)
		sum = s[:]
	}
	sig, err := rsa.SignPKCS1v15(nil, testKey(), h, sum)
	if err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(sig)
}

func TestVerifySignature(t *testing.T) {
	l := Link{EndText: "2026-03-02T01:05:56Z", Bucket: "b", Object: "o", NoPreviousSignature: true}
	good := signLink(t, l, crypto.SHA256)
	pss, err := rsa.SignPSS(rand.Reader, testKey(), crypto.SHA256, sumOf(StringToSign(l)), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, signature string
		ok              bool
	}{
		{"right", good, true},
		{"in capitals", strings.ToUpper(good), true},
		{"over SHA-1, by the right key", signLink(t, l, crypto.SHA1), false},
		{"over MD5, by the right key", signLink(t, l, crypto.MD5), false},
		{"SHA-256 without a DigestInfo, by the right key", signLink(t, l, 0), false},
		{"PSS, by the right key", hex.EncodeToString(pss), false},
		{"not hexadecimal", "zz" + good[2:], false},
		{"an odd number of digits", good[1:], false},
		{"cut short", good[:len(good)-2], false},
		{"longer", good + "00", false},
		{"with a zero before", "00" + good, false},
		{"empty", "", false},
		{"zero", strings.Repeat("0", len(good)), false},
		{"with a line end", good + "\n", false},
		{"of another digest", signLink(t, Link{EndText: l.EndText, Bucket: "b", Object: "p", NoPreviousSignature: true}, crypto.SHA256), false},
	} {
		if err := VerifySignature(&testKey().PublicKey, l, c.signature); (err == nil) != c.ok || err != nil && !errors.Is(err, errSignature) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func sumOf(s string) []byte {
	sum := sha256.Sum256([]byte(s))
	return sum[:]
}

// The only genuine AWS signatures that are public: what they sign is not, but the hash of it can be recovered. They
// hold what VerifySignature rests on to AWS's own material: the key formats, the padding and the hash.
func TestGenuineSignatures(t *testing.T) {
	corpus := os.Getenv("TRAILSEAL_CORPUS")
	if corpus == "" {
		t.Skip("TRAILSEAL_CORPUS names no folder of third-party test data")
	}
	data, err := os.ReadFile(filepath.Join(corpus, "share-alike", "aws-signature-vectors.json"))
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Keys []struct {
			Value string `json:"value_base64"`
		} `json:"public_keys"`
		Signatures []struct {
			Hex         string `json:"signature_hex"`
			Fingerprint string `json:"verifies_under_fingerprint"`
			Hash        string `json:"recovered_sha256_of_signed_string"`
		}
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	var ring Keyring
	for _, k := range doc.Keys {
		der, err := base64.StdEncoding.DecodeString(k.Value)
		if err != nil {
			t.Fatal(err)
		}
		key, err := ParsePublicKey(der)
		if err != nil {
			t.Fatal(err)
		}
		ring.Add(key)
	}
	verified := 0
	for i, s := range doc.Signatures {
		sig, err := hex.DecodeString(s.Hex)
		if err != nil {
			t.Fatal(err)
		}
		for fp, key := range ring.Keys {
			hash, _ := hex.DecodeString(s.Hash)
			if len(hash) != 32 {
				hash = make([]byte, 32)
			}
			err := rsa.VerifyPKCS1v15(key.Key, crypto.SHA256, hash, sig)
			if (err == nil) != (fp == s.Fingerprint) {
				t.Errorf("signature %d under key %s: %v", i, fp, err)
			}
			if err != nil {
				continue
			}
			verified++
			for bit := range 8 * len(sig) {
				sig[bit/8] ^= 1 << (bit % 8)
				if rsa.VerifyPKCS1v15(key.Key, crypto.SHA256, hash, sig) == nil {
					t.Errorf("signature %d verifies with bit %d flipped", i, bit)
				}
				sig[bit/8] ^= 1 << (bit % 8)
			}
			// Of a digest that it does not belong to, it is no signature.
			if VerifySignature(key.Key, Link{EndText: "2015-08-17T14:01:31Z", Bucket: "b", Object: "o"}, s.Hex) == nil {
				t.Errorf("signature %d verifies for another digest", i)
			}
		}
	}
	if verified != 2 {
		t.Errorf("%d signatures verify, want 2", verified)
	}
}

// The one genuine digest that is public parses, and its name is one of CloudTrail's.
func TestGenuineDigest(t *testing.T) {
	corpus := os.Getenv("TRAILSEAL_CORPUS")
	if corpus == "" {
		t.Skip("TRAILSEAL_CORPUS names no folder of third-party test data")
	}
	files, err := filepath.Glob(filepath.Join(corpus, "digests", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no digest: %v", err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		d, err := ParseDigest(data, sha256.Sum256(data))
		if err != nil {
			t.Fatal(err)
		}
		k, err := ParseKey(d.Object)
		if err != nil || !k.Time.Equal(d.End) || k.Account != d.Account || k.At(d.End) != d.Object || d.PreviousObject != k.At(d.Start) || d.End.Sub(d.Start) != Cadence {
			t.Errorf("%+v %v", k, err)
		}
		for _, l := range d.Logs {
			if k, err := ParseKey(l.Object); err != nil || k.Class != LogFile {
				t.Errorf("%+v %v", k, err)
			}
		}
	}
}

func TestKeyValidity(t *testing.T) {
	from, until := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 3, 31, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name        string
		from, until time.Time
		at          time.Time
		warns       string
	}{
		{"inside", from, until, from.Add(time.Hour), ""},
		{"at its start", from, until, from, ""},
		{"at its end", from, until, until, ""},
		{"before", from, until, from.Add(-time.Second), "before its key"},
		{"after", from, until, until.Add(time.Second), "after its key"},
		{"no end stated", from, time.Time{}, until.AddDate(9, 0, 0), ""},
		{"no start stated", time.Time{}, until, from.AddDate(-9, 0, 0), ""},
		{"nothing stated", time.Time{}, time.Time{}, from, ""},
	} {
		if got := (PublicKey{NotBefore: c.from, NotAfter: c.until}).outside(c.at); (got == "") != (c.warns == "") || !strings.Contains(got, c.warns) {
			t.Errorf("%s: %q, want %q", c.name, got, c.warns)
		}
	}
}
