/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * IPVS over generic netlink. Byte orders are the kernel's whim: ports of
 * services and servers in network order, those of sync threads in host order;
 * the mask of IPv4 persistence in network order, the prefix of IPv6 in host
 * order (ip_vs_ctl.c of Linux 6.1).
 */
#include "ipvs.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/ip_vs.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "../base/dump_end.h"

/* The kernel answers when it has its locks; more is a kernel that hangs. */
#define ANSWER_S      10
#define SOCKET_BUFFER (1024 * 1024)
#define MESSAGE_SIZE  1024
#define FLAGS_OURS                                                             \
	(IP_VS_SVC_F_PERSISTENT | IP_VS_SVC_F_ONEPACKET | IP_VS_SVC_F_SCHED1 | \
	 IP_VS_SVC_F_SCHED2 | IP_VS_SVC_F_SCHED3)

/* ---- the socket ---- */

int ipvs_open(struct ipvs *ipvs, char *error, size_t error_size)
{
	const struct timeval patience = {.tv_sec = ANSWER_S};
	int result = -NLE_NOMEM;

	ipvs->socket = nl_socket_alloc();
	if (ipvs->socket != NULL)
		result = genl_connect(ipvs->socket);
	if (result == 0) {
		nl_socket_disable_seq_check(ipvs->socket);
		nl_socket_disable_auto_ack(ipvs->socket);
		nl_socket_set_buffer_size(ipvs->socket, SOCKET_BUFFER,
					  SOCKET_BUFFER);
		setsockopt(nl_socket_get_fd(ipvs->socket), SOL_SOCKET,
			   SO_RCVTIMEO, &patience, sizeof(patience));
		result = ipvs->family =
			genl_ctrl_resolve(ipvs->socket, IPVS_GENL_NAME);
	}
	if (result >= 0) {
		/* to know it is one thing, to be allowed another */
		struct ipvs_timeouts timeouts;

		if (ipvs_read_timeouts(ipvs, &timeouts) == 0)
			return 0;
		snprintf(error, error_size, "%s", ipvs->why);
	} else {
		snprintf(error, error_size,
			 "the kernel has no IPVS (%s): load the module ip_vs, "
			 "or use a kernel that has it",
			 nl_geterror(result));
	}
	ipvs_close(ipvs);
	return -1;
}

void ipvs_close(struct ipvs *ipvs)
{
	nl_socket_free(ipvs->socket);
	ipvs->socket = NULL;
	ipvs->used = 0;
	ipvs->queued = 0;
}

static const char *error_text(int error)
{
	if (error == EPERM)
		return "not permitted: it needs CAP_NET_ADMIN in the first "
		       "user namespace";
	return strerror(error);
}

static struct nl_msg *begin(struct ipvs *ipvs, uint8_t command, int flags)
{
	struct nl_msg *message = nlmsg_alloc_size(MESSAGE_SIZE);

	if (message != NULL &&
	    genlmsg_put(message, 0, ++ipvs->sequence, ipvs->family, 0,
			NLM_F_REQUEST | flags, command,
			IPVS_GENL_VERSION) == NULL) {
		nlmsg_free(message);
		message = NULL;
	}
	return message;
}

/* ---- one question, its answers ---- */

struct answers {
	int (*take)(struct nlattr **attributes, void *arg);
	void *arg;
	int maximum;
	bool is_ended;
	int error; /* errno, 0 */
};

static int take_valid(struct nl_msg *message, void *arg)
{
	struct nlattr *attributes[IPVS_CMD_ATTR_MAX + 1];
	struct answers *answers = arg;

	if (genlmsg_parse(nlmsg_hdr(message), 0, attributes, IPVS_CMD_ATTR_MAX,
			  NULL) == 0 &&
	    answers->take != NULL &&
	    answers->take(attributes, answers->arg) != 0)
		answers->error = ENOMEM;
	return NL_OK;
}

static int take_error(struct sockaddr_nl *from, struct nlmsgerr *error,
		      void *arg)
{
	struct answers *answers = arg;

	(void)from;
	/* not libnl's code: that folds ESRCH and ENOENT into one */
	answers->error = -error->error;
	answers->is_ended = true;
	return NL_STOP;
}

static int take_end(struct nl_msg *message, void *arg)
{
	struct nlmsghdr *head = nlmsg_hdr(message);
	struct answers *answers = arg;
	int error = head->nlmsg_type == NLMSG_DONE ? dump_end_error(head) : 0;

	if (error != 0)
		answers->error = error;
	answers->is_ended = true;
	return NL_STOP;
}

/* Sends and frees message; 0 or -1 with ipvs->why. */
static int ask(struct ipvs *ipvs, struct nl_msg *message, const char *what,
	       int (*take)(struct nlattr **attributes, void *arg), void *arg)
{
	struct answers answers = {.take = take, .arg = arg};
	struct nl_cb *callbacks = nl_cb_alloc(NL_CB_DEFAULT);
	int result = -NLE_NOMEM;

	if (message != NULL && callbacks != NULL) {
		nl_cb_set(callbacks, NL_CB_VALID, NL_CB_CUSTOM, take_valid,
			  &answers);
		nl_cb_set(callbacks, NL_CB_FINISH, NL_CB_CUSTOM, take_end,
			  &answers);
		nl_cb_set(callbacks, NL_CB_ACK, NL_CB_CUSTOM, take_end,
			  &answers);
		nl_cb_err(callbacks, NL_CB_CUSTOM, take_error, &answers);
		result = nl_send(ipvs->socket, message);
		while (result >= 0 && !answers.is_ended)
			result = nl_recvmsgs(ipvs->socket, callbacks);
	}
	nl_cb_put(callbacks);
	nlmsg_free(message);
	if (result >= 0 && answers.error == 0)
		return 0;
	snprintf(ipvs->why, sizeof(ipvs->why), "%s: %s", what,
		 answers.error != 0 ? error_text(answers.error)
				    : nl_geterror(result));
	return -1;
}

static uint32_t number(struct nlattr *attribute)
{
	uint32_t value = 0;
	uint16_t half;

	if (attribute == NULL)
		return 0;
	if (nla_len(attribute) >= (int)sizeof(value)) {
		memcpy(&value, nla_data(attribute), sizeof(value));
	} else if (nla_len(attribute) == (int)sizeof(half)) {
		memcpy(&half, nla_data(attribute), sizeof(half));
		value = half;
	} else if (nla_len(attribute) == 1) {
		value = *(uint8_t *)nla_data(attribute);
	}
	return value;
}

static void text(struct nlattr *attribute, char *to, size_t size)
{
	to[0] = '\0';
	if (attribute != NULL)
		snprintf(to, size, "%.*s", nla_len(attribute),
			 (const char *)nla_data(attribute));
}

/* 4 or 16 bytes; a dump has 16 for both families. */
static struct ip address(struct nlattr *attribute, bool is_v6)
{
	struct ip ip = {{0}};
	uint32_t v4;

	if (attribute == NULL)
		return ip;
	if (is_v6) {
		memcpy(&ip, nla_data(attribute),
		       (size_t)nla_len(attribute) < sizeof(ip)
			       ? (size_t)nla_len(attribute)
			       : sizeof(ip));
	} else if (nla_len(attribute) >= (int)sizeof(v4)) {
		memcpy(&v4, nla_data(attribute), sizeof(v4));
		ip = ip_from_v4(ntohl(v4));
	}
	return ip;
}

static int put_address(struct nl_msg *message, int attribute,
		       const struct ip *ip)
{
	return ip_is_v4(ip) ? nla_put(message, attribute, 4, ip->bytes + 12)
			    : nla_put(message, attribute, 16, ip->bytes);
}

/* ---- reading the table ---- */

static uint8_t prefix_of(struct nlattr *mask, bool is_v6)
{
	uint32_t bits = number(mask);

	return is_v6 ? (uint8_t)bits : (uint8_t)__builtin_popcount(ntohl(bits));
}

static int take_service(struct nlattr **attributes, void *arg)
{
	struct nlattr *of[IPVS_SVC_ATTR_MAX + 1];
	struct table_service *service;
	struct ip_vs_flags flags = {0};

	if (attributes[IPVS_CMD_ATTR_SERVICE] == NULL ||
	    nla_parse_nested(of, IPVS_SVC_ATTR_MAX,
			     attributes[IPVS_CMD_ATTR_SERVICE], NULL) != 0)
		return 0;
	service = table_add_service(arg);
	if (service == NULL)
		return -1;
	service->id.is_v6 = number(of[IPVS_SVC_ATTR_AF]) == AF_INET6;
	service->id.mark = number(of[IPVS_SVC_ATTR_FWMARK]);
	if (service->id.mark == 0) {
		service->id.protocol =
			(uint8_t)number(of[IPVS_SVC_ATTR_PROTOCOL]);
		service->id.port =
			ntohs((uint16_t)number(of[IPVS_SVC_ATTR_PORT]));
		service->id.ip =
			address(of[IPVS_SVC_ATTR_ADDR], service->id.is_v6);
	}
	text(of[IPVS_SVC_ATTR_SCHED_NAME], service->scheduler,
	     sizeof(service->scheduler));
	text(of[IPVS_SVC_ATTR_PE_NAME], service->engine,
	     sizeof(service->engine));
	if (of[IPVS_SVC_ATTR_FLAGS] != NULL &&
	    nla_len(of[IPVS_SVC_ATTR_FLAGS]) >= (int)sizeof(flags))
		memcpy(&flags, nla_data(of[IPVS_SVC_ATTR_FLAGS]),
		       sizeof(flags));
	service->flags = flags.flags & FLAGS_OURS;
	service->sticky_s = number(of[IPVS_SVC_ATTR_TIMEOUT]);
	service->prefix =
		prefix_of(of[IPVS_SVC_ATTR_NETMASK], service->id.is_v6);
	return 0;
}

static uint64_t wide(const struct nlattr *attribute)
{
	uint64_t value = 0;

	if (attribute != NULL && nla_len(attribute) >= (int)sizeof(value))
		memcpy(&value, nla_data(attribute), sizeof(value));
	return value;
}

/* Of kernels before 4.1 there is only what wraps at 32 bits: zeros then. */
static struct table_stats stats(struct nlattr *nest)
{
	struct nlattr *of[IPVS_STATS_ATTR_MAX + 1];

	if (nest == NULL ||
	    nla_parse_nested(of, IPVS_STATS_ATTR_MAX, nest, NULL) != 0)
		return (struct table_stats){.connections = 0};
	return (struct table_stats){
		.connections = wide(of[IPVS_STATS_ATTR_CONNS]),
		.in_packets = wide(of[IPVS_STATS_ATTR_INPKTS]),
		.out_packets = wide(of[IPVS_STATS_ATTR_OUTPKTS]),
		.in_bytes = wide(of[IPVS_STATS_ATTR_INBYTES]),
		.out_bytes = wide(of[IPVS_STATS_ATTR_OUTBYTES]),
		.connections_s = wide(of[IPVS_STATS_ATTR_CPS]),
		.in_packets_s = wide(of[IPVS_STATS_ATTR_INPPS]),
		.out_packets_s = wide(of[IPVS_STATS_ATTR_OUTPPS]),
		.in_bytes_s = wide(of[IPVS_STATS_ATTR_INBPS]),
		.out_bytes_s = wide(of[IPVS_STATS_ATTR_OUTBPS])};
}

static int take_dest(struct nlattr **attributes, void *arg)
{
	struct nlattr *of[IPVS_DEST_ATTR_MAX + 1];
	struct table *table = arg;
	struct table_dest *dest;
	bool is_v6 = table->services[table->service_count - 1].id.is_v6;

	if (attributes[IPVS_CMD_ATTR_DEST] == NULL ||
	    nla_parse_nested(of, IPVS_DEST_ATTR_MAX,
			     attributes[IPVS_CMD_ATTR_DEST], NULL) != 0)
		return 0;
	dest = table_add_dest(table);
	if (dest == NULL)
		return -1;
	if (of[IPVS_DEST_ATTR_ADDR_FAMILY] != NULL)
		is_v6 = number(of[IPVS_DEST_ATTR_ADDR_FAMILY]) == AF_INET6;
	dest->ip = address(of[IPVS_DEST_ATTR_ADDR], is_v6);
	dest->port = ntohs((uint16_t)number(of[IPVS_DEST_ATTR_PORT]));
	dest->forward = (uint8_t)number(of[IPVS_DEST_ATTR_FWD_METHOD]);
	dest->weight = number(of[IPVS_DEST_ATTR_WEIGHT]);
	dest->upper = number(of[IPVS_DEST_ATTR_U_THRESH]);
	dest->lower = number(of[IPVS_DEST_ATTR_L_THRESH]);
	dest->tunnel = (uint8_t)number(of[IPVS_DEST_ATTR_TUN_TYPE]);
	dest->tunnel_port =
		ntohs((uint16_t)number(of[IPVS_DEST_ATTR_TUN_PORT]));
	dest->tunnel_flags = (uint16_t)number(of[IPVS_DEST_ATTR_TUN_FLAGS]);
	dest->active = number(of[IPVS_DEST_ATTR_ACTIVE_CONNS]);
	dest->inactive = number(of[IPVS_DEST_ATTR_INACT_CONNS]);
	if (table->is_counted)
		table->stats[table->dest_count - 1] =
			stats(of[IPVS_DEST_ATTR_STATS64]);
	return 0;
}

/* What names a service: of each request about it. */
static int put_service_id(struct nl_msg *message, const struct table_id *id)
{
	int failed = nla_put_u16(message, IPVS_SVC_ATTR_AF,
				 id->is_v6 ? AF_INET6 : AF_INET);

	if (id->mark > 0)
		return failed |
		       nla_put_u32(message, IPVS_SVC_ATTR_FWMARK, id->mark);
	failed |= nla_put_u16(message, IPVS_SVC_ATTR_PROTOCOL, id->protocol);
	failed |= put_address(message, IPVS_SVC_ATTR_ADDR, &id->ip);
	return failed |
	       nla_put_u16(message, IPVS_SVC_ATTR_PORT, htons(id->port));
}

static int read_dests(struct ipvs *ipvs, struct table *table,
		      const struct table_id *id)
{
	struct nl_msg *message = begin(ipvs, IPVS_CMD_GET_DEST, NLM_F_DUMP);
	struct nlattr *nest = NULL;

	if (message != NULL)
		nest = nla_nest_start(message, IPVS_CMD_ATTR_SERVICE);
	if (nest == NULL || put_service_id(message, id) != 0) {
		nlmsg_free(message);
		message = NULL;
	} else {
		nla_nest_end(message, nest);
	}
	return ask(ipvs, message, "the servers cannot be read", take_dest,
		   table);
}

int ipvs_read_table(struct ipvs *ipvs, struct table *table)
{
	struct table services = {.services = NULL};
	int result =
		ask(ipvs, begin(ipvs, IPVS_CMD_GET_SERVICE, NLM_F_DUMP),
		    "the services cannot be read", take_service, &services);

	table_empty(table);
	for (unsigned i = 0; result == 0 && i < services.service_count; i++) {
		struct table_service *service = table_add_service(table);

		if (service == NULL) {
			snprintf(ipvs->why, sizeof(ipvs->why), "no memory");
			result = -1;
			break;
		}
		services.services[i].first = service->first;
		*service = services.services[i];
		result = read_dests(ipvs, table, &service->id);
	}
	table_free(&services);
	return result;
}

/* ---- writing it ---- */

static int put_service(struct nl_msg *message,
		       const struct table_service *service, bool whole)
{
	const struct ip_vs_flags flags = {.flags = service->flags,
					  .mask = FLAGS_OURS};
	uint32_t mask = service->prefix;
	struct nlattr *nest = nla_nest_start(message, IPVS_CMD_ATTR_SERVICE);
	int failed = nest == NULL || put_service_id(message, &service->id);

	if (!service->id.is_v6)
		mask = htonl(service->prefix > 0
				     ? UINT32_MAX << (32 - service->prefix)
				     : 0);
	if (whole && !failed) {
		failed |= nla_put_string(message, IPVS_SVC_ATTR_SCHED_NAME,
					 service->scheduler);
		failed |= nla_put(message, IPVS_SVC_ATTR_FLAGS, sizeof(flags),
				  &flags);
		failed |= nla_put_u32(message, IPVS_SVC_ATTR_TIMEOUT,
				      service->sticky_s);
		failed |= nla_put_u32(message, IPVS_SVC_ATTR_NETMASK, mask);
		if (service->engine[0] != '\0')
			failed |= nla_put_string(message, IPVS_SVC_ATTR_PE_NAME,
						 service->engine);
	}
	if (!failed)
		nla_nest_end(message, nest);
	return failed;
}

static int put_dest(struct nl_msg *message, const struct plan_order *order)
{
	const struct table_dest *dest = order->dest;
	struct nlattr *nest = nla_nest_start(message, IPVS_CMD_ATTR_DEST);
	bool is_tunnel = dest->forward == FORWARD_TUN;
	int failed = nest == NULL;

	failed |= nla_put_u16(message, IPVS_DEST_ATTR_ADDR_FAMILY,
			      ip_is_v4(&dest->ip) ? AF_INET : AF_INET6);
	failed |= put_address(message, IPVS_DEST_ATTR_ADDR, &dest->ip);
	failed |= nla_put_u16(message, IPVS_DEST_ATTR_PORT, htons(dest->port));
	if (order->verb != PLAN_DELETE_DEST) {
		failed |= nla_put_u32(message, IPVS_DEST_ATTR_FWD_METHOD,
				      dest->forward);
		failed |= nla_put_u32(message, IPVS_DEST_ATTR_WEIGHT,
				      order->weight);
		failed |= nla_put_u32(message, IPVS_DEST_ATTR_U_THRESH,
				      dest->upper);
		failed |= nla_put_u32(message, IPVS_DEST_ATTR_L_THRESH,
				      dest->lower);
	}
	if (order->verb != PLAN_DELETE_DEST && is_tunnel) {
		failed |= nla_put_u8(message, IPVS_DEST_ATTR_TUN_TYPE,
				     dest->tunnel);
		failed |= nla_put_u16(message, IPVS_DEST_ATTR_TUN_PORT,
				      htons(dest->tunnel_port));
		failed |= nla_put_u16(message, IPVS_DEST_ATTR_TUN_FLAGS,
				      dest->tunnel_flags);
	}
	if (!failed)
		nla_nest_end(message, nest);
	return failed;
}

static const uint8_t commands[] = {
	[PLAN_NEW_SERVICE] = IPVS_CMD_NEW_SERVICE,
	[PLAN_SET_SERVICE] = IPVS_CMD_SET_SERVICE,
	[PLAN_DELETE_SERVICE] = IPVS_CMD_DEL_SERVICE,
	[PLAN_NEW_DEST] = IPVS_CMD_NEW_DEST,
	[PLAN_SET_DEST] = IPVS_CMD_SET_DEST,
	[PLAN_DELETE_DEST] = IPVS_CMD_DEL_DEST,
};

static void note_refusal(struct ipvs *ipvs, const struct ipvs_sent *sent,
			 int error)
{
	static const char *const verbs[] = {
		[PLAN_NEW_SERVICE] = "cannot be added",
		[PLAN_SET_SERVICE] = "cannot be changed",
		[PLAN_DELETE_SERVICE] = "cannot be removed",
		[PLAN_NEW_DEST] = "cannot be added",
		[PLAN_SET_DEST] = "cannot be changed",
		[PLAN_DELETE_DEST] = "cannot be removed",
	};
	char service[TABLE_ID_TEXT_MAX], ip[IP_TEXT_MAX], dest[80] = "";
	char more[80] = "";

	if (ipvs->refused++ > 0)
		return;
	if (sent->verb >= PLAN_NEW_DEST)
		snprintf(dest, sizeof(dest), " server %s port %u",
			 ip_format(&sent->ip, ip), sent->port);
	else if (error == ENOENT)
		snprintf(more, sizeof(more),
			 " (does this kernel have the scheduler %s?)",
			 sent->scheduler);
	snprintf(ipvs->why, sizeof(ipvs->why), "%s:%s %s: %s%s",
		 table_id_text(&sent->service, service), dest,
		 verbs[sent->verb], error_text(error), more);
}

/* The answers to one datagram of them; how many there were. */
static unsigned take_answers(struct ipvs *ipvs, uint32_t first,
			     const unsigned char *answer, size_t size)
{
	const struct nlmsghdr *header = (const void *)answer;
	int left = (int)size;
	unsigned count = 0;

	for (; nlmsg_ok(header, left);
	     header = nlmsg_next((struct nlmsghdr *)(uintptr_t)header, &left)) {
		const struct nlmsgerr *error = nlmsg_data(header);

		if (header->nlmsg_type != NLMSG_ERROR ||
		    header->nlmsg_seq - first >= ipvs->queued)
			continue;
		count++;
		if (error->error != 0)
			note_refusal(ipvs,
				     &ipvs->sent[header->nlmsg_seq - first],
				     -error->error);
	}
	return count;
}

void ipvs_flush(struct ipvs *ipvs)
{
	_Alignas(8) static unsigned char answer[16384];
	uint32_t first = ipvs->sequence + 1 - ipvs->queued;
	int fd = nl_socket_get_fd(ipvs->socket);
	unsigned answered = 0;
	ssize_t size = 0;

	if (ipvs->queued > 0)
		size = send(fd, ipvs->batch, ipvs->used, 0);
	while (size >= 0 && answered < ipvs->queued) {
		size = recv(fd, answer, sizeof(answer), 0);
		if (size < 0 && errno == EINTR)
			size = 0;
		else if (size > 0)
			answered +=
				take_answers(ipvs, first, answer, (size_t)size);
	}
	if (size < 0 && ipvs->refused++ == 0)
		snprintf(ipvs->why, sizeof(ipvs->why),
			 "the kernel does not answer: %s", strerror(errno));
	ipvs->used = 0;
	ipvs->queued = 0;
}

void ipvs_order(void *arg, const struct plan_order *order)
{
	bool is_dest = order->verb >= PLAN_NEW_DEST;
	struct ipvs *ipvs = arg;
	struct nl_msg *message;
	struct ipvs_sent *sent;
	size_t size;

	/* a service and its servers go together, if they fit */
	if (ipvs->queued == IPVS_BATCH_MAX ||
	    ipvs->used + MESSAGE_SIZE > IPVS_BATCH_SIZE ||
	    (!is_dest && ipvs->used > IPVS_BATCH_SIZE / 2))
		ipvs_flush(ipvs);
	message = begin(ipvs, commands[order->verb], NLM_F_ACK);
	if (message == NULL ||
	    put_service(message, order->service,
			order->verb <= PLAN_SET_SERVICE) != 0 ||
	    (is_dest && put_dest(message, order) != 0)) {
		/* its number is not sent: the next takes it */
		ipvs->sequence--;
		ipvs->refused++;
		nlmsg_free(message);
		return;
	}
	sent = &ipvs->sent[ipvs->queued++];
	*sent = (struct ipvs_sent){.verb = order->verb,
				   .service = order->service->id};
	memcpy(sent->scheduler, order->service->scheduler,
	       sizeof(sent->scheduler));
	if (is_dest) {
		sent->ip = order->dest->ip;
		sent->port = order->dest->port;
	}
	size = nlmsg_hdr(message)->nlmsg_len;
	memcpy(ipvs->batch + ipvs->used, nlmsg_hdr(message), size);
	ipvs->used += NLMSG_ALIGN(size);
	nlmsg_free(message);
}

/* ---- time-outs ---- */

static int take_timeouts(struct nlattr **attributes, void *arg)
{
	struct ipvs_timeouts *timeouts = arg;

	timeouts->tcp_s = number(attributes[IPVS_CMD_ATTR_TIMEOUT_TCP]);
	timeouts->tcp_fin_s = number(attributes[IPVS_CMD_ATTR_TIMEOUT_TCP_FIN]);
	timeouts->udp_s = number(attributes[IPVS_CMD_ATTR_TIMEOUT_UDP]);
	return 0;
}

int ipvs_read_timeouts(struct ipvs *ipvs, struct ipvs_timeouts *timeouts)
{
	*timeouts = (struct ipvs_timeouts){0};
	return ask(ipvs, begin(ipvs, IPVS_CMD_GET_CONFIG, NLM_F_ACK),
		   "IPVS does not answer", take_timeouts, timeouts);
}

int ipvs_set_timeouts(struct ipvs *ipvs, const struct ipvs_timeouts *timeouts)
{
	struct nl_msg *message = begin(ipvs, IPVS_CMD_SET_CONFIG, NLM_F_ACK);

	if (message != NULL &&
	    (nla_put_u32(message, IPVS_CMD_ATTR_TIMEOUT_TCP, timeouts->tcp_s) ||
	     nla_put_u32(message, IPVS_CMD_ATTR_TIMEOUT_TCP_FIN,
			 timeouts->tcp_fin_s) ||
	     nla_put_u32(message, IPVS_CMD_ATTR_TIMEOUT_UDP,
			 timeouts->udp_s))) {
		nlmsg_free(message);
		message = NULL;
	}
	return ask(ipvs, message, "the time-outs cannot be set", NULL, NULL);
}

/* ---- sync threads ---- */

static const uint32_t states[SYNC_KINDS] = {
	[SYNC_MASTER] = IP_VS_STATE_MASTER, [SYNC_BACKUP] = IP_VS_STATE_BACKUP};
static const char *const kinds[SYNC_KINDS] = {
	[SYNC_MASTER] = "the sync master cannot be started",
	[SYNC_BACKUP] = "the sync backup cannot be started"};

static int take_sync(struct nlattr **attributes, void *arg)
{
	struct nlattr *of[IPVS_DAEMON_ATTR_MAX + 1];
	struct ipvs_sync *sync = arg;
	uint32_t state;

	if (attributes[IPVS_CMD_ATTR_DAEMON] == NULL ||
	    nla_parse_nested(of, IPVS_DAEMON_ATTR_MAX,
			     attributes[IPVS_CMD_ATTR_DAEMON], NULL) != 0)
		return 0;
	state = number(of[IPVS_DAEMON_ATTR_STATE]);
	sync += state == IP_VS_STATE_MASTER ? SYNC_MASTER : SYNC_BACKUP;
	sync->is_there = true;
	text(of[IPVS_DAEMON_ATTR_MCAST_IFN], sync->interface,
	     sizeof(sync->interface));
	sync->id = number(of[IPVS_DAEMON_ATTR_SYNC_ID]);
	sync->maxlen = (uint16_t)number(of[IPVS_DAEMON_ATTR_SYNC_MAXLEN]);
	sync->port = (uint16_t)number(of[IPVS_DAEMON_ATTR_MCAST_PORT]);
	sync->ttl = (uint8_t)number(of[IPVS_DAEMON_ATTR_MCAST_TTL]);
	if (of[IPVS_DAEMON_ATTR_MCAST_GROUP6] != NULL)
		sync->group = address(of[IPVS_DAEMON_ATTR_MCAST_GROUP6], true);
	else
		sync->group = address(of[IPVS_DAEMON_ATTR_MCAST_GROUP], false);
	return 0;
}

int ipvs_read_sync(struct ipvs *ipvs, struct ipvs_sync sync[SYNC_KINDS])
{
	memset(sync, 0, SYNC_KINDS * sizeof(*sync));
	return ask(ipvs, begin(ipvs, IPVS_CMD_GET_DAEMON, NLM_F_DUMP),
		   "the sync threads cannot be read", take_sync, sync);
}

static struct nl_msg *sync_message(struct ipvs *ipvs, uint8_t command,
				   enum ipvs_sync_kind kind,
				   const struct ipvs_sync *sync)
{
	struct nl_msg *message = begin(ipvs, command, NLM_F_ACK);
	struct nlattr *nest = NULL;
	int failed = 0;

	if (message != NULL)
		nest = nla_nest_start(message, IPVS_CMD_ATTR_DAEMON);
	if (nest == NULL)
		goto fail;
	failed |= nla_put_u32(message, IPVS_DAEMON_ATTR_STATE, states[kind]);
	failed |= nla_put_u32(message, IPVS_DAEMON_ATTR_SYNC_ID, sync->id);
	failed |= nla_put_string(message, IPVS_DAEMON_ATTR_MCAST_IFN,
				 sync->interface);
	if (command == IPVS_CMD_NEW_DAEMON) {
		failed |= nla_put_u16(message, IPVS_DAEMON_ATTR_SYNC_MAXLEN,
				      sync->maxlen);
		failed |= put_address(message,
				      ip_is_v4(&sync->group)
					      ? IPVS_DAEMON_ATTR_MCAST_GROUP
					      : IPVS_DAEMON_ATTR_MCAST_GROUP6,
				      &sync->group);
		failed |= nla_put_u16(message, IPVS_DAEMON_ATTR_MCAST_PORT,
				      sync->port);
		failed |= nla_put_u8(message, IPVS_DAEMON_ATTR_MCAST_TTL,
				     sync->ttl);
	}
	if (failed == 0) {
		nla_nest_end(message, nest);
		return message;
	}
fail:
	nlmsg_free(message);
	return NULL;
}

int ipvs_start_sync(struct ipvs *ipvs, enum ipvs_sync_kind kind,
		    const struct ipvs_sync *sync)
{
	return ask(ipvs, sync_message(ipvs, IPVS_CMD_NEW_DAEMON, kind, sync),
		   kinds[kind], NULL, NULL);
}

int ipvs_stop_sync(struct ipvs *ipvs, enum ipvs_sync_kind kind, uint32_t id)
{
	const struct ipvs_sync sync = {.id = id};

	return ask(ipvs, sync_message(ipvs, IPVS_CMD_DEL_DAEMON, kind, &sync),
		   "a sync thread cannot be stopped", NULL, NULL);
}
