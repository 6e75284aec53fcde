package terraform

import (
	"encoding/json"
	"fmt"

	"github.com/trailseal/trailseal/internal/resource"
)

// bucketParts writes a bucket, each of whose settings is a resource of its own.
type bucketParts struct {
	w     *writer
	b     *resource.Bucket
	was   *resource.Bucket // zero if it is not there, or if nothing is known of it
	label string
	at    place
}

// https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/s3_bucket

func (w *writer) bucket(b *resource.Bucket) {
	p := bucketParts{w: w, b: b, was: &resource.Bucket{}, label: w.labels[b.ID()], at: place{b.Account, b.Region}}
	if was, ok := now[*resource.Bucket](w, b.ID()); ok {
		p.was = was
	}
	body := w.resource("bucket.tf", "aws_s3_bucket", p.label, p.at)
	body.text("bucket", b.Name)
	if b.Lock.Enabled && !w.exists(b.ID()) {
		body.set("object_lock_enabled", "true")
	}
	body.keep(true, w.ignored(b.ID())...)
	if w.exists(b.ID()) {
		w.bring(body.address, b.Name)
	}
	public := p.publicAccess()
	ownership := p.ownership()
	p.encryption()
	versioning := p.versioning()
	p.lock(versioning)
	p.lifecycle(versioning)
	p.logging()
	p.policy(public, ownership)
}

// part starts a setting, which is imported if it is there.
func (p bucketParts) part(kind string, exists bool) *block {
	b := p.w.resource("bucket.tf", kind, p.label, p.at)
	b.set("bucket", expr("aws_s3_bucket."+p.label+".id"))
	if exists {
		p.w.bring(b.address, p.b.Name)
	}
	return b
}

func (p bucketParts) publicAccess() string {
	a := p.b.Public
	if a == (resource.PublicAccess{}) {
		return ""
	}
	b := p.part("aws_s3_bucket_public_access_block", p.was.Public != resource.PublicAccess{})
	b.body.AppendNewline()
	b.set("block_public_acls", boolean(a.BlockACLs))
	b.set("ignore_public_acls", boolean(a.IgnoreACLs))
	b.set("block_public_policy", boolean(a.BlockPolicy))
	b.set("restrict_public_buckets", boolean(a.Restrict))
	return b.address
}

func (p bucketParts) ownership() string {
	if p.b.Ownership == "" {
		return ""
	}
	b := p.part("aws_s3_bucket_ownership_controls", p.was.Ownership != "")
	b.sub("rule").text("object_ownership", p.b.Ownership)
	return b.address
}

func (p bucketParts) encryption() {
	e := p.b.Encryption
	if e.Algorithm == "" {
		return
	}
	b := p.part("aws_s3_bucket_server_side_encryption_configuration", p.was.Encryption.Algorithm != "")
	rule := b.sub("rule")
	if e.BucketKey || e.KeyARN != "" {
		rule.set("bucket_key_enabled", boolean(e.BucketKey))
	}
	by := rule.sub("apply_server_side_encryption_by_default")
	by.text("sse_algorithm", e.Algorithm)
	if e.KeyARN != "" {
		by.set("kms_master_key_id", p.w.refer(policies, e.KeyARN))
	}
}

// versioning never turns MFA delete on: root alone can. Where it is on, it is said, or Terraform would turn it off.
func (p bucketParts) versioning() string {
	if p.b.Versioning == "" {
		return ""
	}
	b := p.part("aws_s3_bucket_versioning", p.was.Versioning != "")
	v := b.sub("versioning_configuration")
	v.text("status", p.b.Versioning)
	if p.was.MFADelete {
		v.set("mfa_delete", quoted("Enabled"))
	}
	if p.b.MFADelete && !p.was.MFADelete {
		b.body.AppendNewline()
		b.comment("Root turns MFA delete on by hand; see the README.")
		b.keep(false, "versioning_configuration[0].mfa_delete")
	}
	return b.address
}

func (p bucketParts) lock(versioning string) {
	l := p.b.Lock
	if !l.Enabled {
		return
	}
	b := p.part("aws_s3_bucket_object_lock_configuration", p.was.Lock.Enabled)
	if l.Mode != "" {
		keep := b.sub("rule").sub("default_retention")
		keep.text("mode", l.Mode)
		if l.Years != 0 {
			keep.set("years", number(l.Years))
		} else {
			keep.set("days", number(l.Days))
		}
	}
	b.after(versioning)
}

func (p bucketParts) logging() {
	l := p.b.Logging
	if l.Bucket == "" {
		return
	}
	b := p.part("aws_s3_bucket_logging", p.was.Logging.Bucket != "")
	b.body.AppendNewline()
	b.set("target_bucket", p.w.bucketName(l.Bucket))
	b.set("target_prefix", quoted(l.Prefix))
	b.keep(false, p.unknown("target_grant", "target_object_key_format")...)
	b.after(p.w.policyOfBucket(l.Bucket))
}

// unknown are the arguments of a setting that was there.
func (p bucketParts) unknown(arguments ...string) []string {
	if p.w.exists(p.b.ID()) {
		return arguments
	}
	return nil
}

func (p bucketParts) policy(after ...string) {
	if p.b.Policy.IsZero() {
		return
	}
	b := p.part("aws_s3_bucket_policy", !p.was.Policy.IsZero())
	b.body.AppendNewline()
	b.set("policy", p.w.document(policies, p.b.ID().String(), p.b.Policy))
	b.after(after...)
}

// bucketName is a bucket of the module, or another one's name.
func (w *writer) bucketName(name string) expr {
	for _, r := range w.m.Resources {
		if b, ok := r.(*resource.Bucket); ok && b.Name == name {
			return expr("aws_s3_bucket." + w.labels[b.ID()] + ".id")
		}
	}
	return quoted(name)
}

// policyOfBucket is the address of a bucket's policy, which need not be written yet; empty if the module has none.
func (w *writer) policyOfBucket(name string) string {
	for _, r := range w.m.Resources {
		if b, ok := r.(*resource.Bucket); ok && b.Name == name && !b.Policy.IsZero() {
			return "aws_s3_bucket_policy." + w.labels[b.ID()]
		}
	}
	return ""
}

// https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/s3_bucket_lifecycle_configuration

func (p bucketParts) lifecycle(versioning string) {
	if len(p.b.Lifecycle) == 0 {
		return
	}
	filters := map[string]filter{}
	for _, r := range p.b.Lifecycle {
		f, err := readFilter(r)
		if err != nil {
			p.w.leave("The lifecycle of bucket %s is not in the module, and stays as it is: rule %q has a filter that cannot be written: %v.", p.b.Name, r.ID, err)
			return
		}
		filters[r.ID] = f
	}
	b := p.part("aws_s3_bucket_lifecycle_configuration", len(p.was.Lifecycle) > 0)
	for _, r := range p.b.Lifecycle {
		rule := b.sub("rule")
		rule.text("id", r.ID)
		rule.text("status", map[bool]string{true: "Enabled", false: "Disabled"}[r.Enabled])
		filters[r.ID].write(rule)
		p.actions(rule, r)
	}
	b.keep(false, p.unknown("transition_default_minimum_object_size")...)
	b.after(versioning)
}

// actions are what a rule does.
func (p bucketParts) actions(rule *block, r resource.LifecycleRule) {
	for _, t := range r.Transitions {
		b := rule.sub("transition")
		if t.Date == "" {
			b.set("days", p.days("hot_days", t.Days))
		}
		b.text("date", t.Date)
		b.text("storage_class", t.Class)
	}
	if r.ExpireDays != 0 || r.ExpireDate != "" || r.ExpireMarkers {
		b := rule.sub("expiration")
		if r.ExpireDays != 0 {
			b.set("days", p.days("retention_days", r.ExpireDays))
		}
		b.text("date", r.ExpireDate)
		if r.ExpireMarkers {
			b.set("expired_object_delete_marker", "true")
		}
	}
	for _, t := range r.NoncurrentMoves {
		b := rule.sub("noncurrent_version_transition")
		b.set("noncurrent_days", number(t.Days))
		b.text("storage_class", t.Class)
	}
	if r.NoncurrentDays != 0 {
		b := rule.sub("noncurrent_version_expiration")
		b.set("noncurrent_days", number(r.NoncurrentDays))
		if r.NoncurrentVersions != 0 {
			b.set("newer_noncurrent_versions", number(r.NoncurrentVersions))
		}
	}
	if r.AbortDays != 0 {
		rule.sub("abort_incomplete_multipart_upload").set("days_after_initiation", number(r.AbortDays))
	}
}

// days is a variable where it is that of the log bucket, else a number.
func (p bucketParts) days(name string, n int) expr {
	if p.label == "logs" && p.w.has(name, n) {
		return expr("var." + name)
	}
	return number(n)
}

// filter is which objects a rule of a lifecycle is about.
type filter struct {
	Prefix  string
	Tag     *tag
	Larger  *int64 `json:"ObjectSizeGreaterThan"`
	Smaller *int64 `json:"ObjectSizeLessThan"`
	And     *struct {
		Prefix  string
		Tags    []tag
		Larger  *int64 `json:"ObjectSizeGreaterThan"`
		Smaller *int64 `json:"ObjectSizeLessThan"`
	}
}

type tag struct{ Key, Value string }

func readFilter(r resource.LifecycleRule) (filter, error) {
	f := filter{Prefix: r.Prefix}
	if r.Filter == "" {
		return f, nil
	}
	f = filter{}
	if err := json.Unmarshal([]byte(r.Filter), &f); err != nil {
		return f, err
	}
	if f.Tag == nil && f.And == nil && f.Larger == nil && f.Smaller == nil {
		return f, fmt.Errorf("%q says nothing that is known", r.Filter)
	}
	return f, nil
}

func (f filter) write(rule *block) {
	b := rule.sub("filter")
	b.text("prefix", f.Prefix)
	sizes(b, f.Larger, f.Smaller)
	if f.Tag != nil {
		t := b.sub("tag")
		t.set("key", quoted(f.Tag.Key))
		t.set("value", quoted(f.Tag.Value))
	}
	if f.And == nil {
		return
	}
	and := b.sub("and")
	and.text("prefix", f.And.Prefix)
	sizes(and, f.And.Larger, f.And.Smaller)
	var tags []member
	for _, t := range f.And.Tags {
		tags = append(tags, member{t.Key, quoted(t.Value)})
	}
	if len(tags) > 0 {
		and.set("tags", object(tags))
	}
}

func sizes(b *block, larger, smaller *int64) {
	if larger != nil {
		b.set("object_size_greater_than", number(int(*larger)))
	}
	if smaller != nil {
		b.set("object_size_less_than", number(int(*smaller)))
	}
}
