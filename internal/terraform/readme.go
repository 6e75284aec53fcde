package terraform

import (
	"fmt"
	"slices"
	"strings"
)

// readme is the page that comes with the module.
func (w *writer) readme() []byte {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("# Audit logging of account %s", w.m.Account)
	line("")
	line("This module does what `trailseal setup apply` would do for the blueprint %s in %s: it makes what is missing,", code(w.m.Name), code(w.m.Region))
	line("and changes in place what is there. It deletes nothing, and bucket, key, trail and log group cannot be destroyed with it.")
	line("")
	w.contents(line)
	line("## How to use it")
	line("")
	line("```sh")
	line("terraform init")
	for _, v := range w.required() {
		line("export TF_VAR_%s=…", v)
	}
	line("terraform plan -out plan")
	line("terraform apply plan")
	line("```")
	line("")
	line("Read the plan before it is applied. `imports.tf`, if there is one, tells Terraform what is there; the blocks can go once")
	line("they are applied. No `moved` block is needed, unless you give a resource another name in these files.")
	line("")
	line("Keep one state for each account. The state is as sensitive as the account's settings, and holds the value of each")
	line("variable: keep it in a bucket that is encrypted, versioned and closed, never in a repository.")
	line("")
	w.secrets(line)
	w.byHand(line)
	w.told(line)
	return []byte(strings.TrimRight(b.String(), "\n") + "\n")
}

type liner func(format string, args ...any)

// contents says which file has what.
func (w *writer) contents(line liner) {
	about := map[string]string{"trail.tf": "the trail and its log group", "bucket.tf": "the buckets, a resource for each setting",
		"key.tf": "the key", "access.tf": "roles", "alarms.tf": "topics, who is told, metric filters and alarms", "config.tf": "AWS Config",
		"securityhub.tf": "Security Hub and GuardDuty", "databases.tf": "parameter and option groups of RDS", "variables.tf": "what can be chosen",
		"providers.tf": "regions and accounts", "imports.tf": "what is there already"}
	line("| file | what is in it |")
	line("| --- | --- |")
	for _, n := range fileNames {
		if about[n] != "" && len(w.files[n].Bytes()) > 0 {
			line("| `%s` | %s |", n, about[n])
		}
	}
	line("")
}

// required are the variables without a default.
func (w *writer) required() []string {
	var out []string
	for _, at := range w.places() {
		if name := w.roleOf(at); at.account != w.m.Account && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	for _, v := range w.variable {
		if v.value == "" {
			out = append(out, v.name)
		}
	}
	return out
}

func (w *writer) secrets(line liner) {
	var names []string
	for _, v := range w.variable {
		if v.sensitive {
			names = append(names, v.name)
		}
	}
	if len(names) == 0 {
		return
	}
	line("## Secrets")
	line("")
	line("The files hold none. Set each of these in the environment, as `TF_VAR_…`, not in a file:")
	line("")
	for _, n := range names {
		line("- `%s`", n)
	}
	line("")
}

// byHand lists what Terraform does not do.
func (w *writer) byHand(line liner) {
	if len(w.manual)+len(w.m.Manual) == 0 {
		return
	}
	line("## By hand")
	line("")
	for _, s := range w.manual {
		line("- %s", prose(s.text))
		if s.command != "" {
			line("")
			line("  %s", code(s.command))
			line("")
		}
	}
	for _, s := range w.m.Manual {
		line("- %s", code(s))
	}
	line("")
}

func (w *writer) told(line liner) {
	if len(w.notes)+len(w.m.Notes) == 0 {
		return
	}
	line("## Good to know")
	line("")
	for _, n := range append(slices.Clone(w.notes), w.m.Notes...) {
		line("- %s", prose(n))
	}
	line("")
}

// prose is a text on one line in which Markdown sees no marks.
func prose(s string) string {
	var b strings.Builder
	for _, r := range oneLine(s) {
		if strings.ContainsRune("\\`*_{}[]<>#|!~&$", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// code is a text on one line, as code.
func code(s string) string {
	s = oneLine(s)
	fence := "`"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	if len(fence) > 1 || strings.HasPrefix(s, " ") {
		return fence + " " + s + " " + fence
	}
	return fence + s + fence
}

func oneLine(s string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))), " ")
}

// shell is a word of a POSIX shell's command.
func shell(s string) string {
	plain := func(r rune) bool {
		return r == '-' || r == '_' || r == '.' || r == '/' || r == ':' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
	}
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool { return !plain(r) }) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
