// Package cloudformation writes what setup wants as AWS CloudFormation templates, with a README that says how they are
// deployed and a list of what is to be imported.
//
// A template is for one account and one region. What belongs elsewhere, as the log bucket in an account of its own, has a
// template of its own; what CloudFormation cannot make or import is told in the README with the command that does it.
//
// It promises that a template says what setup would write: names and ARNs of resources that it has are references, and no
// text, whatever is in it, becomes one by accident. No secret is in it: a secret is a parameter. The same resources give the
// same bytes.
//
// It does not deploy, and it does not read AWS.
package cloudformation
