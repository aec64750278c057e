// SPDX-License-Identifier: GPL-2.0
/* When the hardware watchdog is fed. See transcript.h for how to read it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "transcript.h"

#define TEST(name, ...) \
	static void name(void **state) \
	{ \
		(void)state; \
		transcript(__VA_ARGS__); \
	}

/* A time-out of 8 s: fed every 2 s. */
#define SERVES(...) \
	"[    1] config self 1 heads 1,2,3 rule majority watchdog 8000" \
	__VA_ARGS__ "\n" \
	"        feed\n" \
	"[    1] memory 1 9 of 1,2,3\n" \
	"        tell found 9 of 1,2,3\n" \
	"[    1] view serving 9 of 1,2,3\n" \
	"[    1] carrier on\n"

TEST(a_head_that_serves_is_fed, SERVES()
     "        2001: feed\n"
     "        4001: feed\n"
     "[ 5000] wait\n")

TEST(without_a_watchdog_there_is_nothing_to_feed,
     "[    1] config self 1 heads 1,2,3 rule majority\n"
     "[99999] wait\n")

TEST(so_is_one_on_its_way,
     "[    1] config self 1 heads 1,2,3 rule majority watchdog 8000 relied\n"
     "        feed\n"
     "[    1] memory 1 9 of 1,2,3\n"
     "        tell found 9 of 1,2,3\n"
     "        2001: feed\n"
     "[ 3000] view down\n"
     "        start nobody\n"
     "        4001: feed\n"
     "[ 5000] view waiting\n"
     "        6001: feed\n"
     "[ 7000] view learning 10 of 2,3,1 learners 1\n"
     "        save 10 of 1,2,3\n"
     "        8001: feed\n"
     "[ 9000] wait\n")

TEST(wedged_with_a_fence_that_is_pending_it_is_fed, SERVES(" relied")
     "[ 1000] view wedged 9 of 1,2,3\n"
     "[ 1000] fence 2/20 token 5 blocked\n"
     "        1500: shoot 2/20 token 5\n"
     "        2001: feed\n"
     "        4001: feed\n"
     "[ 5000] over 2/20\n"
     "        cancel 2/20 token 5\n"
     "        6001: starve\n"
     "        6001: alert starved\n"
     "[99999] wait\n")

/* A fence of a head that was left out before helps nobody who is wedged. */
TEST(wedged_with_another_fence_it_is_not, SERVES(" relied nodevices")
     "[ 1000] fence 2/20 token 5 excluded\n"
     "        alert fence-manual 2\n"
     "[ 1000] view wedged 9 of 1,2,3\n"
     "        2001: starve\n"
     "        2001: alert starved\n"
     "[99999] wait\n")

TEST(a_view_change_that_ends_in_time_is_no_reason, SERVES(" relied")
     "[ 1000] view wedged 9 of 1,2,3\n"
     "[ 1300] view serving 9 of 1,2,3\n"
     "        2001: feed\n"
     "[ 3000] wait\n")

TEST(a_wedged_head_that_is_whole_again_is_fed_at_once, SERVES(" relied")
     "[ 1000] view wedged 9 of 1,2,3\n"
     "        2001: starve\n"
     "        2001: alert starved\n"
     "[ 7000] view serving 9 of 1,2,3\n"
     "        feed\n"
     "        9000: feed\n"
     "[ 9500] wait\n")

/* All that a dead switch parts would be reset at once, with what they hold. */
TEST(where_nobody_relies_on_that_a_wedged_head_is_fed, SERVES()
     "[ 1000] view wedged 9 of 1,2,3\n"
     "        2001: feed\n"
     "        4001: feed\n"
     "[ 5000] wait\n")

TEST(a_head_that_knows_itself_out_is_not_fed, SERVES()
     "[ 1000] view expelled\n"
     "        save 9 of 1,2,3 gone\n"
     "        2001: starve\n"
     "        2001: alert starved\n"
     "        11000: alert save-hangs\n"
     "[99999] wait\n")

TEST(a_head_that_comes_in_again_is_fed, SERVES()
     "[ 1000] view expelled\n"
     "        save 9 of 1,2,3 gone\n"
     "        2001: starve\n"
     "        2001: alert starved\n"
     "[ 3000] view waiting\n"
     "        start nobody\n"
     "        feed\n")

TEST(a_broken_head_is_not_fed, SERVES()
     "[ 1000] view halted\n"
     "        2001: starve\n"
     "        2001: alert starved\n"
     "[99999] wait\n")

TEST(a_head_that_has_left_is_fed, SERVES(" relied")
     "[ 1000] view left\n"
     "        save 9 of 1,2,3 left gone\n"
     "        2001: feed\n"
     "[ 3000] wait\n")

/* It may be out for long, and not know it yet. */
TEST(who_stood_still_looks_before_it_feeds, SERVES(" relied")
     "[ 6000] late\n"
     "        6200: feed\n"
     "[ 6300] wait\n")

TEST(where_nobody_relies_on_that_it_feeds_at_once, SERVES()
     "[ 6000] late\n"
     "        feed\n")

TEST(who_finds_itself_out_then_does_not_feed, SERVES(" relied")
     "[ 6000] late\n"
     "[ 6100] view wedged 9 of 1,2,3\n"
     "        starve\n"
     "        alert starved\n"
     "[99999] wait\n")

TEST(who_is_a_little_late_feeds, SERVES(" relied")
     "[ 3900] late\n"
     "        feed\n")

/* Whatever becomes of the view: it was said that this machine is to be reset. */
TEST(a_head_that_is_to_be_reset_is_never_fed_again, SERVES()
     "[ 1000] self-fence\n"
     "        2001: starve\n"
     "        2001: alert starved\n"
     "[ 3000] view waiting\n"
     "        start nobody\n"
     "[ 4000] view serving 10 of 1,2,3\n"
     "        save 10 of 1,2,3\n"
     "        14000: alert save-hangs\n"
     "[99999] wait\n")

/* Of another incarnation, or none, an announcement says nothing. */
TEST(only_what_the_same_incarnation_announced_counts, SERVES()
     "[ 1000] armed? 2\n"
     "        0\n"
     "[ 1000] heard 2/20\n"
     "[ 1000] armed 2/20 8000\n"
     "[ 1000] armed? 2\n"
     "        8000\n"
     "[ 1100] heard 2/21\n"
     "[ 1100] armed? 2\n"
     "        0\n"
     "[ 1200] armed 2/21 0\n"
     "[ 1200] armed? 2\n"
     "        0\n")

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_head_that_serves_is_fed),
		cmocka_unit_test(without_a_watchdog_there_is_nothing_to_feed),
		cmocka_unit_test(so_is_one_on_its_way),
		cmocka_unit_test(wedged_with_a_fence_that_is_pending_it_is_fed),
		cmocka_unit_test(wedged_with_another_fence_it_is_not),
		cmocka_unit_test(a_view_change_that_ends_in_time_is_no_reason),
		cmocka_unit_test(a_wedged_head_that_is_whole_again_is_fed_at_once),
		cmocka_unit_test(where_nobody_relies_on_that_a_wedged_head_is_fed),
		cmocka_unit_test(a_head_that_knows_itself_out_is_not_fed),
		cmocka_unit_test(a_head_that_comes_in_again_is_fed),
		cmocka_unit_test(a_broken_head_is_not_fed),
		cmocka_unit_test(a_head_that_has_left_is_fed),
		cmocka_unit_test(who_stood_still_looks_before_it_feeds),
		cmocka_unit_test(where_nobody_relies_on_that_it_feeds_at_once),
		cmocka_unit_test(who_finds_itself_out_then_does_not_feed),
		cmocka_unit_test(who_is_a_little_late_feeds),
		cmocka_unit_test(a_head_that_is_to_be_reset_is_never_fed_again),
		cmocka_unit_test(only_what_the_same_incarnation_announced_counts),
	};

	return cmocka_run_group_tests_name("samrd_policy_feed", tests, NULL,
					   NULL);
}
