package cloud

import (
	"context"
	"fmt"
	"iter"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"golang.org/x/sync/errgroup"

	"github.com/trailseal/trailseal/internal/object"
)

// Dirs returns the names of the folders directly below prefix, each with a trailing "/", in byte order. prefix is ""
// or names a folder, with or without its trailing "/"; one that does not exist has none.
func (b *Bucket) Dirs(ctx context.Context, prefix string) ([]string, error) {
	if prefix != "" && !strings.HasSuffix(prefix, "/") {
		prefix += "/"
	}
	if err := ctx.Err(); err != nil {
		return nil, classify(ctx, b.listing(prefix), err)
	}
	if rest, ok := strings.CutPrefix(b.Prefix, prefix); ok && rest != "" {
		return []string{rest[:strings.Index(rest, "/")+1]}, nil // the way to the bucket's prefix
	}
	var names []string
	for p, err := range b.pages(ctx, prefix, "", "/") {
		if err != nil {
			return nil, err
		}
		for _, common := range p.dirs {
			names = append(names, strings.TrimPrefix(common, prefix))
		}
	}
	return names, nil
}

// List yields every object whose key starts with prefix and with the bucket's prefix, and is greater than startAfter,
// in byte order. The next page is fetched while one is consumed. The first error ends the listing: it is yielded as
// (object.Info{Key: prefix}, err).
func (b *Bucket) List(ctx context.Context, prefix, startAfter string) iter.Seq2[object.Info, error] {
	return func(yield func(object.Info, error) bool) {
		for p, err := range b.pages(ctx, prefix, startAfter, "") {
			if err != nil {
				yield(object.Info{Key: prefix}, err)
				return
			}
			for _, o := range p.objects {
				if !yield(o, nil) {
					return
				}
			}
		}
	}
}

func (b *Bucket) listing(prefix string) string {
	return fmt.Sprintf("list %q", "s3://"+b.Name+"/"+prefix)
}

// page is what one request lists.
type page struct {
	objects []object.Info
	dirs    []string
	err     error
}

// pages yields the pages of a listing, one ahead. An error is the last thing it yields.
func (b *Bucket) pages(ctx context.Context, prefix, after, delimiter string) iter.Seq2[page, error] {
	return func(yield func(page, error) bool) {
		if strings.HasPrefix(b.Prefix, prefix) {
			prefix = b.Prefix
		} else if !strings.HasPrefix(prefix, b.Prefix) {
			return // no key starts with both
		}
		ctx, cancel := context.WithCancel(ctx)
		pages := make(chan page)
		var fetcher errgroup.Group
		fetcher.Go(func() error {
			defer close(pages)
			b.fetch(ctx, prefix, after, delimiter, func(p page) { pages <- p })
			return nil
		})
		defer func() {
			cancel()
			for range pages { // so that the fetcher ends
			}
			fetcher.Wait()
		}()
		for p := range pages {
			if !yield(p, p.err) {
				return
			}
		}
	}
}

func (b *Bucket) fetch(ctx context.Context, prefix, after, delimiter string, send func(page)) {
	what := b.listing(prefix)
	in := &s3.ListObjectsV2Input{Bucket: &b.Name, MaxKeys: aws.Int32(1000), EncodingType: types.EncodingTypeUrl}
	for name, value := range map[**string]string{&in.Prefix: prefix, &in.StartAfter: after, &in.Delimiter: delimiter} {
		if value != "" {
			*name = aws.String(value)
		}
	}
	for last := after; ; {
		out, err := b.client.ListObjectsV2(ctx, in)
		if err != nil {
			send(page{err: classify(ctx, what, err)})
			return
		}
		p, err := readPage(out, &last)
		if err != nil {
			send(page{err: &fault{what: what, detail: err.Error()}})
			return
		}
		send(p)
		if !aws.ToBool(out.IsTruncated) || ctx.Err() != nil {
			return
		}
		if next := aws.ToString(out.NextContinuationToken); next == "" || next == aws.ToString(in.ContinuationToken) {
			send(page{err: &fault{what: what, detail: "the listing says that it goes on, but not where"}})
			return
		}
		in.ContinuationToken = out.NextContinuationToken
	}
}

// readPage decodes a page. last is the last key of the page before: keys that do not ascend (a directory bucket, a
// server that is not S3) are an error, because every reader of a listing relies on their order.
func readPage(out *s3.ListObjectsV2Output, last *string) (p page, err error) {
	encoded := out.EncodingType == types.EncodingTypeUrl
	decode := func(key *string) (string, error) {
		if !encoded {
			return aws.ToString(key), nil
		}
		return url.QueryUnescape(aws.ToString(key))
	}
	p.objects = make([]object.Info, 0, len(out.Contents))
	for _, o := range out.Contents {
		key, err := decode(o.Key)
		if err != nil {
			return page{}, fmt.Errorf("key %q: %w", aws.ToString(o.Key), err)
		}
		if key <= *last {
			return page{}, fmt.Errorf("the bucket lists %q after %q, which is not S3's order", key, *last)
		}
		*last = key
		if strings.HasSuffix(key, "/") && aws.ToInt64(o.Size) == 0 {
			continue // the empty object with which the console makes a folder
		}
		p.objects = append(p.objects, info(key, aws.ToInt64(o.Size), o.ETag, o.LastModified))
	}
	for _, c := range out.CommonPrefixes {
		dir, err := decode(c.Prefix)
		if err != nil {
			return page{}, fmt.Errorf("prefix %q: %w", aws.ToString(c.Prefix), err)
		}
		p.dirs = append(p.dirs, dir)
	}
	slices.Sort(p.dirs)
	return p, nil
}
