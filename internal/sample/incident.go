package sample

import (
	"slices"
	"time"
)

// Step is one event of the incident.
type Step struct {
	Name      string    `json:"name"` // what happens, in a few words
	Time      time.Time `json:"time"`
	Account   string    `json:"account"`
	Region    string    `json:"region"`
	Source    string    `json:"event_source"`
	Event     string    `json:"event_name"`
	EventID   string    `json:"event_id"`
	ErrorCode string    `json:"error_code,omitempty"`
	AccessKey string    `json:"access_key_id"`
	Key       string    `json:"key"` // of the log file that holds it
}

// Incident is what happened: the facts that a good investigation finds.
type Incident struct {
	Account            string    `json:"account"`
	User               string    `json:"user"` // whose key leaked
	UserARN            string    `json:"user_arn"`
	AccessKeyID        string    `json:"access_key_id"`
	SourceIP           string    `json:"source_ip"`
	UserAgent          string    `json:"user_agent"`
	CreatedUser        string    `json:"created_user"`
	CreatedUserARN     string    `json:"created_user_arn"`
	CreatedAccessKeyID string    `json:"created_access_key_id"`
	SecurityGroup      string    `json:"security_group"` // opened to the world
	Bucket             string    `json:"bucket"`         // made public
	StoppedAt          time.Time `json:"stopped_at"`     // StopLogging
	StartedAt          time.Time `json:"started_at"`     // StartLogging
	Responder          string    `json:"responder_arn"`  // who started it again
	Steps              []*Step   `json:"steps"`          // in the order of time
}

const (
	intruderAddress = "198.51.100.241" // nobody else ever comes from there
	intruderAgent   = "aws-cli/1.22.34 Python/3.10.8 Linux/6.0.0-kali3-amd64 botocore/1.23.34"
)

// tell plans the incident: the leaked key, the new user, the stopped trail, the morning after.
func (p *plan) tell() *Incident {
	g := p.g
	a := g.production()
	account := slices.Index(g.Accounts, a)
	start := g.incidentStart()
	const created = "support-ops"
	bucket := "larkfield-orders-data-" + short(a)
	in := &Incident{
		Account: a.ID, User: "svc-backup", AccessKeyID: g.userKey(a.ID, "svc-backup"),
		SourceIP: intruderAddress, UserAgent: intruderAgent,
		CreatedUser: created, CreatedUserARN: "arn:aws:iam::" + a.ID + ":user/" + created, CreatedAccessKeyID: g.userKey(a.ID, created),
		SecurityGroup: "sg-0" + string(appendID(nil, g.member(a.ID, g.HomeRegion, "sg", 0), hexDigits, 16)),
		Bucket:        bucket, StoppedAt: start.Add(stopAfter), StartedAt: start.Add(startAfter),
	}
	leaked := g.iamUser(a, in.User, in.AccessKeyID, intruderAddress, intruderAgent)
	admin := g.iamUser(a, created, in.CreatedAccessKeyID, intruderAddress, intruderAgent)
	in.UserARN = leaked.arn
	cr := g.sessionOf(people[0], account, in.StartedAt.Add(-13*time.Minute))
	alice := g.assumedRole(cr, people[0].address, shellAgent)
	in.Responder = alice.arn

	self := map[string]string{"user": in.User}
	own := map[string]string{"user": created, "newkey": in.CreatedAccessKeyID, "oldkey": in.CreatedAccessKeyID}
	open := map[string]string{"sg": in.SecurityGroup}
	data := map[string]string{"bucket": bucket}
	step := func(t time.Time, who *actor, key, call, name string, words map[string]string, denied bool) {
		e := p.at(t, account, g.HomeRegion, call, who)
		if p.err != nil {
			return
		}
		e.words, e.denied = words, denied
		e.step = &Step{Name: name, Time: e.at, Account: a.ID, Region: g.HomeRegion, Source: e.call.service + ".amazonaws.com",
			Event: e.call.name, EventID: e.id(), AccessKey: key}
		if e.call.global {
			e.step.Region = g.globalRegion()
		}
		if denied {
			e.step.ErrorCode = accessDenied(e.call.service)
		}
		in.Steps = append(in.Steps, e.step)
	}
	at := func(minute, second int) time.Time {
		return start.Add(time.Duration(minute)*time.Minute + time.Duration(second)*time.Second)
	}
	key := in.AccessKeyID
	step(at(3, 0), leaked, key, "sts.GetCallerIdentity", "the leaked key is tried", nil, false)
	step(at(3, 31), leaked, key, "iam.ListUsers", "users are listed", nil, false)
	step(at(3, 44), leaked, key, "iam.ListRoles", "roles are listed", nil, false)
	step(at(4, 9), leaked, key, "iam.ListAttachedUserPolicies", "the key's own policies are read", self, false)
	step(at(4, 50), leaked, key, "secretsmanager.ListSecrets", "secrets are refused", nil, true)
	step(at(5, 5), leaked, key, "kms.ListKeys", "keys are refused", nil, true)
	step(at(5, 31), leaked, key, "lambda.ListFunctions20150331", "functions are refused", nil, true)
	step(at(6, 2), leaked, key, "ec2.RunInstances", "a machine is refused", nil, true)
	step(at(7, 20), leaked, key, "s3.ListBuckets", "buckets are listed", nil, false)
	step(at(9, 20), leaked, key, "iam.CreateUser", "a second user is made", own, false)
	step(at(9, 35), leaked, key, "iam.AttachUserPolicy", "it becomes an administrator", own, false)
	step(at(9, 43), leaked, key, "iam.CreateAccessKey", "it gets a key", own, false)
	key = in.CreatedAccessKeyID
	step(at(15, 0), admin, key, "sts.GetCallerIdentity", "the new key is tried", nil, false)
	step(at(16, 50), admin, key, "cloudtrail.DescribeTrails", "the trail is found", nil, false)
	step(at(25, 0), admin, key, "ec2.AuthorizeSecurityGroupIngress/world", "port 22 is opened to the world", open, false)
	step(at(28, 12), admin, key, "s3.DeleteBucketPublicAccessBlock", "the bucket's public access block is removed", data, false)
	step(at(28, 30), admin, key, "s3.PutBucketPolicy/public", "the bucket is made public", data, false)
	step(in.StoppedAt, admin, key, "cloudtrail.StopLogging", "the trail is stopped", nil, false)

	after := func(minute, second int) time.Time {
		return in.StartedAt.Add(time.Duration(minute)*time.Minute + time.Duration(second)*time.Second)
	}
	key = cr.key
	step(in.StartedAt, alice, key, "cloudtrail.StartLogging", "the trail is started again", nil, false)
	step(after(1, 4), alice, key, "cloudtrail.GetTrailStatus", "the trail is checked", nil, false)
	step(after(3, 20), alice, key, "iam.UpdateAccessKey", "the leaked key is made inactive", self, false)
	step(after(4, 35), alice, key, "iam.DeleteAccessKey", "the second user's key is deleted", own, false)
	step(after(4, 50), alice, key, "iam.DetachUserPolicy", "its policy is detached", own, false)
	step(after(5, 5), alice, key, "iam.DeleteUser", "the second user is deleted", own, false)
	step(after(6, 40), alice, key, "s3.PutBucketPolicy", "the bucket's policy is restored", data, false)
	step(after(7, 10), alice, key, "s3.PutBucketPublicAccessBlock", "public access is blocked again", data, false)
	step(after(8, 40), alice, key, "ec2.RevokeSecurityGroupIngress/world", "port 22 is closed", open, false)
	// She goes on in the management account; the sign-in with password and code is on record again.
	p.login(people[0], 0, after(11, 0))
	return in
}
