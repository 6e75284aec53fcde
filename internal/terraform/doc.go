// Package terraform writes what setup wants of an account as one Terraform module that people can read, keep and apply
// instead of setup.
//
// It promises that the module says the same as the resources it is given: every setting that setup manages, nothing of what
// it does not. What is there already comes with an import block and is changed in place; settings of such a resource that
// setup does not know are left to whoever made them. No secret is written: each is a sensitive variable. Text that comes
// from an account, such as a filter pattern, is always a literal and never evaluated.
//
// It does not run Terraform. What Terraform cannot make without taking something away from others is in the README that it
// writes, with the command that does it.
package terraform
