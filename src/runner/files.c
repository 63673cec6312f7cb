/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R3: files that must be there and say 0. inotify watches the folder, so that a
 * file that is renamed into its place counts at once; what inotify cannot see
 * (a network file system, a folder that came later) a look every few seconds.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runner.h"
#include "tracker.h"

#define LOOK_US 2000000
/* between O_TRUNC and the write there is nothing, on a busy machine for long */
#define EMPTY_US 500000
#define CHANGES                                                                \
	(IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE |            \
	 IN_CREATE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF)

struct file {
	struct check check;
	const char *path;
	int64_t empty_us; /* seen so at first; 0 = not */
};

struct files {
	struct watched changes;
	int64_t look_us;
	unsigned count;
	struct file at[];
};

/* What is wrong with it, or true. */
static bool read_file(const char *path, char *why, size_t size, bool *is_empty)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	char text[32];
	struct stat st;
	ssize_t got = -1;
	long number;
	char *end;

	*is_empty = false;
	if (fd < 0) {
		snprintf(why, size, "%s", strerror(errno));
		return false;
	}
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		got = read(fd, text, sizeof(text) - 1);
	else
		errno = EINVAL;
	close(fd);
	if (got < 0) {
		snprintf(why, size, "%s", strerror(errno));
		return false;
	}
	text[got] = '\0';
	*is_empty = got == 0;
	errno = 0;
	number = strtol(text, &end, 10);
	if (end == text || errno != 0 || end[strspn(end, " \t\r\n")] != '\0') {
		snprintf(why, size, "it says no number");
		return false;
	}
	snprintf(why, size, "it says %ld, not 0", number);
	return number == 0;
}

static void look_at(struct tracker *tracker, struct file *file, int64_t now_us)
{
	char why[60], text[CHECK_TEXT_MAX];
	bool is_empty;
	bool is_good = read_file(file->path, why, sizeof(why), &is_empty);
	enum check_state state = is_good ? CHECK_GOOD : CHECK_BAD;
	size_t length = strlen(file->path);

	if (is_empty && file->check.state == CHECK_GOOD &&
	    (file->empty_us == 0 || now_us - file->empty_us < EMPTY_US)) {
		file->empty_us = file->empty_us ? file->empty_us : now_us;
		return;
	}
	file->empty_us = 0;
	snprintf(text, sizeof(text), "file %s%s: %s", length > 48 ? "..." : "",
		 file->path + (length > 48 ? length - 48 : 0), why);
	if (file->check.state == state &&
	    (is_good || strcmp(file->check.why, text) == 0))
		return;
	file->check.state = state;
	snprintf(file->check.why, sizeof(file->check.why), "%s", text);
	tracker_changed(tracker);
}

/* Again and again: a folder that was not there may be, or is another. */
static void watch_folder(const struct files *files, const char *path)
{
	char folder[SETTINGS_PATH_MAX];

	snprintf(folder, sizeof(folder), "%s", path);
	strrchr(folder, '/')[strrchr(folder, '/') == folder] = '\0';
	if (files->changes.fd >= 0)
		(void)inotify_add_watch(files->changes.fd, folder, CHANGES);
}

static void something_changed(struct tracker *tracker, struct watched *watched,
			      uint32_t events)
{
	struct files *files = (struct files *)watched;
	char buffer[4096] __attribute__((aligned(8)));

	(void)events;
	/* which one does not matter: they are few */
	for (unsigned i = 0; i < 16; i++)
		if (read(watched->fd, buffer, sizeof(buffer)) <= 0)
			break;
	for (unsigned i = 0; i < files->count; i++)
		look_at(tracker, &files->at[i], clock_now_us());
}

static const struct file *find(const struct files *files, const char *path)
{
	for (unsigned i = 0; i < files->count; i++)
		if (strcmp(files->at[i].path, path) == 0)
			return &files->at[i];
	return NULL;
}

struct files *files_begin(struct tracker *tracker)
{
	const struct settings *settings = tracker_settings(tracker);
	struct files *files;
	unsigned most = 0;

	for (unsigned i = 0; i < settings->instance_count; i++)
		most += settings->instances[i].track_file_count;
	files = calloc(1, sizeof(*files) + most * sizeof(files->at[0]));
	if (files == NULL)
		return NULL;
	files->changes = (struct watched){something_changed, -1};
	for (unsigned i = 0; i < settings->instance_count; i++) {
		const struct settings_instance *at = &settings->instances[i];

		for (unsigned k = 0; k < at->track_file_count; k++)
			if (find(files, at->track_files[k]) == NULL)
				files->at[files->count++].path =
					at->track_files[k];
	}
	if (files->count == 0)
		return files;
	files->changes.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (files->changes.fd >= 0)
		(void)tracker_watch(tracker, &files->changes);
	return files;
}

int64_t files_step(struct tracker *tracker, struct files *files, int64_t now_us)
{
	int64_t due_us = files->count > 0 ? files->look_us : INT64_MAX;

	if (now_us >= files->look_us) {
		files->look_us = now_us + LOOK_US;
		for (unsigned i = 0; i < files->count; i++) {
			watch_folder(files, files->at[i].path);
			look_at(tracker, &files->at[i], now_us);
		}
		due_us = files->count > 0 ? files->look_us : INT64_MAX;
	}
	for (unsigned i = 0; i < files->count; i++) {
		struct file *file = &files->at[i];

		if (file->empty_us != 0 && now_us - file->empty_us >= EMPTY_US)
			look_at(tracker, file, now_us);
		if (file->empty_us != 0 && file->empty_us + EMPTY_US < due_us)
			due_us = file->empty_us + EMPTY_US;
	}
	return due_us;
}

const struct check *files_of(const struct files *files, const char *path)
{
	return &find(files, path)->check;
}
