package sample

import (
	"fmt"
	"time"
)

// credentials describe one session of a role.
type credentials struct {
	account Account
	path    string // of the role, with slashes, e.g. "/aws-service-role/ecs.amazonaws.com/"
	role    string
	session string
	key     string // empty for a service's own session
	created time.Time
	mfa     bool
	// What some sessions also carry.
	webIdentity bool   // GitHub's OIDC provider
	source      string // sourceIdentity
	instance    bool   // credentials delivered by the instance metadata service
	invokedBy   string
}

func (g *generator) roleID(account, role string) string {
	return uniqueID("AROA", 17, hash64(g.Seed, account, "role", role))
}

func (g *generator) userID(account, user string) string {
	return uniqueID("AIDA", 17, hash64(g.Seed, account, "user", user))
}

// userKey is the long-lived access key of an IAM user.
func (g *generator) userKey(account, user string) string {
	return uniqueID("AKIA", 16, hash64(g.Seed, account, "access key", user))
}

func (c *credentials) roleARN() string {
	path := c.path
	if path == "" {
		path = "/"
	}
	return "arn:aws:iam::" + c.account.ID + ":role" + path + c.role
}

func (c *credentials) sessionARN() string {
	return "arn:aws:sts::" + c.account.ID + ":assumed-role/" + c.role + "/" + c.session
}

// assumedRole is the actor that holds the credentials.
func (g *generator) assumedRole(c *credentials, address, agent string) *actor {
	id := g.roleID(c.account.ID, c.role)
	b := fmt.Appendf(nil, `{"type":"AssumedRole","principalId":"%s:%s","arn":"%s","accountId":"%s"`,
		id, c.session, c.sessionARN(), c.account.ID)
	if c.key != "" {
		b = fmt.Appendf(b, `,"accessKeyId":"%s"`, c.key)
	}
	b = fmt.Appendf(b, `,"sessionContext":{"sessionIssuer":{"type":"Role","principalId":"%s","arn":"%s","accountId":"%s","userName":"%s"}`,
		id, c.roleARN(), c.account.ID, c.role)
	if c.webIdentity {
		b = fmt.Appendf(b, `,"webIdFederationData":{"federatedProvider":"arn:aws:iam::%s:oidc-provider/token.actions.githubusercontent.com","attributes":{}}`, c.account.ID)
	}
	b = fmt.Appendf(b, `,"attributes":{"creationDate":"%s","mfaAuthenticated":"%t"}`, c.created.Format(isoSecond), c.mfa)
	if c.instance {
		b = append(b, `,"ec2RoleDelivery":"2.0"`...)
	}
	if c.source != "" {
		b = fmt.Appendf(b, `,"sourceIdentity":"%s"`, c.source)
	}
	b = append(b, '}')
	if c.invokedBy != "" {
		b = fmt.Appendf(b, `,"invokedBy":"%s"`, c.invokedBy)
	}
	return &actor{identity: string(append(b, '}')), arn: c.sessionARN(), session: c.session, address: address,
		agent: agent, service: c.invokedBy != ""}
}

// iamUser is an IAM user with its access key; a console session has a temporary key and says whether MFA was used.
func (g *generator) iamUser(a Account, user, key, address, agent string) *actor {
	arn := "arn:aws:iam::" + a.ID + ":user/" + user
	return &actor{
		identity: fmt.Sprintf(`{"type":"IAMUser","principalId":"%s","arn":"%s","accountId":"%s","accessKeyId":"%s","userName":"%s"}`,
			g.userID(a.ID, user), arn, a.ID, key, user),
		arn: arn, session: user, address: address, agent: agent,
	}
}

// consoleUser is an IAM user in the console. Before the login succeeds (created is zero) there is no key.
func (g *generator) consoleUser(a Account, user string, created time.Time, mfa bool, address string) *actor {
	w := g.iamUser(a, user, "", address, browser)
	w.identity = fmt.Sprintf(`{"type":"IAMUser","principalId":"%s","arn":"%s","accountId":"%s","userName":"%s"`,
		g.userID(a.ID, user), w.arn, a.ID, user)
	if !created.IsZero() {
		at := created.Format(isoSecond)
		w.identity += fmt.Sprintf(`,"accessKeyId":"%s","sessionContext":{"attributes":{"creationDate":"%s","mfaAuthenticated":"%t"}}`,
			uniqueID("ASIA", 16, hash64(g.Seed, a.ID, user, at)), at, mfa)
		w.console = true
	}
	w.identity += "}"
	return w
}

func (g *generator) rootUser(a Account, created time.Time, address string) *actor {
	arn := "arn:aws:iam::" + a.ID + ":root"
	w := &actor{arn: arn, session: "root", address: address, agent: browser}
	w.identity = fmt.Sprintf(`{"type":"Root","principalId":"%s","arn":"%s","accountId":"%s","accessKeyId":"`, a.ID, arn, a.ID)
	if !created.IsZero() {
		at := created.Format(isoSecond)
		w.identity += fmt.Sprintf(`%s","sessionContext":{"attributes":{"creationDate":"%s","mfaAuthenticated":"true"}}}`,
			uniqueID("ASIA", 16, hash64(g.Seed, a.ID, "root", at)), at)
		w.console = true
	} else {
		w.identity += `"}`
	}
	return w
}

// awsService is a service that acts in its own name.
func awsService(host string) *actor {
	return &actor{identity: `{"type":"AWSService","invokedBy":"` + host + `"}`, arn: host, session: host,
		address: host, agent: host, service: true}
}

// ownEvent is who stands in events that a service writes of itself.
func ownEvent(a Account, host string) *actor {
	w := awsService(host)
	w.identity = `{"accountId":"` + a.ID + `","invokedBy":"` + host + `"}`
	return w
}

// foreign is a principal of another account, as the called account sees it.
func foreign(account, principalID, address, agent string) *actor {
	return &actor{
		identity: fmt.Sprintf(`{"type":"AWSAccount","principalId":"%s","accountId":"%s"}`, principalID, account),
		arn:      "arn:aws:iam::" + account + ":root", address: address, agent: agent,
	}
}

// webIdentity is a GitHub Actions job that has only its OIDC token yet.
func webIdentity(a Account, subject, address string) *actor {
	provider := "arn:aws:iam::" + a.ID + ":oidc-provider/token.actions.githubusercontent.com"
	return &actor{
		identity: fmt.Sprintf(`{"type":"WebIdentityUser","principalId":"%s:sts.amazonaws.com:%s","userName":"%s","identityProvider":"%s"}`,
			provider, subject, subject, provider),
		arn: provider, session: "GitHubActions", address: address, agent: "configure-aws-credentials-for-github-actions",
	}
}

// directoryUser is a person in the IAM Identity Center portal.
func (g *generator) directoryUser(p person) *actor {
	id := g.management().ID
	return &actor{
		identity: fmt.Sprintf(`{"type":"IdentityCenterUser","accountId":"%s","onBehalfOf":{"userId":"%s","identityStoreArn":"arn:aws:identitystore::%s:identitystore/d-93677f1c2e"},"credentialId":"%s"}`,
			id, p.directoryID(), id, appendID(nil, hash64(g.Seed, "credential", p.name), base62Digits, 56)),
		arn: p.name, session: p.name, address: p.address, agent: browser,
	}
}

// samlUser is a person on the way from the portal into an account.
func samlUser(a Account, p person) *actor {
	return &actor{
		identity: fmt.Sprintf(`{"type":"SAMLUser","principalId":"%s:%s","userName":"%s","identityProvider":"%s"}`,
			appendID(nil, hash64(4, a.ID, "saml"), base62Digits, 27), p.name, p.name, "AWSSSO_4d1c2b7a9e3f0856_DO_NOT_DELETE"),
		arn: p.name, session: p.name, address: p.address, agent: browser,
	}
}
