package awstest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/trailseal/trailseal/integrity"
)

// LoadKeys reads the output of `aws cloudtrail list-public-keys`: a file, whose keys are then in every region, or a
// directory with a file REGION.json for each region.
func LoadKeys(name string) (map[string][]Key, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	files := map[string]string{"": name}
	if info.IsDir() {
		found, err := filepath.Glob(filepath.Join(name, "*.json"))
		if err != nil {
			return nil, err
		}
		files = map[string]string{}
		for _, f := range found {
			files[strings.TrimSuffix(filepath.Base(f), ".json")] = f
		}
	}
	keys := map[string][]Key{}
	for region, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		list, err := integrity.ParsePublicKeys(data)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", file, err)
		}
		for _, k := range list {
			keys[region] = append(keys[region], Key{Value: k.DER, Fingerprint: k.Fingerprint, NotBefore: k.NotBefore, NotAfter: k.NotAfter})
		}
	}
	return keys, nil
}

// LoadTrails reads the output of `aws cloudtrail describe-trails`.
func LoadTrails(name string) ([]map[string]any, error) {
	var doc struct {
		TrailList []map[string]any `json:"trailList"`
	}
	err := load(name, &doc)
	return doc.TrailList, err
}

// LoadOrganization reads the output of `aws organizations describe-organization`.
func LoadOrganization(name string) (map[string]any, error) {
	var doc struct{ Organization map[string]any }
	err := load(name, &doc)
	return doc.Organization, err
}

func load(name string, into any) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("%q: %w", name, err)
	}
	return nil
}
