package setup

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/trailseal/trailseal/internal/resource"
)

// layout is where everything is and what it is called. It is settled before anything is wanted, since the resources name
// each other.
type layout struct {
	choice
	organization string // o-…; empty: the trail is one account's
	name, owner  string // of the trail
	arn          string // of the trail

	bucket, prefix              string
	bucketAccount, bucketRegion string
	bucketAdopted               bool // the trail delivers there already
	accessBucket, configBucket  string

	key      keyRef // of log files, in the bucket's region
	local    keyRef // of log group and topics, in the trail's region; most often the same
	group    string // log group; empty: none that the account could have alarms on
	logRole  roleRef
	alarm    string // topic that alarms tell
	delivery string // topic of deliveries; empty: none of the account's own
	slack    roleRef
	auditor  string // ARN of the auditor's role
}

// keyRef is a KMS key, which is there or not.
type keyRef struct {
	account, region string
	alias           string // empty: it is known by its ARN
	arn             string // the placeholder while it is not known
	adopted         bool   // the trail encrypts with it already
}

func (k keyRef) id() resource.ID {
	name := k.alias
	if name == "" {
		name = k.arn
	}
	return resource.ID{Kind: resource.KeyKind, Account: k.account, Region: k.region, Name: name}
}

// roleRef is an IAM role. One that is somebody else's is named and not wanted.
type roleRef struct {
	name, path, arn string
	foreign         bool
}

// KeyPlaceholder stands for the ARN of a key that is not made yet: AWS alone gives keys their ids.
func KeyPlaceholder(partition, region, account, alias string) string {
	return "arn:" + partition + ":kms:" + region + ":" + account + ":" + alias
}

// lay settles the layout.
func (c *compiler) lay() error {
	l := &c.l
	l.choice = choose(c.b, c.s)
	l.auditor = c.auditorARN()
	organization := c.b.Organization || l.trail != nil && l.managed == "" && l.trail.Organization
	var err error
	if organization {
		if l.organization, err = organizationOf(c.b, c.s); err != nil {
			return err
		}
	}
	if l.trail != nil && l.trail.Region != c.s.Region && (l.managed == "" || c.groupHere(l.trail)) {
		return &RegionError{l.trail.Name, l.trail.Region, c.s.Region}
	}
	l.name, l.owner = cmp.Or(c.b.Trail.Name, c.b.Name), c.s.Account
	if l.organization != "" {
		l.owner = c.s.Organization.ManagementAccount
	}
	if l.trail != nil {
		l.name, l.owner = l.trail.Name, l.trail.Account
	}
	l.arn = c.arnOf("cloudtrail", c.s.Region, l.owner, "trail/"+l.name)
	l.configBucket = c.configBucketName()
	c.layAlarms()
	if l.managed != "" {
		l.local = c.madeKey(c.s.Region)
		return nil
	}
	c.layBucket()
	return c.layKeys()
}

// layBucket settles the buckets of log files and of access logs.
func (c *compiler) layBucket() {
	l, b := &c.l, c.b.Bucket
	l.bucket, l.prefix, l.bucketAccount, l.bucketRegion = b.Name, b.Prefix, cmp.Or(b.Account, c.s.Account), c.s.Region
	var was resource.Trail
	if l.trail != nil {
		was = *l.trail
		l.bucket, l.prefix = cmp.Or(b.Name, was.Bucket), cmp.Or(b.Prefix, was.Prefix)
		l.bucketAdopted = l.bucket == was.Bucket
		if l.bucket != was.Bucket || l.prefix != was.Prefix {
			l.ask = append(l.ask, fmt.Sprintf("The trail delivers to %q now and would from then on deliver to %q: what is in the old place stays there. Move it?",
				joined(was.Bucket, was.Prefix), joined(l.bucket, l.prefix)))
		}
	}
	l.bucket = cmp.Or(l.bucket, c.b.Name+"-cloudtrail-"+c.s.Account+"-"+c.s.Region)
	l.accessBucket = cmp.Or(b.AccessLogBucket, shortened(l.bucket, "-access"))
	if key, ok := parseARN(was.KeyARN); ok && l.bucketAdopted {
		l.bucketRegion = key.region // CloudTrail takes a key of the bucket's region only
	}
	if is := c.facts.Buckets[l.bucket]; is != nil {
		l.bucketRegion = cmp.Or(is.Region, l.bucketRegion)
		if b.AccessLogBucket == "" {
			l.accessBucket = cmp.Or(is.Logging.Bucket, l.accessBucket)
		}
	}
}

// layKeys settles the keys. Log group and topics need one of their own region.
func (c *compiler) layKeys() error {
	l := &c.l
	l.key = c.madeKey(l.bucketRegion)
	if l.trail != nil && l.trail.KeyARN != "" {
		if k := c.keyOf(l.trail.KeyARN); k.region == l.bucketRegion {
			l.key = k
			l.key.adopted = true
		}
	}
	if arn := c.b.Key.ARN; arn != "" {
		was := l.key
		l.key = c.keyOf(arn)
		l.key.adopted = was.adopted && was.arn == arn
		if l.key.region != l.bucketRegion {
			return wrong("key.arn", "the key is in %s and the bucket %q in %s: want a key of the bucket's region", l.key.region, l.bucket, l.bucketRegion)
		}
	}
	l.local = l.key
	if l.key.region != c.s.Region {
		l.local = c.madeKey(c.s.Region)
	}
	return nil
}

// madeKey is the key of the blueprint's name in a region.
func (c *compiler) madeKey(region string) keyRef {
	k := keyRef{account: c.s.Account, region: region, alias: "alias/" + c.b.Name}
	k.arn = cmp.Or(c.facts.Keys[k.id()], KeyPlaceholder(c.s.Partition, region, c.s.Account, k.alias))
	return k
}

// keyOf is a key as CloudTrail states it: by an ARN, an alias or an id.
func (c *compiler) keyOf(text string) keyRef {
	a, ok := parseARN(text)
	if !ok {
		a = arn{c.s.Partition, "kms", c.s.Region, c.s.Account, text}
		if !strings.HasPrefix(text, "alias/") {
			a.resource = "key/" + text
		}
	}
	k := keyRef{account: a.account, region: a.region, arn: a.String()}
	if strings.HasPrefix(a.resource, "alias/") {
		k.alias = a.resource
		k.arn = cmp.Or(c.facts.Keys[k.id()], k.arn)
	}
	return k
}

// layAlarms settles log group, its role and topics.
func (c *compiler) layAlarms() {
	l, home := &c.l, c.s.Region
	l.logRole = c.role(c.b.Name + "-cloudtrail-logs")
	l.slack = c.role(c.b.Name + "-chatbot")
	l.group = cmp.Or(c.b.Alarms.LogGroup, "/aws/cloudtrail/"+c.b.Name)
	if isOn(c.b.Trail.DeliveryTopic) && l.managed == "" {
		l.delivery = c.b.Name + "-deliveries"
	}
	if t := l.trail; t != nil {
		if t.TopicARN != "" {
			a, _ := parseARN(t.TopicARN)
			l.delivery = a.resource
			if a.account != c.s.Account || a.region != home {
				l.delivery = ""
			}
		}
		if _, ok := parseARN(t.LogRoleARN); ok {
			l.logRole = c.roleOf(t.LogRoleARN)
		}
		c.layGroup(t)
	}
	l.alarm = cmp.Or(c.b.Alarms.Topic, c.toldTopic(), c.b.Name+"-alarms")
}

// layGroup settles the log group of a trail that is there.
func (c *compiler) layGroup(t *resource.Trail) {
	l, was := &c.l, groupName(t.LogGroupARN)
	switch {
	case l.managed != "" && !c.groupHere(t):
		l.group = ""
	case was == "": // it has none
	case l.managed != "" || c.b.Alarms.LogGroup == "" && c.groupHere(t):
		l.group = was
	case c.b.Alarms.LogGroup == "":
		l.group = "" // of another account: the alarms belong there
	case was != c.b.Alarms.LogGroup || !c.groupHere(t):
		l.ask = append(l.ask, fmt.Sprintf("The trail delivers to the log group %q now and would from then on deliver to %q: filters and alarms on the old group see nothing more. Move it?", was, l.group))
	}
}

// groupHere reports whether the log group of a trail is the caller's.
func (c *compiler) groupHere(t *resource.Trail) bool {
	a, ok := parseARN(t.LogGroupARN)
	return ok && a.account == c.s.Account
}

// groupARN is the log group as CloudTrail wants it.
func (c *compiler) groupARN() string {
	return c.arnOf("logs", c.s.Region, c.s.Account, "log-group:"+c.l.group+":*")
}

// toldTopic is the topic of the account's own that most alarms on the trail's log group tell already.
func (c *compiler) toldTopic() string {
	told := map[string]int{}
	for _, a := range c.s.Alarms {
		if !c.ofGroup(a) {
			continue
		}
		for _, action := range a.Actions {
			if t, ok := parseARN(action); ok && t.service == "sns" && t.account == c.s.Account && t.region == c.s.Region {
				told[t.resource]++
			}
		}
	}
	best := ""
	for topic, n := range told {
		if best == "" || n > told[best] || n == told[best] && topic < best {
			best = topic
		}
	}
	return best
}

// ofGroup reports whether an alarm is about a metric of the trail's log group.
func (c *compiler) ofGroup(a *resource.Alarm) bool {
	return slices.ContainsFunc(c.s.Filters, func(f *resource.MetricFilter) bool {
		return f.LogGroup == c.l.group && f.Region == a.Region && f.Account == a.Account && f.Metric == a.Metric && f.Namespace == a.Namespace
	})
}

// role is a role of the account's own, at the root path.
func (c *compiler) role(name string) roleRef {
	return roleRef{name: name, path: "/", arn: c.arnOf("iam", "", c.s.Account, "role/"+name)}
}

// roleOf is the role of an ARN.
func (c *compiler) roleOf(text string) roleRef {
	a, _ := parseARN(text)
	full := strings.TrimPrefix(a.resource, "role")
	cut := strings.LastIndexByte(full, '/') + 1
	return roleRef{name: full[cut:], path: cmp.Or(full[:cut], "/"), arn: text, foreign: a.account != c.s.Account}
}

func (c *compiler) arnOf(service, region, account, resource string) string {
	return arn{c.s.Partition, service, region, account, resource}.String()
}
