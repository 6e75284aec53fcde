package setup

import (
	"strings"
)

// partitions are the partitions of AWS by how their regions' names begin.
var partitions = []struct{ prefix, name string }{
	{"cn-", "aws-cn"}, {"us-gov-", "aws-us-gov"}, {"us-iso-", "aws-iso"}, {"us-isob-", "aws-iso-b"},
	{"eu-isoe-", "aws-iso-e"}, {"us-isof-", "aws-iso-f"}, {"eusc-", "aws-eusc"},
}

// PartitionOf is the partition of a region, as in aws or aws-cn.
func PartitionOf(region string) string {
	for _, p := range partitions {
		if strings.HasPrefix(region, p.prefix) {
			return p.name
		}
	}
	return "aws"
}

// arn is an Amazon Resource Name.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
type arn struct {
	partition, service, region, account, resource string
}

func parseARN(text string) (arn, bool) {
	p := strings.SplitN(text, ":", 6)
	if len(p) != 6 || p[0] != "arn" || p[1] == "" || p[2] == "" || p[5] == "" {
		return arn{}, false
	}
	return arn{p[1], p[2], p[3], p[4], p[5]}, true
}

func (a arn) String() string {
	return strings.Join([]string{"arn", a.partition, a.service, a.region, a.account, a.resource}, ":")
}

// groupName is the name of a log group in its ARN, as CloudTrail states it.
func groupName(text string) string {
	a, _ := parseARN(text)
	name, ok := strings.CutPrefix(a.resource, "log-group:")
	if !ok {
		return ""
	}
	return strings.TrimSuffix(name, ":*")
}

// shortened is a bucket's name made of another with an ending, within the 63 characters that S3 takes.
func shortened(name, ending string) string {
	if most := 63 - len(ending); len(name) > most {
		name = strings.TrimRight(name[:most], ".-")
	}
	return name + ending
}

func joined(bucket, prefix string) string {
	if prefix == "" {
		return bucket
	}
	return bucket + "/" + prefix
}
