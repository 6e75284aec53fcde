package account

import (
	"context"

	"github.com/trailseal/trailseal/internal/resource"
)

var parameterGroupHandler = handler{} // STUB
var optionGroupHandler = handler{}    // STUB
var databaseHandler = handler{}       // STUB

var databaseListReads []Permission // STUB

func surveyDatabases(ctx context.Context, a *Account, where resource.Where, s *resource.Survey) {} // STUB
