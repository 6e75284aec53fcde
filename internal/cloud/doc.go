// Package cloud reads from AWS: the objects of a bucket, CloudTrail's public keys, and what a trail says of itself. It asks
// Amazon Athena, writes the files of the lake, receives messages of Amazon SQS, and gets secrets of AWS Secrets Manager.
//
// It promises the AWS default credential chain untouched (AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL and the rest work
// as everywhere); that every failure either carries one word of package object or is worth another try; that the AWS
// error code stands in the message; and that no message, ever, holds a credential, a token or a signature. "Not
// found" is only what S3 itself calls NoSuchKey: a 404 that a proxy made up is a fault, not a missing object. A body
// that ends early, or comes to a halt, is an error of its reading.
//
// It writes and deletes nothing but below the prefix of a bucket that it was given for the lake (put.go), and messages of a
// queue that it was given, which it deletes, or keeps from others for a while (sqs.go). It does not retry a body that broke
// after its first byte (the caller opens the object again), does not read versions, access points or directory buckets
// (whose listing has no order), and does not check S3's own checksums: what a digest says of an object is stronger.
package cloud
