/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The VRRP link on real sockets (vrrp_pair.h). What is sent is judged by
 * tshark.
 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>

#include "vrrp_pair.h"

/* Puts any IP packet on the wire from the sender's side. */
static void inject(const uint8_t *packet, size_t size, const uint8_t *to)
{
	struct sockaddr_ll address = {.sll_family = AF_PACKET,
				      .sll_protocol = htons(ETH_P_IP),
				      .sll_halen = ETH_ALEN};
	int fd;

	enter(sender_ns);
	fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	address.sll_ifindex = (int)if_nametoindex(INTERFACE);
	memcpy(address.sll_addr, to, ETH_ALEN);
	assert_int_equal(sendto(fd, packet, size, 0,
				(struct sockaddr *)&address, sizeof(address)),
			 size);
	close(fd);
}

static const uint8_t group_mac[] = {0x01, 0x00, 0x5e, 0, 0, 18};

/* An advert as a whole packet of at least 46 bytes, like from a real card. */
static size_t forge(const struct vrrp_options *options, uint32_t source,
		    uint8_t *packet)
{
	struct ip from = ip_from_v4(source), group = vrrp_group(false);
	size_t size = vrrp_build(&options->expect, 100, &from, &group, false,
				 packet + 20);
	const uint8_t head[20] = {0x45,
				  0xc0,
				  0,
				  (uint8_t)(20 + size),
				  0,
				  0,
				  0,
				  0,
				  255,
				  112,
				  0,
				  0,
				  (uint8_t)(source >> 24),
				  (uint8_t)(source >> 16),
				  (uint8_t)(source >> 8),
				  (uint8_t)source,
				  224,
				  0,
				  0,
				  18};
	uint32_t sum = 0;

	memcpy(packet, head, sizeof(head));
	for (int i = 0; i < 20; i += 2)
		sum += (uint32_t)(packet[i] << 8 | packet[i + 1]);
	sum = (sum & 0xffff) + (sum >> 16);
	packet[10] = (uint8_t)(~sum >> 8);
	packet[11] = (uint8_t)~sum;
	for (size += 20; size < 46; size++)
		packet[size] = 0xa5;
	return size;
}

static void test_an_advert_is_heard_but_not_ones_own(void **state)
{
	struct pair *pair = *state;

	if (pair == NULL)
		skip();
	pair_send(pair, 150);
	assert_int_equal(pair_receive(pair, 1000), 0);
	assert_int_equal(pair->heard, 1);
	assert_int_equal(pair->last.verdict, VRRP_OK);
	assert_int_equal(ip_to_v4(&pair->last.source), SENDER);
	assert_int_equal(pair->last.advert.priority, 150);
	assert_int_equal(pair->last.advert.interval_ms, 1000);
	assert_false(pair->last.advert.addresses_differ);
	assert_int_equal(vrrp_counters(pair->sender)->tx, 1);
	assert_int_equal(vrrp_counters(pair->hearer)->rx, 1);
	assert_int_equal(vrrp_drop_counters(pair->hearer)[VRRP_OK], 1);

	assert_int_equal(vrrp_port_receive(pair->sender_port, pair_take, pair,
					   pair->error, sizeof(pair->error)),
			 0);
	assert_int_equal(pair->heard, 1);
	assert_int_equal(vrrp_counters(pair->sender)->loop, 0);
}

/* ---- what goes out, by tshark ---- */

static void put_pcap(FILE *file, const uint8_t *frame, uint32_t size)
{
	const uint32_t head[] = {0xa1b2c3d4, 0x00040002, 0, 0, 65535, 1};
	const uint32_t record[] = {0, 0, size, size};

	if (ftell(file) == 0)
		fwrite(head, sizeof(head), 1, file);
	fwrite(record, sizeof(record), 1, file);
	fwrite(frame, size, 1, file);
}

static void capture_one(const struct vrrp_options *options, uint8_t priority,
			FILE *file)
{
	struct vrrp_port *port;
	struct vrrp *vrrp = test_open(sender_ns, options, &port);
	struct pollfd fd = {.events = POLLIN};
	uint8_t frame[2048];
	char error[256];
	ssize_t size;

	enter(hearer_ns);
	fd.fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_IP));
	assert_true(fd.fd >= 0);
	enter(sender_ns);
	assert_int_equal(vrrp_send(vrrp, priority, 1, error, sizeof(error)), 0);
	/* Joining the group is announced by IGMP on the same wire. */
	do {
		assert_int_equal(poll(&fd, 1, 1000), 1);
		size = recv(fd.fd, frame, sizeof(frame), 0);
		assert_true(size > 34);
	} while (frame[23] != VRRP_PROTOCOL);
	put_pcap(file, frame, (uint32_t)size);
	close(fd.fd);
	vrrp_free(vrrp);
	vrrp_port_free(port);
}

static void read_command(const char *command, char *text, size_t size)
{
	FILE *output = popen(command, "r");
	size_t used;

	assert_non_null(output);
	used = fread(text, 1, size - 1, output);
	text[used] = '\0';
	assert_int_equal(pclose(output), 0);
}

static void test_tshark_finds_nothing_wrong_with_adverts(void **state)
{
	static const char fields[] =
		"tshark -r %s -n -o ip.check_checksum:TRUE "
		"-o vrrp.v3_checksum_as_in_v2:%s -T fields -E separator=' ' "
		"-e eth.dst -e ip.src -e ip.dst -e ip.ttl -e ip.dsfield "
		"-e ip.checksum.status -e vrrp.checksum.status "
		"-e vrrp.version -e vrrp.virt_rtr_id -e vrrp.prio "
		"-e vrrp.ip_addr -e vrrp.auth_string 2>/dev/null";
	static const char head[] = "01:00:5e:00:00:12 10.99.0.1 224.0.0.18 255 "
				   "0xc0 1 1 ";
	static const char *const tails[] = {
		"3 51 150 10.99.0.100,10.99.0.101",
		"2 51 0 10.99.0.100,10.99.0.101 abcdefgh",
		"3 51 254 10.99.0.100,10.99.0.101"};
	struct pair *pair = *state;

	if (pair == NULL || system("command -v tshark >/dev/null") != 0)
		skip();
	for (int kind = 0; kind < 3; kind++) {
		struct vrrp_options options = test_options(kind == 1 ? 2 : 3);
		const uint8_t priorities[] = {150, 0, 254};
		char path[] = "/tmp/twinbeat-pcap-XXXXXX";
		char command[600], got[512], expect[256];
		int fd = mkstemp(path);
		FILE *file = fdopen(fd, "w");

		if (kind == 1)
			strcpy(options.expect.password, "abcdefgh");
		options.message_only_checksum = kind == 2;
		capture_one(&options, priorities[kind], file);
		fclose(file);
		snprintf(command, sizeof(command), fields, path,
			 kind == 2 ? "TRUE" : "FALSE");
		read_command(command, got, sizeof(got));
		unlink(path);
		snprintf(expect, sizeof(expect), "%s%s", head, tails[kind]);
		if (strncmp(got, expect, strlen(expect)) != 0)
			fail_msg("tshark: %s, not %s", got, expect);
	}
}

/* ---- firewalls ---- */

static void send_and_receive(struct pair *pair, unsigned adverts)
{
	for (unsigned i = 0; i < adverts; i++) {
		unsigned before = pair->heard;

		pair_send(pair, 100);
		assert_true(pair_receive(pair, 1000) >= 0);
		assert_int_equal(pair->heard, before + 1);
	}
}

static void test_an_input_drop_is_heard_and_noticed(void **state)
{
	struct pair *pair = *state;

	if (pair == NULL)
		skip();
	send_and_receive(pair, 10);
	assert_false(vrrp_is_filtered(pair->hearer));
	enter(hearer_ns);
	run("nft 'add table ip t; add chain ip t c { type filter hook input "
	    "priority 0; }; add rule ip t c ip protocol 112 drop'");
	send_and_receive(pair, 3);
	assert_false(vrrp_is_filtered(pair->hearer));
	/* the witness is asked after five, and may still have an old one */
	send_and_receive(pair, 7);
	enter(hearer_ns);
	run("nft delete table ip t");
	assert_true(vrrp_is_filtered(pair->hearer));
	send_and_receive(pair, 1);
	usleep(20000);
	send_and_receive(pair, 1);
	assert_false(vrrp_is_filtered(pair->hearer));
}

static void test_rp_filter_is_heard_and_noticed(void **state)
{
	struct pair *pair = *state;
	struct vrrp_options options = test_options(3);

	if (pair == NULL)
		skip();
	options.source = ip_from_v4(0xac1f0009); /* no way back to it by tb0 */
	open_sender(pair, &options);
	enter(hearer_ns);
	run("echo 1 >/proc/sys/net/ipv4/conf/" INTERFACE "/rp_filter");
	send_and_receive(pair, 8);
	assert_true(vrrp_is_filtered(pair->hearer));
	enter(hearer_ns);
	run("echo 0 >/proc/sys/net/ipv4/conf/" INTERFACE "/rp_filter");
	run("echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter");
	assert_int_equal(ip_to_v4(&pair->last.source), 0xac1f0009);
}

/* A burst, as after a stall, is one observation and not a firewall. */
static void test_a_burst_is_no_firewall(void **state)
{
	struct pair *pair = *state;

	if (pair == NULL)
		skip();
	for (int i = 0; i < 40; i++)
		pair_send(pair, 100);
	assert_int_equal(pair_receive(pair, 1000), 1);
	assert_in_range(pair->heard, 1, 39);
	assert_int_equal(pair_receive(pair, 1000), 0);
	assert_int_equal(pair->heard, 40);
	assert_false(vrrp_is_filtered(pair->hearer));
}

static void test_an_output_drop_is_said_so(void **state)
{
	struct pair *pair = *state;

	if (pair == NULL)
		skip();
	enter(sender_ns);
	run("nft 'add table ip t; add chain ip t c { type filter hook output "
	    "priority 0; }; add rule ip t c ip protocol 112 drop'");
	assert_int_equal(vrrp_send(pair->sender, 100, 1, pair->error, 256), -1);
	assert_non_null(strstr(pair->error, "firewall"));
	assert_non_null(strstr(pair->error, "OUTPUT"));
	run("nft delete table ip t");
	assert_int_equal(vrrp_counters(pair->sender)->tx, 0);
	assert_int_equal(vrrp_counters(pair->sender)->dropped, 1);
	pair_send(pair, 100);
}

static void test_an_egress_drop_is_said_so(void **state)
{
	struct pair *pair = *state;

	if (pair == NULL)
		skip();
	enter(sender_ns);
	if (system("nft 'add table netdev t; add chain netdev t c { type "
		   "filter hook egress device " INTERFACE " priority 0; }; add "
		   "rule netdev t c ip protocol 112 drop' 2>/dev/null") != 0)
		skip(); /* Linux before 5.16 */
	assert_int_equal(vrrp_send(pair->sender, 100, 1, pair->error, 256), -1);
	run("nft delete table netdev t");
	assert_non_null(strstr(pair->error, "egress"));
	pair_send(pair, 100);
}

/* ---- what is not ours ---- */

static void test_wrong_adverts_are_counted_by_reason(void **state)
{
	struct pair *pair = *state;
	struct vrrp_options options = test_options(2);
	uint8_t packet[128];
	size_t size;

	if (pair == NULL)
		skip();
	size = forge(&options, SENDER, packet);
	inject(packet, size, group_mac);
	assert_int_equal(pair_receive(pair, 1000), 0);
	assert_int_equal(pair->last.verdict, VRRP_VERSION);
	assert_int_equal(ip_to_v4(&pair->last.source), SENDER);
	options = test_options(3);
	size = forge(&options, SENDER, packet);
	packet[22] ^= 1;
	inject(packet, size, group_mac);
	assert_int_equal(pair_receive(pair, 1000), 0);
	assert_int_equal(pair->last.verdict, VRRP_CHECKSUM);
	packet[22] ^= 1;
	inject(packet, size, group_mac);
	assert_int_equal(pair_receive(pair, 1000), 0);
	assert_int_equal(pair->last.verdict, VRRP_OK);
	assert_int_equal(pair->heard, 3);
	assert_int_equal(vrrp_drop_counters(pair->hearer)[VRRP_VERSION], 1);
	assert_int_equal(vrrp_drop_counters(pair->hearer)[VRRP_CHECKSUM], 1);
	assert_int_equal(vrrp_counters(pair->hearer)->framing, 1);
	assert_int_equal(vrrp_drop_counters(pair->hearer)[VRRP_UNSIGNED], 0);
	/* R7: where only signed ones count, the core drops it */
	options.key_count = VRRP_SIGNERS;
	assert_true(vrrp_change(pair->hearer, &options));
	inject(packet, size, group_mac);
	assert_int_equal(pair_receive(pair, 1000), 0);
	assert_int_equal(pair->last.verdict, VRRP_OK);
	assert_int_equal(vrrp_drop_counters(pair->hearer)[VRRP_UNSIGNED], 1);
	assert_int_equal(vrrp_drop_counters(pair->hearer)[VRRP_OK], 1);
}

static void test_other_packets_are_not_even_seen(void **state)
{
	static const uint8_t stranger[] = {2, 0, 0, 0, 0, 9};
	struct pair *pair = *state;
	struct vrrp_options other = test_options(3), ours = test_options(3);
	uint8_t packet[128];
	size_t size;

	if (pair == NULL)
		skip();
	other.expect.vrid = 52;
	size = forge(&other, SENDER, packet);
	inject(packet, size, group_mac);
	size = forge(&ours, SENDER, packet);
	packet[9] = 17;
	inject(packet, size, group_mac);
	packet[9] = 112;
	packet[7] = 1; /* a later fragment */
	inject(packet, size, group_mac);
	packet[7] = 0;
	inject(packet, 21, group_mac);
	/* Seen by a promiscuous card, but meant for somebody else. */
	enter(hearer_ns);
	run("ip link set " INTERFACE " promisc on");
	inject(packet, size, stranger);
	assert_int_equal(pair_receive(pair, 50), 0);
	enter(hearer_ns);
	run("ip link set " INTERFACE " promisc off");
	assert_int_equal(pair->heard, 0);
	assert_int_equal(vrrp_counters(pair->hearer)->rx, 0);
}

static void test_R2_the_own_address_coming_back_is_a_loop(void **state)
{
	struct pair *pair = *state;
	struct vrrp_options options = test_options(3);
	uint8_t packet[128];
	size_t size;

	if (pair == NULL)
		skip();
	size = forge(&options, HEARER, packet);
	inject(packet, size, group_mac);
	assert_int_equal(pair_receive(pair, 1000), 0);
	assert_int_equal(pair->heard, 0);
	assert_int_equal(vrrp_counters(pair->hearer)->loop, 1);
}

static void test_R11_discard_forgets_what_is_buffered(void **state)
{
	struct pair *pair = *state;

	if (pair == NULL)
		skip();
	for (int i = 0; i < 50; i++)
		pair_send(pair, 100);
	usleep(20000);
	vrrp_port_discard(pair->hearer_port);
	assert_int_equal(pair_receive(pair, 20), 0);
	assert_int_equal(pair->heard, 0);
	send_and_receive(pair, 1);
}

/* ---- interfaces and addresses come and go ---- */

static void test_a_foreign_source_is_said_so(void **state)
{
	struct pair *pair = *state;
	struct vrrp_options options = test_options(3);

	if (pair == NULL)
		skip();
	options.source = ip_from_v4(0x0a630009);
	open_sender(pair, &options);
	assert_int_equal(vrrp_send(pair->sender, 100, 1, pair->error, 256), -1);
	if (strstr(pair->error, "10.99.0.9") == NULL)
		fail_msg("%s", pair->error);
}

static void test_a_down_interface_is_lost_and_comes_back(void **state)
{
	struct pair *pair = *state;

	if (pair == NULL)
		skip();
	enter(hearer_ns);
	run("ip link set " INTERFACE " down");
	/* Discarding must not swallow the news. */
	vrrp_port_discard(pair->hearer_port);
	assert_int_equal(pair_receive(pair, 1000), -1);
	assert_non_null(strstr(pair->error, INTERFACE));
	vrrp_close(pair->hearer);
	vrrp_port_close(pair->hearer_port);
	assert_false(vrrp_is_open(pair->hearer));
	assert_int_equal(pair->hearer_port->witness_fd, -1);
	assert_int_equal(vrrp_send(pair->hearer, 1, 1, pair->error, 256), -1);
	assert_int_equal(
		open_link(pair->hearer, pair->hearer_port, pair->error), -1);
	assert_non_null(strstr(pair->error, "down"));
	assert_false(vrrp_port_is_open(pair->hearer_port));
	run("ip link set " INTERFACE " up");
	assert_int_equal(
		open_link(pair->hearer, pair->hearer_port, pair->error), 0);
	usleep(50000);
	send_and_receive(pair, 1);
}

static void test_an_interface_that_vanishes_is_lost(void **state)
{
	struct vrrp_options options = test_options(3);
	struct vrrp *vrrp;
	struct pair pair = {.heard = 0};

	(void)state;
	if (sender_ns < 0)
		skip();
	enter(hearer_ns);
	run("ip link add tb1 type veth peer name tb2");
	run("ip link set tb1 up");
	strcpy(options.interface, "tb1");
	vrrp = test_open(hearer_ns, &options, &pair.hearer_port);
	pair.hearer = vrrp;
	/* No address yet: it hears, and says what sending lacks. */
	assert_int_equal(vrrp_send(vrrp, 1, 1, pair.error, 256), -1);
	assert_non_null(strstr(pair.error, "no IPv4 address"));
	run("ip addr add 10.98.0.1/24 dev tb1");
	/* Asking for it may wait for RTNL: only opening does. */
	assert_int_equal(vrrp_send(vrrp, 1, 1, pair.error, 256), -1);
	assert_int_equal(open_link(vrrp, pair.hearer_port, pair.error), 0);
	assert_int_equal(vrrp_send(vrrp, 1, 1, pair.error, 256), 0);
	run("ip link del tb1");
	assert_int_equal(vrrp_send(vrrp, 1, 1, pair.error, 256), -1);
	assert_non_null(strstr(pair.error, "does not exist"));
	assert_int_equal(pair_receive(&pair, 1000), -1);
	vrrp_port_close(pair.hearer_port);
	assert_int_equal(open_link(vrrp, pair.hearer_port, pair.error), -1);
	assert_non_null(strstr(pair.error, "does not exist"));
	run("ip link add tb1 type veth peer name tb2");
	run("ip link set tb1 up");
	assert_int_equal(open_link(vrrp, pair.hearer_port, pair.error), 0);
	vrrp_free(vrrp);
	vrrp_port_free(pair.hearer_port);
	run("ip link del tb1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		pair_test(test_an_advert_is_heard_but_not_ones_own),
		pair_test(test_tshark_finds_nothing_wrong_with_adverts),
		pair_test(test_an_input_drop_is_heard_and_noticed),
		pair_test(test_rp_filter_is_heard_and_noticed),
		pair_test(test_a_burst_is_no_firewall),
		pair_test(test_an_output_drop_is_said_so),
		pair_test(test_an_egress_drop_is_said_so),
		pair_test(test_wrong_adverts_are_counted_by_reason),
		pair_test(test_other_packets_are_not_even_seen),
		pair_test(test_R2_the_own_address_coming_back_is_a_loop),
		pair_test(test_R11_discard_forgets_what_is_buffered),
		pair_test(test_a_foreign_source_is_said_so),
		pair_test(test_a_down_interface_is_lost_and_comes_back),
		cmocka_unit_test(test_an_interface_that_vanishes_is_lost),
	};

	return cmocka_run_group_tests(tests, setup_namespaces,
				      teardown_namespaces);
}
