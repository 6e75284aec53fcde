package parquet_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/trailseal/trailseal/internal/parquet"
)

// values are a column of a table in memory: text, or numbers (0 and 1 for Bool) with what is NULL among them.
type values struct {
	parquet.Column
	text    [][]byte
	numbers []int64
	null    []bool
}

func (v *values) len() int {
	if v.Kind == parquet.Bytes {
		return len(v.text)
	}
	return len(v.numbers)
}

func columnsOf(table []values) []parquet.Column {
	columns := make([]parquet.Column, len(table))
	for i := range table {
		columns[i] = table[i].Column
	}
	return columns
}

// writeGroup writes the rows from start to end of a table as a group.
func writeGroup(w *parquet.Writer, table []values, start, end int) {
	w.Group(end - start)
	for i := range table {
		c := &table[i]
		number := func(row int) (int64, bool) { return c.numbers[start+row], !c.null[start+row] }
		switch c.Kind {
		case parquet.Bytes:
			w.Bytes(func(row int) []byte { return c.text[start+row] })
		case parquet.Timestamp:
			w.Timestamp(number)
		case parquet.Int32:
			w.Int32(func(row int) (int32, bool) {
				v, ok := number(row)
				return int32(v), ok
			})
		case parquet.Bool:
			w.Bool(func(row int) (bool, bool) {
				v, ok := number(row)
				return v == 1, ok
			})
		}
	}
}

// file returns a table as a file with groups of so many rows.
func file(t testing.TB, table []values, group int) []byte {
	t.Helper()
	var b bytes.Buffer
	write(t, parquet.NewWriter(&b, columnsOf(table)), table, group)
	return b.Bytes()
}

func write(t testing.TB, w *parquet.Writer, table []values, group int) {
	t.Helper()
	rows := 0
	if len(table) > 0 {
		rows = table[0].len()
	}
	for start := 0; start < rows; start += group {
		writeGroup(w, table, start, min(start+group, rows))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// cloudTrail returns a table like a day of an account in a region: 36 columns of which some have NULLs, and per row two
// ids, some 1,400 bytes of text, and of that 600 of JSON. Equal seeds give equal tables.
func cloudTrail(rows int, seed uint64) []values {
	rnd := rand.New(rand.NewPCG(seed, 1))
	var table []values
	add := func(c parquet.Column, at func(row int) []byte) {
		c.ID, c.Kind = int32(len(table)+1), parquet.Bytes
		v := values{Column: c, text: make([][]byte, rows)}
		for row := range rows {
			v.text[row] = at(row)
		}
		table = append(table, v)
	}
	addNumbers := func(c parquet.Column, at func(row int) (int64, bool)) {
		c.ID = int32(len(table) + 1)
		v := values{Column: c, numbers: make([]int64, rows), null: make([]bool, rows)}
		for row := range rows {
			n, ok := at(row)
			v.numbers[row], v.null[row] = n, !ok
		}
		table = append(table, v)
	}
	event, who := make([]int, rows), make([]int, rows)
	for i := range rows {
		event[i] = min(rnd.IntN(60), rnd.IntN(60))
		who[i] = min(rnd.IntN(400), rnd.IntN(400), rnd.IntN(400))
	}
	id := func(int) []byte {
		return fmt.Appendf(nil, "%08x-%04x-4%03x-%04x-%012x", rnd.Uint32(), rnd.IntN(1<<16), rnd.IntN(1<<12),
			0x8000|rnd.IntN(1<<14), rnd.Uint64N(1<<48))
	}
	f := fmt.Appendf
	const second = 1_000_000
	start := int64(1_780_000_000)
	addNumbers(parquet.Column{Name: "event_time", Kind: parquet.Timestamp, Bounds: true}, func(row int) (int64, bool) {
		return (start + int64(row)*86_400/int64(rows)) * second, true
	})
	few := func(name string, bounds bool, at func(row int) []byte) {
		add(parquet.Column{Name: name, Dictionary: true, Bounds: bounds}, at)
	}
	one := func(name, v string) { few(name, false, func(int) []byte { return []byte(v) }) }
	some := func(share int, at func(row int) []byte) func(row int) []byte {
		return func(row int) []byte {
			if rnd.IntN(100) >= share {
				return nil
			}
			return at(row)
		}
	}
	few("event_version", false, func(int) []byte { return f(nil, "1.%02d", 8+rnd.IntN(4)) })
	few("event_source", true, func(row int) []byte { return f(nil, "service%d.amazonaws.com", event[row]/4) })
	few("event_name", true, func(row int) []byte { return f(nil, "DescribeSomething%d", event[row]) })
	one("aws_region", "eu-central-1")
	few("source_ip_address", true, func(row int) []byte { return f(nil, "10.%d.%d.17", who[row]%7, who[row]) })
	few("user_agent", false, func(row int) []byte {
		return f(nil, "aws-cli/2.%d.0 md/awscrt#0.23.8 ua/2.0 os/linux#6.1.9 md/arch#x86_64 lang/python#3.12.9 exec-env/CloudShell md/command#service.describe-%d", who[row]%20, event[row])
	})
	few("error_code", true, some(4, func(row int) []byte { return f(nil, "AccessDenied%d", event[row]%3) }))
	few("error_message", false, some(4, func(row int) []byte {
		return f(nil, "User: arn:aws:sts::123456789012:assumed-role/team-%d/s is not authorized to perform: something:%d", who[row], event[row])
	}))
	add(parquet.Column{Name: "request_id"}, id)
	add(parquet.Column{Name: "event_id"}, id)
	one("event_type", "AwsApiCall")
	addNumbers(parquet.Column{Name: "read_only", Kind: parquet.Bool}, func(row int) (int64, bool) { return int64(event[row] & 1), event[row] != 7 })
	addNumbers(parquet.Column{Name: "management_event", Kind: parquet.Bool}, func(int) (int64, bool) { return 1, true })
	one("recipient_account_id", "123456789012")
	one("event_category", "Management")
	few("user_identity_type", true, func(row int) []byte { return []byte([]string{"AssumedRole", "IAMUser", "AWSService"}[who[row]%3]) })
	few("user_identity_principal_id", false, func(row int) []byte { return f(nil, "AROAEXAMPLE%09d:session-%d", who[row], rnd.IntN(20)) })
	few("user_identity_arn", true, func(row int) []byte {
		return f(nil, "arn:aws:sts::123456789012:assumed-role/team-%d/session-%d", who[row], rnd.IntN(20))
	})
	one("user_identity_account_id", "123456789012")
	few("user_identity_access_key_id", true, func(row int) []byte { return f(nil, "ASIAEXAMPLE%09d", who[row]*20+rnd.IntN(20)) })
	few("session_issuer_type", false, func(row int) []byte { return []byte("Role") })
	few("session_issuer_principal_id", false, func(row int) []byte { return f(nil, "AROAEXAMPLE%09d", who[row]) })
	few("session_issuer_arn", true, func(row int) []byte { return f(nil, "arn:aws:iam::123456789012:role/team-%d", who[row]) })
	few("session_creation_date", false, func(row int) []byte {
		return f(nil, "2026-05-29T%02d:%02d:%02dZ", row*24/rows, who[row]%60, rnd.IntN(4))
	})
	one("session_mfa_authenticated", "false")
	one("tls_version", "TLSv1.3")
	one("tls_cipher_suite", "TLS_AES_128_GCM_SHA256")
	few("tls_client_provided_host_header", false, func(row int) []byte { return f(nil, "service%d.eu-central-1.amazonaws.com", event[row]/4) })
	add(parquet.Column{Name: "request_parameters"}, func(row int) []byte {
		switch event[row] % 4 {
		case 0:
			return nil
		case 1:
			return f(nil, `{"filterSet":{"items":[{"name":"tag:team","valueSet":{"items":[{"value":"team-%d"}]}}]},"maxResults":%d}`, who[row], 100*(event[row]+1))
		case 2:
			return f(nil, `{"bucketName":"logs-%d","key":"AWSLogs/123456789012/elasticloadbalancing/eu-central-1/2026/05/29/%x.log.gz","Host":"logs-%d.s3.eu-central-1.amazonaws.com","x-amz-server-side-encryption":"aws:kms","x-id":"PutObject"}`, who[row]%9, rnd.Uint64(), who[row]%9)
		}
		return f(nil, `{"instancesSet":{"items":[{"instanceId":"i-%017x"},{"instanceId":"i-%017x"}]},"filterSet":{},"clientToken":"%s","networkInterfaceSet":{"items":[{"deviceIndex":0,"subnetId":"subnet-%017x","associatePublicIpAddress":false}]},"includeAllInstances":false}`,
			rnd.Uint64N(50), rnd.Uint64N(50), id(row), rnd.Uint64N(20))
	})
	add(parquet.Column{Name: "response_elements"}, some(30, func(row int) []byte {
		return f(nil, `{"requestId":"%s","reservationId":"r-%016x","credentials":{"accessKeyId":"ASIAEXAMPLE%09d","sessionToken":"IQoJb3JpZ2luX2VjE%x%x%x%x%x%x","expiration":"May 29, 2026, %d:%02d:%02d PM"},"assumedRoleUser":{"assumedRoleId":"AROAEXAMPLE%09d:session","arn":"arn:aws:sts::123456789012:assumed-role/team-%d/session"},"ownerId":"123456789012","groupSet":{},"instancesSet":{"items":[{"imageId":"ami-%017x","instanceState":{"code":0,"name":"pending"},"privateDnsName":"ip-10-0-%d-%d.eu-central-1.compute.internal","amiLaunchIndex":0,"productCodes":{},"instanceType":"m7g.large","placement":{"availabilityZone":"eu-central-1a","tenancy":"default"},"monitoring":{"state":"disabled"}}]}}`,
			id(row), rnd.Uint64(), rnd.IntN(1e9), rnd.Uint64(), rnd.Uint64(), rnd.Uint64(), rnd.Uint64(), rnd.Uint64(), rnd.Uint64(), rnd.IntN(12), rnd.IntN(60), rnd.IntN(60), who[row], who[row], rnd.Uint64N(9), rnd.IntN(250), rnd.IntN(250))
	}))
	add(parquet.Column{Name: "additional_event_data"}, some(40, func(row int) []byte {
		return f(nil, `{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":%d,"AuthenticationMethod":"AuthHeader","x-amz-id-2":"%x%x%x=","bytesTransferredOut":%d}`, rnd.IntN(100_000), rnd.Uint64(), rnd.Uint64(), rnd.Uint64(), rnd.IntN(1000))
	}))
	add(parquet.Column{Name: "resources"}, some(25, func(row int) []byte {
		return f(nil, `[{"accountId":"123456789012","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::logs-%d"},{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::logs-%d/AWSLogs/123456789012/%x.log.gz"}]`, who[row]%9, who[row]%9, rnd.Uint64())
	}))
	few("principal", true, func(row int) []byte { return f(nil, "arn:aws:iam::123456789012:role/team-%d", who[row]) })
	few("account", true, func(int) []byte { return []byte("123456789012") })
	few("region", true, func(int) []byte { return []byte("eu-central-1") })
	few("date", true, func(int) []byte { return []byte("2026-05-29") })
	few("log_file", false, func(row int) []byte {
		return f(nil, "AWSLogs/o-exampleorg1/123456789012/CloudTrail/eu-central-1/2026/05/29/123456789012_CloudTrail_eu-central-1_20260529T%02d%02dZ_%016x.json.gz", row*24/rows, row*288/rows%12*5, uint64(row*288/rows)*0x9E3779B97F4A7C15)
	})
	few("log_sha256", false, func(row int) []byte {
		return f(nil, "%064x", uint64(row*288/rows)*0x9E3779B97F4A7C15)
	})
	addNumbers(parquet.Column{Name: "log_record", Kind: parquet.Int32}, func(row int) (int64, bool) { return int64(rnd.IntN(rows/288 + 1)), true })
	one("log_state", "verified")
	few("digest_file", false, func(row int) []byte {
		return f(nil, "AWSLogs/o-exampleorg1/123456789012/CloudTrail-Digest/eu-central-1/2026/05/29/123456789012_CloudTrail-Digest_eu-central-1_organization_eu-central-1_20260529T%02d3005Z.json.gz", row*24/rows)
	})
	return table
}

func randomTable(rnd *rand.Rand, columns, rows int) []values {
	table := make([]values, columns)
	for i := range table {
		c := &table[i]
		c.Column = parquet.Column{Name: fmt.Sprint("c", i), ID: rnd.Int32() - 1<<30, Kind: parquet.Kind(1 + rnd.IntN(4)), Dictionary: rnd.IntN(2) == 0, Bounds: rnd.IntN(2) == 0}
		different, length, nulls, run := 1+rnd.IntN(1+rnd.IntN(rows)), rnd.IntN(100), rnd.IntN(101), 1+rnd.IntN(1+rnd.IntN(50))
		width := uint(rnd.IntN(65))
		var v int
		for row := range rows {
			if row%run == 0 {
				v = rnd.IntN(different)
			}
			null := rnd.IntN(100) < nulls
			if c.Kind == parquet.Bytes {
				var text []byte
				if !null {
					text = fmt.Append(make([]byte, v%(length+1)), v)[min(v, 1):]
				}
				c.text = append(c.text, text)
				continue
			}
			n := int64(rnd.Uint64() >> (64 - width))
			switch c.Kind {
			case parquet.Bool:
				n &= 1
			case parquet.Int32:
				n = int64(int32(n))
			}
			if null {
				n = 0
			}
			c.numbers, c.null = append(c.numbers, n), append(c.null, null)
		}
	}
	return table
}
