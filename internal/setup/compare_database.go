package setup

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/trailseal/trailseal/internal/resource"
)

var parameterGroupRules = rules{
	steps:   []resource.Step{resource.Create, resource.ParameterGroupParameters},
	compare: comparing(compareParameterGroup),
}

// compareParameterGroup adds to what the parameters say; what they say already stays.
func compareParameterGroup(c *comparison, now, want *resource.ParameterGroup) *resource.ParameterGroup {
	anew := now == nil
	if anew {
		c.change(resource.Create, isNew, nil, "parameter group of "+want.Family, whyParameterGroup)
		made := *want
		made.Parameters = nil
		now = &made
	}
	t := *now
	if !c.known(resource.ParameterGroupParameters) {
		return &t
	}
	all, before := maps.Clone(now.Parameters), len(c.changes)
	if all == nil {
		all = map[string]string{}
	}
	for _, name := range slices.Sorted(maps.Keys(want.Parameters)) {
		was := all[name]
		if anew && name == "shared_preload_libraries" {
			was = "pg_stat_statements" // as RDS has it for PostgreSQL where nobody says otherwise: setting it replaces that
		}
		value := parameter(name, was, want.Parameters[name])
		if value == all[name] {
			continue
		}
		c.change(resource.ParameterGroupParameters, name, all[name], value, whyParameters)
		all[name] = value
		if name == "shared_preload_libraries" {
			c.note("%s is static: after a reboot of the database, run CREATE EXTENSION pgaudit in each of its databases", name)
		}
	}
	if len(c.changes) > before {
		t.Parameters = all
	}
	return &t
}

// parameter is the value that a parameter gets: what it has, and what is wanted.
func parameter(name, now, want string) string {
	switch name {
	case "shared_preload_libraries", "server_audit_events":
		return lengthened(now, want)
	case "pgaudit.log":
		return classes(now, want)
	case "server_audit_excl_users": // fewer are stricter
		return common(now, want)
	}
	if now != "" && (want == "" || isOff(want) && !isOff(now)) {
		return now
	}
	return want
}

func isOff(v string) bool {
	return slices.Contains([]string{"0", "off", "false", "no"}, strings.ToLower(v))
}

// listed are the values of a list with commas.
func listed(text string) []string {
	var all []string
	for v := range strings.SplitSeq(text, ",") {
		if v = strings.TrimSpace(v); v != "" {
			all = append(all, v)
		}
	}
	return all
}

func has(all []string, v string) bool {
	return slices.ContainsFunc(all, func(a string) bool { return strings.EqualFold(a, v) })
}

// lengthened is a list with commas and what it lacks of another.
func lengthened(now, want string) string {
	all := listed(now)
	n := len(all)
	for _, v := range listed(want) {
		if !has(all, v) {
			all = append(all, v)
		}
	}
	if len(all) == n {
		return now
	}
	return strings.Join(all, ",")
}

// common is what two lists with commas have in common, or the first itself where that is all of it.
func common(now, want string) string {
	all, keep := listed(now), listed(want)
	left := slices.DeleteFunc(slices.Clone(all), func(v string) bool { return !has(keep, v) })
	if len(left) == len(all) {
		return now
	}
	return strings.Join(left, ",")
}

// classes is a value of pgaudit.log that logs what two others do: a class after a minus is taken away from those before it.
//
// https://github.com/pgaudit/pgaudit/blob/main/README.md
func classes(now, want string) string {
	logged, ok := pgaudit(now)
	need, wanted := pgaudit(want)
	if !ok || !wanted {
		return lengthened(now, want)
	}
	all := maps.Clone(logged)
	maps.Copy(all, need)
	switch {
	case len(all) == len(logged):
		return now
	case len(all) == len(need):
		return want
	case len(all) == len(pgauditClasses()):
		return "all"
	}
	return strings.Join(slices.Sorted(maps.Keys(all)), ",")
}

func pgauditClasses() []string {
	return []string{"ddl", "function", "misc", "misc_set", "read", "role", "write"}
}

// pgaudit are the classes that a value of pgaudit.log logs; false where it has a class that is not known.
func pgaudit(value string) (map[string]bool, bool) {
	logged := map[string]bool{}
	for _, v := range listed(strings.ToLower(value)) {
		class, minus := strings.CutPrefix(v, "-")
		some := []string{class}
		switch class {
		case "none":
			some = nil
			if !minus {
				continue
			}
		case "all":
			some = pgauditClasses()
		case "misc": // misc_set is a part of it
			some = []string{"misc", "misc_set"}
		}
		for _, s := range some {
			if !slices.Contains(pgauditClasses(), s) {
				return nil, false
			}
			if minus {
				delete(logged, s)
			} else {
				logged[s] = true
			}
		}
	}
	return logged, true
}

var optionGroupRules = rules{
	steps:   []resource.Step{resource.Create, resource.OptionGroupOptions},
	compare: comparing(compareOptionGroup),
}

func compareOptionGroup(c *comparison, now, want *resource.OptionGroup) *resource.OptionGroup {
	if now == nil {
		c.change(resource.Create, isNew, nil, "option group of "+want.Engine+" "+want.Version, whyParameterGroup)
		made := *want
		made.Options = nil
		now = &made
	}
	t := *now
	if !c.known(resource.OptionGroupOptions) {
		return &t
	}
	all, before := map[string]map[string]string{}, len(c.changes)
	for name, settings := range now.Options {
		all[name] = maps.Clone(settings)
	}
	for _, name := range slices.Sorted(maps.Keys(want.Options)) {
		all[name] = options(c, name, all[name], want.Options[name])
	}
	if len(c.changes) > before {
		t.Options = all
	}
	return &t
}

// options are the settings that an option gets.
func options(c *comparison, name string, now, want map[string]string) map[string]string {
	if now == nil {
		c.change(resource.OptionGroupOptions, name, nil, settingsText(want), whyOptions)
		return maps.Clone(want)
	}
	all := maps.Clone(now)
	for _, setting := range slices.Sorted(maps.Keys(want)) {
		value := option(setting, now[setting], want[setting])
		if value != now[setting] {
			c.change(resource.OptionGroupOptions, name+" "+setting, now[setting], value, whyOptions)
			all[setting] = value
		}
	}
	for _, setting := range []string{"SERVER_AUDIT_EXCL_USERS", "SERVER_AUDIT_INCL_USERS"} {
		if all[setting] != "" && want[setting] == "" {
			c.note("%s is %s: not every user's statements are logged", setting, all[setting])
		}
	}
	return all
}

func option(setting, now, want string) string {
	switch setting {
	case "SERVER_AUDIT_EVENTS":
		return lengthened(now, want)
	case "SERVER_AUDIT_EXCL_USERS":
		return common(now, want)
	case "SERVER_AUDIT_INCL_USERS":
		if now == "" { // everybody's
			return now
		}
		return lengthened(now, want)
	}
	if a, err := strconv.Atoi(now); err == nil {
		if b, err := strconv.Atoi(want); err == nil && a > b { // sizes, of which the larger holds more
			return now
		}
	}
	return want
}

func settingsText(all map[string]string) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		parts = append(parts, name+" "+all[name])
	}
	return strings.Join(parts, ", ")
}

var databaseRules = rules{
	steps:   []resource.Step{resource.DatabaseParameterGroup, resource.DatabaseOptionGroup, resource.DatabaseExports},
	compare: comparing(compareDatabase),
}

func compareDatabase(c *comparison, now, want *resource.Database) *resource.Database {
	if now == nil {
		c.change(resource.Create, isNew, nil, want.Engine+" database", whyGroups).Manual = "there is no such database: make it, or take it out of the blueprint (databases)"
		return want
	}
	t := *now
	if want.ParameterGroup != "" && c.known(resource.DatabaseParameterGroup) {
		if ch := put(c, resource.DatabaseParameterGroup, "DBParameterGroupName", &t.ParameterGroup, want.ParameterGroup, whyGroups); ch != nil {
			ch.Risk = "it works after a reboot only, which is left to you; parameters that the group of before had set, and this one has not, are the engine's defaults then"
			ch.Ask = fmt.Sprintf("The database leaves the parameter group %s. Is that wanted?", now.ParameterGroup)
		}
	}
	if want.OptionGroup != "" && c.known(resource.DatabaseOptionGroup) {
		if ch := put(c, resource.DatabaseOptionGroup, "OptionGroupName", &t.OptionGroup, want.OptionGroup, whyGroups); ch != nil {
			ch.Risk = "options that the group of before had, and this one has not, are gone, and the database can be interrupted for a moment"
			ch.Ask = fmt.Sprintf("The database leaves the option group %s. Is that wanted?", now.OptionGroup)
		}
	}
	if c.known(resource.DatabaseExports) {
		c.join(resource.DatabaseExports, "EnabledCloudwatchLogsExports", &t.Exports, want.Exports, whyExports)
	}
	if now.Pending == "pending-reboot" && now.ParameterGroup == t.ParameterGroup && c.known(resource.DatabaseParameterGroup) {
		c.change(resource.DatabaseParameterGroup, "ParameterApplyStatus", now.Pending, "in-sync", whyReboot).Manual = reboot(now)
	}
	return &t
}

// reboot is how a database comes to work with its parameters.
func reboot(d *resource.Database) string {
	how := fmt.Sprintf("aws rds reboot-db-instance --region %s --db-instance-identifier %s", d.Region, d.Name)
	if d.Cluster {
		how = fmt.Sprintf("aws rds reboot-db-cluster --region %s --db-cluster-identifier %s (of Aurora: reboot-db-instance for each of its instances)", d.Region, d.Name)
	}
	if strings.Contains(d.Engine, "postgres") {
		how += "\nthen CREATE EXTENSION pgaudit in each of its databases"
	}
	return how
}
