// Package email tells of alerts by mail, through an SMTP server.
//
// The section of the configuration:
//
//	host: smtp.example.com
//	port: 587                            # 587 if it is left out, 465 where tls is implicit
//	tls: starttls                        # starttls, implicit or none; by the port if it is left out
//	ca: /etc/trailseal/mail-ca.pem       # trusted instead of the system's roots
//	user: alerts                         # with password, or neither
//	password: env:SMTP_PASSWORD
//	hello: trailseal.example.com         # what to call oneself; the domain of from if it is left out
//	from: Trailseal <alerts@example.com>
//	to: [oncall@example.com, security@example.com]
//
// It promises that neither a message nor a password is sent over a connection that is not encrypted and whose server's
// certificate is not valid for host: a server that offers no STARTTLS is left. Only to a loopback host may tls be none,
// and then there is no password. Text of a log cannot become a header, HTML or, where it is written with its scheme, a
// link ("://" is written "[:]//"). A message has its Message-ID of the notice's key, so that a second one of the same
// notice is known, and refers to its alert, so that mail programs show all notices of an alert as one thread.
//
// When a server refuses some recipients, the others are told, and the error says so; another try by the same process
// tells only those who were not. Addresses are ASCII. It signs nothing (DKIM is the server's work), and knows nothing of
// what happens after the server has taken a message.
package email
