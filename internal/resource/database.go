package resource

// ParameterGroup is a DB parameter group of RDS, of instances or of clusters. Its ID's Name is the group's name, with
// cluster/ before it where it is a cluster's.
type ParameterGroup struct {
	Account, Region, Name string
	Cluster               bool
	Family                string            // postgres16, aurora-mysql8.0, …
	Parameters            map[string]string // those that setup is about, with their values now; a value that is the engine's default too
}

// The steps of a parameter group. Create makes it, a copy of what the database had where From names one.
const ParameterGroupParameters Step = "parameters"

// ID has the group's name.
func (g *ParameterGroup) ID() ID {
	name := g.Name
	if g.Cluster {
		name = "cluster/" + name
	}
	return ID{ParameterGroupKind, g.Account, g.Region, name}
}

// OptionGroup is a DB option group of RDS. Its ID's Name is the group's name.
type OptionGroup struct {
	Account, Region, Name string
	Engine, Version       string                       // mariadb and 10.11: the major version
	Options               map[string]map[string]string // settings by option, as in MARIADB_AUDIT_PLUGIN
}

// The steps of an option group.
const OptionGroupOptions Step = "options"

// ID has the group's name.
func (g *OptionGroup) ID() ID { return ID{OptionGroupKind, g.Account, g.Region, g.Name} }

// Database is an RDS instance or cluster that is there: setup makes none. Its ID's Name is its identifier, with cluster/
// before it where it is a cluster.
type Database struct {
	Account, Region, Name string
	Cluster               bool
	Engine, Version       string // postgres and 16.3
	ParameterGroup        string
	OptionGroup           string
	Exports               []string // EnabledCloudwatchLogsExports, sorted
	Pending               string   // of the parameter group: in-sync, pending-reboot, applying
	Family                string   // of its parameter group
}

// The steps of a database. Group and exports are written by one call each, and none reboots it.
const (
	DatabaseParameterGroup Step = "parameter group"
	DatabaseOptionGroup    Step = "option group"
	DatabaseExports        Step = "log exports"
)

// ID has the identifier.
func (d *Database) ID() ID {
	name := d.Name
	if d.Cluster {
		name = "cluster/" + name
	}
	return ID{DatabaseKind, d.Account, d.Region, name}
}
