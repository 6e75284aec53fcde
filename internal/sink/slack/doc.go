// Package slack tells a Slack channel of alerts, through an incoming webhook:
//
//	slack:
//	  webhook: env:SLACK_WEBHOOK   # https://hooks.slack.com/services/…, itself the secret
//
// It promises to hold the limits that Slack documents for messages, blocks and texts, and the one that it does not, for all
// blocks together; and that no text of an alert becomes a mention, a link, an emoji or formatting: such texts go into
// plain_text objects only, with &, < and > escaped and links written as https[:]//evil[.]example, and the one link is that
// of the configuration. The message for the notification, which Slack may parse, has none of the characters that mean
// something to it. Characters are counted as UTF-16 units after escaping, the most that Slack can count. What is left out
// is counted.
//
// Slack has no place for the key of a notice that it would compare: of a notice that is sent twice there are two
// messages, with the same key in their last line. It gives a message no id that a webhook could learn; the receipt has that
// of the request. It does not thread or update messages, which a webhook cannot.
//
// Sources: docs.slack.dev, "Sending messages using incoming webhooks", "Handling webhook errors", and the reference of
// Block Kit.
package slack
