/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SIM_WORLD_INTERNAL_H
#define SIM_WORLD_INTERNAL_H
/*
 * What the files of the world offer to each other.
 *   world.c        the queue, the clock, one step of one core
 *   world_act.c    what a node's orders do: keeper, links, fencer
 *   world_wire.c   cables: loss, delay, noise, loops, replays
 *   world_ears.c   who hears whom on the Ethernet (R3)
 *   world_fence.c  devices, outlets, power
 *   world_node.c   what happens to a machine and its programs
 *   world_addresses.c one address in instances of different names
 *   world_reload.c new settings for a daemon that runs
 *   world_order.c  places in a file, and the world's own numbers
 *   world_kernel.c RTNL that is held, and looks that need none
 *   judge.c        the invariants
 *   judge_power.c  what is known of plugs, what may be switched
 *   judge_start.c  who has listened for long enough to judge silence
 *   coverage.c     which events met which states
 */
#include <stdio.h>

#include "../../src/core/internal.h"
#include "world.h"

/* world.c */
struct world_message *world_post(struct world *world, unsigned node,
				 int64_t delay_us);
/* The same, and its event is yet to be written. */
struct world_message *world_post_unsaid(struct world *world, unsigned node,
					int64_t delay_us);
void world_post_event(struct world *world, unsigned node, int64_t delay_us,
		      const struct event *event);
void world_step(struct world *world, unsigned node, struct event *event);
/* R11: what is buffered for a node is thrown away. */
void world_discard(struct world *world, unsigned node);
/* A frozen node is scheduled again: what its buffers held is due now. */
void world_flush(struct world *world, unsigned node);
/* These messages, in this order, before all else that is due now. */
void world_due_now(struct world *world, const uint16_t *slots, unsigned count);
void world_forget(struct world *world, unsigned node);
__attribute__((format(printf, 3, 4))) void
world_log(struct world *world, unsigned node, const char *format, ...);
bool world_chance(struct world *world, unsigned per_mille);
int64_t world_local_us(const struct world *world, unsigned node);
int64_t world_from_local_us(const struct world *world, unsigned node,
			    int64_t local_us);
/* The node's main process can run now. */
static inline bool world_runs(const struct world_node *node)
{
	return node->running && node->powered && !node->frozen && !node->paused;
}

/* world_act.c */
void world_carry_out(struct world *world, unsigned node);

/* world_wire.c */
void wire_send_beat(struct world *world, unsigned from, unsigned link,
		    const struct beat *beat);
void wire_send_advert(struct world *world, unsigned from, unsigned instance,
		      uint8_t priority, const struct core_signature *signature);
/* The next one of a stream. */
void wire_forge(struct world *world, const struct world_message *m);
/* What is on the way when a cable is pulled is lost. */
bool wire_is_cut(const struct world *world, const struct world_message *m);

/* world_wire.c: what this node puts on a udp link comes in over there. */
bool card_reaches(const struct world *world, unsigned from, unsigned link);

/* world_ears.c */
/* Who hears whom has changed: a judgement takes its time from now on. */
void ears_changed(struct world *world);
bool ears_reach(const struct world *world, unsigned from);
void ears_probe(struct world *world, const struct world_message *m);
/* A hearing test begins or ends. */
void ears_told(struct world *world, unsigned node, bool on);
/* It tried to send. */
void ears_unsent(struct world *world, unsigned node);
/* R3: it shoots; may it trust its ears? */
void judge_ears(struct world *world, unsigned node);

/* world_fence.c */
void fence_asked(struct world *world, unsigned node,
		 const struct action *action);
void fence_acts(struct world *world, struct world_message *m);
void fence_lands(struct world *world, struct world_message *m);
void fence_reads_back(struct world *world, struct world_message *m);
void power_falls(struct world *world, struct world_message *m);
void outlets_on(struct world *world, unsigned node);
/* Some way from a live outlet to the machine is whole. */
bool power_is_fed(const struct world *world, unsigned node);

/* world_node.c */
void node_last_will(struct world *world, unsigned node);
void will_say(struct world *world, unsigned node, unsigned turn);
void will_on_line(struct world *world, unsigned node);
/* The stop is complete: main and keeper end. */
void node_exits(struct world *world, unsigned node);
void node_lease_ends(struct world *world, const struct world_message *m);
void node_wakes(struct world *world, const struct world_message *m);
/* False: the new keeper cannot say so yet. */
bool node_keeper_ready(struct world *world, unsigned node);
void node_keeper_starts(struct world *world, unsigned node, int64_t delay_us);
/* The kernel removes what nobody has renewed by then; stamp says who. */
void node_lease_starts(struct world *world, unsigned node, uint32_t stamp);

/* world_addresses.c */
void addresses_read(struct world *world, unsigned node);
/* Which instance of its own has the address that the other node has as i, and
 * by which it holds it; -1 = by none. */
int world_place_of_address(const struct world *world, unsigned node,
			   unsigned i);
int world_holds_address_of(const struct world *world, unsigned node,
			   unsigned i);

/* world_reload.c */
/* After each step of a node whose settings are to change. */
void reload_step(struct world *world, unsigned node);
/* Somebody calls for the file that was copied here. */
void reload_called(struct world *world, unsigned node);
void reload_forget(struct world *world, unsigned node);

/* world_order.c */
/* One more, at this place, or one less. */
void order_next(const struct world_order *old, unsigned old_count,
		unsigned count, enum world_place place,
		struct world_order *new);
/* The settings as the file has them: themselves, or file is made. */
const struct core_settings *order_file(const struct world_order *order,
				       const struct core_settings *settings,
				       struct core_settings *file);
void order_event(const struct world_order *order, struct event *event);
void order_actions(const struct world_order *order, unsigned count,
		   struct actions *actions);

/* world_kernel.c */
/* True: RTNL is held, and the message is kept till it is free. */
bool kernel_keeper_hangs(struct world *world, uint32_t slot);
void kernel_patience_ends(struct world *world, const struct world_message *m);
/* While RTNL is held: it lives on till that is free. */
void kernel_keeper_killed(struct world *world, unsigned node, int64_t gap_ms);
void kernel_looks(struct world *world, unsigned node, unsigned instance);
void kernel_forget(struct world *world, unsigned node);

/* judge.c */
__attribute__((format(printf, 2, 3))) void judge_break(struct world *world,
						       const char *format, ...);
void judge_dark_no_more(struct world *world, struct world_node *node);
void judge_expected(struct world *world, const char *name);
void judge_step(struct world *world, unsigned node);
/* It has other settings from now on; anew: and none of before. */
void judge_dead_times(struct world *world, unsigned node, bool anew);
void judge_holders(struct world *world);
void judge_alert(struct world *world, unsigned node,
		 const struct action *action);
void judge_claim(struct world *world, unsigned node,
		 const struct permit *permit);
void judge_power_cut(struct world *world, unsigned by, unsigned node);
void judge_asked(struct world *world, const struct world_message *m);
void judge_reply(struct world *world, unsigned node,
		 const struct action *action);
void judge_new_life(struct world *world, unsigned node);
/* A beat or an advert of the other one itself came. */
void judge_true_word(struct world *world, const struct world_message *m);
/* A beat of the other one is replayed. */
void judge_forged(struct world *world, unsigned node,
		  const struct event *event);
void judge_old_word(struct world *world, unsigned node,
		    const struct beat *beat);
/* Nothing is left unanswered for longer than a minute, or a drill's time. */
void judge_answers(struct world *world);

/* judge_power.c */
/* The core has been told the answer m. */
void judge_reading(struct world *world, const struct world_message *m);
void judge_landed(struct world *world, const struct world_message *m);
int64_t judge_listened_us(const struct world *world, unsigned node);
int64_t judge_listens_us(const struct world *world, unsigned node);
/* The core has been told a beat of the other one. */
void judge_lie(struct world *world, unsigned node, const struct beat *beat);
/* Why a claim by plugs that read off is false; "" = it is true, NULL = there
 * is nothing that it could rest on. */
const char *judge_off(const struct world *world, unsigned node,
		      const struct permit *permit);
/* It goes on under other settings: what it read of a plug that is the same,
 * on a device that is the same, was read under those. */
void judge_reloaded(struct world *world, unsigned node);
/* An order to the fencer, before it is carried out. */
void judge_order(struct world *world, unsigned node,
		 const struct action *action);
/* The command of a drill takes effect now. */
void judge_drill_cut(struct world *world, const struct world_message *m);
void judge_drill_reply(struct world *world, unsigned node,
		       const struct action *action);

/* judge_start.c */
void judge_started(struct world *world, unsigned node);
void judge_opened(struct world *world, unsigned node);
/* A daemon was started, or has new settings: what its checks say follows. */
void checks_begin(struct world *world, unsigned n);

/* Their word reaches the core: as it is now, not as it was when it set out. */
void checks_say(const struct world_node *node, struct event *event);

/* Its carrier has changed. */
void judge_whole(struct world *world, unsigned node);
/* After a step: a new generation of its core was away. */
void judge_away(struct world *world, unsigned node);
/* The core, then of this generation, has been told m. */
void judge_heard(struct world *world, const struct world_message *m,
		 uint32_t generation);
/* R8: it shoots, or takes silence for death: may it? */
void judge_silence(struct world *world, unsigned node);
/* R13: it believes a person's word: has it listened for that? */
void judge_confirmed(struct world *world, unsigned node);
/* R8: it claims by plugs that read off already: may it, so soon? */
void judge_early_off(struct world *world, unsigned node);

/* ---- world_lines.c ---- */

/* After whatever happened: a modem line that changed is told. */
void world_lines(struct world *world);

/* ---- world_alien.c ---- */

/* The keeper sees to it; true: what m says now is for the core. */
/* The core of the node has been told of one. */
void alien_told(struct world_node *node, unsigned instance);
bool alien_keeper_acts(struct world *world, struct world_message *m);
/* A new keeper is ready; what it could not remove is told before. */
void alien_left_over(struct world *world, unsigned node);
/* Only what twinbeat put there has a lease. */
void alien_leases_end(struct world_node *node);
/* Why it is there and no core is to blame, or NULL. */
const char *alien_excuse(const struct world *world, unsigned node,
			 unsigned instance);
/* It came after what the other one could know. */
const char *alien_news(const struct world *world, unsigned node,
		       unsigned instance);
#endif
