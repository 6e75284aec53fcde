package cloudformation

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/trailseal/trailseal/internal/resource"
)

// Stack is what the templates are to make.
type Stack struct {
	Name         string // of the blueprint
	Account      string // of the trail
	Region       string // of the trail and its alarms
	Partition    string // aws, aws-cn, aws-us-gov; empty: aws
	Organization string // o-…; empty: no organization's trail
	// Resources are the targets, in the order in which they are made, with the settings that apply would leave.
	Resources []resource.Resource
	// Exists are the resources that are there.
	Exists map[resource.ID]bool
	// Keys are the ARNs of the keys that are there.
	Keys map[resource.ID]string
	// Now are those of Exists as they were read. It may lack any: where it matters, the README then says what to look at.
	Now    map[resource.ID]resource.Resource
	Notes  []string // for the README, about the account
	Manual []string // for the README: what a person has to do, word for word
}

// File is a file to write.
type File struct {
	Name string
	Text []byte
}

// mostBytes is the longest template that CloudFormation reads from a bucket.
//
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
const mostBytes = 1 << 20

// Write returns the templates, the lists of what they import, and README.md, sorted by name but for README.md, which is
// first. An error is one of resources that no template can say: a text that CloudFormation would take for a reference to a
// secret, or a lifecycle's filter that is not understood.
func Write(s Stack) ([]File, error) {
	if s.Partition == "" {
		s.Partition = "aws"
	}
	var files []File
	var templates []*writer
	var errs []error
	for _, p := range s.places() {
		full := newWriter(&s, p)
		text, err := full.write()
		errs = append(errs, err)
		templates = append(templates, full)
		files = append(files, File{p.file("template", ".yaml"), text})
		if len(full.imports) == 0 {
			continue
		}
		list, err := full.importList()
		errs = append(errs, err)
		text, err = full.imported().write()
		errs = append(errs, err)
		files = append(files, File{p.file("import", ".yaml"), text}, File{p.file("imports", ".json"), list})
	}
	for _, f := range files {
		if len(f.Text) > mostBytes {
			errs = append(errs, fmt.Errorf("%s is longer than the %d bytes that CloudFormation takes", f.Name, mostBytes))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	slices.SortFunc(files, func(a, b File) int { return cmp.Compare(a.Name, b.Name) })
	return append([]File{{"README.md", readme(&s, templates, files)}}, files...), nil
}

// place is an account and a region. Its label tells it from the others in the names of files; the trail's own has none.
type place struct {
	account, region, label string
}

// key is the place without its label.
func (p place) key() place { return place{account: p.account, region: p.region} }

// file is the name of a file about the place.
func (p place) file(name, ext string) string {
	if p.label == "" {
		return name + ext
	}
	return name + "-" + p.label + ext
}

// placeOf is where a resource is made: what has no region is made in that of the trail.
func (s *Stack) placeOf(id resource.ID) place {
	return place{account: id.Account, region: cmp.Or(id.Region, s.Region)}
}

// places are all places that have resources, the trail's own first.
func (s *Stack) places() []place {
	var all []place
	accounts := map[string]bool{}
	for _, r := range s.Resources {
		p := s.placeOf(r.ID())
		if !slices.Contains(all, p) {
			all = append(all, p)
		}
		accounts[p.account] = true
	}
	slices.SortFunc(all, func(a, b place) int {
		return cmp.Or(s.distance(a)-s.distance(b), cmp.Compare(a.account, b.account), cmp.Compare(a.region, b.region))
	})
	for i := range all {
		all[i].label = s.label(all[i], len(accounts))
	}
	return all
}

// distance is how far a place is from the trail's own: 0 is the same.
func (s *Stack) distance(p place) int {
	n := 0
	if p.account != s.Account {
		n += 2
	}
	if p.region != s.Region {
		n++
	}
	return n
}

// label names a place among those of so many accounts.
func (s *Stack) label(p place, accounts int) string {
	other := "log-archive" // the only other account that a blueprint names
	if accounts > 2 {
		other = p.account
	}
	switch s.distance(p) {
	case 0:
		return ""
	case 1:
		return word(p.region)
	case 2:
		return other
	}
	return fmt.Sprintf("%s-%s", other, word(p.region))
}
