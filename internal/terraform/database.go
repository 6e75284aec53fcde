package terraform

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/trailseal/trailseal/internal/resource"
)

// https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/db_parameter_group
//
// Terraform takes every parameter that is not in its text back to the default. A group that is there can have others, so it
// is changed by a command instead.

func (w *writer) parameterGroup(g *resource.ParameterGroup) {
	names := slices.Sorted(maps.Keys(g.Parameters))
	if w.exists(g.ID()) {
		w.parameterCommand(g, names)
		return
	}
	kind := "aws_db_parameter_group"
	if g.Cluster {
		kind = "aws_rds_cluster_parameter_group"
	}
	b := w.resource("databases.tf", kind, w.labels[g.ID()], place{g.Account, g.Region})
	b.text("name", g.Name)
	b.text("family", g.Family)
	for _, n := range names {
		p := b.sub("parameter")
		p.text("name", n)
		p.set("value", quoted(g.Parameters[n]))
		p.text("apply_method", method(n))
	}
	b.keep(true)
	w.notes = append(w.notes, "The parameter group "+g.Name+" has the parameters of the audit log only. What the database's own parameter group sets beyond the "+
		"engine's defaults has to be added before the database is given the new one.")
}

// method is when RDS takes a parameter: a static one waits for a reboot.
func method(parameter string) string {
	if parameter == "shared_preload_libraries" {
		return "pending-reboot"
	}
	return "immediate"
}

func (w *writer) parameterCommand(g *resource.ParameterGroup, names []string) {
	was, ok := now[*resource.ParameterGroup](w, g.ID())
	call, flag := "modify-db-parameter-group", "--db-parameter-group-name"
	if g.Cluster {
		call, flag = "modify-db-cluster-parameter-group", "--db-cluster-parameter-group-name"
	}
	var parameters []map[string]string
	for _, n := range names {
		if !ok || was.Parameters[n] != g.Parameters[n] {
			parameters = append(parameters, map[string]string{"ParameterName": n, "ParameterValue": g.Parameters[n], "ApplyMethod": method(n)})
		}
	}
	if len(parameters) == 0 {
		return
	}
	w.manual = append(w.manual, step{"Change the parameter group " + g.Name + ". It is there already, and Terraform would reset its other parameters.",
		"aws rds " + call + " --region " + shell(g.Region) + " " + flag + " " + shell(g.Name) + " --parameters " + shell(compact(parameters))})
}

// https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/db_option_group

func (w *writer) optionGroup(g *resource.OptionGroup) {
	names := slices.Sorted(maps.Keys(g.Options))
	if w.exists(g.ID()) {
		w.optionCommand(g, names)
		return
	}
	b := w.resource("databases.tf", "aws_db_option_group", w.labels[g.ID()], place{g.Account, g.Region})
	b.text("name", g.Name)
	b.text("engine_name", g.Engine)
	b.text("major_engine_version", g.Version)
	for _, n := range names {
		o := b.sub("option")
		o.text("option_name", n)
		for _, s := range slices.Sorted(maps.Keys(g.Options[n])) {
			set := o.sub("option_settings")
			set.text("name", s)
			set.set("value", quoted(g.Options[n][s]))
		}
	}
	b.keep(true)
}

func (w *writer) optionCommand(g *resource.OptionGroup, names []string) {
	was, ok := now[*resource.OptionGroup](w, g.ID())
	var options []map[string]any
	for _, n := range names {
		if ok && maps.Equal(was.Options[n], g.Options[n]) {
			continue
		}
		var settings []map[string]string
		for _, s := range slices.Sorted(maps.Keys(g.Options[n])) {
			settings = append(settings, map[string]string{"Name": s, "Value": g.Options[n][s]})
		}
		options = append(options, map[string]any{"OptionName": n, "OptionSettings": settings})
	}
	if len(options) == 0 {
		return
	}
	w.manual = append(w.manual, step{"Change the option group " + g.Name + ". It is there already, and Terraform would remove its other options.",
		"aws rds add-option-to-option-group --region " + shell(g.Region) + " --option-group-name " + shell(g.Name) + " --apply-immediately --options " + shell(compact(options))})
}

// database is changed by a command: setup makes no database, and Terraform would have to know all of it.
func (w *writer) database(d *resource.Database) {
	was, _ := now[*resource.Database](w, d.ID())
	if was == nil {
		was = &resource.Database{}
	}
	call := []string{"aws rds modify-db-instance --region " + shell(d.Region) + " --db-instance-identifier " + shell(d.Name)}
	group := " --db-parameter-group-name "
	if d.Cluster {
		call = []string{"aws rds modify-db-cluster --region " + shell(d.Region) + " --db-cluster-identifier " + shell(d.Name)}
		group = " --db-cluster-parameter-group-name "
	}
	if d.ParameterGroup != "" && d.ParameterGroup != was.ParameterGroup {
		call = append(call, group+shell(d.ParameterGroup))
	}
	if d.OptionGroup != "" && d.OptionGroup != was.OptionGroup && !d.Cluster {
		call = append(call, " --option-group-name "+shell(d.OptionGroup))
	}
	if len(d.Exports) > 0 && !slices.Equal(d.Exports, was.Exports) {
		call = append(call, " --cloudwatch-logs-export-configuration "+shell(compact(map[string]any{"EnableLogTypes": d.Exports})))
	}
	if len(call) == 1 {
		return
	}
	w.manual = append(w.manual, step{"After terraform apply: change the database " + d.Name + ", which the module does not manage. A new parameter group is in use after the next reboot only, which the command does not do.",
		strings.Join(append(call, " --apply-immediately"), "")})
}

func compact(v any) string {
	text, _ := json.Marshal(v) // maps of texts always can be
	return string(text)
}
