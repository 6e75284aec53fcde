package web

import (
	"fmt"
	"strings"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/verdict"
)

// term is a word of the report with its meaning in one sentence.
type term struct{ Code, Name, Text string }

// states says what each state of an hour means, in the order of integrity.States.
var states = []term{
	{"verified", "Verified", "AWS's signed hourly list (the digest) for this hour is present and genuine, and every log file it names was read and is byte for byte what AWS delivered."},
	{"verified-empty", "Verified, empty", "The signed list for this hour is present and genuine and says that no log file was delivered, so there is nothing to lose or change."},
	{"gap-explained", "Gap, explained", "There is no signed list for this hour and a person has stated why; it is accepted on that person's word, not proven."},
	{"gap-unexplained", "Gap, unexplained", "There is no signed list for this hour and nobody has stated why."},
	{"invalid", "Invalid", "A signed list of this hour is damaged, or a log file is missing, was changed, or is in no signed list."},
	{"pending", "Pending", "Not proven either way yet: the signed list is not yet due or not yet sealed by the next one, or something was not read or could not be read."},
	{"out-of-scope", "Out of scope", "Before the first signed list of this account and region, or outside the period asked for: nothing is claimed."},
}

// kinds says what each kind of fault means, in the order in which the report lists them.
var kinds = []term{
	{string(integrity.ChainBroken), "Chain broken", "The links between signed lists contradict each other; each should name the one before it."},
	{string(integrity.DigestInvalid), "Digest invalid", "A signed list does not hold what AWS wrote, or lies in another place than the one it was written for."},
	{string(integrity.SignatureInvalid), "Signature invalid", "AWS's signature does not fit the signed list, so the list or the signature was changed."},
	{string(integrity.SignatureMissing), "Signature missing", "The stored list carries no signature, so it cannot be shown to come from AWS."},
	{string(integrity.KeyUnknown), "Key unknown", "The list says it was signed with a key that is not among AWS's published keys given to Trailseal."},
	{string(integrity.DigestMissing), "Digest missing", "A signed list that must have existed is not there."},
	{string(integrity.LogInvalid), "Log file invalid", "A log file's content differs from the fingerprint in AWS's signed list: it was changed after delivery."},
	{string(integrity.LogMissing), "Log file missing", "A log file that AWS's signed list names is not there."},
	{string(integrity.LogUnlisted), "Log file unlisted", "A log file that no signed list of its hour names: AWS does not vouch for it."},
	{string(integrity.Unreadable), "Unreadable", "The object could not be read, so nothing is known of it: it is counted neither good nor bad."},
	{string(integrity.KeyValidity), "Key validity", "The list is dated outside the time for which AWS published its key; the signature itself fits."},
}

// severities says what a fault does to the result.
var severities = map[integrity.Severity]string{
	integrity.Failure: "makes the result fail",
	integrity.Unknown: "leaves the answer open",
	integrity.Warning: "warning only",
}

func severity(s integrity.Severity) string {
	if t, ok := severities[s]; ok {
		return t
	}
	return "severity " + Visible(string(s))
}

// answer is the verdict in words.
type answer struct{ Word, Class, Mark, Means, Not string }

func answerOf(r *verdict.Report) answer {
	switch r.Result {
	case verdict.Pass:
		return answer{"Pass", "pass", "✓", passMeans(r),
			"It does not say that nothing harmful happened, that CloudTrail was set to record every kind of event, or that accounts and regions not listed below were recorded at all."}
	case verdict.Fail:
		return answer{"Fail", "fail", "✕", failMeans(r),
			"It does not by itself say that somebody tampered with the records: a clean-up rule, an incomplete copy or a recording switched off look the same. Nor does it taint the other hours: those marked verified are proven."}
	case verdict.Incomplete:
		return answer{"Incomplete", "incomplete", "?",
			"Nothing that was read is wrong, but not everything could be read or proven yet, so the answer for the whole period is not known.",
			"It is not a pass, and it is not a suspicion either: it is no answer until the rest has been read."}
	}
	word := short(string(r.Result), 24)
	if word == "" {
		word = "No result"
	}
	return answer{word, "incomplete", "?",
		"This version of the report does not know this result: treat it as no answer.", "It is not a pass."}
}

func passMeans(r *verdict.Report) string {
	var b strings.Builder
	b.WriteString("For every hour in scope, AWS's signed hourly lists of the audit log files are present and genuine, ")
	switch {
	case r.Logs == "all":
		b.WriteString("and every log file they name was read and is unchanged since AWS delivered it.")
	case r.Logs == "none":
		b.WriteString("but the log files they name were not read: whether their content is unchanged is not answered here.")
	default:
		b.WriteString("and every log file that was read is unchanged since AWS delivered it; not all of them were read.")
	}
	hours := hoursOf(r.Coverage)
	if n := hours[integrity.Pending.String()]; n > 0 {
		fmt.Fprintf(&b, " %s not proven yet.", count(n, "hour is", "hours are"))
	}
	if n := hours[integrity.OutOfScope.String()]; n > 0 {
		fmt.Fprintf(&b, " %s out of scope.", count(n, "hour is", "hours are"))
	}
	if n := hours[integrity.GapExplained.String()]; n > 0 {
		fmt.Fprintf(&b, " %s without a signed list %s accepted because a person explained %s.",
			count(n, "hour", "hours"), pick(n, "is", "are"), pick(n, "it", "them"))
	}
	return b.String()
}

func failMeans(r *verdict.Report) string {
	var what []string
	faults, gaps := 0, 0
	for _, f := range r.Faults {
		if f.Severity == integrity.Failure {
			faults++
		}
	}
	for _, g := range r.Gaps {
		if !g.Explained {
			gaps++
		}
	}
	if faults > 0 {
		what = append(what, count(faults, "fault", "faults")+" in the records")
	}
	if gaps > 0 {
		what = append(what, count(gaps, "gap", "gaps")+" that nobody has explained")
	}
	if len(what) == 0 {
		what = append(what, "at least one assertion does not hold")
	}
	return "The audit records of this period cannot be relied on as complete and unchanged until each point below is resolved: " +
		strings.Join(what, " and ") + "."
}

// readSentence says which log files were to be read.
func readSentence(r *verdict.Report) string {
	left := ""
	if n := r.LogFiles.Unchecked; n > 0 {
		left = fmt.Sprintf(" %s listed and present but not read.", count(n, "log file is", "log files are"))
	}
	switch {
	case r.Logs == "all":
		return "All: every digest and every log file." + left
	case r.Logs == "none":
		return "Digests only: no log file was read." + left
	case strings.HasPrefix(r.Logs, "sample="):
		return "Every digest and a sample of the log files (" + Visible(r.Logs) + ")." + left
	}
	return Visible(r.Logs) + left
}

func count(n int, one, many string) string { return thousands(int64(n)) + " " + pick(n, one, many) }

func pick(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
