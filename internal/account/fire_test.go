package account

import (
	"errors"
	"strings"
	"testing"

	"github.com/trailseal/trailseal/internal/object"
	"github.com/trailseal/trailseal/internal/resource"
)

func TestFireOfAnAlarmThatIsNotThere(t *testing.T) {
	a, _ := answers(t, map[string]answer{"SetAlarmState": {status: 404, code: "ResourceNotFound"}, "DescribeAlarms": {body: "<R><DescribeAlarmsResult/></R>"}})
	id := resource.ID{Kind: resource.AlarmKind, Account: us, Region: east, Name: "a"}
	if err := a.Fire(t.Context(), id, "a test"); !errors.Is(err, object.ErrNotFound) {
		t.Error(err)
	}
	if state, err := a.AlarmState(t.Context(), id); !errors.Is(err, object.ErrNotFound) {
		t.Error(state, err)
	}
}

func TestFireSetsTheStateAndNothingElse(t *testing.T) {
	a, asked := answers(t, map[string]answer{"SetAlarmState": {body: "<R/>"}})
	if err := a.Fire(t.Context(), resource.ID{Kind: resource.AlarmKind, Account: us, Region: east, Name: "a"}, "a test of trailseal"); err != nil {
		t.Fatal(err)
	}
	body := asked.last("SetAlarmState")
	if len(asked.list) != 1 || !strings.Contains(body, "StateValue=ALARM") || !strings.Contains(body, "StateReason=a+test+of+trailseal") {
		t.Errorf("asked %v: %s", asked.list, body)
	}
}

func TestFireThatIsNotPermitted(t *testing.T) {
	a, _ := answers(t, nil)
	if err := a.Fire(t.Context(), resource.ID{Kind: resource.AlarmKind, Account: us, Region: east, Name: "a"}, "a test"); !errors.Is(err, object.ErrDenied) {
		t.Error(err)
	}
}
