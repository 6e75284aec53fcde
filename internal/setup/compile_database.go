package setup

import (
	"fmt"
	"slices"
	"strings"

	"github.com/trailseal/trailseal/internal/resource"
)

// What audit logs of databases are about if nothing is said.
var (
	defaultPGAudit = [...]string{"ddl", "role", "write"}
	defaultEvents  = [...]string{"CONNECT", "QUERY_DDL", "QUERY_DCL"}
)

const auditPlugin = "MARIADB_AUDIT_PLUGIN"

// databases wants the audit logs of databases that are there.
func (c *compiler) databases() error {
	start := len(c.set.Wanted)
	for i, p := range c.b.Databases {
		member := fmt.Sprintf("databases[%d]", i)
		is, err := c.databaseThere(member, p)
		if err != nil {
			return err
		}
		if is == nil {
			continue
		}
		if err := c.database(member, p, is); err != nil {
			return err
		}
	}
	slices.SortStableFunc(c.set.Wanted[start:], func(x, y Wanted) int { // groups first
		return kindOrder(x) - kindOrder(y)
	})
	return nil
}

func kindOrder(w Wanted) int { return slices.Index(resource.Kinds(), w.Resource.ID().Kind) }

// databaseThere finds a database. It is nil, with a note, where the databases could not be listed.
func (c *compiler) databaseThere(member string, p DatabasePlan) (*resource.Database, error) {
	name, what, is := p.Instance, ".instance", "instance"
	if p.Cluster != "" {
		name, what, is = p.Cluster, ".cluster", "cluster"
	}
	for _, d := range c.s.Databases {
		if d.Account == c.s.Account && d.Region == c.s.Region && d.Cluster == (p.Cluster != "") && strings.EqualFold(d.Name, name) {
			return d, nil
		}
	}
	for _, u := range c.s.Unread {
		if u.Kind == resource.DatabaseKind && (u.Region == "" || u.Region == c.s.Region) {
			c.note(fmt.Sprintf("of the database %s nothing is known, and nothing is planned: %v", name, u.Err))
			return nil, nil
		}
	}
	if c.s.ARN == "" { // a survey of nowhere
		c.note("the database " + name + " is left out: what it is has to be read from the account")
		return nil, nil
	}
	return nil, wrong(member+what, "there is no RDS %s %q in %s", is, name, c.s.Region)
}

// database wants what an engine's audit log needs.
func (c *compiler) database(member string, p DatabasePlan, is *resource.Database) error {
	want := *is
	want.Pending = ""
	switch engine := is.Engine; {
	case strings.HasPrefix(engine, "aurora") && !is.Cluster:
		return wrong(member+".instance", "%q is part of an Aurora cluster: want cluster, with the cluster's identifier", is.Name)
	case engine == "postgres", engine == "aurora-postgresql":
		return c.postgres(member, p, want)
	case len(p.PGAudit) > 0:
		return wrong(member+".pgaudit", "%q runs %s: want server_audit", is.Name, engine)
	case engine == "aurora-mysql":
		return c.auroraMySQL(p, want)
	case engine == "mysql" && is.Cluster:
		return wrong(member+".cluster", "a Multi-AZ cluster of MySQL takes no audit plugin")
	case engine == "mysql", engine == "mariadb":
		return c.mysql(p, want)
	case len(p.Events) > 0:
		return wrong(member+".server_audit", "%q runs %s, which has none", is.Name, engine)
	case strings.HasPrefix(engine, "oracle"):
		return c.exportsOnly(want, "alert", "audit", "listener")
	case strings.HasPrefix(engine, "sqlserver"):
		return c.exportsOnly(want, "agent", "error")
	default:
		return wrong(member, "the audit log of %s is not known here", engine)
	}
}

// postgres wants pgaudit.
//
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.pgaudit.html
func (c *compiler) postgres(member string, p DatabasePlan, want resource.Database) error {
	if len(p.Events) > 0 {
		return wrong(member+".server_audit", "%q runs %s: want pgaudit", want.Name, want.Engine)
	}
	classes := p.PGAudit
	if len(classes) == 0 {
		classes = defaultPGAudit[:]
	}
	group := c.parameterGroup(&want, map[string]string{"shared_preload_libraries": "pgaudit", "pgaudit.log": commaList(classes)})
	want.Exports = exported(want.Exports, "postgresql")
	c.want(&want, group).Notes = []string{"once it was started again with pgaudit loaded, run CREATE EXTENSION pgaudit in each of its databases"}
	return nil
}

// auroraMySQL wants the advanced auditing of Aurora.
//
// https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraMySQL.Auditing.html
func (c *compiler) auroraMySQL(p DatabasePlan, want resource.Database) error {
	group := c.parameterGroup(&want, map[string]string{"server_audit_logging": "1", "server_audit_events": commaList(events(p))})
	want.Exports = exported(want.Exports, "audit")
	c.want(&want, group)
	return nil
}

// mysql wants the audit plugin of MariaDB, which RDS has for MySQL too.
//
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.MySQL.Options.AuditPlugin.html
func (c *compiler) mysql(p DatabasePlan, want resource.Database) error {
	options := map[string]map[string]string{auditPlugin: {"SERVER_AUDIT_EVENTS": commaList(events(p))}}
	if isDefaultGroup(want.OptionGroup) {
		want.OptionGroup = c.b.Name + "-" + want.Name
	}
	group := &resource.OptionGroup{Account: c.s.Account, Region: c.s.Region, Name: want.OptionGroup, Engine: want.Engine, Version: major(want.Version), Options: options}
	if old := c.wanted(group.ID()); old != nil {
		settings := old.(*resource.OptionGroup).Options[auditPlugin]
		settings["SERVER_AUDIT_EVENTS"] = commaList(strings.Split(settings["SERVER_AUDIT_EVENTS"]+","+options[auditPlugin]["SERVER_AUDIT_EVENTS"], ","))
	} else {
		c.want(group)
	}
	want.Exports = exported(want.Exports, "audit")
	c.want(&want, group.ID())
	return nil
}

// exportsOnly wants log exports of an engine whose audit log is turned on inside of it.
func (c *compiler) exportsOnly(want resource.Database, logs ...string) error {
	want.Exports = exported(want.Exports, logs...)
	c.want(&want).Notes = []string{"what is audited is said in the database itself; this only brings its logs to CloudWatch Logs"}
	return nil
}

// parameterGroup wants the parameters in the group of a database, or in a new one where it has its engine's own, which
// cannot be changed.
func (c *compiler) parameterGroup(d *resource.Database, parameters map[string]string) resource.ID {
	if isDefaultGroup(d.ParameterGroup) {
		d.ParameterGroup = c.b.Name + "-" + d.Name
	}
	group := &resource.ParameterGroup{Account: c.s.Account, Region: c.s.Region, Name: d.ParameterGroup, Cluster: d.Cluster, Family: d.Family, Parameters: parameters}
	old := c.wanted(group.ID())
	if old == nil {
		return c.want(group).Resource.ID()
	}
	have := old.(*resource.ParameterGroup).Parameters
	for name, value := range parameters { // two databases have one group: it audits what both want
		if have[name] != "" && have[name] != value {
			value = commaList(strings.Split(have[name]+","+value, ","))
		}
		have[name] = value
	}
	return group.ID()
}

// wanted is a resource that is wanted already; nil if it is not.
func (c *compiler) wanted(id resource.ID) resource.Resource {
	for _, w := range c.set.Wanted {
		if w.Resource.ID() == id {
			return w.Resource
		}
	}
	return nil
}

func events(p DatabasePlan) []string {
	if len(p.Events) == 0 {
		return defaultEvents[:]
	}
	return p.Events
}

// isDefaultGroup reports whether a group is the engine's own: default.postgres16 or default:mysql-8-0.
func isDefaultGroup(name string) bool {
	return name == "" || strings.HasPrefix(name, "default.") || strings.HasPrefix(name, "default:")
}

// major is the major version of MySQL or MariaDB, as in 8.0 or 10.11.
func major(version string) string {
	parts := strings.Split(version, ".")
	return strings.Join(parts[:min(2, len(parts))], ".")
}

// commaList is a list as RDS takes it, sorted.
func commaList(values []string) string {
	values = slices.Sorted(slices.Values(values))
	return strings.Join(slices.Compact(values), ",")
}

func exported(have []string, want ...string) []string {
	all := slices.Concat(have, want)
	slices.Sort(all)
	return slices.Compact(all)
}
