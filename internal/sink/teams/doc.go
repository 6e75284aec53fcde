// Package teams tells a Microsoft Teams channel or chat of alerts, through a workflow of Power Automate that begins with
// "When a Teams webhook request is received" and posts the card that it is given:
//
//	teams:
//	  webhook: env:TEAMS_WEBHOOK   # https://….logic.azure.com/…&sig=…, itself the secret
//
// The incoming webhooks of Office 365 connectors (….webhook.office.com) are retired, and have been seen to refuse such cards
// (microsoft/AdaptiveCards, issue 8804). Where one still answers, its habit of reporting failures with status 200 is seen
// through.
//
// It promises one Adaptive Card of version 1.4 within the 28 KB that Teams documents. Since Teams has been seen to count two
// bytes for each character, the message is written in ASCII and held to half of that: what else the actor did is
// left out first, then events, steps and the chain, and the card says so. Texts of an alert stand in the
// text runs of RichTextBlocks, in which Teams takes no Markdown, with links written as https[:]//evil[.]example, so that none
// makes a link, a mention or formatting; the one link is that of the configuration, behind a button.
//
// A workflow answers 202 before it posts: the receipt says that the workflow has started, and its ID is that of the run.
// Whether the card appeared, only the run's history in Power Automate says. Of a notice that is sent twice there are two
// cards, with the same key in their last line. Cards are not updated.
//
// Sources: learn.microsoft.com, "Create incoming webhooks with Workflows for Microsoft Teams", "Create an Incoming Webhook"
// (size, rate, and errors of connectors), "Format cards in Teams"; adaptivecards.io, schema of version 1.4.
package teams
