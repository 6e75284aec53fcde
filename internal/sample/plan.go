package sample

import (
	"fmt"
	"slices"
	"time"
)

// plan is what has to happen at given times, by chain. It is written before the chains are generated, since much of
// it happens in two accounts or regions at once.
type plan struct {
	g      *generator
	r      *stream
	chains [][]event
	err    error
}

// at adds an event to a chain. A call of a global service goes to the global region, whatever the region.
func (p *plan) at(t time.Time, account int, region, name string, who *actor) *event {
	c := p.g.calls[name]
	if c == nil {
		p.err = fmt.Errorf("plan: no call %q", name)
		return &event{}
	}
	if c.global {
		region = p.g.globalRegion()
	}
	i := p.g.chainIndex(account, region)
	p.chains[i] = append(p.chains[i], event{call: c, who: who, at: t.UTC().Truncate(time.Second), salt: p.r.uint64()})
	return &p.chains[i][len(p.chains[i])-1]
}

func (p *plan) minutes(n int) time.Duration { return time.Duration(p.r.intn(n*60)) * time.Second }

// some adds n calls of a repertoire, a few seconds apart, and returns when they end.
func (p *plan) some(t time.Time, account int, region, calls string, who *actor, n int) time.Time {
	list, err := p.g.calls.repertoire(calls, true)
	if err != nil {
		p.err = err
		return t
	}
	for range n {
		t = t.Add(time.Duration(1+p.r.intn(9)) * time.Second)
		c := list.pick(p.r)
		e := p.at(t, account, region, c.call.service+"."+c.call.name, who)
		e.denied, e.failed = c.denied, c.call.failure != nil && p.r.intn(20) == 0
	}
	return t
}

// days calls f for every midnight whose day touches the period.
func (p *plan) days(f func(day time.Time, n int)) {
	n := 0
	for day := p.g.Start.Truncate(24 * time.Hour); day.Before(p.g.Options.end()); day = day.Add(24 * time.Hour) {
		f(day, n)
		n++
	}
}

func (p *plan) ordinaryLife() {
	g := p.g
	p.days(func(day time.Time, n int) {
		weekend := day.Weekday() == time.Saturday || day.Weekday() == time.Sunday
		for _, person := range people {
			for _, account := range person.accounts {
				if account >= len(g.Accounts) {
					continue
				}
				if login, ok := g.shift(person, account, day); ok {
					p.login(person, account, login)
				}
			}
		}
		for account, a := range g.Accounts {
			if account == 0 && len(g.Accounts) > 1 {
				continue
			}
			for half := range 2 {
				p.vendor(day.Add(time.Duration(half)*12*time.Hour+3*time.Hour+p.minutes(40)), account)
			}
			for range 4 {
				p.sharedKey(day.Add(p.minutes(24*60)), account)
			}
			if !weekend {
				p.deploy(day.Add(9*time.Hour+p.minutes(5*60)), account, n)
			}
			if a != g.production() && (n%3 == 1) && !weekend {
				p.oldConsoleUser(day.Add(8*time.Hour+p.minutes(180)), account, n)
			}
		}
		p.nightlyBackup(day.Add(time.Hour + 5*time.Minute))
		if n == 3 {
			p.rootLogin(day.Add(10*time.Hour + 12*time.Minute))
		}
		if n == 1 && g.management() != g.production() {
			t := day.Add(13*time.Hour + 31*time.Minute + 9*time.Second)
			who, _ := g.signedIn(people[0], 0, t)
			p.at(t, 0, g.HomeRegion, "cloudtrail.RegisterOrganizationDelegatedAdmin", who)
		}
	})
}

// login is a person's way through the portal into an account: password and code, the choice of the account, the
// SAML assertion, the console.
func (p *plan) login(person person, account int, t time.Time) {
	g := p.g
	portal, home := g.directoryUser(person), g.HomeRegion
	a := g.Accounts[account]
	before := func(d time.Duration) time.Time { return t.Add(-d * time.Second) }
	if p.r.intn(12) == 0 {
		e := p.at(before(70), 0, home, "signin.CredentialVerification", portal)
		e.failed = true
	}
	p.at(before(41), 0, home, "signin.CredentialChallenge", portal)
	p.at(before(30), 0, home, "signin.CredentialVerification", portal)
	p.at(before(29), 0, home, "signin.UserAuthentication", portal)
	p.at(before(28), 0, home, "sso.Authenticate", portal)
	p.at(before(24), 0, home, "sso.ListApplications", portal)
	words := map[string]string{"permissions": person.set, "target": a.ID}
	p.at(before(2), 0, home, "sso.Federate", portal).words = words
	cr := g.sessionOf(person, account, t)
	p.at(t, account, home, "sts.AssumeRoleWithSAML", samlUser(a, person)).words = g.assumeWords(cr)
	if p.r.intn(3) == 0 { // a shell, not the console
		p.at(t.Add(time.Second), 0, home, "sso.GetRoleCredentials", portal).words = words
		return
	}
	who := g.assumedRole(cr, person.address, browser)
	who.console = true
	p.at(t.Add(time.Second), account, home, "signin.ConsoleLogin", who)
}

// vendor looks at the inventory through its cross-account role.
func (p *plan) vendor(t time.Time, account int) {
	g := p.g
	cr := &credentials{account: g.Accounts[account], role: "SkylensReadOnly", session: "skylens-collector",
		key: uniqueID("ASIA", 16, p.r.uint64()), created: t}
	visitor := foreign(vendorAccount, "AROA"+string(appendID(nil, 77, base32Digits, 17))+":collector", vendorAddress, vendorAgent)
	e := p.at(t, account, g.HomeRegion, "sts.AssumeRole/external", visitor)
	e.words, e.shared = g.assumeWords(cr), uuid(p.r.uint64())
	who := g.assumedRole(cr, vendorAddress, vendorAgent)
	for _, region := range g.Regions {
		n := 3
		if region == g.HomeRegion {
			n = 14
		}
		p.some(t.Add(time.Second), account, region, vendorCalls, who, n)
	}
}

// sharedKey is a decryption with a key that the management account lends: both accounts record it.
func (p *plan) sharedKey(t time.Time, account int) {
	if account == 0 {
		return
	}
	g := p.g
	owner, a := g.management(), g.Accounts[account]
	cr := &credentials{account: a, role: "order-events-role", session: "order-events", created: t.Add(-20 * time.Minute),
		key: uniqueID("ASIA", 16, p.r.uint64())}
	address := fmt.Sprintf("192.0.2.%d", 60+account)
	arn := "arn:aws:kms:" + g.HomeRegion + ":" + owner.ID + ":key/" + uuid(g.member(owner.ID, g.HomeRegion, "key", 0))
	shared := uuid(p.r.uint64())
	here := p.at(t, account, g.HomeRegion, "kms.Decrypt/shared", g.assumedRole(cr, address, lambdaAgent))
	here.words, here.shared = map[string]string{"keyarn": arn, "owner": owner.ID}, shared
	salt := here.salt
	there := p.at(t, 0, g.HomeRegion, "kms.Decrypt/shared", foreign(a.ID, g.roleID(a.ID, cr.role)+":"+cr.session, address, lambdaAgent))
	there.words, there.shared, there.salt = here.words, shared, mix(salt)
}

// deploy is a pipeline run: GitHub's token, the image, the role in the target account, Terraform.
func (p *plan) deploy(t time.Time, account, n int) {
	g := p.g
	run := fmt.Sprintf("gha-%d", 11800000000+hash64(g.Seed, "run", t.Format(isoSecond))%99999999)
	address := fmt.Sprintf("198.51.100.%d", 128+p.r.intn(100))
	subject := "repo:larkfield/shop:ref:refs/heads/main"
	hub := g.management()
	first := &credentials{account: hub, role: "github-actions", session: "GitHubActions", webIdentity: true, source: run,
		key: uniqueID("ASIA", 16, p.r.uint64()), created: t.UTC().Truncate(time.Second)}
	e := p.at(t, 0, g.HomeRegion, "sts.AssumeRoleWithWebIdentity", webIdentity(hub, subject, address))
	e.words = g.assumeWords(first)
	e.words["subject"] = subject
	runner := g.assumedRole(first, address, actionsAgent)
	for _, c := range []string{"ecr.GetAuthorizationToken", "ecr.InitiateLayerUpload", "ecr.CompleteLayerUpload", "ecr.PutImage"} {
		t = t.Add(time.Duration(3+p.r.intn(15)) * time.Second)
		p.at(t, 0, g.HomeRegion, c, runner)
	}
	t = t.Add(20 * time.Second)
	second := &credentials{account: g.Accounts[account], role: "terraform-deploy", session: run, source: run,
		key: uniqueID("ASIA", 16, p.r.uint64()), created: t.UTC().Truncate(time.Second)}
	who := p.crossAccount(t, 0, account, runner, first, second, terraform)
	t = t.Add(time.Second)
	p.at(t, account, g.HomeRegion, "sts.GetCallerIdentity", who)
	end := p.some(t, account, g.HomeRegion, deployCalls, who, 18+p.r.intn(16))
	p.some(t, account, g.globalRegion(), deployGlobalCalls, who, 6+p.r.intn(8))
	if n%4 == 2 {
		e := p.at(end.Add(2*time.Second), account, g.globalRegion(), "iam.CreateUser", who)
		e.denied = true // the boundary of the pipeline's role
	}
}

// crossAccount is an AssumeRole from one account into another: one call, an event in each, one sharedEventID.
func (p *plan) crossAccount(t time.Time, from, to int, caller *actor, by, cr *credentials, agent string) *actor {
	g := p.g
	words, shared := g.assumeWords(cr), uuid(p.r.uint64())
	e := p.at(t, from, g.HomeRegion, "sts.AssumeRole/named", caller)
	e.words = words
	if from != to {
		e.shared = shared
		salt := e.salt
		there := p.at(t, to, g.HomeRegion, "sts.AssumeRole/named",
			foreign(by.account.ID, g.roleID(by.account.ID, by.role)+":"+by.session, caller.address, caller.agent))
		there.words, there.shared, there.salt = words, shared, mix(salt)
	}
	return g.assumedRole(cr, caller.address, agent)
}

// nightlyBackup is what svc-backup's old access key is for.
func (p *plan) nightlyBackup(t time.Time) {
	g := p.g
	account := slices.Index(g.Accounts, g.production())
	who := g.iamUser(g.production(), "svc-backup", g.userKey(g.production().ID, "svc-backup"), backupAddress, backupAgent)
	for _, c := range []string{"sts.GetCallerIdentity", "ec2.DescribeVolumes", "ec2.CreateSnapshot", "ec2.CreateSnapshot", "ec2.CreateSnapshot",
		"ec2.DescribeSnapshots", "ec2.DeleteSnapshot", "ec2.DeleteSnapshot", "rds.DescribeDBInstances", "rds.CreateDBSnapshot", "rds.DescribeDBSnapshots",
		"rds.DeleteDBSnapshot", "dynamodb.ListTables", "dynamodb.CreateBackup"} {
		p.at(t, account, g.HomeRegion, c, who)
		t = t.Add(time.Duration(2+p.r.intn(45)) * time.Second)
	}
}

// oldConsoleUser still has a password in IAM: mostly with MFA, once without, now and then mistyped.
func (p *plan) oldConsoleUser(t time.Time, account, n int) {
	g, a := p.g, p.g.Accounts[account]
	address := "203.0.113.176"
	t = t.UTC().Truncate(time.Second)
	p.at(t.Add(-35*time.Second), account, "", "signin.ConsoleLogin/failed", g.consoleUser(a, "tomas.weber", time.Time{}, false, address)).failed = true
	mfa := n != 4
	login := p.at(t, account, "", "signin.ConsoleLogin", g.consoleUser(a, "tomas.weber", time.Time{}, mfa, address))
	if mfa {
		login.words = map[string]string{"mfa": "Yes"}
	}
	p.some(t.Add(10*time.Second), account, g.HomeRegion, engineerCalls, g.consoleUser(a, "tomas.weber", t, mfa, address), 8)
}

// rootLogin is the yearly look at the account's contact data.
func (p *plan) rootLogin(t time.Time) {
	g := p.g
	address := officeAddress
	p.at(t, 0, "", "signin.ConsoleLogin", g.rootUser(g.management(), time.Time{}, address)).words = map[string]string{"mfa": "Yes"}
	who := g.rootUser(g.management(), t, address)
	for i, c := range []string{"iam.GetAccountSummary", "iam.ListMFADevices", "health.DescribeEventAggregates", "ce.GetCostAndUsage", "organizations.DescribeOrganization"} {
		p.at(t.Add(time.Duration(8+i*7)*time.Second), 0, "", c, who)
	}
}
