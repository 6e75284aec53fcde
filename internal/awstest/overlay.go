package awstest

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// Overlays are the calls of setting up that moto does not know, each a small fake of what the service documents. What they
// were told is kept by account and region, as long as the map lives.
func Overlays() map[string]Overlay {
	s := &overlaid{keys: map[string]string{}, enabled: map[string]bool{}, standards: map[string][]string{},
		channels: map[string][]map[string]any{}, admins: map[string][]string{}}
	return map[string]Overlay{
		"logs:AssociateKmsKey":                          s.associateKey,
		"logs:DescribeLogGroups":                        s.describeGroups,
		"cloudwatch:EnableAlarmActions":                 s.enableActions,
		"cloudwatch:PutMetricAlarm":                     s.putAlarm,
		"cloudwatch:DescribeAlarms":                     s.describeAlarms,
		"securityhub:DescribeStandards":                 s.describeStandards,
		"securityhub:GetEnabledStandards":               s.enabledStandards,
		"securityhub:BatchEnableStandards":              s.enableStandards,
		"securityhub:UpdateSecurityHubConfiguration":    s.updateHub,
		"chatbot:DescribeSlackChannelConfigurations":    s.describeChannels,
		"chatbot:CreateSlackChannelConfiguration":       s.createChannel,
		"chatbot:UpdateSlackChannelConfiguration":       s.updateChannel,
		"cloudtrail:RegisterOrganizationDelegatedAdmin": s.registerAdmin,
		"organizations:ListDelegatedAdministrators":     s.listAdmins,
	}
}

// overlaid is what the fakes were told.
type overlaid struct {
	mu        sync.Mutex
	keys      map[string]string           // of log groups
	enabled   map[string]bool             // alarms whose actions were enabled
	standards map[string][]string         // of Security Hub, by place
	channels  map[string][]map[string]any // of Chatbot, by account
	admins    map[string][]string         // of CloudTrail, by account
}

// place is the account and region of a call.
func place(c Call) string { return c.Account + "/" + c.Region }

// told reads a request's JSON.
func told(r *http.Request, in any) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if len(body) == 0 {
		return nil
	}
	return json.Unmarshal(body, in)
}

// refuse answers with an error of AWS.
func refuse(w http.ResponseWriter, r *http.Request, c Call, code, message string) {
	(&Fault{Status: http.StatusBadRequest, Code: code, Message: message}).write(w, r, c)
}

// asked is moto's answer to a request.
func asked(moto http.Handler, r *http.Request) *httptest.ResponseRecorder {
	answer := httptest.NewRecorder()
	moto.ServeHTTP(answer, r)
	return answer
}

// pass gives on an answer of moto's, with another body.
func pass(w http.ResponseWriter, answer *httptest.ResponseRecorder, body []byte) {
	maps.Copy(w.Header(), answer.Header())
	w.Header().Del("Content-Length")
	w.WriteHeader(answer.Code)
	_, _ = w.Write(body) // the client is gone
}

// associateKey is https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_AssociateKmsKey.html
func (s *overlaid) associateKey(w http.ResponseWriter, r *http.Request, c Call, moto http.Handler) {
	var in struct{ LogGroupName, KmsKeyID string }
	if err := told(r, &in); err != nil || in.LogGroupName == "" || in.KmsKeyID == "" {
		refuse(w, r, c, "InvalidParameterException", "Want a log group and a key")
		return
	}
	ask := r.Clone(r.Context())
	ask.Header.Set("X-Amz-Target", "Logs_20140328.DescribeLogGroups")
	body := []byte(`{"logGroupNamePrefix":` + quoted(in.LogGroupName) + `}`)
	ask.Body, ask.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	if !strings.Contains(asked(moto, ask).Body.String(), quoted(in.LogGroupName)) {
		refuse(w, r, c, "ResourceNotFoundException", "The specified log group does not exist.")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys[place(c)+"/"+in.LogGroupName] = in.KmsKeyID
	writeJSON(w, http.StatusOK, map[string]any{})
}

func quoted(text string) string {
	b, _ := json.Marshal(text) // a text always can be
	return string(b)
}

// describeGroups is moto's answer with the keys that were associated.
func (s *overlaid) describeGroups(w http.ResponseWriter, r *http.Request, c Call, moto http.Handler) {
	answer := asked(moto, r)
	var out map[string]any
	if err := json.Unmarshal(answer.Body.Bytes(), &out); err != nil {
		pass(w, answer, answer.Body.Bytes())
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	groups, _ := out["logGroups"].([]any)
	for _, g := range groups {
		group, _ := g.(map[string]any)
		name, _ := group["logGroupName"].(string)
		if key := s.keys[place(c)+"/"+name]; key != "" {
			group["kmsKeyId"] = key
		}
	}
	body, _ := json.Marshal(out) // it was JSON
	pass(w, answer, body)
}

// enableActions is https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_EnableAlarmActions.html
func (s *overlaid) enableActions(w http.ResponseWriter, r *http.Request, c Call, _ http.Handler) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, values := range form(r) {
		if strings.HasPrefix(name, "AlarmNames.member.") {
			s.enabled[place(c)+"/"+values[0]] = true
		}
	}
	w.Header().Set("Content-Type", "text/xml")
	_, _ = io.WriteString(w, `<EnableAlarmActionsResponse xmlns="http://monitoring.amazonaws.com/doc/2010-08-01/"><ResponseMetadata><RequestId>0</RequestId>`+
		`</ResponseMetadata></EnableAlarmActionsResponse>`)
}

// form reads a request of the query protocol.
func form(r *http.Request) url.Values {
	body, _ := io.ReadAll(r.Body) // it is in memory
	r.Body = io.NopCloser(bytes.NewReader(body))
	values, _ := url.ParseQuery(string(body)) // what is none has no values
	return values
}

// putAlarm is moto's: the alarm's actions are then as it says.
func (s *overlaid) putAlarm(w http.ResponseWriter, r *http.Request, c Call, moto http.Handler) {
	s.mu.Lock()
	delete(s.enabled, place(c)+"/"+form(r).Get("AlarmName"))
	s.mu.Unlock()
	moto.ServeHTTP(w, r)
}

// describeAlarms is moto's answer with the actions that were enabled.
func (s *overlaid) describeAlarms(w http.ResponseWriter, r *http.Request, c Call, moto http.Handler) {
	answer := asked(moto, r)
	var out struct {
		Alarms []struct {
			AlarmName string
			Text      string `xml:",innerxml"`
		} `xml:"DescribeAlarmsResult>MetricAlarms>member"`
	}
	body := answer.Body.String()
	if err := xml.Unmarshal([]byte(body), &out); err == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, alarm := range out.Alarms {
			if s.enabled[place(c)+"/"+alarm.AlarmName] {
				on := strings.Replace(alarm.Text, "<ActionsEnabled>false<", "<ActionsEnabled>true<", 1)
				body = strings.Replace(body, alarm.Text, on, 1)
			}
		}
	}
	pass(w, answer, []byte(body))
}

// registerAdmin is https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_RegisterOrganizationDelegatedAdmin.html
func (s *overlaid) registerAdmin(w http.ResponseWriter, r *http.Request, c Call, _ http.Handler) {
	var in struct{ MemberAccountID string }
	if err := told(r, &in); err != nil || in.MemberAccountID == "" {
		refuse(w, r, c, "InvalidParameterException", "Want a member account")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Contains(s.admins[c.Account], in.MemberAccountID) {
		s.admins[c.Account] = append(s.admins[c.Account], in.MemberAccountID)
	}
	writeJSON(w, http.StatusOK, map[string]any{})
}

// listAdmins is moto's, but for CloudTrail, which moto does not take for a service.
//
// https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListDelegatedAdministrators.html
func (s *overlaid) listAdmins(w http.ResponseWriter, r *http.Request, c Call, moto http.Handler) {
	var in struct{ ServicePrincipal string }
	if err := told(r, &in); err != nil || in.ServicePrincipal != "cloudtrail.amazonaws.com" {
		moto.ServeHTTP(w, r)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	admins := []map[string]any{}
	for _, id := range s.admins[c.Account] {
		admins = append(admins, map[string]any{"Id": id, "Status": "ACTIVE"})
	}
	writeJSON(w, http.StatusOK, map[string]any{"DelegatedAdministrators": admins})
}
