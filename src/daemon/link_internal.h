/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_LINK_INTERNAL_H
#define DAEMON_LINK_INTERNAL_H
/* What link_edge.c (frames) and link_nap.c (when to look for them) share. */
#include "daemon.h"
#include "link_edge.h"

struct link_edge {
	struct link *link; /* NULL = not configured */
	/* first what each frame needs: few lines of the cache, none of texts */
	struct source source;
	int64_t nap_us;	  /* not waited for until then; 0: it is */
	int64_t sent_us;  /* our last frame */
	int64_t after_us; /* so long after it the last one came; 0: unknown */
	int64_t frame_us; /* when the last frame was complete */
	int64_t expected_us; /* what nap_us was reckoned from; 0: nothing */
	bool is_calm;	     /* ours said that nothing moves */
	bool asking;	     /* the opener has not answered yet */
	bool has_no_carrier; /* of its interface, as the keeper says */
	bool has_lines;	     /* modem lines that can be read */
	/* told to the core after the present actions: no recursion */
	bool dropped, broken;
	int64_t retry_us, back_off_us;
	int64_t low_us; /* our last frame that may wait has left by then */
	/* dropped: the frame; sequence 0 = part of it was written */
	uint32_t dropped_generation, dropped_sequence;
	char broken_text[TEXT_MAX];
	char changed_text[TEXT_MAX]; /* what to say when it is open again */
	int64_t bad_mac_us;	     /* the last that failed its MAC; 0: none */
	struct link *next; /* a reload: of the new settings at this place */
};

static inline struct link_edge *edge_of(struct daemon *daemon, unsigned link)
{
	return &daemon->links[link];
}

static inline const struct link_kind *kind_of(const struct link_edge *edge)
{
	return edge->link->kind;
}

static inline unsigned number_of(const struct daemon *daemon,
				 const struct link_edge *edge)
{
	return (unsigned)(edge - daemon->links);
}

static inline bool is_open(const struct link_edge *edge)
{
	return edge->source.fd >= 0;
}

/* What the line needs for a beat; 0: no line between. */
int64_t link_line_us(const struct daemon *daemon, const struct link_edge *edge);
/* Bytes of a frame that has begun. */
size_t link_begun(const struct link_edge *edge);
/*
 * Until the line has carried the rest of the frame that has begun, if there is
 * more of it than before. False: there is not.
 */
bool link_nap_for_rest(struct daemon *daemon, struct link_edge *edge,
		       size_t before);
/* We have just sent this: the peer's next one is on its way. */
void link_nap_for_next(struct daemon *daemon, struct link_edge *edge,
		       const struct beat *said);
/* A good frame is complete. */
void link_nap_note_frame(struct daemon *daemon, struct link_edge *edge);
/* Reads what the link has (link_edge.c). */
void link_edge_ready(struct daemon *daemon, struct source *source,
		     uint32_t events);
#endif
