package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/sync/errgroup"
	"golang.org/x/term"

	"github.com/trailseal/trailseal/internal/app"
)

// askBlueprint asks a person for what is wanted.
func (g *global) askBlueprint(ctx context.Context, w *wish) (app.Blueprint, error) {
	if !term.IsTerminal(int(os.Stdin.Fd())) {
		return app.Blueprint{}, &failure{code: exitUsage, err: errors.New("--interactive: there is no terminal to ask on"), hint: "trailseal setup blueprint > acme.yaml   # and --blueprint acme.yaml"}
	}
	text, err := interview(interruptible{ctx, os.Stdin}, g.env.Stderr)
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

// interview puts the questions and writes the answers as a blueprint. An empty answer is the default; the end of the input
// is none.
func interview(in io.Reader, out io.Writer) (string, error) {
	i := interviewer{lines: bufio.NewReader(io.LimitReader(in, 1<<16)), out: out}
	i.text("Name of what is made (lower-case letters, digits, hyphens)", "audit", "name: ")
	i.yes("One trail for the whole organization?", "organization: ")
	i.b.WriteString("bucket:\n")
	i.list("ARNs of the roles that may read the logs, or none: IAM decides", "  readers: ")
	i.text("ARN of the one role that may delete log files, or none: nobody", "none", "  break_glass: ")
	i.b.WriteString("data_events:\n")
	i.list("Buckets whose data events are logged, or none", "  s3: ")
	i.list("Lambda functions whose invocations are logged, or none", "  lambda: ")
	i.list("DynamoDB tables whose data events are logged, or none", "  dynamodb: ")
	i.b.WriteString("alarms:\n")
	i.list("E-mail addresses to tell of alarms, or none", "  email: ")
	i.yes("GuardDuty, too?", "guardduty: ")
	return emptySections(i.b.String()), i.err
}

// interviewer asks until an answer fails.
type interviewer struct {
	lines *bufio.Reader
	out   io.Writer
	b     strings.Builder
	err   error
}

// ask returns an answer, and false if there is none.
func (i *interviewer) ask(question, fallback string) (string, bool) {
	if i.err != nil {
		return "", false
	}
	fmt.Fprintf(i.out, "%s [%s]: ", question, fallback)
	line, err := i.lines.ReadString('\n')
	switch line = strings.TrimSpace(line); {
	case err != nil && err != io.EOF:
		i.err = err
	case err == io.EOF && line == "":
		fmt.Fprintln(i.out)
		i.err = &failure{code: exitUsage, err: errors.New("the answers ended before the questions: nothing was done"), hint: "trailseal setup blueprint > acme.yaml   # and --blueprint acme.yaml"}
	case line == "":
		line = fallback
	}
	return line, i.err == nil
}

func (i *interviewer) text(question, fallback, member string) {
	if answer, ok := i.ask(question, fallback); ok && answer != "none" {
		i.b.WriteString(member + yamlText(answer) + "\n")
	}
}

func (i *interviewer) list(question, member string) {
	answer, ok := i.ask(question, "none")
	if !ok || answer == "none" {
		return
	}
	items := strings.FieldsFunc(answer, func(r rune) bool { return r == ',' || r == ' ' })
	for k := range items {
		items[k] = yamlText(items[k])
	}
	i.b.WriteString(member + "[" + strings.Join(items, ", ") + "]\n")
}

// yes asks again until the answer is yes or no.
func (i *interviewer) yes(question, member string) {
	for {
		answer, ok := i.ask(question+" yes or no", "no")
		switch {
		case !ok:
			return
		case strings.EqualFold(answer, "y") || strings.EqualFold(answer, "yes"):
			i.b.WriteString(member + "true\n")
			return
		case strings.EqualFold(answer, "n") || strings.EqualFold(answer, "no"):
			i.b.WriteString(member + "false\n")
			return
		}
	}
}

// interruptible is input that somebody may never give: it ends with its context. What is then being read is lost.
type interruptible struct {
	ctx context.Context
	in  io.Reader
}

func (r interruptible) Read(p []byte) (int, error) {
	type answer struct {
		text []byte
		err  error
	}
	got := make(chan answer, 1)
	var reading errgroup.Group // not waited for: nothing but the end of the process ends a read from a terminal
	reading.Go(func() error {
		text := make([]byte, len(p))
		n, err := r.in.Read(text)
		got <- answer{text[:n], err}
		return nil
	})
	select {
	case a := <-got:
		return copy(p, a.text), a.err
	case <-r.ctx.Done():
		return 0, r.ctx.Err()
	}
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

// newFile makes a file that is not there yet.
func newFile(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return app.Output(path, err)
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Close()); err != nil {
		return app.Output(path, err)
	}
	return nil
}
