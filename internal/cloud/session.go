package cloud

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/logging"

	"github.com/trailseal/trailseal/internal/object"
)

const (
	defaultRegion   = "us-east-1"
	defaultParallel = 32
	defaultAttempts = 6
	defaultBackoff  = 20 * time.Second
	defaultStall    = time.Minute
	sessionName     = "trailseal"
)

// Options say whose AWS is read. The zero value is what the environment says.
type Options struct {
	Profile     string // shared configuration profile
	Region      string // region of what has no region of its own; us-east-1 if the environment names none either
	EndpointURL string // one endpoint for every service, before any that the environment names
	RoleARN     string // role to assume for everything
	RoleName    string // role that Account assumes in another account
	ExternalID  string // for either role
	MaxParallel int    // how many requests the caller makes at a time: so many connections are kept; 32 if 0
	MaxAttempts int    // tries for each request, 6 if 0; AWS_MAX_ATTEMPTS goes before it
	// Stall is how long a connection may deliver nothing before it counts as broken; one minute if 0.
	Stall time.Duration

	maxBackoff time.Duration
}

// Session is a set of credentials and the connections made with them. It may be used by many goroutines at a time.
type Session struct {
	cfg     aws.Config
	options Options

	mu       sync.Mutex
	s3       map[string]*s3.Client // by region
	identity *Identity
}

// Identity is whose credentials a session has.
type Identity struct {
	Account   string
	ARN       string
	Partition string // aws, aws-cn, aws-us-gov, …
}

// Load reads the AWS configuration. It makes no request: whether there are credentials shows at the first one, or
// when Identity is asked. A profile that does not exist is object.ErrCredentials.
func Load(ctx context.Context, options Options) (*Session, error) {
	if options.MaxParallel <= 0 {
		options.MaxParallel = defaultParallel
	}
	if options.MaxAttempts <= 0 {
		options.MaxAttempts = defaultAttempts
	}
	if options.Stall <= 0 {
		options.Stall = defaultStall
	}
	if options.maxBackoff <= 0 {
		options.maxBackoff = defaultBackoff
	}
	load := []func(*config.LoadOptions) error{
		config.WithAppID(sessionName),
		config.WithHTTPClient(httpClient(options)),
		config.WithRetryer(func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.MaxAttempts, o.MaxBackoff = options.MaxAttempts, options.maxBackoff
				// The default budget is shared by all requests: while S3 throttles a busy prefix it runs out, and
				// requests fail without a second try.
				o.RateLimiter = ratelimit.None
				o.Retryables = append([]retry.IsErrorRetryable{retry.IsErrorRetryableFunc(nobodyThere)}, o.Retryables...)
			})
		}),
		// What goes wrong is in the error; the SDK's own lines would mix with ours.
		config.WithLogger(logging.Nop{}),
		// Checksums only where a service demands them: old objects have none, and the digest has its own.
		config.WithRequestChecksumCalculation(aws.RequestChecksumCalculationWhenRequired),
		config.WithResponseChecksumValidation(aws.ResponseChecksumValidationWhenRequired),
	}
	if options.Profile != "" {
		load = append(load, config.WithSharedConfigProfile(options.Profile))
	}
	if options.Region != "" {
		load = append(load, config.WithRegion(options.Region))
	}
	cfg, err := config.LoadDefaultConfig(ctx, load...)
	if err != nil {
		if missing := (config.SharedConfigProfileNotExistError{}); errors.As(err, &missing) {
			return nil, &fault{what: "load AWS configuration", detail: redact(err.Error()), words: []error{object.ErrCredentials}}
		}
		return nil, &fault{what: "load AWS configuration", detail: redact(err.Error())}
	}
	if cfg.Region == "" {
		cfg.Region = defaultRegion
	}
	s := &Session{cfg: cfg, options: options, s3: map[string]*s3.Client{}}
	if options.RoleARN != "" {
		s = s.assume(options.RoleARN)
	}
	return s, nil
}

// httpClient keeps as many connections as there are requests at a time, and hands out bodies as they are stored.
func httpClient(o Options) *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().WithReadTimeout(o.Stall).WithTransportOptions(func(t *http.Transport) {
		t.MaxIdleConns = 0
		t.MaxIdleConnsPerHost = o.MaxParallel + 8
		t.DisableCompression = true // CloudTrail stores logs with Content-Encoding: gzip
		t.ReadBufferSize = 32 << 10
	})
}

// nobodyThere ends the tries at once where no server answers at all: a wrong endpoint or no network.
func nobodyThere(err error) aws.Ternary {
	var dns *net.DNSError
	if errors.Is(err, syscall.ECONNREFUSED) || errors.As(err, &dns) && dns.IsNotFound {
		return aws.FalseTernary
	}
	return aws.UnknownTernary
}

// Region is the region of what has no region of its own.
func (s *Session) Region() string { return s.cfg.Region }

// assume is the session with the credentials of a role.
func (s *Session) assume(arn string) *Session {
	provider := stscreds.NewAssumeRoleProvider(s.sts(), arn, func(o *stscreds.AssumeRoleOptions) {
		o.RoleSessionName = sessionName
		if s.options.ExternalID != "" {
			o.ExternalID = aws.String(s.options.ExternalID)
		}
	})
	cfg := s.cfg.Copy()
	cfg.Credentials = aws.NewCredentialsCache(provider)
	return &Session{cfg: cfg, options: s.options, s3: map[string]*s3.Client{}}
}

// Account is the session with which to read in an account: this one in its own account or if there is no RoleName,
// else one with the credentials of arn:PARTITION:iam::ACCOUNT:role/NAME. RoleName may have a path ("audit/reader").
func (s *Session) Account(ctx context.Context, account string) (*Session, error) {
	if s.options.RoleName == "" {
		return s, nil
	}
	me, err := s.Identity(ctx)
	if err != nil {
		return nil, err
	}
	if me.Account == account {
		return s, nil
	}
	name := strings.TrimPrefix(s.options.RoleName, "/")
	return s.assume(fmt.Sprintf("arn:%s:iam::%s:role/%s", me.Partition, account, name)), nil
}

// Identity asks whose credentials these are. It needs no permission.
func (s *Session) Identity(ctx context.Context) (Identity, error) {
	s.mu.Lock()
	known := s.identity
	s.mu.Unlock()
	if known != nil {
		return *known, nil
	}
	out, err := s.sts().GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return Identity{}, classify(ctx, "ask whose credentials these are", err)
	}
	me := Identity{Account: aws.ToString(out.Account), ARN: aws.ToString(out.Arn), Partition: partition(s.cfg.Region)}
	if parts := strings.SplitN(me.ARN, ":", 3); len(parts) == 3 && parts[1] != "" {
		me.Partition = parts[1]
	}
	s.mu.Lock()
	s.identity = &me
	s.mu.Unlock()
	return me, nil
}

// partition is that of a region's name.
func partition(region string) string {
	for _, p := range []struct{ prefix, name string }{
		{"cn-", "aws-cn"}, {"us-gov-", "aws-us-gov"}, {"us-iso-", "aws-iso"}, {"us-isob-", "aws-iso-b"},
		{"eu-isoe-", "aws-iso-e"}, {"us-isof-", "aws-iso-f"}, {"eusc-", "aws-eusc"},
	} {
		if strings.HasPrefix(region, p.prefix) {
			return p.name
		}
	}
	return "aws"
}

func (s *Session) sts() *sts.Client {
	return sts.NewFromConfig(s.cfg, func(o *sts.Options) { s.endpoint(&o.BaseEndpoint) })
}

func (s *Session) cloudtrail(region string) *cloudtrail.Client {
	return cloudtrail.NewFromConfig(s.cfg, func(o *cloudtrail.Options) {
		if region != "" {
			o.Region = region
		}
		s.endpoint(&o.BaseEndpoint)
	})
}

func (s *Session) bucketClient(region string) *s3.Client {
	s.mu.Lock()
	defer s.mu.Unlock()
	client := s.s3[region]
	if client == nil {
		client = s3.NewFromConfig(s.cfg, func(o *s3.Options) {
			o.Region = region
			s.endpoint(&o.BaseEndpoint)
			o.UsePathStyle = o.BaseEndpoint != nil // a bucket's name is no host there
		})
		s.s3[region] = client
	}
	return client
}

func (s *Session) endpoint(base **string) {
	if s.options.EndpointURL != "" {
		*base = aws.String(s.options.EndpointURL)
	}
}
