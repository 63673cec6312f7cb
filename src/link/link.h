/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef LINK_H
#define LINK_H
/*
 * The links: how this node hears and is heard. A kind of link is a folder here
 * and a row in kinds.c; the rest of the tree knows this file alone, but for the
 * settings, whose links.c has the keys of each kind. All kinds have the same
 * manners: nothing waits but open(), one descriptor for the loop, errors are
 * told as facts. A link knows wire formats, sockets and ttys; it never sees the
 * core.
 *
 * A two-way link carries whole frames (wire/beat.h) and looks into none. The
 * one-way kind, VRRP, says and hears adverts by functions of its own, and many
 * share their sockets (vrrp/vrrp.h, vrrp/vrrp_port.h); what opens them is
 * alike.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../ipc/link_words.h"
#include "../settings/settings.h"

struct link_counters {
	/*
	 * rx: frames or adverts handed to take(), before anybody judged them.
	 * The links count framing (overlong runs, unreadable adverts), auth of
	 * VRRP v2 and loop of VRRP (our own address heard); what a beat's
	 * content shows is for its decoder to count here.
	 */
	uint64_t rx, tx;
	uint64_t auth, framing, replay, loop; /* status errors{} */
	uint64_t dropped;		      /* not sent: line was busy */
};

/* One link in the main process; each kind's own struct begins with it. */
struct link {
	const struct link_kind *kind;
	struct link_counters counters;
};

#define LINK_FDS 3
/* What open() has to know, in the kind's own form. */
#define LINK_PLACE_MAX 8192
struct link_place {
	_Alignas(8) uint8_t bytes[LINK_PLACE_MAX];
};
/* What take() goes on with: the descriptors, and facts in the kind's form. */
struct link_opened {
	int fds[LINK_FDS];
	uint32_t count;
	bool has_lines; /* a port whose modem lines can be read */
	uint32_t facts[8];
};

enum link_sent {
	LINK_LOST = -1, /* close and reopen */
	LINK_SENT,
	LINK_BUSY, /* dropped: not one byte has left */
	LINK_TORN, /* dropped in the middle, a delimiter may yet complete it */
};

struct link_kind {
	const char *type; /* status: links[].type; settings_link.type */
	struct link_words words;
	bool is_port; /* alert serial-broken, not link-down, when it is lost */

	/* ---- of the settings alone (NULL in a kind that is one-way) ---- */

	/* So long is one frame on the line, none other fits; 0: no matter. */
	uint32_t (*frame_us)(const struct settings_link *link,
			     unsigned instances);
	/*
	 * What would harm others if this link were opened (a console): -1 with
	 * a sentence, and the daemon does not start. What is merely absent is
	 * no reason. 0: it may be opened, or tried.
	 */
	int (*may_open)(const struct settings *settings, unsigned link,
			char *text, size_t size);
	/* NULL: no memory. */
	struct link *(*create)(const struct settings *settings, unsigned link);

	/* ---- opening: in twinbeat-opener, since it may take seconds ---- */

	/* VRRP: NULL, vrrp_describe() */
	void (*describe)(const struct link *link, struct link_place *place);
	/* 0, or -1 with a sentence; nothing is left open then. */
	int (*open)(const struct link_place *place, struct link_opened *opened,
		    char *error, size_t error_size);

	/* ---- in the main process: nothing of it waits; VRRP: NULL ---- */

	void (*take)(struct link *link, const struct link_opened *opened);
	/* Closed here; its descriptors are the caller's. Returns how many. */
	unsigned (*give)(struct link *link, int fds[LINK_FDS]);
	int (*fd)(const struct link *link); /* to read from; -1 = closed */
	void (*discard)(struct link *link); /* R11: what is buffered is old */
	void (*destroy)(struct link *link); /* closes */

	/* ---- two-way kinds ---- */

	/* One whole encoded frame, or none of it kept for later (R17.4). */
	enum link_sent (*send)(struct link *link, const uint8_t *wire,
			       size_t size);
	/*
	 * The same for a frame that may wait: it leaves only by a line that is
	 * free, counts as nothing in the status, and a frame that send() is
	 * given meanwhile takes its place, however much of it has left.
	 */
	enum link_sent (*send_low)(struct link *link, const uint8_t *wire,
				   size_t size);
	/*
	 * Hands each frame (without delimiter) to take(). 0; 1 when there may
	 * be more; -1 with a sentence when the link is lost.
	 */
	int (*receive)(struct link *link,
		       void (*take)(void *arg, const uint8_t *frame,
				    size_t size),
		       void *arg, char *error, size_t error_size);
	/*
	 * NULL where a frame comes whole, or: how many bytes of the next one
	 * have come.
	 */
	size_t (*begun)(const struct link *link);
	/*
	 * NULL, or: has another program changed its settings? Then what is
	 * different, a whole sentence.
	 */
	bool (*is_changed)(const struct link *link, char *what, size_t size);
};

/* A word for each kind: link/WORD/ has its struct link_kind link_WORD. */
#define LINK_KIND_WORDS(X) X(serial) X(udp) X(vrrp)
#define LINK_DECLARE(word) extern const struct link_kind link_##word;
LINK_KIND_WORDS(LINK_DECLARE)
#undef LINK_DECLARE
/* For who counts over them (twinbeat-opener is one per kind). */
#define LINK_PLACE(word) LINK_PLACE_##word,
enum { LINK_KIND_WORDS(LINK_PLACE) LINK_KINDS };
#undef LINK_PLACE
extern const struct link_kind *const link_kinds[LINK_KINDS];
unsigned link_kind_index(const struct link_kind *kind);
/* NULL: there is none of that type. */
const struct link_kind *link_kind_find(const char *type);
#endif
