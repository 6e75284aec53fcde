// Package sinktest is the contract that every sink of alerts keeps: Slack, PagerDuty, a mail server, a line of output.
//
// It promises that a sink which passes Run delivers every kind of notice with whatever text a log file may hold, says
// truly whether another try can help, ends when its context ends, sends nothing to a host that nobody configured, and
// shows no secret. What the vendor documents of a request is checked by the sink's own test, in Options.Check.
//
// It does not test speed, the vendor's own behaviour, nor what the outbox does with an error.
package sinktest
