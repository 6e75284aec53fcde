package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/trailseal/trailseal/internal/app"
)

// askBlueprint asks a person for what is wanted.
func (g *global) askBlueprint(w *wish) (app.Blueprint, error) {
	if !term.IsTerminal(int(os.Stdin.Fd())) {
		return app.Blueprint{}, &failure{code: exitUsage, err: errors.New("--interactive: there is no terminal to ask on"), hint: "trailseal setup blueprint > acme.yaml   # and --blueprint acme.yaml"}
	}
	text, err := interview(os.Stdin, g.env.Stderr)
	if err != nil {
		return app.Blueprint{}, err
	}
	b, err := app.ReadBlueprint("-", strings.NewReader(text))
	if err != nil {
		return b, err
	}
	if w.save != "" {
		return b, newFile(w.save, []byte(text))
	}
	return b, nil
}

// interview puts the questions and writes the answers as a blueprint. An empty answer is the default.
func interview(in io.Reader, out io.Writer) (string, error) {
	lines := bufio.NewReader(io.LimitReader(in, 1<<16))
	ask := func(question, fallback string) (string, error) {
		fmt.Fprintf(out, "%s [%s]: ", question, fallback)
		line, err := lines.ReadString('\n')
		if line = strings.TrimSpace(line); line == "" {
			line = fallback
		}
		if err != nil && err != io.EOF {
			return "", err
		}
		if err == io.EOF && line == fallback && fallback == "" {
			return "", &failure{code: exitUsage, err: errors.New("the answers ended"), hint: "trailseal setup blueprint"}
		}
		return line, nil
	}
	var b strings.Builder
	var failed error
	put := func(question, fallback, format string, list bool) {
		if failed != nil {
			return
		}
		answer, err := ask(question, fallback)
		if failed = err; err != nil || answer == "none" {
			return
		}
		if list {
			var items []string
			for _, item := range strings.FieldsFunc(answer, func(r rune) bool { return r == ',' || r == ' ' }) {
				items = append(items, yamlText(item))
			}
			answer = "[" + strings.Join(items, ", ") + "]"
		} else if answer != "true" && answer != "false" {
			answer = yamlText(answer)
		}
		fmt.Fprintf(&b, format+"\n", answer)
	}
	put("Name of what is made (letters, digits, hyphens)", "audit", "name: %s", false)
	put("One trail for the whole organization? true or false", "false", "organization: %s", false)
	b.WriteString("bucket:\n")
	put("ARNs of the roles that may read the logs, or none: IAM decides", "none", "  readers: %s", true)
	put("ARN of the one role that may delete log files, or none: nobody", "none", "  break_glass: %s", false)
	b.WriteString("data_events:\n")
	put("Buckets whose data events are logged, or none", "none", "  s3: %s", true)
	put("Lambda functions whose invocations are logged, or none", "none", "  lambda: %s", true)
	put("DynamoDB tables whose data events are logged, or none", "none", "  dynamodb: %s", true)
	b.WriteString("alarms:\n")
	put("E-mail addresses to tell of alarms, or none", "none", "  email: %s", true)
	put("GuardDuty, too? true or false", "false", "guardduty: %s", false)
	return emptySections(b.String()), failed
}

// emptySections leaves out the sections that nothing was said in.
func emptySections(text string) string {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	var kept []string
	for i, line := range lines {
		if strings.HasSuffix(line, ":") && (i+1 == len(lines) || !strings.HasPrefix(lines[i+1], " ")) {
			continue
		}
		kept = append(kept, line)
	}
	return strings.Join(kept, "\n") + "\n"
}

// yamlText writes a text in single quotes.
func yamlText(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
