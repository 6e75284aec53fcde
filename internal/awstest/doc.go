// Package awstest is a fake AWS on the loopback address: the part of S3, CloudTrail, Organizations, STS and Athena that
// reading CloudTrail's files, and asking and writing the lake, needs. Tests and benchmarks run against it, and so does the real AWS CLI.
//
// It promises S3's byte order, its paging, its XML errors and its headers as documented; bodies from memory, from a
// directory as `aws s3 sync` leaves it (side-cars become x-amz-meta- headers), or from any Backend; latency that
// requests wait side by side; faults on demand; and counts of what was asked.
//
// A Proxy is the other part: what sets an account up is tested on moto, which others wrote, and the proxy before it notes
// each call with the IAM actions that it needs, lets calls fail, and answers those that moto does not know. moto_patched.py
// starts moto with what it does otherwise than AWS documents mended.
//
// It does not check signatures, hold versions, or know permissions. It must never be reachable from outside.
package awstest
