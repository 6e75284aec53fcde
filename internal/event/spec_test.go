package event

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the table of columns into docs/spec/lake.md")

// The page that readers of the lake go by says what the code does.
func TestSpec(t *testing.T) {
	const path, begin, end = "../../docs/spec/lake.md", "-run TestSpec -update -->\n", "<!-- end -->"
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(page), begin)
	_, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s lacks the marks of the table", path)
	}
	var b strings.Builder
	b.WriteString("| id | column | type | member | holds |\n| --- | --- | --- | --- | --- |\n")
	kinds := map[Type]string{String: "text", JSON: "JSON text", Bool: "boolean", Timestamp: "timestamp", Int: "int32"}
	for i, c := range Columns {
		mark, member := "", "added"
		if c.Bounds {
			mark = " †"
		}
		if c.Path != "" {
			member = "`" + c.Path + "`"
		}
		fmt.Fprintf(&b, "| %d | `%s`%s | %s | %s | %s |\n", i+1, c.Name, mark, kinds[c.Type], member, c.Doc)
	}
	want := head + begin + b.String() + end + tail
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want != string(page) {
		t.Errorf("%s is not what Columns says: go test ./internal/event -run TestSpec -update", path)
	}
}
