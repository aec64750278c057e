// SPDX-License-Identifier: GPL-2.0
/* With whom a cluster starts, and what is kept on disk. See transcript.h. */
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

#define CONFIG	"[    0] config self 1 heads 1,2,3 rule majority\n"
#define DOWN	"[    0] view down\n"
#define WAITING	"[  100] view waiting\n"

/* Head 1, up, remembers view 9 of all three. */
#define REMEMBERS_9 \
	CONFIG DOWN \
	"[    0] memory 1 9 of 1,2,3\n" \
	"        tell found 9 of 1,2,3\n" \
	"        start nobody\n" \
	WAITING

TEST(the_first_view_is_formed_of_all_that_are_configured, CONFIG DOWN
     "[    0] memory 1 none\n"
     "        tell none 0 of nobody\n"
     "        start nobody\n"
     WAITING
     "[  100] status\n"
     "        Waits for heads 2, 3: the first view is formed of all heads."
     " \"samrctl cluster override\" starts it from head 1; what only others hold"
     " is lost, and if one of those still serves there are two clusters.\n"
     "[  200] heard 2/20\n"
     "[  200] memory 2 none\n"
     "[  300] heard 3/30\n"
     "[  300] memory 3 none\n"
     "        save 0 of 1,2,3\n"
     "[  310] saved\n"
     "        tell found 0 of 1,2,3\n"
     "        start 1,2,3\n"
     "[  310] status\n"
     "        Forms a view of heads 1, 2, 3.\n"
     "[  400] view serving 1 of 1,2,3\n"
     "        save 1 of 1,2,3\n"
     "[  410] saved\n"
     "        tell found 1 of 1,2,3\n"
     "[  410] status\n"
     "        \n")

TEST(nothing_is_said_before_the_own_memory_is_read, CONFIG DOWN
     "[    0] heard 2/20\n"
     "[    0] memory 2 9 of 1,2\n"
     "[    0] status\n"
     "        Waits for its own memory.\n"
     "[    0] override\n"
     "        refused: Resource temporarily unavailable\n")

TEST(all_of_the_newest_view_are_waited_for, REMEMBERS_9
     "[  200] heard 2/20\n"
     "[  200] memory 2 9 of 1,2,3\n"
     "[  200] status\n"
     "        Waits for head 3: view 9, the newest known, was of heads 1, 2, 3."
     " \"samrctl cluster override\" starts it from heads 1, 2; what only others"
     " hold is lost, and if one of those still serves there are two clusters.\n"
     "[99999] heard 3/30\n"
     "[99999] memory 3 9 of 1,2,3\n"
     "        start 1,2,3\n")

/* To be heard is not enough: what it remembers counts. */
TEST(a_head_that_has_not_said_what_it_remembers_is_waited_for, REMEMBERS_9
     "[  200] heard 2/20\n"
     "[  200] heard 3/30\n"
     "[  200] memory 2 9 of 1,2,3\n"
     "[ 9000] memory 3 8 of 1,2,3\n"
     "        start 1,2,3\n")

/*
 * And is on the own disk first: when all power is lost once more, a head that
 * comes back alone must know of whom the view was formed.
 */
TEST(a_newer_memory_decides, REMEMBERS_9
     "[  200] heard 2/20\n"
     "[  200] memory 2 10 of 1,2\n"
     "        save 10 of 1,2\n"
     "[  210] saved\n"
     "        tell found 10 of 1,2\n"
     "        start 1,2\n")

TEST(who_was_alone_before_does_not_start_by_that, CONFIG DOWN
     "[    0] heard 2/20\n"
     "[    0] memory 2 9 of 1,2\n"
     "[    0] memory 1 8 of 1 last\n"
     "        tell found 8 of 1 last\n"
     "        save 9 of 1,2\n"
     "        start nobody\n"
     "[  210] unsaved\n"
     "        alert not-saved x1\n"
     "[  300] view waiting\n")

TEST(a_disk_that_does_not_answer_is_told_about_once, REMEMBERS_9
     "[  200] heard 2/20\n"
     "[  200] memory 2 10 of 1,2\n"
     "        save 10 of 1,2\n"
     "        10200: alert save-hangs\n"
     "[30000] wait\n"
     "[30010] saved\n"
     "        tell found 10 of 1,2\n"
     "        start 1,2\n")

TEST(who_is_not_in_the_newest_view_joins, REMEMBERS_9
     "[  200] heard 2/20\n"
     "[  200] memory 2 10 of 2,3\n"
     "[  200] status\n"
     "        Waits for heads 2, 3 to start the cluster, and joins it."
     " \"samrctl cluster override\" can be given on head 2.\n"
     "[  300] heard 3/30\n"
     "[  300] memory 3 10 of 2,3\n"
     "[  400] override\n"
     "        refused: Host is down\n")

TEST(a_founder_that_falls_silent_is_waited_for_again, REMEMBERS_9
     "[  200] heard 2/20\n"
     "[  200] memory 2 10 of 1,2\n"
     "        save 10 of 1,2\n"
     "[  210] saved\n"
     "        tell found 10 of 1,2\n"
     "        start 1,2\n"
     "[  300] lost 2\n"
     "        start nobody\n"
     "[  400] heard 2/20\n"
     "        start 1,2\n")

/* What somebody has said stays known when it is gone. */
TEST(a_newer_memory_stays_known, REMEMBERS_9
     "[  200] heard 3/30\n"
     "[  200] memory 3 11 of 3\n"
     "[  300] lost 3\n"
     "[  400] heard 2/20\n"
     "[  400] memory 2 9 of 1,2,3\n"
     "[  400] status\n"
     "        Waits for head 3 to start the cluster, and joins it."
     " \"samrctl cluster override\" starts it from heads 1, 2; what only others"
     " hold is lost, and if one of those still serves there are two clusters.\n"
     "[  500] override\n"
     "        save 12 of 1,2 forced\n")

TEST(a_last_survivor_starts_alone, CONFIG DOWN
     "[    0] memory 1 11 of 1 last\n"
     "        tell found 11 of 1 last\n"
     "        start 1\n")

TEST(who_had_left_is_not_waited_for, REMEMBERS_9
     "[  200] heard 2/20\n"
     "[  200] memory 2 9 of 1,2,3\n"
     "[  300] heard 3/30\n"
     "[  300] memory 3 9 of 1,2,3 left gone\n"
     "        start 1,2\n")

/* Somebody has it leave who was alone: there is nobody else to wait for. */
TEST(who_has_left_nobody_behind_starts_alone, CONFIG DOWN
     "[    0] memory 1 11 of 1 left gone\n"
     "        tell found 11 of 1 left gone\n"
     "        start 1\n")

TEST(who_was_put_out_waits_for_the_others, CONFIG DOWN
     "[    0] memory 1 9 of 1,2,3 gone\n"
     "        tell found 9 of 1,2,3 gone\n"
     "        start nobody\n"
     WAITING
     "[  100] status\n"
     "        Waits for heads 2, 3 to start the cluster, and joins it."
     " \"samrctl cluster override\" starts it from head 1; what only others hold"
     " is lost, and if one of those still serves there are two clusters.\n"
     "[  200] heard 2/20\n"
     "[  200] memory 2 9 of 1,2,3\n"
     "[  200] heard 3/30\n"
     "[  200] memory 3 9 of 1,2,3\n"
     "[99999] wait\n")

TEST(without_its_memory_a_head_only_joins, CONFIG DOWN
     "[    0] memory 1 corrupt\n"
     "        alert memory 1 x4\n"
     "        tell corrupt 0 of nobody\n"
     "        start nobody\n"
     WAITING
     "[  200] heard 2/20\n"
     "[  200] memory 2 9 of 1,2,3\n"
     "[  200] heard 3/30\n"
     "[  200] memory 3 9 of 1,2,3\n"
     "[  300] status\n"
     "        Waits for heads 2, 3 to start the cluster, and joins it."
     " \"samrctl cluster override\" can be given on heads 2, 3.\n"
     "[  400] view learning 10 of 2,3,1 learners 1\n"
     "        save 10 of 1,2,3\n"
     "[  410] saved\n"
     "        tell found 10 of 1,2,3\n")

/* Its disk may have held a later view. */
TEST(a_founder_without_its_memory_stops_the_start, REMEMBERS_9
     "[  200] heard 2/20\n"
     "[  200] memory 2 lost\n"
     "[  200] heard 3/30\n"
     "[  200] memory 3 9 of 1,2,3\n"
     "[  300] status\n"
     "        Waits: head 2 was in view 9, and does not remember it."
     " \"samrctl cluster override\" starts it from heads 1, 3; what only others"
     " hold is lost, and if one of those still serves there are two clusters.\n"
     "[99999] wait\n")

TEST(so_does_one_with_a_new_disk, REMEMBERS_9
     "[  200] heard 2/20\n"
     "[  200] memory 2 none\n"
     "[  200] heard 3/30\n"
     "[  200] memory 3 9 of 1,2,3\n"
     "[99999] status\n"
     "        Waits: head 2 was in view 9, and does not remember it."
     " \"samrctl cluster override\" starts it from heads 1, 3; what only others"
     " hold is lost, and if one of those still serves there are two clusters.\n")

/* Power was lost while the first view was being written everywhere. */
TEST(one_that_was_about_to_form_the_first_view_does_not, CONFIG DOWN
     "[    0] memory 1 1 of 1,2,3\n"
     "        tell found 1 of 1,2,3\n"
     "        start nobody\n"
     WAITING
     "[  200] heard 2/20\n"
     "[  200] memory 2 0 of 1,2,3\n"
     "[  200] heard 3/30\n"
     "[  200] memory 3 0 of 1,2,3\n"
     "        start 1,2,3\n")

TEST(memories_that_contradict_each_other_stop_the_start, REMEMBERS_9
     "[  200] heard 2/20\n"
     "[  200] memory 2 9 of 2,3\n"
     "        alert memory-conflict 2\n"
     "[  200] heard 3/30\n"
     "[  200] memory 3 9 of 2,3\n"
     "[  300] status\n"
     "        Waits: heads 1, 2, 3 contradict each other about view 9."
     " \"samrctl cluster override\" starts it from head 1; what only others hold"
     " is lost, and if one of those still serves there are two clusters.\n"
     "[99999] wait\n")

TEST(the_override_is_a_memory_of_a_next_view, REMEMBERS_9
     "[  200] heard 2/20\n"
     "[  200] memory 2 9 of 1,2,3\n"
     "[  300] override\n"
     "        save 10 of 1,2 forced\n"
     "[  310] saved\n"
     "        tell found 10 of 1,2 forced\n"
     "        start 1,2\n"
     "[  400] heard 3/30\n"
     "[  400] memory 3 9 of 1,2,3\n"
     "[  500] status\n"
     "        Forms a view of heads 1, 2.\n")

TEST(another_head_s_override_is_followed, REMEMBERS_9
     "[  200] heard 2/20\n"
     "[  200] memory 2 9 of 1,2,3\n"
     "[  300] memory 2 10 of 1,2 forced\n"
     "        save 10 of 1,2 forced\n"
     "[  310] saved\n"
     "        tell found 10 of 1,2 forced\n"
     "        start 1,2\n")

TEST(an_override_takes_in_who_remembers_nothing, CONFIG DOWN
     "[    0] memory 1 none\n"
     "        tell none 0 of nobody\n"
     "        start nobody\n"
     WAITING
     "[  200] heard 2/20\n"
     "[  200] memory 2 none\n"
     "[  300] override\n"
     "        save 1 of 1,2 forced\n"
     "[  310] saved\n"
     "        tell found 1 of 1,2 forced\n"
     "        start 1,2\n")

TEST(an_override_that_cannot_be_saved_is_none, REMEMBERS_9
     "[  300] override\n"
     "        save 10 of 1 last forced\n"
     "[  310] unsaved\n"
     "        alert not-saved x1\n"
     "        1310: save 10 of 1 last forced\n"
     "[ 2000] saved\n"
     "        tell found 10 of 1 last forced\n"
     "        start 1\n")

TEST(the_last_means_without_its_memory_is_the_admin, CONFIG DOWN
     "[    0] memory 1 corrupt\n"
     "        alert memory 1 x4\n"
     "        tell corrupt 0 of nobody\n"
     "        start nobody\n"
     WAITING
     "[  300] override\n"
     "        save 1 of 1 last forced\n"
     "[  310] saved\n"
     "        tell found 1 of 1 last forced\n"
     "        start 1\n")

TEST(nobody_overrides_a_view, CONFIG
     "[    0] memory 1 9 of 1,2,3\n"
     "        tell found 9 of 1,2,3\n"
     "[    0] view wedged 9 of 1,2,3\n"
     "[  300] override\n"
     "        refused: Transport endpoint is already connected\n")

#define IN_9 \
	CONFIG \
	"[    0] memory 1 9 of 1,2,3\n" \
	"        tell found 9 of 1,2,3\n" \
	"[    0] view serving 9 of 1,2,3\n"

TEST(each_view_is_saved_at_once, IN_9
     "[ 1000] view serving 10 of 1,2\n"
     "        save 10 of 1,2\n"
     "[ 1001] view serving 11 of 1,2,3 learners 3\n"
     "[ 1010] saved\n"
     "        tell found 10 of 1,2\n"
     "        save 11 of 1,2,3\n"
     "[ 1020] saved\n"
     "        tell found 11 of 1,2,3\n"
     "[ 1030] view serving 11 of 1,2,3 learners 3\n")

TEST(the_last_one_remembers_that_it_is, IN_9
     "[ 1000] view serving 10 of 1\n"
     "        save 10 of 1 last\n")

TEST(a_witness_does_not_make_two_of_one,
     "[    0] config self 1 heads 1,2 witness 3 rule majority\n"
     "[    0] memory 1 9 of 1,2\n"
     "        tell found 9 of 1,2\n"
     "[ 1000] view serving 10 of 1,3 witness 3\n"
     "        save 10 of 1 last\n")

TEST(what_is_not_on_disk_is_not_told, IN_9
     "[ 1000] view serving 10 of 1,2\n"
     "        save 10 of 1,2\n"
     "[ 1010] unsaved\n"
     "        alert not-saved x1\n"
     "        2010: save 10 of 1,2\n"
     "[ 2020] unsaved\n"
     "        alert not-saved x2\n"
     "[ 2500] view serving 11 of 1\n"
     "        save 11 of 1 last\n"
     "[ 2510] unsaved\n"
     "        6510: save 11 of 1 last\n"
     "[ 6520] saved\n"
     "        tell found 11 of 1 last\n")

TEST(who_is_put_out_remembers_that, IN_9
     "[ 1000] view expelled\n"
     "        save 9 of 1,2,3 gone\n"
     "[ 1010] saved\n"
     "        tell found 9 of 1,2,3 gone\n"
     "[ 1020] view waiting\n"
     "        start nobody\n"
     "[ 1030] view learning 11 of 2,3,1 learners 1\n"
     "        save 11 of 1,2,3\n")

/* It knows that before it is on disk. */
TEST(who_is_put_out_does_not_wait_for_its_disk_to_know, IN_9
     "[  200] heard 2/20\n"
     "[  200] memory 2 9 of 1,2,3\n"
     "[  200] heard 3/30\n"
     "[  200] memory 3 9 of 1,2,3\n"
     "[ 1000] view expelled\n"
     "        save 9 of 1,2,3 gone\n"
     "[ 1001] view waiting\n"
     "        start nobody\n"
     "[ 1010] saved\n"
     "        tell found 9 of 1,2,3 gone\n")

TEST(who_leaves_remembers_that_and_stays_out, IN_9
     "[ 1000] view left\n"
     "        save 9 of 1,2,3 left gone\n"
     "[ 1010] saved\n"
     "        tell found 9 of 1,2,3 left gone\n"
     "[99999] wait\n")

/* With founders that it was given in another life it must found nothing. */
TEST(who_is_out_founds_nothing_any_more, REMEMBERS_9
     "[  200] heard 2/20\n"
     "[  200] memory 2 9 of 1,2,3\n"
     "[  200] heard 3/30\n"
     "[  200] memory 3 9 of 1,2,3\n"
     "        start 1,2,3\n"
     "[  300] view serving 10 of 1,2,3\n"
     "        save 10 of 1,2,3\n"
     "[  310] saved\n"
     "        tell found 10 of 1,2,3\n"
     "[ 1000] view expelled\n"
     "        save 10 of 1,2,3 gone\n"
     "[ 1010] saved\n"
     "        tell found 10 of 1,2,3 gone\n"
     "[ 1020] view waiting\n"
     "        start nobody\n")

TEST(what_an_admin_takes_down_stays_down, REMEMBERS_9
     "[  200] view down\n"
     "[  200] heard 2/20\n"
     "[  200] memory 2 10 of 1,2\n"
     "[  300] view waiting\n"
     "        save 10 of 1,2\n"
     "[  310] saved\n"
     "        tell found 10 of 1,2\n"
     "        start 1,2\n")

TEST(a_later_view_in_somebody_s_memory_is_told, IN_9
     "[ 1000] heard 4/40\n"
     "[ 1000] memory 4 12 of 4\n"
     "        alert newer-memory 4\n"
     "[ 1100] memory 4 12 of 4\n"
     "[ 1200] memory 2 12 of 1,2\n"
     "        alert memory-conflict 4\n")

/* It is part of the first view, and of none later that can do without it. */
TEST(a_witness_is_needed_once,
     "[    0] config self 1 heads 1,2 witness 3 rule majority\n" DOWN
     "[    0] memory 1 none\n"
     "        tell none 0 of nobody\n"
     "        start nobody\n"
     WAITING
     "[  200] heard 2/20\n"
     "[  200] memory 2 none\n"
     "[  300] status\n"
     "        Waits for head 3: the first view is formed of all heads."
     " \"samrctl cluster override\" starts it from heads 1, 2; what only others"
     " hold is lost, and if one of those still serves there are two clusters.\n"
     "[  300] heard 3/30\n"
     "[  300] memory 3 none\n"
     "        save 0 of 1,2\n"
     "[  310] saved\n"
     "        tell found 0 of 1,2\n"
     "        start 1,2,3\n")

TEST(later_a_witness_takes_part_if_it_is_there,
     "[    0] config self 1 heads 1,2 witness 3 rule majority\n" DOWN
     "[    0] memory 1 9 of 1,2,3\n"
     "        tell found 9 of 1,2,3\n"
     "        start nobody\n"
     WAITING
     "[  200] heard 2/20\n"
     "[  200] memory 2 9 of 1,2,3\n"
     "        start 1,2\n"
     "[  300] heard 3/30\n"
     "[  300] memory 3 8 of 1,2,3\n"
     "        start 1,2,3\n")

TEST(a_witness_starts_with_the_heads,
     "[    0] config self 3 heads 1,2 witness 3 rule majority\n" DOWN
     "[    0] memory 3 9 of 1,2,3\n"
     "        tell found 9 of 1,2,3\n"
     "        start nobody\n"
     WAITING
     "[  200] heard 2/20\n"
     "[  200] memory 2 10 of 1,2\n"
     "[  300] heard 1/10\n"
     "[  300] memory 1 10 of 1,2\n"
     "        save 10 of 1,2\n"
     "[  310] saved\n"
     "        tell found 10 of 1,2\n"
     "        start 1,2,3\n")

TEST(an_unknown_head_is_refused, REMEMBERS_9
     "[  200] memory 64 9 of 1,2,3\n"
     "        refused: Invalid argument\n"
     "[  200] heard 1/10\n"
     "        refused: Invalid argument\n"
     "[  200] config self 2 heads 1,2,3 rule majority\n"
     "        refused: Device or resource busy\n")

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_view_is_formed_of_all_that_are_configured),
		cmocka_unit_test(nothing_is_said_before_the_own_memory_is_read),
		cmocka_unit_test(all_of_the_newest_view_are_waited_for),
		cmocka_unit_test(a_head_that_has_not_said_what_it_remembers_is_waited_for),
		cmocka_unit_test(a_newer_memory_decides),
		cmocka_unit_test(who_was_alone_before_does_not_start_by_that),
		cmocka_unit_test(a_disk_that_does_not_answer_is_told_about_once),
		cmocka_unit_test(who_is_not_in_the_newest_view_joins),
		cmocka_unit_test(a_founder_that_falls_silent_is_waited_for_again),
		cmocka_unit_test(a_newer_memory_stays_known),
		cmocka_unit_test(a_last_survivor_starts_alone),
		cmocka_unit_test(who_had_left_is_not_waited_for),
		cmocka_unit_test(who_has_left_nobody_behind_starts_alone),
		cmocka_unit_test(who_was_put_out_waits_for_the_others),
		cmocka_unit_test(without_its_memory_a_head_only_joins),
		cmocka_unit_test(a_founder_without_its_memory_stops_the_start),
		cmocka_unit_test(so_does_one_with_a_new_disk),
		cmocka_unit_test(one_that_was_about_to_form_the_first_view_does_not),
		cmocka_unit_test(memories_that_contradict_each_other_stop_the_start),
		cmocka_unit_test(the_override_is_a_memory_of_a_next_view),
		cmocka_unit_test(another_head_s_override_is_followed),
		cmocka_unit_test(an_override_takes_in_who_remembers_nothing),
		cmocka_unit_test(an_override_that_cannot_be_saved_is_none),
		cmocka_unit_test(the_last_means_without_its_memory_is_the_admin),
		cmocka_unit_test(nobody_overrides_a_view),
		cmocka_unit_test(each_view_is_saved_at_once),
		cmocka_unit_test(the_last_one_remembers_that_it_is),
		cmocka_unit_test(a_witness_does_not_make_two_of_one),
		cmocka_unit_test(what_is_not_on_disk_is_not_told),
		cmocka_unit_test(who_is_put_out_remembers_that),
		cmocka_unit_test(who_is_put_out_does_not_wait_for_its_disk_to_know),
		cmocka_unit_test(who_leaves_remembers_that_and_stays_out),
		cmocka_unit_test(who_is_out_founds_nothing_any_more),
		cmocka_unit_test(what_an_admin_takes_down_stays_down),
		cmocka_unit_test(a_later_view_in_somebody_s_memory_is_told),
		cmocka_unit_test(a_witness_is_needed_once),
		cmocka_unit_test(later_a_witness_takes_part_if_it_is_there),
		cmocka_unit_test(a_witness_starts_with_the_heads),
		cmocka_unit_test(an_unknown_head_is_refused),
	};

	return cmocka_run_group_tests_name("samrd_policy_start", tests, NULL,
					   NULL);
}
