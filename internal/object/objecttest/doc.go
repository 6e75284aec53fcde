// Package objecttest is the contract that every source of CloudTrail files keeps: a bucket, a folder, a fake.
//
// It promises that two sources which pass Run list and open the same tree in the same terms, so that a job may be
// given either. It tests only what a source shows through package object. It does not test speed, retries that the
// source does inside, nor what only one kind of source can be asked.
package objecttest
