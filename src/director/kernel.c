/* SPDX-License-Identifier: GPL-3.0-or-later */
/* net.ipv4.vs and the time-outs, of this network namespace. Written only where
 * they differ: who looks at them sees no change that is none. */
#include "director.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define VALUE_MAX 32

struct sysctl {
	const char *name;
	char value[VALUE_MAX];
};

/* As the file has it: words apart by white space. */
static bool is_same(const char *a, const char *b)
{
	for (;;) {
		size_t size = strcspn(a, " \t\n");

		if (size != strcspn(b, " \t\n") || strncmp(a, b, size) != 0)
			return false;
		a += size + strspn(a + size, " \t\n");
		b += size + strspn(b + size, " \t\n");
		if (*a == '\0' || *b == '\0')
			return *a == *b;
	}
}

int kernel_set(const char *name, const char *value)
{
	char path[80], is[VALUE_MAX] = "";
	ssize_t size;
	int fd, result = -1;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/vs/%s", name);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -1;
	size = read(fd, is, sizeof(is) - 1);
	if (size > 0 && is_same(is, value)) {
		result = 0;
	} else if (size >= 0) {
		size = (ssize_t)strlen(value);
		if (pwrite(fd, value, (size_t)size, 0) == size)
			result = 1;
	}
	close(fd);
	return result;
}

static int set_timeouts(const struct settings_director *director,
			struct ipvs *ipvs)
{
	const struct ipvs_timeouts wanted = {
		director->tcp_s, director->tcp_fin_s, director->udp_s};
	struct ipvs_timeouts is;

	if (ipvs_read_timeouts(ipvs, &is) != 0)
		return -1;
	if (is.tcp_s == wanted.tcp_s && is.tcp_fin_s == wanted.tcp_fin_s &&
	    is.udp_s == wanted.udp_s)
		return 0;
	return ipvs_set_timeouts(ipvs, &wanted) == 0 ? 1 : -1;
}

int kernel_set_all(const struct settings_director *director, struct ipvs *ipvs,
		   char *error, size_t error_size)
{
	const struct settings_director_sync *sync = &director->sync;
	struct sysctl sysctls[] = {
		{"expire_nodest_conn", ""}, {"expire_quiescent_template", ""},
		{"sloppy_tcp", ""},	    {"conntrack", ""},
		{"sync_threshold", ""},	    {"sync_refresh_period", ""},
		{"backup_only", ""},
	};
	const bool on[] = {director->expire_nodest,
			   director->expire_quiescent_template,
			   director->sloppy_tcp, director->conntrack};
	size_t count = sync->configured ? 7 : 4;
	int changed = 0, result;

	for (size_t i = 0; i < 4; i++)
		snprintf(sysctls[i].value, VALUE_MAX, "%d", on[i]);
	snprintf(sysctls[4].value, VALUE_MAX, "%u %u", sync->threshold,
		 sync->period);
	snprintf(sysctls[5].value, VALUE_MAX, "%u", sync->refresh_s);
	/* D8: with a thread that hears on both nodes it would switch both off
	 */
	snprintf(sysctls[6].value, VALUE_MAX, "%d",
		 sync->role == SYNC_ROLE_FOLLOW);
	for (size_t i = 0; i < count; i++) {
		result = kernel_set(sysctls[i].name, sysctls[i].value);
		if (result < 0) {
			snprintf(error, error_size,
				 "net.ipv4.vs.%s cannot be set to %s: %s",
				 sysctls[i].name, sysctls[i].value,
				 strerror(errno));
			return -1;
		}
		changed += result;
	}
	result = set_timeouts(director, ipvs);
	if (result < 0) {
		snprintf(error, error_size, "%s", ipvs->why);
		return -1;
	}
	return changed + result;
}
