package setup

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/trailseal/trailseal/internal/resource"
)

// What a trail takes of advanced event selectors.
//
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html
const (
	mostValues        = 500 // of conditions, over all selectors
	mostDataResources = 250
)

// allOfThem is what stands for all resources of a kind in data_events.
const allOfThem = "all"

// trail wants the trail.
func (c *compiler) trail() error {
	l := &c.l
	if l.managed != "" {
		c.managedTrail()
		return nil
	}
	selectors, ask, err := c.selectors()
	if err != nil {
		return err
	}
	t := &resource.Trail{Account: l.owner, Region: c.s.Region, Name: l.name, Bucket: l.bucket, Prefix: l.prefix, KeyARN: l.key.arn,
		MultiRegion: true, GlobalEvents: true, Validation: true, Organization: l.organization != "", Selectors: selectors,
		Insights: slices.Sorted(slices.Values(c.b.Trail.Insights)), Logging: true}
	needs := []resource.ID{}
	if !l.bucketAdopted { // else the trail works with it already, and needs nothing of what cannot be read of it
		needs = append(needs, c.bucketID(l.bucket))
	}
	if !l.key.adopted {
		needs = append(needs, l.key.id())
	}
	if l.delivery != "" {
		t.TopicARN = c.topicARN(l.delivery)
		needs = append(needs, c.topicID(l.delivery))
	} else if l.trail != nil {
		t.TopicARN = l.trail.TopicARN
	}
	if l.group != "" {
		t.LogGroupARN, t.LogRoleARN = c.groupARN(), l.logRole.arn
		needs = append(needs, c.groupID(), c.roleID(l.logRole))
	} else if l.trail != nil {
		t.LogGroupARN, t.LogRoleARN = l.trail.LogGroupARN, l.trail.LogRoleARN
	}
	if l.organization != "" && c.s.Account == c.s.Organization.ManagementAccount {
		needs = append(needs, (&resource.ServiceAccess{Account: c.s.Account, Service: cloudTrail}).ID())
	}
	w := c.want(t, needs...)
	w.Ask = strings.Join(append(slices.Clone(l.ask), ask...), " ")
	w.Notes = c.trailNotes()
	return nil
}

func (c *compiler) trailNotes() []string {
	var notes []string
	l := &c.l
	if l.trail != nil {
		if l.trail.TopicARN != "" && l.delivery == "" {
			notes = append(notes, "its delivery topic is of another account or region, and is left as it is")
		}
		if l.trail.Organization && !c.b.Organization {
			notes = append(notes, "it is the organization's trail, and stays that")
		}
	}
	if l.group == "" {
		notes = append(notes, "it delivers to a log group of another account: alarms are set up there")
	}
	return notes
}

// managedTrail shows a trail that somebody else manages, and says what that leaves undone.
func (c *compiler) managedTrail() {
	l := &c.l
	seen := *l.trail
	w := c.want(&seen)
	w.Managed = l.managed
	w.Notes = append(w.Notes, "its bucket, key, selectors and settings cannot be changed from here; trail.name makes a trail of the account's own beside it")
	if l.group == "" {
		w.Notes = append(w.Notes, "it delivers to no log group of this account, so that no alarm can be had here")
	}
	if d := c.b.DataEvents; len(d.S3)+len(d.Lambda)+len(d.DynamoDB) > 0 {
		w.Notes = append(w.Notes, "the data events of the blueprint cannot be added to it")
	}
	if len(c.b.Trail.Insights) > 0 {
		w.Notes = append(w.Notes, "the insights of the blueprint cannot be added to it")
	}
}

// selectors are the events that the trail logs: all management events and the data events that are named.
func (c *compiler) selectors() (all []resource.Selector, ask []string, err error) {
	all = []resource.Selector{{Name: "management", Fields: []resource.FieldSelector{{Field: "eventCategory", Equals: []string{"Management"}}}}}
	d := c.b.DataEvents
	values, resources := 1, 0
	for _, kind := range []struct {
		name, member, of string
		list             []string
		condition        func([]string) (resource.FieldSelector, error)
		price            string
	}{
		{"s3-objects", "data_events.s3", "AWS::S3::Object", d.S3, c.bucketCondition, "each read and write of an object of any bucket but those of logs"},
		{"lambda", "data_events.lambda", "AWS::Lambda::Function", d.Lambda, c.functionCondition, "each invocation of any function"},
		{"dynamodb-items", "data_events.dynamodb", "AWS::DynamoDB::Table", d.DynamoDB, c.tableCondition, "each read and write of an item of any table"},
	} {
		if len(kind.list) == 0 {
			continue
		}
		s := resource.Selector{Name: kind.name, Fields: []resource.FieldSelector{
			{Field: "eventCategory", Equals: []string{"Data"}}, {Field: "resources.type", Equals: []string{kind.of}}}}
		condition, err := kind.condition(kind.list)
		if err != nil {
			return nil, nil, err
		}
		if n := len(condition.Equals) + len(condition.StartsWith) + len(condition.NotStartsWith); n > 0 {
			s.Fields = append(s.Fields, condition)
			values += n
		}
		values += 2
		if isAll(kind.list) {
			ask = append(ask, fmt.Sprintf("%s: all logs %s, also of those to come: AWS charges for each event. Log them all?", kind.member, kind.price))
		} else {
			resources += len(kind.list)
		}
		all = append(all, s)
	}
	if values > mostValues || resources > mostDataResources {
		return nil, nil, wrong("data_events", "%d resources are named: a trail takes %d, or all of a kind", resources, mostDataResources)
	}
	return all, ask, nil
}

func isAll(list []string) bool { return len(list) == 1 && list[0] == allOfThem }

// bucketCondition is about objects. A trail must never log the writing of its own log files, which would be without end.
func (c *compiler) bucketCondition(list []string) (resource.FieldSelector, error) {
	f := resource.FieldSelector{Field: "resources.ARN"}
	logs := c.logBuckets()
	if isAll(list) {
		for _, name := range logs {
			f.NotStartsWith = append(f.NotStartsWith, c.arnOf("s3", "", "", name+"/"))
		}
		return f, nil
	}
	for i, item := range list {
		name := item
		if a, ok := parseARN(item); ok {
			name = a.resource
		}
		bucket, prefix, _ := strings.Cut(name, "/")
		if slices.Contains(logs, bucket) {
			return f, wrong(fmt.Sprintf("data_events.s3[%d]", i), "%q holds logs: a trail that logs what is written there writes without end; want a bucket without logs", bucket)
		}
		f.StartsWith = append(f.StartsWith, c.arnOf("s3", "", "", bucket+"/"+prefix))
	}
	return sorted(f), nil
}

// logBuckets are all buckets that logs are written to, as far as is known.
func (c *compiler) logBuckets() []string {
	names := []string{c.l.bucket, c.l.accessBucket, c.l.configBucket}
	for _, t := range c.s.Trails {
		names = append(names, t.Bucket)
	}
	for _, ch := range c.s.Channels {
		names = append(names, ch.Bucket)
	}
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), func(n string) bool { return n == "" })
}

func (c *compiler) functionCondition(list []string) (resource.FieldSelector, error) {
	return c.equal(list, "lambda", "function:"), nil
}

func (c *compiler) tableCondition(list []string) (resource.FieldSelector, error) {
	return c.equal(list, "dynamodb", "table/"), nil
}

// equal is about resources by name, which are those of the trail's account and region, or by ARN.
func (c *compiler) equal(list []string, service, before string) resource.FieldSelector {
	f := resource.FieldSelector{Field: "resources.ARN"}
	if isAll(list) {
		return f
	}
	for _, item := range list {
		if _, ok := parseARN(item); !ok {
			item = c.arnOf(service, c.s.Region, c.s.Account, before+item)
		}
		f.Equals = append(f.Equals, item)
	}
	return sorted(f)
}

func sorted(f resource.FieldSelector) resource.FieldSelector {
	for _, values := range []*[]string{&f.Equals, &f.StartsWith} {
		slices.SortFunc(*values, cmp.Compare)
		*values = slices.Compact(*values)
	}
	return f
}
