// SPDX-License-Identifier: GPL-2.0
/*
 * A configuration is put into the kernel as a whole or not at all. The kernel is
 * played by this test: it keeps what it is told, and refuses what it is told to.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "kernel/kernel_internal.h"

#define MAX	16

/** struct thing - a node, link or group */
struct thing {
	uint64_t id;
	char name[32];
	bool witness;
	uint32_t uid;
	uint32_t gid;
	uint32_t diverged;
	uint8_t address[6];
	uint64_t address_of;
};

static struct model {
	bool present;
	char name[32];
	uint32_t id;
	uint64_t self;
	uint32_t limit[ATTRS_MAX];	/* by attribute */
	uint32_t state;
	struct thing node[MAX];
	struct thing link[MAX];
	struct thing group[MAX];
} kernel;

static int refuse_at;		/* counts changes down; 0: never */
static unsigned int changes;
static unsigned int errors;	/* told to the log */

void log_message(int priority, enum log_id id, const char *format, ...)
{
	(void)id;
	(void)format;
	errors += priority <= LOG_ERR;
}

struct nlmsghdr *kernel_request(struct kernel *k, char *buffer, uint16_t flags,
				uint8_t cmd)
{
	(void)k;
	return nl_request(buffer, 99, flags, cmd, 1);
}

/* ---- its objects ---- */

static struct thing *find(struct thing *list, uint64_t id, const char *name)
{
	int i;

	for (i = 0; i < MAX; i++)
		if (name ? list[i].id && !strcmp(list[i].name, name) :
		    list[i].id == id)
			return &list[i];
	return NULL;
}

static int add(struct thing *list, const struct thing *t, const char *name)
{
	struct thing *place = find(list, 0, NULL);

	if (find(list, t->id, name))
		return -EEXIST;
	assert_non_null(place);
	*place = *t;
	return 0;
}

static int del(struct thing *list, uint64_t id, const char *name)
{
	struct thing *t = find(list, id, name);

	if (!t)
		return -ENOENT;
	*t = (struct thing){ };
	return 0;
}

static const uint16_t limits[] = {
	SAMR_A_CLUSTER_POLICY, SAMR_A_CLUSTER_RESILIENCE,
	SAMR_A_CLUSTER_BEAT_US, SAMR_A_CLUSTER_DEAD_US, SAMR_A_CLUSTER_STUCK_US,
	SAMR_A_CLUSTER_REORDER_US, SAMR_A_CLUSTER_ACK_DELAY_US,
	SAMR_A_CLUSTER_HISTORY, SAMR_A_CLUSTER_HISTORY_BYTES,
	SAMR_A_CLUSTER_SUBMITS, SAMR_A_CLUSTER_SUBMIT_BYTES,
	SAMR_A_CLUSTER_REF_MIN,
};

static int change_cluster(uint8_t cmd, const struct nlattr **tb)
{
	size_t i;

	if (cmd == SAMR_CMD_CLUSTER_DEL) {
		kernel = (struct model){ };
		return 0;
	}
	if (kernel.present)
		return -EEXIST;
	kernel.present = true;
	snprintf(kernel.name, sizeof(kernel.name), "%s",
		 nl_str(tb[SAMR_A_CLUSTER_NAME]));
	kernel.id = nl_u32(tb[SAMR_A_CLUSTER_ID]);
	kernel.self = nl_u64(tb[SAMR_A_CLUSTER_NODE]);
	for (i = 0; i < sizeof(limits) / sizeof(*limits); i++)
		kernel.limit[limits[i]] = nl_u32(tb[limits[i]]);
	return 0;
}

static int change_node(uint8_t cmd, const struct nlattr **tb)
{
	struct thing t = { .id = nl_u64(tb[SAMR_A_NODE_ID]),
			   .witness = tb[SAMR_A_NODE_WITNESS] };
	struct thing *link;

	if (cmd == SAMR_CMD_NODE_ADD)
		return add(kernel.node, &t, NULL);
	if (cmd == SAMR_CMD_NODE_DEL)
		return del(kernel.node, t.id, NULL);
	link = find(kernel.link, 0, nl_str(tb[SAMR_A_NODE_DEV]));
	assert_non_null(link);
	memset(link->address, 0, 6);
	link->address_of = 0;
	if (mnl_attr_get_payload_len(tb[SAMR_A_NODE_ADDRESS])) {
		memcpy(link->address,
		       mnl_attr_get_payload(tb[SAMR_A_NODE_ADDRESS]), 6);
		link->address_of = t.id;
	}
	return 0;
}

static int change_group(uint8_t cmd, const struct nlattr **tb)
{
	struct thing t = {
		.id = nl_u32(tb[SAMR_A_GROUP_ID]),
		.diverged = nl_u32(tb[SAMR_A_GROUP_DIVERGED_POLICY]),
	};
	struct thing *there = find(kernel.group, t.id, NULL);

	if (cmd == SAMR_CMD_GROUP_DEL)
		return del(kernel.group, t.id, NULL);
	if (cmd == SAMR_CMD_GROUP_SET) {
		if (there)
			there->diverged = t.diverged;
		return there ? 0 : -ENOENT;
	}
	snprintf(t.name, sizeof(t.name), "%s", nl_str(tb[SAMR_A_GROUP_NAME]));
	t.uid = tb[SAMR_A_GROUP_UID] ? nl_u32(tb[SAMR_A_GROUP_UID]) :
		CONFIG_NONE;
	t.gid = tb[SAMR_A_GROUP_GID] ? nl_u32(tb[SAMR_A_GROUP_GID]) :
		CONFIG_NONE;
	if (find(kernel.group, 0, t.name))
		return -EEXIST;
	return add(kernel.group, &t, NULL);
}

static int change(uint8_t cmd, const struct nlattr **tb)
{
	struct thing link = { .id = 1 };

	switch (cmd) {
	case SAMR_CMD_CLUSTER_ADD:
	case SAMR_CMD_CLUSTER_DEL:
		return change_cluster(cmd, tb);
	case SAMR_CMD_NODE_ADD:
	case SAMR_CMD_NODE_SET:
	case SAMR_CMD_NODE_DEL:
		return change_node(cmd, tb);
	case SAMR_CMD_LINK_ADD:
	case SAMR_CMD_LINK_DEL:
		snprintf(link.name, sizeof(link.name), "%s",
			 nl_str(tb[SAMR_A_LINK_DEV]));
		return cmd == SAMR_CMD_LINK_ADD ?
		       add(kernel.link, &link, link.name) :
		       del(kernel.link, 0, link.name);
	case SAMR_CMD_GROUP_ADD:
	case SAMR_CMD_GROUP_DEL:
	case SAMR_CMD_GROUP_SET:
		return change_group(cmd, tb);
	}
	fail_msg("command %u", cmd);
	return 0;
}

/* ---- its answers ---- */

static struct nlmsghdr *answer(char *buffer)
{
	return nl_request(buffer, 99, 0, 0, 1);
}

static void say_cluster(nl_message *cb, void *data)
{
	char buffer[1024];
	struct nlmsghdr *n = answer(buffer);
	size_t i;

	mnl_attr_put_strz(n, SAMR_A_CLUSTER_NAME, kernel.name);
	mnl_attr_put_u32(n, SAMR_A_CLUSTER_ID, kernel.id);
	mnl_attr_put_u64(n, SAMR_A_CLUSTER_NODE, kernel.self);
	mnl_attr_put_u32(n, SAMR_A_CLUSTER_STATE, kernel.state);
	for (i = 0; i < sizeof(limits) / sizeof(*limits); i++)
		mnl_attr_put_u32(n, limits[i], kernel.limit[limits[i]]);
	cb(n, data);
}

static void say_node(const struct thing *t, nl_message *cb, void *data)
{
	char buffer[256];
	struct nlmsghdr *n = answer(buffer);

	mnl_attr_put_u64(n, SAMR_A_NODE_ID, t->id);
	if (t->witness)
		mnl_attr_put(n, SAMR_A_NODE_WITNESS, 0, NULL);
	if (t->id == kernel.self)
		mnl_attr_put(n, SAMR_A_NODE_SELF, 0, NULL);
	cb(n, data);
}

static void say_link(const struct thing *t, nl_message *cb, void *data)
{
	char buffer[512];
	struct nlmsghdr *n = answer(buffer);
	struct nlattr *path;

	mnl_attr_put_strz(n, SAMR_A_LINK_KIND, "eth");
	mnl_attr_put_strz(n, SAMR_A_LINK_DEV, t->name);
	if (t->address_of) {
		path = mnl_attr_nest_start(n, SAMR_A_LINK_PATH);
		mnl_attr_put_u64(n, SAMR_A_PATH_NODE, t->address_of);
		mnl_attr_put(n, SAMR_A_PATH_ADDRESS, 6, t->address);
		mnl_attr_put(n, SAMR_A_PATH_CONFIGURED, 0, NULL);
		mnl_attr_nest_end(n, path);
	}
	cb(n, data);
}

static void say_group(const struct thing *t, nl_message *cb, void *data)
{
	char buffer[256];
	struct nlmsghdr *n = answer(buffer);

	mnl_attr_put_u32(n, SAMR_A_GROUP_ID, t->id);
	mnl_attr_put_strz(n, SAMR_A_GROUP_NAME, t->name);
	if (t->uid != CONFIG_NONE)
		mnl_attr_put_u32(n, SAMR_A_GROUP_UID, t->uid);
	if (t->gid != CONFIG_NONE)
		mnl_attr_put_u32(n, SAMR_A_GROUP_GID, t->gid);
	mnl_attr_put(n, SAMR_A_GROUP_DECLARED, 0, NULL);
	mnl_attr_put_u32(n, SAMR_A_GROUP_DIVERGED_POLICY, t->diverged);
	cb(n, data);
}

int kernel_dump(struct kernel *k, uint8_t cmd, nl_message *cb, void *data,
		void (*reset)(void *data), char *why)
{
	const struct thing self = { .id = kernel.self };
	int i;

	(void)k;
	(void)why;
	reset(data);
	if (cmd == SAMR_CMD_NODE_GET && !find(kernel.node, kernel.self, NULL))
		say_node(&self, cb, data);
	for (i = 0; i < MAX; i++) {
		if (cmd == SAMR_CMD_NODE_GET && kernel.node[i].id)
			say_node(&kernel.node[i], cb, data);
		if (cmd == SAMR_CMD_LINK_GET && kernel.link[i].id)
			say_link(&kernel.link[i], cb, data);
		if (cmd == SAMR_CMD_GROUP_GET && kernel.group[i].id)
			say_group(&kernel.group[i], cb, data);
	}
	return 0;
}

int kernel_talk(struct kernel *k, struct nlmsghdr *request, nl_message *cb,
		void *data, char *why)
{
	const struct nlattr *tb[ATTRS_MAX];
	int err;

	(void)k;
	nl_attrs(request, tb);
	if (nl_cmd(request) == SAMR_CMD_CLUSTER_GET) {
		if (!kernel.present)
			return -ENOENT;
		say_cluster(cb, data);
		return 0;
	}
	changes++;
	err = refuse_at && !--refuse_at ? -EPERM :
	      change(nl_cmd(request), tb);
	if (err)
		strcpy(why, "said the kernel");
	return err;
}

int kernel_remove(struct kernel *k, char *why)
{
	(void)k;
	(void)why;
	kernel = (struct model){ };
	changes++;
	return 0;
}

/* ---- configurations ---- */

static void tell(bool error, const char *message, void *data)
{
	(void)data;
	if (error)
		fail_msg("%s", message);
}

static struct config *config(const char *text)
{
	char path[] = "/tmp/samr-apply-XXXXXX";
	int fd = mkstemp(path);
	struct config *c;

	assert_true(fd >= 0);
	assert_true(dprintf(fd, "cluster \"lab\" { id = 7 this-node = a }\n%s",
			    text) > 0);
	close(fd);
	c = config_load(path, "a", tell, NULL);
	unlink(path);
	assert_non_null(c);
	return c;
}

#define ONE	"link \"l\" { device = eth0 }\nnode a { id = 1 }\n" \
		"node b { id = 2 }\nnode c { id = 3 }\n" \
		"service \"x\" { id = 42 user = 5 }\nservice \"y\" { id = 43 }\n"
#define TWO	"link \"l\" { device = eth1 }\nlink \"m\" { device = eth2 }\n" \
		"node a { id = 1 }\nnode b { id = 2 link \"m\" { address = " \
		"\"02:00:00:00:00:02\" } }\nnode d { id = 4 }\n" \
		"service \"x\" { id = 42 user = 6 }\nservice \"z\" { id = 44 }\n"

static int apply(const char *text, const char *was, char *why)
{
	struct config *c = config(text), *w = was ? config(was) : NULL;
	int err = kernel_apply(NULL, c, w, why);

	config_free(c);
	config_free(w);
	return err;
}

static int reset(void **state)
{
	(void)state;
	kernel = (struct model){ };
	refuse_at = 0;
	changes = errors = 0;
	return 0;
}

/* ---- tests ---- */

static void from_nothing(void **state)
{
	char why[KERNEL_TEXT_MAX];

	(void)state;
	assert_int_equal(apply(ONE, NULL, why), 0);
	assert_string_equal(why, "");
	assert_string_equal(kernel.name, "lab");
	assert_int_equal(kernel.limit[SAMR_A_CLUSTER_DEAD_US], 100000);
	assert_non_null(find(kernel.node, 2, NULL));
	assert_non_null(find(kernel.node, 3, NULL));
	assert_null(find(kernel.node, 1, NULL));
	assert_non_null(find(kernel.link, 0, "eth0"));
	assert_int_equal(find(kernel.group, 42, NULL)->uid, 5);
	assert_int_equal(find(kernel.group, 43, NULL)->uid, CONFIG_NONE);
	changes = 0;
	assert_int_equal(apply(ONE, ONE, why), 0);
	assert_int_equal(changes, 0);
}

static void to_another(void **state)
{
	char why[KERNEL_TEXT_MAX];

	(void)state;
	assert_int_equal(apply(ONE, NULL, why), 0);
	assert_int_equal(apply(TWO, ONE, why), 0);
	assert_null(find(kernel.link, 0, "eth0"));
	assert_non_null(find(kernel.link, 0, "eth1"));
	assert_int_equal(find(kernel.link, 0, "eth2")->address_of, 2);
	assert_int_equal(find(kernel.link, 0, "eth2")->address[5], 2);
	assert_null(find(kernel.node, 3, NULL));
	assert_non_null(find(kernel.node, 4, NULL));
	assert_int_equal(find(kernel.group, 42, NULL)->uid, 6);
	assert_null(find(kernel.group, 43, NULL));
	assert_non_null(find(kernel.group, 44, NULL));
	changes = 0;
	assert_int_equal(apply(TWO, TWO, why), 0);
	assert_int_equal(changes, 0);
	assert_int_equal(apply(ONE, TWO, why), 0);
	assert_null(find(kernel.link, 0, "eth2"));
}

/* It is changed where members are there, too: nothing is taken away. */
static void another_policy(void **state)
{
	static const char with[] =
		"link \"l\" { device = eth0 }\nnode a { id = 1 }\n"
		"service \"x\" { id = 42 diverged = expel }\n";
	static const char without[] =
		"link \"l\" { device = eth0 }\nnode a { id = 1 }\n"
		"service \"x\" { id = 42 }\n";
	char why[KERNEL_TEXT_MAX];

	(void)state;
	assert_int_equal(apply(with, NULL, why), 0);
	assert_int_equal(find(kernel.group, 42, NULL)->diverged,
			 SAMR_DIVERGED_POLICY_EXPEL);
	changes = 0;
	assert_int_equal(apply(without, with, why), 0);
	assert_int_equal(changes, 1);
	assert_int_equal(find(kernel.group, 42, NULL)->diverged,
			 SAMR_DIVERGED_POLICY_REPORT);
}

/* Sets: where in the arrays a thing is does not matter. */
static void assert_same(const struct thing *a, const struct thing *b)
{
	int i, j;

	for (i = 0; i < MAX; i++) {
		for (j = 0; a[i].id && j < MAX; j++)
			if (!memcmp(&a[i], &b[j], sizeof(*a)))
				break;
		assert_true(j < MAX);
	}
}

/* Whichever request is refused: all is as it was. */
static void all_or_nothing(void **state)
{
	char why[KERNEL_TEXT_MAX];
	struct model before;
	unsigned int total;
	int i;

	(void)state;
	assert_int_equal(apply(ONE, NULL, why), 0);
	before = kernel;
	changes = 0;
	assert_int_equal(apply(TWO, ONE, why), 0);
	total = changes;
	assert_true(total >= 9);
	for (i = 1; i <= (int)total; i++) {
		kernel = before;
		refuse_at = i;
		assert_int_equal(apply(TWO, ONE, why), -EPERM);
		assert_non_null(strstr(why, ": said the kernel"));
		assert_same(before.node, kernel.node);
		assert_same(kernel.node, before.node);
		assert_same(before.link, kernel.link);
		assert_same(kernel.link, before.link);
		assert_same(before.group, kernel.group);
		assert_same(kernel.group, before.group);
	}
	assert_int_equal(errors, 0);
	for (i = 1; i <= 5; i++) {
		kernel = (struct model){ };
		refuse_at = i;
		assert_int_equal(apply(ONE, NULL, why), -EPERM);
		assert_false(kernel.present);
	}
}

static void by_hand(void **state)
{
	const struct thing busy = { .id = 50, .name = "busy", .uid = CONFIG_NONE,
				    .gid = CONFIG_NONE };
	char why[KERNEL_TEXT_MAX];

	(void)state;
	assert_int_equal(apply(ONE, NULL, why), 0);
	assert_int_equal(add(kernel.group, &busy, NULL), 0);
	assert_int_equal(apply(TWO, ONE, why), 0);
	assert_non_null(find(kernel.group, 50, NULL));
	assert_int_equal(apply(TWO "service \"busy\" { id = 51 }\n", TWO, why),
			 -EEXIST);
	assert_string_equal(why, "service \"busy\" (51): said the kernel");
}

static void another_cluster(void **state)
{
	char why[KERNEL_TEXT_MAX];

	(void)state;
	assert_int_equal(apply(ONE, NULL, why), 0);
	kernel.id = 8;
	changes = 0;
	assert_int_equal(apply(ONE, NULL, why), -EEXIST);
	assert_non_null(strstr(why, "node 1 of the cluster \"lab\" (8) already, "
			       "not node 1 of \"lab\" (7)"));
	assert_int_equal(changes, 0);
}

/* Limits: of one that is down by making it anew, else they stay. */
static void other_limits(void **state)
{
	char why[KERNEL_TEXT_MAX];

	(void)state;
	assert_int_equal(apply(ONE, NULL, why), 0);
	kernel.limit[SAMR_A_CLUSTER_DEAD_US] = 900000;
	kernel.state = SAMR_RUN_STATE_UP;
	assert_int_equal(apply(ONE, NULL, why), 0);
	assert_non_null(strstr(why, "stay as they are in the kernel while"));
	assert_int_equal(kernel.limit[SAMR_A_CLUSTER_DEAD_US], 900000);
	kernel.state = SAMR_RUN_STATE_DOWN;
	assert_int_equal(apply(ONE, NULL, why), 0);
	assert_int_equal(kernel.limit[SAMR_A_CLUSTER_DEAD_US], 100000);
	assert_non_null(find(kernel.group, 43, NULL));
}

static void the_witness(void **state)
{
	static const char here[] = "link \"l\" { device = eth0 }\n"
		"node a { id = 1 witness = yes }\nnode b { id = 2 }\n"
		"node c { id = 3 }\n";
	char why[KERNEL_TEXT_MAX];

	(void)state;
	assert_int_equal(apply(here, NULL, why), 0);
	assert_true(find(kernel.node, 1, NULL)->witness);
	assert_false(find(kernel.node, 2, NULL)->witness);
	changes = 0;
	assert_int_equal(apply(here, here, why), 0);
	assert_int_equal(changes, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(from_nothing, reset),
		cmocka_unit_test_setup(to_another, reset),
		cmocka_unit_test_setup(another_policy, reset),
		cmocka_unit_test_setup(all_or_nothing, reset),
		cmocka_unit_test_setup(by_hand, reset),
		cmocka_unit_test_setup(another_cluster, reset),
		cmocka_unit_test_setup(other_limits, reset),
		cmocka_unit_test_setup(the_witness, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
