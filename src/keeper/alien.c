/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Addresses of ours that another hand put on this machine (R17.1): network
 * files, a keepalived left running, an operator, a cloned machine. Removed at
 * once where this node does not own them, in whatever form they came; what
 * cannot be removed, or keeps coming back, is told and then left alone: two
 * programs that fight for an address help nobody. Must never touch an address
 * of a node itself, nor one on lo that arp_ignore keeps silent.
 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "../base/sysctl.h"
#include "keeper.h"

#define LOOPBACK_INDEX 1 /* the kernel's LOOPBACK_IFINDEX */
/* It may come back twice in WINDOW_US; the third time it stays. */
#define RETURNS_MAX 3
#define WINDOW_US   (10 * (int64_t)SECOND_US)
/* While it stays: how often it is looked for, and tried again. */
#define LOOK_US	       SECOND_US
#define TRY_FIRST_US   WINDOW_US
#define TRY_LAST_US    (60 * (int64_t)SECOND_US)
#define SILENT_LOOK_US (5 * (int64_t)SECOND_US)
/* Larger ports are not the number of a process. */
#define PID_LIMIT    4194304
#define REMOVALS_MAX 64

/* ---- what does not count ---- */

bool alien_is_silent(const struct keeper *keeper, unsigned which,
		     const struct netlink_address *address)
{
	unsigned i = keeper->addresses[which].instance;
	char name[IF_NAMESIZE];
	unsigned index;

	if (address->index != LOOPBACK_INDEX)
		return false;
	/* RFC 4861 7.2.4: only for addresses of the interface that was asked */
	if (!ip_is_v4(&address->ip))
		return true;
	if (sysctl_read_conf("ipv4", "all", "arp_ignore") >= 1)
		return true;
	/* by its present name: the settings may have an alternative one */
	index = if_nametoindex(keeper->settings->instances[i].interface);
	return index != 0 && if_indextoname(index, name) != NULL &&
	       sysctl_read_conf("ipv4", name, "arp_ignore") >= 1;
}

/* Where and in what form, as an operator would type it. */
static void name_form(const struct netlink_address *address, char *text,
		      size_t size)
{
	char name[IF_NAMESIZE], literal[IP_TEXT_MAX];

	if (if_indextoname(address->index, name) == NULL)
		snprintf(name, sizeof(name), "#%u", address->index % 1000000);
	snprintf(text, size, "%s/%u on %s", ip_format(&address->ip, literal),
		 address->prefix, name);
}

static void name_hand(uint32_t port, char *text, size_t size)
{
	if (port == 0 || port >= PID_LIMIT)
		snprintf(text, size, "another hand");
	else
		mend_name_culprit(port, text, size);
}

/* ---- how often ---- */

static struct keeper_form *form_of(struct keeper *keeper,
				   const struct netlink_address *address)
{
	struct keeper_form *oldest = &keeper->forms[0];

	for (unsigned i = 0; i < FORMS_MAX; i++) {
		struct keeper_form *form = &keeper->forms[i];

		if (form->returns > 0 &&
		    ip_compare(&form->ip, &address->ip) == 0 &&
		    form->index == address->index &&
		    form->prefix == address->prefix)
			return form;
		if (form->window_us < oldest->window_us)
			oldest = form;
	}
	*oldest = (struct keeper_form){.ip = address->ip,
				       .index = address->index,
				       .prefix = address->prefix};
	return oldest;
}

/* It is here, once more. True: too often to go on. */
static bool form_is_fought(struct keeper *keeper,
			   const struct netlink_address *address)
{
	struct keeper_form *form = form_of(keeper, address);
	int64_t now_us = clock_now_us();

	if (form->returns == 0 || now_us - form->window_us > WINDOW_US) {
		form->window_us = now_us;
		form->returns = 0;
	}
	return form->returns++ >= RETURNS_MAX;
}

static void forms_forget(struct keeper *keeper, unsigned i)
{
	for (unsigned f = 0; f < FORMS_MAX; f++) {
		unsigned at, end;

		address_range(keeper, &keeper->forms[f].ip, &at, &end);
		for (; at < end; at++)
			if (keeper->addresses[keeper->by_ip[at]].instance == i)
				keeper->forms[f].returns = 0;
	}
}

/* ---- telling ---- */

static void alien_tell(struct keeper *keeper, unsigned i, unsigned staying,
		       const char *text)
{
	struct keeper_event event = {
		.type = KEEPER_ALIEN, .instance = i, .failed = staying};

	snprintf(event.text, sizeof(event.text), "%.159s", text);
	keeper_log("instance %s: %s", keeper->settings->instances[i].name,
		   text);
	event_send(keeper, &event);
}

static void alien_stays(struct keeper *keeper, unsigned i, bool is_fought,
			const char *form, const char *why)
{
	struct keeper_alien *alien = &keeper->aliens[i];
	char text[160];

	alien->gone_us = 0;
	if (alien->is_staying)
		return;
	alien->is_staying = true;
	alien->is_fought = is_fought;
	alien->look_us = keeper->now_us + LOOK_US;
	alien->wait_us = TRY_FIRST_US;
	alien->try_us = keeper->now_us + TRY_FIRST_US;
	snprintf(text, sizeof(text), "%.64s %.94s", form, why);
	alien_tell(keeper, i, 1, text);
}

static void alien_has_gone(struct keeper *keeper, unsigned i)
{
	struct keeper_alien *alien = &keeper->aliens[i];

	alien->is_staying = alien->is_fought = false;
	alien->look_us = INT64_MAX;
	forms_forget(keeper, i);
	alien_tell(keeper, i, 0, "what another hand had put here is gone");
}

void alien_released(struct keeper *keeper, unsigned i)
{
	if (keeper->aliens[i].is_staying)
		alien_has_gone(keeper, i);
	else
		forms_forget(keeper, i);
}

bool alien_is_staying(const struct keeper *keeper)
{
	for (unsigned i = 0; i < keeper->settings->instance_count; i++)
		if (keeper->aliens[i].is_staying)
			return true;
	return false;
}

/* ---- removal ---- */

/* Ours, which went with its interface when somebody gave that another name. */
static bool is_ours_renamed(const struct keeper *keeper,
			    const struct netlink_address *address)
{
	bool is_leased = keeper->lease_us > 0 && address->protocol == 0 &&
			 address->valid_s <= keeper->settings->lease_s;

	return (address->protocol == KEEPER_ADDRESS_PROTOCOL || is_leased) &&
	       interface_was_renamed(keeper, address->index);
}

/* Takes one away and tells; by a notice or a look it is known to be there. */
static void alien_remove(struct keeper *keeper, unsigned i,
			 const struct netlink_address *address, uint32_t port)
{
	struct keeper_alien *alien = &keeper->aliens[i];
	char form[NAME_MAX_IP + 8], hand[60], text[240];
	int results[2] = {0, 0};
	unsigned count;

	name_form(address, form, sizeof(form));
	name_hand(port, hand, sizeof(hand));
	if (alien->is_fought && keeper->now_us < alien->try_us) {
		alien->gone_us = 0;
		return;
	}
	if (!alien->is_staying && form_is_fought(keeper, address)) {
		snprintf(text, sizeof(text),
			 "was put here by %s and came back %d times in 10 s; "
			 "it stays, look what puts it there",
			 hand, RETURNS_MAX);
		alien_stays(keeper, i, true, form, text);
		return;
	}
	promote_put(keeper, address->index);
	netlink_put_delete(&keeper->netlink, address);
	count = keeper->netlink.count;
	netlink_carry_out(&keeper->netlink, results);
	if (results[count - 1] == 0) {
		if (alien->is_staying)
			return; /* whether for good, the next looks show */
		if (is_ours_renamed(keeper, address)) {
			keeper_log("instance %s: %s removed: the interface was "
				   "renamed",
				   keeper->settings->instances[i].name, form);
			return;
		}
		snprintf(text, sizeof(text),
			 "%s was put here by %s, and this node %s; removed",
			 form, hand,
			 keeper->instances[i].is_wanted
				 ? "holds it in another form"
				 : "does not own it");
		alien_tell(keeper, i, 0, text);
	} else if (results[count - 1] != EADDRNOTAVAIL &&
		   results[count - 1] != ENODEV) {
		snprintf(text, sizeof(text),
			 "was put here by %s and cannot be removed: %s", hand,
			 strerror(results[count - 1]));
		alien_stays(keeper, i, false, form, text);
	}
}

/*
 * Whose it is: the index of an address of the settings whose instance it is
 * alien to, or -1 (no VIP, a node's own, ours in this form, silent on lo).
 */
static int alien_find(struct keeper *keeper,
		      const struct netlink_address *address)
{
	unsigned at, end, first;
	int which;

	address_range(keeper, &address->ip, &at, &end);
	if (at == end || keeper->addresses[keeper->by_ip[at]].is_node)
		return -1;
	first = keeper->by_ip[at];
	which = address_find(keeper, address);
	if (which >= 0 &&
	    keeper->instances[keeper->addresses[which].instance].is_wanted)
		return -1;
	if (!alien_is_silent(keeper, first, address))
		return which >= 0 ? which : (int)first;
	keeper->aliens[keeper->addresses[first].instance].look_us = 0;
	return -1;
}

/* Whoever asked for this look has not had it. */
static void look_later(struct keeper *keeper)
{
	const int64_t next_us = keeper->now_us + LOOK_US;

	for (unsigned i = 0; i < keeper->settings->instance_count; i++) {
		int64_t *look_us = &keeper->aliens[i].look_us;

		if (*look_us <= keeper->now_us || *look_us > next_us)
			*look_us = next_us;
	}
}

void alien_came(struct keeper *keeper, const struct netlink_address *address,
		uint32_t port)
{
	int which;

	if (!addresses_know_own(keeper)) {
		look_later(keeper);
		return;
	}
	which = alien_find(keeper, address);
	if (which >= 0)
		alien_remove(keeper, keeper->addresses[which].instance, address,
			     port);
}

/* ---- looking ---- */

struct look {
	struct keeper *keeper;
	unsigned count;
	struct netlink_address found[REMOVALS_MAX];
	char silent[INSTANCES_MAX][sizeof(((struct keeper_event *)0)->text)];
};

/* In a dump: only remembered, the kernel's answer is still being read. */
static void look_address(void *arg, const struct netlink_address *address)
{
	struct look *look = arg;
	struct keeper *keeper = look->keeper;
	char form[NAME_MAX_IP + 8];
	unsigned at, end;

	if (alien_find(keeper, address) >= 0) {
		if (look->count < REMOVALS_MAX)
			look->found[look->count++] = *address;
		return;
	}
	address_range(keeper, &address->ip, &at, &end);
	if (at == end || !alien_is_silent(keeper, keeper->by_ip[at], address))
		return;
	name_form(address, form, sizeof(form));
	text_append(look->silent[keeper->addresses[keeper->by_ip[at]].instance],
		    sizeof(look->silent[0]), form, "");
}

static void tell_silent(struct keeper *keeper, unsigned i, const char *text)
{
	struct keeper_alien *alien = &keeper->aliens[i];
	struct keeper_event event = {.type = KEEPER_SILENT, .instance = i};

	if (strcmp(alien->silent, text) == 0)
		return;
	snprintf(alien->silent, sizeof(alien->silent), "%.*s",
		 (int)sizeof(alien->silent) - 1, text);
	memcpy(event.text, alien->silent, sizeof(event.text));
	event_send(keeper, &event);
}

/* When to look at the instance again, after a look that did not find it. */
static void plan_look(struct keeper *keeper, unsigned i)
{
	struct keeper_alien *alien = &keeper->aliens[i];

	if (alien->is_staying)
		alien->look_us = keeper->now_us + LOOK_US;
	else if (alien->silent[0] != '\0')
		alien->look_us = keeper->now_us + SILENT_LOOK_US;
	else
		alien->look_us = INT64_MAX;
}

/* It stays: is it still here? What was fought for must have stayed away. */
static void judge_staying(struct keeper *keeper, unsigned i, bool is_here)
{
	struct keeper_alien *alien = &keeper->aliens[i];
	int64_t quiet_us = alien->is_fought ? WINDOW_US : 0;

	if (is_here) {
		alien->gone_us = 0;
		if (keeper->now_us < alien->try_us)
			return;
		alien->wait_us = alien->wait_us * 2 > TRY_LAST_US
					 ? TRY_LAST_US
					 : alien->wait_us * 2;
		alien->try_us = keeper->now_us + alien->wait_us;
		return;
	}
	if (alien->gone_us == 0)
		alien->gone_us = keeper->now_us;
	if (keeper->now_us - alien->gone_us >= quiet_us)
		alien_has_gone(keeper, i);
}

/* R12: own = 0 will follow from it, and a dump alone is not enough for that. */
static bool is_answered_for(struct keeper *keeper, unsigned i)
{
	struct instance_set one = set_of(i);
	char text[160] = "";

	return sweep_ask(keeper, &one, text, sizeof(text)) > 0;
}

void alien_look(struct keeper *keeper)
{
	static struct look look;
	const struct netlink_visitor visitor = {.address = look_address,
						.arg = &look};
	bool is_here[INSTANCES_MAX] = {false};

	memset(&look, 0, sizeof(look));
	look.keeper = keeper;
	if (!addresses_know_own(keeper) ||
	    netlink_dump_addresses(&keeper->netlink, &visitor) != 0) {
		look_later(keeper);
		return; /* nothing may be concluded from half a picture */
	}
	for (unsigned n = 0; n < look.count; n++) {
		int which = alien_find(keeper, &look.found[n]);

		if (which < 0)
			continue;
		is_here[keeper->addresses[which].instance] = true;
		alien_remove(keeper, keeper->addresses[which].instance,
			     &look.found[n], 0);
	}
	if (look.count == REMOVALS_MAX) {
		look_later(keeper); /* there may be more */
		return;
	}
	for (unsigned i = 0; i < keeper->settings->instance_count; i++) {
		tell_silent(keeper, i, look.silent[i]);
		if (keeper->aliens[i].is_staying)
			judge_staying(keeper, i,
				      is_here[i] || is_answered_for(keeper, i));
		plan_look(keeper, i);
	}
}

void alien_work(struct keeper *keeper)
{
	if (alien_deadline_us(keeper) <= keeper->now_us)
		alien_look(keeper);
}

int64_t alien_deadline_us(const struct keeper *keeper)
{
	int64_t deadline_us = INT64_MAX;

	for (unsigned i = 0; i < keeper->settings->instance_count; i++)
		if (keeper->aliens[i].look_us < deadline_us)
			deadline_us = keeper->aliens[i].look_us;
	return deadline_us;
}

void aliens_prepare(struct keeper *keeper)
{
	for (unsigned i = 0; i < INSTANCES_MAX; i++)
		keeper->aliens[i].look_us = INT64_MAX;
}

/* ---- by a sweep ---- */

void alien_note(struct keeper *keeper, unsigned i,
		const struct netlink_address *address)
{
	struct keeper_alien *alien = &keeper->aliens[i];
	char form[NAME_MAX_IP + 8];

	name_form(address, form, sizeof(form));
	if (strstr(alien->swept, form) == NULL)
		text_append(alien->swept, sizeof(alien->swept), form, "");
}

void alien_stays_at_start(struct keeper *keeper, unsigned i, const char *text)
{
	alien_stays(keeper, i, false, text,
		    "was here before the start and cannot be removed");
}

void alien_swept(struct keeper *keeper, bool all_gone)
{
	for (unsigned i = 0; i < keeper->settings->instance_count; i++) {
		struct keeper_alien *alien = &keeper->aliens[i];
		char text[160];

		if (alien->swept[0] == '\0')
			continue;
		snprintf(text, sizeof(text),
			 "%.100s, put here by another hand: %s", alien->swept,
			 all_gone ? "removed" : "still there");
		if (all_gone)
			alien_tell(keeper, i, 0, text);
		alien->swept[0] = '\0';
	}
}
