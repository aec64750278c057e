// SPDX-License-Identifier: GPL-2.0
/* samr.ko as the daemon sees it; see kernel.h. */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/turn.h"
#include "kernel_internal.h"

#define BUFFER		65536
#define REQUEST_MAX	512
#define TRIES		10		/* of a dump that changes break */
#define RETRY_US	1000000
#define PIECES		64		/* of news, in one turn */
#define PATIENCE_S	10		/* for an answer, which comes at once */

extern char **environ;

/* ---- requests ---- */

struct nlmsghdr *kernel_request(struct kernel *k, char *buffer, uint16_t flags,
				uint8_t cmd)
{
	return nl_request(buffer, k->ask.family, flags, cmd,
			  SAMR_FAMILY_VERSION);
}

int kernel_talk(struct kernel *k, struct nlmsghdr *request, nl_message *cb,
		void *data, char *why)
{
	struct nl_trouble t;
	int err = nl_conn_talk(&k->ask, request, cb, data, &t);

	if (err && err != EINTR)
		nl_trouble_text(&t, why, KERNEL_TEXT_MAX);
	return -err;
}

int kernel_dump(struct kernel *k, uint8_t cmd, nl_message *cb, void *data,
		void (*reset)(void *data), char *why)
{
	char buffer[REQUEST_MAX];
	int err = -EINTR, tries;

	for (tries = 0; err == -EINTR && tries < TRIES; tries++) {
		reset(data);
		err = kernel_talk(k, kernel_request(k, buffer, NLM_F_DUMP, cmd),
				  cb, data, why);
	}
	if (err == -EINTR)
		snprintf(why, KERNEL_TEXT_MAX,
			 "it changes faster than it can be read");
	return err;
}

static int get(struct kernel *k, uint8_t cmd, nl_message *cb, void *data,
	       char *why)
{
	char buffer[REQUEST_MAX];

	return kernel_talk(k, kernel_request(k, buffer, NLM_F_ACK, cmd), cb,
			   data, why);
}

/* ---- how things stand ---- */

static void read_cluster(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[ATTRS_MAX];
	struct kernel_state *s = data;

	nl_attrs(nlh, tb);
	s->present = true;
	s->state = nl_u32(tb[SAMR_A_CLUSTER_STATE]);
	s->inc = nl_u64(tb[SAMR_A_CLUSTER_INCARNATION]);
}

static void read_node(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[ATTRS_MAX];
	struct kernel_state *s = data;
	struct kernel_node *n;

	nl_attrs(nlh, tb);
	n = &s->node[nl_u64(tb[SAMR_A_NODE_ID]) % KERNEL_IDS];
	*n = (struct kernel_node){
		.configured = true,
		.self = tb[SAMR_A_NODE_SELF],
		.witness = tb[SAMR_A_NODE_WITNESS],
		.in_view = tb[SAMR_A_NODE_IN_VIEW],
		.links = tb[SAMR_A_NODE_SELF] ? 1 :
			 nl_u32(tb[SAMR_A_NODE_LINKS]),
		.silent_ms = nl_u64(tb[SAMR_A_NODE_SILENT_MS]),
		.inc = nl_u64(tb[SAMR_A_NODE_INCARNATION]),
		.epoch = nl_u64(tb[SAMR_A_NODE_EPOCH]),
		.saved = tb[SAMR_A_NODE_SAVED_EPOCH],
		.saved_epoch = nl_u64(tb[SAMR_A_NODE_SAVED_EPOCH]),
		.saved_members = nl_u64(tb[SAMR_A_NODE_SAVED_MEMBERS]),
		.saved_flags = nl_u32(tb[SAMR_A_NODE_SAVED_FLAGS]),
		.saved_config = nl_u32(tb[SAMR_A_NODE_SAVED_CONFIG]),
	};
}

static void reset_nodes(void *data)
{
	struct kernel_state *s = data;

	memset(s->node, 0, sizeof(s->node));
}

static int read_in_view(const struct nlattr *a, void *data)
{
	const struct nlattr *tb[ATTRS_MAX];
	struct kernel_view *v = data;

	switch (mnl_attr_get_type(a)) {
	case SAMR_A_VIEW_HEAD:
		if (v->count == SAMR_HEADS)
			return MNL_CB_OK;
		nl_nested(a, tb);
		v->head[v->count++] = (struct kernel_head){
			.node = nl_u64(tb[SAMR_A_HEAD_NODE]),
			.inc = nl_u64(tb[SAMR_A_HEAD_INCARNATION]),
			.learner = tb[SAMR_A_HEAD_LEARNER],
			.witness = tb[SAMR_A_HEAD_WITNESS],
			.suspect = tb[SAMR_A_HEAD_SUSPECT],
		};
		break;
	case SAMR_A_VIEW_WANTED:
		v->wanted |= 1ULL << (nl_u64(a) % KERNEL_IDS);
		break;
	case SAMR_A_VIEW_MISSING:
		v->missing |= 1ULL << (nl_u64(a) % KERNEL_IDS);
		break;
	}
	return MNL_CB_OK;
}

static void read_view(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[ATTRS_MAX];
	struct kernel_state *s = data;

	nl_attrs(nlh, tb);
	s->view = (struct kernel_view){
		.epoch = nl_u64(tb[SAMR_A_VIEW_EPOCH]),
		.sequencer = nl_u64(tb[SAMR_A_VIEW_SEQUENCER]),
		.policy = nl_u32(tb[SAMR_A_VIEW_POLICY]),
		.learning = tb[SAMR_A_VIEW_LEARNING],
		.wedged = tb[SAMR_A_VIEW_WEDGED_MS],
	};
	mnl_attr_parse(nlh, sizeof(struct genlmsghdr), read_in_view, &s->view);
}

static void read_fence(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[ATTRS_MAX];
	struct kernel_state *s = data;

	nl_attrs(nlh, tb);
	s->fence[nl_u64(tb[SAMR_A_FENCE_NODE]) % KERNEL_IDS] =
		(struct kernel_fence){
			.asked = tb[SAMR_A_FENCE_WHY],
			.done = tb[SAMR_A_FENCE_DONE],
			.inc = nl_u64(tb[SAMR_A_FENCE_INCARNATION]),
			.token = nl_u64(tb[SAMR_A_FENCE_TOKEN]),
			.epoch = nl_u64(tb[SAMR_A_FENCE_EPOCH]),
			.why = nl_u32(tb[SAMR_A_FENCE_WHY]),
			.age_ms = nl_u64(tb[SAMR_A_FENCE_AGE_MS]),
		};
}

static void reset_fences(void *data)
{
	struct kernel_state *s = data;

	memset(s->fence, 0, sizeof(s->fence));
}

static void read_link(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[ATTRS_MAX];
	struct kernel_state *s = data;
	uint32_t state;

	nl_attrs(nlh, tb);
	state = nl_u32(tb[SAMR_A_LINK_STATE]);
	s->links++;
	s->links_up += state == SAMR_CARRIER_PROBING || state == SAMR_CARRIER_UP;
	s->carrier = s->links_up;
}

static void reset_links(void *data)
{
	struct kernel_state *s = data;

	s->links = s->links_up = 0;
	s->carrier = false;
}

static int get_view(struct kernel *k, struct kernel_state *now, char *why)
{
	return now->present ?
	       get(k, SAMR_CMD_VIEW_GET, read_view, now, why) : 0;
}

static int look_once(struct kernel *k, struct kernel_state *now, char *why)
{
	int err;

	memset(now, 0, sizeof(*now));
	err = get(k, SAMR_CMD_CLUSTER_GET, read_cluster, now, why);
	if (err == -ENOENT)
		return 0;
	return err ?:
	       kernel_dump(k, SAMR_CMD_NODE_GET, read_node, now, reset_nodes,
			   why) ?:
	       kernel_dump(k, SAMR_CMD_LINK_GET, read_link, now, reset_links,
			   why) ?:
	       get_view(k, now, why) ?:
	       kernel_dump(k, SAMR_CMD_FENCE_GET, read_fence, now, reset_fences,
			   why);
}

static bool same_state(const struct kernel_state *a, const struct kernel_state *b)
{
	return a->present == b->present && a->state == b->state &&
	       a->inc == b->inc && a->view.epoch == b->view.epoch &&
	       a->view.wedged == b->view.wedged &&
	       a->view.learning == b->view.learning &&
	       a->view.count == b->view.count;
}

/* The answers are of different moments: nothing may have changed between them. */
int kernel_look(struct kernel *k, struct kernel_state *now, char *why)
{
	struct kernel_state *after = malloc(sizeof(*after));
	int err = -ENOMEM, tries;
	bool same = false;

	for (tries = 0; after && !same && tries < TRIES; tries++) {
		err = look_once(k, now, why);
		if (err)
			break;
		memset(after, 0, sizeof(*after));
		err = get(k, SAMR_CMD_CLUSTER_GET, read_cluster, after, why);
		if (err == -ENOENT)
			err = 0;
		err = err ?: get_view(k, after, why);
		same = !err && same_state(now, after);
	}
	free(after);
	if (err == -ENOMEM)
		snprintf(why, KERNEL_TEXT_MAX, "no memory");
	return err;
}

/* ---- events ---- */

static bool is_of_interest(const struct kernel *k, const struct nlmsghdr *nlh)
{
	if (nlh->nlmsg_type != k->hear.family)
		return false;
	switch (nl_cmd(nlh)) {
	case SAMR_CMD_CLUSTER_NTF:
	case SAMR_CMD_NODE_NTF:
	case SAMR_CMD_LINK_NTF:
	case SAMR_CMD_VIEW_NTF:
	case SAMR_CMD_FENCE_NTF:
		return true;
	}
	return false;
}

static bool is_of_groups(const struct kernel *k, const struct nlmsghdr *nlh)
{
	return nlh->nlmsg_type == k->hear.family &&
	       nl_cmd(nlh) == SAMR_CMD_GROUP_NTF;
}

static int on_again(sd_event_source *source, void *data)
{
	char why[KERNEL_TEXT_MAX];
	struct kernel *k = data;

	sd_event_source_set_enabled(source, SD_EVENT_OFF);
	if (kernel_look(k, &k->now, why)) {
		log_error("cannot read how the cluster stands: %s", why);
		sd_event_source_set_time_relative(k->retry, RETRY_US);
		sd_event_source_set_enabled(k->retry, SD_EVENT_ONESHOT);
		return 0;
	}
	k->changed(&k->now, k->data);
	return 0;
}

static int on_retry(sd_event_source *source, uint64_t usec, void *data)
{
	struct kernel *k = data;

	(void)source;
	(void)usec;
	return sd_event_source_set_enabled(k->again, SD_EVENT_ONESHOT);
}

void kernel_look_at(struct kernel *k, uint64_t ms)
{
	sd_event_source_set_time_relative(k->retry, ms * 1000);
	sd_event_source_set_enabled(k->retry, SD_EVENT_ONESHOT);
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	static char buffer[BUFFER];
	const struct nlmsghdr *nlh;
	struct kernel *k = data;
	bool dirty = false, groups = false;
	int len, pieces;

	(void)fd;
	(void)revents;
	for (pieces = 0; pieces < PIECES; pieces++) {
		len = mnl_socket_recvfrom(k->hear.sock, buffer, sizeof(buffer));
		if (len < 0 && errno != ENOBUFS && errno != EINTR)
			break;
		/* Lost some: nobody knows which. */
		dirty |= len < 0;
		groups |= len < 0;
		nlh = (const void *)buffer;
		for (; len > 0 && mnl_nlmsg_ok(nlh, len);
		     nlh = mnl_nlmsg_next(nlh, &len)) {
			dirty |= is_of_interest(k, nlh);
			groups |= is_of_groups(k, nlh);
		}
	}
	/* News without an end must not keep all else from its turn. */
	sd_event_source_set_priority(source, pieces < PIECES ? TURN_FACTS :
							       TURN_SERVE);
	if (pieces < PIECES && errno != EAGAIN)
		log_error("cannot hear the kernel's events: %s",
			  strerror(errno));
	if (dirty)
		sd_event_source_set_enabled(k->again, SD_EVENT_ONESHOT);
	if (groups && k->groups)
		k->groups(k->data);
	return 0;
}

/* ---- connections ---- */

static void load_module(void)
{
	char *const args[] = { "modprobe", "-q", "samr", NULL };
	pid_t pid;
	int status;

	if (!posix_spawnp(&pid, args[0], NULL, NULL, args, environ))
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
}

static int open_ask(struct kernel *k, char *why)
{
	const struct timeval patience = { .tv_sec = PATIENCE_S };
	struct nl_trouble t;
	int err = nl_conn_open(&k->ask, NETLINK_GENERIC);

	if (err) {
		snprintf(why, KERNEL_TEXT_MAX, "cannot open a netlink socket: %s",
			 strerror(err));
		return -err;
	}
	setsockopt(mnl_socket_get_fd(k->ask.sock), SOL_SOCKET, SO_RCVTIMEO,
		   &patience, sizeof(patience));
	err = nl_conn_find(&k->ask, &t);
	if (err == ENOENT) {
		load_module();
		err = nl_conn_find(&k->ask, &t);
	}
	if (err == ENOENT)
		snprintf(why, KERNEL_TEXT_MAX, "samr.ko is not loaded, and "
			 "modprobe samr does not load it: is it installed for "
			 "this kernel?");
	else if (err)
		nl_trouble_text(&t, why, KERNEL_TEXT_MAX);
	return -err;
}

static int open_hear(struct kernel *k, char *why)
{
	struct nl_trouble t;
	int err, fd;

	err = nl_conn_open(&k->hear, NETLINK_GENERIC);
	err = err ?: nl_conn_find(&k->hear, &t);
	err = err ?: nl_conn_listen(&k->hear);
	if (err)
		goto fail;
	fd = mnl_socket_get_fd(k->hear.sock);
	if (fcntl(fd, F_SETFL, O_NONBLOCK)) {
		err = errno;
		goto fail;
	}
	err = -sd_event_add_io(k->event, &k->io, fd, EPOLLIN, on_io, k);
	if (err > 0)
		goto fail;
	err = -sd_event_add_defer(k->event, &k->again, on_again, k);
	if (err > 0)
		goto fail;
	err = -sd_event_add_time_relative(k->event, &k->retry, CLOCK_MONOTONIC,
					  UINT64_MAX / 2, 0, on_retry, k);
	if (err > 0)
		goto fail;
	sd_event_source_set_enabled(k->retry, SD_EVENT_OFF);
	/* Decisions come after all that is known has been read. */
	sd_event_source_set_priority(k->again, TURN_LOOK);
	return 0;
fail:
	snprintf(why, KERNEL_TEXT_MAX, "cannot listen to the kernel: %s",
		 strerror(err));
	return -err;
}

int kernel_open(struct kernel **kp, sd_event *event, kernel_changed_fn *changed,
		kernel_groups_fn *groups, void *data, char *why)
{
	struct kernel *k = calloc(1, sizeof(*k));
	int err;

	*kp = NULL;
	if (!k) {
		snprintf(why, KERNEL_TEXT_MAX, "no memory");
		return -ENOMEM;
	}
	k->event = event;
	k->changed = changed;
	k->groups = groups;
	k->data = data;
	err = open_ask(k, why);
	if (!err && event)
		err = open_hear(k, why);
	if (err) {
		kernel_close(k);
		return err;
	}
	*kp = k;
	return 0;
}

void kernel_close(struct kernel *k)
{
	if (!k)
		return;
	sd_event_source_disable_unref(k->io);
	sd_event_source_disable_unref(k->again);
	sd_event_source_disable_unref(k->retry);
	nl_conn_close(&k->ask);
	nl_conn_close(&k->hear);
	nl_conn_close(&k->diag);
	free(k);
}

/* ---- commands ---- */

int kernel_own_fences(struct kernel *k, char *why)
{
	char buffer[REQUEST_MAX];

	return kernel_talk(k, kernel_request(k, buffer, NLM_F_ACK,
					     SAMR_CMD_FENCE_OWN), NULL, NULL,
			   why);
}

int kernel_tell(struct kernel *k, uint64_t epoch, uint64_t members,
		uint32_t flags, uint32_t config, char *why)
{
	char buffer[REQUEST_MAX];
	struct nlmsghdr *nlh;

	nlh = kernel_request(k, buffer, NLM_F_ACK, SAMR_CMD_CLUSTER_SET);
	mnl_attr_put_u32(nlh, SAMR_A_CLUSTER_KEEPER, 1);
	mnl_attr_put_u64(nlh, SAMR_A_CLUSTER_SAVED_EPOCH, epoch);
	mnl_attr_put_u64(nlh, SAMR_A_CLUSTER_SAVED_MEMBERS, members);
	mnl_attr_put_u32(nlh, SAMR_A_CLUSTER_SAVED_FLAGS, flags);
	mnl_attr_put_u32(nlh, SAMR_A_CLUSTER_SAVED_CONFIG, config);
	return kernel_talk(k, nlh, NULL, NULL, why);
}

int kernel_start(struct kernel *k, uint64_t founders, char *why)
{
	char buffer[REQUEST_MAX];
	struct nlmsghdr *nlh;

	nlh = kernel_request(k, buffer, NLM_F_ACK, SAMR_CMD_CLUSTER_SET);
	mnl_attr_put_u32(nlh, SAMR_A_CLUSTER_STATE, SAMR_RUN_STATE_UP);
	mnl_attr_put_u64(nlh, SAMR_A_CLUSTER_FOUNDERS, founders);
	return kernel_talk(k, nlh, NULL, NULL, why);
}

int kernel_stop(struct kernel *k, char *why)
{
	char buffer[REQUEST_MAX];
	struct nlmsghdr *nlh;

	nlh = kernel_request(k, buffer, NLM_F_ACK, SAMR_CMD_CLUSTER_SET);
	mnl_attr_put_u32(nlh, SAMR_A_CLUSTER_STATE, SAMR_RUN_STATE_DOWN);
	return kernel_talk(k, nlh, NULL, NULL, why);
}

int kernel_remove(struct kernel *k, char *why)
{
	char buffer[REQUEST_MAX];

	return kernel_talk(k, kernel_request(k, buffer, NLM_F_ACK,
					     SAMR_CMD_CLUSTER_DEL), NULL, NULL,
			   why);
}

int kernel_confirm(struct kernel *k, uint32_t node, uint64_t inc,
		   uint64_t token, char *why)
{
	char buffer[REQUEST_MAX];
	struct nlmsghdr *nlh;

	nlh = kernel_request(k, buffer, NLM_F_ACK, SAMR_CMD_FENCE_CONFIRM);
	mnl_attr_put_u64(nlh, SAMR_A_FENCE_NODE, node);
	mnl_attr_put_u64(nlh, SAMR_A_FENCE_INCARNATION, inc);
	mnl_attr_put_u64(nlh, SAMR_A_FENCE_TOKEN, token);
	return kernel_talk(k, nlh, NULL, NULL, why);
}
