// SPDX-License-Identifier: GPL-2.0
/* Whom the policy fences, and when. See transcript.h for how to read it. */
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

/* Head 1 of two, senior, in the view with head 2 that was heard. */
#define TWO \
	"[    0] config self 1 heads 1,2 rule fence\n" \
	SERVES

#define SERVES \
	"[    0] memory 1 9 of 1,2\n" \
	"        tell found 9 of 1,2\n" \
	"[    0] view serving 9 of 1,2\n" \
	"[    0] carrier on\n" \
	"[    0] heard 2/20\n"

/* The same, but head 2 itself: its turn comes behind that of head 1. */
#define TWO_JUNIOR(...) \
	"[    0] config self 2 heads 1,2 rule fence" __VA_ARGS__ "\n" \
	"[    0] memory 2 9 of 1,2\n" \
	"        tell found 9 of 1,2\n" \
	"[    0] view serving 9 of 1,2\n" \
	"[    0] carrier on\n" \
	"[    0] heard 1/10\n"

/* Head 1 of three, which went on without head 3. */
#define THREE(...) \
	"[    0] config self 1 heads 1,2,3 rule majority" __VA_ARGS__ "\n" \
	"[    0] memory 1 9 of 1,2,3\n" \
	"        tell found 9 of 1,2,3\n" \
	"[    0] view serving 9 of 1,2,3\n" \
	"[    0] carrier on\n" \
	"[    0] heard 2/20\n" \
	"[    0] heard 3/30\n"

#define WITHOUT_3 \
	"[ 1000] lost 3\n" \
	"[ 1000] view serving 10 of 1,2\n" \
	"        save 10 of 1,2\n" \
	"[ 1000] saved\n" \
	"        tell found 10 of 1,2\n" \
	"[ 1000] fence 3/30 token 5 excluded\n"

TEST(a_silent_head_is_shot_after_the_delay, TWO
     "[ 1000] lost 2\n"
     "[ 1010] view wedged 9 of 1,2\n"
     "[ 1100] fence 2/20 token 5 blocked\n"
     "[ 1200] state 2\n"
     "        delay until 1600\n"
     "        1600: shoot 2/20 token 5\n"
     "[ 1700] state 2\n"
     "        running\n"
     "[ 3000] attempt 2 off\n"
     "        confirm 2/20 token 5\n"
     "        alert fenced 2 off\n"
     "[ 3000] state 2\n"
     "        done\n"
     "[ 3001] over 2/20\n"
     "[ 3001] state 2\n"
     "        none\n")

TEST(the_delay_counts_from_the_last_sign_of_life, TWO
     "[ 1000] fence 2/20 token 5 blocked\n"
     "[ 1000] state 2\n"
     "        heard\n"
     "[ 1300] lost 2\n"
     "        1800: shoot 2/20 token 5\n"
     "[ 1810] wait\n")

TEST(where_nobody_waits_the_delay_is_longer, THREE() WITHOUT_3
     "        2000: shoot 3/30 token 5\n"
     "[ 2010] wait\n")

TEST(without_a_delay_it_is_shot_at_once,
     "[    0] config self 1 heads 1,2 rule fence blocked 0\n" SERVES
     "[ 1000] lost 2\n"
     "[ 1100] fence 2/20 token 5 blocked\n"
     "        shoot 2/20 token 5\n")

TEST(who_is_heard_again_within_the_delay_is_not_shot, TWO
     "[ 1000] lost 2\n"
     "[ 1100] fence 2/20 token 5 blocked\n"
     "[ 1590] heard 2/20\n"
     "[ 9000] state 2\n"
     "        heard\n"
     "[ 9500] lost 2\n"
     "[ 9990] heard 2/20\n"
     "[ 9999] lost 2\n"
     "        10499: shoot 2/20 token 5\n"
     "[10600] wait\n")

TEST(who_comes_back_as_another_incarnation_is_not_shot, TWO
     "[ 1000] lost 2\n"
     "[ 1100] fence 2/20 token 5 blocked\n"
     "[ 1200] heard 2/21\n"
     "[ 5000] state 2\n"
     "        heard\n"
     "[ 5000] over 2/20\n")

TEST(a_head_without_carrier_never_fences, TWO
     "[ 1000] lost 2\n"
     "[ 1000] carrier off\n"
     "[ 1100] fence 2/20 token 5 blocked\n"
     "        alert no-carrier 2\n"
     "[ 9000] state 2\n"
     "        no-carrier\n"
     "[ 9100] carrier on\n"
     "        11500: shoot 2/20 token 5\n"
     "[12000] wait\n")

TEST(a_carrier_lost_within_the_delay_counts, TWO
     "[ 1000] lost 2\n"
     "[ 1100] fence 2/20 token 5 blocked\n"
     "[ 1590] carrier off\n"
     "        alert no-carrier 2\n"
     "[ 9000] wait\n")

/* On a cable between two heads a fence that succeeds takes the carrier, too. */
TEST(a_carrier_lost_while_shooting_changes_nothing, TWO
     "[ 1000] lost 2\n"
     "[ 1100] fence 2/20 token 5 blocked\n"
     "        1600: shoot 2/20 token 5\n"
     "[ 1700] carrier off\n"
     "[ 2000] attempt 2 off\n"
     "        confirm 2/20 token 5\n"
     "        alert fenced 2 off\n")

TEST(a_head_that_was_never_admitted_never_fences,
     "[    0] config self 1 heads 1,2 rule fence\n"
     "[    0] memory 1 9 of 1,2\n"
     "        tell found 9 of 1,2\n"
     "[    0] view learning 9 of 2,1 learners 1\n"
     "[    0] carrier on\n"
     "[    0] fence 2/20 token 5 blocked\n"
     "        alert not-admitted 2\n"
     "[ 9000] state 2\n"
     "        outside\n"
     "[ 9000] view wedged 9 of 2,1 learners 1\n"
     "[20000] state 2\n"
     "        outside\n"
     "[20000] view serving 9 of 2,1\n"
     "[20000] state 2\n"
     "        turn until 25500\n"
     "        25500: shoot 2/20 token 5\n"
     "[26000] wait\n")

TEST(a_head_that_was_put_out_fences_no_more, TWO
     "[ 1000] lost 2\n"
     "[ 1100] fence 2/20 token 5 blocked\n"
     "        1600: shoot 2/20 token 5\n"
     "[ 1700] view expelled\n"
     "        cancel 2/20 token 5\n"
     "        save 9 of 1,2 gone\n"
     "[ 1800] attempt 2 cancelled\n"
     "        alert not-admitted 2\n"
     "[ 1900] view waiting\n"
     "        start nobody\n"
     "        11700: alert save-hangs\n"
     "[60000] state 2\n"
     "        outside\n")

TEST(the_junior_waits_for_longer_than_a_whole_attempt, TWO_JUNIOR()
     "[ 1000] lost 1\n"
     "[ 1100] fence 1/10 token 5 blocked\n"
     "[ 2000] state 1\n"
     "        turn until 6500\n"
     "        6500: shoot 1/10 token 5\n"
     "[ 7000] wait\n")

/* Heads 3 and 4 fell silent; 1 does later, as they have shot it. */
TEST(turns_count_from_the_first_head_that_a_view_waits_for,
     "[    0] config self 2 heads 1,2,3,4 rule fence\n"
     "[    0] memory 2 9 of 1,2,3,4\n"
     "        tell found 9 of 1,2,3,4\n"
     "[    0] view serving 9 of 1,2,3,4\n"
     "[    0] carrier on\n"
     "[    0] heard 1/10\n"
     "[    0] heard 3/30\n"
     "[    0] heard 4/40\n"
     "[ 1000] lost 3\n"
     "[ 1000] lost 4\n"
     "[ 1000] fence 3/30 token 5 blocked\n"
     "[ 1000] fence 4/40 token 6 blocked\n"
     "[ 4000] lost 1\n"
     "[ 4000] fence 1/10 token 7 blocked\n"
     "        6500: shoot 1/10 token 7\n"
     "        6500: shoot 3/30 token 5\n"
     "        6500: shoot 4/40 token 6\n"
     "[ 7000] wait\n")

/*
 * Of a side only who begins a round is asked: the others later, when they try as
 * well. By then the own turn may be over, which began at 1500 and does at 11500.
 */
TEST(who_is_asked_late_waits_for_the_next_turn, TWO
     "[ 1000] lost 2\n"
     "[ 3500] fence 2/20 token 5 blocked\n"
     "[ 4100] state 2\n"
     "        turn until 11500\n"
     "        11500: shoot 2/20 token 5\n"
     "[12000] wait\n")

/* Half of the guard may pass. */
TEST(who_is_asked_a_little_late_has_its_turn, TWO
     "[ 1000] lost 2\n"
     "[ 1500] fence 2/20 token 5 blocked\n"
     "        2000: shoot 2/20 token 5\n"
     "[ 2100] wait\n")

TEST(who_is_asked_later_than_that_is_told_so_at_once, TWO
     "[ 1000] lost 2\n"
     "[ 1550] fence 2/20 token 5 blocked\n"
     "[ 1600] state 2\n"
     "        delay until 11500\n"
     "        11500: shoot 2/20 token 5\n"
     "[12000] wait\n")

/* It is head 1 that was asked for 4; but 3, which was cut off later, counts from it. */
TEST(turns_count_from_the_first_member_that_fell_silent,
     "[    0] config self 2 heads 1,2,3,4 rule fence\n"
     "[    0] memory 2 9 of 1,2,3,4\n"
     "        tell found 9 of 1,2,3,4\n"
     "[    0] view serving 9 of 1,2,3,4\n"
     "[    0] carrier on\n"
     "[    0] heard 1/10\n"
     "[    0] heard 3/30\n"
     "[    0] heard 4/40\n"
     "[ 1000] lost 4\n"
     "[ 4000] lost 3\n"
     "[ 5000] fence 3/30 token 5 blocked\n"
     "        6500: shoot 3/30 token 5\n"
     "[ 7000] wait\n")

/*
 * Head 1 may be shooting from 1500 to 5500, and again from 11500: a samrd that was
 * restarted meanwhile has the same turn as the one before it.
 */
TEST(a_samrd_that_is_restarted_keeps_its_turn,
     "[    0] config self 2 heads 1,2 rule fence\n"
     "[ 5000] memory 2 9 of 1,2\n"
     "        tell found 9 of 1,2\n"
     "[ 5000] carrier on\n"
     "[ 5000] lost 1 since 1000\n"
     "[ 5000] view wedged 9 of 1,2\n"
     "[ 5000] fence 1/10 token 5 blocked\n"
     "        6500: shoot 1/10 token 5\n"
     "[ 7000] wait\n")

/* It was stopped from before head 1 fell silent; what it reads is not of now. */
TEST(a_samrd_that_stood_still_keeps_its_turn, TWO_JUNIOR("")
     "[ 3000] lost 1 since 1000\n"
     "[ 3000] fence 1/10 token 5 blocked\n"
     "        6500: shoot 1/10 token 5\n"
     "[ 7000] wait\n")

/* Its sign of life is the next event of the same turn of the loop. */
TEST(nobody_is_shot_on_half_of_what_is_known, TWO
     "[ 1000] lost 2\n"
     "[ 1100] fence 2/20 token 5 blocked\n"
     "[ 1800] behind carrier on\n"
     "[ 1800] behind heard 2/20\n"
     "[ 9000] state 2\n"
     "        heard\n")

TEST(the_preferred_one_goes_first, TWO_JUNIOR(" preferred 2")
     "[ 1000] lost 1\n"
     "[ 1100] fence 1/10 token 5 blocked\n"
     "        1600: shoot 1/10 token 5\n"
     "[ 1700] wait\n")

TEST(who_is_not_preferred_waits_though_senior,
     "[    0] config self 1 heads 1,2 rule fence preferred 2\n" SERVES
     "[ 1000] lost 2\n"
     "[ 1100] fence 2/20 token 5 blocked\n"
     "        6500: shoot 2/20 token 5\n"
     "[ 7000] wait\n")

/* Of four, by seniority 4, 2, 3, 1, with 3 preferred: 3, 4, 2, 1. */
TEST(more_heads_have_their_turns_by_seniority,
     "[    0] config self 2 heads 1,2,3,4 rule majority preferred 3\n"
     "[    0] memory 2 9 of 1,2,3,4\n"
     "        tell found 9 of 1,2,3,4\n"
     "[    0] view serving 9 of 4,2,3,1\n"
     "[    0] carrier on\n"
     "[ 1000] fence 4/40 token 5 blocked\n"
     "[ 1000] fence 3/30 token 6 blocked\n"
     "[ 1000] state 3\n"
     "        delay until 11500\n"
     "        11500: shoot 3/30 token 6\n"
     "        11500: shoot 4/40 token 5\n"
     "[12000] wait\n")

TEST(the_first_of_all_has_the_first_turn,
     "[    0] config self 3 heads 1,2,3,4 rule majority preferred 3\n"
     "[    0] memory 3 9 of 1,2,3,4\n"
     "        tell found 9 of 1,2,3,4\n"
     "[    0] view serving 9 of 4,2,3,1\n"
     "[    0] carrier on\n"
     "[ 1000] fence 4/40 token 5 blocked\n"
     "        1500: shoot 4/40 token 5\n"
     "[ 2000] wait\n")

/* The turns of two: 4 s for an attempt and 1 s between, then the other one's. */
TEST(a_failure_is_tried_again_in_turn_and_later_each_time, TWO
     "[ 1000] lost 2\n"
     "[ 1100] fence 2/20 token 5 blocked\n"
     "        1600: shoot 2/20 token 5\n"
     "[ 3000] attempt 2 refused\n"
     "        alert fence-failed 2 refused x1\n"
     "[ 3000] state 2\n"
     "        retry until 11500, failed x1: refused\n"
     "        11500: shoot 2/20 token 5\n"
     "[13000] attempt 2 unreachable\n"
     "        alert fence-failed 2 unreachable x2\n"
     "        31500: shoot 2/20 token 5\n"
     "[32000] attempt 2 stays-on\n")

/* Nobody can be told to wait for longer than a minute when a view waits. */
TEST(a_view_that_waits_has_no_long_back_off, TWO
     "[ 1000] lost 2\n"
     "[ 1100] fence 2/20 token 5 blocked\n"
     "        1600: shoot 2/20 token 5\n"
     "[ 2000] attempt 2 deadline\n"
     "        alert fence-failed 2 deadline x1\n"
     "        11500: shoot 2/20 token 5\n"
     "[12000] attempt 2 deadline\n"
     "        alert fence-failed 2 deadline x2\n"
     "        31500: shoot 2/20 token 5\n"
     "[32000] attempt 2 deadline\n"
     "        61500: shoot 2/20 token 5\n"
     "[62000] attempt 2 deadline\n"
     "        alert fence-failed 2 deadline x4\n"
     "        111500: shoot 2/20 token 5\n"
     "[112000] attempt 2 deadline\n"
     "        181500: shoot 2/20 token 5\n"
     "[182000] attempt 2 deadline\n"
     "        251500: shoot 2/20 token 5\n"
     "[260000] wait\n")

TEST(who_is_late_waits_for_the_next_turn, TWO
     "[ 1000] lost 2\n"
     "[ 1100] fence 2/20 token 5 blocked\n"
     "        1600: shoot 2/20 token 5\n"
     "[ 2000] attempt 2 broken\n"
     "        alert fence-failed 2 broken x1\n"
     "[14000] late\n"
     "[14010] state 2\n"
     "        delay until 21500, failed x1: broken\n")

/* What is known is as old as the last step: first it has to be read. */
TEST(who_stood_still_waits_for_the_delay_again, TWO
     "[ 1000] lost 2\n"
     "[ 1100] fence 2/20 token 5 blocked\n"
     "[30000] late\n"
     "[30010] heard 2/20\n"
     "[60000] state 2\n"
     "        heard\n")

TEST(only_the_very_question_is_answered, TWO
     "[ 1000] lost 2\n"
     "[ 1100] fence 2/20 token 5 blocked\n"
     "        1600: shoot 2/20 token 5\n"
     "[ 1700] fence 2/20 token 6 blocked\n"
     "        cancel 2/20 token 5\n"
     "[ 1800] attempt 2/20 token 6 off\n"
     "        refused: Invalid argument\n"
     "[ 1900] attempt 2/20 token 5 off\n"
     "        alert fence-void 2 off\n"
     "        11500: shoot 2/20 token 6\n"
     "[12000] wait\n"
     "[12500] attempt 2 off\n"
     "        confirm 2/20 token 6\n"
     "        alert fenced 2 off\n")

TEST(another_incarnation_is_another_question, TWO
     "[ 1000] lost 2\n"
     "[ 1100] fence 2/20 token 5 blocked\n"
     "        1600: shoot 2/20 token 5\n"
     "[ 1700] fence 2/21 token 6 blocked\n"
     "        cancel 2/20 token 5\n"
     "[ 1800] attempt 2/20 token 5 off\n"
     "        alert fence-void 2 off\n")

/* It booted while its power was about to be cut: it was proof enough. */
TEST(a_result_that_nobody_waits_for_is_none, TWO
     "[ 1000] lost 2\n"
     "[ 1100] fence 2/20 token 5 blocked\n"
     "        1600: shoot 2/20 token 5\n"
     "[ 1700] heard 2/21\n"
     "        cancel 2/20 token 5\n"
     "[ 1710] over 2/20\n"
     "[ 1720] attempt 2 cancelled\n"
     "[ 9000] state 2\n"
     "        none\n")

TEST(who_was_shot_in_vain_is_switched_on,
     "[    0] config self 1 heads 1,2 rule fence reboot\n" SERVES
     "[ 1000] lost 2\n"
     "[ 1100] fence 2/20 token 5 blocked\n"
     "        1600: shoot 2/20 token 5\n"
     "[ 1700] heard 2/21\n"
     "        cancel 2/20 token 5\n"
     "[ 1710] over 2/20\n"
     "[ 1800] lost 2\n"
     "[ 1900] attempt 2 cancelled\n"
     "        power on 2\n"
     "[ 2000] powered 2 on\n")

TEST(off_after_all_is_told_and_undone,
     "[    0] config self 1 heads 1,2 rule fence reboot\n" SERVES
     "[ 1000] lost 2\n"
     "[ 1100] fence 2/20 token 5 blocked\n"
     "        1600: shoot 2/20 token 5\n"
     "[ 1700] over 2/20\n"
     "        cancel 2/20 token 5\n"
     "[ 1800] attempt 2 off\n"
     "        alert fence-void 2 off\n"
     "        power on 2\n")

TEST(a_device_that_lies_is_not_believed, TWO
     "[ 1000] lost 2\n"
     "[ 1100] fence 2/20 token 5 blocked\n"
     "        1600: shoot 2/20 token 5\n"
     "[ 1700] heard 2/20\n"
     "[ 2000] attempt 2 off\n"
     "[ 2500] state 2\n"
     "        held\n"
     "        3000: alert fence-lie 2 off\n"
     "        3000: alert fence-failed 2 off x1\n"
     "[ 3100] state 2\n"
     "        heard, failed x1: off\n")

/* Its last words were on their way. */
TEST(who_falls_silent_after_the_device_says_off_is_off, TWO
     "[ 1000] lost 2\n"
     "[ 1100] fence 2/20 token 5 blocked\n"
     "        1600: shoot 2/20 token 5\n"
     "[ 1700] heard 2/20\n"
     "[ 2000] attempt 2 off\n"
     "[ 2100] lost 2\n"
     "        confirm 2/20 token 5\n"
     "        alert fenced 2 off\n")

TEST(the_answer_is_repeated_when_it_is_asked_for_again, TWO
     "[ 1000] lost 2\n"
     "[ 1100] fence 2/20 token 5 blocked\n"
     "        1600: shoot 2/20 token 5\n"
     "[ 2000] attempt 2 off\n"
     "        confirm 2/20 token 5\n"
     "        alert fenced 2 off\n"
     "[ 2100] fence 2/20 token 5 blocked\n"
     "        confirm 2/20 token 5\n")

TEST(who_returns_and_serves_nobody_is_as_good_as_left, THREE() WITHOUT_3
     "[ 1500] heard 3/30 wedged\n"
     "[ 1600] lost 3\n"
     "[ 9000] state 3\n"
     "        returned\n")

TEST(who_returns_with_nothing_is_as_good_as_left, THREE() WITHOUT_3
     "[ 1500] heard 3/31\n"
     "[ 1600] lost 3\n"
     "[ 9000] state 3\n"
     "        returned\n")

/* That it was wedged says nothing of what it did since, when a view waits. */
TEST(a_view_that_waits_needs_more_than_a_wedged_head, TWO
     "[ 1000] lost 2\n"
     "[ 1100] fence 2/20 token 5 blocked\n"
     "[ 1200] heard 2/20 wedged\n"
     "[ 1300] lost 2\n"
     "        1800: shoot 2/20 token 5\n"
     "[ 1900] wait\n")

/* One of those that went on is enough, and the next one steps in for it. */
TEST(the_others_that_went_on_wait_their_turn,
     "[    0] config self 2 heads 1,2,3 rule majority\n"
     "[    0] memory 2 9 of 1,2,3\n"
     "        tell found 9 of 1,2,3\n"
     "[    0] view serving 9 of 1,2,3\n"
     "[    0] carrier on\n"
     "[ 1000] view serving 10 of 1,2\n"
     "        save 10 of 1,2\n"
     "[ 1000] fence 3/30 token 5 excluded\n"
     "        7000: shoot 3/30 token 5\n"
     "[ 8000] wait\n")

TEST(reboot_switches_it_on_again,
     "[    0] config self 1 heads 1,2 rule fence reboot\n" SERVES
     "[ 1000] lost 2\n"
     "[ 1100] fence 2/20 token 5 blocked\n"
     "        1600: shoot 2/20 token 5\n"
     "[ 2000] attempt 2 off\n"
     "        confirm 2/20 token 5\n"
     "        alert fenced 2 off\n"
     "        power on 2\n"
     "[ 3000] powered 2 unreachable\n"
     "        alert power-on-failed 2 unreachable x1\n"
     "        13000: power on 2\n"
     "[14000] powered 2 on\n"
     "[90000] wait\n")

TEST(who_comes_on_by_itself_is_not_switched_on,
     "[    0] config self 1 heads 1,2 rule fence reboot\n" SERVES
     "[ 1000] lost 2\n"
     "[ 1100] fence 2/20 token 5 blocked\n"
     "        1600: shoot 2/20 token 5\n"
     "[ 2000] attempt 2 off\n"
     "        confirm 2/20 token 5\n"
     "        alert fenced 2 off\n"
     "        power on 2\n"
     "[ 3000] powered 2 stays-off\n"
     "        alert power-on-failed 2 stays-off x1\n"
     "[ 4000] heard 2/21\n"
     "[90000] wait\n")

#define REBOOTED(T, TOKEN, INC) \
	"[" T "00] lost 2\n" \
	"[" T "00] fence 2/" INC " token " TOKEN " blocked\n" \
	"        " T "50: shoot 2/" INC " token " TOKEN "\n" \
	"[" T "60] attempt 2 off\n" \
	"        confirm 2/" INC " token " TOKEN "\n" \
	"        alert fenced 2 off\n"

#define ON_AGAIN(T, INC, NEXT) \
	"        power on 2\n" \
	"[" T "70] powered 2 on\n" \
	"[" T "71] over 2/" INC "\n" \
	"[" T "80] heard 2/" NEXT "\n"

TEST(after_three_reboots_in_ten_minutes_it_stays_off,
     "[    0] config self 1 heads 1,2 rule fence reboot blocked 50\n" SERVES
     REBOOTED("100", "1", "20") ON_AGAIN("100", "20", "21")
     REBOOTED("200", "2", "21") ON_AGAIN("200", "21", "22")
     REBOOTED("300", "3", "22") ON_AGAIN("300", "22", "23")
     REBOOTED("400", "4", "23")
     "        alert left-off 2 off\n"
     "[60000] state 2\n"
     "        done, left off\n"
     "[99999] heard 2/24\n"
     "[99999] state 2\n"
     "        done\n")

TEST(three_reboots_in_more_than_that_are_no_reason,
     "[    0] config self 1 heads 1,2 rule fence reboot blocked 50\n" SERVES
     REBOOTED("100", "1", "20") ON_AGAIN("100", "20", "21")
     REBOOTED("200", "2", "21") ON_AGAIN("200", "21", "22")
     REBOOTED("300", "3", "22") ON_AGAIN("300", "22", "23")
     REBOOTED("6101", "4", "23") ON_AGAIN("6101", "23", "24"))

TEST(a_new_fence_comes_before_power_on,
     "[    0] config self 1 heads 1,2 rule fence reboot\n" SERVES
     "[ 1000] lost 2\n"
     "[ 1100] fence 2/20 token 5 blocked\n"
     "        1600: shoot 2/20 token 5\n"
     "[ 2000] attempt 2 off\n"
     "        confirm 2/20 token 5\n"
     "        alert fenced 2 off\n"
     "        power on 2\n"
     "[ 3000] fence 2/21 token 6 blocked\n"
     "        cancel 2/20 token 5\n"
     "[ 3100] powered 2 cancelled\n"
     "        11500: shoot 2/21 token 6\n"
     "[12000] wait\n")

TEST(without_devices_an_admin_is_called_once,
     "[    0] config self 1 heads 1,2 rule fence nodevices\n" SERVES
     "[ 1000] lost 2\n"
     "[ 1100] fence 2/20 token 5 blocked\n"
     "        alert fence-manual 2\n"
     "[ 9000] state 2\n"
     "        manual\n"
     "[ 9000] over 2/20\n")

/* The time-out, half of it, and the margin: 12 s and 2 s since it was silent. */
TEST(an_armed_watchdog_is_waited_for, THREE(" watchdogonly margin 2000")
     "[    0] armed 3/30 8000\n"
     WITHOUT_3
     "        2000: shoot 3/30 token 5 watchdog 13000\n"
     "[ 2100] wait\n"
     "[15000] attempt 3 expired\n"
     "        confirm 3/30 token 5\n"
     "        alert fenced 3 expired\n")

TEST(a_watchdog_that_was_not_announced_proves_nothing,
     THREE(" watchdogonly margin 2000")
     "[    0] armed 3/29 8000\n"
     "[ 1000] lost 3\n"
     "[ 1000] view serving 10 of 1,2\n"
     "        save 10 of 1,2\n"
     "[ 1000] fence 3/30 token 5 excluded\n"
     "        alert watchdog 3\n"
     "        11000: alert save-hangs\n"
     "[90000] state 3\n"
     "        manual\n")

TEST(a_watchdog_that_is_not_armed_proves_nothing,
     THREE(" watchdogonly margin 2000")
     "[    0] armed 3/30 0\n"
     "[ 1000] lost 3\n"
     "[ 1000] fence 3/30 token 5 excluded\n"
     "        alert watchdog 3\n"
     "[90000] wait\n")

TEST(two_heads_cannot_wait_for_each_other_s_watchdogs,
     "[    0] config self 1 heads 1,2 rule fence watchdogonly\n" SERVES
     "[    0] armed 2/20 8000\n"
     "[ 1000] lost 2\n"
     "[ 1100] fence 2/20 token 5 blocked\n"
     "        alert watchdog 2\n"
     "[90000] state 2\n"
     "        manual\n")

/* Whatever the kernel asks for: the rule of the admin, and that of the view. */
TEST(nor_under_that_rule_for_one_that_was_left_out,
     "[    0] config self 1 heads 1,2 rule fence watchdogonly\n" SERVES
     "[    0] armed 2/20 8000\n"
     "[ 1000] lost 2\n"
     "[ 1100] fence 2/20 token 5 excluded\n"
     "        alert watchdog 2\n"
     "[90000] state 2\n"
     "        manual\n")

TEST(nor_can_two_halves,
     "[    0] config self 1 heads 1,2 rule majority watchdogonly\n" SERVES
     "[    0] armed 2/20 8000\n"
     "[ 1000] lost 2\n"
     "[ 1100] fence 2/20 token 5 blocked\n"
     "        alert watchdog 2\n"
     "[90000] wait\n")

TEST(a_watchdog_that_nobody_was_to_wait_for_proves_nothing, TWO
     "[    0] armed 2/20 8000\n"
     "[ 1000] lost 2\n"
     "[ 1100] fence 2/20 token 5 blocked\n"
     "        1600: shoot 2/20 token 5\n"
     "[ 2000] attempt 2 expired\n"
     "        alert fence-failed 2 expired x1\n")

TEST(a_stranger_s_fence_is_refused, TWO
     "[ 1000] fence 1/10 token 5 blocked\n"
     "        refused: Invalid argument\n"
     "[ 1000] attempt 2/20 token 5 off\n"
     "        refused: Invalid argument\n"
     "[ 1000] powered 2 on\n"
     "        refused: Invalid argument\n")

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_silent_head_is_shot_after_the_delay),
		cmocka_unit_test(the_delay_counts_from_the_last_sign_of_life),
		cmocka_unit_test(where_nobody_waits_the_delay_is_longer),
		cmocka_unit_test(without_a_delay_it_is_shot_at_once),
		cmocka_unit_test(who_is_heard_again_within_the_delay_is_not_shot),
		cmocka_unit_test(who_comes_back_as_another_incarnation_is_not_shot),
		cmocka_unit_test(a_head_without_carrier_never_fences),
		cmocka_unit_test(a_carrier_lost_within_the_delay_counts),
		cmocka_unit_test(a_carrier_lost_while_shooting_changes_nothing),
		cmocka_unit_test(a_head_that_was_never_admitted_never_fences),
		cmocka_unit_test(a_head_that_was_put_out_fences_no_more),
		cmocka_unit_test(the_junior_waits_for_longer_than_a_whole_attempt),
		cmocka_unit_test(turns_count_from_the_first_head_that_a_view_waits_for),
		cmocka_unit_test(who_is_asked_late_waits_for_the_next_turn),
		cmocka_unit_test(who_is_asked_a_little_late_has_its_turn),
		cmocka_unit_test(who_is_asked_later_than_that_is_told_so_at_once),
		cmocka_unit_test(turns_count_from_the_first_member_that_fell_silent),
		cmocka_unit_test(a_samrd_that_is_restarted_keeps_its_turn),
		cmocka_unit_test(a_samrd_that_stood_still_keeps_its_turn),
		cmocka_unit_test(nobody_is_shot_on_half_of_what_is_known),
		cmocka_unit_test(the_preferred_one_goes_first),
		cmocka_unit_test(who_is_not_preferred_waits_though_senior),
		cmocka_unit_test(more_heads_have_their_turns_by_seniority),
		cmocka_unit_test(the_first_of_all_has_the_first_turn),
		cmocka_unit_test(a_failure_is_tried_again_in_turn_and_later_each_time),
		cmocka_unit_test(a_view_that_waits_has_no_long_back_off),
		cmocka_unit_test(who_is_late_waits_for_the_next_turn),
		cmocka_unit_test(who_stood_still_waits_for_the_delay_again),
		cmocka_unit_test(only_the_very_question_is_answered),
		cmocka_unit_test(another_incarnation_is_another_question),
		cmocka_unit_test(a_result_that_nobody_waits_for_is_none),
		cmocka_unit_test(who_was_shot_in_vain_is_switched_on),
		cmocka_unit_test(off_after_all_is_told_and_undone),
		cmocka_unit_test(a_device_that_lies_is_not_believed),
		cmocka_unit_test(who_falls_silent_after_the_device_says_off_is_off),
		cmocka_unit_test(the_answer_is_repeated_when_it_is_asked_for_again),
		cmocka_unit_test(who_returns_and_serves_nobody_is_as_good_as_left),
		cmocka_unit_test(who_returns_with_nothing_is_as_good_as_left),
		cmocka_unit_test(a_view_that_waits_needs_more_than_a_wedged_head),
		cmocka_unit_test(the_others_that_went_on_wait_their_turn),
		cmocka_unit_test(reboot_switches_it_on_again),
		cmocka_unit_test(who_comes_on_by_itself_is_not_switched_on),
		cmocka_unit_test(after_three_reboots_in_ten_minutes_it_stays_off),
		cmocka_unit_test(three_reboots_in_more_than_that_are_no_reason),
		cmocka_unit_test(a_new_fence_comes_before_power_on),
		cmocka_unit_test(without_devices_an_admin_is_called_once),
		cmocka_unit_test(an_armed_watchdog_is_waited_for),
		cmocka_unit_test(a_watchdog_that_was_not_announced_proves_nothing),
		cmocka_unit_test(a_watchdog_that_is_not_armed_proves_nothing),
		cmocka_unit_test(two_heads_cannot_wait_for_each_other_s_watchdogs),
		cmocka_unit_test(nor_under_that_rule_for_one_that_was_left_out),
		cmocka_unit_test(nor_can_two_halves),
		cmocka_unit_test(a_watchdog_that_nobody_was_to_wait_for_proves_nothing),
		cmocka_unit_test(a_stranger_s_fence_is_refused),
	};

	return cmocka_run_group_tests_name("samrd_policy_fence", tests, NULL,
					   NULL);
}
