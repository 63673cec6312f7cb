/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * twinbeat-loader: reads the settings for a twinbeatd that runs, with all
 * checks of a start, seals them and hands them over. Files may be slow, a
 * parser may be wrong: the main loop waits for neither. It decides nothing, and
 * what it hands over is looked at again (settings_map).
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../drivers/driver.h"
#include "../base/message.h"
#include "../base/privileges.h"
#include "../base/serial_inspect.h"
#include "../base/signals.h"
#include "../base/standard_fds.h"
#include "../ipc/loader_msg.h"
#include "../link/link.h"

static struct settings settings;

static void say(const struct loader_event *event, int fd)
{
	struct pollfd room = {.fd = LOADER_FD_SOCKET, .events = POLLOUT};

	while (message_send_fd(LOADER_FD_SOCKET, event, sizeof(*event), fd) ==
	       MESSAGE_NONE)
		poll(&room, 1, -1);
}

static void tell(void *arg, bool is_error, const char *line)
{
	struct loader_event event = {.type = LOADER_FINDING,
				     .is_error = is_error};

	(void)arg;
	snprintf(event.text, sizeof(event.text), "%s", line);
	say(&event, -1);
}

static void tell_resolved(void *arg, bool is_error, unsigned instance,
			  const char *key, const char *text)
{
	char line[SETTINGS_LINE_MAX];

	(void)arg;
	(void)is_error;
	snprintf(line, sizeof(line), "%s: %s: %s",
		 settings.instances[instance].name, key, text);
	tell(NULL, false, line);
}

/* What would harm others if it were opened (a console). */
static unsigned check_ports(const char *file)
{
	char text[400], line[SETTINGS_LINE_MAX];
	unsigned errors = 0;

	for (unsigned i = 0; i < LINKS_MAX; i++) {
		const struct settings_link *link = &settings.links[i];
		struct settings_place place;

		if (!link->configured ||
		    link_kind_find(link->type)
				    ->may_open(&settings, i, text,
					       sizeof(text)) == 0)
			continue;
		place = settings_where(&settings, link);
		snprintf(line, sizeof(line), "%s:%u: error: links: %s",
			 settings.files[place.file], place.line, text);
		tell(NULL, true, line);
		errors++;
	}
	for (unsigned i = 0; i < settings.device_count; i++) {
		const char *port = driver_port(&settings.devices[i]);

		if (port == NULL ||
		    serial_may_be_opened(port, text, sizeof(text)))
			continue;
		snprintf(line, sizeof(line), "%s: error: devices[%u]: %s", file,
			 i, text);
		tell(NULL, true, line);
		errors++;
	}
	return errors;
}

int main(int argc, char **argv)
{
	struct settings_report report = {.tell = tell};
	struct loader_event done = {.type = LOADER_DONE};
	char error[400] = "";
	int fd = -1;

	standard_fds_open();
	/* it ends with its work, not with a Ctrl-C meant for the daemon */
	signals_ignore();
	if (argc != 3) {
		fprintf(stderr, "twinbeat-loader: it is started by twinbeatd, "
				"not by hand\n");
		return 2;
	}
	privileges_settle(PRIVILEGES_LOADER, "twinbeat-loader");
	if (settings_load(argv[1], argv[2], &settings, &report) == 0) {
		settings_check_environment(&settings, &report);
		report.errors += check_ports(argv[1]);
		settings_resolve_interfaces(&settings, tell_resolved, NULL);
	}
	if (report.errors == 0 &&
	    (settings_load_key(settings.key_file, done.key, error,
			       sizeof(error)) < 0 ||
	     settings_load_hmac_keys(&settings, done.hmac_keys, error,
				     sizeof(error)) < 0 ||
	     (fd = settings_seal(&settings)) < 0)) {
		tell(NULL, true,
		     error[0] ? error : "the settings cannot be sealed");
		report.errors++;
	}
	done.errors = report.errors;
	done.warnings = report.warnings;
	say(&done, fd);
	explicit_bzero(&done, sizeof(done));
	return 0;
}
