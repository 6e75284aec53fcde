package integrity

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// MaxDigest is the largest digest file read, in uncompressed bytes. A digest lists one hour's log files at some 400
// bytes each, so this is far beyond what CloudTrail writes.
const MaxDigest = 40 << 20

// maxListed is how many log files a digest may list: those of one hour, one account and one region.
const maxListed = 100_000

// Link is what a digest file says of itself and of the digest before it: everything but its log files.
type Link struct {
	Start, End  time.Time // digestStartTime and digestEndTime, UTC
	EndText     string    // digestEndTime as written: it is signed as text
	Bucket      string    // digestS3Bucket
	Object      string    // digestS3Object
	Fingerprint string    // digestPublicKeyFingerprint
	SHA256      [32]byte  // of the uncompressed bytes of the digest file

	// The digest before it. All are empty in the first digest of a chain.
	PreviousBucket    string
	PreviousObject    string
	PreviousHash      string // hex SHA-256, as written
	PreviousSignature string // hex, as written
	// NoPreviousSignature: previousDigestSignature is null, which is signed as the word null.
	NoPreviousSignature bool
}

// First reports whether the digest says that it has no predecessor.
func (l Link) First() bool { return l.PreviousBucket == "" || l.PreviousObject == "" }

// Digest is the content of a digest file.
type Digest struct {
	Link
	Account string
	Logs    []Listed
}

// Listed is a log file as a digest lists it.
type Listed struct {
	Bucket string
	Object string
	SHA256 [32]byte // of the log file's uncompressed bytes
}

type digestJSON struct {
	Account           string              `json:"awsAccountId"`
	Start             string              `json:"digestStartTime"`
	End               string              `json:"digestEndTime"`
	Bucket            string              `json:"digestS3Bucket"`
	Object            string              `json:"digestS3Object"`
	Fingerprint       string              `json:"digestPublicKeyFingerprint"`
	PreviousBucket    string              `json:"previousDigestS3Bucket"`
	PreviousObject    string              `json:"previousDigestS3Object"`
	PreviousHash      string              `json:"previousDigestHashValue"`
	PreviousSignature optional[string]    `json:"previousDigestSignature"`
	Logs              optional[[]logJSON] `json:"logFiles"`
}

type logJSON struct {
	Bucket    string `json:"s3Bucket"`
	Object    string `json:"s3Object"`
	Hash      string `json:"hashValue"`
	Algorithm string `json:"hashAlgorithm"`
}

// optional tells a field that is null from one that is absent: CloudTrail writes both fields always.
type optional[T any] struct {
	present bool
	value   *T
}

func (o *optional[T]) UnmarshalJSON(b []byte) error {
	o.present = true
	return json.Unmarshal(b, &o.value)
}

// ParseDigest parses the uncompressed bytes of a digest file whose SHA-256 is sum. An error says which field is
// missing or malformed; the digest is then not one that CloudTrail wrote.
func ParseDigest(data []byte, sum [32]byte) (Digest, error) {
	var d Digest
	if len(data) > MaxDigest {
		return d, fmt.Errorf("larger than %d bytes", MaxDigest)
	}
	var j digestJSON
	if err := json.Unmarshal(data, &j); err != nil {
		return d, fmt.Errorf("not the JSON of a digest: %w", err)
	}
	for _, f := range []struct{ name, value string }{
		{"digestStartTime", j.Start},
		{"digestEndTime", j.End},
		{"digestS3Bucket", j.Bucket},
		{"digestS3Object", j.Object},
		{"digestPublicKeyFingerprint", j.Fingerprint},
	} {
		if f.value == "" {
			return d, fmt.Errorf("field %s is missing", f.name)
		}
	}
	if !j.PreviousSignature.present {
		return d, errors.New("field previousDigestSignature is missing")
	}
	if !j.Logs.present {
		return d, errors.New("field logFiles is missing")
	}
	var err error
	if d.Start, err = time.Parse(time.RFC3339, j.Start); err != nil {
		return d, fmt.Errorf("digestStartTime %q is no time", clip(j.Start, 40))
	}
	if d.End, err = time.Parse(time.RFC3339, j.End); err != nil {
		return d, fmt.Errorf("digestEndTime %q is no time", clip(j.End, 40))
	}
	d.Start, d.End, d.EndText = d.Start.UTC(), d.End.UTC(), j.End
	if d.End.Before(d.Start) {
		return d, fmt.Errorf("it ends (%s) before it starts (%s)", j.End, j.Start)
	}
	d.Bucket, d.Object, d.Fingerprint = j.Bucket, j.Object, strings.ToLower(j.Fingerprint)
	d.Account, d.SHA256 = j.Account, sum
	d.PreviousBucket, d.PreviousObject, d.PreviousHash = j.PreviousBucket, j.PreviousObject, j.PreviousHash
	if j.PreviousSignature.value == nil {
		d.NoPreviousSignature = true
	} else {
		d.PreviousSignature = *j.PreviousSignature.value
	}
	if j.Logs.value == nil {
		return d, nil
	}
	if n := len(*j.Logs.value); n > maxListed {
		return d, fmt.Errorf("it lists %d log files, more than %d", n, maxListed)
	}
	d.Logs = make([]Listed, len(*j.Logs.value))
	for i, l := range *j.Logs.value {
		if l.Bucket == "" || l.Object == "" {
			return d, fmt.Errorf("log file %d has no name", i)
		}
		if l.Algorithm != "" && l.Algorithm != "SHA-256" {
			return d, fmt.Errorf("log file %q is hashed with %q, not SHA-256", l.Object, clip(l.Algorithm, 20))
		}
		sum, err := hex.DecodeString(clip(l.Hash, 66))
		if err != nil || len(sum) != 32 {
			return d, fmt.Errorf("hashValue %q of log file %q is no SHA-256", clip(l.Hash, 80), l.Object)
		}
		d.Logs[i] = Listed{Bucket: l.Bucket, Object: l.Object, SHA256: [32]byte(sum)}
	}
	return d, nil
}

// clip bounds text of unknown length that goes into a message.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return s[:n]
}
