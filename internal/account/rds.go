package account

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/trailseal/trailseal/internal/resource"
)

// RDS's parameter and option groups: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/

const (
	anyParameterGroup        = "arn:${partition}:rds:${region}:${account}:pg:*"
	anyClusterParameterGroup = "arn:${partition}:rds:${region}:${account}:cluster-pg:*"
	anyOptionGroup           = "arn:${partition}:rds:${region}:${account}:og:*"

	madeBy = "Made by trailseal setup"
)

var parameterGroupHandler = handler{
	read: reading(readParameterGroup),
	do:   doing(writeParameterGroup),
	reads: []Permission{
		{Action: "rds:DescribeDBParameterGroups"}, {Action: "rds:DescribeDBParameters"},
		{Action: "rds:DescribeDBClusterParameterGroups"}, {Action: "rds:DescribeDBClusterParameters"},
	},
	writes: map[resource.Step][]Permission{
		resource.Create: {
			{Action: "rds:CreateDBParameterGroup"},
			{Action: "rds:CopyDBParameterGroup", On: []string{anyParameterGroup}},
			{Action: "rds:CreateDBClusterParameterGroup"},
			{Action: "rds:CopyDBClusterParameterGroup", On: []string{anyClusterParameterGroup}},
		},
		resource.ParameterGroupParameters: {
			{Action: "rds:DescribeDBParameters"}, {Action: "rds:ModifyDBParameterGroup"},
			{Action: "rds:DescribeDBClusterParameters"}, {Action: "rds:ModifyDBClusterParameterGroup"},
		},
	},
}

var optionGroupHandler = handler{
	read:  reading(readOptionGroup),
	do:    doing(writeOptionGroup),
	reads: []Permission{{Action: "rds:DescribeOptionGroups"}},
	writes: map[resource.Step][]Permission{
		resource.Create:             {{Action: "rds:CreateOptionGroup"}},
		resource.OptionGroupOptions: {{Action: "rds:ModifyOptionGroup"}},
	},
}

func (a *Account) rds(ctx context.Context, account, region string) (*rds.Client, error) {
	cfg, err := a.within(ctx, account, region)
	if err != nil {
		return nil, err
	}
	return rds.NewFromConfig(cfg), nil
}

// clustered is the name without cluster/, and whether that was there.
func clustered(id resource.ID) (name string, cluster bool) {
	name, cluster = strings.CutPrefix(id.Name, "cluster/")
	return name, cluster
}

func readParameterGroup(ctx context.Context, a *Account, id resource.ID) (*resource.ParameterGroup, error) {
	client, err := a.rds(ctx, id.Account, id.Region)
	if err != nil {
		return nil, err
	}
	name, cluster := clustered(id)
	family, err := family(ctx, client, id.Region, name, cluster)
	if family == "" || err != nil {
		return nil, err
	}
	g := &resource.ParameterGroup{Account: id.Account, Region: id.Region, Name: name, Cluster: cluster, Family: family,
		Parameters: map[string]string{}}
	all, err := parameters(ctx, client, g)
	if err != nil {
		return nil, err
	}
	for name, p := range all {
		if p.ParameterValue != nil && aboutAudit(name) {
			g.Parameters[name] = *p.ParameterValue
		}
	}
	return g, nil
}

// family is a parameter group's, empty if there is no such group.
func family(ctx context.Context, client *rds.Client, region, name string, cluster bool) (string, error) {
	what := fmt.Sprintf("describe parameter group %q in %q", name, region)
	if cluster {
		out, err := client.DescribeDBClusterParameterGroups(ctx, &rds.DescribeDBClusterParameterGroupsInput{
			DBClusterParameterGroupName: aws.String(name)})
		if is(err, "DBParameterGroupNotFound", "DBClusterParameterGroupNotFound") || err == nil && len(out.DBClusterParameterGroups) == 0 {
			return "", nil
		}
		if err != nil {
			return "", fault(ctx, what, err)
		}
		return aws.ToString(out.DBClusterParameterGroups[0].DBParameterGroupFamily), nil
	}
	out, err := client.DescribeDBParameterGroups(ctx, &rds.DescribeDBParameterGroupsInput{DBParameterGroupName: aws.String(name)})
	if is(err, "DBParameterGroupNotFound") || err == nil && len(out.DBParameterGroups) == 0 {
		return "", nil
	}
	if err != nil {
		return "", fault(ctx, what, err)
	}
	return aws.ToString(out.DBParameterGroups[0].DBParameterGroupFamily), nil
}

// parameters are all of a group, by name.
func parameters(ctx context.Context, client *rds.Client, g *resource.ParameterGroup) (map[string]types.Parameter, error) {
	what := fmt.Sprintf("describe the parameters of group %q in %q", g.Name, g.Region)
	all := map[string]types.Parameter{}
	err := pages(what, func(token *string) (int, *string, error) {
		var list []types.Parameter
		var next *string
		if g.Cluster {
			out, err := client.DescribeDBClusterParameters(ctx, &rds.DescribeDBClusterParametersInput{
				DBClusterParameterGroupName: aws.String(g.Name), Marker: token})
			if err != nil {
				return 0, nil, fault(ctx, what, err)
			}
			list, next = out.Parameters, out.Marker
		} else {
			out, err := client.DescribeDBParameters(ctx, &rds.DescribeDBParametersInput{
				DBParameterGroupName: aws.String(g.Name), Marker: token})
			if err != nil {
				return 0, nil, fault(ctx, what, err)
			}
			list, next = out.Parameters, out.Marker
		}
		for _, p := range list {
			all[aws.ToString(p.ParameterName)] = p
		}
		return len(list), next, nil
	})
	return all, err
}

// aboutAudit reports whether setup is about a parameter: those of pgaudit, of the audit plugins, and of what is logged.
func aboutAudit(name string) bool {
	switch name {
	case "shared_preload_libraries", "rds.force_ssl", "require_secure_transport", "general_log", "slow_query_log":
		return true
	}
	return strings.HasPrefix(name, "pgaudit.") || strings.HasPrefix(name, "server_audit") || strings.HasPrefix(name, "log_")
}

func writeParameterGroup(ctx context.Context, a *Account, step resource.Step, to, from *resource.ParameterGroup) error {
	client, err := a.rds(ctx, to.Account, to.Region)
	if err != nil {
		return err
	}
	switch step {
	case resource.Create:
		err := createParameterGroup(ctx, client, to, from)
		if err != nil && !is(err, "DBParameterGroupAlreadyExists") {
			return fault(ctx, fmt.Sprintf("create parameter group %q in %q", to.Name, to.Region), err)
		}
		return nil
	case resource.ParameterGroupParameters:
		return modifyParameters(ctx, client, to, from)
	}
	return noStep(to.ID(), step)
}

// createParameterGroup makes a group, a copy of from if there is one that can be copied: AWS does not copy its default
// groups, which are what a new group is like.
func createParameterGroup(ctx context.Context, client *rds.Client, to, from *resource.ParameterGroup) error {
	name, about := aws.String(to.Name), aws.String(madeBy)
	like := from != nil && from.Name != to.Name && !strings.HasPrefix(from.Name, "default.")
	var err error
	switch {
	case to.Cluster && like:
		_, err = client.CopyDBClusterParameterGroup(ctx, &rds.CopyDBClusterParameterGroupInput{
			SourceDBClusterParameterGroupIdentifier: aws.String(from.Name), TargetDBClusterParameterGroupIdentifier: name, TargetDBClusterParameterGroupDescription: about})
	case to.Cluster:
		_, err = client.CreateDBClusterParameterGroup(ctx, &rds.CreateDBClusterParameterGroupInput{DBClusterParameterGroupName: name,
			DBParameterGroupFamily: aws.String(to.Family), Description: about})
	case like:
		_, err = client.CopyDBParameterGroup(ctx, &rds.CopyDBParameterGroupInput{SourceDBParameterGroupIdentifier: aws.String(from.Name),
			TargetDBParameterGroupIdentifier: name, TargetDBParameterGroupDescription: about})
	default:
		_, err = client.CreateDBParameterGroup(ctx, &rds.CreateDBParameterGroupInput{DBParameterGroupName: name,
			DBParameterGroupFamily: aws.String(to.Family), Description: about})
	}
	return err
}

// mostParameters is how many parameters one call may modify.
const mostParameters = 20

// modifyParameters writes the parameters of to that differ in from. What the engine can take at once is applied at once, and
// the rest when the database is next rebooted.
func modifyParameters(ctx context.Context, client *rds.Client, to, from *resource.ParameterGroup) error {
	what := fmt.Sprintf("set parameters of group %q in %q", to.Name, to.Region)
	all, err := parameters(ctx, client, to)
	if err != nil {
		return err
	}
	var list []types.Parameter
	for _, name := range slices.Sorted(maps.Keys(to.Parameters)) {
		value := to.Parameters[name]
		if from != nil {
			if was, ok := from.Parameters[name]; ok && was == value {
				continue
			}
		}
		method := types.ApplyMethodPendingReboot
		if strings.EqualFold(aws.ToString(all[name].ApplyType), "dynamic") {
			method = types.ApplyMethodImmediate
		}
		list = append(list, types.Parameter{ParameterName: aws.String(name), ParameterValue: aws.String(value), ApplyMethod: method})
	}
	for some := range slices.Chunk(list, mostParameters) {
		if to.Cluster {
			_, err = client.ModifyDBClusterParameterGroup(ctx, &rds.ModifyDBClusterParameterGroupInput{
				DBClusterParameterGroupName: aws.String(to.Name), Parameters: some})
		} else {
			_, err = client.ModifyDBParameterGroup(ctx, &rds.ModifyDBParameterGroupInput{DBParameterGroupName: aws.String(to.Name), Parameters: some})
		}
		if err != nil {
			return fault(ctx, what, err)
		}
	}
	return nil
}

func readOptionGroup(ctx context.Context, a *Account, id resource.ID) (*resource.OptionGroup, error) {
	client, err := a.rds(ctx, id.Account, id.Region)
	if err != nil {
		return nil, err
	}
	out, err := client.DescribeOptionGroups(ctx, &rds.DescribeOptionGroupsInput{OptionGroupName: aws.String(id.Name)})
	switch {
	case is(err, "OptionGroupNotFoundFault"):
		return nil, nil
	case err != nil:
		return nil, fault(ctx, fmt.Sprintf("describe option group %q in %q", id.Name, id.Region), err)
	case len(out.OptionGroupsList) == 0:
		return nil, nil
	}
	there := out.OptionGroupsList[0]
	g := &resource.OptionGroup{Account: id.Account, Region: id.Region, Name: id.Name, Engine: aws.ToString(there.EngineName),
		Version: aws.ToString(there.MajorEngineVersion), Options: map[string]map[string]string{}}
	for _, o := range there.Options {
		settings := map[string]string{}
		for _, s := range o.OptionSettings {
			if s.Value != nil {
				settings[aws.ToString(s.Name)] = *s.Value
			}
		}
		g.Options[aws.ToString(o.OptionName)] = settings
	}
	return g, nil
}

func writeOptionGroup(ctx context.Context, a *Account, step resource.Step, to, from *resource.OptionGroup) error {
	client, err := a.rds(ctx, to.Account, to.Region)
	if err != nil {
		return err
	}
	switch step {
	case resource.Create:
		_, err := client.CreateOptionGroup(ctx, &rds.CreateOptionGroupInput{OptionGroupName: aws.String(to.Name), EngineName: aws.String(to.Engine),
			MajorEngineVersion: aws.String(to.Version), OptionGroupDescription: aws.String(madeBy)})
		if err != nil && !is(err, "OptionGroupAlreadyExistsFault") {
			return fault(ctx, fmt.Sprintf("create option group %q in %q", to.Name, to.Region), err)
		}
		return nil
	case resource.OptionGroupOptions:
		return includeOptions(ctx, client, to, from)
	}
	return noStep(to.ID(), step)
}

// includeOptions writes the options of to that differ in from, at once for every database of the group.
func includeOptions(ctx context.Context, client *rds.Client, to, from *resource.OptionGroup) error {
	var include []types.OptionConfiguration
	for _, name := range slices.Sorted(maps.Keys(to.Options)) {
		if from != nil {
			if was, ok := from.Options[name]; ok && maps.Equal(was, to.Options[name]) {
				continue
			}
		}
		o := types.OptionConfiguration{OptionName: aws.String(name)}
		for _, setting := range slices.Sorted(maps.Keys(to.Options[name])) {
			o.OptionSettings = append(o.OptionSettings, types.OptionSetting{Name: aws.String(setting), Value: aws.String(to.Options[name][setting])})
		}
		include = append(include, o)
	}
	if len(include) == 0 {
		return nil
	}
	_, err := client.ModifyOptionGroup(ctx, &rds.ModifyOptionGroupInput{OptionGroupName: aws.String(to.Name), OptionsToInclude: include,
		ApplyImmediately: aws.Bool(true)})
	if err != nil {
		return fault(ctx, fmt.Sprintf("set options of group %q in %q", to.Name, to.Region), err)
	}
	return nil
}
