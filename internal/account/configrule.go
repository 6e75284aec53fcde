package account

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/configservice"
	"github.com/aws/aws-sdk-go-v2/service/configservice/types"

	"github.com/trailseal/trailseal/internal/resource"
)

// The rules of AWS Config. A rule's ARN has an id of AWS's making, so that permissions cannot be limited to it beforehand.

var putRule = []Permission{{Action: "config:DescribeConfigRules", Any: true}, {Action: "config:PutConfigRule", Any: true}}

var ruleHandler = handler{
	read:  reading(readRule),
	do:    doing(writeRule),
	reads: []Permission{{Action: "config:DescribeConfigRules", Any: true}},
	writes: map[resource.Step][]Permission{
		resource.Create:       putRule,
		resource.RuleSettings: putRule,
	},
}

func readRule(ctx context.Context, a *Account, id resource.ID) (*resource.Rule, error) {
	client, err := a.configService(ctx, id.Account, id.Region)
	if err != nil {
		return nil, err
	}
	c, err := describeRule(ctx, client, id)
	if c == nil || err != nil {
		return nil, err
	}
	r := &resource.Rule{Account: id.Account, Region: id.Region, Name: id.Name, Parameters: aws.ToString(c.InputParameters),
		Frequency: string(c.MaximumExecutionFrequency)}
	if c.Source != nil {
		r.Identifier, r.Owner = aws.ToString(c.Source.SourceIdentifier), string(c.Source.Owner)
	}
	if c.Scope != nil {
		r.Types = sorted(c.Scope.ComplianceResourceTypes)
	}
	return r, nil
}

// describeRule asks for one rule, nil if there is none.
func describeRule(ctx context.Context, client *configservice.Client, id resource.ID) (*types.ConfigRule, error) {
	what := fmt.Sprintf("describe config rule %q in %q", id.Name, id.Region)
	out, err := client.DescribeConfigRules(ctx, &configservice.DescribeConfigRulesInput{ConfigRuleNames: []string{id.Name}})
	switch {
	case is(err, "NoSuchConfigRuleException"):
		return nil, nil
	case err != nil:
		return nil, fault(ctx, what, err)
	}
	for _, c := range out.ConfigRules {
		if aws.ToString(c.ConfigRuleName) == id.Name {
			return &c, nil
		}
	}
	return nil, nil
}

// writeRule makes the rule, or replaces the one of that name, whose other settings, as its description, are written as they
// are. A rule of that name that is not AWS's is resource.ErrTaken.
func writeRule(ctx context.Context, a *Account, step resource.Step, to, _ *resource.Rule) error {
	if step != resource.Create && step != resource.RuleSettings {
		return noStep(to.ID(), step)
	}
	what := fmt.Sprintf("put config rule %q in %q", to.Name, to.Region)
	client, err := a.configService(ctx, to.Account, to.Region)
	if err != nil {
		return err
	}
	there, err := describeRule(ctx, client, to.ID())
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	rule := types.ConfigRule{ConfigRuleName: aws.String(to.Name)}
	if there != nil {
		rule = *there
	}
	switch {
	case aws.ToString(rule.CreatedBy) != "":
		return fmt.Errorf("%s: %w: the rule of that name is of %q", what, resource.ErrTaken, aws.ToString(rule.CreatedBy))
	case rule.Source != nil && (rule.Source.Owner != types.OwnerAws || aws.ToString(rule.Source.SourceIdentifier) != to.Identifier):
		return fmt.Errorf("%s: %w: the rule of that name is %s %q", what, resource.ErrTaken, rule.Source.Owner, aws.ToString(rule.Source.SourceIdentifier))
	}
	rule.Source = &types.Source{Owner: types.Owner(to.Owner), SourceIdentifier: aws.String(to.Identifier)}
	if to.Owner == "" {
		rule.Source.Owner = types.OwnerAws
	}
	rule.InputParameters = optional(to.Parameters)
	rule.MaximumExecutionFrequency = types.MaximumExecutionFrequency(to.Frequency)
	if len(to.Types) > 0 {
		if rule.Scope == nil {
			rule.Scope = &types.Scope{}
		}
		rule.Scope.ComplianceResourceTypes = to.Types
	}
	// What AWS alone says of a rule.
	rule.ConfigRuleArn, rule.ConfigRuleId, rule.ConfigRuleState = nil, nil, ""
	if _, err := client.PutConfigRule(ctx, &configservice.PutConfigRuleInput{ConfigRule: &rule}); err != nil {
		return fault(ctx, what, err)
	}
	return nil
}
