// SPDX-License-Identifier: GPL-2.0
/* What samrctl concludes from facts, to the letter: it is what an admin reads first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <linux/samr_netlink.h>

#include "verdict.h"

static struct facts f;
static struct findings v;

/* @n heads on one link, all in view 7; this is head 1. */
static void cluster_of(int n)
{
	int id;

	memset(&f, 0, sizeof(f));
	f.loaded = f.cluster = true;
	f.node = 1;
	f.state = SAMR_RUN_STATE_UP;
	f.epoch = 7;
	f.policy = n > 2 ? SAMR_VIEW_POLICY_MAJORITY : SAMR_VIEW_POLICY_FENCE;
	f.sequencer = 1;
	f.links = 1;
	strcpy(f.link[0].kind, "eth");
	strcpy(f.link[0].dev, "eth0");
	f.link[0].state = SAMR_CARRIER_UP;
	for (id = 1; id <= n; id++) {
		f.head[id] = (struct fact_head){
			.configured = true, .self = id == 1, .in_view = true,
			.known = true, .links = id > 1,
		};
		if (id > 1)
			f.link[0].path[id] = (struct fact_path){
				.there = true, .heard = true,
			};
	}
}

static void silence(int id, uint64_t ms)
{
	f.head[id].links = 0;
	f.head[id].silent_known = true;
	f.head[id].silent_ms = ms;
	f.link[0].path[id].heard = false;
}

static void wedge(void)
{
	f.state = SAMR_RUN_STATE_WEDGED;
	f.wedged = true;
	f.wedged_ms = 340;
}

/* The first line, and the words of a finding. */
static void expect(enum verdict verdict, const char *line)
{
	verdict_find(&f, &v);
	assert_string_equal(v.line, line);
	assert_int_equal(v.verdict, verdict);
}

static void expect_finding(size_t n, const char *what, const char *why,
			   const char *todo)
{
	assert_true(n < v.count);
	assert_string_equal(v.finding[n].what, what);
	assert_string_equal(v.finding[n].why, why);
	assert_string_equal(v.finding[n].todo, todo);
}

static void all_is_well(void **state)
{
	(void)state;
	cluster_of(3);
	expect(VERDICT_HEALTHY, "healthy: all 3 heads are in view 7");
	assert_int_equal(v.count, 0);
	f.head[3].witness = true;
	expect(VERDICT_HEALTHY, "healthy: all 2 heads and the witness are in view 7");
	cluster_of(1);
	f.links = 0;
	expect(VERDICT_HEALTHY, "healthy: the only head is in view 7");
}

static void nothing_there(void **state)
{
	(void)state;
	memset(&f, 0, sizeof(f));
	expect(VERDICT_STOPPED, "stopped here: samr.ko is not loaded");
	expect_finding(0, "samr.ko is not loaded", "", "modprobe samr");
	f.loaded = true;
	expect(VERDICT_STOPPED, "stopped here: no cluster is configured");
	expect_finding(0, "no cluster is configured", "",
		       "samrctl cluster add name NAME id ID node ID");
	f.samrd.configured = true;
	verdict_find(&f, &v);
	assert_string_equal(v.finding[0].todo, "systemctl start samrd");
}

static void down_and_halted(void **state)
{
	(void)state;
	cluster_of(3);
	f.state = SAMR_RUN_STATE_DOWN;
	expect(VERDICT_STOPPED, "stopped here: this head takes no part");
	expect_finding(0, "this head takes no part", "its state is down",
		       "samrctl join");
	f.state = SAMR_RUN_STATE_HALTED;
	expect(VERDICT_HALTED, "halted: samr has noticed a fault of its own");
}

static void a_head_is_out(void **state)
{
	(void)state;
	cluster_of(3);
	f.head[2].in_view = false;
	silence(2, 192000);
	expect(VERDICT_DEGRADED, "degraded: head 2 is out");
	expect_finding(0, "head 2 is out", "not heard for 3 min 12 s",
		       "start it again: it comes back by itself");
	f.samrd.fence[2].left_off = true;
	verdict_find(&f, &v);
	assert_string_equal(v.finding[0].todo,
			    "it is left off, three reboots in ten minutes did not help: find out why, then samrctl fence on 2");
	f.head[2].fence = SAMR_FENCE_REASON_EXCLUDED;
	verdict_find(&f, &v);
	assert_string_equal(v.finding[0].todo,
			    "start it again, it comes back by itself; or make sure that its power is off, then: samrctl fence confirm 2"
			    " (samrd, which could see to it, does not run)");
	f.head[2].fence = 0;
	f.head[2].links = 1;
	f.link[0].path[2].heard = true;
	verdict_find(&f, &v);
	expect_finding(0, "head 2 is out", "heard, and not in the view",
		       "there: samrctl status says why; samrctl join");
	f.head[3].in_view = false;
	f.head[3].witness = true;
	expect(VERDICT_DEGRADED, "degraded: head 2 is out; the witness (3) is out");
	strcpy(f.samrd.name[2], "beta");
	expect(VERDICT_DEGRADED, "degraded: head 2 (beta) is out; the witness (3) is out");
	assert_int_equal(verdict_exit(v.verdict), 3);
}

static void a_head_comes_in(void **state)
{
	(void)state;
	cluster_of(3);
	f.head[3].learner = true;
	expect(VERDICT_DEGRADED, "degraded: head 3 is coming in");
	expect_finding(0, "head 3 is coming in",
		       "it is given the state and has no vote yet", "");
	f.state = SAMR_RUN_STATE_LEARNING;
	expect(VERDICT_WAITING, "waiting for the state");
}

static void many_are_out(void **state)
{
	int id;

	(void)state;
	cluster_of(9);
	for (id = 5; id <= 9; id++)
		f.head[id].in_view = false;
	expect(VERDICT_DEGRADED,
	       "degraded: head 5 is out; head 6 is out; head 7 is out; and 2 more");
	assert_int_equal(v.count, 5);
}

static void too_few(void **state)
{
	(void)state;
	cluster_of(3);
	wedge();
	silence(2, 500);
	silence(3, 500);
	f.head[2].suspect = f.head[3].suspect = true;
	expect(VERDICT_WAITING, "waiting for 1 of the heads 2 and 3");
	expect_finding(0, "for 1 of the heads 2 and 3",
		       "nothing is ordered: 1 of 3 heads must not go on without the others",
		       "start them again, or repair the network; what is wrong with it here: samrctl doctor");
	assert_int_equal(verdict_exit(v.verdict), 4);
	cluster_of(5);
	wedge();
	f.head[2].suspect = f.head[3].suspect = f.head[4].suspect = true;
	expect(VERDICT_WAITING, "waiting for 1 of the heads 2, 3 and 4");
	f.head[5].suspect = true;
	expect(VERDICT_WAITING, "waiting for 2 of the heads 2, 3, 4 and 5");
}

static void the_view_changes(void **state)
{
	(void)state;
	cluster_of(3);
	wedge();
	f.head[3].suspect = true;
	expect(VERDICT_WAITING, "waiting for the next view");
	expect_finding(0, "for the next view",
		       "nothing is ordered while it is changed, since 340 ms", "");
}

static void half_with_a_witness(void **state)
{
	(void)state;
	cluster_of(3);
	f.head[3].witness = true;
	wedge();
	f.head[2].suspect = true;
	expect(VERDICT_WAITING, "waiting for the next view");
	f.head[3].suspect = true;
	expect(VERDICT_WAITING, "waiting for head 2 or the witness (3)");
}

static void a_fence_is_wanted(void **state)
{
	(void)state;
	cluster_of(2);
	wedge();
	silence(2, 12000);
	f.head[2].suspect = true;
	f.head[2].fence = SAMR_FENCE_REASON_BLOCKED;
	f.head[2].fence_ms = 11500;
	expect(VERDICT_WAITING, "waiting for head 2 to be fenced");
	expect_finding(0, "for head 2 to be fenced",
		       "nothing is ordered until it is known to be off; asked for since 11 s",
		       "make sure that its power is off, then: samrctl fence confirm 2"
		       " (samrd, which could see to it, does not run)");
	f.samrd.running = true;
	strcpy(f.samrd.fence[2].text, "an attempt is under way");
	verdict_find(&f, &v);
	assert_string_equal(v.finding[0].todo,
			    "samrd sees to it: an attempt is under way; samrctl fence devices");
	strcpy(f.samrd.fence[2].text, "is tried again (failed once: refused)");
	f.samrd.fence[2].failed = true;
	verdict_find(&f, &v);
	assert_string_equal(v.finding[0].todo,
			    "samrd sees to it: is tried again (failed once: refused); why: samrctl fence devices; "
			    "not to wait for that, make sure that its power is off, then: samrctl fence confirm 2");
	f.samrd.fence[2].manual = true;
	verdict_find(&f, &v);
	assert_string_equal(v.finding[0].todo,
			    "make sure that its power is off, then: samrctl fence confirm 2");
}

static void no_view_yet(void **state)
{
	(void)state;
	cluster_of(3);
	f.state = SAMR_RUN_STATE_WAITING;
	f.epoch = 0;
	f.head[1].in_view = f.head[2].in_view = f.head[3].in_view = false;
	f.head[2].missing = f.head[3].missing = true;
	silence(3, 0);
	expect(VERDICT_WAITING, "waiting for head 3; for head 2");
	expect_finding(0, "for head 3", "not heard",
		       "start it; what is wrong with the links here: samrctl doctor");
	expect_finding(1, "for head 2",
		       "heard, and has not asked for a view of the same heads",
		       "there: samrctl join; samrctl node show has to name the same heads everywhere");
	f.head[2].missing = f.head[3].missing = false;
	expect(VERDICT_WAITING, "waiting for the others");
	strcpy(f.samrd.waits, "Head 3 was in the newest view known, and is not heard.");
	expect(VERDICT_WAITING, "waiting for a view");
}

static void links_fail(void **state)
{
	(void)state;
	cluster_of(2);
	f.links = 2;
	f.link[1] = f.link[0];
	strcpy(f.link[1].dev, "eth1");
	f.link[1].state = SAMR_CARRIER_DOWN;
	expect(VERDICT_DEGRADED, "degraded: link eth1 is down");
	f.link[1].state = SAMR_CARRIER_ABSENT;
	expect(VERDICT_DEGRADED, "degraded: link eth1 has no device");
	f.link[1].state = SAMR_CARRIER_PROBING;
	f.link[1].path[2].heard = false;
	expect(VERDICT_DEGRADED, "degraded: head 2 is not heard on link eth1");
	expect_finding(0, "head 2 is not heard on link eth1", "never was",
		       "look at cable and switch of this link, there and here; samrctl link show dev eth1");
	f.link[1].path[2].version = 3;
	f.link[1].path[2].version_needed = 2;
	expect(VERDICT_DEGRADED,
	       "degraded: head 2 speaks version 3 of the protocol, this head 2");
	f.links = 0;
	expect(VERDICT_DEGRADED, "degraded: there is no link");
}

static void samrd_is_part_of_it(void **state)
{
	(void)state;
	cluster_of(2);
	f.samrd.configured = true;
	expect(VERDICT_DEGRADED, "degraded: samrd does not run");
	f.samrd.running = true;
	expect(VERDICT_HEALTHY, "healthy: all 2 heads are in view 7");
	f.samrd.devices = 1;
	f.samrd.device[0] = (struct samrd_device){
		.node = 2, .name = "bmc", .kind = "ipmi", .used = true,
		.text = "refused",
	};
	expect(VERDICT_DEGRADED, "degraded: head 2 cannot be fenced by bmc");
	expect_finding(0, "head 2 cannot be fenced by bmc", "refused",
		       "samrctl fence test 2");
	f.samrd.foreign = true;
	expect(VERDICT_HEALTHY, "healthy: all 2 heads are in view 7");
}

static void worst_first(void **state)
{
	(void)state;
	cluster_of(3);
	f.samrd.configured = true;
	f.state = SAMR_RUN_STATE_LEARNING;
	expect(VERDICT_WAITING, "waiting for the state");
	assert_int_equal(v.count, 2);
	assert_string_equal(v.finding[1].what, "samrd does not run");
}

static void spans(void **state)
{
	char text[48];

	(void)state;
	assert_string_equal(verdict_span(999, text, sizeof(text)), "999 ms");
	assert_string_equal(verdict_span(59999, text, sizeof(text)), "59 s");
	assert_string_equal(verdict_span(60000, text, sizeof(text)), "1 min 0 s");
	assert_string_equal(verdict_span(7384000, text, sizeof(text)), "2 h 3 min");
	assert_string_equal(verdict_span(864000000, text, sizeof(text)), "10 days");
}

/* No facts, however odd, make it write beyond what it has. */
static void all_at_once(void **state)
{
	int id, state_;

	(void)state;
	for (state_ = 0; state_ < 9; state_++) {
		memset(&f, 1, sizeof(f));
		f.state = state_;
		f.links = FACT_LINKS;
		f.groups = 0;
		f.loaded = f.cluster = true;
		for (id = 0; id < FACT_LINKS; id++) {
			memset(f.link[id].dev, 'x', sizeof(f.link[id].dev) - 1);
			f.link[id].dev[sizeof(f.link[id].dev) - 1] = 0;
			f.link[id].state = id % 4;
		}
		memset(&f.samrd, 0, sizeof(f.samrd));
		f.samrd.running = true;
		f.samrd.devices = SAMRD_DEVICES;
		for (id = 0; id < SAMRD_DEVICES; id++) {
			f.samrd.device[id].used = true;
			memset(f.samrd.device[id].text, 'y', 199);
		}
		verdict_find(&f, &v);
		assert_true(strlen(v.line) < sizeof(v.line));
		assert_true(v.count > 0 && v.count <= FINDINGS);
	}
}

static void ended(uint64_t age_ms, const char *on_exit)
{
	f.samrd.running = true;
	f.samrd.exits = 1;
	f.samrd.exit[0] = (struct samrd_exit){ .group = 42, .age_ms = age_ms,
					       .count = 1 };
	strcpy(f.samrd.exit[0].name, "db");
	strcpy(f.samrd.exit[0].on_exit, on_exit);
	strcpy(f.samrd.exit[0].text, "its member has read nothing for 3000 ms");
}

static void a_service_has_ended(void **state)
{
	(void)state;
	cluster_of(2);
	ended(61000, "restart");
	expect(VERDICT_DEGRADED, "degraded: service 42 (db) has no member here");
	expect_finding(0, "service 42 (db) has no member here",
		       "its member has read nothing for 3000 ms; 1 min 1 s ago",
		       "start it again; journalctl -u samrd");
	f.samrd.exit[0].back = true;
	expect(VERDICT_HEALTHY, "healthy: all 2 heads are in view 7");
}

static void members_of_a_service_differ(void **state)
{
	struct fact_group g = {
		.id = 42, .name = "db", .differ = true,
		.result = SAMR_DIVERGED_RESULT_MINORITY, .wrong = 1 << 2,
	};

	(void)state;
	cluster_of(3);
	f.groups = 1;
	f.group = &g;
	expect(VERDICT_DEGRADED, "degraded: service 42 (db) gets other replies than from most from head 2");
	g.result = SAMR_DIVERGED_RESULT_TIE;
	g.wrong |= 1 << 3;
	expect(VERDICT_DEGRADED, "degraded: service 42 (db) gets different replies from heads 2 and 3");
	expect_finding(0, "service 42 (db) gets different replies from heads 2 and 3", "",
		       "compare their states, and restart those that are wrong");
	g.stopped = true;
	expect(VERDICT_DEGRADED, "degraded: service 42 (db) is stopped here");
	g.stopped = g.differ = false;
	expect(VERDICT_HEALTHY, "healthy: all 3 heads are in view 7");
}

static void this_head_has_left_for_a_service(void **state)
{
	(void)state;
	cluster_of(2);
	f.state = SAMR_RUN_STATE_DOWN;
	ended(1000, "leave");
	expect(VERDICT_STOPPED, "stopped here: this head takes no part");
	expect_finding(0, "this head takes no part",
		       "it has left: its member has read nothing for 3000 ms",
		       "once the service is mended: samrctl join");
	strcpy(f.samrd.exit[0].on_exit, "restart");
	verdict_find(&f, &v);
	assert_string_equal(v.finding[0].why, "its state is down");
}

static void a_watchdog_that_is_relied_on(void **state)
{
	(void)state;
	cluster_of(3);
	f.samrd.running = true;
	f.samrd.unarmed = 1 << 2;
	expect(VERDICT_DEGRADED, "degraded: head 2 has not announced an armed watchdog");
	expect_finding(0, "head 2 has not announced an armed watchdog",
		       "its fence of the kind watchdog relies on one, and proves nothing",
		       "there: samrctl doctor");
	/* One that is out has a fence to wait for, and only that is said. */
	f.head[2].in_view = false;
	silence(2, 1000);
	expect(VERDICT_DEGRADED, "degraded: head 2 is out");
}

static void client_node(void)
{
	cluster_of(1);
	f.client = true;
	f.node = 0;
	f.epoch = 0;
	f.state = SAMR_RUN_STATE_WAITING;
	memset(f.head, 0, sizeof(f.head));
}

static void a_client_node_has_a_head(void **state)
{
	(void)state;
	client_node();
	f.access = 2;
	expect(VERDICT_HEALTHY, "healthy: this client node goes through head 2");
	/* Heads whose addresses it was told are not heard before they are asked. */
	f.head[3].configured = true;
	f.link[0].path[3].there = true;
	expect(VERDICT_HEALTHY, "healthy: this client node goes through head 2");
	f.links = 2;
	strcpy(f.link[1].dev, "eth1");
	f.link[1].state = SAMR_CARRIER_DOWN;
	expect(VERDICT_DEGRADED, "degraded: link eth1 is down");
}

static void a_client_node_looks_for_a_head(void **state)
{
	(void)state;
	client_node();
	expect(VERDICT_WAITING, "waiting for a head");
	expect_finding(0, "for a head",
		       "none takes this client node; its clients wait meanwhile",
		       "start a head, or repair the network; where heads are on a link without multicast: samrctl node add id ID link DEV address ADDRESS; a head that has its fill: samrctl cluster set clients N there");
	f.links = 0;
	verdict_find(&f, &v);
	expect_finding(0, "for a head", "this client node has no link",
		       "samrctl link add kind eth dev DEV");
	assert_int_equal(v.count, 1);
	f.state = SAMR_RUN_STATE_DOWN;
	expect(VERDICT_STOPPED, "stopped here: this client node takes no part");
	f.state = SAMR_RUN_STATE_HALTED;
	expect(VERDICT_HALTED, "halted: samr has noticed a fault of its own");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_is_well),
		cmocka_unit_test(nothing_there),
		cmocka_unit_test(down_and_halted),
		cmocka_unit_test(a_head_is_out),
		cmocka_unit_test(a_head_comes_in),
		cmocka_unit_test(many_are_out),
		cmocka_unit_test(too_few),
		cmocka_unit_test(the_view_changes),
		cmocka_unit_test(half_with_a_witness),
		cmocka_unit_test(a_fence_is_wanted),
		cmocka_unit_test(no_view_yet),
		cmocka_unit_test(links_fail),
		cmocka_unit_test(samrd_is_part_of_it),
		cmocka_unit_test(worst_first),
		cmocka_unit_test(spans),
		cmocka_unit_test(all_at_once),
		cmocka_unit_test(a_service_has_ended),
		cmocka_unit_test(members_of_a_service_differ),
		cmocka_unit_test(this_head_has_left_for_a_service),
		cmocka_unit_test(a_watchdog_that_is_relied_on),
		cmocka_unit_test(a_client_node_has_a_head),
		cmocka_unit_test(a_client_node_looks_for_a_head),
	};

	return cmocka_run_group_tests_name("samrctl verdict", tests, NULL, NULL);
}
