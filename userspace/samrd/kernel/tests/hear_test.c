// SPDX-License-Identifier: GPL-2.0
/* News of the kernel that never end: what else is to be done has its turn all the same. */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "../kernel.c"

static unsigned long read_so_far, end_at;
static unsigned int decided, looked;

ssize_t __wrap_mnl_socket_recvfrom(const struct mnl_socket *s, void *buffer,
				   size_t size);
ssize_t __wrap_mnl_socket_recvfrom(const struct mnl_socket *s, void *buffer,
				   size_t size)
{
	struct nlmsghdr *nlh = buffer;

	(void)s;
	assert_true(size >= sizeof(*nlh));
	if (read_so_far >= end_at) {
		errno = EAGAIN;
		return -1;
	}
	/* A loop that never ends shall be a failure, and no time-out. */
	assert_true(++read_so_far < 100000);
	*nlh = (struct nlmsghdr){ .nlmsg_len = sizeof(*nlh),
				  .nlmsg_type = NLMSG_NOOP };
	return sizeof(*nlh);
}

static int on_decide(sd_event_source *source, uint64_t usec, void *data)
{
	(void)usec;
	(void)data;
	decided++;
	return sd_event_source_set_enabled(source, SD_EVENT_OFF);
}

static int on_look(sd_event_source *source, void *data)
{
	(void)data;
	looked++;
	return sd_event_source_set_enabled(source, SD_EVENT_OFF);
}

/* A loop with news, readable for ever, a look and a decision that are due. */
static void run_loop(unsigned long news, unsigned int turns, int64_t *priority)
{
	struct kernel k = { };
	sd_event_source *timer;
	int fd[2];

	read_so_far = decided = looked = 0;
	end_at = news;
	assert_int_equal(pipe(fd), 0);
	assert_int_equal(write(fd[1], "x", 1), 1);
	assert_true(sd_event_new(&k.event) >= 0);
	assert_true(sd_event_add_io(k.event, &k.io, fd[0], EPOLLIN, on_io, &k) >= 0);
	assert_true(sd_event_add_defer(k.event, &k.again, on_look, &k) >= 0);
	assert_true(sd_event_source_set_priority(k.again, TURN_LOOK) >= 0);
	assert_true(sd_event_add_time_relative(k.event, &timer, CLOCK_MONOTONIC, 0, 0,
					       on_decide, &k) >= 0);
	assert_true(sd_event_source_set_priority(timer, TURN_DECIDE) >= 0);
	while (turns--)
		assert_true(sd_event_run(k.event, 1000) >= 0);
	assert_true(sd_event_source_get_priority(k.io, priority) >= 0);
	sd_event_source_disable_unref(timer);
	sd_event_source_disable_unref(k.io);
	sd_event_source_disable_unref(k.again);
	sd_event_unref(k.event);
	close(fd[0]);
	close(fd[1]);
}

static void news_without_an_end(void **state)
{
	int64_t priority;

	(void)state;
	run_loop(ULONG_MAX, 20, &priority);
	assert_int_equal(looked, 1);
	assert_int_equal(decided, 1);
	assert_true(read_so_far > PIECES);
}

static void news_that_end_come_first_again(void **state)
{
	int64_t priority;

	(void)state;
	run_loop(3 * PIECES, 20, &priority);
	assert_int_equal(read_so_far, 3 * PIECES);
	assert_int_equal(priority, TURN_FACTS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(news_without_an_end),
		cmocka_unit_test(news_that_end_come_first_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
