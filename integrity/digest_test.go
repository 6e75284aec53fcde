package integrity

import (
	"crypto/sha256"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// plainDigest is the content of a digest that ParseDigest takes.
func plainDigest() map[string]any {
	return map[string]any{
		"awsAccountId": "111122223333", "digestStartTime": "2026-03-02T00:05:56Z", "digestEndTime": "2026-03-02T01:05:56Z",
		"digestS3Bucket": "b", "digestS3Object": "AWSLogs/x.json.gz", "digestPublicKeyFingerprint": "AB01", "digestSignatureAlgorithm": "SHA256withRSA",
		"newestEventTime": nil, "oldestEventTime": nil,
		"previousDigestS3Bucket": "b", "previousDigestS3Object": "AWSLogs/w.json.gz", "previousDigestHashValue": "00", "previousDigestHashAlgorithm": "SHA-256",
		"previousDigestSignature": "ff", "logFiles": []any{map[string]any{
			"s3Bucket": "b", "s3Object": "AWSLogs/l.json.gz", "hashValue": strings.Repeat("ab", 32), "hashAlgorithm": "SHA-256",
		}},
	}
}

func parseMap(t testing.TB, m map[string]any) (Digest, error) {
	t.Helper()
	data, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return ParseDigest(data, sha256.Sum256(data))
}

type absent struct{}

func TestParseDigestFields(t *testing.T) {
	for _, c := range []struct {
		field string
		value any
		err   string // empty: it is a digest
	}{
		{"digestStartTime", absent{}, "digestStartTime is missing"},
		{"digestStartTime", nil, "digestStartTime is missing"},
		{"digestStartTime", "", "digestStartTime is missing"},
		{"digestStartTime", 1, "not the JSON of a digest"},
		{"digestStartTime", "yesterday", "no time"},
		{"digestStartTime", "2026-03-02T00:05:56", "no time"},
		{"digestStartTime", "2026-03-02T02:05:56Z", "before it starts"},
		{"digestStartTime", "2026-03-02T02:05:56+02:00", ""},
		{"digestEndTime", absent{}, "digestEndTime is missing"},
		{"digestEndTime", nil, "digestEndTime is missing"},
		{"digestEndTime", []any{}, "not the JSON of a digest"},
		{"digestEndTime", "2026-13-02T00:05:56Z", "no time"},
		{"digestS3Bucket", absent{}, "digestS3Bucket is missing"},
		{"digestS3Bucket", nil, "digestS3Bucket is missing"},
		{"digestS3Bucket", true, "not the JSON of a digest"},
		{"digestS3Object", absent{}, "digestS3Object is missing"},
		{"digestS3Object", nil, "digestS3Object is missing"},
		{"digestS3Object", 1.5, "not the JSON of a digest"},
		{"digestPublicKeyFingerprint", absent{}, "digestPublicKeyFingerprint is missing"},
		{"digestPublicKeyFingerprint", nil, "digestPublicKeyFingerprint is missing"},
		{"digestPublicKeyFingerprint", map[string]any{}, "not the JSON of a digest"},
		{"previousDigestSignature", absent{}, "previousDigestSignature is missing"},
		{"previousDigestSignature", nil, ""},
		{"previousDigestSignature", 1, "not the JSON of a digest"},
		{"logFiles", absent{}, "logFiles is missing"},
		{"logFiles", nil, ""},
		{"logFiles", []any{}, ""},
		{"logFiles", "none", "not the JSON of a digest"},
		{"logFiles", map[string]any{}, "not the JSON of a digest"},
		{"logFiles", []any{nil}, "has no name"},
		{"logFiles", []any{1}, "not the JSON of a digest"},
		{"previousDigestS3Bucket", absent{}, ""},
		{"previousDigestS3Bucket", nil, ""},
		{"previousDigestS3Object", absent{}, ""},
		{"previousDigestS3Object", 1, "not the JSON of a digest"},
		{"previousDigestHashValue", nil, ""},
		{"awsAccountId", absent{}, ""},
		{"newestEventTime", "not a time", ""},
		{"unknownField", "x", ""},
	} {
		name, _ := json.Marshal(c.value)
		if c.value == (absent{}) {
			name = []byte("absent")
		}
		t.Run(c.field+" "+string(name), func(t *testing.T) {
			m := maps.Clone(plainDigest())
			if m[c.field] = c.value; c.value == (absent{}) {
				delete(m, c.field)
			}
			_, err := parseMap(t, m)
			if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
				t.Errorf("error %v, want %q", err, c.err)
			}
		})
	}
}

func TestParseDigestLogs(t *testing.T) {
	for _, c := range []struct {
		field string
		value any
		err   string
	}{
		{"s3Bucket", absent{}, "has no name"},
		{"s3Object", absent{}, "has no name"},
		{"s3Object", nil, "has no name"},
		{"hashValue", absent{}, "is no SHA-256"},
		{"hashValue", nil, "is no SHA-256"},
		{"hashValue", "", "is no SHA-256"},
		{"hashValue", strings.Repeat("a", 62), "is no SHA-256"},
		{"hashValue", strings.Repeat("a", 63), "is no SHA-256"},
		{"hashValue", strings.Repeat("a", 66), "is no SHA-256"},
		{"hashValue", strings.Repeat("a", 10000), "is no SHA-256"},
		{"hashValue", strings.Repeat("g", 64), "is no SHA-256"},
		{"hashValue", strings.Repeat("A", 64), ""},
		{"hashAlgorithm", "SHA-1", "not SHA-256"},
		{"hashAlgorithm", "MD5", "not SHA-256"},
		{"hashAlgorithm", absent{}, ""},
	} {
		m := plainDigest()
		log := m["logFiles"].([]any)[0].(map[string]any)
		if log[c.field] = c.value; c.value == (absent{}) {
			delete(log, c.field)
		}
		_, err := parseMap(t, m)
		if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
			t.Errorf("%s %.20v: error %v, want %q", c.field, c.value, err, c.err)
		}
	}
}

func TestParseDigest(t *testing.T) {
	m := plainDigest()
	m["digestEndTime"] = "2026-03-02T02:05:56+01:00"
	got, err := parseMap(t, m)
	if err != nil {
		t.Fatal(err)
	}
	want := Digest{
		Link: Link{
			Start: time.Date(2026, 3, 2, 0, 5, 56, 0, time.UTC), End: time.Date(2026, 3, 2, 1, 5, 56, 0, time.UTC), EndText: "2026-03-02T02:05:56+01:00",
			Bucket: "b", Object: "AWSLogs/x.json.gz", Fingerprint: "ab01", SHA256: got.SHA256,
			PreviousBucket: "b", PreviousObject: "AWSLogs/w.json.gz", PreviousHash: "00", PreviousSignature: "ff",
		},
		Account: "111122223333",
		Logs:    []Listed{{Bucket: "b", Object: "AWSLogs/l.json.gz", SHA256: [32]byte([]byte(strings.Repeat("\xab", 32)))}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if got.First() || got.NoPreviousSignature {
		t.Error("it has a predecessor")
	}
	for _, text := range []string{"", "null", "[]", "7", `"x"`, "{", "{}{}", "{} x", "\x00", "{}"} {
		if _, err := ParseDigest([]byte(text), [32]byte{}); err == nil {
			t.Errorf("%q is taken for a digest", text)
		}
	}
}

func FuzzParseDigest(f *testing.F) {
	f.Fuzz(func(t *testing.T, data []byte) {
		sum := sha256.Sum256(data)
		d, err := ParseDigest(data, sum)
		if err != nil {
			return
		}
		if d.End.Before(d.Start) || d.Bucket == "" || d.Object == "" || d.Fingerprint == "" || d.SHA256 != sum {
			t.Fatalf("%+v", d)
		}
		m := map[string]any{
			"awsAccountId": d.Account, "digestStartTime": d.Start.Format(time.RFC3339Nano), "digestEndTime": d.EndText,
			"digestS3Bucket": d.Bucket, "digestS3Object": d.Object, "digestPublicKeyFingerprint": d.Fingerprint,
			"previousDigestS3Bucket": d.PreviousBucket, "previousDigestS3Object": d.PreviousObject, "previousDigestHashValue": d.PreviousHash,
			"previousDigestSignature": d.PreviousSignature, "logFiles": nil,
		}
		if d.NoPreviousSignature {
			m["previousDigestSignature"] = nil
		}
		if d.Logs != nil {
			logs := []any{}
			for _, l := range d.Logs {
				logs = append(logs, map[string]any{"s3Bucket": l.Bucket, "s3Object": l.Object, "hashValue": hexOf(l.SHA256)})
			}
			m["logFiles"] = logs
		}
		again, err := parseMap(t, m)
		if err != nil {
			t.Fatalf("written anew: %v", err)
		}
		again.SHA256 = d.SHA256
		if diff := cmp.Diff(d, again); diff != "" {
			t.Fatalf("written anew (-want +got):\n%s", diff)
		}
	})
}

// A fuzz target without seeds fuzzes next to nothing and never fails.
func TestFuzzTargetsHaveSeeds(t *testing.T) {
	for _, target := range []string{"FuzzParseDigest", "FuzzParseKey"} {
		files, err := filepath.Glob(filepath.Join("testdata", "fuzz", target, "*"))
		if err != nil {
			t.Fatal(err)
		}
		taken := 0
		for _, f := range files {
			data, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(string(data), "go test fuzz v1\n") {
				taken++
			}
		}
		if taken < 4 {
			t.Errorf("%s has %d seeds in %d files", target, taken, len(files))
		}
	}
}
