package inflate

import (
	"bytes"
	stdgzip "compress/gzip"
	"crypto/sha256"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"github.com/trailseal/trailseal/integrity"
	"github.com/trailseal/trailseal/internal/inflate"
)

func BenchmarkInflate(b *testing.B) {
	plain, packed := logFile(b)
	b.Run("std", func(b *testing.B) {
		zr, r := new(stdgzip.Reader), bytes.NewReader(nil)
		buf := make([]byte, 32<<10)
		measure(b, plain, func() error {
			r.Reset(packed)
			if err := zr.Reset(r); err != nil {
				return err
			}
			_, err := io.CopyBuffer(writer{io.Discard}, reader{zr}, buf)
			return err
		})
	})
	b.Run("klauspost", func(b *testing.B) {
		zr, r := new(gzip.Reader), bytes.NewReader(nil)
		buf := make([]byte, 32<<10)
		measure(b, plain, func() error {
			r.Reset(packed)
			if err := zr.Reset(r); err != nil {
				return err
			}
			_, err := io.CopyBuffer(writer{io.Discard}, reader{zr}, buf)
			return err
		})
	})
}

func BenchmarkSum(b *testing.B) {
	plain, _ := logFile(b)
	b.Run("sha256/whole", func(b *testing.B) {
		measure(b, plain, func() error { sha256.Sum256(plain); return nil })
	})
	b.Run("sha256/32KiB", func(b *testing.B) {
		h := sha256.New()
		measure(b, plain, func() error {
			h.Reset()
			for p := plain; len(p) > 0; p = p[min(32<<10, len(p)):] {
				h.Write(p[:min(32<<10, len(p))])
			}
			return nil
		})
	})
	b.Run("crc32", func(b *testing.B) {
		measure(b, plain, func() error { crc32.ChecksumIEEE(plain); return nil })
	})
}

func BenchmarkHash(b *testing.B) {
	plain, packed := logFile(b)
	r := bytes.NewReader(nil)
	b.Run("std", func(b *testing.B) {
		measure(b, plain, func() error {
			r.Reset(packed)
			_, err := integrity.HashGzip(r)
			return err
		})
	})
	b.Run("klauspost", func(b *testing.B) {
		zr, h := new(gzip.Reader), sha256.New()
		buf := make([]byte, 32<<10)
		measure(b, plain, func() error {
			r.Reset(packed)
			h.Reset()
			if err := zr.Reset(r); err != nil {
				return err
			}
			_, err := io.CopyBuffer(writer{h}, reader{zr}, buf)
			return err
		})
	})
	b.Run("inflate", func(b *testing.B) {
		measure(b, plain, func() error {
			r.Reset(packed)
			_, err := inflate.Hash(r, int64(len(packed)))
			return err
		})
	})
	b.Run("inflate/parallel", func(b *testing.B) {
		b.SetBytes(int64(len(plain)))
		b.RunParallel(func(pb *testing.PB) {
			r := bytes.NewReader(nil)
			for pb.Next() {
				r.Reset(packed)
				if _, err := inflate.Hash(r, int64(len(packed))); err != nil {
					b.Error(err)
					return
				}
			}
		})
	})
}

// reader and writer hide WriteTo and ReadFrom, so that every candidate moves through the same 32 KiB buffer.
type reader struct{ io.Reader }
type writer struct{ io.Writer }

func measure(b *testing.B, plain []byte, f func() error) {
	b.Helper()
	b.SetBytes(int64(len(plain)))
	b.ReportAllocs()
	for b.Loop() {
		if err := f(); err != nil {
			b.Fatal(err)
		}
	}
}

// logFile returns a log file of some 700 KB, the same at each call, and what gzip makes of it at CloudTrail's level 6.
func logFile(tb testing.TB) (plain, packed []byte) {
	tb.Helper()
	rnd := rand.New(rand.NewPCG(1, 2))
	hex := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = "0123456789abcdef"[rnd.IntN(16)]
		}
		return string(b)
	}
	pick := func(s ...string) string { return s[rnd.IntN(len(s))] }
	var buf bytes.Buffer
	buf.WriteString(`{"Records":[`)
	for i := 0; buf.Len() < 700_000; i++ {
		if i > 0 {
			buf.WriteByte(',')
		}
		role := pick("github-deploy", "etl-runner", "web-frontend", "audit-reader")
		service, call, _ := strings.Cut(pick("ec2 DescribeInstances", "ec2 DescribeSecurityGroups", "s3 GetObject", "s3 PutObject",
			"kms GenerateDataKey", "kms Decrypt", "sts AssumeRole", "dynamodb DescribeTable", "logs CreateLogStream"), " ")
		fmt.Fprintf(&buf, `{"eventVersion":"1.11","userIdentity":{"type":"AssumedRole","principalId":"AROA%s:%s",`+
			`"arn":"arn:aws:sts::111122223333:assumed-role/%s/%s","accountId":"111122223333","accessKeyId":"ASIA%s",`+
			`"sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAUMREURVTMERG2WX6Q",`+
			`"arn":"arn:aws:iam::111122223333:role/%s","accountId":"111122223333","userName":"%s"},`+
			`"attributes":{"creationDate":"2026-03-02T%02d:%02d:%02dZ","mfaAuthenticated":"false"}}},`,
			role[:3], role, role, role, hex(16), role, role, rnd.IntN(3), rnd.IntN(60), rnd.IntN(60))
		fmt.Fprintf(&buf, `"eventTime":"2026-03-02T03:%02d:%02dZ","eventSource":"%s.amazonaws.com","eventName":"%s",`+
			`"awsRegion":"eu-west-1","sourceIPAddress":"10.31.%d.%d","userAgent":"%s",`,
			rnd.IntN(60), rnd.IntN(60), service, call, rnd.IntN(256), rnd.IntN(256),
			pick("Boto3/1.35.63 md/Botocore#1.35.63 ua/2.0 os/linux#5.10.227 md/arch#x86_64 lang/python#3.12.7",
				"APN/1.0 HashiCorp/1.0 Terraform/1.9.8 (+https://www.terraform.io) aws-sdk-go-v2/1.32.5",
				"aws-internal/3 aws-sdk-java/1.12.772 Linux/5.10.227 OpenJDK_64-Bit_Server_VM/25.432"))
		fmt.Fprintf(&buf, `"requestParameters":{"id":"i-%s","key":"data/2026/part-%05d-%s.snappy.parquet"},"responseElements":null,`+
			`"requestID":"%s-%s-4%s-%s","eventID":"%s-%s-4%s-%s","readOnly":%s,"eventType":"AwsApiCall",`+
			`"managementEvent":true,"recipientAccountId":"111122223333","eventCategory":"Management",`+
			`"tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256",`+
			`"clientProvidedHostHeader":"%s.eu-west-1.amazonaws.com"}}`,
			hex(17), rnd.IntN(100_000), hex(16), hex(8), hex(4), hex(3), hex(12), hex(8), hex(4), hex(3), hex(12),
			pick("true", "false"), service)
	}
	buf.WriteString(`]}`)
	var out bytes.Buffer
	zw, err := stdgzip.NewWriterLevel(&out, 6)
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := zw.Write(buf.Bytes()); err != nil {
		tb.Fatal(err)
	}
	if err := zw.Close(); err != nil {
		tb.Fatal(err)
	}
	return buf.Bytes(), out.Bytes()
}
