/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows of notify and mail: who is told. */
#include "rows.h"
#include "settings.h"

static const char *const notify_on[] = {
	"MASTER",    "BACKUP",	    "FAULT",	 "alert",	"fence",
	"server-up", "server-down", "quorum-up", "quorum-down", NULL};
static const char *const notify_arguments[] = {"none", "keepalived", NULL};

const struct setting_row settings_notify_rows[] = {
	{"on", SETTING_FLAGS, FIELD(settings_notify, on), .value = NOTIFY_USUAL,
	 .choices = notify_on, .says = "of which events it is told",
	 MORE("{Dq MASTER}, {Dq BACKUP}, {Dq FAULT}: an instance has this "
	      "state now; {Dq alert}: an alert was raised or is resolved; {Dq "
	      "fence}: a fence has begun or failed, the peer is off, a drill "
	      "has ended. By default these five. {Dq server-up}, {Dq "
	      "server-down}: a real server of LVS is up again, or down; {Dq "
	      "quorum-up}, {Dq quorum-down}: a service has its quorum again, "
	      "or lost it.")},
	{"instance", SETTING_NAME, FIELD(settings_notify, instance),
	 .says = "only of the states of this one",
	 MORE("Of states, and of LVS, only those of this instance.")},
	{"service", SETTING_NAME, FIELD(settings_notify, service),
	 .says = "only of this service of LVS",
	 MORE("Of servers and quorums, only those of this service.")},
	{"server", SETTING_NAME, FIELD(settings_notify, server),
	 .says = "only of this real server",
	 MORE("Of servers, only this one; with `service`, where several "
	      "services have one of that name.")},
	{"command", SETTING_TEXT, FIELD(settings_notify, command),
	 .says = "a program that is run, with its arguments",
	 MORE("A program that is run, an absolute path and its arguments; "
	      "blanks part them, quotation marks hold them together. It gets "
	      "the event in its environment {Pq Xr twinbeatd 8} and as a line "
	      "of JSON on its standard input. Programs are run one after the "
	      "other, each gets its events in order. One that runs for more "
	      "than 2 s is not waited for: the others go on beside it. The "
	      "alert {Li notify-failed} stands while a program fails three "
	      "times in a row, or runs for more than 15 s while other events "
	      "wait for it.")},
	{"arguments", SETTING_CHOICE, FIELD(settings_notify, arguments),
	 .choices = notify_arguments,
	 .says = "keepalived: INSTANCE, its name, its state, its priority",
	 MORE("{Dq keepalived}: the program gets, behind its own arguments, "
	      "those that keepalived appends, {Li INSTANCE VI_1 MASTER 150}, "
	      "and only events that are states; a `fifo` gets such lines. {Dq "
	      "none}: nothing is appended.")},
	{"timeout_ms", SETTING_INT, FIELD(settings_notify, timeout_ms),
	 .value = 10000, RANGE(1, HOUR_MS), .unit = " ms",
	 .says = "the program is killed after this",
	 MORE("After this the program is killed, and all that it has started "
	      "with it, so that what it does for MASTER does not go on beside "
	      "what the next one does for BACKUP: {Xr nohup 1}, {Xr timeout "
	      "1} and {Li &} do not save it. What has made a session of its "
	      "own ({Xr setsid 1}, a daemon) goes on, and so does what systemd "
	      "was told to start. A program that ends in time may leave "
	      "running what it likes.")},
	{"fifo", SETTING_PATH, FIELD(settings_notify, fifo),
	 .says = "a named pipe that gets a line for each event",
	 MORE("A named pipe that gets a line for each event, JSON or "
	      "`arguments`. It is made, mode 0600, if it is not there. Without "
	      "a reader 64 KB wait in it; what follows is lost to it, and the "
	      "log says how much.")},
	{"journal", SETTING_BOOL, FIELD(settings_notify, journal),
	 .says = "systemd's journal gets it with fields",
	 MORE("{Xr systemd-journald 8} gets each event as an entry with a "
	      "field for each variable {Pq Li journalctl "
	      "TWINBEAT_ALERT=link-down}; where there is none, the log gets a "
	      "line.")},
	{"mail", SETTING_BOOL, FIELD(settings_notify, mail),
	 .says = "it goes to mail.to", MORE("It goes to `mail.to`.")},
	{"webhook", SETTING_TEXT, FIELD(settings_notify, webhook),
	 .says = "a URL to which the event is posted",
	 MANUAL(.head = "URL, default none",
		.more = "Each event is posted there as JSON. An answer 2xx is "
			"the end of it; 408, 425, 429, 5xx, and a server that "
			"is not reached or whose certificate is wrong, is "
			"tried again; any other answer is a refusal.")},
	{"key_file", SETTING_PATH, FIELD(settings_notify, key_file),
	 .says = "the secret that signs what is posted",
	 MORE("One line, mode 0600, 64 characters at most: the key of {Li "
	      "X-Twinbeat-Signature: sha256=HEX}, the HMAC-SHA256 of what is "
	      "posted.")},
	{"ca_file", SETTING_PATH, FIELD(settings_notify, ca_file),
	 .says = "who may have signed the web server's certificate",
	 MORE("Who may have signed the certificate of that server, PEM; else "
	      "the system's list counts.")},
	END};

static const char *const mail_tls[] = {"starttls", "tls", "none", NULL};

const struct setting_row settings_mail_rows[] = {
	{"server", SETTING_TEXT, FIELD(settings_mail, server), .required = true,
	 .says = "the name or address of the mail server",
	 MANUAL(.head = "name or address, required")},
	{"port", SETTING_INT, FIELD(settings_mail, port), .max = 65535,
	 .says = "0: 587 for starttls, 465 for tls, 25 for none",
	 MORE("0: 587 for {Dq starttls}, 465 for {Dq tls}, 25 for {Dq none}.")},
	{"tls", SETTING_CHOICE, FIELD(settings_mail, tls), .choices = mail_tls,
	 .says = "how the way there is protected",
	 MORE("{Dq starttls} and {Dq tls} verify the certificate and its name, "
	      "and send nothing without; {Dq none} is for a server on this "
	      "machine.")},
	{"ca_file", SETTING_PATH, FIELD(settings_mail, ca_file),
	 .says = "who may have signed its certificate; the system's list",
	 MORE("Who may have signed its certificate, PEM; else the system's "
	      "list counts.")},
	{"user", SETTING_TEXT, FIELD(settings_mail, user),
	 .says = "for the login",
	 MORE("For a login; not with {Ic tls No \"none\"}.")},
	{"password_file", SETTING_PATH, FIELD(settings_mail, password_file),
	 .says = "one line, mode 0600",
	 MORE("One line, mode 0600. It is read for each mail.")},
	{"from", SETTING_TEXT, FIELD(settings_mail, from),
	 .says = "the sender; twinbeat@NODE",
	 MANUAL(.head = "address, default: twinbeat@ and the node's name")},
	{"to", SETTING_TEXT, COUNTED(settings_mail, to, to_count),
	 .required = true, .single = true,
	 .says = "who gets it, each a mail of its own",
	 MANUAL(.head = "address, or a list of up to 8, required")},
	{"connect_ms", SETTING_INT, FIELD(settings_mail, connect_ms),
	 .value = 10000, RANGE(100, HOUR_MS), .unit = " ms",
	 .says = "how long the server may take to answer the call"},
	{"gather_ms", SETTING_INT, FIELD(settings_mail, gather_ms),
	 TIME_MS(2000), .says = "what follows within this is in one mail"},
	{"interval_s", SETTING_INT, FIELD(settings_mail, interval_s),
	 .value = 60, .max = 3600, .unit = " s",
	 .says = "no second mail before; what happens goes into one"},
	END};
