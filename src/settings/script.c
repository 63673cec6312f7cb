/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R3: a script is run again and again, and decides whether this node serves.
 * Who may change it, or a folder on its way, may do both in its place: such a
 * one is refused. Not for the main loop: it looks at files and users.
 */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/account.h"
#include "../base/words.h"
#include "settings.h"

#define NOBODY	 "nobody"
#define USER_MAX 4096 /* bytes of what is known of one */

/* Who is not found has no entry: another one then, or none. Who cannot be
 * looked up may have one. */
static const struct passwd *look_up(const char *name)
{
	static struct passwd user;
	static char room[USER_MAX];
	struct passwd *found = NULL;
	int error = getpwnam_r(name, &user, room, sizeof(room), &found);

	errno = account_is_unknown(error) ? 0 : error;
	return error == 0 ? found : NULL;
}

const struct passwd *settings_script_user(const struct settings *settings,
					  const struct settings_script *script)
{
	const struct passwd *user = NULL;

	if (script->user[0] != '\0')
		return look_up(script->user);
	errno = 0;
	if (settings->user[0] != '\0')
		user = look_up(settings->user);
	return user != NULL || errno != 0 ? user : look_up(NOBODY);
}

/* 0; 1 with a sentence: nobody is there to run program, or not to be known. */
static int look_at_user(const struct settings *settings,
			const struct settings_script *script,
			const char *program, char *error, size_t size)
{
	const char *name = script->user;

	if (settings_script_user(settings, script) != NULL)
		return 0;
	if (errno == 0)
		snprintf(error, size, "there is no user \"%s\" to run %s",
			 name[0] ? name : NOBODY, program);
	else
		snprintf(error, size,
			 "the user who runs %s cannot be looked up: %s",
			 program, strerror(errno));
	return 1;
}

/*
 * In a folder with the sticky bit others may add, but not put another file in
 * the place of one that is not theirs.
 */
static bool others_may_change(const struct stat *st)
{
	bool is_sticky = S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX);

	if (st->st_uid != 0 && st->st_uid != geteuid())
		return true;
	return (st->st_mode & (S_IWGRP | S_IWOTH)) && !is_sticky;
}

/* path, and each folder that it is in, up to the root. */
static int look_at_way(char *path, char *error, size_t size)
{
	struct stat st;
	char *slash;

	for (;;) {
		if (lstat(path[0] ? path : "/", &st) < 0) {
			snprintf(error, size, "%s: %s", path, strerror(errno));
			return 1;
		}
		if (!S_ISLNK(st.st_mode) && others_may_change(&st)) {
			snprintf(error, size,
				 "%s has mode %04o and owner %u: others than "
				 "root may change it, and with it what decides "
				 "who serves; chmod go-w, chown root",
				 path[0] ? path : "/", st.st_mode & 07777u,
				 (unsigned)st.st_uid);
			return -1;
		}
		if (path[0] == '\0')
			return 0;
		slash = strrchr(path, '/');
		if (slash == NULL)
			return 0;
		*slash = '\0';
	}
}

int settings_look_at_script(const struct settings *settings,
			    const struct settings_script *script, char *error,
			    size_t error_size)
{
	char way[SCRIPT_COMMAND_MAX], real[4096];
	struct words words;
	struct stat st;
	int wrong;

	if (!words_split(script->command, &words) || words.count == 0) {
		snprintf(error, error_size, "\"%s\" is no command",
			 script->command);
		return 1;
	}
	if (stat(words.at[0], &st) < 0 || realpath(words.at[0], real) == NULL) {
		snprintf(error, error_size,
			 "%s: %s; until it can be run this node is not fit",
			 words.at[0], strerror(errno));
		return 1;
	}
	if (!S_ISREG(st.st_mode) ||
	    !(st.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH))) {
		snprintf(error, error_size,
			 "%s is no program; chmod 755, or this node is not fit",
			 words.at[0]);
		return 1;
	}
	/* the links on its way, and what they lead to */
	snprintf(way, sizeof(way), "%s", words.at[0]);
	wrong = look_at_way(way, error, error_size);
	if (wrong == 0)
		wrong = look_at_way(real, error, error_size);
	if (wrong == 0)
		wrong = look_at_user(settings, script, words.at[0], error,
				     error_size);
	return wrong;
}
