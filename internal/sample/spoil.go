package sample

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// What Spoil does; Fault.Kind.
const (
	LogChanged     = "log_changed"     // one byte of the uncompressed JSON is another
	LogDeleted     = "log_deleted"     // the file is gone
	DigestsDeleted = "digests_deleted" // two consecutive digests are gone, with their side-cars
	LogPlanted     = "log_planted"     // a file that no digest lists, at a time that digests cover
)

// Fault is one damage that Spoil has done.
type Fault struct {
	Kind    string    `json:"kind"`
	Account string    `json:"account"`
	Region  string    `json:"region"`
	Time    time.Time `json:"time"` // in the (first) object's name
	Keys    []string  `json:"keys"`
	Detail  string    `json:"detail"`
}

// Spoil damages the tree that Write made in dir, in four different places, and says how: LogChanged, LogDeleted,
// DigestsDeleted and LogPlanted, in this order. Equal trees are spoiled equally. The places keep away from the
// incident's gap, and from each other: they lie in different chains as far as there are four. A changed log keeps
// its modification time.
func Spoil(dir string, m Manifest) ([]Fault, error) {
	s := spoiler{dir: dir, m: m}
	var faults []Fault
	for i, damage := range []struct {
		kind     string
		position float64 // in the period
		account  int
		region   int
		do       func(ChainFacts, time.Time, *Fault) error
	}{
		{LogChanged, 0.40, 1, 0, s.change},
		{LogDeleted, 0.92, 1, 2, s.delete},
		{DigestsDeleted, 0.52, 2, 0, s.deleteDigests},
		{LogPlanted, 0.22, 0, 1, s.plant},
	} {
		c := s.chain(i, damage.account, damage.region)
		f := Fault{Kind: damage.kind, Account: c.Account, Region: c.Region}
		at := m.Start.Add(time.Duration(damage.position * float64(m.End.Sub(m.Start))))
		if err := damage.do(c, at, &f); err != nil {
			return faults, fmt.Errorf("spoil %q: %s: %w", dir, damage.kind, err)
		}
		faults = append(faults, f)
	}
	return faults, nil
}

type spoiler struct {
	dir string
	m   Manifest
}

// chain is that of an account and region, or where there are fewer, any.
func (s spoiler) chain(i, account, region int) ChainFacts {
	if account < len(s.m.Accounts) && region < len(s.m.Regions) {
		i = account*len(s.m.Regions) + region
	}
	return s.m.Chains[i%len(s.m.Chains)]
}

// named is an object with the time in its name.
type named struct {
	key string
	at  time.Time
}

// list is what lies below a prefix, by time, side-cars and backfill digests left out.
func (s spoiler) list(prefix, layout string) ([]named, error) {
	var list []named
	root := filepath.Join(s.dir, filepath.FromSlash(prefix))
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, "Z.json.gz") && layout == secondStamp || !strings.HasSuffix(name, ".json.gz") {
			return err
		}
		rel, err := filepath.Rel(s.dir, name)
		if err != nil {
			return err
		}
		fields := strings.Split(strings.TrimSuffix(d.Name(), ".json.gz"), "_")
		stamp := fields[len(fields)-1]
		if layout == minuteStamp {
			stamp = fields[len(fields)-2]
		}
		t, err := time.Parse(layout, stamp)
		list = append(list, named{filepath.ToSlash(rel), t})
		return err
	})
	slices.SortStableFunc(list, func(a, b named) int { return a.at.Compare(b.at) })
	return list, err
}

// log is the chain's first log file after a time, or else its last one.
func (s spoiler) log(c ChainFacts, after time.Time) (named, error) {
	list, err := s.list(c.LogPrefix, minuteStamp)
	if err != nil || len(list) == 0 {
		return named{}, errors.Join(err, fmt.Errorf("no log file below %q", c.LogPrefix))
	}
	for _, n := range list {
		if n.at.After(after) {
			return n, nil
		}
	}
	return list[len(list)-1], nil
}

func (s spoiler) name(key string) string { return filepath.Join(s.dir, filepath.FromSlash(key)) }

func (s spoiler) change(c ChainFacts, at time.Time, f *Fault) error {
	n, err := s.log(c, at)
	if err != nil {
		return err
	}
	name := s.name(n.key)
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	packed, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return err
	}
	body, err := io.ReadAll(z)
	if err != nil {
		return err
	}
	i := tell(body)
	if i < 0 {
		return fmt.Errorf("no address in %q", n.key)
	}
	old := body[i]
	body[i] = '0' + (old-'0'+1)%10
	if packed, err = pack(body); err != nil {
		return err
	}
	f.Time, f.Keys = n.at, []string{n.key}
	f.Detail = fmt.Sprintf("byte %d of the uncompressed JSON, in a sourceIPAddress, is %q instead of %q", i, body[i], old)
	return writeFile(name, packed, info.ModTime())
}

// tell is where the last digit of the first caller's address lies: the byte that somebody would change who wants to
// put the blame on another. -1 when no address ends in a digit.
func tell(body []byte) int {
	mark := []byte(`"sourceIPAddress":"`)
	for at := 0; ; {
		i := bytes.Index(body[at:], mark)
		if i < 0 {
			return -1
		}
		at += i + len(mark)
		end := bytes.IndexByte(body[at:], '"')
		if end > 0 && body[at+end-1] >= '0' && body[at+end-1] <= '9' {
			return at + end - 1
		}
	}
}

func (s spoiler) delete(c ChainFacts, at time.Time, f *Fault) error {
	n, err := s.log(c, at)
	if err != nil {
		return err
	}
	f.Time, f.Keys, f.Detail = n.at, []string{n.key}, "the log file is deleted"
	return remove(s.name(n.key))
}

func (s spoiler) deleteDigests(c ChainFacts, at time.Time, f *Fault) error {
	list, err := s.list(c.DigestPrefix, secondStamp)
	if err != nil {
		return err
	}
	for i := 0; i+1 < len(list); i++ {
		a, b := list[i], list[i+1]
		if a.at.Before(at) || b.at.Sub(a.at) != time.Hour {
			continue
		}
		f.Time, f.Keys, f.Detail = a.at, []string{a.key, b.key}, "two consecutive digests are deleted, with their side-cars"
		return errors.Join(remove(s.name(a.key)), remove(s.name(b.key)))
	}
	return fmt.Errorf("no two consecutive digests below %q", c.DigestPrefix)
}

// plant writes a log file with one record that clears somebody, in the middle of a covered hour.
func (s spoiler) plant(c ChainFacts, at time.Time, f *Fault) error {
	t := at.Truncate(deliveryStep).Add(20 * time.Minute)
	arn := "arn:aws:iam::" + c.Account + ":user/svc-backup"
	record := fmt.Sprintf(`{"Records":[{"eventVersion":"1.11","userIdentity":{"type":"IAMUser","principalId":"%s","arn":"%s","accountId":"%s","accessKeyId":"%s","userName":"svc-backup"},`+
		`"eventTime":"%s","eventSource":"ec2.amazonaws.com","eventName":"DescribeVolumes","awsRegion":"%s","sourceIPAddress":"%s","userAgent":"%s",`+
		`"requestParameters":{"volumeSet":{},"filterSet":{}},"responseElements":null,"requestID":"%s","eventID":"%s","readOnly":true,"eventType":"AwsApiCall",`+
		`"managementEvent":true,"recipientAccountId":"%s","eventCategory":"Management"}]}`,
		uniqueID("AIDA", 17, hash64(8, c.Account)), arn, c.Account, uniqueID("AKIA", 16, hash64(9, c.Account)),
		t.Add(-9*time.Minute).Format(isoSecond), c.Region, intruderAddress, intruderAgent, uuid(hash64(10, c.Account)), uuid(hash64(11, c.Account)), c.Account)
	chain := Chain{Prefix: s.m.Prefix, OrganizationID: s.m.OrganizationID, Account: c.Account, Region: c.Region}
	o, err := chain.UnlistedLog(t, []byte(record))
	if err != nil {
		return err
	}
	f.Time, f.Keys, f.Detail = t, []string{o.Key}, "a log file that no digest lists is added"
	if err := os.MkdirAll(s.name(path.Dir(o.Key)), 0o755); err != nil {
		return err
	}
	return writeFile(s.name(o.Key), o.Body, o.Modified)
}
