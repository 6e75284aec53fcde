package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tools are the compiled programs, in a folder that is removed at the end.
type tools struct{ dir, trailseal, floor, serve string }

func compile(ctx context.Context) (t tools, err error) {
	if t.dir, err = os.MkdirTemp("", "bench-"); err != nil {
		return t, err
	}
	for _, p := range []struct {
		pkg string
		to  *string
	}{{"./cmd/trailseal", &t.trailseal}, {"./bench/inflate/floor", &t.floor}, {"./internal/awstest/serve", &t.serve}} {
		if *p.to, err = build(ctx, t.dir, p.pkg); err != nil {
			return t, err
		}
	}
	return t, nil
}

func (t tools) close() { os.RemoveAll(t.dir) }

// home is a new ledger's folder.
func (t tools) home(name string) string { return filepath.Join(t.dir, "home-"+name) }

func disk(ctx context.Context, dir string) error {
	t, err := compile(ctx)
	if err != nil {
		return err
	}
	defer t.close()
	src, keys := filepath.Join(dir, "week", "s3"), filepath.Join(dir, "week", "public-keys.json")
	floor, err := best(4, func() (cost, error) { return timed(ctx, nil, 0, t.floor, src) })
	if err != nil {
		return err
	}
	fmt.Println("read, inflate, hash only  ", floor)
	n := 0
	ours, err := best(3, func() (cost, error) {
		n++
		return timed(ctx, nil, 0, t.trailseal, "validate", src, "--public-keys", keys, "--offline", "--home", t.home(strconv.Itoa(n)), "-q")
	})
	if err != nil {
		return err
	}
	fmt.Println("validate, nothing known   ", ours)
	again, err := best(3, func() (cost, error) {
		return timed(ctx, nil, 0, t.trailseal, "validate", src, "--public-keys", keys, "--offline", "--home", t.home("1"), "-q")
	})
	if err != nil {
		return err
	}
	fmt.Println("validate, nothing new     ", again)
	fmt.Printf("ratio to the floor: %.2f (wanted at most 1.25)\n", ours.wall.Seconds()/floor.wall.Seconds())
	return nil
}

// server runs the loopback AWS and returns its address.
func server(ctx context.Context, t tools, args ...string) (url string, stop func(), err error) {
	cmd := exec.CommandContext(ctx, t.serve, append([]string{"-listen", "127.0.0.1:0"}, args...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() {
		_ = cmd.Process.Kill() // it has nothing to lose
		_ = cmd.Wait()
	}
	for s := bufio.NewScanner(out); s.Scan(); {
		if at := strings.Index(s.Text(), "http://"); at >= 0 {
			go io.Copy(io.Discard, out)
			return strings.Fields(s.Text()[at:])[0], stop, nil
		}
	}
	stop()
	return "", nil, errors.New("the server did not say where it listens")
}

func s3(ctx context.Context, dir string) error {
	t, err := compile(ctx)
	if err != nil {
		return err
	}
	defer t.close()
	week := filepath.Join(dir, "week")
	for _, latency := range []string{"0s", "20ms"} {
		url, stop, err := server(ctx, t, "-dir", filepath.Join(week, "s3"), "-bucket", bucket, "-keys", filepath.Join(week, "public-keys.json"),
			"-trails", filepath.Join(week, "trails.json"), "-latency", latency)
		if err != nil {
			return err
		}
		env := []string{"AWS_ENDPOINT_URL=" + url, "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_REGION=us-east-1"}
		err = compare(ctx, t, latency, url, env)
		stop()
		if err != nil {
			return err
		}
	}
	return nil
}

func compare(ctx context.Context, t tools, latency, url string, env []string) error {
	n := 0
	end := start.Add(8 * 24 * time.Hour).Format(time.RFC3339)
	args := []string{"validate", "s3://" + bucket, "-q", "--home"}
	ours, err := best(3, func() (cost, error) {
		n++
		return timed(ctx, env, 0, t.trailseal, append(args, t.home(latency+strconv.Itoa(n)))...)
	})
	if err != nil {
		return err
	}
	fmt.Printf("%-5s validate, nothing known  %v\n", latency, ours)
	again, err := best(5, func() (cost, error) { return timed(ctx, env, 0, t.trailseal, append(args, t.home(latency+"1"))...) })
	if err != nil {
		return err
	}
	fmt.Printf("%-5s validate, nothing new    %v\n", latency, again)
	var cli cost
	for _, region := range regions {
		c, err := timed(ctx, env, 0, "aws", "cloudtrail", "validate-logs", "--trail-arn", "arn:aws:cloudtrail:us-east-1:"+account+":trail/"+trail,
			"--start-time", start.Format(time.RFC3339), "--end-time", end, "--region", region, "--endpoint-url", url)
		if err != nil {
			return err
		}
		cli.wall += c.wall
		cli.cpu += c.cpu
		cli.rss = max(cli.rss, c.rss)
	}
	fmt.Printf("%-5s aws cloudtrail validate-logs, 3 regions in turn %v\n", latency, cli)
	fmt.Printf("%-5s first run %.1f times as fast as the CLI, second run %.0f times\n", latency,
		cli.wall.Seconds()/ours.wall.Seconds(), cli.wall.Seconds()/again.wall.Seconds())
	return nil
}

// seventeen regions are enabled in an account by default.
var seventeen = []string{
	"ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1", "eu-central-1",
	"eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2",
}

func year(ctx context.Context, dir string) error {
	t, err := compile(ctx)
	if err != nil {
		return err
	}
	defer t.close()
	if err := tree(ctx, filepath.Join(dir, "year"), seventeen, 8760, 0, nil); err != nil {
		return err
	}
	src, keys := filepath.Join(dir, "year", "s3"), filepath.Join(dir, "year", "public-keys.json")
	args := []string{"validate", src, "--public-keys", keys, "--offline", "-q", "--home", t.home("year")}
	first, err := timed(ctx, nil, 0, t.trailseal, args...)
	if err != nil {
		return err
	}
	fmt.Println("148,920 digests, nothing known", first)
	again, err := best(3, func() (cost, error) { return timed(ctx, nil, 0, t.trailseal, args...) })
	if err != nil {
		return err
	}
	fmt.Println("148,920 digests, nothing new  ", again, "(wanted at most 5 s)")
	return nil
}

func memory(ctx context.Context) error {
	t, err := compile(ctx)
	if err != nil {
		return err
	}
	defer t.close()
	for _, n := range []string{"100000", "1000000"} {
		url, stop, err := server(ctx, t, "-synthetic", n, "-bucket", bucket)
		if err != nil {
			return err
		}
		env := []string{"AWS_ENDPOINT_URL=" + url, "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_REGION=us-east-1"}
		// There is not one digest, so validate has to say that the logs are not vouched for: exit code 1.
		c, err := timed(ctx, env, 1, t.trailseal, "validate", "s3://"+bucket, "-q", "--home", t.home(n))
		stop()
		if err != nil {
			return err
		}
		fmt.Printf("%9s log files listed %v (wanted at most 300 MiB)\n", n, c)
	}
	return nil
}
