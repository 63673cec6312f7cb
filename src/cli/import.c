/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * twinbeat import: the way in from keepalived. It reads the files that are
 * named and what they include, writes a twinbeat.conf to standard output, and
 * touches nothing: what the words become is src/cli/import's.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "import/import.h"

static const char *read_all(int fd, struct arena *arena, size_t *size,
			    const char **error)
{
	char *text = arena_alloc(arena, IMPORT_SIZE_MAX + 2);
	ssize_t got;

	while (*size <= IMPORT_SIZE_MAX) {
		got = read(fd, text + *size, IMPORT_SIZE_MAX + 1 - *size);
		if (got < 0) {
			*error = strerror(errno);
			return NULL;
		}
		if (got == 0)
			break;
		*size += (size_t)got;
	}
	return text;
}

/* Neither a device nor a pipe that somebody includes makes this wait. */
static const char *read_file(void *arg, struct arena *arena, const char *path,
			     size_t *size, const char **error)
{
	const char *text = NULL;
	struct stat st;
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

	(void)arg;
	*size = 0;
	if (fd < 0) {
		*error = strerror(errno);
		return NULL;
	}
	if (fstat(fd, &st) < 0)
		*error = strerror(errno);
	else if (S_ISDIR(st.st_mode))
		*error = "this is a folder, a keepalived.conf is wanted";
	else if (!S_ISREG(st.st_mode))
		*error = "this is no regular file";
	else
		text = read_all(fd, arena, size, error);
	close(fd);
	return text;
}

static unsigned list_files(void *arg, struct arena *arena, const char *pattern,
			   const char ***paths)
{
	glob_t found;
	unsigned count = 0;

	(void)arg;
	if (glob(pattern, GLOB_BRACE, NULL, &found) != 0)
		return 0;
	*paths = arena_alloc(arena, found.gl_pathc * sizeof(**paths));
	for (size_t i = 0; i < found.gl_pathc; i++)
		(*paths)[count++] = arena_copy(arena, found.gl_pathv[i],
					       strlen(found.gl_pathv[i]));
	globfree(&found);
	return count;
}

/* Where keepalived's unit searches. */
static const char *find_program(void *arg, struct arena *arena,
				const char *name)
{
	static const char *const folders[] = {
		"/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
		"/usr/bin",	   "/sbin",	     "/bin"};
	char path[PATH_MAX];

	(void)arg;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folders[i], name);
		if (strchr(name, '/') == NULL && access(path, X_OK) == 0)
			return arena_copy(arena, path, strlen(path));
	}
	return NULL;
}

/* A word typed twice; or one file that both nodes really have. */
static bool is_same_file(const char *path, const char *peer)
{
	struct stat one, other;

	return peer != NULL && stat(path, &one) == 0 &&
	       stat(peer, &other) == 0 && one.st_dev == other.st_dev &&
	       one.st_ino == other.st_ino;
}

int command_import(const struct cli *cli, int argc, char **argv)
{
	static const struct import_files files = {read_file, list_files, NULL,
						  find_program};
	struct import_request request = {0};
	struct import_result result;
	struct arena arena = {0};
	const struct cli_option options[] = {{"--peer", NULL, &request.peer}};
	unsigned given = 0;
	int code = cli_parse(cli, argc, argv, options, 1, &request.path, 1,
			     &given);

	if (code >= 0)
		return code;
	if (given == 0) {
		cli_error(cli, "a file is missing: twinbeat import "
			       "/etc/keepalived/keepalived.conf");
		return CLI_USAGE;
	}
	import_translate(&arena, &files, &request, &result);
	fputs(result.summary, stderr);
	if (result.text != NULL && is_same_file(request.path, request.peer))
		fprintf(stderr,
			"%s: open: this file stands for both nodes; if the "
			"other one has another, give that with --peer\n",
			request.path);
	if (result.text != NULL)
		fputs(result.text, stdout);
	code = result.complete ? CLI_OK : CLI_FAILED;
	arena_free(&arena);
	return code;
}
