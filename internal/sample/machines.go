package sample

import (
	"fmt"
	"slices"
	"time"
)

// machine is an actor that works day and night in the background of every account.
type machine struct {
	role    string
	service string // whose principal assumes the role; also its sourceIPAddress when linked
	session string // "" means an instance id
	agent   string
	linked  bool // a service-linked role: the service acts, without keys
	// How busy it is in the management account, in production and in the others.
	management, production, other int
	calls                         string
}

var machines = []machine{
	{"order-events-role", "lambda.amazonaws.com", "order-events", lambdaAgent, false, 0, 9, 4,
		`logs.CreateLogStream 5, ssm.GetParameter 3, ssm.GetParameters, secretsmanager.GetSecretValue 3, kms.Decrypt 5, dynamodb.DescribeTable 2, sqs.GetQueueAttributes 2, states.StartExecution 3`},
	{"invoice-export-role", "lambda.amazonaws.com", "invoice-export", lambdaAgent, false, 0, 6, 2,
		`logs.CreateLogStream 3, kms.GenerateDataKey 5, kms.Decrypt 3, secretsmanager.GetSecretValue 2, athena.StartQueryExecution, athena.GetQueryExecution 3, glue.GetTable 2, glue.GetPartitions 2, s3.GetBucketLocation 2`},
	{"image-resize-role", "lambda.amazonaws.com", "image-resize", lambdaAgent, false, 0, 5, 2,
		`logs.CreateLogStream 4, kms.Decrypt 3, kms.GenerateDataKey 2, ssm.GetParameter, !s3.GetBucketPolicy`},
	{"metrics-rollup-role", "lambda.amazonaws.com", "metrics-rollup", lambdaAgent, false, 5, 4, 3,
		`logs.CreateLogStream 3, monitoring.GetMetricData 4, monitoring.DescribeAlarms 2, ec2.DescribeInstances 3, rds.DescribeDBInstances 2, autoscaling.DescribeAutoScalingInstances, sts.GetCallerIdentity`},
	{"web-fleet", "ec2.amazonaws.com", "", ssmAgent, false, 0, 12, 5,
		`ssm.UpdateInstanceInformation 9, ssm.GetParametersByPath 2, ssm.GetParameter 2, ec2.DescribeTags 2, ec2.DescribeInstances, secretsmanager.GetSecretValue, kms.Decrypt 2, ecr.GetAuthorizationToken, elasticloadbalancing.RegisterTargets, elasticloadbalancing.DeregisterTargets, !ec2.CreateTags`},
	{"checkout-task", "ecs-tasks.amazonaws.com", "7c1e0d5b4a8f4f0e9b52", goAgent, false, 0, 7, 3,
		`ssm.GetParameters 3, ssm.GetParameter 3, secretsmanager.GetSecretValue 3, kms.Decrypt 4, sqs.GetQueueAttributes 2, dynamodb.DescribeTable, sts.GetCallerIdentity`},
	{"ecs-execution", "ecs-tasks.amazonaws.com", "ecs-pull", goAgent, false, 0, 5, 2,
		`ecr.GetAuthorizationToken 3, ecr.BatchGetImage 3, ecr.GetDownloadUrlForLayer 4, logs.CreateLogStream 2, secretsmanager.GetSecretValue, ecs.SubmitTaskStateChange 2`},
	{"AWSServiceRoleForConfig", "config.amazonaws.com", "AWSConfig-Describe", "config.amazonaws.com", true, 7, 7, 7,
		`s3.ListBuckets, s3.GetBucketAcl 2, s3.GetBucketPolicy 2, s3.GetBucketEncryption 2, s3.GetBucketVersioning 2, s3.GetBucketLifecycle, s3.GetBucketTagging, ec2.DescribeInstances 3, ec2.DescribeVolumes 2, ec2.DescribeSecurityGroups 2, ec2.DescribeNetworkInterfaces 2, ec2.DescribeRouteTables, lambda.ListFunctions20150331, dynamodb.ListTables, dynamodb.DescribeTable, rds.DescribeDBSnapshots, kms.DescribeKey, config.PutEvaluations 2, iam.ListUsers, iam.ListRoles, iam.GetRole 3, iam.ListAttachedRolePolicies 2, iam.ListRolePolicies, iam.GetUser, iam.ListAttachedUserPolicies, cloudtrail.DescribeTrails`},
	{"AWSServiceRoleForAutoScaling", "autoscaling.amazonaws.com", "AutoScaling", "autoscaling.amazonaws.com", true, 0, 6, 3,
		`ec2.DescribeInstanceStatus 8, ec2.DescribeInstances 3, elasticloadbalancing.DescribeTargetHealth 5, ec2.RunInstances, ec2.TerminateInstances, elasticloadbalancing.RegisterTargets, kms.CreateGrant`},
	{"AWSServiceRoleForECS", "ecs.amazonaws.com", "ecs-service-scheduler", "ecs.amazonaws.com", true, 0, 4, 2,
		`elasticloadbalancing.DescribeTargetHealth 3, elasticloadbalancing.RegisterTargets 2, elasticloadbalancing.DeregisterTargets 2, ec2.DescribeSubnets, ec2.DescribeSecurityGroups, ec2.CreateNetworkInterface, ec2.DeleteNetworkInterface`},
	{"AWSServiceRoleForSecurityHub", "securityhub.amazonaws.com", "securityhub", "securityhub.amazonaws.com", true, 3, 2, 2,
		`config.DescribeConfigurationRecorders 2, config.DescribeConfigRules 2, securityhub.BatchImportFindings 2, guardduty.ListDetectors, iam.GenerateCredentialReport, iam.GetCredentialReport`},
	{"AWSServiceRoleForTrustedAdvisor", "trustedadvisor.amazonaws.com", "TrustedAdvisor", "trustedadvisor.amazonaws.com", true, 3, 2, 2,
		`ec2.DescribeInstances, ec2.DescribeVolumes, ec2.DescribeAddresses, ec2.DescribeSecurityGroups, rds.DescribeDBInstances, servicequotas.ListServiceQuotas, autoscaling.DescribeAutoScalingGroups, elasticloadbalancing.DescribeLoadBalancers, s3.GetBucketPolicyStatus, iam.GetAccountPasswordPolicy`},
}

// serviceEvents are what services do in their own name: host, calls.
var serviceEvents = []struct{ host, calls string }{
	{"cloudtrail.amazonaws.com", `s3.GetBucketAcl 3, kms.GenerateDataKey`},
	{"secretsmanager.amazonaws.com", `secretsmanager.RotationStarted, secretsmanager.RotationSucceeded`},
	{"kms.amazonaws.com", `kms.RotateKey`},
	{"backup.amazonaws.com", `backup.BackupJobCompleted 2, backup.StartBackupJob`},
	{"delivery.logs.amazonaws.com", `kms.GenerateDataKey`},
}

// cast is who acts in the background of one chain, with the sessions they hold.
type cast struct {
	g        *generator
	account  int
	region   string
	machines []machine
	weights  []int
	total    int
	calls    map[string]repertoire // by role, person or service host
	sessions map[string]*held
	assume   *call
}

type held struct {
	credentials *credentials
	actor       *actor
	until       time.Time
}

func (g *generator) newCast(account int, region string) (*cast, error) {
	c := &cast{g: g, account: account, region: region, calls: map[string]repertoire{}, sessions: map[string]*held{},
		assume: g.calls["sts.AssumeRole"]}
	a := g.Accounts[account]
	global := region == g.globalRegion()
	quiet := !global && region != g.HomeRegion
	add := func(name, text string) (int, error) {
		r, err := g.calls.repertoire(text, global)
		c.calls[name] = r
		return r.total, err
	}
	for _, m := range machines {
		weight := m.other
		switch a {
		case g.production():
			weight = m.production
		case g.management():
			weight = m.management
		}
		if quiet && !m.linked && m.service != "lambda.amazonaws.com" {
			weight /= 4
		}
		n, err := add(m.role, m.calls)
		if err != nil {
			return nil, err
		}
		if weight > 0 && n > 0 {
			c.machines, c.weights = append(c.machines, m), append(c.weights, weight)
			c.total += weight
		}
	}
	for _, p := range people {
		if _, err := add(p.name, p.calls); err != nil {
			return nil, err
		}
	}
	for _, s := range serviceEvents {
		if _, err := add(s.host, s.calls); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// scene appends what one background actor does from t on: a handful of calls, and the AssumeRole before them when
// its session is new.
func (c *cast) scene(events []event, r *stream, t, until time.Time, day float64) []event {
	const serviceWeight = 2
	human := int(float64(c.total) * day)
	n := r.intn(c.total + serviceWeight + human)
	if n >= c.total+serviceWeight {
		if who, calls := c.someone(r, t); who != nil {
			return c.act(events, r, who, calls, t, until, 2+r.intn(7))
		}
		n = r.intn(c.total + serviceWeight)
	}
	if n >= c.total {
		s := serviceEvents[r.intn(len(serviceEvents))]
		calls := c.calls[s.host]
		who := awsService(s.host)
		choice := calls.pick(r)
		if choice.call.byService {
			who = ownEvent(c.g.Accounts[c.account], s.host)
		}
		e := event{call: choice.call, who: who, at: t, salt: r.uint64()}
		if s.host == "cloudtrail.amazonaws.com" {
			e.words = map[string]string{"bucket": c.g.Bucket} // it looks at the bucket that it delivers to
		}
		return append(events, e)
	}
	for i, m := range c.machines {
		if n -= c.weights[i]; n < 0 {
			who, assumed := c.hold(m, r, t)
			if assumed != nil {
				events = append(events, *assumed)
			}
			return c.act(events, r, who, c.calls[m.role], t, until, 1+r.intn(6))
		}
	}
	return events
}

// act appends n calls, seconds apart, none after until.
func (c *cast) act(events []event, r *stream, who *actor, calls repertoire, t, until time.Time, n int) []event {
	for range n {
		p := calls.pick(r)
		events = append(events, event{call: p.call, who: who, at: t, salt: r.uint64(), denied: p.denied,
			failed: p.call.failure != nil && r.intn(20) == 0})
		if t = t.Add(time.Duration(1+r.intn(20)) * time.Second); !t.Before(until) {
			break
		}
	}
	return events
}

// someone is a person who is signed in to this account, in the console or in a shell; nil when nobody is.
func (c *cast) someone(r *stream, t time.Time) (*actor, repertoire) {
	var here []*actor
	for _, p := range people {
		if c.calls[p.name].total == 0 || !slices.Contains(p.accounts, c.account) {
			continue
		}
		if w, ok := c.g.signedIn(p, c.account, t); ok {
			here = append(here, w)
		}
	}
	if len(here) == 0 {
		return nil, repertoire{}
	}
	w := here[r.intn(len(here))]
	if r.intn(2) == 0 {
		w.agent, w.console = browser, true
	}
	return w, c.calls[w.session]
}

// hold is the machine's session at t. A new one comes with the event that gave it.
func (c *cast) hold(m machine, r *stream, t time.Time) (*actor, *event) {
	a := c.g.Accounts[c.account]
	session := m.session
	if session == "" {
		session = "i-0" + string(appendID(nil, c.g.member(a.ID, c.region, "inst", uint64(r.intn(3))), hexDigits, 16))
	}
	name := m.role + "/" + session
	if h := c.sessions[name]; h != nil && t.Before(h.until) && !t.Before(h.credentials.created) {
		return h.actor, nil
	}
	cr := &credentials{account: a, role: m.role, session: session, created: t}
	address := fmt.Sprintf("192.0.2.%d", 100+hash64(c.g.Seed, a.ID, c.region, session)%120)
	if m.linked {
		cr.path, cr.invokedBy, address = "/aws-service-role/"+m.service+"/", m.service, m.service
	} else {
		cr.key = uniqueID("ASIA", 16, r.uint64())
		cr.instance = m.service == "ec2.amazonaws.com"
	}
	who := c.g.assumedRole(cr, address, m.agent)
	c.sessions[name] = &held{cr, who, t.Add(time.Duration(60+r.intn(300)) * time.Minute)}
	by := awsService(m.service)
	e := &event{call: c.assume, who: by, at: t, salt: r.uint64(), words: c.g.assumeWords(cr)}
	e.shared = uuid(mix(e.salt + 4))
	return who, e
}

// assumeWords are the words of an AssumeRole event that yields the credentials.
func (g *generator) assumeWords(cr *credentials) map[string]string {
	w := map[string]string{"rolearn": cr.roleARN(), "session": cr.session, "sessionarn": cr.sessionARN(),
		"roleid": g.roleID(cr.account.ID, cr.role), "owner": cr.account.ID}
	if cr.key != "" {
		w["newkey"] = cr.key
	}
	return w
}
