// Command serve runs the fake AWS on a loopback port, for benchmarks and to compare with the AWS CLI:
//
//	go run ./internal/awstest/serve --dir DIR --bucket NAME --keys public-keys.json --trails trails.json
//
// It prints its URL, and when it is interrupted, the counts of what it was asked. For `aws cloudtrail validate-logs`
// set AWS_ENDPOINT_URL to that URL: the option --endpoint-url does not reach its S3 and Organizations clients.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"

	"github.com/trailseal/trailseal/internal/awstest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "serve: error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	dir := flags.String("dir", "", "directory that is the content of the bucket")
	bucket := flags.String("bucket", "cloudtrail-logs", "name of the bucket")
	bucketRegion := flags.String("bucket-region", "us-east-1", "region of the bucket")
	keys := flags.String("keys", "", "public keys: a file for all regions, or a directory with REGION.json")
	keysPerPage := flags.Int("keys-per-page", 0, "page ListPublicKeys")
	trails := flags.String("trails", "", "what describe-trails prints")
	organization := flags.String("organization", "", "what describe-organization prints")
	latency := flags.Duration("latency", 0, "wait before each answer")
	listen := flags.String("listen", "127.0.0.1:0", "loopback address")
	synthetic := flags.Int("synthetic", 0, "instead of --dir: this many computed log keys")
	if err := flags.Parse(args); err != nil {
		return err
	}
	options := awstest.Options{Latency: *latency, KeysPerPage: *keysPerPage, BucketRegion: map[string]string{*bucket: *bucketRegion}}
	switch {
	case *synthetic > 0:
		options.Buckets = map[string]awstest.Backend{*bucket: awstest.Synthetic{Account: "111122223333", Region: "us-east-1",
			Start: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), N: *synthetic, PerDay: 10000}}
	case *dir != "":
		if _, err := os.ReadDir(*dir); err != nil {
			return err
		}
		options.Buckets = map[string]awstest.Backend{*bucket: awstest.NewTree(*dir)}
	}
	var err error
	if *keys != "" {
		if options.Keys, err = awstest.LoadKeys(*keys); err != nil {
			return err
		}
	}
	if *trails != "" {
		if options.Trails, err = awstest.LoadTrails(*trails); err != nil {
			return err
		}
	}
	if *organization != "" {
		if options.Organization, err = awstest.LoadOrganization(*organization); err != nil {
			return err
		}
	}
	server := awstest.New(options)
	url, err := server.Listen(*listen)
	if err != nil {
		return err
	}
	fmt.Println(url)
	<-ctx.Done()
	if err := server.Close(); err != nil {
		return err
	}
	return json.NewEncoder(os.Stderr).Encode(server.Counts())
}
