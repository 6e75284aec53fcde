// Package webhook posts alerts as signed JSON to any HTTP endpoint, after the Standard Webhooks specification 1.0.0:
//
//	webhook:
//	  url: https://soar.example.com/trailseal   # or the name of a secret, where the URL is one
//	  secrets: [env:WEBHOOK_SECRET]             # whsec_ and base64 of 24 to 64 random bytes; while one is changed, the old one too
//	  headers: {Authorization: env:SOAR_TOKEN}  # sent as they are; their values are secrets
//
// It promises that the body depends on the notice alone; that webhook-id is the notice's key, the same with every try, so
// that a receiver can leave aside what it has seen; that webhook-timestamp is the time of the try and webhook-signature has
// a signature for each secret; and that a body is at most 1 MiB. docs/spec/webhook.md is the contract with
// receivers. Texts are JSON strings, as a log file has them: a receiver that shows them escapes them.
//
// Any status from 200 to 299 is success. What a receiver writes is not repeated in errors: it may hold what it was sent.
// It does not do asymmetric signatures, follow redirects, or keep to addresses that are not internal: the URL is the
// operator's.
package webhook
