package cloudformation

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// importList is what create-change-set takes as --resources-to-import.
func (t *writer) importList() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(t.imports); err != nil {
		return nil, fmt.Errorf("write the list of imports: %w", err)
	}
	var errs []error
	for _, i := range t.imports {
		for _, value := range i.Identifier {
			errs = append(errs, noSecret(value))
		}
	}
	return b.Bytes(), errors.Join(errs...)
}
