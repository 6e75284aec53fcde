package integrity_test

import (
	"bytes"
	"compress/gzip"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/trailseal/trailseal/integrity"
)

// An auditor holds one digest file, the signature from its object metadata, a log file that it lists, and the output of
// `aws cloudtrail list-public-keys`. Nothing else is needed to check them.
func Example() {
	digestFile, signature, logFile, publicKey := delivered()

	key, err := integrity.ParsePublicKey(publicKey) // or ParsePublicKeys, of the whole JSON
	if err != nil {
		panic(err)
	}
	data, content, err := integrity.InflateGzip(bytes.NewReader(digestFile), integrity.MaxDigest)
	if err != nil {
		panic(err)
	}
	digest, err := integrity.ParseDigest(data, content.SHA256)
	if err != nil {
		panic(err)
	}
	fmt.Println("signed by CloudTrail:", integrity.VerifySignature(key.Key, digest.Link, signature) == nil)

	log, err := integrity.HashGzip(bytes.NewReader(logFile))
	fmt.Println("log file as listed:", integrity.LogProblem(digest.Logs[0].SHA256, log, err) == "")

	forged, err := integrity.HashGzip(bytes.NewReader(append(logFile, pack(`{"Records":[]}`)...)))
	fmt.Println("with more behind it:", integrity.LogProblem(digest.Logs[0].SHA256, forged, err) == "")
	// Output:
	// signed by CloudTrail: true
	// log file as listed: true
	// with more behind it: false
}

// delivered makes what CloudTrail would have delivered, with a key of its own.
func delivered() (digestFile []byte, signature string, logFile, publicKey []byte) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	publicKey = x509.MarshalPKCS1PublicKey(&key.PublicKey)
	named, err := integrity.ParsePublicKey(publicKey)
	if err != nil {
		panic(err)
	}
	const records = `{"Records":[{"eventName":"ConsoleLogin"}]}`
	sum := sha256.Sum256([]byte(records))
	text := strings.NewReplacer("KEY", named.Fingerprint, "HASH", hex.EncodeToString(sum[:])).Replace(`{
		"digestStartTime":"2026-03-02T00:00:00Z","digestEndTime":"2026-03-02T01:00:00Z",
		"digestS3Bucket":"logs","digestS3Object":"AWSLogs/111122223333/CloudTrail-Digest/…","digestPublicKeyFingerprint":"KEY",
		"previousDigestSignature":null,
		"logFiles":[{"s3Bucket":"logs","s3Object":"AWSLogs/111122223333/CloudTrail/…","hashValue":"HASH","hashAlgorithm":"SHA-256"}]}`)
	digest, err := integrity.ParseDigest([]byte(text), sha256.Sum256([]byte(text)))
	if err != nil {
		panic(err)
	}
	signed := sha256.Sum256([]byte(integrity.StringToSign(digest.Link)))
	sig, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, signed[:])
	if err != nil {
		panic(err)
	}
	return pack(text), hex.EncodeToString(sig), pack(records), publicKey
}

func pack(text string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		panic(err)
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}
