package sample

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto"
	"crypto/md5"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// smallOptions is an organization that holds everything the default one does, in three days and two regions.
var smallOptions = Options{Seed: 7, Hours: 72, Regions: []string{"eu-west-1", "us-east-1"}, FilesPerDay: 90, Prefix: "audit", Backfill: true}

type bucket struct {
	objects  []Object
	manifest Manifest
	digests  []digest // in the order of keys, that is of time within a chain
	inflated map[string][]byte
}

type digest struct {
	AwsAccountID               string
	DigestStartTime            string
	DigestEndTime              string
	DigestS3Bucket             string
	DigestS3Object             string
	DigestPublicKeyFingerprint string
	DigestSignatureAlgorithm   string
	NewestEventTime            *string
	OldestEventTime            *string
	PreviousDigestS3Bucket     *string
	PreviousDigestS3Object     *string
	PreviousDigestHashValue    *string
	PreviousDigestHashAlg      *string `json:"previousDigestHashAlgorithm"`
	PreviousDigestSignature    *string
	LogFiles                   []struct {
		S3Bucket, S3Object, HashValue, HashAlgorithm string
		NewestEventTime, OldestEventTime             string
	}
	object Object
	body   []byte
}

func (d *digest) chain() string {
	kind := ""
	if strings.Contains(d.object.Key, "_backfill") {
		kind = "backfill"
	}
	return path.Dir(path.Dir(path.Dir(path.Dir(d.object.Key)))) + kind
}

var small = sync.OnceValues(func() (*bucket, error) {
	objects, m, err := Objects(context.Background(), smallOptions)
	if err != nil {
		return nil, err
	}
	b := &bucket{objects: objects, manifest: m, inflated: map[string][]byte{}}
	for _, o := range objects {
		body, err := inflate(o.Body)
		if err != nil {
			return nil, err
		}
		b.inflated[o.Key] = body
		if o.Metadata == nil {
			continue
		}
		d := digest{object: o, body: body}
		if err := json.Unmarshal(body, &d); err != nil {
			return nil, err
		}
		b.digests = append(b.digests, d)
	}
	return b, nil
})

func inflate(packed []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

func smallBucket(t *testing.T) *bucket {
	t.Helper()
	b, err := small()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestEqualOptionsGiveEqualBytes(t *testing.T) {
	o := Options{Seed: 3, Hours: 24, Regions: []string{"us-east-1"}, FilesPerDay: 20}
	first, m1, err := Objects(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	second, m2, err := Objects(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.EqualFunc(first, second, sameObject) {
		t.Error("two runs give different objects")
	}
	if d := cmp.Diff(m1, m2); d != "" {
		t.Errorf("manifests differ: %s", d)
	}
	// The content, too, must stay what it is: a sample made today is compared with one made next year.
	sum := sha256.New()
	for _, o := range first {
		body, err := inflate(o.Body)
		if err != nil {
			t.Fatal(err)
		}
		sum.Write([]byte(o.Key + "\n" + o.Metadata["signature"] + "\n"))
		sum.Write(body)
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != smallSum {
		t.Errorf("the sample's content has changed: its hash is %s; if that was meant, write it here and in the changelog", got)
	}
	o.Seed++
	third, _, err := Objects(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if slices.EqualFunc(first, third, sameObject) {
		t.Error("another seed gives the same objects")
	}
}

const smallSum = "4e514f1444bf8582137801984e6aed914609f4e2509c808a9e143997335920ea"

func sameObject(a, b Object) bool {
	return a.Key == b.Key && bytes.Equal(a.Body, b.Body) && maps.Equal(a.Metadata, b.Metadata) && a.Modified.Equal(b.Modified)
}

func TestDigestsAreSignedByTheKeyOfTheirTime(t *testing.T) {
	b := smallBucket(t)
	keys := map[string]PublicKey{}
	for _, k := range b.manifest.PublicKeys {
		sum := md5.Sum(k.Value)
		if got := hex.EncodeToString(sum[:]); got != k.Fingerprint {
			t.Errorf("fingerprint %s, want %s", k.Fingerprint, got)
		}
		keys[k.Fingerprint] = k
	}
	used := map[string]bool{}
	for _, d := range b.digests {
		k, ok := keys[d.DigestPublicKeyFingerprint]
		if !ok {
			t.Fatalf("%s: unknown key %s", d.object.Key, d.DigestPublicKeyFingerprint)
		}
		used[k.Fingerprint] = true
		if d.object.Modified.Before(k.From) || d.object.Modified.After(k.Until) || !strings.Contains(d.object.Key, "/"+k.Region+"/") {
			t.Errorf("%s: signed by the key of %s, valid %s to %s", d.object.Key, k.Region, k.From, k.Until)
		}
		public, err := x509.ParsePKCS1PublicKey(k.Value)
		if err != nil {
			t.Fatal(err)
		}
		previous := "null"
		if d.PreviousDigestSignature != nil {
			previous = *d.PreviousDigestSignature
		}
		hash := sha256.Sum256(d.body)
		text := d.DigestEndTime + "\n" + d.DigestS3Bucket + "/" + d.DigestS3Object + "\n" + hex.EncodeToString(hash[:]) + "\n" + previous
		signed := sha256.Sum256([]byte(text))
		signature, err := hex.DecodeString(d.object.Metadata["signature"])
		if err != nil {
			t.Fatal(err)
		}
		if err := rsa.VerifyPKCS1v15(public, crypto.SHA256, signed[:], signature); err != nil {
			t.Errorf("%s: %v", d.object.Key, err)
		}
	}
	if len(used) != len(keys) || len(keys) != 2*len(b.manifest.Regions) {
		t.Errorf("%d of %d keys are used; want two in each of %d regions", len(used), len(keys), len(b.manifest.Regions))
	}
}

func TestChainsAreLinkedAndBreakOnlyInTheGap(t *testing.T) {
	b := smallBucket(t)
	last := map[string]*digest{}
	breaks := map[string]int{}
	for i := range b.digests {
		d := &b.digests[i]
		if d.DigestS3Object != d.object.Key || d.DigestS3Bucket != b.manifest.Bucket {
			t.Errorf("%s says that it is %s/%s", d.object.Key, d.DigestS3Bucket, d.DigestS3Object)
		}
		p := last[d.chain()]
		last[d.chain()] = d
		if d.PreviousDigestS3Object == nil {
			breaks[d.chain()]++
			if d.PreviousDigestS3Bucket != nil || d.PreviousDigestHashValue != nil || d.PreviousDigestHashAlg != nil || d.PreviousDigestSignature != nil {
				t.Errorf("%s: not all previous fields are null", d.object.Key)
			}
			if p != nil && p.object.Key != chainOf(b.manifest, d).BeforeGap {
				t.Errorf("%s: broken after %s", d.object.Key, p.object.Key)
			}
			continue
		}
		if p == nil {
			t.Errorf("%s: links to nothing", d.object.Key)
			continue
		}
		hash := sha256.Sum256(p.body)
		got := []string{*d.PreviousDigestS3Bucket, *d.PreviousDigestS3Object, *d.PreviousDigestHashValue, *d.PreviousDigestSignature, *d.PreviousDigestHashAlg}
		want := []string{b.manifest.Bucket, p.object.Key, hex.EncodeToString(hash[:]), p.object.Metadata["signature"], "SHA-256"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", d.object.Key, diff)
		}
		if !strings.HasSuffix(d.chain(), "backfill") && d.DigestStartTime != p.DigestEndTime {
			t.Errorf("%s begins at %s, the one before ended at %s", d.object.Key, d.DigestStartTime, p.DigestEndTime)
		}
	}
	for chain, n := range breaks {
		if want := 2; n != want && !strings.HasSuffix(chain, "backfill") {
			t.Errorf("%s has %d digests without a previous one, want %d", chain, n, want)
		}
	}
}

func chainOf(m Manifest, d *digest) ChainFacts {
	for _, c := range m.Chains {
		if strings.HasPrefix(d.object.Key, c.DigestPrefix) {
			return c
		}
	}
	return ChainFacts{}
}

func TestEveryLogIsListedOnceInItsHour(t *testing.T) {
	b := smallBucket(t)
	listed := map[string]int{}
	for _, d := range b.digests {
		var newest, oldest string
		for _, l := range d.LogFiles {
			listed[l.S3Object]++
			body, ok := b.inflated[l.S3Object]
			if !ok || l.S3Bucket != b.manifest.Bucket {
				t.Fatalf("%s lists %s/%s, which is not there", d.object.Key, l.S3Bucket, l.S3Object)
			}
			hash := sha256.Sum256(body)
			if l.HashValue != hex.EncodeToString(hash[:]) || l.HashAlgorithm != "SHA-256" {
				t.Errorf("%s: wrong hash", l.S3Object)
			}
			f := strings.Split(path.Base(l.S3Object), "_")
			at, err := time.Parse(minuteStamp, f[3])
			if err != nil {
				t.Fatal(err)
			}
			if s := at.Format(isoSecond); s < d.DigestStartTime || s >= d.DigestEndTime || at.Minute()%5 != 0 {
				t.Errorf("%s is listed by the hour from %s to %s", l.S3Object, d.DigestStartTime, d.DigestEndTime)
			}
			if l.NewestEventTime >= at.Format(isoSecond) || l.OldestEventTime > l.NewestEventTime {
				t.Errorf("%s: events from %s to %s", l.S3Object, l.OldestEventTime, l.NewestEventTime)
			}
			newest = max(newest, l.NewestEventTime)
			if oldest == "" || l.OldestEventTime < oldest {
				oldest = l.OldestEventTime
			}
		}
		if len(d.LogFiles) == 0 && (d.NewestEventTime != nil || d.OldestEventTime != nil || !bytes.Contains(d.body, []byte(`"logFiles":[]`))) {
			t.Errorf("%s: an empty hour, but %s", d.object.Key, d.body)
		}
		if len(d.LogFiles) > 0 && (*d.NewestEventTime != newest || *d.OldestEventTime != oldest) {
			t.Errorf("%s: events from %s to %s, want %s to %s", d.object.Key, *d.OldestEventTime, *d.NewestEventTime, oldest, newest)
		}
	}
	logs := 0
	for _, o := range b.objects {
		if o.Metadata == nil {
			logs++
			if listed[o.Key] != 1 {
				t.Errorf("%s is listed %d times", o.Key, listed[o.Key])
			}
		}
	}
	if logs != b.manifest.Logs || len(b.digests) != b.manifest.Digests || logs == 0 {
		t.Errorf("%d logs and %d digests, the manifest says %d and %d", logs, len(b.digests), b.manifest.Logs, b.manifest.Digests)
	}
}

func TestLayoutIsThatOfAWS(t *testing.T) {
	b := smallBucket(t)
	log := regexp.MustCompile(`^audit/AWSLogs/o-4f9k2xq7ma/(\d{12})/CloudTrail/([a-z0-9-]+)/(\d{4})/(\d\d)/(\d\d)/(\d{12})_CloudTrail_([a-z0-9-]+)_(\d{8})T\d{4}Z_[0-9A-Za-z]{16}\.json\.gz$`)
	digest := regexp.MustCompile(`^audit/AWSLogs/o-4f9k2xq7ma/(\d{12})/CloudTrail-Digest/([a-z0-9-]+)/(\d{4})/(\d\d)/(\d\d)/(\d{12})_CloudTrail-Digest_([a-z0-9-]+)_org-trail_eu-west-1_(\d{8})T\d{6}Z(?:_backfill)?\.json\.gz$`)
	backfill := 0
	for _, o := range b.objects {
		m := log.FindStringSubmatch(o.Key)
		if o.Metadata != nil {
			m = digest.FindStringSubmatch(o.Key)
			_, late := o.Metadata["backfill-generation-timestamp"]
			if late != strings.HasSuffix(o.Key, "_backfill.json.gz") || o.Metadata["signature-algorithm"] != "SHA256withRSA" {
				t.Errorf("%s: metadata %v", o.Key, o.Metadata)
			}
			if late {
				backfill++
			}
		}
		if m == nil {
			t.Errorf("%s: no key of AWS", o.Key)
			continue
		}
		if m[1] != m[6] || m[2] != m[7] || m[3]+m[4]+m[5] != m[8] {
			t.Errorf("%s: the name does not fit the folders", o.Key)
		}
		if bytes.Contains(b.inflated[o.Key], []byte(`/`)) && o.Metadata != nil && bytes.Count(b.inflated[o.Key], []byte(`/`)) != bytes.Count(b.inflated[o.Key], []byte(`\/`)) {
			t.Errorf("%s: an unescaped slash", o.Key)
		}
	}
	if backfill < 2 {
		t.Errorf("%d backfill digests", backfill)
	}
	if !slices.IsSortedFunc(b.objects, func(a, b Object) int { return strings.Compare(a.Key, b.Key) }) {
		t.Error("objects are not sorted")
	}
}

func TestTheTrailIsSilentForThreeHoursInEveryChain(t *testing.T) {
	b := smallBucket(t)
	in := b.manifest.Incident
	for _, c := range b.manifest.Chains {
		if c.GapEnd.Sub(c.GapStart) != 3*time.Hour || c.Digests != 69 {
			t.Errorf("%s %s: %d digests, none from %s to %s", c.Account, c.Region, c.Digests, c.GapStart, c.GapEnd)
		}
		if c.GapStart.Before(in.StoppedAt) || c.GapEnd.After(in.StartedAt) || c.GapEnd.Add(time.Hour).Before(in.StartedAt) {
			t.Errorf("%s %s: gap from %s to %s, logging stopped from %s to %s", c.Account, c.Region, c.GapStart, c.GapEnd, in.StoppedAt, in.StartedAt)
		}
	}
	for _, d := range b.digests {
		c := chainOf(b.manifest, &d)
		if end := d.DigestEndTime; end > c.GapStart.Format(isoSecond) && end <= c.GapEnd.Format(isoSecond) {
			t.Errorf("%s lies in the gap", d.object.Key)
		}
	}
	stop, start := in.StoppedAt.Format(isoSecond), in.StartedAt.Format(isoSecond)
	for key, body := range b.inflated {
		for s := range strings.SplitSeq(string(body), `"eventTime":"`) {
			if at := s[:min(len(isoSecond), len(s))]; at > stop && at < start && at[0] == '2' {
				t.Errorf("%s holds an event of %s", key, at)
			}
		}
	}
}

func TestNoIncidentLeavesNoGap(t *testing.T) {
	objects, m, err := Objects(t.Context(), Options{Hours: 26, NoIncident: true, Accounts: []Account{{"111122223333", "solo"}},
		Regions: []string{"eu-north-1"}, OrganizationID: "-", FilesPerDay: 5})
	if err != nil {
		t.Fatal(err)
	}
	if m.Incident != nil || m.Digests != 26 || !m.Chains[0].GapStart.IsZero() {
		t.Errorf("incident %v, %d digests", m.Incident, m.Digests)
	}
	if want := "AWSLogs/111122223333/CloudTrail-Digest/eu-north-1/"; !strings.HasPrefix(objects[len(objects)-1].Key, "AWSLogs/111122223333/CloudTrail/") || m.Chains[0].DigestPrefix != want {
		t.Errorf("keys like %s", objects[len(objects)-1].Key)
	}
}

func TestGenerateEndsWithTheFirstErrorOfPut(t *testing.T) {
	full := errors.New("disk full")
	_, err := Generate(t.Context(), Options{Hours: 2, Regions: []string{"us-east-1"}}, func(Object) error { return full })
	if !errors.Is(err, full) {
		t.Errorf("err = %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Generate(ctx, Options{Hours: 2}, func(Object) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v", err)
	}
}
