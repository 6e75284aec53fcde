// Package setup makes an AWS account's audit logging what a SOC 2 audit asks for, and says what that changes before it does.
//
// A Blueprint is what a person wants. Compile makes it, with a survey of what is there, into the resources that are
// wanted. Compare sets each against what was read and gives the target and the changes, one a setting. Apply writes them,
// step by step. Status proves that what is there works.
//
// It promises that nothing is deleted, emptied or weakened: a stricter setting stays, and statements, selectors, rules and
// actions of others are kept. What could not be read is unknown and is not written. The account is the only state.
//
// It knows no AWS call: those are made by who implements Account.
package setup
