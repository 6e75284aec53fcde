package cloudformation

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/trailseal/trailseal/internal/resource"
)

// shell is a word of a POSIX shell's command.
func shell(s string) string {
	if s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=@") == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// cli is a command of the AWS CLI with its input as JSON.
func cli(region, command string, input any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(input) // maps and texts can be encoded
	return "aws " + command + " --region " + shell(region) + " --cli-input-json " + shell(strings.TrimSpace(b.String()))
}

// members are those that have a value.
func members(pairs ...any) map[string]any {
	m := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		switch v := pairs[i+1].(type) {
		case string:
			if v == "" {
				continue
			}
		case []string:
			if len(v) == 0 {
				continue
			}
		case map[string]any:
			if len(v) == 0 {
				continue
			}
		}
		m[pairs[i].(string)] = pairs[i+1]
	}
	return m
}

func recorderCommand(r *resource.Recorder) string {
	types := r.Types
	if r.AllSupported {
		types = nil
	}
	put := cli(r.Region, "configservice put-configuration-recorder", members("ConfigurationRecorder", members(
		"name", r.Name,
		"roleARN", r.RoleARN,
		"recordingGroup", members(
			"allSupported", r.AllSupported,
			"includeGlobalResourceTypes", r.GlobalTypes,
			"resourceTypes", types,
			"exclusionByResourceTypes", members("resourceTypes", r.Excluded),
			"recordingStrategy", members("useOnly", strategy(r)),
		),
		"recordingMode", members("recordingFrequency", r.Frequency),
	)))
	if !r.Recording {
		return put
	}
	return put + "\naws configservice start-configuration-recorder --region " + shell(r.Region) + " --configuration-recorder-name " + shell(r.Name)
}

func channelCommand(c *resource.DeliveryChannel) string {
	return cli(c.Region, "configservice put-delivery-channel", members("DeliveryChannel", members(
		"name", c.Name,
		"s3BucketName", c.Bucket,
		"s3KeyPrefix", c.Prefix,
		"s3KmsKeyArn", c.KeyARN,
		"snsTopicARN", c.TopicARN,
		"configSnapshotDeliveryProperties", members("deliveryFrequency", c.Frequency),
	)))
}

func parameterGroupCommand(g *resource.ParameterGroup) string {
	command, member := "rds modify-db-parameter-group", "DBParameterGroupName"
	if g.Cluster {
		command, member = "rds modify-db-cluster-parameter-group", "DBClusterParameterGroupName"
	}
	var parameters []any
	for _, name := range sorted(g.Parameters) {
		parameters = append(parameters, members("ParameterName", name, "ParameterValue", g.Parameters[name], "ApplyMethod", "pending-reboot"))
	}
	if len(parameters) == 0 {
		return ""
	}
	return cli(g.Region, command, members(member, g.Name, "Parameters", parameters))
}

func optionGroupCommand(g *resource.OptionGroup) string {
	var options []any
	for _, name := range sorted(g.Options) {
		var settings []any
		for _, setting := range sorted(g.Options[name]) {
			settings = append(settings, members("Name", setting, "Value", g.Options[name][setting]))
		}
		options = append(options, members("OptionName", name, "OptionSettings", settings))
	}
	if len(options) == 0 {
		return ""
	}
	return cli(g.Region, "rds modify-option-group", members("OptionGroupName", g.Name, "OptionsToInclude", options, "ApplyImmediately", true))
}

func databaseCommand(d *resource.Database) string {
	exports := members("EnableLogTypes", d.Exports)
	if d.Cluster {
		return cli(d.Region, "rds modify-db-cluster", members("DBClusterIdentifier", d.Name,
			"DBClusterParameterGroupName", d.ParameterGroup, "OptionGroupName", d.OptionGroup, "CloudwatchLogsExportConfiguration", exports))
	}
	return cli(d.Region, "rds modify-db-instance", members("DBInstanceIdentifier", d.Name, "DBParameterGroupName", d.ParameterGroup,
		"OptionGroupName", d.OptionGroup, "CloudwatchLogsExportConfiguration", exports))
}
