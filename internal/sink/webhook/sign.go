package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The headers of Standard Webhooks.
const (
	headerID        = "webhook-id"
	headerTime      = "webhook-timestamp"
	headerSignature = "webhook-signature"
)

// The lengths that Standard Webhooks has for a key, in bytes.
const (
	minKey = 24
	maxKey = 64
)

var errKey = errors.New("want whsec_ and base64 of 24 to 64 random bytes")

// key decodes a secret: base64, with whsec_ before it or without.
func key(secret string) ([]byte, error) {
	k, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil || len(k) < minKey || len(k) > maxKey {
		return nil, errKey
	}
	return k, nil
}

// Sign returns the signature of a body as webhook-signature has it: "v1," and base64 of HMAC-SHA256 over id, time in Unix
// seconds and body with dots between. The error does not hold the secret.
func Sign(secret, id string, at int64, body []byte) (string, error) {
	k, err := key(secret)
	if err != nil {
		return "", err
	}
	h := hmac.New(sha256.New, k)
	h.Write([]byte(id + "." + strconv.FormatInt(at, 10) + "."))
	h.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(h.Sum(nil)), nil
}

// Verify is what a receiver does: it reports why the headers of a request do not vouch for its body. now may differ from the
// time of the request by tolerance; some signature must be one of some secret. It does not know which ids were seen.
func Verify(secrets []string, header http.Header, body []byte, now time.Time, tolerance time.Duration) error {
	id, sent := header.Get(headerID), header.Get(headerTime)
	at, err := strconv.ParseInt(sent, 10, 64)
	if err != nil || sent != strconv.FormatInt(at, 10) {
		return errors.New("webhook-timestamp is not a time")
	}
	if d := now.Sub(time.Unix(at, 0)).Abs(); d > tolerance {
		return errors.New("webhook-timestamp is too old or too new")
	}
	if id == "" || strings.Contains(id, ".") {
		return errors.New("webhook-id is not an id")
	}
	for _, secret := range secrets {
		want, err := Sign(secret, id, at, body)
		if err != nil {
			return err
		}
		for got := range strings.FieldsSeq(header.Get(headerSignature)) {
			if hmac.Equal([]byte(got), []byte(want)) {
				return nil
			}
		}
	}
	return errors.New("no signature is right")
}
