package awstest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Key is a public key as ListPublicKeys lists it.
type Key struct {
	Value               []byte
	Fingerprint         string
	NotBefore, NotAfter time.Time
}

// json answers the JSON 1.1 services: CloudTrail and Organizations.
func (s *Server) json(operation string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			StartTime, EndTime *float64
			NextToken          string
			TrailNameList      []string `json:"trailNameList"`
			Name               string
		}
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			fail(w, r, http.StatusBadRequest, "SerializationException", err.Error())
			return
		}
		switch operation {
		case "ListPublicKeys":
			s.listPublicKeys(w, r, in.StartTime, in.EndTime, in.NextToken)
		case "DescribeTrails":
			found := []map[string]any{}
			for _, trail := range s.options.Trails {
				if s.visible(trail, r) && (len(in.TrailNameList) == 0 || slices.ContainsFunc(in.TrailNameList, func(name string) bool {
					return name == trail["TrailARN"] || name == trail["Name"]
				})) {
					found = append(found, trail)
				}
			}
			writeJSON(w, http.StatusOK, map[string]any{"trailList": found})
		case "GetTrailStatus":
			for _, trail := range s.options.Trails {
				if s.visible(trail, r) && (in.Name == trail["TrailARN"] || in.Name == trail["Name"]) {
					status, ok := s.options.Status[trail["TrailARN"].(string)]
					if !ok {
						status = map[string]any{"IsLogging": true}
					}
					writeJSON(w, http.StatusOK, status)
					return
				}
			}
			fail(w, r, http.StatusBadRequest, "TrailNotFoundException", "Unknown trail: "+in.Name)
		case "DescribeOrganization":
			if s.options.Organization == nil {
				fail(w, r, http.StatusBadRequest, "AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
				return
			}
			writeJSON(w, http.StatusOK, map[string]any{"Organization": s.options.Organization})
		default:
			fail(w, r, http.StatusBadRequest, "UnknownOperationException", "")
		}
	}
}

// visible says whether a region shows a trail: its home does, and every region if it is multi-region.
func (s *Server) visible(trail map[string]any, r *http.Request) bool {
	signed := region(r)
	return signed == "" || trail["HomeRegion"] == signed || trail["IsMultiRegionTrail"] == true
}

func (s *Server) listPublicKeys(w http.ResponseWriter, r *http.Request, start, end *float64, token string) {
	type key struct {
		Value             string
		Fingerprint       string
		ValidityStartTime float64 `json:",omitempty"`
		ValidityEndTime   float64 `json:",omitempty"`
	}
	keys := []key{}
	for _, k := range append(slices.Clone(s.options.Keys[region(r)]), s.options.Keys[""]...) {
		if end != nil && !k.NotBefore.IsZero() && float64(k.NotBefore.Unix()) > *end ||
			start != nil && !k.NotAfter.IsZero() && float64(k.NotAfter.Unix()) < *start {
			continue
		}
		out := key{Value: base64.StdEncoding.EncodeToString(k.Value), Fingerprint: k.Fingerprint}
		if !k.NotBefore.IsZero() {
			out.ValidityStartTime = float64(k.NotBefore.Unix())
		}
		if !k.NotAfter.IsZero() {
			out.ValidityEndTime = float64(k.NotAfter.Unix())
		}
		keys = append(keys, out)
	}
	out := map[string]any{}
	if size := s.options.KeysPerPage; size > 0 {
		at, err := strconv.Atoi("0" + token)
		if err != nil || at > len(keys) {
			fail(w, r, http.StatusBadRequest, "InvalidTokenException", "Unknown token")
			return
		}
		rest := keys[at:]
		if len(rest) > size {
			out["NextToken"] = strconv.Itoa(at + size)
		}
		keys = rest[:min(size, len(rest))]
	}
	out["PublicKeyList"] = keys
	writeJSON(w, http.StatusOK, out)
}

// sts answers STS. A role is assumed by anyone who asks.
func (s *Server) sts(operation string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		const ns = "https://sts.amazonaws.com/doc/2011-06-15/"
		w.Header().Set("Content-Type", "text/xml")
		switch operation {
		case "GetCallerIdentity":
			fmt.Fprintf(w, `<GetCallerIdentityResponse xmlns=%q><GetCallerIdentityResult><Arn>arn:aws:iam::%s:user/test</Arn>`+
				`<UserId>AIDAEXAMPLE</UserId><Account>%[2]s</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`, ns, s.options.Account)
		case "AssumeRole":
			role := r.PostForm.Get("RoleArn")
			parts := strings.Split(role, ":")
			if len(parts) != 6 {
				fail(w, r, http.StatusBadRequest, "ValidationError", "RoleArn is invalid")
				return
			}
			fmt.Fprintf(w, `<AssumeRoleResponse xmlns=%q><AssumeRoleResult><AssumedRoleUser><Arn>%s/test</Arn><AssumedRoleId>AROAEXAMPLE:test`+
				`</AssumedRoleId></AssumedRoleUser><Credentials><AccessKeyId>ROLE%s</AccessKeyId><SecretAccessKey>example</SecretAccessKey>`+
				`<SessionToken>example</SessionToken><Expiration>%s</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
				ns, role, parts[4], time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
		default:
			fail(w, r, http.StatusBadRequest, "InvalidAction", "Could not find operation "+operation)
		}
	}
}
