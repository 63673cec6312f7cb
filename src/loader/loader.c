/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * twinbeat-loader: reads the settings for a twinbeatd that runs, with all
 * checks of a start, seals them and hands them over. Files may be slow, a
 * parser may be wrong: the main loop waits for neither. It decides nothing, and
 * what it hands over is looked at again (settings_map). For a push it also
 * hands over the text to be sent, or puts what the peer has sent in place.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../drivers/driver.h"
#include "../base/message.h"
#include "../base/privileges.h"
#include "../base/serial_inspect.h"
#include "../base/signals.h"
#include "../base/standard_fds.h"
#include "../base/whole.h"
#include "../ipc/loader_msg.h"
#include "../link/link.h"
#include "../settings/push.h"
#include "place.h"

enum { WAY_PLAIN, WAY_SEND, WAY_TAKE };

static struct settings settings;
/* of a push */
static struct place pushed;
static const char *taken_for; /* the text beside it will be this file */

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
	/* of a text that lies beside the file which it will be */
	if (taken_for != NULL &&
	    strncmp(line, pushed.beside, strlen(pushed.beside)) == 0)
		snprintf(event.text, sizeof(event.text), "%s%s", taken_for,
			 line + strlen(pushed.beside));
	else
		snprintf(event.text, sizeof(event.text), "%s", line);
	say(&event, -1);
}

static void ignore_resolved(void *arg, bool is_error, unsigned instance,
			    const char *key, const char *text)
{
	(void)arg;
	(void)is_error;
	(void)instance;
	(void)key;
	(void)text;
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
		snprintf(line, sizeof(line), "%.250s: error: devices[%u]: %s",
			 file, i, text);
		tell(NULL, true, line);
		errors++;
	}
	return errors;
}

/* ---- for a push ---- */

static void tell_error(struct settings_report *report, const char *text)
{
	char line[SETTINGS_LINE_MAX];

	snprintf(line, sizeof(line), "%s", text);
	report->errors++;
	tell(NULL, true, line);
}

/* What is sent has to be what was checked: nobody saved the file in between. */
static void send_text(const char *file, const char *node,
		      struct settings_report *report)
{
	struct loader_event event = {.type = LOADER_TEXT};
	struct settings_report silent = {.tell = NULL};
	struct settings *again = malloc(sizeof(*again));
	char error[SETTINGS_LINE_MAX];
	size_t size = 0;
	char *text = settings_join(file, &size, error, sizeof(error));
	int fd = -1;

	if (text == NULL) {
		tell_error(report, error);
	} else if (again == NULL ||
		   settings_load_string(text, file, node, again, &silent) < 0 ||
		   again->digest != settings.digest) {
		snprintf(
			error, sizeof(error),
			"%.250s: error: it was changed while it was read: push "
			"again",
			file);
		tell_error(report, error);
	} else {
		fd = memfd_create("push", MFD_CLOEXEC);
		if (fd < 0 || write_whole(fd, text, size) < 0)
			tell_error(report, "the file cannot be handed over");
		else
			say(&event, fd);
	}
	if (fd >= 0)
		close(fd);
	free(again);
	free(text);
}

/* Somebody's work would be lost, or count without having been checked. */
static bool runs_what_it_has(const char *file, const char *node,
			     struct settings_report *report)
{
	const struct settings *runs = settings_map(LOADER_FD_RUNS);
	struct settings_report silent = {.tell = NULL};
	char line[SETTINGS_LINE_MAX];

	if (settings_load(file, node, &settings, &silent) == 0) {
		settings_resolve_interfaces(&settings, ignore_resolved, NULL);
		if (runs != NULL && settings_are_same(&settings, runs))
			return true;
	}
	snprintf(line, sizeof(line),
		 "%.250s: error: it is not what twinbeatd runs there: reload "
		 "it, "
		 "or put back what runs, before a push replaces it",
		 file);
	tell_error(report, line);
	return false;
}

/* Findings, and the daemon's words later, name the file as it will be. */
static void rename_files(const char *file)
{
	for (unsigned i = 0; i < SETTINGS_FILES_MAX; i++) {
		char *name = settings.files[i];

		if (strcmp(name, pushed.beside) != 0)
			continue;
		/* all of it: settings are compared by their bytes */
		memset(name, 0, sizeof(settings.files[i]));
		snprintf(name, sizeof(settings.files[i]), "%s", file);
	}
}

static bool take_text(const char *file, const char *node,
		      struct settings_report *report)
{
	char error[SETTINGS_LINE_MAX];

	if (!runs_what_it_has(file, node, report))
		return false;
	if (place_prepare(&pushed, LOADER_FD_TEXT, error, sizeof(error)) < 0) {
		tell_error(report, error);
		return false;
	}
	taken_for = file;
	return true;
}

/* Until the daemon says so, or has gone. */
static void wait_for_order(void)
{
	struct loader_event event = {.type = LOADER_PLACED};
	struct pollfd news = {.fd = LOADER_FD_SOCKET, .events = POLLIN};
	enum message_result result = MESSAGE_NONE;
	struct loader_order order;

	while (result == MESSAGE_NONE || result == MESSAGE_WRONG) {
		poll(&news, 1, -1);
		result = message_receive(LOADER_FD_SOCKET, &order,
					 sizeof(order));
	}
	if (result != MESSAGE_OK || order.type != LOADER_PUT) {
		place_abandon(&pushed);
		return;
	}
	event.is_error =
		place_commit(&pushed, event.text, sizeof(event.text)) < 0;
	if (event.is_error)
		place_abandon(&pushed);
	say(&event, -1);
}

/* ---- all of it ---- */

static void read_settings(const char *path, const char *node,
			  struct settings_report *report)
{
	if (settings_load(path, node, &settings, report) < 0)
		return;
	if (taken_for != NULL)
		rename_files(taken_for);
	settings_check_environment(&settings, report);
	report->errors += check_ports(taken_for != NULL ? taken_for : path);
	settings_resolve_interfaces(&settings, tell_resolved, NULL);
}

/* -1: no such thing (loader_msg.h). */
static int read_way(int argc, char **argv)
{
	if (argc == 3)
		return WAY_PLAIN;
	if (argc == 4 && strcmp(argv[3], "send") == 0)
		return WAY_SEND;
	return argc == 4 && strcmp(argv[3], "take") == 0 ? WAY_TAKE : -1;
}

/* Before it is read. False: it will not be. */
static bool begin(int way, const char *file, const char *node,
		  struct settings_report *report)
{
	char error[SETTINGS_LINE_MAX];

	if (way == WAY_PLAIN)
		return true;
	if (place_look(&pushed, file, error, sizeof(error)) < 0) {
		tell_error(report, error);
		return false;
	}
	return way == WAY_SEND || take_text(file, node, report);
}

int main(int argc, char **argv)
{
	struct settings_report report = {.tell = tell};
	struct loader_event done = {.type = LOADER_DONE};
	int fd = -1, way = read_way(argc, argv);
	char error[400] = "";

	standard_fds_open();
	/* it ends with its work, not with a Ctrl-C meant for the daemon */
	signals_ignore();
	if (way < 0) {
		fprintf(stderr, "twinbeat-loader: it is started by twinbeatd, "
				"not by hand\n");
		return 2;
	}
	privileges_settle(way == WAY_TAKE ? PRIVILEGES_PLACER
					  : PRIVILEGES_LOADER,
			  "twinbeat-loader");
	if (begin(way, argv[1], argv[2], &report))
		read_settings(way == WAY_TAKE ? pushed.beside : argv[1],
			      argv[2], &report);
	if (way == WAY_SEND && report.errors == 0)
		send_text(argv[1], argv[2], &report);
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
	if (taken_for != NULL && report.errors > 0)
		place_abandon(&pushed);
	else if (taken_for != NULL)
		wait_for_order();
	return 0;
}
