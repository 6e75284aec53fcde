package terraform

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"

	"github.com/trailseal/trailseal/internal/resource"
)

// The files of a module, in the order in which they are read.
var fileNames = []string{"versions.tf", "providers.tf", "variables.tf", "locals.tf", "trail.tf", "bucket.tf", "key.tf", "access.tf",
	"alarms.tf", "config.tf", "securityhub.tf", "databases.tf", "outputs.tf", "imports.tf"}

// writer writes one module. Its first error is that of the module.
type writer struct {
	m     Module
	files map[string]*hclwrite.File
	err   error

	labels   map[resource.ID]string
	links    []link
	local    map[string]expr  // locals that are used
	aliases  map[place]string // of providers
	variable []variable
	imports  []importBlock

	filters []*resource.MetricFilter
	alarms  []*resource.Alarm

	policies map[string]string // address of a bucket's or topic's policy, by what ARN it is of
	made     []string          // addresses of all resources

	notes  []string // what is not in the module, and why
	manual []step   // what is done by hand
}

// step is something to do by hand.
type step struct {
	text    string
	command string // empty: none
}

// importBlock tells Terraform that a resource is there.
type importBlock struct{ to, id string }

// place is where a resource is.
type place struct{ account, region string }

func newWriter(m Module) *writer {
	w := &writer{m: m, files: map[string]*hclwrite.File{}, local: map[string]expr{}, aliases: map[place]string{}, policies: map[string]string{}}
	for _, n := range fileNames {
		w.files[n] = hclwrite.NewEmptyFile()
	}
	w.name()
	w.link()
	w.retention()
	return w
}

// fail keeps the first error.
func (w *writer) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

// exists reports whether a resource is there.
func (w *writer) exists(id resource.ID) bool { return w.m.Exists[id] || w.m.Now[id] != nil }

// now is what was read of a resource; nil if that is not known.
func now[R resource.Resource](w *writer, id resource.ID) (R, bool) {
	r, ok := w.m.Now[id].(R)
	return r, ok
}

// bring writes an import block.
func (w *writer) bring(to, id string) { w.imports = append(w.imports, importBlock{to, id}) }

// leave notes what is not in the module.
func (w *writer) leave(format string, args ...any) {
	w.notes = append(w.notes, fmt.Sprintf(format, args...))
}

// block is one that is being written.
type block struct {
	w       *writer
	body    *hclwrite.Body
	address string // of a resource
}

// resource starts a resource of a type in a file.
func (w *writer) resource(file, kind, label string, at place) *block {
	b := w.block(file, "resource", kind, label)
	b.address = kind + "." + label
	w.made = append(w.made, b.address)
	if alias := w.provider(at); alias != "" {
		b.set("provider", expr("aws."+alias))
	}
	return b
}

// block starts a block in a file.
func (w *writer) block(file, kind string, labels ...string) *block {
	body := w.files[file].Body()
	if len(body.Blocks()) > 0 {
		body.AppendNewline()
	}
	return &block{w: w, body: body.AppendNewBlock(kind, labels).Body()}
}

// sub starts a block in a block, after an empty line where something stands before it.
func (b *block) sub(kind string, labels ...string) *block {
	if len(b.body.Attributes())+len(b.body.Blocks()) > 0 {
		b.body.AppendNewline()
	}
	return &block{w: b.w, body: b.body.AppendNewBlock(kind, labels).Body()}
}

// set writes an argument.
func (b *block) set(name string, e expr) {
	t, err := e.tokens()
	if err != nil {
		b.w.fail(err)
		return
	}
	b.body.SetAttributeRaw(name, t)
}

// text writes a literal, if there is one.
func (b *block) text(name, s string) {
	if s == "" {
		return
	}
	if !valid(s) {
		b.w.fail(fmt.Errorf("write %s: %q is not UTF-8, and Terraform holds nothing else", b.address, s))
		return
	}
	b.set(name, quoted(s))
}

// comment writes a line of our own.
func (b *block) comment(text string) { comment(b.body, text) }

func comment(body *hclwrite.Body, text string) {
	body.AppendUnstructuredTokens(hclwrite.Tokens{{Type: hclsyntax.TokenComment, Bytes: []byte("# " + text + "\n")}})
}

// after says what must be there first.
func (b *block) after(addresses ...string) {
	var items []expr
	for _, a := range addresses {
		if a != "" && !slices.Contains(items, expr(a)) {
			items = append(items, expr(a))
		}
	}
	if len(items) > 0 {
		b.body.AppendNewline()
		b.set("depends_on", list(items))
	}
}

// keep says what Terraform must never do: destroy, and touch settings that setup does not know.
func (b *block) keep(destroy bool, ignore ...string) {
	if !destroy && len(ignore) == 0 {
		return
	}
	life := b.sub("lifecycle")
	if destroy {
		life.set("prevent_destroy", "true")
	}
	if len(ignore) > 0 {
		var items []expr
		for _, i := range ignore {
			items = append(items, expr(i))
		}
		life.comment("It was there before: what Trailseal does not manage stays as it is.")
		life.set("ignore_changes", list(items))
	}
}

// ignored are the arguments to leave alone of a resource that is there.
func (w *writer) ignored(id resource.ID, arguments ...string) []string {
	if !w.exists(id) {
		return nil
	}
	return append([]string{"tags", "tags_all"}, arguments...)
}

// text is the text of each file that has any.
func (w *writer) text() []File {
	var out []File
	for _, n := range fileNames {
		text := hclwrite.Format(w.files[n].Bytes())
		if len(text) == 0 {
			continue
		}
		if _, diags := hclsyntax.ParseConfig(text, n, hcl.InitialPos); diags.HasErrors() {
			w.fail(fmt.Errorf("write %s: %w", n, diags))
		}
		out = append(out, File{n, append([]byte(strings.TrimRight(string(text), "\n")), '\n')})
	}
	return out
}
