/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "process_events.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* struct cn_msg as it is before its data, which no struct may have inside */
struct connector {
	struct cb_id id;
	uint32_t seq, ack;
	uint16_t len, flags;
} __attribute__((packed));

static_assert(sizeof(struct connector) == sizeof(struct cn_msg),
	      "the kernel's header");

/* netlink header, connector header, event: as they lie in a datagram */
struct datagram {
	struct nlmsghdr netlink;
	struct connector connector;
	struct proc_event event;
} __attribute__((packed));

struct wish {
	struct nlmsghdr netlink;
	struct connector connector;
	enum proc_cn_mcast_op op;
} __attribute__((packed));

#define NONE 0u /* PROC_EVENT_NONE: the answer to a wish */
#define EXEC 0x00000002u
#define COMM 0x00000200u

/* A busy machine forks and ends thousands a second: those stay outside. */
static int keep_names_only(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct datagram, event.what)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(NONE), 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(EXEC), 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(COMM), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0xffffffffu),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const struct sock_fprog program = {sizeof(code) / sizeof(code[0]),
					   code};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
			  sizeof(program));
}

static int ask(int fd)
{
	struct wish wish = {
		.netlink = {.nlmsg_len = sizeof(wish),
			    .nlmsg_type = NLMSG_DONE},
		.connector = {.id = {CN_IDX_PROC, CN_VAL_PROC},
			      .len = sizeof(wish.op)},
		.op = PROC_CN_MCAST_LISTEN,
	};

	return send(fd, &wish, sizeof(wish), 0) == (ssize_t)sizeof(wish) ? 0
									 : -1;
}

int process_events_open(const char **why)
{
	const struct sockaddr_nl address = {.nl_family = AF_NETLINK,
					    .nl_groups = CN_IDX_PROC};
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			NETLINK_CONNECTOR);

	if (fd >= 0 && keep_names_only(fd) == 0 &&
	    bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
	    ask(fd) == 0)
		return fd;
	*why = strerror(errno);
	if (fd >= 0)
		close(fd);
	return -1;
}

enum process_event process_events_read(int fd, pid_t *pid)
{
	struct datagram datagram;
	ssize_t got = recv(fd, &datagram, sizeof(datagram), 0);

	if (got < 0 && errno == ENOBUFS)
		return PROCESS_LOST;
	if (got < 0)
		return errno == EINTR ? PROCESS_OTHER : PROCESS_NOTHING;
	if ((size_t)got < sizeof(datagram) ||
	    datagram.connector.id.idx != CN_IDX_PROC)
		return PROCESS_OTHER;
	switch ((unsigned)datagram.event.what) {
	case NONE:
		return datagram.event.event_data.ack.err == 0 ? PROCESS_ANSWERED
							      : PROCESS_OTHER;
	case EXEC:
		*pid = datagram.event.event_data.exec.process_tgid;
		return PROCESS_NAMED;
	case COMM:
		*pid = datagram.event.event_data.comm.process_tgid;
		return PROCESS_NAMED;
	default:
		return PROCESS_OTHER;
	}
}
