package terraform

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/trailseal/trailseal/internal/resource"
)

// Module is what is to be written.
type Module struct {
	Name         string // of the blueprint
	Account      string // the trail's
	Region       string // the trail's
	Partition    string
	Organization string // o-…; empty: none
	// Resources are the targets, in the order in which they are made, with the settings that apply would leave.
	Resources []resource.Resource
	Exists    map[resource.ID]bool
	// Now is what was read of the resources that exist. Without it, of those the parts that cannot be made again are
	// imported, and the others written over with the same settings.
	Now map[resource.ID]resource.Resource
	// Keys are the ARNs of keys that exist. One that does not is named by the ARN of its alias.
	Keys map[resource.ID]string
	// Readers are the ARNs of those who may read the log files, BreakGlass of the role that may delete them. Where policies
	// name them, the module has variables instead.
	Readers    []string
	BreakGlass string
	Notes      []string // about the account
	Manual     []string // what is to be done by hand
}

// File is a file of the module.
type File struct {
	Name string
	Text []byte
}

var accountID = regexp.MustCompile(`^[0-9]{12}$`)

// Write returns the files of the module, in the order in which they are read. The module is formatted as terraform fmt
// does. An error says which resource cannot be written.
func Write(m Module) ([]File, error) {
	switch {
	case m.Name == "" || m.Region == "" || m.Partition == "":
		return nil, errors.New("a module needs a name, a region and a partition")
	case !accountID.MatchString(m.Account):
		return nil, fmt.Errorf("account %q is not twelve digits", m.Account)
	case len(m.Resources) == 0:
		return nil, errors.New("there is nothing to write")
	}
	w := newWriter(m)
	for _, r := range m.Resources {
		w.write(r)
	}
	w.detections()
	w.variables()
	w.locals()
	w.providers()
	w.versions()
	w.outputs()
	w.importBlocks()
	if w.err != nil {
		return nil, w.err
	}
	return append(w.text(), File{"README.md", w.readme()}), nil
}

// write writes one resource. Metric filters and alarms are written together, by detections.
func (w *writer) write(r resource.Resource) {
	switch r := r.(type) {
	case *resource.ServiceAccess:
		w.serviceAccess(r)
	case *resource.Role:
		w.role(r)
	case *resource.Key:
		w.key(r)
	case *resource.Bucket:
		w.bucket(r)
	case *resource.LogGroup:
		w.logGroup(r)
	case *resource.Topic:
		w.topic(r)
	case *resource.Trail:
		w.trail(r)
	case *resource.Subscription:
		w.subscription(r)
	case *resource.SlackChannel:
		w.slackChannel(r)
	case *resource.MetricFilter:
		w.filters = append(w.filters, r)
	case *resource.Alarm:
		w.alarms = append(w.alarms, r)
	case *resource.Recorder:
		w.recorder(r)
	case *resource.DeliveryChannel:
		w.deliveryChannel(r)
	case *resource.Rule:
		w.rule(r)
	case *resource.Hub:
		w.hub(r)
	case *resource.Detector:
		w.detector(r)
	case *resource.ParameterGroup:
		w.parameterGroup(r)
	case *resource.OptionGroup:
		w.optionGroup(r)
	case *resource.Database:
		w.database(r)
	default:
		w.fail(fmt.Errorf("write %s: the module has no such kind", r.ID()))
	}
}
