package awstest

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
)

// Security Hub's standards and AWS Chatbot's Slack channels.

// subscribed reports whether Security Hub is on, and says so if it is not.
//
// https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_DescribeHub.html
func subscribed(w http.ResponseWriter, r *http.Request, c Call, moto http.Handler) bool {
	ask := r.Clone(r.Context())
	ask.Method, ask.URL.Path, ask.URL.RawPath = http.MethodGet, "/accounts", ""
	ask.Body, ask.ContentLength = io.NopCloser(strings.NewReader("")), 0
	if asked(moto, ask).Code == http.StatusOK {
		return true
	}
	(&Fault{Status: http.StatusUnauthorized, Code: "InvalidAccessException",
		Message: "Account " + c.Account + " is not subscribed to AWS Security Hub"}).write(w, r, c)
	return false
}

// offered are standards that AWS offers in a region.
func offered(region string) []map[string]any {
	var list []map[string]any
	for _, s := range []struct{ arn, name string }{
		{"arn:aws:securityhub:" + region + "::standards/aws-foundational-security-best-practices/v/1.0.0", "AWS Foundational Security Best Practices v1.0.0"},
		{"arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0", "CIS AWS Foundations Benchmark v1.2.0"},
		{"arn:aws:securityhub:" + region + "::standards/cis-aws-foundations-benchmark/v/1.4.0", "CIS AWS Foundations Benchmark v1.4.0"},
		{"arn:aws:securityhub:" + region + "::standards/cis-aws-foundations-benchmark/v/3.0.0", "CIS AWS Foundations Benchmark v3.0.0"},
		{"arn:aws:securityhub:" + region + "::standards/cis-aws-foundations-benchmark/v/5.0.0", "CIS AWS Foundations Benchmark v5.0.0"},
	} {
		list = append(list, map[string]any{"StandardsArn": s.arn, "Name": s.name, "EnabledByDefault": false})
	}
	return list
}

// describeStandards is https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_DescribeStandards.html
func (s *overlaid) describeStandards(w http.ResponseWriter, _ *http.Request, c Call, _ http.Handler) {
	writeJSON(w, http.StatusOK, map[string]any{"Standards": offered(c.Region)})
}

// enabledStandards is https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_GetEnabledStandards.html
func (s *overlaid) enabledStandards(w http.ResponseWriter, r *http.Request, c Call, moto http.Handler) {
	if !subscribed(w, r, c, moto) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	writeJSON(w, http.StatusOK, map[string]any{"StandardsSubscriptions": subscriptions(c, s.standards[place(c)], "READY")})
}

// subscriptions are standards as Security Hub lists those that are on.
func subscriptions(c Call, standards []string, status string) []map[string]any {
	list := []map[string]any{}
	for _, arn := range standards {
		_, path, _ := strings.Cut(arn[strings.LastIndex(arn, ":")+1:], "/")
		list = append(list, map[string]any{"StandardsArn": arn, "StandardsInput": map[string]string{}, "StandardsStatus": status,
			"StandardsSubscriptionArn": "arn:aws:securityhub:" + c.Region + ":" + c.Account + ":subscription/" + path})
	}
	return list
}

// enableStandards is https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_BatchEnableStandards.html
func (s *overlaid) enableStandards(w http.ResponseWriter, r *http.Request, c Call, moto http.Handler) {
	var in struct {
		StandardsSubscriptionRequests []struct{ StandardsArn string }
	}
	if err := told(r, &in); err != nil {
		refuse(w, r, c, "InvalidInputException", err.Error())
		return
	}
	if !subscribed(w, r, c, moto) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var asked []string
	for _, request := range in.StandardsSubscriptionRequests {
		if !slices.ContainsFunc(offered(c.Region), func(o map[string]any) bool { return o["StandardsArn"] == request.StandardsArn }) {
			refuse(w, r, c, "InvalidInputException", "Unknown standard "+request.StandardsArn)
			return
		}
		asked = append(asked, request.StandardsArn)
	}
	for _, arn := range asked {
		if !slices.Contains(s.standards[place(c)], arn) {
			s.standards[place(c)] = append(s.standards[place(c)], arn)
		}
	}
	writeJSON(w, http.StatusOK, map[string]any{"StandardsSubscriptions": subscriptions(c, asked, "PENDING")})
}

// updateHub takes whatever it is told.
//
// https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_UpdateSecurityHubConfiguration.html
func (s *overlaid) updateHub(w http.ResponseWriter, _ *http.Request, _ Call, _ http.Handler) {
	writeJSON(w, http.StatusOK, map[string]any{})
}

// describeChannels is https://docs.aws.amazon.com/chatbot/latest/APIReference/API_DescribeSlackChannelConfigurations.html
func (s *overlaid) describeChannels(w http.ResponseWriter, _ *http.Request, c Call, _ http.Handler) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.channels[c.Account]
	if list == nil {
		list = []map[string]any{}
	}
	writeJSON(w, http.StatusOK, map[string]any{"SlackChannelConfigurations": list})
}

// createChannel is https://docs.aws.amazon.com/chatbot/latest/APIReference/API_CreateSlackChannelConfiguration.html
func (s *overlaid) createChannel(w http.ResponseWriter, r *http.Request, c Call, _ http.Handler) {
	in := map[string]any{}
	err := told(r, &in)
	for _, member := range []string{"ConfigurationName", "SlackTeamId", "SlackChannelId", "IamRoleArn"} {
		if text, ok := in[member].(string); !ok || text == "" {
			err = errors.New("no " + member)
		}
	}
	if err != nil {
		refuse(w, r, c, "InvalidParameterException", err.Error())
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, there := range s.channels[c.Account] {
		if there["ConfigurationName"] == in["ConfigurationName"] {
			(&Fault{Status: http.StatusConflict, Code: "ConflictException", Message: "There is one of that name"}).write(w, r, c)
			return
		}
	}
	in["ChatConfigurationArn"] = "arn:aws:chatbot::" + c.Account + ":chat-configuration/slack-channel/" + in["ConfigurationName"].(string)
	for member, value := range map[string]any{"LoggingLevel": "NONE", "UserAuthorizationRequired": false} {
		if in[member] == nil {
			in[member] = value
		}
	}
	s.channels[c.Account] = append(s.channels[c.Account], in)
	writeJSON(w, http.StatusCreated, map[string]any{"ChannelConfiguration": in})
}

// updateChannel is https://docs.aws.amazon.com/chatbot/latest/APIReference/API_UpdateSlackChannelConfiguration.html
func (s *overlaid) updateChannel(w http.ResponseWriter, r *http.Request, c Call, _ http.Handler) {
	in := map[string]any{}
	if err := told(r, &in); err != nil {
		refuse(w, r, c, "InvalidParameterException", err.Error())
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, there := range s.channels[c.Account] {
		if there["ChatConfigurationArn"] == in["ChatConfigurationArn"] {
			for name, value := range in {
				there[name] = value
			}
			writeJSON(w, http.StatusOK, map[string]any{"ChannelConfiguration": there})
			return
		}
	}
	(&Fault{Status: http.StatusNotFound, Code: "ResourceNotFoundException", Message: "There is none of that ARN"}).write(w, r, c)
}
