// Package pattern is the language of CloudWatch Logs filter patterns, run here: the very text that a metric filter is
// deployed with, over the raw JSON of one CloudTrail record. JSON patterns, terms and space-delimited patterns are all
// there. The source is
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html and its subpages.
//
// It promises that Parse refuses what the service documents as invalid, within the service's limits, and names the
// column and what was expected there; that printing a pattern and parsing it again gives the same pattern; that a
// field that is absent, null, an object or an array makes every comparison false, != too, as the service does; and
// that no pattern and no record, however hostile, makes it panic, or take time that grows faster than the
// record's length. How steep that is, a regular expression with many repetitions decides.
//
// Where the service's behaviour is not documented, this is what the package does:
//   - Text that is not one JSON object, or has more than MaxDepth levels, matches no JSON pattern, not even NOT EXISTS.
//   - A boolean satisfies IS TRUE, IS FALSE and "= *", and no other comparison.
//   - A string is compared as a number when it is a plain decimal, and the value is a number without quotes; numbers
//     are compared exactly, however long. A value in quotes is compared with the text of a number: "3" equals 3, and
//     not 3.0.
//   - < > <= and >= take a number without quotes, and nothing else.
//   - An asterisk is a wildcard at the ends of a value, in quotes or not; elsewhere it is an asterisk, and Warnings says
//     so. The older documentation says it in these words, the newer is silent.
//   - With [*] and .* a condition holds when one of the values satisfies it, != too; NOT EXISTS when there is none.
//   - Of members with the same name the last one counts; .* looks at all of them.
//   - A value without quotes may have every ASCII character but blanks and ( ) & | { } " = ! < > @ $ \ and, at its
//     beginning, %. The benchmarks' own patterns need more than the letters, digits, _ and * that the documentation has.
//   - Names in brackets take single quotes. Keywords may be in either case, and are printed in upper case.
//   - In a regular expression blanks are allowed, as in the documentation's examples, and every escape but \d \D \s \S
//     \w \W \xhh and those of allowed punctuation is refused; so is a bracket that opens inside a bracket.
//   - The limit of two regular expressions holds for terms too.
//   - In a space-delimited pattern without "..." the last field takes the rest of the line.
//
// Record is the one view of a record for all rules: Set indexes patterns, and rules of other languages that are a Matcher,
// by eventName and eventSource.
//
// It does not evaluate what is around a pattern: metric values, default values, dimensions, transformed logs, the
// number of filters in a log group. It extracts no fields.
package pattern
