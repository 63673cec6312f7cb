/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SETTINGS_ENVIRONMENT_H
#define SETTINGS_ENVIRONMENT_H
/*
 * settings_check_environment() in its parts: environment.c has those of the
 * pair, environment_director.c those of LVS, environment_programs.c what is
 * installed apart.
 */
#include "internal.h"

struct looker {
	const struct settings *settings;
	struct settings_report *report;
	unsigned errors;
};

void looker_tell(struct looker *looker, bool is_error,
		 struct settings_place place, const char *key,
		 const char *format, ...) __attribute__((format(printf, 5, 6)));
/* as_whom: what makes it dangerous that everybody may change it. */
void looker_see_program(struct looker *looker, struct settings_place place,
			const char *key, const char *path, bool must_be,
			const char *as_whom);
/* 0: not known */
unsigned looker_mtu_of(const char *interface);

/* The programs that are packages of their own. */
void looker_see_programs(struct looker *looker);
void looker_see_user(struct looker *looker);
/* What the director's services need of this machine. */
void looker_see_director(struct looker *looker);
#endif
