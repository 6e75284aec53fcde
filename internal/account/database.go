package account

import (
	"context"
	"fmt"
	"reflect"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/trailseal/trailseal/internal/object"
	"github.com/trailseal/trailseal/internal/resource"
)

var databaseHandler = handler{
	read: readDatabase,
	do:   doing(writeDatabase),
	reads: []Permission{
		{Action: "rds:DescribeDBInstances"},
		{Action: "rds:DescribeDBClusters"},
		{Action: "rds:DescribeDBParameterGroups", On: []string{anyParameterGroup}},
		{Action: "rds:DescribeDBClusterParameterGroups", On: []string{anyClusterParameterGroup}},
	},
	writes: map[resource.Step][]Permission{
		resource.DatabaseParameterGroup: modifyDatabase(anyParameterGroup, anyClusterParameterGroup),
		resource.DatabaseOptionGroup:    modifyDatabase(anyOptionGroup, anyOptionGroup),
		resource.DatabaseExports:        modifyDatabase("", ""),
	},
}

// modifyDatabase are the permissions for modifying an instance or a cluster, on it and on the group that it is given.
func modifyDatabase(instanceGroup, clusterGroup string) []Permission {
	all := []Permission{{Action: "rds:ModifyDBInstance"}, {Action: "rds:ModifyDBCluster"}}
	if instanceGroup != "" {
		all = append(all, Permission{Action: "rds:DescribeDBInstances"}, Permission{Action: "rds:DescribeDBClusters"},
			Permission{Action: "rds:ModifyDBInstance", On: []string{instanceGroup}},
			Permission{Action: "rds:ModifyDBCluster", On: []string{clusterGroup}})
	}
	return all
}

var databaseListReads = []Permission{
	{Action: "rds:DescribeDBInstances", Any: true},
	{Action: "rds:DescribeDBClusters", Any: true},
	{Action: "rds:DescribeDBParameterGroups", Any: true},
	{Action: "rds:DescribeDBClusterParameterGroups", Any: true},
}

// readDatabase reads an instance or a cluster, and the family of its parameter group apart.
func readDatabase(ctx context.Context, a *Account, id resource.ID) (resource.State, error) {
	client, err := a.rds(ctx, id.Account, id.Region)
	if err != nil {
		return a.unread(ctx, id, err)
	}
	db, _, err := describeDatabase(ctx, client, id)
	switch {
	case err != nil:
		return a.unread(ctx, id, err)
	case db == nil:
		return resource.State{}, nil
	}
	state := resource.State{Resource: db}
	if db.Family, err = family(ctx, client, id.Region, db.ParameterGroup, db.Cluster); err != nil {
		if hopeless(err) {
			return resource.State{}, err
		}
		state.Unread = map[resource.Step]error{resource.DatabaseParameterGroup: err}
	}
	return state, nil
}

// describeDatabase asks for an instance or a cluster, nil if there is none, and whether changes of it wait for its
// maintenance window.
func describeDatabase(ctx context.Context, client *rds.Client, id resource.ID) (db *resource.Database, waits bool, err error) {
	name, cluster := clustered(id)
	if cluster {
		out, err := client.DescribeDBClusters(ctx, &rds.DescribeDBClustersInput{DBClusterIdentifier: aws.String(name)})
		switch {
		case is(err, "DBClusterNotFoundFault"):
			return nil, false, nil
		case err != nil:
			return nil, false, fault(ctx, fmt.Sprintf("describe database cluster %q in %q", name, id.Region), err)
		case len(out.DBClusters) == 0:
			return nil, false, nil
		}
		c := out.DBClusters[0]
		return clusterDatabase(id.Account, id.Region, c), c.PendingModifiedValues != nil && waiting(*c.PendingModifiedValues), nil
	}
	out, err := client.DescribeDBInstances(ctx, &rds.DescribeDBInstancesInput{DBInstanceIdentifier: aws.String(name)})
	switch {
	case is(err, "DBInstanceNotFound"):
		return nil, false, nil
	case err != nil:
		return nil, false, fault(ctx, fmt.Sprintf("describe database %q in %q", name, id.Region), err)
	case len(out.DBInstances) == 0:
		return nil, false, nil
	}
	i := out.DBInstances[0]
	return instanceDatabase(id.Account, id.Region, i), i.PendingModifiedValues != nil && waiting(*i.PendingModifiedValues), nil
}

// waiting reports whether RDS's PendingModifiedValues name a change. Log exports do not wait.
func waiting(pending any) bool {
	v := reflect.ValueOf(pending)
	for i := range v.NumField() {
		switch f := v.Field(i); {
		case v.Type().Field(i).Name == "PendingCloudwatchLogsExports":
		case f.Kind() == reflect.Slice && f.Len() == 0:
		case !f.IsZero():
			return true
		}
	}
	return false
}

func instanceDatabase(account, region string, i types.DBInstance) *resource.Database {
	db := &resource.Database{Account: account, Region: region, Name: aws.ToString(i.DBInstanceIdentifier), Engine: aws.ToString(i.Engine),
		Version: aws.ToString(i.EngineVersion), Exports: sorted(i.EnabledCloudwatchLogsExports)}
	if len(i.DBParameterGroups) > 0 {
		db.ParameterGroup = aws.ToString(i.DBParameterGroups[0].DBParameterGroupName)
		db.Pending = aws.ToString(i.DBParameterGroups[0].ParameterApplyStatus)
	}
	if len(i.OptionGroupMemberships) > 0 {
		db.OptionGroup = aws.ToString(i.OptionGroupMemberships[0].OptionGroupName)
	}
	return db
}

// clusterDatabase has as Pending the first member's that is not in-sync.
func clusterDatabase(account, region string, c types.DBCluster) *resource.Database {
	db := &resource.Database{Account: account, Region: region, Name: aws.ToString(c.DBClusterIdentifier), Cluster: true,
		Engine: aws.ToString(c.Engine), Version: aws.ToString(c.EngineVersion), ParameterGroup: aws.ToString(c.DBClusterParameterGroup),
		Exports: sorted(c.EnabledCloudwatchLogsExports)}
	for _, m := range c.DBClusterMembers {
		if db.Pending == "" || db.Pending == "in-sync" {
			db.Pending = aws.ToString(m.DBClusterParameterGroupStatus)
		}
	}
	if len(c.DBClusterOptionGroupMemberships) > 0 {
		db.OptionGroup = aws.ToString(c.DBClusterOptionGroupMemberships[0].DBClusterOptionGroupName)
	}
	return db
}

// writeDatabase writes one setting. It never reboots the database: parameters that need that wait for the owner.
func writeDatabase(ctx context.Context, a *Account, step resource.Step, to, from *resource.Database) error {
	client, err := a.rds(ctx, to.Account, to.Region)
	if err != nil {
		return err
	}
	what := fmt.Sprintf("set the %s of database %q in %q", step, to.Name, to.Region)
	m := modification{name: to.Name, cluster: to.Cluster}
	switch step {
	case resource.DatabaseParameterGroup:
		m.parameterGroup = aws.String(to.ParameterGroup)
	case resource.DatabaseOptionGroup:
		m.optionGroup = aws.String(to.OptionGroup)
	case resource.DatabaseExports:
		for _, export := range to.Exports {
			if from == nil || !slices.Contains(from.Exports, export) {
				m.exports = append(m.exports, export)
			}
		}
		if len(m.exports) == 0 {
			return nil
		}
	default:
		return noStep(to.ID(), step)
	}
	// AWS exports logs at once whatever is said. A group is given at once only together with every change that waits, some of
	// which may reboot the database.
	//
	// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ModifyInstance.ApplyImmediately.html
	if m.exports == nil {
		db, waits, err := describeDatabase(ctx, client, to.ID())
		switch {
		case err != nil:
			return fmt.Errorf("%s: %w", what, err)
		case db == nil:
			return fmt.Errorf("%s: %w", what, object.ErrNotFound)
		case waits:
			return fmt.Errorf("%s: %w: other changes of it wait for its maintenance window, and would be made with this one", what, resource.ErrRefused)
		}
		m.now = aws.Bool(true)
	}
	err = m.write(ctx, client)
	switch {
	case is(err, "DBParameterGroupNotFound", "DBClusterParameterGroupNotFound", "OptionGroupNotFoundFault"):
		return &worded{fault(ctx, what, err), resource.ErrNotYet}
	case err != nil:
		return fault(ctx, what, err)
	}
	return nil
}

// modification is one change of an instance or a cluster.
type modification struct {
	name                        string
	cluster                     bool
	parameterGroup, optionGroup *string
	exports                     []string
	now                         *bool
}

func (m *modification) write(ctx context.Context, client *rds.Client) error {
	var exports *types.CloudwatchLogsExportConfiguration
	if len(m.exports) > 0 {
		exports = &types.CloudwatchLogsExportConfiguration{EnableLogTypes: m.exports}
	}
	if m.cluster {
		_, err := client.ModifyDBCluster(ctx, &rds.ModifyDBClusterInput{DBClusterIdentifier: aws.String(m.name),
			DBClusterParameterGroupName: m.parameterGroup, OptionGroupName: m.optionGroup, CloudwatchLogsExportConfiguration: exports, ApplyImmediately: m.now})
		return err
	}
	_, err := client.ModifyDBInstance(ctx, &rds.ModifyDBInstanceInput{DBInstanceIdentifier: aws.String(m.name), DBParameterGroupName: m.parameterGroup,
		OptionGroupName: m.optionGroup, CloudwatchLogsExportConfiguration: exports, ApplyImmediately: m.now})
	return err
}

// surveyDatabases lists the region's databases, if they are of interest.
func surveyDatabases(ctx context.Context, a *Account, where resource.Where, s *resource.Survey) {
	if !where.Databases {
		return
	}
	client, err := a.rds(ctx, s.Account, where.Region)
	if err != nil {
		a.unlisted(ctx, s, resource.DatabaseKind, where.Region, err)
		return
	}
	instances, err := instanceDatabases(ctx, client, s.Account, where.Region)
	a.unlisted(ctx, s, resource.DatabaseKind, where.Region, err)
	clusters, err := clusterDatabases(ctx, client, s.Account, where.Region)
	a.unlisted(ctx, s, resource.DatabaseKind, where.Region, err)
	for _, list := range [][]*resource.Database{instances, clusters} {
		if len(list) == 0 {
			continue
		}
		families, err := families(ctx, client, where.Region, list[0].Cluster)
		if err != nil { // without a family no group can be made for them
			a.unlisted(ctx, s, resource.DatabaseKind, where.Region, err)
			continue
		}
		for _, db := range list {
			db.Family = families[db.ParameterGroup]
		}
		s.Databases = append(s.Databases, list...)
	}
}

// foreign reports whether an engine is one of the services that share RDS's calls.
func foreign(engine *string) bool {
	return slices.Contains([]string{"docdb", "neptune"}, aws.ToString(engine))
}

func instanceDatabases(ctx context.Context, client *rds.Client, account, region string) ([]*resource.Database, error) {
	what := fmt.Sprintf("describe databases in %q", region)
	var list []*resource.Database
	err := pages(what, func(token *string) (int, *string, error) {
		out, err := client.DescribeDBInstances(ctx, &rds.DescribeDBInstancesInput{Marker: token})
		if err != nil {
			return 0, nil, fault(ctx, what, err)
		}
		for _, i := range out.DBInstances {
			if !foreign(i.Engine) {
				list = append(list, instanceDatabase(account, region, i))
			}
		}
		return len(out.DBInstances), out.Marker, nil
	})
	return list, err
}

func clusterDatabases(ctx context.Context, client *rds.Client, account, region string) ([]*resource.Database, error) {
	what := fmt.Sprintf("describe database clusters in %q", region)
	var list []*resource.Database
	err := pages(what, func(token *string) (int, *string, error) {
		out, err := client.DescribeDBClusters(ctx, &rds.DescribeDBClustersInput{Marker: token})
		if err != nil {
			return 0, nil, fault(ctx, what, err)
		}
		for _, c := range out.DBClusters {
			if !foreign(c.Engine) {
				list = append(list, clusterDatabase(account, region, c))
			}
		}
		return len(out.DBClusters), out.Marker, nil
	})
	return list, err
}

// families are those of a region's parameter groups, by name.
func families(ctx context.Context, client *rds.Client, region string, cluster bool) (map[string]string, error) {
	what := fmt.Sprintf("describe parameter groups in %q", region)
	byName := map[string]string{}
	err := pages(what, func(token *string) (int, *string, error) {
		if cluster {
			out, err := client.DescribeDBClusterParameterGroups(ctx, &rds.DescribeDBClusterParameterGroupsInput{Marker: token})
			if err != nil {
				return 0, nil, fault(ctx, what, err)
			}
			for _, g := range out.DBClusterParameterGroups {
				byName[aws.ToString(g.DBClusterParameterGroupName)] = aws.ToString(g.DBParameterGroupFamily)
			}
			return len(out.DBClusterParameterGroups), out.Marker, nil
		}
		out, err := client.DescribeDBParameterGroups(ctx, &rds.DescribeDBParameterGroupsInput{Marker: token})
		if err != nil {
			return 0, nil, fault(ctx, what, err)
		}
		for _, g := range out.DBParameterGroups {
			byName[aws.ToString(g.DBParameterGroupName)] = aws.ToString(g.DBParameterGroupFamily)
		}
		return len(out.DBParameterGroups), out.Marker, nil
	})
	return byName, err
}
