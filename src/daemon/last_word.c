/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R12: the peer's last word in a file of the run directory, for the next daemon
 * of this boot. It must be gone before anything is sent that acknowledges a
 * newer life of the peer: so it is no part of the state file, which another
 * process writes when the disk has time. /run is memory: a write is done when
 * the call returns, and to cut a file to nothing takes no room.
 *
 * Another boot voids it: that node may have been cut meanwhile. So does another
 * first process: the "power" of a container is that, and its kernel lives on.
 * Whatever is not exactly as it was written is no word.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon.h"
#include "last_word.h"
#include "../base/log.h"
#include "../wire/auth.h"

#define WORD_FILE     "last-word"
#define WORD_TEXT_MAX 512
#define BOOT_FILE     "/proc/sys/kernel/random/boot_id"
#define FIRST_FILE    "/proc/1/stat"
/* proc(5): when it began; counted from the end of its name, field 2 */
#define STAT_START 20

static void word_path(const struct daemon *daemon, char *path, size_t size)
{
	snprintf(path, size, "%s/" WORD_FILE, daemon->options->run_dir);
}

static bool read_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return false;
	n = read(fd, text, size - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	return n > 0;
}

/* This life of the machine, or of the container; "": it is not known. */
static void find_boot(char boot[DAEMON_BOOT_MAX])
{
	char id[48], stat[512], *field, *rest;

	boot[0] = '\0';
	if (!read_text(BOOT_FILE, id, sizeof(id)) ||
	    !read_text(FIRST_FILE, stat, sizeof(stat)))
		return;
	id[strcspn(id, "\n")] = '\0';
	field = strrchr(stat, ')');
	for (unsigned i = 0; field && i < STAT_START; i++) {
		field = strchr(field, ' ');
		field = field ? field + 1 : NULL;
	}
	if (!field || strspn(field, "0123456789") == 0)
		return;
	rest = field + strspn(field, "0123456789");
	*rest = '\0';
	snprintf(boot, DAEMON_BOOT_MAX, "%.40s %.30s", id, field);
}

/* Of equal length each time, so that a newer one leaves nothing behind. */
static size_t word_encode(const struct daemon *daemon,
			  const struct core_last_word *word,
			  char text[WORD_TEXT_MAX])
{
	const struct settings *settings = daemon->settings;
	int used = snprintf(text, WORD_TEXT_MAX,
			    "%s\n%s %s %s\n%08" PRIx32 " %019" PRId64 "\n",
			    daemon->boot, settings->pair,
			    settings->nodes[settings->self].name,
			    settings->nodes[1 - settings->self].name,
			    word->generation, word->at_us);

	if (used < 0 || used > WORD_TEXT_MAX - 16)
		return 0;
	used += snprintf(text + used, WORD_TEXT_MAX - (size_t)used,
			 "%08" PRIx32 "\n", auth_digest32(text, (size_t)used));
	return (size_t)used;
}

/* Strict: what it says must make the very same text. */
static bool word_decode(const struct daemon *daemon, const char *text,
			size_t size, struct core_last_word *word)
{
	char again[WORD_TEXT_MAX];
	const char *line = strchr(text, '\n');

	line = line ? strchr(line + 1, '\n') : NULL;
	if (!line || sscanf(line + 1, "%8" SCNx32 " %19" SCNd64,
			    &word->generation, &word->at_us) != 2)
		return false;
	return word->generation != 0 &&
	       word_encode(daemon, word, again) == size &&
	       memcmp(text, again, size) == 0;
}

/* R12: what cannot be erased in time must not be read later. */
static void word_remove(const char *path)
{
	if (unlink(path) < 0 && errno != ENOENT)
		log_line(LOG_CRIT,
			 "%s cannot be removed: %s; remove it before twinbeatd "
			 "is started again: it may say that the peer is over, "
			 "and the peer lives",
			 path, strerror(errno));
}

/* It must not be read again: three ways, of which the first never fails. */
static void word_erase(struct daemon *daemon)
{
	static const char nothing[WORD_TEXT_MAX];
	char path[DAEMON_PATH_MAX + 16];

	if (ftruncate(daemon->last_word_fd, 0) == 0 ||
	    pwrite(daemon->last_word_fd, nothing, sizeof(nothing), 0) ==
		    sizeof(nothing))
		return;
	word_path(daemon, path, sizeof(path));
	word_remove(path);
}

void last_word_load(struct daemon *daemon, struct core_last_word *word)
{
	char text[WORD_TEXT_MAX] = "";
	char path[DAEMON_PATH_MAX + 16];
	struct stat is;
	ssize_t size;

	*word = (struct core_last_word){0};
	find_boot(daemon->boot);
	word_path(daemon, path, sizeof(path));
	daemon->last_word_fd = open(
		path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
		0600);
	if (daemon->last_word_fd >= 0 &&
	    (fstat(daemon->last_word_fd, &is) < 0 || !S_ISREG(is.st_mode))) {
		close(daemon->last_word_fd);
		daemon->last_word_fd = -1;
		errno = EINVAL;
	}
	if (daemon->last_word_fd < 0) {
		log_line(LOG_WARNING,
			 "%s cannot be opened: %s; a restart will not know "
			 "that the peer has ended in good order",
			 path, strerror(errno));
		word_remove(path);
		return;
	}
	size = pread(daemon->last_word_fd, text, sizeof(text) - 1, 0);
	if (size <= 0)
		return;
	if (daemon->boot[0] && word_decode(daemon, text, (size_t)size, word))
		return;
	*word = (struct core_last_word){0};
	log_line(LOG_NOTICE,
		 "%s proves nothing: it is of another boot, or damaged", path);
	word_erase(daemon);
}

void last_word_store(struct daemon *daemon)
{
	const struct core_last_word *word = &daemon->core.memory.last_word;
	char text[WORD_TEXT_MAX];
	size_t size = 0;

	if (daemon->last_word_fd < 0)
		return;
	if (word->generation != 0 && daemon->boot[0])
		size = word_encode(daemon, word, text);
	if (size == 0 ||
	    pwrite(daemon->last_word_fd, text, size, 0) != (ssize_t)size)
		word_erase(daemon);
}
