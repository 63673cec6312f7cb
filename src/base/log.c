/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where a line goes. Decides between the carrier and direct output, and cuts
 * what is too long; never waits while there is a carrier.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"

static struct {
	bool to_stderr, to_journal;
	char node[40];
	log_carrier *carrier;
	void *arg;
} log_state = {.to_stderr = true};

/* systemd.exec(5), JOURNAL_STREAM: stderr is the journal, which reads "<N>". */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

	return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
	       fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device &&
	       st.st_ino == inode;
}

void log_begin(bool to_stderr)
{
	log_state.to_stderr = to_stderr;
	log_state.to_journal = to_stderr && stderr_is_journal();
	if (!to_stderr)
		openlog(NULL, LOG_NDELAY, LOG_DAEMON);
}

void log_set_node(const char *name)
{
	snprintf(log_state.node, sizeof(log_state.node), "%s: ", name);
}

void log_set_carrier(log_carrier *carrier, void *arg)
{
	log_state.carrier = carrier;
	log_state.arg = arg;
}

void log_clean(char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

void log_write(pid_t pid, int priority, const char *line)
{
	char text[LOG_LINE_SIZE + 64];
	int size;
	ssize_t ignored;

	if (!log_state.to_stderr) {
		/* syslog(3) would say the pid of whoever carries the line */
		syslog(priority, "twinbeatd[%d]: %s", (int)pid, line);
		return;
	}
	if (log_state.to_journal)
		size = snprintf(text, sizeof(text), "<%d>%s\n", priority & 7,
				line);
	else
		size = snprintf(text, sizeof(text), "twinbeatd[%d]: %s\n",
				(int)pid, line);
	if (size < 0)
		return;
	if ((size_t)size >= sizeof(text)) {
		size = sizeof(text) - 1;
		text[size - 1] = '\n';
	}
	/* one write: lines of several processes do not mix */
	ignored = write(STDERR_FILENO, text, (size_t)size);
	(void)ignored;
}

void log_line(int priority, const char *format, ...)
{
	char line[LOG_LINE_SIZE];
	size_t used;
	va_list list;

	used = (size_t)snprintf(line, sizeof(line), "%s", log_state.node);
	va_start(list, format);
	vsnprintf(line + used, sizeof(line) - used, format, list);
	va_end(list);
	log_clean(line);
	if (log_state.carrier)
		log_state.carrier(log_state.arg, priority, line);
	else
		log_write(getpid(), priority, line);
}
