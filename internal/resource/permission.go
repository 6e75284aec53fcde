package resource

// Permission is an IAM action with what it is about.
type Permission struct {
	Action string // as in s3:PutBucketPolicy
	// Any says that the action cannot be limited to the resource: its Resource has to be "*".
	Any bool
	// On are resources other than the one that is read or written, as in the role of iam:PassRole; ARNs, in which
	// ${partition}, ${account}, ${region} and ${name} stand for those of the resource's ID.
	On []string
	// Service is the service that a role may be passed to (iam:PassedToService).
	Service string
}
