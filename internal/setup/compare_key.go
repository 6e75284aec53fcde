package setup

import (
	"strings"

	"github.com/trailseal/trailseal/internal/resource"
)

// A key is enabled before anything else can be set.
var keyRules = rules{
	steps:   []resource.Step{resource.Create, resource.KeyAlias, resource.KeyEnable, resource.KeyRotation, resource.KeyPolicy},
	compare: comparing(compareKey),
}

func compareKey(c *comparison, now, want *resource.Key) *resource.Key {
	if now == nil && want.Alias == "" { // a key that is known by its ARN alone cannot be made
		c.change(resource.Create, "KeyId", nil, want.ID().Name, whyKey).Manual =
			"there is no such key: name one that is there in the blueprint (key.arn), or none, so that setup makes one"
		return nil
	}
	if now == nil {
		c.change(resource.Create, isNew, nil, "customer managed KMS key", whyKey)
		now = &resource.Key{Account: want.Account, Region: want.Region, Alias: want.Alias, ARN: want.ARN, Enabled: true, Policy: want.Policy, Description: want.Description}
	}
	t := *now
	if now.Foreign {
		c.change(resource.Create, "KeyManager", "AWS", "CUSTOMER", whyForeignKey).Manual =
			"name a customer managed key in the blueprint (key.arn), or none, so that setup makes one"
		return &t
	}
	if owner := keyAccount(now.ARN); owner != "" && owner != want.Account {
		c.note("the key belongs to account %s, which can disable it", owner)
	}
	if want.Alias != "" && t.Alias == "" && c.known(resource.KeyAlias) {
		put(c, resource.KeyAlias, "AliasName", &t.Alias, want.Alias, whyAlias)
	}
	if c.known(resource.KeyEnable) {
		put(c, resource.KeyEnable, "Enabled", &t.Enabled, true, whyKeyEnable)
	}
	if want.Rotation && c.known(resource.KeyRotation) {
		put(c, resource.KeyRotation, "KeyRotationEnabled", &t.Rotation, true, whyRotation)
	}
	t.Policy = c.policy(resource.KeyPolicy, "Policy", t.Policy, want.Policy, whyKeyPolicy)
	return &t
}

// keyAccount is the account in a key's ARN; empty if it is none.
func keyAccount(arn string) string {
	if parts := strings.SplitN(arn, ":", 6); len(parts) == 6 {
		return parts[4]
	}
	return ""
}
