package account

import (
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/trailseal/trailseal/internal/awstest"
	"github.com/trailseal/trailseal/internal/object"
	"github.com/trailseal/trailseal/internal/policy"
	"github.com/trailseal/trailseal/internal/resource"
)

// rootPolicy is the policy of a key that its account's root manages.
func rootPolicy(account string, more ...policy.Statement) policy.Document {
	return policy.Document{Version: "2012-10-17", Statements: append([]policy.Statement{{Sid: "EnableRoot", Effect: "Allow",
		Principal: policy.Principal{"AWS": {"arn:aws:iam::" + account + ":root"}}, Action: []string{"kms:*"}, Resource: []string{"*"}}}, more...)}
}

func keyOf(account string) *resource.Key {
	return &resource.Key{Account: account, Region: east, Alias: "alias/acme", Enabled: true, Policy: rootPolicy(account), Description: "CloudTrail log files and alarms of acme"}
}

func TestKeyOnMoto(t *testing.T) {
	a, account, proxy := onMoto(t)
	w := walk{t, a, proxy}
	key := keyOf(account)
	w.absent(key.ID())
	for range 2 {
		if err := a.Do(t.Context(), resource.Edit{Step: resource.Create, To: key}); err != nil {
			t.Fatal(err)
		}
	}
	w.may("making a key", Writes(resource.KeyKind, resource.Create))
	key = w.read(key.ID()).(*resource.Key)
	if key.ARN == "" || !key.Enabled || key.Rotation || !policy.Equal(key.Policy, rootPolicy(account)) || key.Foreign {
		t.Fatalf("after Create: %+v", key)
	}
	client, err := a.kms(t.Context(), key.ID())
	if err != nil {
		t.Fatal(err)
	}
	w.step(resource.KeyAlias, key, key)
	if all, err := client.ListKeys(t.Context(), &kms.ListKeysInput{}); err != nil || len(all.Keys) != 1 {
		t.Fatalf("%d keys, %v", len(all.Keys), err)
	}
	proxy.Reset()
	key = with(key, func(k *resource.Key) { k.Rotation = true })
	w.step(resource.KeyRotation, key, key)
	key = with(key, func(k *resource.Key) { k.Policy = rootPolicy(account, tlsOnly("b").Statements[0]) })
	w.step(resource.KeyPolicy, key, key)
	if _, err := client.DisableKey(t.Context(), &kms.DisableKeyInput{KeyId: &key.ARN}); err != nil {
		t.Fatal(err)
	}
	proxy.Reset()
	if off := w.read(key.ID()).(*resource.Key); off.Enabled {
		t.Error("a disabled key reads as enabled")
	}
	w.step(resource.KeyEnable, key, key)

	byARN := w.read(resource.ID{Kind: resource.KeyKind, Account: account, Region: east, Name: key.ARN}).(*resource.Key)
	if byARN.Alias != "" || byARN.ARN != key.ARN || !byARN.Rotation {
		t.Errorf("by its ARN: %+v", byARN)
	}
}

// TestKeyWhoseAliasWasNotMadeIsTaken: a run that ended between the two leaves no second key.
func TestKeyWhoseAliasWasNotMadeIsTaken(t *testing.T) {
	a, account, proxy := onMoto(t)
	key := keyOf(account)
	proxy.Fail(func(c awstest.Call) *awstest.Fault {
		if c.Operation == "CreateAlias" {
			return &awstest.Internal
		}
		return nil
	})
	if err := a.Do(t.Context(), resource.Edit{Step: resource.Create, To: key}); err == nil {
		t.Fatal("a key was made without its alias, and that is no error")
	}
	proxy.Fail(nil)
	other := with(key, func(k *resource.Key) {
		k.Alias, k.Policy = "alias/other", rootPolicy(account, tlsOnly("b").Statements[0])
	})
	for _, k := range []*resource.Key{other, key} {
		if err := a.Do(t.Context(), resource.Edit{Step: resource.Create, To: k}); err != nil {
			t.Fatal(err)
		}
	}
	client, err := a.kms(t.Context(), key.ID())
	if err != nil {
		t.Fatal(err)
	}
	all, err := client.ListKeys(t.Context(), &kms.ListKeysInput{})
	if err != nil || len(all.Keys) != 2 {
		t.Errorf("%d keys, %v; want the first one to have been taken, and one of another policy", len(all.Keys), err)
	}
}

func TestAliasOfAnotherKeyStays(t *testing.T) {
	a, account, _ := onMoto(t)
	key := keyOf(account)
	other := with(key, func(k *resource.Key) { k.Alias = "alias/other" })
	for _, k := range []*resource.Key{key, other} {
		if err := a.Do(t.Context(), resource.Edit{Step: resource.Create, To: k}); err != nil {
			t.Fatal(err)
		}
	}
	there := a.mustRead(t, key.ID()).(*resource.Key)
	there.Alias = "alias/other"
	if err := a.Do(t.Context(), resource.Edit{Step: resource.KeyAlias, To: there}); !errors.Is(err, resource.ErrTaken) {
		t.Errorf("got %v", err)
	}
}

func TestKeyPartThatMayNotBeReadIsUnknown(t *testing.T) {
	for operation, step := range map[string]resource.Step{
		"DescribeKey": resource.Create, "GetKeyRotationStatus": resource.KeyRotation, "GetKeyPolicy": resource.KeyPolicy,
	} {
		t.Run(operation, func(t *testing.T) {
			a, account, proxy := onMoto(t)
			key := keyOf(account)
			if err := a.Do(t.Context(), resource.Edit{Step: resource.Create, To: key}); err != nil {
				t.Fatal(err)
			}
			proxy.Fail(func(c awstest.Call) *awstest.Fault {
				if c.Operation == operation {
					return &awstest.Fault{Status: 400, Code: "AccessDeniedException", Message: "no"}
				}
				return nil
			})
			state, err := a.Read(t.Context(), key.ID())
			if err != nil || len(state.Unread) != 1 || !errors.Is(state.Unread[step], object.ErrDenied) {
				t.Errorf("%+v, %v", state, err)
			}
		})
	}
}
