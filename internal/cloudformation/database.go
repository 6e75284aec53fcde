package cloudformation

import (
	"go.yaml.in/yaml/v3"

	"github.com/trailseal/trailseal/internal/resource"
)

// described is the description of groups that are made. RDS cannot change one, and it is not read: so a group that is there
// is not imported, since CloudFormation would put another in its place.
const described = "Made by trailseal setup"

const groupKept = "it is there, and CloudFormation would replace it"

func (t *writer) addParameterGroup(g *resource.ParameterGroup) {
	id := g.ID()
	if t.exists(g) {
		t.leaveThere(g, parameterGroupCommand(g), groupKept)
		return
	}
	kind, member := "RDS::DBParameterGroup", "DBParameterGroupName"
	if g.Cluster {
		kind, member = "RDS::DBClusterParameterGroup", "DBClusterParameterGroupName"
	}
	var parameters []field
	for _, name := range sorted(g.Parameters) {
		parameters = append(parameters, field{name, str(g.Parameters[name])})
	}
	t.put(entry{name: t.names.resource(id), kind: kind, retain: true, properties: object(
		field{member, str(g.Name)},
		field{"Description", str(described)},
		field{"Family", str(g.Family)},
		field{"Parameters", object(parameters...)},
	)})
}

func (t *writer) addOptionGroup(g *resource.OptionGroup) {
	id := g.ID()
	if t.exists(g) {
		t.leaveThere(g, optionGroupCommand(g), groupKept)
		return
	}
	var options []*yaml.Node
	for _, name := range sorted(g.Options) {
		options = append(options, object(field{"OptionName", str(name)}, field{"OptionSettings", pairs("Name", g.Options[name])}))
	}
	t.put(entry{name: t.names.resource(id), kind: "RDS::OptionGroup", retain: true, properties: object(
		field{"OptionGroupName", str(g.Name)},
		field{"OptionGroupDescription", str(described)},
		field{"EngineName", str(g.Engine)},
		field{"MajorEngineVersion", quoted(g.Version)},
		field{"OptionConfigurations", optional(options)},
	)})
}

func (t *writer) leaveDatabase(d *resource.Database) {
	t.leaveThere(d, databaseCommand(d), "no stack is to make or replace a database. It takes its groups in its maintenance window; with "+
		"--apply-immediately it takes them at once, and with them all other changes that wait, some of which may reboot it")
}
