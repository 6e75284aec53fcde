package sample

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestChainByHand(t *testing.T) {
	start := time.Date(2026, 3, 2, 0, 5, 56, 0, time.UTC)
	key, err := NewKey(1, "hand", start, start.Add(keyLife))
	if err != nil {
		t.Fatal(err)
	}
	c := &Chain{Bucket: "b", Account: "111122223333", Region: "eu-west-1", Trail: "main", HomeRegion: "us-east-1", Key: key, Start: start}
	closeHour := func() digest {
		t.Helper()
		o, err := c.Close()
		if err != nil {
			t.Fatal(err)
		}
		d := digest{object: o}
		if d.body, err = inflate(o.Body); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(d.body, &d); err != nil {
			t.Fatal(err)
		}
		return d
	}
	log, err := c.AddLog(start.Add(10*time.Minute), []byte(`{"Records":[{"eventTime":"2026-03-02T00:10:00Z"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	unlisted, err := c.UnlistedLog(start.Add(15*time.Minute), []byte(`{"Records":[]}`))
	if err != nil {
		t.Fatal(err)
	}
	first := closeHour()
	want := `{"awsAccountId":"111122223333","digestStartTime":"2026-03-02T00:05:56Z","digestEndTime":"2026-03-02T01:05:56Z","digestS3Bucket":"b",` +
		`"digestS3Object":"AWSLogs\/111122223333\/CloudTrail-Digest\/eu-west-1\/2026\/03\/02\/111122223333_CloudTrail-Digest_eu-west-1_main_us-east-1_20260302T010556Z.json.gz",` +
		`"digestPublicKeyFingerprint":"` + key.Fingerprint + `","digestSignatureAlgorithm":"SHA256withRSA","newestEventTime":"2026-03-02T00:10:00Z","oldestEventTime":"2026-03-02T00:10:00Z",` +
		`"previousDigestS3Bucket":null,"previousDigestS3Object":null,"previousDigestHashValue":null,"previousDigestHashAlgorithm":null,"previousDigestSignature":null,` +
		`"logFiles":[{"s3Bucket":"b","s3Object":"` + strings.ReplaceAll(log.Key, "/", `\/`) + `","hashValue":"` + sum(t, log) + `","hashAlgorithm":"SHA-256",` +
		`"newestEventTime":"2026-03-02T00:10:00Z","oldestEventTime":"2026-03-02T00:10:00Z"}]}`
	if d := cmp.Diff(want, string(first.body)); d != "" {
		t.Error(d)
	}
	if strings.Contains(string(first.body), filepath.Base(unlisted.Key)) {
		t.Error("the unlisted log is listed")
	}

	c.Skip(2)
	c.Hash = crypto.SHA1
	second := closeHour()
	if second.DigestStartTime != "2026-03-02T03:05:56Z" || *second.PreviousDigestS3Object != first.object.Key {
		t.Errorf("after Skip: %s", second.body)
	}
	body := sha256.Sum256(second.body)
	signed := sha1.Sum([]byte(second.DigestEndTime + "\nb/" + second.object.Key + "\n" + hex.EncodeToString(body[:]) + "\n" + *second.PreviousDigestSignature))
	signature, err := hex.DecodeString(second.object.Metadata["signature"])
	if err != nil {
		t.Fatal(err)
	}
	if err := rsa.VerifyPKCS1v15(&key.private.PublicKey, crypto.SHA1, signed[:], signature); err != nil {
		t.Errorf("SHA-1 signature: %v", err)
	}

	c.Restart()
	c.Hash, c.Backfill = 0, 5*time.Hour
	third := closeHour()
	if third.PreviousDigestS3Object != nil || !strings.HasSuffix(third.object.Key, "_20260302T050556Z_backfill.json.gz") ||
		third.object.Metadata["backfill-generation-timestamp"] != "2026-03-02T10:05:56Z" {
		t.Errorf("after Restart, as backfill: %s %v", third.object.Key, third.object.Metadata)
	}
	c.Key = nil
	if _, err := c.Close(); err == nil {
		t.Error("a chain without a key is closed")
	}
}

func sum(t *testing.T, o Object) string {
	t.Helper()
	body, err := inflate(o.Body)
	if err != nil {
		t.Fatal(err)
	}
	s := sha256.Sum256(body)
	return hex.EncodeToString(s[:])
}

func TestWriteLeavesWhatASyncLeaves(t *testing.T) {
	dir := t.TempDir()
	m, err := Write(t.Context(), dir, Options{Hours: 2, Accounts: []Account{{"111122223333", "solo"}}, Regions: []string{"us-east-1"}, FilesPerDay: 100})
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, filepath.FromSlash(m.Chains[0].LastDigest))
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	if !info.ModTime().Equal(m.Chains[0].End) {
		t.Errorf("modified %s, want %s", info.ModTime(), m.Chains[0].End)
	}
	b, err := os.ReadFile(name + SideCar)
	if err != nil {
		t.Fatal(err)
	}
	var head struct {
		LastModified, ContentType, ETag string
		ContentLength                   int64
		Metadata                        map[string]string
	}
	if err := json.Unmarshal(b, &head); err != nil {
		t.Fatal(err)
	}
	if head.ContentLength != info.Size() || head.LastModified != m.Chains[0].End.Format(isoOffset) || len(head.Metadata["signature"]) != 512 || len(head.ETag) != 34 {
		t.Errorf("%s", b)
	}
	keys, err := PublicKeysJSON(m.PublicKeys)
	if err != nil {
		t.Fatal(err)
	}
	var list struct {
		PublicKeyList []struct {
			Value                              []byte
			ValidityStartTime, ValidityEndTime time.Time
			Fingerprint                        string
		}
	}
	if err := json.Unmarshal(keys, &list); err != nil || len(list.PublicKeyList) != len(m.PublicKeys) || list.PublicKeyList[0].Fingerprint != m.PublicKeys[0].Fingerprint {
		t.Errorf("%v: %s", err, keys)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for name, o := range map[string]Options{
		"account id":  {Accounts: []Account{{"123", "short"}}},
		"same twice":  {Accounts: []Account{{"111122223333", "a"}, {"111122223333", "b"}}},
		"home region": {HomeRegion: "mars-north-1"},
		"hours":       {Hours: -1},
		"region":      {Regions: []string{"eu-west-1", "eu-west-1"}},
	} {
		if _, err := Generate(t.Context(), o, nil); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
