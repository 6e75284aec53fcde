package cloud

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/trailseal/trailseal/internal/object"
)

const testSecretText = "hunter2-correct-horse"

// vault is a loopback server that answers GetSecretValue with what answer says, and keeps what it was asked.
func vault(t *testing.T, answer func(w http.ResponseWriter, id string)) (url string, asked *[]string) {
	asked = new([]string)
	return serve(t, &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct{ SecretId string }
		body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
		if err != nil || json.Unmarshal(body, &in) != nil || r.Header.Get("X-Amz-Target") != "secretsmanager.GetSecretValue" {
			t.Errorf("%s %s, %q, %v", r.Method, r.Header.Get("X-Amz-Target"), body, err)
		}
		_, scope, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
		region := "none"
		if f := strings.Split(scope, "/"); len(f) > 3 {
			region = f[2]
		}
		*asked = append(*asked, in.SecretId+" in "+region)
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		answer(w, in.SecretId)
	})}), asked
}

func TestSecretOfSecretsManager(t *testing.T) {
	environment(t)
	const inParis = "arn:aws:secretsmanager:eu-west-3:111122223333:secret:pd-AbCdEf"
	url, asked := vault(t, func(w http.ResponseWriter, id string) {
		switch id {
		case "binary":
			fmt.Fprint(w, `{"Name":"binary","SecretBinary":"aHVudGVyMi1jb3JyZWN0LWhvcnNl"}`)
		case "void":
			fmt.Fprint(w, `{"Name":"void"}`)
		default:
			fmt.Fprintf(w, `{"Name":"pd","SecretString":%q}`, testSecretText)
		}
	})
	secrets := session(t, Options{EndpointURL: url, Region: "us-east-2"}).Secrets()
	for _, id := range []string{"alerts/pd", inParis, "binary"} {
		got, err := secrets.Get(t.Context(), id)
		if err != nil || got.Reveal() != testSecretText {
			t.Errorf("%q: %v, or another text", id, err)
		}
	}
	if _, err := secrets.Get(t.Context(), "void"); !errors.Is(err, object.ErrNotFound) {
		t.Errorf("a secret without a value: %v", err)
	}
	want := []string{"alerts/pd in us-east-2", inParis + " in eu-west-3", "binary in us-east-2", "void in us-east-2"}
	if fmt.Sprint(*asked) != fmt.Sprint(want) {
		t.Errorf("asked %q, want %q", *asked, want)
	}
}

func TestErrorsOfSecretsManager(t *testing.T) {
	environment(t)
	for _, c := range []struct {
		name   string
		status int
		body   string
		want   error // nil: worth another try
		say    string
	}{
		{"not there", 400, `{"__type":"ResourceNotFoundException","Message":"Secrets Manager can't find the specified secret."}`, object.ErrNotFound, "can't find"},
		{"to be deleted", 400, `{"__type":"InvalidRequestException","Message":"marked for deletion"}`, object.ErrNotFound, "marked for deletion"},
		{"denied", 400, `{"__type":"AccessDeniedException","Message":"User is not authorized"}`, object.ErrDenied, "AccessDeniedException"},
		{"key may not be used", 400, `{"__type":"DecryptionFailure","Message":"KMS"}`, object.ErrDenied, "DecryptionFailure"},
		{"credentials", 400, `{"__type":"UnrecognizedClientException","message":"token ` + testToken + `"}`, object.ErrCredentials, "UnrecognizedClientException"},
		{"throttled", 400, `{"__type":"ThrottlingException","Message":"Rate exceeded"}`, nil, "ThrottlingException"},
		{"out of order", 500, `{"__type":"InternalServiceError","Message":"oops"}`, nil, "InternalServiceError"},
		{"an answer that is cut", 200, `{"Name":"pd","SecretString":"` + testSecretText, nil, "cannot be read"},
		{"an answer of another type", 200, `{"Name":"pd","SecretString":{"` + testSecretText + `":1}}`, nil, "cannot be read"},
	} {
		t.Run(c.name, func(t *testing.T) {
			url, _ := vault(t, func(w http.ResponseWriter, _ string) {
				w.WriteHeader(c.status)
				io.WriteString(w, c.body)
			})
			got, err := session(t, Options{EndpointURL: url, MaxAttempts: 1}).Secrets().Get(t.Context(), "alerts/pd")
			if err == nil || !got.IsZero() {
				t.Fatalf("%v, and a secret", err)
			}
			if c.want == nil && object.Permanent(err) || c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			if !strings.Contains(err.Error(), c.say) || !strings.Contains(err.Error(), "alerts/pd") || strings.Contains(err.Error(), testSecretText) {
				t.Errorf("%q does not say %q, or gives the secret away", err, c.say)
			}
			noSecret(t, err)
		})
	}
}

func TestSecretsOnMoto(t *testing.T) {
	url := os.Getenv("TRAILSEAL_MOTO")
	if url == "" {
		t.Skip("TRAILSEAL_MOTO does not name the URL of a running moto_server")
	}
	environment(t)
	s := session(t, Options{EndpointURL: url})
	client := secretsmanager.NewFromConfig(s.Config(), func(o *secretsmanager.Options) { o.Region = "eu-west-3" })
	name := fmt.Sprintf("alerts/pd-%d", time.Now().UnixNano())
	made, err := client.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: &name, SecretString: aws.String(testSecretText)})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := s.Secrets().Get(t.Context(), aws.ToString(made.ARN)); err != nil || got.Reveal() != testSecretText {
		t.Errorf("by its ARN, in another region: %v, or another text", err)
	}
	if _, err := s.Secrets().Get(t.Context(), name); !errors.Is(err, object.ErrNotFound) {
		t.Errorf("by its name, in a region that has it not: %v", err)
	}
	if _, err := client.PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{SecretId: &name, SecretString: aws.String("rotated")}); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Secrets().Get(t.Context(), aws.ToString(made.ARN)); err != nil || got.Reveal() != "rotated" {
		t.Errorf("after it was rotated: %v, or another text", err)
	}
}
