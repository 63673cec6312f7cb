/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SETTINGS_ROUTE_H
#define SETTINGS_ROUTE_H
/* A route or a rule that moves with an instance, as the kernel wants it. */
#include "settings.h"

struct subnet {
	struct ip ip;
	uint8_t prefix;
	bool is_there;
};

struct way {
	bool is_v6;
	struct subnet to;
	struct ip via, source; /* none: all zero */
};

struct bend {
	bool is_v6;
	struct subnet from, to;
};

/* False: why says what is wrong with key. Else why is "". */
struct route_fault {
	const char *key;
	char why[160];
};
bool route_read(const struct settings_route *route, struct way *way,
		struct route_fault *fault);
bool rule_read(const struct settings_rule *rule, struct bend *bend,
	       struct route_fault *fault);
#endif
