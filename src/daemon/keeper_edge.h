/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_KEEPER_EDGE_H
#define DAEMON_KEEPER_EDGE_H
/* twinbeat-keeper, seen from the main process. */
#include "../core/core.h"
#include "../ipc/keeper_msg.h"

struct daemon;

int keeper_edge_init(struct daemon *daemon);
/* Locked memory of places that a pair of so many instances does not use. */
void keeper_edge_give_back(struct daemon *daemon, unsigned instances);
bool keeper_edge_is_ready(const struct daemon *daemon);
void keeper_started(struct daemon *daemon);
void keeper_read(struct daemon *daemon);
void keeper_lost(struct daemon *daemon, const char *why);
void keeper_tick(struct daemon *daemon);
void keeper_shift_patience(struct daemon *daemon);
void keeper_claim(struct daemon *daemon, const struct permit *permit);
void keeper_order(struct daemon *daemon, enum keeper_request_type type,
		  unsigned instance);
void keeper_take_will(struct daemon *daemon, const struct beat *beat);
void keeper_look(struct daemon *daemon, unsigned instance);
bool keeper_feed_look(struct daemon *daemon);
void keeper_forget_link(struct daemon *daemon, unsigned link);
/* R12: the signed priority 0 of an instance, and from where it comes. */
void keeper_take_resignation(struct daemon *daemon, unsigned instance,
			     const struct ip *source,
			     const uint8_t signature[VRRP_SIGNATURE_SIZE]);
bool keeper_quit(struct daemon *daemon);
/* A reload: KEEPER_PREPARE (-1: forget them), CLEAR, COMMIT. */
void keeper_reload(struct daemon *daemon, enum keeper_request_type step,
		   uint32_t number, int settings_fd);
struct reload_change;
/* What is here by places; COMMIT has been sent. */
void keeper_commit(struct daemon *daemon, const struct reload_change *change);
/* Whatever is owned and has other addresses now, or another lease. */
void keeper_claim_changed(struct daemon *daemon,
			  const struct reload_change *change);
void keeper_claim_again(struct daemon *daemon, unsigned instance);
#endif
