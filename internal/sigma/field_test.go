package sigma

import (
	"strings"
	"testing"
)

func TestFields(t *testing.T) {
	for _, tt := range []struct {
		name, line string
		yes, no    []string // records
	}{
		{"nested", `userIdentity.sessionContext.sessionIssuer.type: Role`,
			[]string{`{"userIdentity":{"sessionContext":{"sessionIssuer":{"type":"Role"}}}}`},
			[]string{`{"userIdentity":{"type":"Role"}}`, `{"userIdentity":"Role"}`, `{}`}},
		{"through arrays of objects", `resources.accountId: '1'`,
			[]string{`{"resources":[{"ARN":"x"},{"accountId":"1"}]}`, `{"resources":[[{"accountId":["2","1"]}]]}`},
			[]string{`{"resources":[{"accountId":"2"},"1"]}`, `{"resources":[]}`}},
		{"a name with dots", `requestParameters.a.b: x`,
			[]string{`{"requestParameters":{"a.b":"x"}}`, `{"requestParameters.a":{"b":"x"}}`, `{"requestParameters.a.b":"x"}`, `{"requestParameters":{"a":{"c":1},"a.b":"x"}}`},
			[]string{`{"requestParameters":{"a":{"b":"y"},"a.b":"x"}}`, `{"requestParameters":{"a":{"b":null},"a.b":"x"}}`}},
		{"case matters in names", `requestParameters.tag: x`,
			[]string{`{"requestParameters":{"Tag":"y","tag":"x"}}`},
			[]string{`{"requestParameters":{"Tag":"x","tag":"y"}}`, `{"requestParameters":{"Tag":"x"}}`}},
		{"the last of two members counts", `requestParameters.a: x`,
			[]string{`{"requestParameters":{"a":"y","a":"x"}}`}, []string{`{"requestParameters":{"a":"x","a":"y"}}`}},
		{"an array of objects without the field is not null twice", `resources.ARN: null`,
			[]string{`{"resources":[{"type":"x"}]}`, `{"resources":[{"ARN":null},{"ARN":"x"}]}`, `{}`},
			[]string{`{"resources":[{"ARN":"x"},{}]}`}},
		{"exists through arrays", `resources.ARN|exists: true`,
			[]string{`{"resources":[{},{"ARN":null}]}`}, []string{`{"resources":[{}]}`, `{"resources":[]}`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := ruleText("s:\n  " + tt.line + "\ncondition: s")
			for _, event := range tt.yes {
				hold(t, text, event, true)
			}
			for _, event := range tt.no {
				hold(t, text, event, false)
			}
		})
	}
}

func TestFieldReferences(t *testing.T) {
	for _, tt := range []struct {
		name, line, event string
		want              bool
	}{
		{"equal, but for case", `userAgent|fieldref: errorCode`, `{"userAgent":"Ab","errorCode":"aB"}`, true},
		{"not equal", `userAgent|fieldref: errorCode`, `{"userAgent":"Ab","errorCode":"ab "}`, false},
		{"cased", `userAgent|fieldref|cased: errorCode`, `{"userAgent":"Ab","errorCode":"ab"}`, false},
		{"numbers by their text", `userAgent|fieldref: errorCode`, `{"userAgent":1,"errorCode":"1"}`, true},
		{"null equals nothing", `userAgent|fieldref: errorCode`, `{"userAgent":null,"errorCode":null}`, false},
		{"objects equal nothing", `userAgent|fieldref: errorCode`, `{"userAgent":{},"errorCode":{}}`, false},
		{"contains before", `userAgent|contains|fieldref: requestParameters.userName`, `{"userAgent":"x/Bob/y","requestParameters":{"userName":"bob"}}`, true},
		{"contains behind", `userAgent|fieldref|contains: requestParameters.userName`, `{"userAgent":"bob","requestParameters":{"userName":"xbob"}}`, false},
		{"startswith", `userAgent|fieldref|startswith: errorCode`, `{"userAgent":"abc","errorCode":"AB"}`, true},
		{"endswith", `userAgent|endswith|fieldref: errorCode`, `{"userAgent":"abc","errorCode":"BC"}`, true},
		{"any of several", `resources.a|fieldref: resources.b`, `{"resources":[{"a":1,"b":2},{"a":3,"b":1}]}`, true},
		{"one of several fields", `userAgent|fieldref: [errorCode, errorMessage]`, `{"userAgent":"x","errorMessage":"X"}`, true},
		{"neq", `userAgent|fieldref|neq: errorCode`, `{"userAgent":"x","errorCode":"y"}`, true},
		{"neq of equals", `userAgent|neq|fieldref: errorCode`, `{"userAgent":"x","errorCode":"X"}`, false},
		{"an absent field is nothing", `userAgent|fieldref|contains: errorCode`, `{"userAgent":"x"}`, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			hold(t, ruleText("s:\n  "+tt.line+"\ncondition: s"), tt.event, tt.want)
		})
	}
}

func TestReferencesAreBounded(t *testing.T) {
	list := `["x"` + strings.Repeat(`,"y"`, 98)
	text := ruleText("s:\n  userAgent|fieldref: resources\ncondition: s")
	hold(t, text, `{"userAgent":"z","resources":`+list+`,"z"]}`, true)
	hold(t, text, `{"userAgent":"z","resources":`+list+`,"y","z"]}`, false)
	hold(t, text, `{"userAgent":["q","z"],"resources":`+list+`,"z"]}`, true)
}

func TestKeywords(t *testing.T) {
	const event = `{"userAgent":"TruffleHog/1","requestParameters":{"policy":"{\"Effect\": \"Allow\"}","n":[1234, true]}}`
	for _, tt := range []struct {
		name, selection string
		want            bool
	}{
		{"in a value", `s: [trufflehog]`, true},
		{"one of several", `s: [nothing, TruffleHog/1]`, true},
		{"none", `s: [nothing, truffle-hog]`, false},
		{"in a string that is JSON", `s: ['"Effect": "Allow"']`, true},
		{"over a name and its value", `s: ['"n":[1234,true]']`, true},
		{"a number", `s: [1234]`, true},
		{"wildcards", `s: ['truffle*g/?"']`, true},
		{"all", "s:\n  '|all': [TruffleHog, Allow]", true},
		{"not all", "s:\n  '|all': [TruffleHog, Deny]", false},
		{"cased", "s:\n  '|cased': [trufflehog]", false},
		{"a regular expression", "s:\n  '|re': ['^TruffleHog/[0-9]$']", true},
		{"keywords beside maps", "s:\n  - nothing\n  - userAgent|startswith: truffle", true},
		{"keywords and a field", "s:\n  '|contains': Allow\n  userAgent: x", false},
		{"negated", "s:\n  '|neq': TruffleHog", false},
	} {
		t.Run(tt.name, func(t *testing.T) { hold(t, ruleText(tt.selection+"\ncondition: s"), event, tt.want) })
	}
}

func TestRecordsThatAreNone(t *testing.T) {
	r := parse(t, ruleText("s:\n  userAgent|exists: true\ncondition: not s"))
	if !r.Match(record(t, `{}`)) {
		t.Error("an empty record has no userAgent")
	}
	for _, text := range []string{"", "x", "[]", `"userAgent"`, "{"} {
		rec := record(t, "{}")
		if rec.Reset([]byte(text)) == nil {
			t.Errorf("%q is a record", text)
		}
		if r.Match(rec) {
			t.Errorf("%q matches", text)
		}
	}
}
