/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the kernel's table to the wanted one. */
#include "plan.h"

#include <string.h>

#define SECOND_US   INT64_C(1000000)
#define IDLE_ASK_US SECOND_US /* how often a draining server is looked at */

static void order(struct plan *plan, enum plan_verb verb,
		  const struct table_service *service,
		  const struct table_dest *dest, uint32_t weight)
{
	const struct plan_order order = {verb, service, dest, weight, false};

	plan->orders++;
	plan->order(plan->arg, &order);
}

/* D4 */
static void take_out(struct plan *plan, const struct table_service *service,
		     const struct table_dest *dest)
{
	const struct plan_order order = {PLAN_DELETE_DEST, service, dest, 0,
					 true};

	plan->orders++;
	plan->order(plan->arg, &order);
}

static const struct table_dest *find_dest(const struct table *table,
					  const struct table_service *service,
					  const struct table_dest *wanted)
{
	for (unsigned i = 0; i < service->count; i++) {
		const struct table_dest *dest =
			&table->dests[service->first + i];

		if (dest->port == wanted->port &&
		    ip_compare(&dest->ip, &wanted->ip) == 0)
			return dest;
	}
	return NULL;
}

/* ---- what differs ---- */

static bool service_differs(const struct table_service *wanted,
			    const struct table_service *is)
{
	return wanted->flags != is->flags || wanted->prefix != is->prefix ||
	       wanted->sticky_s != is->sticky_s ||
	       strcmp(wanted->scheduler, is->scheduler) != 0 ||
	       strcmp(wanted->engine, is->engine) != 0;
}

static bool tunnel_differs(const struct table_dest *wanted,
			   const struct table_dest *is)
{
	return wanted->forward == FORWARD_TUN &&
	       (wanted->tunnel != is->tunnel ||
		wanted->tunnel_port != is->tunnel_port ||
		wanted->tunnel_flags != is->tunnel_flags);
}

static bool dest_differs(const struct table_dest *wanted,
			 const struct table_dest *is)
{
	return wanted->weight != is->weight || wanted->upper != is->upper ||
	       wanted->lower != is->lower ||
	       (is->forward != FORWARD_LOCAL &&
		(wanted->forward != is->forward || tunnel_differs(wanted, is)));
}

/* ---- drains ---- */

static struct plan_drain *find_drain(struct plan *plan,
				     const struct table_service *service,
				     const struct table_dest *dest)
{
	for (unsigned i = 0; i < plan->drain_count; i++) {
		struct plan_drain *drain = &plan->drains[i];

		if (drain->port == dest->port &&
		    ip_compare(&drain->ip, &dest->ip) == 0 &&
		    table_id_is(&drain->service, &service->id))
			return drain;
	}
	return NULL;
}

static struct plan_drain *begin_drain(struct plan *plan,
				      const struct table_service *service,
				      const struct table_dest *dest,
				      uint32_t drain_s)
{
	struct plan_drain *drain;

	if (plan->drain_count == PLAN_DRAINS_MAX)
		return NULL; /* its turn comes when another one has gone */
	drain = &plan->drains[plan->drain_count++];
	*drain = (struct plan_drain){.service = service->id,
				     .ip = dest->ip,
				     .port = dest->port,
				     .until_us = plan->now_us +
						 drain_s * SECOND_US};
	return drain;
}

/* D12: nothing new, then time for what it has, then away. */
static void drain_dest(struct plan *plan, const struct table_service *service,
		       const struct table_dest *dest, uint32_t drain_s)
{
	struct plan_drain *drain = find_drain(plan, service, dest);
	bool is_idle = drain != NULL && dest->weight == 0 &&
		       dest->active + dest->inactive == 0;
	int64_t due_us = plan->now_us + IDLE_ASK_US;

	if (drain == NULL)
		drain = begin_drain(plan, service, dest, drain_s);
	if (drain_s == 0 || is_idle ||
	    (drain != NULL && plan->now_us >= drain->until_us)) {
		order(plan, PLAN_DELETE_DEST, service, dest, 0);
		plan->ends++;
		return;
	}
	if (dest->weight != 0)
		order(plan, PLAN_SET_DEST, service, dest, 0);
	if (drain != NULL) {
		drain->is_seen = true;
		if (drain->until_us < due_us)
			due_us = drain->until_us;
	}
	if (due_us < plan->due_us)
		plan->due_us = due_us;
}

static void forget_drains(struct plan *plan)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < plan->drain_count; i++)
		if (plan->drains[i].is_seen)
			plan->drains[kept++] = plan->drains[i];
	plan->drain_count = kept;
}

/* ---- one service ---- */

/* A new server of sh and mh gets its places by the weight with which it is
 * added: one that is down is added whole, then quiesced. */
static void add_dest(struct plan *plan, const struct table_service *service,
		     const struct table_dest *dest)
{
	bool in_two = service->is_ordered && dest->weight == 0 &&
		      dest->full_weight > 0;

	order(plan, PLAN_NEW_DEST, service, dest,
	      in_two ? dest->full_weight : dest->weight);
	if (in_two)
		order(plan, PLAN_SET_DEST, service, dest, 0);
}

/*
 * D4: from which of the wanted ones on the kernel's order is another one than
 * the file's; those are taken out and added again. The kernel lists the newest
 * first, so its list is read from its end.
 */
static unsigned find_disorder(const struct plan *plan,
			      const struct table_service *wanted,
			      const struct table_service *is)
{
	const struct table_dest *dests = plan->wanted->dests + wanted->first;
	unsigned at = is->count;

	for (unsigned i = 0; i < wanted->count; i++) {
		const struct table_dest *next = NULL;

		if (!dests[i].is_there)
			continue;
		/* all that are behind one that is missing */
		if (find_dest(plan->kernel, is, &dests[i]) == NULL)
			return i;
		/* the next of the kernel's that is wanted at all; whoever
		 * drains there does not count */
		while (next == NULL && at > 0) {
			const struct table_dest *dest =
				&plan->kernel->dests[is->first + --at];
			const struct table_dest *mine =
				find_dest(plan->wanted, wanted, dest);

			next = mine != NULL && mine->is_there ? mine : NULL;
		}
		if (next != &dests[i])
			return i;
	}
	return wanted->count;
}

/* First what there is more of, then what there is less of. */
static void change_dests(struct plan *plan, const struct table_service *wanted,
			 const struct table_service *is)
{
	const struct table_dest *dests = plan->wanted->dests + wanted->first;
	unsigned again = wanted->is_ordered ? find_disorder(plan, wanted, is)
					    : wanted->count;

	for (unsigned i = 0; i < wanted->count; i++) {
		const struct table_dest *has =
			find_dest(plan->kernel, is, &dests[i]);

		if (!dests[i].is_there)
			continue;
		if (has != NULL && i >= again)
			take_out(plan, wanted, has);
		if (has == NULL || i >= again)
			add_dest(plan, wanted, &dests[i]);
		else if (dest_differs(&dests[i], has) &&
			 dests[i].weight >= has->weight)
			order(plan, PLAN_SET_DEST, wanted, &dests[i],
			      dests[i].weight);
	}
	for (unsigned i = 0; i < wanted->count; i++) {
		const struct table_dest *has =
			find_dest(plan->kernel, is, &dests[i]);

		if (has == NULL)
			continue;
		if (!dests[i].is_there)
			order(plan, PLAN_DELETE_DEST, wanted, has, 0);
		else if (i < again && dests[i].weight < has->weight)
			order(plan, PLAN_SET_DEST, wanted, &dests[i],
			      dests[i].weight);
	}
	for (unsigned i = 0; i < is->count; i++) {
		const struct table_dest *has =
			&plan->kernel->dests[is->first + i];

		if (find_dest(plan->wanted, wanted, has) == NULL)
			drain_dest(plan, is, has, wanted->drain_s);
	}
}

/* Who was added with weight 0 under another scheduler never had a place. */
static void give_places(struct plan *plan, const struct table_service *wanted,
			const struct table_service *is)
{
	const struct table_dest *dests = plan->wanted->dests + wanted->first;

	for (unsigned i = 0; i < wanted->count; i++) {
		const struct table_dest *has =
			find_dest(plan->kernel, is, &dests[i]);

		if (has == NULL || has->weight > 0 || dests[i].weight > 0 ||
		    !dests[i].is_there || dests[i].full_weight == 0)
			continue;
		order(plan, PLAN_SET_DEST, wanted, &dests[i],
		      dests[i].full_weight);
		order(plan, PLAN_SET_DEST, wanted, &dests[i], 0);
	}
}

static void make_service(struct plan *plan, const struct table_service *wanted)
{
	const struct table_service *is = table_find(plan->kernel, &wanted->id);

	if (wanted->is_away) {
		/* D1: at once, or what the owner forwards to this node goes
		 * in a circle */
		if (is != NULL)
			order(plan, PLAN_DELETE_SERVICE, is, NULL, 0);
		return;
	}
	if (is == NULL) {
		order(plan, PLAN_NEW_SERVICE, wanted, NULL, 0);
		for (unsigned i = 0; i < wanted->count; i++) {
			const struct table_dest *dest =
				&plan->wanted->dests[wanted->first + i];

			if (dest->is_there)
				add_dest(plan, wanted, dest);
		}
		return;
	}
	if (service_differs(wanted, is))
		order(plan, PLAN_SET_SERVICE, wanted, NULL, 0);
	if (wanted->is_ordered && strcmp(wanted->scheduler, is->scheduler) != 0)
		give_places(plan, wanted, is);
	change_dests(plan, wanted, is);
}

/* ---- what is wanted no more, and what is not ours ---- */

static void end_service(struct plan *plan, const struct table_service *is,
			uint32_t drain_s)
{
	if (is->count == 0 || drain_s == 0) {
		order(plan, PLAN_DELETE_SERVICE, is, NULL, 0);
		plan->ends++;
		return;
	}
	for (unsigned i = 0; i < is->count; i++)
		drain_dest(plan, is, &plan->kernel->dests[is->first + i],
			   drain_s);
}

void plan_make(struct plan *plan)
{
	plan->orders = plan->ends = plan->foreign = 0;
	plan->due_us = INT64_MAX;
	for (unsigned i = 0; i < plan->drain_count; i++)
		plan->drains[i].is_seen = false;
	for (unsigned i = 0; i < plan->wanted->service_count; i++)
		make_service(plan, &plan->wanted->services[i]);
	for (unsigned i = 0; i < plan->kernel->service_count; i++) {
		const struct table_service *is = &plan->kernel->services[i];
		const struct plan_owned *owned = NULL;

		if (table_find(plan->wanted, &is->id) != NULL)
			continue;
		for (unsigned k = 0; k < plan->owned_count && !owned; k++)
			if (table_id_is(&plan->owned[k].id, &is->id))
				owned = &plan->owned[k];
		if (owned != NULL) {
			end_service(plan, is, owned->drain_s);
			continue;
		}
		/* D11 */
		plan->foreign++;
		plan->one_foreign = is->id;
	}
	forget_drains(plan);
}
