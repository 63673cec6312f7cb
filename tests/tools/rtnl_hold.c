/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rtnl_hold SECONDS INTERFACE: holds the kernel's RTNL lock for so long, as a
 * driver does that hangs. An ethtool question is answered under that lock into
 * a page that is not there yet; whoever brings pages (userfaultfd, a thread of
 * ours) takes its time. Prints "held", and "free" with the time at which it
 * ends.
 *
 * The lock is one for all network namespaces of a kernel: this refuses to run
 * on any kernel but User-Mode Linux.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <linux/userfaultfd.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int pages_fd, seconds;
static long page_size;

static void fail(const char *what)
{
	fprintf(stderr, "rtnl_hold: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int is_user_mode_linux(void)
{
	char text[256] = "";
	FILE *file = fopen("/proc/cpuinfo", "r");
	int found = 0;

	while (file && fgets(text, sizeof(text), file))
		found |= strstr(text, "User Mode Linux") != NULL;
	if (file)
		fclose(file);
	return found;
}

/* Brings the page, late. */
static void *pager(void *arg)
{
	struct pollfd asked = {.fd = pages_fd, .events = POLLIN};
	struct uffdio_zeropage page;
	struct timespec now;
	struct uffd_msg message;

	(void)arg;
	if (poll(&asked, 1, -1) != 1 ||
	    read(pages_fd, &message, sizeof(message)) != sizeof(message))
		fail("no fault came");
	puts("held");
	fflush(stdout);
	sleep((unsigned)seconds);
	/* before it: later than this it may be that others saw it free first */
	clock_gettime(CLOCK_REALTIME, &now);
	printf("free %lld.%09ld\n", (long long)now.tv_sec, now.tv_nsec);
	fflush(stdout);
	page = (struct uffdio_zeropage){
		.range = {.start = message.arg.pagefault.address &
				   ~(unsigned long long)(page_size - 1),
			  .len = (unsigned long long)page_size}};
	if (ioctl(pages_fd, UFFDIO_ZEROPAGE, &page) != 0)
		fail("the page cannot be brought");
	return NULL;
}

int main(int argc, char **argv)
{
	struct uffdio_api api = {.api = UFFD_API};
	struct uffdio_register area = {.mode = UFFDIO_REGISTER_MODE_MISSING};
	struct ethtool_value *question;
	struct ifreq request;
	pthread_t thread;
	uint8_t *pages;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (argc != 3 || !is_user_mode_linux()) {
		fprintf(stderr, "rtnl_hold SECONDS INTERFACE, in a guest of "
				"User-Mode Linux only\n");
		return 2;
	}
	seconds = atoi(argv[1]);
	page_size = sysconf(_SC_PAGESIZE);
	pages = mmap(NULL, 2 * (size_t)page_size, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pages_fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	if (pages == MAP_FAILED || fd < 0 || pages_fd < 0 ||
	    ioctl(pages_fd, UFFDIO_API, &api) != 0)
		fail("no userfaultfd");
	area.range.start = (uintptr_t)pages + (unsigned long)page_size;
	area.range.len = (unsigned long long)page_size;
	if (ioctl(pages_fd, UFFDIO_REGISTER, &area) != 0)
		fail("no page to be late with");
	/* the command in the first page, the place of the answer in the second
	 */
	question = (struct ethtool_value *)(void *)(pages + page_size -
						    sizeof(question->cmd));
	question->cmd = ETHTOOL_GGSO;
	memset(&request, 0, sizeof(request));
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", argv[2]);
	request.ifr_data = (char *)question;
	if (pthread_create(&thread, NULL, pager, NULL) != 0)
		fail("no thread");
	if (ioctl(fd, SIOCETHTOOL, &request) != 0)
		fail("ethtool");
	return 0;
}
