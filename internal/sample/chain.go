package sample

import (
	"bytes"
	"compress/gzip"
	"crypto"
	"crypto/rsa"
	_ "crypto/sha1" // the hash of negative tests
	"crypto/sha256"
	_ "crypto/sha512" // likewise
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

// Time layouts of object names, digest fields and the AWS CLI.
const (
	minuteStamp = "20060102T1504Z"
	secondStamp = "20060102T150405Z"
	isoSecond   = "2006-01-02T15:04:05Z"
	isoOffset   = "2006-01-02T15:04:05+00:00"
)

// Object is one object of the bucket. Body is compressed as stored.
type Object struct {
	Key      string
	Body     []byte
	Metadata map[string]string // user metadata: digests have it, log files do not
	Modified time.Time
}

// Chain builds one digest chain: AddLog as often as the hour delivers, then Close, for each hour in turn.
//
//	c := &sample.Chain{Bucket: "logs", Account: "111122223333", Region: "eu-west-1", Trail: "main",
//		HomeRegion: "eu-west-1", Key: key, Start: start}
//	log, err := c.AddLog(start.Add(10*time.Minute), []byte(`{"Records":[]}`))
//	digest, err := c.Close()
//
// The caller keeps or drops the objects. Any field may be changed between two calls: another Key is a rotation,
// another Bucket or Prefix a trail that was redirected. A Chain is used by one goroutine.
type Chain struct {
	Bucket, Prefix    string
	OrganizationID    string // of an organization trail, else empty
	Account, Region   string
	Trail, HomeRegion string
	Key               *Key
	// Hash is what the signature is made over; zero means SHA-256, anything else is a forgery's choice.
	Hash crypto.Hash
	// Start is where the first digest's hour begins; its minute and second are the chain's cadence.
	Start time.Time
	// Backfill makes this the chain of backfill digests, which is separate from the hourly one: their keys end in
	// _backfill.json.gz, and they say in their metadata that they were generated this long after their hour.
	Backfill time.Duration

	hours    int
	logs     []logEntry
	previous *link
}

type logEntry struct {
	bucket, key, hash string
	oldest, newest    string
}

type link struct{ bucket, key, hash, signature string }

// HourStart and HourEnd bound the hour of the digest that Close will write next.
func (c *Chain) HourStart() time.Time { return c.Start.UTC().Add(time.Duration(c.hours) * time.Hour) }

// HourEnd is the end of that hour; see HourStart.
func (c *Chain) HourEnd() time.Time { return c.HourStart().Add(time.Hour) }

// AddLog makes a log file of body, the uncompressed JSON, delivered at the given time, and lists it in the next
// digest. It does not ask whether the time lies in that digest's hour, nor whether body is a log at all.
func (c *Chain) AddLog(delivered time.Time, body []byte) (Object, error) {
	o, entry, err := c.log(delivered, body)
	if err == nil {
		c.logs = append(c.logs, entry)
	}
	return o, err
}

// UnlistedLog makes a log file as AddLog does, but no digest will list it.
func (c *Chain) UnlistedLog(delivered time.Time, body []byte) (Object, error) {
	o, _, err := c.log(delivered, body)
	return o, err
}

func (c *Chain) log(delivered time.Time, body []byte) (Object, logEntry, error) {
	t := delivered.UTC()
	sum := sha256.Sum256(body)
	unique := appendID(nil, binary.LittleEndian.Uint64(sum[:])^hash64(uint64(t.Unix()), c.Account, c.Region), base62Digits, 16)
	key := fmt.Sprintf("%s/CloudTrail/%s/%s/%s_CloudTrail_%s_%s_%s.json.gz",
		c.root(), c.Region, t.Format("2006/01/02"), c.Account, c.Region, t.Format(minuteStamp), unique)
	packed, err := pack(body)
	if err != nil {
		return Object{}, logEntry{}, fmt.Errorf("write log %q: %w", key, err)
	}
	oldest, newest := eventTimes(body)
	entry := logEntry{bucket: c.Bucket, key: key, hash: hex.EncodeToString(sum[:]), oldest: oldest, newest: newest}
	return Object{Key: key, Body: packed, Modified: t}, entry, nil
}

// Restart makes the next digest the first of a new chain: its previous* fields are null, as after StartLogging.
func (c *Chain) Restart() { c.previous = nil }

// Skip lets hours pass without a digest. Without Restart the next digest is linked to the last one written, which
// AWS never does over a hole.
func (c *Chain) Skip(hours int) { c.hours += hours }

// Close writes the digest of the current hour, with the logs added since the last one, and begins the next hour.
func (c *Chain) Close() (Object, error) {
	if c.Key == nil {
		return Object{}, errors.New("close digest: the chain has no key")
	}
	end := c.HourEnd()
	suffix := ""
	if c.Backfill > 0 {
		suffix = "_backfill"
	}
	key := fmt.Sprintf("%s/CloudTrail-Digest/%s/%s/%s_CloudTrail-Digest_%s_%s_%s_%s%s.json.gz", c.root(), c.Region,
		end.Format("2006/01/02"), c.Account, c.Region, c.Trail, c.HomeRegion, end.Format(secondStamp), suffix)
	body := c.digest(key)
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:])
	signature, err := c.sign(end, key, hash)
	if err != nil {
		return Object{}, fmt.Errorf("sign digest %q: %w", key, err)
	}
	packed, err := pack(body)
	if err != nil {
		return Object{}, fmt.Errorf("write digest %q: %w", key, err)
	}
	o := Object{Key: key, Body: packed, Modified: end,
		Metadata: map[string]string{"signature": signature, "signature-algorithm": "SHA256withRSA"}}
	if c.Backfill > 0 {
		o.Modified = end.Add(c.Backfill)
		o.Metadata["backfill-generation-timestamp"] = o.Modified.Format(isoSecond)
	}
	c.previous = &link{c.Bucket, key, hash, signature}
	c.logs = nil
	c.hours++
	return o, nil
}

// digest is the uncompressed JSON of the current hour's digest, in AWS's field order and escaping.
func (c *Chain) digest(key string) []byte {
	oldest, newest := "", ""
	for _, l := range c.logs {
		if l.oldest != "" && (oldest == "" || l.oldest < oldest) {
			oldest = l.oldest
		}
		newest = max(newest, l.newest)
	}
	p, hashAlgorithm := link{}, ""
	if c.previous != nil {
		p, hashAlgorithm = *c.previous, "SHA-256"
	}
	var b []byte
	sep := byte('{')
	field := func(name, value string) {
		b = append(append(append(b, sep, '"'), name...), '"', ':')
		b = appendNullable(b, value)
		sep = ','
	}
	field("awsAccountId", c.Account)
	field("digestStartTime", c.HourStart().Format(isoSecond))
	field("digestEndTime", c.HourEnd().Format(isoSecond))
	field("digestS3Bucket", c.Bucket)
	field("digestS3Object", key)
	field("digestPublicKeyFingerprint", c.Key.Fingerprint)
	field("digestSignatureAlgorithm", "SHA256withRSA")
	field("newestEventTime", newest)
	field("oldestEventTime", oldest)
	field("previousDigestS3Bucket", p.bucket)
	field("previousDigestS3Object", p.key)
	field("previousDigestHashValue", p.hash)
	field("previousDigestHashAlgorithm", hashAlgorithm)
	field("previousDigestSignature", p.signature)
	b = append(b, `,"logFiles":[`...)
	for i, l := range c.logs {
		if i > 0 {
			b = append(b, ',')
		}
		sep = '{'
		field("s3Bucket", l.bucket)
		field("s3Object", l.key)
		field("hashValue", l.hash)
		field("hashAlgorithm", "SHA-256")
		field("newestEventTime", l.newest)
		field("oldestEventTime", l.oldest)
		b = append(b, '}')
	}
	return append(b, "]}"...)
}

// sign returns the hex signature over the string that AWS documents.
func (c *Chain) sign(end time.Time, key, hash string) (string, error) {
	previous := "null"
	if c.previous != nil {
		previous = c.previous.signature
	}
	text := end.Format(isoSecond) + "\n" + c.Bucket + "/" + key + "\n" + hash + "\n" + previous
	algorithm := c.Hash
	if algorithm == 0 {
		algorithm = crypto.SHA256
	}
	h := algorithm.New()
	h.Write([]byte(text))
	signature, err := rsa.SignPKCS1v15(nil, c.Key.private, algorithm, h.Sum(nil))
	return hex.EncodeToString(signature), err
}

// root is the key up to and including the account.
func (c *Chain) root() string {
	root := "AWSLogs/"
	if p := strings.Trim(c.Prefix, "/"); p != "" {
		root = p + "/" + root
	}
	if c.OrganizationID != "" {
		root += c.OrganizationID + "/"
	}
	return root + c.Account
}

func pack(body []byte) ([]byte, error) {
	var b bytes.Buffer
	b.Grow(len(body)/6 + 64)
	z := zips.Get().(*gzip.Writer)
	defer zips.Put(z)
	z.Reset(&b)
	z.OS = 3 // Unix, as AWS's files say
	if _, err := z.Write(body); err != nil {
		return nil, err
	}
	err := z.Close()
	return b.Bytes(), err
}

// zips are shared: copies of a Chain work at the same time.
var zips = sync.Pool{New: func() any { return gzip.NewWriter(nil) }}

// appendNullable appends a JSON string with `\/` for each slash, or null for the empty one. The values are names and
// times of this package, so that nothing else needs escaping.
func appendNullable(b []byte, s string) []byte {
	if s == "" {
		return append(b, "null"...)
	}
	b = append(b, '"')
	for i := range len(s) {
		if s[i] == '/' || s[i] == '"' || s[i] == '\\' {
			b = append(b, '\\')
		}
		b = append(b, s[i])
	}
	return append(b, '"')
}

// eventTimes are the oldest and newest eventTime in a log file, both empty when it has none.
func eventTimes(body []byte) (oldest, newest string) {
	mark := []byte(`"eventTime":"`)
	for {
		i := bytes.Index(body, mark)
		if i < 0 || len(body) < i+len(mark)+len(isoSecond) {
			return oldest, newest
		}
		body = body[i+len(mark):]
		t := string(body[:len(isoSecond)])
		if oldest == "" || t < oldest {
			oldest = t
		}
		newest = max(newest, t)
	}
}
