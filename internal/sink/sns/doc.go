// Package sns tells of alerts through a topic of Amazon SNS, standard or FIFO.
//
// Its section of the configuration has one setting, topic: the ARN, whose region is where the topic is asked. The caller's
// AWS credentials need sns:Publish on it, and kms:GenerateDataKey and kms:Decrypt where a KMS key encrypts it.
//
// Subscribers of e-mail and SMS get text, all others (sqs, https, lambda, firehose, email-json) the notice as JSON, as
// package notice defines it. The attributes severity, detection, account and kind are there for filter policies; one
// that the alert does not have is left out. A FIFO topic gets the alert's id as the message group, so that its notices
// stay in order, and a hash of the notice's key for deduplication, which SNS does within five minutes.
//
// It promises that a message, with its attributes, is at most 256 KiB, the most that a topic takes which nobody has
// changed: what does not fit is left out. It does not know who has subscribed, and what SNS has accepted counts as told.
// Text of a log that reads like a URL may be made a link by the subscriber's mail program.
package sns
