/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef LINK_H
#define LINK_H
/*
 * The links: how this node hears and is heard. Two kinds of edge, the same
 * manners: non-blocking, one descriptor for the loop, errors told as facts.
 * Links know wire formats, sockets and ttys; they never see the core.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../base/serial_inspect.h"
#include "../wire/beat.h"
#include "../wire/vrrp.h"

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

/* ---- serial: the null-modem cable ---- */

struct serial_options {
	char path[128];
	uint32_t baud;
};

struct serial;
struct serial *serial_new(const struct serial_options *options);
void serial_free(struct serial *serial);

/*
 * Opens (libserialport for real ports, termios for a pty), locks, sets raw
 * 8N1 without any flow control, discards what is buffered. 0, or -1 with a
 * sentence in error; nothing is left open then. Never opens a console; gettys
 * and logins are found only by serial_inspect(), which costs a walk of /proc.
 */
int serial_open(struct serial *serial, char *error, size_t error_size);
void serial_close(struct serial *serial);

/*
 * serial_open() in one process, its work in another: give() leaves the port
 * closed here and hands over its descriptors (the caller's now, up to
 * SERIAL_FDS, returns how many; also for somebody else to close), take() goes
 * on with them and owns them.
 */
#define SERIAL_FDS 2
unsigned serial_give(struct serial *serial, int fds[SERIAL_FDS]);
void serial_take(struct serial *serial, const int *fds, unsigned count);

/*
 * Has another program changed the port's settings (stty, ModemManager, brltty)?
 * Then true, and what is different in words, a list without a full stop.
 */
bool serial_is_changed(const struct serial *serial, char *what, size_t size);
int serial_fd(const struct serial *serial); /* -1 when closed */

/*
 * Writes one whole encoded frame, or drops it: 0 written; 1 dropped since the
 * line still holds an earlier one, not one byte is on the line; 2 dropped in
 * the middle, a delimiter may yet complete it; -1 the port is lost (close and
 * reopen).
 */
int serial_send(struct serial *serial, const uint8_t *wire, size_t size);

/*
 * Reads what there is and hands each frame (without delimiter) to take().
 * 0, or -1 with a sentence when the port is lost. Bounded per call: returns 1
 * when there may be more.
 */
int serial_receive(struct serial *serial,
		   void (*take)(void *arg, const uint8_t *frame, size_t size),
		   void *arg, char *error, size_t error_size);
void serial_discard(struct serial *serial); /* R11: buffered bytes are old */
struct link_counters *serial_counters(struct serial *serial);

/* ---- vrrp: adverts of one instance on one interface ---- */

#define VRRP_SOURCES_MAX 4
struct vrrp_options {
	char interface[16];
	struct vrrp_expect expect;
	uint32_t source; /* own primary address, host order; 0 = ask kernel */
	/*
	 * Or, instead of it, the node's configured addresses: the first that
	 * is on the interface, else the interface's first, else sources[0].
	 */
	uint32_t sources[VRRP_SOURCES_MAX];
	unsigned source_count;
	bool message_only_checksum; /* send the RFC 9568 form */
};

/* An advert as it was heard. */
struct vrrp_heard {
	enum vrrp_verdict verdict;
	struct ip source;
	struct vrrp_advert advert;
};

struct vrrp;
struct vrrp *vrrp_new(const struct vrrp_options *options);
void vrrp_free(struct vrrp *vrrp);
/*
 * Packet socket with a BPF filter for hearing (what the local firewall drops
 * is still heard), raw sockets for sending and as the witness. 0 or -1 with a
 * sentence. Fails while the interface does not exist: retry.
 */
int vrrp_open(struct vrrp *vrrp, char *error, size_t error_size);
void vrrp_close(struct vrrp *vrrp);
/*
 * vrrp_open() in one process, its work in another: joining a group, and leaving
 * it by a close, take the kernel's RTNL lock, which a bad driver may hold for
 * seconds. Like serial_give() and serial_take(); take() wants what give() left
 * in *opened, too.
 */
#define VRRP_FDS 3
struct vrrp_place {
	char interface[16];
	uint32_t vrid;
	uint32_t source; /* vrrp_options.source */
	uint32_t source_count, sources[VRRP_SOURCES_MAX];
	uint32_t vip_count; /* at most VRRP_ADDRESSES_MAX */
	uint32_t vips[VRRP_ADDRESSES_MAX];
};
/* What the other process has to know. */
void vrrp_describe(const struct vrrp *vrrp, struct vrrp_place *place);
struct vrrp_opened {
	uint32_t index;	 /* the interface's */
	uint32_t source; /* host order; 0 = none found */
};
unsigned vrrp_give(struct vrrp *vrrp, int fds[VRRP_FDS],
		   struct vrrp_opened *opened);
void vrrp_take(struct vrrp *vrrp, const int fds[VRRP_FDS],
	       const struct vrrp_opened *opened);
int vrrp_fd(const struct vrrp *vrrp);	      /* packet socket, -1 closed */
int vrrp_witness_fd(const struct vrrp *vrrp); /* raw socket */
/*
 * 0; -1 with a sentence when this one advert was not sent (rate-limiting is the
 * caller's). No reason to close: a lost interface is told by vrrp_receive().
 * Without carrier the kernel takes adverts and drops them: ask the carrier.
 */
int vrrp_send(struct vrrp *vrrp, uint8_t priority, char *error,
	      size_t error_size);
/*
 * Sends what no router takes for its own: an advert of VRID 0, which is none
 * (RFC 9568 5.2.3: 1 to 255). Shows whether an advert would leave.
 */
#define VRRP_TRY_VRID 0
int vrrp_try(struct vrrp *vrrp, char *error, size_t error_size);
uint32_t vrrp_source(const struct vrrp *vrrp); /* host order, 0 = none */
/*
 * Like serial_receive; take() gets only adverts with our VRID, dropped ones
 * too (R2: their sender lives). -1: the interface is down or gone, close and
 * reopen. Empties the witness as well.
 */
int vrrp_receive(struct vrrp *vrrp,
		 void (*take)(void *arg, const struct vrrp_heard *heard),
		 void *arg, char *error, size_t error_size);
/* Empties the witness; call when its descriptor is readable. */
void vrrp_receive_witness(struct vrrp *vrrp);
void vrrp_discard(struct vrrp *vrrp);
/*
 * True when the packet socket has heard several adverts in a row and the raw
 * socket none of them: the local firewall or rp_filter drops VRRP.
 */
bool vrrp_is_filtered(const struct vrrp *vrrp);
struct link_counters *vrrp_counters(struct vrrp *vrrp);
/* Adverts by verdict, [VRRP_OK] included; VRRP_VERDICTS numbers. */
const uint64_t *vrrp_drop_counters(const struct vrrp *vrrp);
#endif
