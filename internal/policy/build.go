package policy

import "strings"

// What the builders are made of. The ones that follow AWS's documentation word for word keep its Sids, so that a statement
// that a console or another tool has made is known again.

const currentVersion = "2012-10-17"

// The Sids of what the owner of a key or a topic may.
const (
	sidRoot  = "EnableRoot"
	sidOwner = "AllowOwner"
)

func document(statements ...Statement) Document {
	return Document{Version: currentVersion, Statements: statements}
}

// service is an AWS service as a principal.
func service(name string) Principal { return Principal{"Service": {name}} }

func anybody() Principal { return Principal{"*": {"*"}} }

// rootOf is an account. What it allows the account's IAM can hand on.
func rootOf(partition, account string) Principal {
	return Principal{"AWS": {"arn:" + partition + ":iam::" + account + ":root"}}
}

func bucketARN(partition, bucket string) string { return "arn:" + partition + ":s3:::" + bucket }

// underPrefix is a key prefix with its slash, or nothing.
func underPrefix(prefix string) string {
	if prefix = strings.Trim(prefix, "/"); prefix != "" {
		prefix += "/"
	}
	return prefix
}

// principalNames are the ARNs that a Principal can name: IAM takes no pattern there.
func principalNames(arns []string) []string {
	var all []string
	for _, a := range arns {
		if a != "" && !strings.ContainsAny(a, "*?") {
			all = append(all, a)
		}
	}
	return all
}

// accountOf is the account in an ARN, empty if there is none.
func accountOf(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return ""
	}
	return parts[4]
}

// partitionOf is the partition in an ARN, aws if there is none.
func partitionOf(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return "aws"
	}
	return parts[1]
}

// domain is that of AWS's endpoints in a partition; some services are named by it.
func domain(partition string) string {
	if partition == "aws-cn" {
		return "amazonaws.com.cn"
	}
	return "amazonaws.com"
}
