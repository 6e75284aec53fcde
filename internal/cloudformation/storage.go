package cloudformation

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strconv"

	"go.yaml.in/yaml/v3"

	"github.com/trailseal/trailseal/internal/resource"
)

// sorted are the keys of a map.
func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// lost reports whether a key is there that cannot be imported, since its ARN is not known.
func (t *writer) lost(k *resource.Key) bool { return t.exists(k) && t.stack.keyARN(k) == "" }

func (t *writer) addKey(k *resource.Key) {
	id := k.ID()
	if k.Foreign {
		t.leave(id, "", "it is AWS's own key, whose policy nobody can change")
		return
	}
	if t.lost(k) {
		t.leave(id, "", "it is there, but its ARN is not known, without which it cannot be imported")
		return
	}
	name := t.names.resource(id)
	e := entry{name: name, kind: "KMS::Key", retain: true, properties: object(
		field{"Description", when(k.Description != "", str(k.Description))},
		field{"Enabled", yes(k.Enabled)},
		field{"EnableKeyRotation", yes(k.Rotation)},
		field{"PendingWindowInDays", number(30)},
		field{"KeyPolicy", t.document(keyRank, k.Policy)},
	)}
	alias := entry{name: t.names.part(id, "Alias"), kind: "KMS::Alias", retain: true}
	if t.exists(k) {
		e.identifier = map[string]string{"KeyId": last(t.stack.keyARN(k), "/")}
		alias.identifier = map[string]string{"AliasName": k.Alias}
	}
	t.put(e)
	if k.Alias != "" {
		alias.properties = object(field{"AliasName", str(k.Alias)}, field{"TargetKeyId", call("Ref", name)})
		t.put(alias)
	}
}

func (t *writer) addBucket(b *resource.Bucket) {
	id, at := b.ID(), rankOf(b)
	name := t.names.resource(id)
	e := entry{name: name, kind: "S3::Bucket", retain: true, properties: object(
		field{"BucketName", str(b.Name)},
		field{"PublicAccessBlockConfiguration", object(
			field{"BlockPublicAcls", yes(b.Public.BlockACLs)},
			field{"BlockPublicPolicy", yes(b.Public.BlockPolicy)},
			field{"IgnorePublicAcls", yes(b.Public.IgnoreACLs)},
			field{"RestrictPublicBuckets", yes(b.Public.Restrict)},
		)},
		field{"OwnershipControls", when(b.Ownership != "", object(
			field{"Rules", list(object(field{"ObjectOwnership", str(b.Ownership)}))}))},
		field{"BucketEncryption", t.encryption(at, b.Encryption)},
		field{"VersioningConfiguration", when(b.Versioning != "", object(field{"Status", str(b.Versioning)}))},
		field{"ObjectLockEnabled", when(b.Lock.Enabled, yes(true))},
		field{"ObjectLockConfiguration", lock(b.Lock)},
		field{"LifecycleConfiguration", t.lifecycle(b)},
		field{"LoggingConfiguration", when(b.Logging.Bucket != "", object(
			field{"DestinationBucketName", t.name(at, resource.BucketKind, b.Logging.Bucket)},
			field{"LogFilePrefix", when(b.Logging.Prefix != "", str(b.Logging.Prefix))},
		))},
	)}
	if t.exists(b) {
		e.identifier = map[string]string{"BucketName": b.Name}
	}
	// S3 refuses access logs for which the other bucket's policy does not allow it.
	if logs := t.bucket(b.Logging.Bucket); logs != nil && rankOf(logs) == targetRank {
		e.after = append(e.after, t.names.part(logs.ID(), "Policy"))
	}
	t.put(e)
	t.addBucketPolicy(b)
}

// bucket is the bucket of the place that has a name, or nil.
func (t *writer) bucket(name string) *resource.Bucket {
	for _, r := range t.resources {
		if b, ok := r.(*resource.Bucket); ok && b.Name == name {
			return b
		}
	}
	return nil
}

func (t *writer) addBucketPolicy(b *resource.Bucket) {
	if b.Policy.IsZero() {
		return
	}
	id := b.ID()
	e := entry{name: t.names.part(id, "Policy"), kind: "S3::BucketPolicy", retain: true, properties: object(
		field{"Bucket", call("Ref", t.names.resource(id))},
		field{"PolicyDocument", t.document(rankOf(b)+1, b.Policy)},
	)}
	now, known := t.stack.Now[id].(*resource.Bucket)
	switch {
	case !t.exists(b):
	case known && now.Policy.IsZero():
	default:
		e.identifier = map[string]string{"Bucket": b.Name}
		if !known {
			e.guess = "the bucket " + b.Name + " has a policy"
		}
	}
	t.put(e)
}

func (t *writer) encryption(at rank, e resource.Encryption) *yaml.Node {
	if e.Algorithm == "" {
		return nil
	}
	rule := object(
		field{"BucketKeyEnabled", when(e.BucketKey, yes(true))},
		field{"ServerSideEncryptionByDefault", object(
			field{"SSEAlgorithm", str(e.Algorithm)},
			field{"KMSMasterKeyID", t.say(at, e.KeyARN)},
		)},
	)
	return object(field{"ServerSideEncryptionConfiguration", list(rule)})
}

func lock(l resource.Lock) *yaml.Node {
	if !l.Enabled {
		return nil
	}
	return object(
		field{"ObjectLockEnabled", str("Enabled")},
		field{"Rule", when(l.Mode != "", object(field{"DefaultRetention", object(
			field{"Mode", str(l.Mode)},
			field{"Days", days(l.Days)},
			field{"Years", days(l.Years)},
		)}))},
	)
}

// days is a number of days, or nothing for none.
func days(n int) *yaml.Node { return when(n != 0, number(n)) }

func (t *writer) lifecycle(b *resource.Bucket) *yaml.Node {
	var rules []*yaml.Node
	for _, r := range b.Lifecycle {
		filter, err := filterOf(r.Filter)
		if err != nil {
			t.fail(b, "the lifecycle rule %q has a filter that is not understood: %w", r.ID, err)
			continue
		}
		status := "Disabled"
		if r.Enabled {
			status = "Enabled"
		}
		if filter.prefix == "" {
			filter.prefix = r.Prefix
		}
		rules = append(rules, object(
			field{"Id", when(r.ID != "", str(r.ID))},
			field{"Status", str(status)},
			field{"Prefix", when(filter.prefix != "", str(filter.prefix))},
			field{"TagFilters", optional(filter.tags)},
			field{"ObjectSizeGreaterThan", filter.larger},
			field{"ObjectSizeLessThan", filter.smaller},
			field{"Transitions", transitions(r.Transitions)},
			field{"ExpirationInDays", t.expiry(b, r.ExpireDays)},
			field{"ExpirationDate", when(r.ExpireDate != "", str(r.ExpireDate))},
			field{"ExpiredObjectDeleteMarker", when(r.ExpireMarkers, yes(true))},
			field{"NoncurrentVersionTransitions", transitions(r.NoncurrentMoves)},
			field{"NoncurrentVersionExpiration", when(r.NoncurrentDays != 0, object(
				field{"NoncurrentDays", number(r.NoncurrentDays)},
				field{"NewerNoncurrentVersions", days(r.NoncurrentVersions)},
			))},
			field{"AbortIncompleteMultipartUpload", when(r.AbortDays != 0, object(field{"DaysAfterInitiation", number(r.AbortDays)}))},
		))
	}
	if len(rules) == 0 {
		return nil
	}
	return object(field{"Rules", list(rules...)})
}

// expiry is after how many days log files expire: of the trail's bucket, a parameter that only grows.
func (t *writer) expiry(b *resource.Bucket, n int) *yaml.Node {
	most := 0
	for _, r := range b.Lifecycle {
		most = max(most, r.ExpireDays)
	}
	if n == 0 || n != most || t.names.resource(b.ID()) != "LogBucket" {
		return days(n)
	}
	return call("Ref", t.parameter("LogFileRetentionDays",
		field{"Type", str("Number")},
		field{"Description", str("Days after which log files are deleted")},
		field{"Default", number(n)},
		field{"MinValue", number(n)}))
}

func transitions(all []resource.Transition) *yaml.Node {
	var items []*yaml.Node
	for _, m := range all {
		items = append(items, object(
			field{"StorageClass", str(m.Class)},
			field{"TransitionInDays", when(m.Date == "", number(m.Days))},
			field{"TransitionDate", when(m.Date != "", str(m.Date))},
		))
	}
	return optional(items)
}

// filter is what a lifecycle rule of somebody else is about.
type filter struct {
	prefix          string
	tags            []*yaml.Node
	larger, smaller *yaml.Node
}

// filterOf reads a filter as S3's API has it. A member that it does not know is an error: without it the rule would be about
// more objects.
func filterOf(text string) (filter, error) {
	var f filter
	if text == "" {
		return f, nil
	}
	type tag struct{ Key, Value string }
	type members struct {
		Prefix                string
		Tags                  []tag
		ObjectSizeGreaterThan *int64
		ObjectSizeLessThan    *int64
	}
	var read struct {
		members
		Tag *tag
		And *members
	}
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.DisallowUnknownFields()
	if err := d.Decode(&read); err != nil {
		return f, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return f, errors.New("there is more after it")
	}
	m := read.members
	if read.And != nil {
		m = *read.And
	}
	if read.Tag != nil {
		m.Tags = append(m.Tags, *read.Tag)
	}
	f.prefix = m.Prefix
	for _, t := range m.Tags {
		f.tags = append(f.tags, object(field{"Key", str(t.Key)}, field{"Value", str(t.Value)}))
	}
	f.larger, f.smaller = size(m.ObjectSizeGreaterThan), size(m.ObjectSizeLessThan)
	return f, nil
}

// size is a number of bytes, which CloudFormation takes as text.
func size(n *int64) *yaml.Node {
	if n == nil {
		return nil
	}
	return quoted(strconv.FormatInt(*n, 10))
}
