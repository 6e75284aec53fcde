package account

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/trailseal/trailseal/internal/policy"
	"github.com/trailseal/trailseal/internal/resource"
)

// AWS KMS: https://docs.aws.amazon.com/kms/latest/APIReference/
//
// A key has no name: it is known by its alias, or by its ARN where there is none. Of keys that are not there yet, and of those
// that only an alias names, IAM cannot be told.

const anyKey = "arn:${partition}:kms:${region}:${account}:key/*"

var keyHandler = handler{
	read: readKey,
	do:   doing(writeKey),
	reads: []Permission{{Action: "kms:DescribeKey", On: []string{anyKey}}, {Action: "kms:GetKeyRotationStatus", On: []string{anyKey}},
		{Action: "kms:GetKeyPolicy", On: []string{anyKey}}},
	writes: map[resource.Step][]Permission{
		resource.Create: {{Action: "kms:CreateKey", Any: true}, {Action: "kms:ListKeys", Any: true}, {Action: "kms:ListAliases", Any: true},
			{Action: "kms:DescribeKey", On: []string{anyKey}}, {Action: "kms:GetKeyPolicy", On: []string{anyKey}}, {Action: "kms:CreateAlias", On: []string{anyKey}}},
		resource.KeyAlias:    {{Action: "kms:CreateAlias", On: []string{anyKey}}, {Action: "kms:DescribeKey", On: []string{anyKey}}},
		resource.KeyRotation: {{Action: "kms:EnableKeyRotation", On: []string{anyKey}}},
		resource.KeyPolicy:   {{Action: "kms:PutKeyPolicy", On: []string{anyKey}}},
		resource.KeyEnable:   {{Action: "kms:EnableKey", On: []string{anyKey}}},
	},
}

// mostKeys is how many keys are looked at for one that was made without its alias.
const mostKeys = 1000

// kms is a client for a key: an ARN says where the key is.
func (a *Account) kms(ctx context.Context, id resource.ID) (*kms.Client, error) {
	account, region := id.Account, id.Region
	if at, err := arn.Parse(id.Name); err == nil {
		account, region = at.AccountID, at.Region
	}
	cfg, err := a.config(ctx, account, region)
	if err != nil {
		return nil, err
	}
	return kms.NewFromConfig(cfg), nil
}

func readKey(ctx context.Context, a *Account, id resource.ID) (resource.State, error) {
	client, err := a.kms(ctx, id)
	if err != nil {
		return a.unread(ctx, id, err)
	}
	what := func(part string) string { return fmt.Sprintf("read %s of key %q in %q", part, id.Name, id.Region) }
	meta, err := describeKey(ctx, client, id.Name)
	if is(err, "NotFoundException") {
		return resource.State{}, nil
	}
	if err != nil {
		return a.unread(ctx, id, fault(ctx, what("the settings"), err))
	}
	k := &resource.Key{Account: id.Account, Region: id.Region, ARN: aws.ToString(meta.Arn), Enabled: meta.KeyState == types.KeyStateEnabled,
		Description: aws.ToString(meta.Description), Foreign: meta.KeyManager == types.KeyManagerTypeAws}
	if !strings.HasPrefix(id.Name, "arn:") {
		k.Alias = id.Name
	}
	state := resource.State{Resource: k}
	for _, part := range []struct {
		what string
		step resource.Step
		read func() error
	}{
		{"the rotation", resource.KeyRotation, func() error {
			out, err := client.GetKeyRotationStatus(ctx, &kms.GetKeyRotationStatusInput{KeyId: meta.Arn})
			if err == nil {
				k.Rotation = out.KeyRotationEnabled
			}
			return err
		}},
		{"the policy", resource.KeyPolicy, func() (err error) {
			k.Policy, err = keyPolicy(ctx, client, meta.Arn)
			return err
		}},
	} {
		if err := part.read(); err != nil {
			if err = fault(ctx, what(part.what), err); hopeless(err) {
				return resource.State{}, err
			}
			if state.Unread == nil {
				state.Unread = map[resource.Step]error{}
			}
			state.Unread[part.step] = err
		}
	}
	return state, nil
}

// describeKey finds a key by alias or ARN.
func describeKey(ctx context.Context, client *kms.Client, name string) (*types.KeyMetadata, error) {
	out, err := client.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: aws.String(name)})
	if err != nil {
		return nil, err
	}
	if out.KeyMetadata == nil {
		return nil, fmt.Errorf("AWS KMS describes no key")
	}
	return out.KeyMetadata, nil
}

func keyPolicy(ctx context.Context, client *kms.Client, key *string) (policy.Document, error) {
	out, err := client.GetKeyPolicy(ctx, &kms.GetKeyPolicyInput{KeyId: key, PolicyName: aws.String("default")})
	if err != nil {
		return policy.Document{}, err
	}
	d, err := policy.Parse([]byte(aws.ToString(out.Policy)))
	if err != nil {
		return policy.Document{}, fmt.Errorf("understand it: %w", err)
	}
	return d, nil
}

func writeKey(ctx context.Context, a *Account, step resource.Step, to, _ *resource.Key) error {
	client, err := a.kms(ctx, to.ID())
	if err != nil {
		return err
	}
	what := fmt.Sprintf("set %s of key %q in %q", step, to.ID().Name, to.Region)
	key := some(to.ARN)
	if step == resource.Create {
		return createKey(ctx, client, to)
	}
	if key == nil { // it was made a moment ago
		meta, err := describeKey(ctx, client, to.Alias)
		if err != nil {
			return unseen(ctx, what, err)
		}
		key = meta.Arn
	}
	switch step {
	case resource.KeyAlias:
		return createAlias(ctx, client, to.Alias, key)
	case resource.KeyRotation:
		_, err = client.EnableKeyRotation(ctx, &kms.EnableKeyRotationInput{KeyId: key})
	case resource.KeyPolicy:
		_, err = client.PutKeyPolicy(ctx, &kms.PutKeyPolicyInput{KeyId: key, PolicyName: aws.String("default"), Policy: aws.String(to.Policy.JSON())})
	case resource.KeyEnable:
		_, err = client.EnableKey(ctx, &kms.EnableKeyInput{KeyId: key})
	default:
		return noStep(to.ID(), step)
	}
	return unseen(ctx, what, err)
}

// createKey makes a key with its policy, and its alias, without which nobody would find it again. A key that was made so
// before, and whose alias was not, is taken.
func createKey(ctx context.Context, client *kms.Client, k *resource.Key) error {
	what := fmt.Sprintf("create key %q in %q", k.Alias, k.Region)
	if _, err := describeKey(ctx, client, k.Alias); err == nil {
		return nil
	} else if !is(err, "NotFoundException") {
		return fault(ctx, what, err)
	}
	key, err := nameless(ctx, client, k)
	if err != nil {
		return fault(ctx, what, err)
	}
	if key == nil {
		in := &kms.CreateKeyInput{Description: some(k.Description), KeyUsage: types.KeyUsageTypeEncryptDecrypt}
		if !k.Policy.IsZero() {
			in.Policy = aws.String(k.Policy.JSON())
		}
		out, err := client.CreateKey(ctx, in)
		if err != nil {
			return fault(ctx, what, err)
		}
		if out.KeyMetadata == nil {
			return fmt.Errorf("%s: AWS KMS describes no key", what)
		}
		key = out.KeyMetadata.Arn
	}
	return createAlias(ctx, client, k.Alias, key)
}

// nameless finds a key that is as k is to be, has no alias, and is enabled: what is left of a run that ended between the key
// and its alias. Nil is none; more than mostKeys are not looked at.
func nameless(ctx context.Context, client *kms.Client, k *resource.Key) (*string, error) {
	if k.Description == "" || k.Policy.IsZero() {
		return nil, nil
	}
	named := map[string]bool{}
	aliases := kms.NewListAliasesPaginator(client, &kms.ListAliasesInput{Limit: aws.Int32(100)})
	for n := 0; aliases.HasMorePages(); n++ {
		if n == mostKeys/100 {
			return nil, nil
		}
		page, err := aliases.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, alias := range page.Aliases {
			named[aws.ToString(alias.TargetKeyId)] = true
		}
	}
	keys := kms.NewListKeysPaginator(client, &kms.ListKeysInput{Limit: aws.Int32(100)})
	for n := 0; keys.HasMorePages() && n < mostKeys/100; n++ {
		page, err := keys.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, key := range page.Keys {
			if named[aws.ToString(key.KeyId)] {
				continue
			}
			same, err := isKey(ctx, client, key.KeyArn, k)
			if same || err != nil {
				return key.KeyArn, err
			}
		}
	}
	return nil, nil
}

// isKey reports whether a key is as k is to be. A key that may not be read is not.
func isKey(ctx context.Context, client *kms.Client, key *string, k *resource.Key) (bool, error) {
	meta, err := describeKey(ctx, client, aws.ToString(key))
	if err != nil {
		return false, unlessDenied(ctx, err)
	}
	if meta.KeyState != types.KeyStateEnabled || meta.KeyManager != types.KeyManagerTypeCustomer || aws.ToString(meta.Description) != k.Description ||
		meta.KeySpec != types.KeySpecSymmetricDefault || meta.Origin != types.OriginTypeAwsKms {
		return false, nil
	}
	now, err := keyPolicy(ctx, client, key)
	if err != nil {
		return false, unlessDenied(ctx, err)
	}
	return policy.Equal(now, k.Policy), nil
}

// unlessDenied is an error of the SDK that is more than that the caller may not, or that a key is gone.
func unlessDenied(ctx context.Context, err error) error {
	if ctx.Err() == nil && is(err, "AccessDeniedException", "AccessDenied", "NotFoundException") {
		return nil
	}
	return err
}

// createAlias gives a key its alias. An alias that another key has stays where it is.
func createAlias(ctx context.Context, client *kms.Client, alias string, key *string) error {
	what := fmt.Sprintf("create %q", alias)
	_, err := client.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: aws.String(alias), TargetKeyId: key})
	if !is(err, "AlreadyExistsException") {
		return unseen(ctx, what, err)
	}
	told := fault(ctx, what, err)
	meta, err := describeKey(ctx, client, alias)
	switch {
	case err != nil:
		return unseen(ctx, what, err)
	case aws.ToString(meta.Arn) != aws.ToString(key):
		return &worded{told, resource.ErrTaken}
	}
	return nil
}
