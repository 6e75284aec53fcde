package integrity

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Names of the object metadata that CloudTrail sets on a digest, without the "x-amz-meta-" prefix.
const (
	MetaSignature = "signature"
	MetaAlgorithm = "signature-algorithm"
	MetaBackfill  = "backfill-generation-timestamp"
)

// Algorithm is the only signature algorithm that CloudTrail uses.
const Algorithm = "SHA256withRSA"

// StringToSign is the text that CloudTrail signs for a digest
// (https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-custom-validation.html).
func StringToSign(l Link) string {
	previous := l.PreviousSignature
	if l.NoPreviousSignature {
		previous = "null"
	}
	return l.EndText + "\n" + l.Bucket + "/" + l.Object + "\n" + hex.EncodeToString(l.SHA256[:]) + "\n" + previous
}

var errSignature = errors.New("the signature does not verify")

// VerifySignature checks a digest's signature, in hex: RSASSA-PKCS1-v1_5 over SHA-256 (RFC 8017, section 8.2.2) and
// nothing else. A signature made over another hash fails, whoever made it.
func VerifySignature(key *rsa.PublicKey, l Link, signature string) error {
	sig, err := hex.DecodeString(signature)
	if err != nil {
		return fmt.Errorf("%w: it is not hexadecimal", errSignature)
	}
	sum := sha256.Sum256([]byte(StringToSign(l)))
	if err := rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], sig); err != nil {
		return fmt.Errorf("%w with the public key of its fingerprint", errSignature)
	}
	return nil
}

// Keyring holds the public keys that are known.
type Keyring struct {
	Keys map[string]PublicKey // by fingerprint
	// Unavailable says why further keys could not be looked up. While it is set, a fingerprint that is not in Keys
	// is unknown, not forged.
	Unavailable error
}

// Add puts keys into the ring. The last one of a fingerprint stands.
func (r *Keyring) Add(keys ...PublicKey) {
	if r.Keys == nil {
		r.Keys = make(map[string]PublicKey, len(keys))
	}
	for _, k := range keys {
		r.Keys[k.Fingerprint] = k
	}
}

// outside tells in words when a digest that ends at t is dated outside the key's validity; otherwise it is empty.
func (k PublicKey) outside(t time.Time) string {
	switch {
	case !k.NotBefore.IsZero() && t.Before(k.NotBefore):
		return fmt.Sprintf("dated %s, before its key %s is valid (from %s)", stamp(t), k.Fingerprint, stamp(k.NotBefore))
	case !k.NotAfter.IsZero() && t.After(k.NotAfter):
		return fmt.Sprintf("dated %s, after its key %s was valid (until %s)", stamp(t), k.Fingerprint, stamp(k.NotAfter))
	}
	return ""
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func sameHex(a, b string) bool { return strings.EqualFold(a, b) }
