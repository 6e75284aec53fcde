package account

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/google/go-cmp/cmp"

	"github.com/trailseal/trailseal/internal/resource"
)

func TestDatabasesOnMoto(t *testing.T) {
	a, account, proxy := onMoto(t)
	ctx, w := t.Context(), walk{t, a, proxy}
	client, err := a.rds(ctx, account, east)
	if err != nil {
		t.Fatal(err)
	}
	for _, in := range []*rds.CreateDBInstanceInput{
		{DBInstanceIdentifier: aws.String("pay"), Engine: aws.String("postgres"), EngineVersion: aws.String("16.3")},
		{DBInstanceIdentifier: aws.String("shop"), Engine: aws.String("mariadb"), EngineVersion: aws.String("10.6")},
	} {
		in.DBInstanceClass, in.AllocatedStorage, in.MasterUsername, in.MasterUserPassword =
			aws.String("db.t3.micro"), aws.Int32(20), aws.String("owner"), aws.String("not-a-real-one")
		if _, err := client.CreateDBInstance(ctx, in); err != nil {
			t.Fatal(err)
		}
	}
	proxy.Reset()
	w.absent((&resource.Database{Account: account, Region: east, Name: "none"}).ID())
	w.absent((&resource.Database{Account: account, Region: east, Name: "none", Cluster: true}).ID())

	for _, cluster := range []bool{false, true} {
		group := &resource.ParameterGroup{Account: account, Region: east, Name: "pay-audit", Cluster: cluster, Family: "postgres16", Parameters: map[string]string{}}
		w.absent(group.ID())
		for range 2 {
			if err := a.Do(ctx, resource.Edit{Step: resource.Create, To: group}); err != nil {
				t.Fatal(err)
			}
		}
		w.may("making a parameter group", Writes(resource.ParameterGroupKind, resource.Create))
		there := w.read(group.ID()).(*resource.ParameterGroup)
		wanted := with(there, func(g *resource.ParameterGroup) {
			g.Parameters = map[string]string{"shared_preload_libraries": "pg_stat_statements,pgaudit", "pgaudit.log": "ddl,role,write"}
		})
		if err := a.Do(ctx, resource.Edit{Step: resource.ParameterGroupParameters, To: wanted, From: there}); err != nil {
			t.Fatal(err)
		}
		w.may("setting parameters", Writes(resource.ParameterGroupKind, resource.ParameterGroupParameters))
		got := w.read(group.ID()).(*resource.ParameterGroup)
		for name, value := range wanted.Parameters {
			if got.Parameters[name] != value {
				t.Errorf("cluster %t: %s is %q, want %q", cluster, name, got.Parameters[name], value)
			}
		}
		copied := with(wanted, func(g *resource.ParameterGroup) { g.Name = "pay-audit-2" })
		if err := a.Do(ctx, resource.Edit{Step: resource.Create, To: copied, From: got}); err != nil {
			t.Fatal(err)
		}
		w.may("copying a parameter group", Writes(resource.ParameterGroupKind, resource.Create))
		if got = w.read(copied.ID()).(*resource.ParameterGroup); got.Parameters["pgaudit.log"] != "ddl,role,write" {
			t.Errorf("cluster %t: the copy has %v", cluster, got.Parameters)
		}
	}

	options := &resource.OptionGroup{Account: account, Region: east, Name: "shop-audit", Engine: "mariadb", Version: "10.6", Options: map[string]map[string]string{}}
	w.absent(options.ID())
	w.step(resource.Create, options, options)
	options = with(options, func(g *resource.OptionGroup) {
		g.Options = map[string]map[string]string{"MARIADB_AUDIT_PLUGIN": {"SERVER_AUDIT_EVENTS": "CONNECT,QUERY_DDL,QUERY_DCL"}}
	})
	w.step(resource.OptionGroupOptions, options, options)

	pay := w.read((&resource.Database{Account: account, Region: east, Name: "pay"}).ID()).(*resource.Database)
	if pay.Engine != "postgres" || pay.Family == "" || pay.ParameterGroup == "" {
		t.Errorf("read: %+v", pay)
	}
	exported := with(pay, func(d *resource.Database) { d.Exports = []string{"postgresql"} })
	w.step(resource.DatabaseExports, exported, exported)
	grouped := with(exported, func(d *resource.Database) { d.ParameterGroup, d.Family = "pay-audit", "postgres16" })
	w.step(resource.DatabaseParameterGroup, grouped, grouped)
	shop := w.read((&resource.Database{Account: account, Region: east, Name: "shop"}).ID()).(*resource.Database)
	shop = with(shop, func(d *resource.Database) { d.OptionGroup = "shop-audit" })
	w.step(resource.DatabaseOptionGroup, shop, shop)

	survey := &resource.Survey{Account: account}
	surveyDatabases(ctx, a, resource.Where{Region: east}, survey)
	if len(proxy.Calls()) != 0 {
		t.Error("databases are asked for although they are not of interest")
	}
	surveyDatabases(ctx, a, resource.Where{Region: east, Databases: true}, survey)
	w.may("the survey of databases", databaseListReads)
	if diff := cmp.Diff([]*resource.Database{grouped, shop}, survey.Databases); diff != "" || len(survey.Unread) != 0 {
		t.Error(diff, survey.Unread)
	}
}
