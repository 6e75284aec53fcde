package validate_test

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/inflate"
	"github.com/trailseal/trailseal/internal/object"
	"github.com/trailseal/trailseal/internal/sample"
	"github.com/trailseal/trailseal/internal/validate"
	"github.com/trailseal/trailseal/internal/verdict"
)

// thing is one object. Like an object's ETag, version changes with what is stored; metadata nil is a folder's object
// without a side-car.
type thing struct {
	body     []byte
	metadata map[string]string
	version  string
}

// tree is a source in memory. It is not changed while a run reads it.
type tree struct {
	things map[string]thing
	sorted func() []string
	// broken makes reading fail: a key to what happens at each reading, the last one for ever.
	broken map[string][]failure
	// hidden makes a prefix fail to be listed.
	hidden map[string]error
	mu     sync.Mutex
	opened map[string]int
}

// failure is what a reading suffers: an error at opening, or one after half of the body. The zero value is none.
type failure struct{ open, body error }

func newTree(things map[string]thing) *tree {
	t := &tree{things: things, broken: map[string][]failure{}, hidden: map[string]error{}, opened: map[string]int{}}
	t.sorted = sync.OnceValue(func() []string { return slices.Sorted(maps.Keys(t.things)) })
	return t
}

func (t *tree) clone() *tree { return newTree(maps.Clone(t.things)) }

func (t *tree) put(key string, body []byte, metadata map[string]string) {
	sum := sha256.New()
	sum.Write(body)
	for _, k := range slices.Sorted(maps.Keys(metadata)) {
		fmt.Fprintf(sum, "\x00%s\x00%s", k, metadata[k])
	}
	fmt.Fprint(sum, metadata == nil)
	t.things[key] = thing{body, metadata, hex.EncodeToString(sum.Sum(nil)[:12])}
}

func (t *tree) info(key string) object.Info {
	th := t.things[key]
	return object.Info{Key: key, Size: int64(len(th.body)), Version: th.version}
}

// Dirs lists folders.
func (t *tree) Dirs(_ context.Context, prefix string) ([]string, error) {
	var out []string
	for _, k := range t.sorted() {
		rest, ok := strings.CutPrefix(k, prefix)
		name, _, deeper := strings.Cut(rest, "/")
		if ok && deeper && (len(out) == 0 || out[len(out)-1] != name+"/") {
			out = append(out, name+"/")
		}
	}
	return out, nil
}

// List lists objects.
func (t *tree) List(_ context.Context, prefix, after string) iter.Seq2[object.Info, error] {
	return func(yield func(object.Info, error) bool) {
		told := map[string]bool{}
		for _, k := range t.sorted() {
			if !strings.HasPrefix(k, prefix) || k <= after {
				continue
			}
			if p, err := t.hides(k); err != nil {
				if !told[p] && !yield(object.Info{Key: p}, err) {
					return
				}
				told[p] = true
				continue
			}
			if !yield(t.info(k), nil) {
				return
			}
		}
	}
}

func (t *tree) hides(key string) (string, error) {
	for p, err := range t.hidden {
		if strings.HasPrefix(key, p) {
			return p, err
		}
	}
	return "", nil
}

// Open opens an object.
func (t *tree) Open(_ context.Context, key string) (object.Body, error) {
	t.mu.Lock()
	n := t.opened[key]
	t.opened[key]++
	t.mu.Unlock()
	th, ok := t.things[key]
	if !ok {
		return object.Body{}, fmt.Errorf("open %q: %w", key, object.ErrNotFound)
	}
	var reader io.Reader = bytes.NewReader(th.body)
	if list := t.broken[key]; len(list) > 0 {
		switch f := list[min(n, len(list)-1)]; {
		case f.open != nil:
			return object.Body{}, f.open
		case f.body != nil:
			reader = io.MultiReader(bytes.NewReader(th.body[:len(th.body)/2]), failing{f.body})
		}
	}
	return object.Body{Info: t.info(key), Metadata: th.metadata, ReadCloser: io.NopCloser(reader)}, nil
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// world is a tree under construction: chains of one organization trail, with short names for its objects. The digest
// of chain e that ends its hour 2 is "e2", its first log file "e2.0".
type world struct {
	t *testing.T
	*tree
	chains  map[string]*sample.Chain
	names   map[string]string // key to short name
	objects map[string]sample.Object
	logs    func(hour int) int // how many an hour has
}

const (
	theBucket = "org-trail-logs"
	theOrg    = "o-abcdefghij"
	allHours  = 6
)

var (
	midnight = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	eStart   = midnight.Add(5*time.Minute + 56*time.Second)
	uStart   = midnight.Add(48*time.Minute + 35*time.Second)
	// theNow is long after everything in the tree.
	theNow = midnight.AddDate(0, 1, 0)
)

// keys are made once: the trail's, one that nobody knows, one out of its validity, and one whose private half the
// tests hold.
var keys = sync.OnceValue(func() (k struct {
	trail, unknown, expired *sample.Key
	own                     *rsa.PrivateKey
	ownID                   string
	ring                    integrity.Keyring
}) {
	make := func(label string, from, until time.Time) *sample.Key {
		key, err := sample.NewKey(7, label, from, until)
		if err != nil {
			panic(err)
		}
		return key
	}
	k.trail = make("trail", midnight.AddDate(0, 0, -10), midnight.AddDate(0, 0, 20))
	k.unknown = make("unknown", midnight, midnight.AddDate(0, 0, 1))
	k.expired = make("expired", midnight.AddDate(0, -2, 0), midnight.AddDate(0, -1, 0))
	var err error
	if k.own, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		panic(err)
	}
	for _, pub := range []sample.PublicKey{k.trail.PublicKey, k.expired.PublicKey, {Value: x509.MarshalPKCS1PublicKey(&k.own.PublicKey)}} {
		p, err := integrity.ParsePublicKey(pub.Value)
		if err != nil {
			panic(err)
		}
		p.NotBefore, p.NotAfter = pub.From, pub.Until
		k.ring.Add(p)
		k.ownID = p.Fingerprint
	}
	return k
})

func newWorld(t *testing.T) *world {
	w := &world{
		t: t, tree: newTree(map[string]thing{}), names: map[string]string{}, objects: map[string]sample.Object{},
		logs: func(h int) int { return []int{1, 1, 2, 0}[h%4] },
	}
	w.chains = map[string]*sample.Chain{
		"e": {Bucket: theBucket, OrganizationID: theOrg, Account: "111122223333", Region: "eu-west-1", Trail: "main", HomeRegion: "eu-west-1", Key: keys().trail, Start: eStart},
		"u": {Bucket: theBucket, OrganizationID: theOrg, Account: "111122223333", Region: "us-east-1", Trail: "main", HomeRegion: "eu-west-1", Key: keys().trail, Start: uStart},
	}
	return w
}

// clean is a world without a fault.
func clean(t *testing.T) *world {
	w := newWorld(t)
	w.hours("e", allHours)
	w.hours("u", allHours)
	return w
}

func (w *world) clone() *world {
	c := *w
	c.tree = w.tree.clone()
	c.names = maps.Clone(w.names)
	c.objects = maps.Clone(w.objects)
	return &c
}

// chain adds another chain, made from e.
func (w *world) chain(name string, edit func(c *sample.Chain)) *sample.Chain {
	c := &sample.Chain{Bucket: theBucket, OrganizationID: theOrg, Account: "111122223333", Region: "eu-west-1", Trail: "main", HomeRegion: "eu-west-1", Key: keys().trail, Start: eStart}
	edit(c)
	w.chains[name] = c
	return c
}

// hours lets hours pass in a chain, each with its log files and its digest.
func (w *world) hours(name string, n int) {
	for range n {
		w.hour(name, w.chains[name])
	}
}

func (w *world) hour(name string, c *sample.Chain) {
	h := int(c.HourStart().Sub(c.Start) / time.Hour)
	for k := range w.logs(h) {
		// One well inside the hour, one close to its end.
		at := c.HourStart().Add(12 * time.Minute)
		if k == 1 {
			at = c.HourEnd().Add(-4 * time.Minute)
		}
		w.must(c.AddLog(at, logBody(name, h, k)))(fmt.Sprintf("%s%d.%d", name, h, k))
	}
	w.must(c.Close())(fmt.Sprintf("%s%d", name, h))
}

func logBody(name string, h, k int) []byte {
	return fmt.Appendf(nil, `{"Records":[{"eventVersion":"1.11","eventTime":"2026-03-02T%02d:10:00Z","eventName":"GetObject","chain":%q,"n":%d}]}`, h, name, k)
}

// must adds an object under a short name.
func (w *world) must(o sample.Object, err error) func(name string) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	return func(name string) {
		w.names[o.Key], w.objects[name] = name, o
		w.put(o.Key, o.Body, o.Metadata)
	}
}

// key is the object key of a short name; that of a digest that was never written is made up.
func (w *world) key(name string) string {
	w.t.Helper()
	if o, ok := w.objects[name]; ok {
		return o.Key
	}
	var h int
	if _, err := fmt.Sscanf(name[1:], "%d", &h); err != nil {
		w.t.Fatalf("no object %q", name)
	}
	c := w.chains[name[:1]]
	return digestKeyOf(c).At(c.Start.Add(time.Duration(h+1) * time.Hour))
}

func digestKeyOf(c *sample.Chain) integrity.Key {
	k := integrity.Key{Class: integrity.DigestFile, Org: c.OrganizationID, Account: c.Account, Folder: "CloudTrail-Digest", Region: c.Region, Trail: c.Trail, Home: c.HomeRegion}
	if c.Prefix != "" {
		k.Prefix = c.Prefix + "/"
	}
	if c.Backfill > 0 {
		k.Class = integrity.BackfillDigest
	}
	return k
}

// short is the inverse of key.
func (w *world) short(key string) string {
	if s, ok := w.names[key]; ok {
		return s
	}
	for _, name := range slices.Sorted(maps.Keys(w.chains)) {
		c := w.chains[name]
		for h := -30; h < 60; h++ {
			if digestKeyOf(c).At(c.Start.Add(time.Duration(h+1)*time.Hour)) == key {
				return fmt.Sprintf("%s%d", name, h)
			}
		}
	}
	return key
}

func (w *world) drop(names ...string) {
	for _, n := range names {
		delete(w.things, w.key(n))
	}
}

// overwrite puts what is under one short name, metadata and all, in the place of another.
func (w *world) overwrite(victim, with string) {
	o := w.objects[with]
	w.put(w.key(victim), o.Body, o.Metadata)
}

func (w *world) body(name string) []byte { return w.things[w.key(name)].body }

func (w *world) setBody(name string, body []byte) {
	w.put(w.key(name), body, w.things[w.key(name)].metadata)
}

// noSidecars is what a plain `aws s3 sync` leaves.
func (w *world) noSidecars() {
	for k, th := range w.things {
		w.put(k, th.body, nil)
	}
}

// resign writes digests of a chain anew, signed by the key that the tests hold, each linked to the one before it.
func (w *world) resign(chain string, from, to int, edit func(hour int, digest map[string]any)) {
	w.t.Helper()
	for h := from; h <= to; h++ {
		name := fmt.Sprintf("%s%d", chain, h)
		var d map[string]any
		if err := json.Unmarshal(unzip(w.t, w.body(name)), &d); err != nil {
			w.t.Fatal(err)
		}
		if h > from {
			prev := w.things[w.key(fmt.Sprintf("%s%d", chain, h-1))]
			sum := sha256.Sum256(unzip(w.t, prev.body))
			d["previousDigestHashValue"], d["previousDigestSignature"] = hex.EncodeToString(sum[:]), prev.metadata["signature"]
		}
		d["digestPublicKeyFingerprint"] = keys().ownID
		if edit != nil {
			edit(h, d)
		}
		w.sign(w.key(name), d)
	}
}

// sign writes a digest with the key that the tests hold.
func (w *world) sign(key string, d map[string]any) {
	w.t.Helper()
	data, err := json.Marshal(d)
	if err != nil {
		w.t.Fatal(err)
	}
	sum := sha256.Sum256(data)
	previous, ok := d["previousDigestSignature"].(string)
	if !ok {
		previous = "null"
	}
	text := fmt.Sprintf("%s\n%s/%s\n%x\n%s", d["digestEndTime"], d["digestS3Bucket"], d["digestS3Object"], sum, previous)
	hash := sha256.Sum256([]byte(text))
	sig, err := rsa.SignPKCS1v15(nil, keys().own, crypto.SHA256, hash[:])
	if err != nil {
		w.t.Fatal(err)
	}
	w.put(key, zip(data), map[string]string{"signature": hex.EncodeToString(sig), "signature-algorithm": integrity.Algorithm})
}

func zip(data []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(data)
	_ = z.Close()
	return b.Bytes()
}

func unzip(t testing.TB, data []byte) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// options of a run over the world as a folder.
func (w *world) options(led validate.Ledger) validate.Options {
	ring := keys().ring
	return validate.Options{
		Source: w.tree, Name: "memory", Ledger: led, Ring: &ring, Hash: inflate.Hash, Inflate: inflate.Bytes,
		Now: func() time.Time { return theNow }, Wait: 1, Parallel: 4,
	}
}

// blamed is the set of kinds and short names, sorted.
func (w *world) blamed(rep verdict.Report) []string {
	var out []string
	for _, f := range rep.Faults {
		out = append(out, string(f.Kind)+" "+w.short(f.Key))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (w *world) gaps(rep verdict.Report) []string {
	var out []string
	for _, g := range rep.Gaps {
		s := g.Region + " " + g.From.Format("15:04") + "-" + g.To.Format("15:04")
		if g.Explained {
			s += " explained"
		}
		out = append(out, s)
	}
	slices.Sort(out)
	return out
}

// ledgerInMemory is the contract of validate.Ledger and nothing else: it makes thousands of runs cheap.
type ledgerInMemory struct {
	mu      sync.Mutex
	numbers map[string]int64
	digests map[int64]map[string]*verdict.Digest
	logs    map[int64]map[string]verdict.Log // by folder, then name and digest
	last    int64
}

func forgetful() *ledgerInMemory {
	return &ledgerInMemory{numbers: map[string]int64{}, digests: map[int64]map[string]*verdict.Digest{}, logs: map[int64]map[string]verdict.Log{}}
}

func (l *ledgerInMemory) number(id string) int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.numbers[id] == 0 {
		l.last++
		l.numbers[id] = l.last
	}
	return l.numbers[id]
}

func (l *ledgerInMemory) Scope(_ context.Context, source, site, account, region string) (int64, error) {
	return l.number(path.Join("scope", source, site, account, region)), nil
}

func (l *ledgerInMemory) Folder(_ context.Context, scope int64, prefix string) (int64, error) {
	return l.number(fmt.Sprintf("folder %d %s", scope, prefix)), nil
}

func (l *ledgerInMemory) Folders(_ context.Context, scope int64) (map[string]int64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := map[string]int64{}
	for id, n := range l.numbers {
		if p, ok := strings.CutPrefix(id, fmt.Sprintf("folder %d ", scope)); ok {
			out[p] = n
		}
	}
	return out, nil
}

func (l *ledgerInMemory) Digests(_ context.Context, scope int64) (map[string]*verdict.Digest, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := map[string]*verdict.Digest{}
	for k, d := range l.digests[scope] {
		c := *d
		out[k] = &c
	}
	return out, nil
}

func (l *ledgerInMemory) SaveDigests(_ context.Context, scope int64, reads []verdict.Read) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.digests[scope] == nil {
		l.digests[scope] = map[string]*verdict.Digest{}
	}
	for _, r := range reads {
		l.last++
		r.Digest.ID = l.last
		c := *r.Digest
		l.digests[scope][c.Name] = &c
		for _, cl := range r.Claims {
			if l.logs[cl.Folder] == nil {
				l.logs[cl.Folder] = map[string]verdict.Log{}
			}
			l.logs[cl.Folder][fmt.Sprintf("%s\x00%d", cl.Name, c.ID)] = verdict.Log{Name: cl.Name, Digest: c.ID, SHA256: cl.SHA256}
		}
	}
	return nil
}

func (l *ledgerInMemory) SaveProven(context.Context, []*verdict.Digest) error { return nil }

func (l *ledgerInMemory) Logs(_ context.Context, folder int64, _, _ string) iter.Seq2[verdict.Log, error] {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := slices.SortedFunc(maps.Values(l.logs[folder]), func(a, b verdict.Log) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), cmp.Compare(a.Digest, b.Digest))
	})
	return func(yield func(verdict.Log, error) bool) {
		for _, g := range all {
			if !yield(g, nil) {
				return
			}
		}
	}
}

func (l *ledgerInMemory) SaveLogs(_ context.Context, folder int64, logs []verdict.Log) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, g := range logs {
		l.logs[folder][fmt.Sprintf("%s\x00%d", g.Name, g.Digest)] = g
	}
	return nil
}

func (l *ledgerInMemory) Keys(context.Context) ([]integrity.PublicKey, error)           { return nil, nil }
func (l *ledgerInMemory) SaveKeys(context.Context, string, []integrity.PublicKey) error { return nil }
func (l *ledgerInMemory) Explanations(context.Context) ([]integrity.Explanation, error) {
	return nil, nil
}
