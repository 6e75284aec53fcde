// Package sigma is Sigma rules, run here: rules for product aws and service cloudtrail in the YAML of
// https://github.com/SigmaHQ/sigma-specification, version 2.1, over the raw JSON of one CloudTrail record.
//
// It promises that a rule is either evaluated as written or refused with its file, its line and what is wrong there:
// nothing that it does not support becomes a condition that never holds. What is allowed, and probably not meant, is in
// Rule.Warnings. It promises too that no rule and no record, however hostile, makes it panic, or take time that grows
// faster than the record's length.
//
// Values. Texts are compared without regard to case, by Unicode's simple folding, unless cased says otherwise. * is any
// characters, ? is one; a backslash makes *, ? and itself plain and is itself before anything else. Numbers and booleans
// of a record have the text that JSON gives them. A number of a rule equals numbers, and strings that are plain decimals, of
// the same value, exactly, however long. null is a field that is absent or null; it equals no text, not even the empty one.
//
// Fields. Names are those of CloudTrail, with dots between, and their case matters. A field leads through every element
// of arrays; where it leads nowhere, members whose own names have dots are tried, the shortest first. An item holds when
// one of the values that it leads to satisfies it; with all, every value of the rule has to be satisfied by one. Of
// members with the same name the last one counts. Exists is true of null and of an empty array.
//
// Objects are no scalars, and nothing equals one. But contains, and a text with * at both ends, and re, look into them:
// an object satisfies them when its text as compact JSON does (members in the record's order, strings with no escapes but
// those that JSON needs), or one of the strings in it, as it reads. Rules ask requestParameters|contains, and mean what
// stands anywhere in it, such as in a policy, which is JSON in a string. A keyword, which has no field, is looked for in
// the whole record in the same way.
//
// Conditions. Precedence is not, and, or; keywords are in either case. "1 of" and "any of", and "all of", take them or a
// pattern with *; selections that begin with _ are only in a pattern that does. What negates is true of an absent field: "not
// filter", and neq, which is the negation of the whole item.
//
// Where the specification is silent, or says less, this is what the package does:
//   - A regular expression is looked for anywhere; startswith and endswith behind re hold it to an end. It is Go's (RE2),
//     which has no look-around and no back-references: these are refused.
//   - cidr takes a network without bits behind its length, or one address. An IPv4 address in IPv6 is an IPv4 address.
//   - fieldref may have contains, startswith or endswith before it or behind it. The first 100 values of the field that
//     it names count. Null and objects equal nothing.
//   - lt, lte, gt and gte take numbers, and look at numbers and at strings that are plain decimals.
//   - minute, hour, day, week, month and year look at times in RFC 3339, in the zone that they are written in; the week
//     is ISO 8601's, from 1 to 53. lt, lte, gt and gte may stand beside them.
//   - base64 and base64offset are compared without regard to case unless cased stands there too. base64offset needs
//     contains, utf16 needs base64, wide and its like without base64 take ASCII only: else they could never hold.
//   - windash makes - / – — ― interchangeable where one begins a word.
//   - Numbers that YAML's versions read differently (010, 0x10, 1_000) are refused, as are anchors, tags, merge keys and
//     names that stand twice.
//   - A field that differs from one of CloudTrail's only by case is refused; one whose first name CloudTrail is not known
//     to have is a warning.
//
// It does not correlate: correlation rules, aggregations behind |, timeframe, near and action documents are refused by
// name. It has no pipelines, no taxonomies and no placeholders (expand), and applies no Sigma filters to other rules, since
// specification and tools disagree on what their condition means.
package sigma
