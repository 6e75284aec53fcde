package sns

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/trailseal/trailseal/internal/notice"
	"github.com/trailseal/trailseal/internal/sink/post"
)

// Limits of SNS, and of what is said within them.
const (
	mostBytes     = 256 << 10 // of a message and its attributes
	mostSubject   = 99        // "less than 100 characters", of ASCII
	mostAttribute = 256       // characters of a value, which is what a filter policy can compare
	mostSMS       = 140       // characters of one SMS in any alphabet
)

// subject is the headline in printable ASCII, which begins with a letter. In a mail's subject "=?" would begin an
// encoded word.
func subject(n notice.Notice) string {
	return strings.ReplaceAll(ascii(post.Headline(n, mostSubject)), "=?", "=.")
}

// attributes are for filter policies. size is how many bytes they count for.
func attributes(n notice.Notice) (out map[string]types.MessageAttributeValue, size int) {
	out = map[string]types.MessageAttributeValue{}
	for name, value := range map[string]string{"severity": string(n.Alert.Severity), "detection": n.Alert.Detection, "account": n.Alert.Account, "kind": string(n.Kind)} {
		if value = post.Line(value, mostAttribute); value == "" {
			continue
		}
		out[name] = types.MessageAttributeValue{DataType: aws.String("String"), StringValue: aws.String(value)}
		size += len(name) + len("String") + len(value)
	}
	return out, size
}

// structure is the message of each protocol: JSON, and text where people read it. It has at most most bytes.
func structure(n notice.Notice, most int) (string, error) {
	in := struct {
		Default string `json:"default"`
		Email   string `json:"email"`
		SMS     string `json:"sms"`
	}{Email: text(n), SMS: ascii(post.Headline(n, mostSMS))}
	// The notice's quotes are escaped once more, so that how much of it fits shows only when it is there.
	for size := most; size > 1<<10; size = size * 3 / 4 {
		notice, err := n.JSON(size)
		if err != nil {
			return "", err
		}
		in.Default = string(notice)
		out, err := json.Marshal(in)
		if err != nil {
			return "", fmt.Errorf("write the message as JSON: %w", err)
		}
		if len(out) <= most {
			return string(out), nil
		}
	}
	return "", fmt.Errorf("the notice does not fit into %d bytes", most)
}

// ascii is text in printable ASCII. Anything else would also make an SMS one of 70 characters.
func ascii(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '…':
			return '.'
		case r < ' ' || r > '~':
			return '?'
		}
		return r
	}, text)
}

// text is the notice for people, in lines.
func text(n notice.Notice) string {
	var b strings.Builder
	b.WriteString(post.Headline(n, 300) + "\n\n" + post.Line(post.Lead(n, 1000), 1000) + "\n\n")
	for _, f := range post.Facts(n) {
		fmt.Fprintf(&b, "%-13s %s\n", f.Label+":", f.Value)
	}
	if c := post.Criteria(n); c != "" {
		fmt.Fprintf(&b, "%-13s %s\n", "Criteria:", c)
	}
	if l := post.Link(n.Alert.Link, 2000); l != "" {
		fmt.Fprintf(&b, "%-13s %s\n", "More:", l)
	}
	if !post.Brief(n) {
		for _, part := range []struct {
			title string
			lines []string
			total int
			most  int
		}{
			{"What to do", post.Steps(n), len(n.Alert.Steps), 3000},
			{"How the actor is known", post.Chain(n), 0, 2000},
			{"Events", post.Events(n), n.Alert.Count, 4000},
			{"Around them", post.Around(n), 0, 3000},
		} {
			if len(part.lines) > 0 {
				b.WriteString("\n" + part.title + "\n" + post.Fit(part.lines, part.total, part.most) + "\n")
			}
		}
	}
	fmt.Fprintf(&b, "\nMore of it: trailseal alerts show %s\n", post.Line(n.Alert.ID, 40))
	return b.String()
}
