package investigate

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/trailseal/trailseal/internal/event"
)

// known is which buckets, keys, log groups, alarms, topics and roles serve the logging: told by the caller, or learned
// from events.
type known struct {
	names   map[Watched]map[string]bool
	metrics []string // namespaces of the metrics that filters of the log groups make
}

func (k *known) add(w Watched, account, name string) {
	if name == "" {
		return
	}
	if part := strings.SplitN(name, ":", 6); len(part) == 6 && part[0] == "arn" {
		account = cmp.Or(part[4], account)
		name = part[5]
		switch w {
		case LogGroup: // log-group:NAME:*
			name = strings.TrimSuffix(strings.TrimPrefix(name, "log-group:"), ":*")
		case Alarm:
			name = strings.TrimPrefix(name, "alarm:")
		case DeliveryRole:
			name = last(name)
		case Key:
			account, name = "", strings.TrimPrefix(name, "key/")
		}
	}
	if w == Bucket || w == Key {
		account = ""
	}
	if k.names[w] == nil {
		k.names[w] = map[string]bool{}
	}
	k.names[w][account+"\x00"+name] = true
}

// match says whether a thing serves the logging; sure is false where nothing is known and its name only sounds like it.
func (k *known) match(w Watched, account, name string) (ok, sure bool) {
	switch w {
	case Bucket, Key, LogGroup, Alarm, Topic, DeliveryRole:
	default:
		return true, true
	}
	names := k.names[w]
	if len(names) == 0 {
		return w == Key || w == Alarm || strings.Contains(strings.ToLower(name), "trail"), false
	}
	var one known
	one.names = map[Watched]map[string]bool{}
	one.add(w, account, name)
	for n := range one.names[w] {
		_, bare, _ := strings.Cut(n, "\x00")
		if names[n] || names["\x00"+bare] {
			return true, true
		}
		// An alias of a key, or a subscription of a topic.
		if w == Topic {
			if at := strings.LastIndexByte(n, ':'); at > 0 && (names[n[:at]] || names["\x00"+bare[:max(0, len(bare)-len(n)+at)]]) {
				return true, true
			}
		}
	}
	return false, false
}

// list are the bare names that are known of a kind, in order.
func (k *known) list(w Watched) []string {
	var out []string
	for n := range k.names[w] {
		_, name, _ := strings.Cut(n, "\x00")
		out = append(out, name)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// learn asks which things serve the logging, of all time.
func (l *lake) learn(ctx context.Context, o ChangeOptions, history []record) (*known, error) {
	k := &known{names: map[Watched]map[string]bool{}}
	for w, names := range map[Watched][]string{Bucket: o.Buckets, Key: o.Keys, LogGroup: o.LogGroups, Alarm: o.Alarms, Topic: o.Topics} {
		for _, n := range names {
			k.add(w, "", n)
		}
	}
	for i := range history {
		r := &history[i]
		if r.failure() != "" {
			continue
		}
		for _, p := range []value{r.json(event.RequestParameters), r.json(event.ResponseElements)} {
			account := r.text[event.Account]
			k.add(Bucket, "", p.str("s3BucketName"))
			k.add(Key, "", p.str("kmsKeyId"))
			k.add(LogGroup, account, p.str("cloudWatchLogsLogGroupArn"))
			k.add(DeliveryRole, account, p.str("cloudWatchLogsRoleArn"))
			k.add(Topic, account, cmp.Or(p.str("snsTopicARN"), p.str("snsTopicName")))
		}
	}
	if err := l.learnDelivery(ctx, o, k); err != nil {
		return nil, err
	}
	return k, l.learnAlarms(ctx, k)
}

// maxChecked is how many buckets CloudTrail may be seen to check before it says nothing about which of them hold logs.
const maxChecked = 5

// learnDelivery takes the buckets and keys that CloudTrail itself uses, unless the caller named them: what it writes to
// and encrypts for, with the trail's name in the encryption context
// (https://docs.aws.amazon.com/awscloudtrail/latest/userguide/encrypting-cloudtrail-log-files-with-aws-kms.html), or
// else the few buckets whose ACL it checks before it delivers.
func (l *lake) learnDelivery(ctx context.Context, o ChangeOptions, k *known) error {
	bucket, key, name := requestScalar("$.bucketName"), requestScalar("$.keyId"), "event_name"
	sql := "SELECT " + name + ", " + bucket + " AS bucket, " + key + " AS key_id, min(request_parameters), count(*) FROM events WHERE" +
		" user_identity_type = 'AWSService' AND user_identity_invoked_by = 'cloudtrail.amazonaws.com' AND ((event_source = 's3.amazonaws.com'" +
		" AND event_name IN ('GetBucketAcl', 'PutObject')) OR (event_source = 'kms.amazonaws.com' AND event_name = 'GenerateDataKey'" +
		" AND request_parameters LIKE '%\"aws:cloudtrail:arn\"%')) GROUP BY " + name + ", " + bucket + ", " + key + " ORDER BY 1, 2, 3 LIMIT 1000"
	var checked []string
	err := l.rows(ctx, time.Time{}, time.Time{}, sql, 5, func(row []any) {
		text := func(i int) string { s, _ := row[i].(string); return s }
		if len(o.Keys) == 0 {
			k.add(Key, "", text(2))
		}
		switch {
		case len(o.Buckets) > 0:
		case text(0) == "GetBucketAcl":
			checked = append(checked, text(1))
		case text(0) == "PutObject":
			k.add(Bucket, "", text(1))
		default:
			var one record
			one.text[event.RequestParameters] = text(3)
			name, _, _ := strings.Cut(inBucket(one.json(event.RequestParameters).str("encryptionContext", "aws:s3:arn")), "/")
			k.add(Bucket, "", name)
		}
	})
	if len(k.names[Bucket]) == 0 && len(checked) <= maxChecked {
		for _, name := range checked {
			k.add(Bucket, "", name)
		}
	}
	return err
}

// inBucket is what stands behind the colons of an ARN of S3: BUCKET/KEY.
func inBucket(arn string) string {
	if part := strings.SplitN(arn, ":", 6); len(part) == 6 {
		return part[5]
	}
	return ""
}

// learnAlarms takes the alarms on metrics that filters of the log groups make, and the topics that they tell.
func (l *lake) learnAlarms(ctx context.Context, k *known) error {
	groups := k.list(LogGroup)
	if len(groups) == 0 {
		return nil
	}
	filters, err := l.records(ctx, time.Time{}, time.Time{}, "event_source = 'logs.amazonaws.com' AND event_name = 'PutMetricFilter' AND error_code IS NULL AND "+
		l.in(requestScalar("$.logGroupName"), groups), 0)
	if err != nil {
		return err
	}
	var spaces []string
	for i := range filters {
		for _, m := range filters[i].json(event.RequestParameters).list("metricTransformations") {
			if s := m.str("metricNamespace"); s != "" && !slices.Contains(spaces, s) {
				spaces = append(spaces, s)
			}
		}
	}
	if len(spaces) == 0 {
		return nil
	}
	k.metrics = spaces
	alarms, err := l.records(ctx, time.Time{}, time.Time{}, "event_source = 'monitoring.amazonaws.com' AND event_name = 'PutMetricAlarm' AND error_code IS NULL AND "+
		l.in(requestScalar("$.namespace"), spaces), 0)
	if err != nil {
		return err
	}
	for i := range alarms {
		p, account := alarms[i].json(event.RequestParameters), alarms[i].text[event.Account]
		k.add(Alarm, account, p.str("alarmName"))
		for _, arn := range p.strs("alarmActions") {
			if strings.Contains(arn, ":sns:") {
				k.add(Topic, account, arn)
			}
		}
	}
	return nil
}
