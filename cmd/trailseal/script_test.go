package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/trailseal/trailseal/internal/awstest"
	"github.com/trailseal/trailseal/internal/sample"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"trailseal": main,
		"asnobody":  asNobody,
	})
}

// TestScript runs the promises to users: one file each, its first line says which.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               setup,
		Condition:           condition,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":  exits,
			"tree":   tree,
			"pick":   pick,
			"flip":   flip,
			"spring": spring,
			"aws":    aws,
			"tmpfs":  tmpfs,

			"receiver": receiver,
		},
	})
}

// setup gives each script a home of its own and no way to any other AWS.
func setup(e *testscript.Env) error {
	home := filepath.Join(e.WorkDir, "home")
	for name, value := range map[string]string{
		"HOME": home, "TZ": "Asia/Kolkata", "AWS_CONFIG_FILE": filepath.Join(home, "none"), "AWS_SHARED_CREDENTIALS_FILE": filepath.Join(home, "none"),
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "1", "AWS_REGION": "eu-west-1", "BUCKET": bucket,
	} {
		e.Setenv(name, value)
	}
	return os.Mkdir(home, 0o755)
}

const bucket = "larkfield-cloudtrail-logs"

// exits runs a command that must end with a code: exits CODE COMMAND...
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		got, err = exit.ExitCode(), nil
	}
	ts.Check(err)
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// generated is a tree that was made once for all scripts.
type generated struct {
	once    sync.Once
	objects []sample.Object
	truth   sample.Manifest
	err     error
}

var trees sync.Map // of *generated, by the words that describe it

// tree writes a generated bucket: tree DIR [hours=6] [accounts=1] [regions=1] [prefix=P] [sidecars=no] [trail=NAME].
// Its public keys are in DIR.keys.json.
func tree(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: tree DIR [name=value...]")
	}
	o := sample.Options{Hours: 6, FilesPerDay: 24, EventsPerFile: 2}
	accounts, regions, sidecars := 1, 1, true
	for _, a := range args[1:] {
		name, value, _ := strings.Cut(a, "=")
		n, err := strconv.Atoi(value)
		switch name {
		case "hours":
			o.Hours = n
		case "accounts":
			accounts = n
		case "regions":
			regions = n
		case "prefix":
			o.Prefix, err = value, nil
		case "trail":
			o.Trail, err = value, nil
		case "sidecars":
			sidecars, err = value != "no", nil
		default:
			ts.Fatalf("tree: what is %q?", a)
		}
		ts.Check(err)
	}
	o.Accounts = []sample.Account{{ID: "111122223333", Name: "management"}, {ID: "444455556666", Name: "prod"}}[:accounts]
	o.Regions = []string{"eu-west-1", "us-east-1"}[:regions]
	v, _ := trees.LoadOrStore(strings.Join(args[1:], " "), new(generated))
	g := v.(*generated)
	g.once.Do(func() { g.objects, g.truth, g.err = sample.Objects(context.Background(), o) })
	ts.Check(g.err)
	dir := ts.MkAbs(args[0])
	for _, obj := range g.objects {
		name := filepath.Join(dir, filepath.FromSlash(obj.Key))
		ts.Check(os.MkdirAll(filepath.Dir(name), 0o755))
		ts.Check(os.WriteFile(name, obj.Body, 0o644))
		if sidecars && obj.Metadata != nil {
			head, err := sample.Head(obj)
			ts.Check(err)
			ts.Check(os.WriteFile(name+sample.SideCar, head, 0o644))
		}
	}
	keys, err := json.Marshal(map[string]any{"PublicKeyList": g.truth.PublicKeys})
	ts.Check(err)
	ts.Check(os.WriteFile(dir+".keys.json", keys, 0o644))
}

// pick sets a variable to the n-th file (from 0, -1 is the last) that matches, in order: pick VAR N GLOB.
func pick(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: pick VAR N GLOB")
	}
	found, err := filepath.Glob(ts.MkAbs(args[2]))
	ts.Check(err)
	slices.Sort(found)
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	if n < 0 {
		n += len(found)
	}
	if n < 0 || n >= len(found) {
		ts.Fatalf("%q matches %d files", args[2], len(found))
	}
	ts.Setenv(args[0], found[n])
	ts.Setenv(args[0]+"_NAME", filepath.Base(found[n]))
}

// flip changes one bit in the middle of a file.
func flip(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: flip FILE")
	}
	name := ts.MkAbs(args[0])
	b, err := os.ReadFile(name)
	ts.Check(err)
	b[len(b)/2] ^= 1
	ts.Check(os.WriteFile(name, b, 0o644))
}

// spring puts copies of a file under hostile names into a folder: one that a digest would have to list, and some that
// are no names of CloudTrail's. $HOSTILE is one of them.
func spring(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: spring DIR FILE")
	}
	body, err := os.ReadFile(ts.MkAbs(args[1]))
	ts.Check(err)
	const hostile = "\x1b[2J\x1b]0;owned\a\u202egnp.exe<script>alert(1)<!"
	for _, name := range []string{"111122223333_CloudTrail_eu-west-1_20260302T0300Z_AAAAAAAAAAAAAAAA.json.gz", hostile, "=cmd|calc.json.gz"} {
		ts.Check(os.WriteFile(filepath.Join(ts.MkAbs(args[0]), name), body, 0o644))
	}
	ts.Setenv("HOSTILE", hostile)
}

// running is the fake AWS of each script.
var running sync.Map // of *awstest.Server, by work folder

// aws starts a fake AWS that serves a tree, with credentials for it in the environment, or waits until it was asked:
//
//	aws serve DIR [nokeys] [deny=OPERATION] [expired] [slow=OPERATION]
//	aws wait OPERATION
func aws(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: aws serve DIR [what...] | aws wait OPERATION")
	}
	work := ts.Getenv("WORK")
	if args[0] == "wait" {
		v, _ := running.Load(work)
		for range 500 {
			if v.(*awstest.Server).Counts()[args[1]] > 0 {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		ts.Fatalf("no %s was asked for", args[1])
	}
	dir := ts.MkAbs(args[1])
	o := awstest.Options{Buckets: map[string]awstest.Backend{bucket: awstest.NewTree(dir)}, BucketRegion: map[string]string{bucket: "eu-west-1"}}
	var err error
	if !slices.Contains(args, "nokeys") {
		o.Keys, err = awstest.LoadKeys(dir + ".keys.json")
		ts.Check(err)
	}
	for _, a := range args[2:] {
		what, operation, _ := strings.Cut(a, "=")
		suffer := map[string]awstest.Failure{
			"deny":    {Status: http.StatusForbidden, Code: "AccessDenied", Message: "User is not authorized"},
			"expired": {Status: http.StatusBadRequest, Code: "ExpiredToken", Message: "The provided token has expired."},
			"slow":    {Delay: time.Minute},
		}[what]
		o.Fail = func(r *http.Request) *awstest.Failure {
			if operation != "" && operationOf(r) != operation {
				return nil
			}
			return &suffer
		}
		if what == "nokeys" {
			o.Fail = nil
		}
	}
	server := awstest.New(o)
	url, err := server.Listen("127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { server.Close() })
	running.Store(work, server)
	ts.Setenv("AWS_ENDPOINT_URL", url)
	ts.Setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
	ts.Setenv("AWS_SECRET_ACCESS_KEY", "SECRETwJalrXUtnFEMI")
	ts.Setenv("AWS_SESSION_TOKEN", "TOKENIQoJb3JpZ2luX2Vj")
}

// operationOf names what a request asks for, as far as scripts need it.
func operationOf(r *http.Request) string {
	_, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch target := r.Header.Get("X-Amz-Target"); {
	case target != "":
		return target[strings.LastIndex(target, ".")+1:]
	case r.Method == http.MethodGet && key != "":
		return "GetObject"
	case r.URL.Query().Has("list-type"):
		return "ListObjectsV2"
	}
	return ""
}

// condition knows [smalldisk]: a disk can be mounted. It takes root; TRAILSEAL_TEST_NO_SKIP makes a skip a failure.
func condition(cond string) (bool, error) {
	if cond != "smalldisk" {
		return false, fmt.Errorf("unknown condition %q", cond)
	}
	can := os.Geteuid() == 0 && mountable()
	if !can && strings.Contains(os.Getenv("TRAILSEAL_TEST_NO_SKIP"), "TestScript") {
		return false, errors.New("no disk can be mounted here, and TRAILSEAL_TEST_NO_SKIP forbids to skip this")
	}
	return can, nil
}

var mountable = sync.OnceValue(func() bool {
	dir, err := os.MkdirTemp("", "trailseal-mount-")
	if err != nil {
		return false
	}
	defer os.Remove(dir)
	return exec.Command("mount", "-t", "tmpfs", "tmpfs", dir).Run() == nil && exec.Command("umount", dir).Run() == nil
})

// tmpfs makes DIR a disk of that many KiB: tmpfs DIR KIB.
func tmpfs(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: tmpfs DIR KIB")
	}
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o755))
	ts.Check(exec.Command("mount", "-t", "tmpfs", "-o", "size="+args[1]+"k", "tmpfs", dir).Run())
	ts.Defer(func() { ts.Check(exec.Command("umount", "-l", dir).Run()) })
}

// asNobody runs a command as somebody whom file permissions bind. Root is not.
func asNobody() {
	path, err := exec.LookPath(os.Args[1])
	if err == nil && os.Geteuid() == 0 {
		// The folders of the test are root's alone.
		for _, dir := range []string{filepath.Dir(path), filepath.Dir(filepath.Dir(path)), os.Getenv("WORK"), filepath.Dir(os.Getenv("WORK"))} {
			if dir != os.TempDir() && dir != "/" && dir != "." {
				err = os.Chmod(dir, 0o755)
			}
			if err != nil {
				break
			}
		}
		const nobody = 65534
		if err == nil {
			err = syscall.Setgroups(nil)
		}
		if err == nil {
			err = syscall.Setgid(nobody)
		}
		if err == nil {
			err = syscall.Setuid(nobody)
		}
	}
	if err == nil {
		err = syscall.Exec(path, os.Args[1:], os.Environ())
	}
	os.Stderr.WriteString("asnobody: " + err.Error() + "\n")
	os.Exit(99)
}
