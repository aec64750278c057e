// SPDX-License-Identifier: GPL-2.0
/*
 * Generic netlink: how objects become messages, see netlink_fill.h.
 *
 * A message is there as a whole or not at all.
 */
#include <linux/user_namespace.h>
#include <linux/math64.h>
#include <net/ipv6.h>

#include "core/strings.h"
#include "netlink_fill.h"
#include "service.h"
#include "stats.h"

static void *begin(const struct samr_netlink_msg *m)
{
	void *hdr;

	hdr = genlmsg_put(m->skb, m->portid, m->seq, &samr_netlink_family,
			  m->cb ? NLM_F_MULTI : 0, m->cmd);
	if (hdr && m->cb)
		genl_dump_check_consistent(m->cb, hdr);
	return hdr;
}

/* @err: of the attributes, 0 or -EMSGSIZE */
static int finish(const struct samr_netlink_msg *m, void *hdr, int err)
{
	if (err) {
		genlmsg_cancel(m->skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(m->skb, hdr);
	return 0;
}

static int put_event(const struct samr_netlink_msg *m, int attr)
{
	return m->event ? nla_put_u32(m->skb, attr, m->event) : 0;
}

static int put_flag(struct sk_buff *skb, int attr, bool is)
{
	return is ? nla_put_flag(skb, attr) : 0;
}

/* @at: monotonic ns */
static u64 ms_since(u64 at)
{
	u64 now = ktime_get_ns();

	return now > at ? div_u64(now - at, NSEC_PER_MSEC) : 0;
}

/* ---- cluster ---- */

static u32 run_state(enum samr_cluster_state state)
{
	switch (state) {
	case SAMR_CLUSTER_STOPPED:
		return SAMR_RUN_STATE_DOWN;
	case SAMR_CLUSTER_FORMING:
		return SAMR_RUN_STATE_WAITING;
	case SAMR_CLUSTER_SERVING:
		return SAMR_RUN_STATE_UP;
	case SAMR_CLUSTER_LEARNING:
		return SAMR_RUN_STATE_LEARNING;
	case SAMR_CLUSTER_WEDGED:
		return SAMR_RUN_STATE_WEDGED;
	case SAMR_CLUSTER_LEAVING:
		return SAMR_RUN_STATE_LEAVING;
	case SAMR_CLUSTER_HALTED:
		break;
	}
	return SAMR_RUN_STATE_HALTED;
}

static u32 bound_sockets(struct samr_cluster *c)
{
	struct samr_service_info s;
	u32 id = 0, n = 0;

	while ((id = samr_service_next(c, id, &s)))
		n += s.sockets;
	return n;
}

/* What samr_nl_cluster_add_doit() fills in is never 0. */
static int put_limits(struct sk_buff *skb, const struct samr_node_config *core)
{
	return nla_put_u32(skb, SAMR_A_CLUSTER_RESILIENCE,
			   core->quorum ? SAMR_RESILIENCE_QUORUM :
					  SAMR_RESILIENCE_ALL) ||
	       nla_put_u32(skb, SAMR_A_CLUSTER_BEAT_US,
			   div_u64(core->beat, NSEC_PER_USEC)) ||
	       nla_put_u32(skb, SAMR_A_CLUSTER_DEAD_US,
			   div_u64(core->dead, NSEC_PER_USEC)) ||
	       nla_put_u32(skb, SAMR_A_CLUSTER_STUCK_US,
			   div_u64(core->stuck, NSEC_PER_USEC)) ||
	       nla_put_u32(skb, SAMR_A_CLUSTER_POLICY, core->policy) ||
	       nla_put_u32(skb, SAMR_A_CLUSTER_REORDER_US,
			   div_u64(core->reorder, NSEC_PER_USEC)) ||
	       nla_put_u32(skb, SAMR_A_CLUSTER_ACK_DELAY_US,
			   div_u64(core->ack_delay, NSEC_PER_USEC)) ||
	       nla_put_u32(skb, SAMR_A_CLUSTER_HISTORY, core->history) ||
	       nla_put_u32(skb, SAMR_A_CLUSTER_HISTORY_BYTES,
			   core->history_bytes) ||
	       nla_put_u32(skb, SAMR_A_CLUSTER_SUBMITS, core->submits) ||
	       nla_put_u32(skb, SAMR_A_CLUSTER_SUBMIT_BYTES,
			   core->submit_bytes) ||
	       nla_put_u32(skb, SAMR_A_CLUSTER_REF_MIN, core->ref_min);
}

/* Names of what is saved, of a cluster and of a node. */
struct saved_attrs {
	int epoch;
	int members;
	int flags;
	int config;
	int pad;
};

static const struct saved_attrs cluster_saved = {
	SAMR_A_CLUSTER_SAVED_EPOCH, SAMR_A_CLUSTER_SAVED_MEMBERS,
	SAMR_A_CLUSTER_SAVED_FLAGS, SAMR_A_CLUSTER_SAVED_CONFIG,
	SAMR_A_CLUSTER_PAD,
};

static const struct saved_attrs node_saved = {
	SAMR_A_NODE_SAVED_EPOCH, SAMR_A_NODE_SAVED_MEMBERS,
	SAMR_A_NODE_SAVED_FLAGS, SAMR_A_NODE_SAVED_CONFIG, SAMR_A_NODE_PAD,
};

/* What is saved there; nothing when that was not told. */
static int put_saved(struct sk_buff *skb, const struct samr_saved *s,
		     const struct saved_attrs *a)
{
	if (!s->told)
		return 0;
	return nla_put_u64_64bit(skb, a->epoch, s->epoch, a->pad) ||
	       nla_put_u64_64bit(skb, a->members, s->members, a->pad) ||
	       nla_put_u32(skb, a->flags, s->flags) ||
	       nla_put_u32(skb, a->config, s->config);
}

static int put_clients(struct sk_buff *skb, const struct samr_cluster_info *info)
{
	if (!info->params.client)
		return nla_put_u32(skb, SAMR_A_CLUSTER_CLIENTS, info->clients);
	return nla_put_u32(skb, SAMR_A_CLUSTER_CLIENT, 1) ||
	       nla_put_u64_64bit(skb, SAMR_A_CLUSTER_ACCESS, info->access,
				 SAMR_A_CLUSTER_PAD) ||
	       nla_put_u64_64bit(skb, SAMR_A_CLUSTER_LOSSES, info->losses,
				 SAMR_A_CLUSTER_PAD);
}

int samr_netlink_put_client(const struct samr_netlink_msg *m,
			    const struct samr_client_node *n)
{
	u64 now = ktime_get_ns();
	struct sk_buff *skb = m->skb;
	void *hdr = begin(m);

	if (!hdr)
		return -EMSGSIZE;
	return finish(m, hdr,
		      nla_put_u64_64bit(skb, SAMR_A_CLIENT_ID, n->id,
					SAMR_A_CLIENT_PAD) ||
		      nla_put_u64_64bit(skb, SAMR_A_CLIENT_INCARNATION, n->inc,
					SAMR_A_CLIENT_PAD) ||
		      nla_put_u64_64bit(skb, SAMR_A_CLIENT_AGE_MS,
					(now - n->since) / NSEC_PER_MSEC,
					SAMR_A_CLIENT_PAD) ||
		      nla_put_u64_64bit(skb, SAMR_A_CLIENT_IDLE_MS,
					(now - n->heard) / NSEC_PER_MSEC,
					SAMR_A_CLIENT_PAD) ||
		      nla_put_u64_64bit(skb, SAMR_A_CLIENT_SUBMITTED, n->submits,
					SAMR_A_CLIENT_PAD) ||
		      nla_put_u64_64bit(skb, SAMR_A_CLIENT_GIVEN, n->given,
					SAMR_A_CLIENT_PAD) ||
		      nla_put_u32(skb, SAMR_A_CLIENT_WAITING, n->waiting));
}

int samr_netlink_put_cluster(const struct samr_netlink_msg *m,
			     struct samr_cluster *c)
{
	struct samr_cluster_info info;
	struct sk_buff *skb = m->skb;
	void *hdr = begin(m);

	if (!hdr)
		return -EMSGSIZE;
	samr_cluster_info(c, &info);
	return finish(m, hdr,
		      nla_put_string(skb, SAMR_A_CLUSTER_NAME,
				     info.params.name) ||
		      nla_put_u32(skb, SAMR_A_CLUSTER_ID, info.params.id) ||
		      nla_put_u64_64bit(skb, SAMR_A_CLUSTER_NODE,
					info.params.node, SAMR_A_CLUSTER_PAD) ||
		      nla_put_u64_64bit(skb, SAMR_A_CLUSTER_INCARNATION,
					info.inc, SAMR_A_CLUSTER_PAD) ||
		      nla_put_u32(skb, SAMR_A_CLUSTER_STATE,
				  run_state(info.state)) ||
		      put_limits(skb, &info.params.core) ||
		      nla_put_u32(skb, SAMR_A_CLUSTER_SOCKETS,
				  bound_sockets(c)) ||
		      nla_put_u32(skb, SAMR_A_CLUSTER_FRAME_MAX,
				  info.frame_max) ||
		      nla_put_u32(skb, SAMR_A_CLUSTER_QUEUED, info.queued) ||
		      (info.founders &&
		       nla_put_u64_64bit(skb, SAMR_A_CLUSTER_FOUNDERS,
					 info.founders & ~SAMR_NO_FOUNDERS,
					 SAMR_A_CLUSTER_PAD)) ||
		      nla_put_u32(skb, SAMR_A_CLUSTER_KEEPER, info.keeper) ||
		      (info.fence_owner &&
		       nla_put_u32(skb, SAMR_A_CLUSTER_FENCE_OWNER,
				   info.fence_owner)) ||
		      put_saved(skb, &info.saved, &cluster_saved) ||
		      put_clients(skb, &info) ||
		      put_event(m, SAMR_A_CLUSTER_EVENT));
}

/* ---- node ---- */

/* What this head knows of itself, it did not hear from anyone. */
static void describe_self(struct samr_cluster *c, struct samr_cluster_node *n)
{
	struct samr_cluster_info info;
	struct samr_node_stats s;
	struct samr_view_info v;
	u32 i;

	samr_cluster_self(c, &n->inc);
	samr_cluster_stats(c, &s);
	n->ack = s.held;
	samr_cluster_info(c, &info);
	n->saved = info.saved;
	samr_cluster_view(c, &v);
	n->epoch = v.epoch;
	n->wanted = v.wanted;
	n->in_view = false;
	for (i = 0; v.epoch && i < v.count; i++)
		n->in_view |= v.node[i] == n->id;
}

int samr_netlink_put_node(const struct samr_netlink_msg *m,
			  struct samr_cluster *c, u64 id)
{
	struct samr_cluster_node n;
	struct sk_buff *skb = m->skb;
	void *hdr;

	if (samr_cluster_node_info(c, id - 1, &n) != id)
		return -ENOENT;
	if (n.self)
		describe_self(c, &n);
	hdr = begin(m);
	if (!hdr)
		return -EMSGSIZE;
	return finish(m, hdr,
		      nla_put_u64_64bit(skb, SAMR_A_NODE_ID, n.id,
					SAMR_A_NODE_PAD) ||
		      put_flag(skb, SAMR_A_NODE_SELF, n.self) ||
		      put_flag(skb, SAMR_A_NODE_IN_VIEW, n.in_view) ||
		      put_flag(skb, SAMR_A_NODE_WITNESS, n.witness) ||
		      (n.inc &&
		       nla_put_u64_64bit(skb, SAMR_A_NODE_INCARNATION, n.inc,
					 SAMR_A_NODE_PAD)) ||
		      nla_put_u64_64bit(skb, SAMR_A_NODE_HELD, n.ack,
					SAMR_A_NODE_PAD) ||
		      (!n.self && n.age != U64_MAX &&
		       nla_put_u64_64bit(skb, SAMR_A_NODE_SILENT_MS, n.age,
					 SAMR_A_NODE_PAD)) ||
		      (!n.self &&
		       nla_put_u32(skb, SAMR_A_NODE_LINKS, n.links)) ||
		      (n.epoch &&
		       nla_put_u64_64bit(skb, SAMR_A_NODE_EPOCH, n.epoch,
					 SAMR_A_NODE_PAD)) ||
		      (n.wanted &&
		       nla_put_u64_64bit(skb, SAMR_A_NODE_WANTED, n.wanted,
					 SAMR_A_NODE_PAD)) ||
		      put_saved(skb, &n.saved, &node_saved) ||
		      put_event(m, SAMR_A_NODE_EVENT));
}

/* ---- link ---- */

static u32 carrier(enum samr_link_state state)
{
	switch (state) {
	case SAMR_LINK_DOWN:
		return SAMR_CARRIER_DOWN;
	case SAMR_LINK_PROBING:
		return SAMR_CARRIER_PROBING;
	case SAMR_LINK_UP:
		return SAMR_CARRIER_UP;
	case SAMR_LINK_ABSENT:
		break;
	}
	return SAMR_CARRIER_ABSENT;
}

static u32 way(enum samr_path_state state)
{
	switch (state) {
	case SAMR_PATH_BROKEN:
		return SAMR_WAY_BROKEN;
	case SAMR_PATH_HELD:
		return SAMR_WAY_HELD;
	case SAMR_PATH_GOOD:
		return SAMR_WAY_GOOD;
	case SAMR_PATH_UNHEARD:
	case SAMR_PATH_STATES:
		break;
	}
	return SAMR_WAY_UNHEARD;
}

static int put_address(struct sk_buff *skb, int attr, const struct samr_addr *a)
{
	return a->len ? nla_put(skb, attr, a->len, a->b) : 0;
}

static int put_path(struct sk_buff *skb, const struct samr_link_peer_info *p)
{
	struct nlattr *nest = nla_nest_start(skb, SAMR_A_LINK_PATH);

	if (!nest ||
	    nla_put_u64_64bit(skb, SAMR_A_PATH_NODE, p->node,
			      SAMR_A_PATH_PAD) ||
	    put_address(skb, SAMR_A_PATH_ADDRESS, &p->addr) ||
	    put_flag(skb, SAMR_A_PATH_CONFIGURED, p->configured) ||
	    put_flag(skb, SAMR_A_PATH_HEARD, p->heard) ||
	    put_flag(skb, SAMR_A_PATH_MULTICAST, p->multicast) ||
	    nla_put_u32(skb, SAMR_A_PATH_FRAME_MAX, p->frame_max) ||
	    nla_put_u32(skb, SAMR_A_PATH_WAY, way(p->state)) ||
	    put_flag(skb, SAMR_A_PATH_DEAF, p->deaf) ||
	    nla_put_u32(skb, SAMR_A_PATH_BREAKS, p->breaks) ||
	    (p->hold_ms &&
	     nla_put_u32(skb, SAMR_A_PATH_HOLD_MS, p->hold_ms)) ||
	    (p->version &&
	     (nla_put_u32(skb, SAMR_A_PATH_VERSION, p->version) ||
	      nla_put_u32(skb, SAMR_A_PATH_VERSION_NEEDED,
			  SAMR_WIRE_VERSION))) ||
	    (p->age != U64_MAX &&
	     nla_put_u64_64bit(skb, SAMR_A_PATH_SILENT_MS, p->age,
			       SAMR_A_PATH_PAD)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_paths(struct sk_buff *skb, struct samr_cluster *c, u32 link)
{
	struct samr_link_peer_info p;
	u64 node = 0;

	while ((node = samr_link_peer_info(c, link, node, &p)))
		if (put_path(skb, &p))
			return -EMSGSIZE;
	return 0;
}

static int put_options(struct sk_buff *skb, const struct samr_link_options *o)
{
	if (ipv6_addr_any(&o->local))
		return 0;
	return nla_put_in6_addr(skb, SAMR_A_LINK_LOCAL, &o->local) ||
	       (!ipv6_addr_any(&o->group) &&
		nla_put_in6_addr(skb, SAMR_A_LINK_GROUP, &o->group)) ||
	       nla_put_u32(skb, SAMR_A_LINK_PORT, o->port) ||
	       (o->ttl && nla_put_u32(skb, SAMR_A_LINK_TTL, o->ttl));
}

int samr_netlink_put_link(const struct samr_netlink_msg *m,
			  struct samr_cluster *c, u32 id)
{
	struct samr_link_info l;
	struct sk_buff *skb = m->skb;
	void *hdr;

	if (samr_link_info(c, id - 1, &l) != id)
		return -ENOENT;
	hdr = begin(m);
	if (!hdr)
		return -EMSGSIZE;
	return finish(m, hdr,
		      nla_put_u32(skb, SAMR_A_LINK_ID, l.id) ||
		      nla_put_string(skb, SAMR_A_LINK_KIND, l.transport) ||
		      (l.device[0] &&
		       nla_put_string(skb, SAMR_A_LINK_DEV, l.device)) ||
		      nla_put_u32(skb, SAMR_A_LINK_STATE, carrier(l.state)) ||
		      put_flag(skb, SAMR_A_LINK_CARRIES, l.best) ||
		      put_address(skb, SAMR_A_LINK_ADDRESS, &l.addr) ||
		      nla_put_u32(skb, SAMR_A_LINK_FRAME_MAX, l.frame_max) ||
		      nla_put_u32(skb, SAMR_A_LINK_DEVICE_MAX, l.device_max) ||
		      put_flag(skb, SAMR_A_LINK_MULTICAST, l.multicast) ||
		      put_options(skb, &l.options) ||
		      put_paths(skb, c, l.id) ||
		      put_event(m, SAMR_A_LINK_EVENT));
}

/* ---- group ---- */

static int put_service(const struct samr_netlink_msg *m,
		       const struct samr_service_info *s)
{
	struct sk_buff *skb = m->skb;

	return put_flag(skb, SAMR_A_GROUP_DECLARED, true) ||
	       (s->name[0] &&
		nla_put_string(skb, SAMR_A_GROUP_NAME, s->name)) ||
	       (uid_valid(s->uid) &&
		nla_put_u32(skb, SAMR_A_GROUP_UID,
			    from_kuid_munged(m->user_ns, s->uid))) ||
	       (gid_valid(s->gid) &&
		nla_put_u32(skb, SAMR_A_GROUP_GID,
			    from_kgid_munged(m->user_ns, s->gid))) ||
	       nla_put_u32(skb, SAMR_A_GROUP_SOCKETS, s->sockets) ||
	       nla_put_u32(skb, SAMR_A_GROUP_JOINED, s->joined) ||
	       nla_put_u32(skb, SAMR_A_GROUP_LEAVING, s->leaving) ||
	       nla_put_u32(skb, SAMR_A_GROUP_UNREAD, s->messages) ||
	       nla_put_u64_64bit(skb, SAMR_A_GROUP_UNREAD_BYTES, s->bytes,
				 SAMR_A_GROUP_PAD) ||
	       nla_put_u64_64bit(skb, SAMR_A_GROUP_CONSUMED, s->consumed,
				 SAMR_A_GROUP_PAD);
}

static int put_diverged(struct sk_buff *skb,
			const struct samr_service_diverged *d)
{
	if (nla_put_u32(skb, SAMR_A_GROUP_DIVERGED_POLICY, d->policy) ||
	    put_flag(skb, SAMR_A_GROUP_STOPPED, d->stopped) ||
	    put_flag(skb, SAMR_A_GROUP_DIFFER, d->differ))
		return -EMSGSIZE;
	if (!d->times)
		return 0;
	return nla_put_u64_64bit(skb, SAMR_A_GROUP_DIVERGED, d->times,
				 SAMR_A_GROUP_PAD) ||
	       nla_put_u64_64bit(skb, SAMR_A_GROUP_DIVERGED_PLACE,
				 d->last.place, SAMR_A_GROUP_PAD) ||
	       nla_put_u32(skb, SAMR_A_GROUP_DIVERGED_RESULT, d->last.div) ||
	       nla_put_u64_64bit(skb, SAMR_A_GROUP_DIVERGED_HEADS,
				 d->last.wrong, SAMR_A_GROUP_PAD);
}

static int put_sessions(struct sk_buff *skb, const struct samr_session_info *s)
{
	return nla_put_u32(skb, SAMR_A_GROUP_SESSIONS, s->sessions) ||
	       nla_put_u32(skb, SAMR_A_GROUP_DETACHED, s->detached) ||
	       nla_put_u32(skb, SAMR_A_GROUP_REQUESTS, s->requests) ||
	       nla_put_u64_64bit(skb, SAMR_A_GROUP_PROMISED, s->promised,
				 SAMR_A_GROUP_PAD) ||
	       nla_put_u32(skb, SAMR_A_GROUP_REPLIES, s->replies) ||
	       nla_put_u64_64bit(skb, SAMR_A_GROUP_REPLY_BYTES, s->reply_bytes,
				 SAMR_A_GROUP_PAD);
}

int samr_netlink_put_group(const struct samr_netlink_msg *m,
			   struct samr_cluster *c, u32 id)
{
	struct samr_members *members = samr_cluster_members(c, id);
	struct sk_buff *skb = m->skb;
	struct samr_session_info sessions;
	struct samr_service_info s;
	bool declared;
	int err = -ENOENT;
	void *hdr;

	declared = !samr_service_info(c, id, &s);
	if (!declared && !members && !m->event)
		goto out;	/* an event may be about its last member's end */
	samr_cluster_sessions(c, id, &sessions);
	err = -EMSGSIZE;
	hdr = begin(m);
	if (!hdr)
		goto out;
	err = finish(m, hdr,
		     nla_put_u32(skb, SAMR_A_GROUP_ID, id) ||
		     (declared && put_service(m, &s)) ||
		     (declared && put_diverged(skb, &s.diverged)) ||
		     nla_put_u32(skb, SAMR_A_GROUP_MEMBERS,
				 members ? members->count : 0) ||
		     (members &&
		      nla_put_u64_64bit(skb, SAMR_A_GROUP_VIEW, members->id,
					SAMR_A_GROUP_PAD)) ||
		     put_sessions(skb, &sessions) ||
		     put_event(m, SAMR_A_GROUP_EVENT));
out:
	samr_members_put(members);
	return err;
}

/* ---- member ---- */

static enum samr_transfer_state transfer_state(const struct samr_member_id *id)
{
	if (!(id->flags & SAMR_ID_STATEFUL))
		return SAMR_TRANSFER_STATE_NONE;
	if (id->flags & SAMR_ID_LACKS)
		return SAMR_TRANSFER_STATE_LACKS;
	return id->flags & SAMR_ID_FAILED ? SAMR_TRANSFER_STATE_FAILED :
					    SAMR_TRANSFER_STATE_HAS;
}

int samr_netlink_put_member(const struct samr_netlink_msg *m, u32 group,
			    u32 rank, const struct samr_member_id *id)
{
	struct sk_buff *skb = m->skb;
	void *hdr = begin(m);

	if (!hdr)
		return -EMSGSIZE;
	return finish(m, hdr,
		      nla_put_u32(skb, SAMR_A_MEMBER_GROUP, group) ||
		      nla_put_u64_64bit(skb, SAMR_A_MEMBER_NODE, id->node,
					SAMR_A_MEMBER_PAD) ||
		      nla_put_u32(skb, SAMR_A_MEMBER_PORT, id->port) ||
		      nla_put_u64_64bit(skb, SAMR_A_MEMBER_INCARNATION, id->inc,
					SAMR_A_MEMBER_PAD) ||
		      nla_put_u32(skb, SAMR_A_MEMBER_WINDOW, id->window) ||
		      nla_put_u32(skb, SAMR_A_MEMBER_RANK, rank) ||
		      nla_put_u32(skb, SAMR_A_MEMBER_STATE, transfer_state(id)));
}

/* ---- view ---- */

static int put_head(struct sk_buff *skb, const struct samr_view_info *v, u32 i)
{
	struct nlattr *nest = nla_nest_start(skb, SAMR_A_VIEW_HEAD);

	if (!nest ||
	    nla_put_u64_64bit(skb, SAMR_A_HEAD_NODE, v->node[i],
			      SAMR_A_HEAD_PAD) ||
	    nla_put_u64_64bit(skb, SAMR_A_HEAD_INCARNATION, v->inc[i],
			      SAMR_A_HEAD_PAD) ||
	    put_flag(skb, SAMR_A_HEAD_LEARNER,
		     v->flags[i] & SAMR_SEAT_LEARNER) ||
	    put_flag(skb, SAMR_A_HEAD_WITNESS,
		     v->flags[i] & SAMR_SEAT_WITNESS) ||
	    put_flag(skb, SAMR_A_HEAD_SUSPECT,
		     v->suspects & BIT_ULL(v->node[i])))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_installed(struct sk_buff *skb, const struct samr_view_info *v)
{
	u32 i;

	if (nla_put_u64_64bit(skb, SAMR_A_VIEW_EPOCH, v->epoch,
			      SAMR_A_VIEW_PAD) ||
	    nla_put_u64_64bit(skb, SAMR_A_VIEW_SEQUENCER, v->sequencer,
			      SAMR_A_VIEW_PAD) ||
	    nla_put_u32(skb, SAMR_A_VIEW_HOLDERS, v->holders) ||
	    nla_put_u32(skb, SAMR_A_VIEW_POLICY, v->policy) ||
	    nla_put_u64_64bit(skb, SAMR_A_VIEW_BASE, v->base,
			      SAMR_A_VIEW_PAD) ||
	    put_flag(skb, SAMR_A_VIEW_LEARNING, v->learning) ||
	    (v->wedged &&
	     nla_put_u64_64bit(skb, SAMR_A_VIEW_WEDGED_MS, ms_since(v->wedged),
			       SAMR_A_VIEW_PAD)))
		return -EMSGSIZE;
	for (i = 0; i < v->count; i++)
		if (put_head(skb, v, i))
			return -EMSGSIZE;
	return 0;
}

/* One attribute for each bit of @ids. */
static int put_ids(struct sk_buff *skb, int attr, u64 ids)
{
	u64 id;

	for (id = 1; id <= SAMR_HEAD_MAX; id++)
		if (ids & BIT_ULL(id) &&
		    nla_put_u64_64bit(skb, attr, id, SAMR_A_VIEW_PAD))
			return -EMSGSIZE;
	return 0;
}

int samr_netlink_put_view(const struct samr_netlink_msg *m,
			  struct samr_cluster *c)
{
	struct sk_buff *skb = m->skb;
	struct samr_view_info v;
	void *hdr = begin(m);

	if (!hdr)
		return -EMSGSIZE;
	samr_cluster_view(c, &v);
	return finish(m, hdr,
		      (v.epoch ? put_installed(skb, &v) :
				 put_ids(skb, SAMR_A_VIEW_MISSING,
					 v.founders & ~v.heard) ||
				 put_ids(skb, SAMR_A_VIEW_FOUNDERS,
					 v.founders)) ||
		      put_ids(skb, SAMR_A_VIEW_WANTED, v.wanted) ||
		      put_event(m, SAMR_A_VIEW_EVENT));
}

/* ---- fence ---- */

static u32 fence_reason(enum samr_fence_why why)
{
	return why == SAMR_FENCE_BLOCKED ? SAMR_FENCE_REASON_BLOCKED :
					   SAMR_FENCE_REASON_EXCLUDED;
}

static int put_request(struct sk_buff *skb, const struct samr_fence *f)
{
	return nla_put_u64_64bit(skb, SAMR_A_FENCE_TOKEN, f->token,
				 SAMR_A_FENCE_PAD) ||
	       nla_put_u64_64bit(skb, SAMR_A_FENCE_EPOCH, f->epoch,
				 SAMR_A_FENCE_PAD) ||
	       (f->why != SAMR_FENCE_NONE && !f->dead &&
		nla_put_u32(skb, SAMR_A_FENCE_WHY, fence_reason(f->why))) ||
	       nla_put_u64_64bit(skb, SAMR_A_FENCE_AGE_MS, ms_since(f->at),
				 SAMR_A_FENCE_PAD) ||
	       put_flag(skb, SAMR_A_FENCE_DONE, f->dead);
}

int samr_netlink_put_fence(const struct samr_netlink_msg *m,
			   const struct samr_fence *f)
{
	struct sk_buff *skb = m->skb;
	void *hdr = begin(m);

	if (!hdr)
		return -EMSGSIZE;
	return finish(m, hdr,
		      nla_put_u64_64bit(skb, SAMR_A_FENCE_NODE, f->id,
					SAMR_A_FENCE_PAD) ||
		      nla_put_u64_64bit(skb, SAMR_A_FENCE_INCARNATION, f->inc,
					SAMR_A_FENCE_PAD) ||
		      (m->event != SAMR_NTF_EVENT_DEL && put_request(skb, f)) ||
		      put_event(m, SAMR_A_FENCE_EVENT));
}

/* ---- stats ---- */

/**
 * struct counter - a counter in a structure that holds them
 * @name: for people
 * @offset: of the u64
 */
struct counter {
	const char *name;
	size_t offset;
};

#define ORDER(field, text) \
	{ .name = text, .offset = offsetof(struct samr_node_stats, field) }
#define LINK(field, text) \
	{ .name = text, .offset = offsetof(struct samr_link_info, field) }

static const struct counter order_counters[] = {
	ORDER(last, "last"),
	ORDER(held, "held"),
	ORDER(delivered, "delivered"),
	ORDER(stable, "stable"),
	ORDER(trimmed, "trimmed"),
	ORDER(submitted, "submitted"),
	ORDER(ordered, "ordered"),
	ORDER(frames_in, "frames-in"),
	ORDER(frames_out, "frames-out"),
	ORDER(records_in, "records-in"),
	ORDER(records_out, "records-out"),
	ORDER(nacks_in, "nacks-in"),
	ORDER(nacks_out, "nacks-out"),
	ORDER(repairs, "repairs"),
	ORDER(suppressed, "suppressed"),
	ORDER(resent, "resent"),
	ORDER(refused, "refused"),
	ORDER(history_bytes, "history-bytes"),
	ORDER(recoveries, "recoveries"),
	ORDER(recovery_ns, "recovery-ns"),
	ORDER(recovery_ns_last, "recovery-ns-last"),
	ORDER(recovery_ns_max, "recovery-ns-max"),
	ORDER(sessions, "sessions"),
	ORDER(requests, "requests"),
	ORDER(requests_refused, "requests-refused"),
	ORDER(replies, "replies"),
	ORDER(reply_asks, "reply-asks"),
	ORDER(sessions_expired, "sessions-expired"),
};

static const struct counter link_counters[] = {
	LINK(tx_frames, "tx-frames"),
	LINK(tx_bytes, "tx-bytes"),
	LINK(tx_dropped, "tx-dropped"),
	LINK(tx_queued, "tx-queued"),
	LINK(tx_waited, "tx-waited"),
	LINK(rx_frames, "rx-frames"),
	LINK(rx_bytes, "rx-bytes"),
	LINK(rx_dropped, "rx-dropped"),
	LINK(probes_out, "probes-out"),
	LINK(answers_in, "answers-in"),
	LINK(pulses_out, "pulses-out"),
	LINK(pulses_in, "pulses-in"),
	LINK(breaks, "breaks"),
	LINK(rounds, "rounds"),
};

static int put_counter(struct sk_buff *skb, const char *name, u64 value)
{
	struct nlattr *nest = nla_nest_start(skb, SAMR_A_STATS_COUNTER);

	if (!nest || nla_put_string(skb, SAMR_A_COUNTER_NAME, name) ||
	    nla_put_u64_64bit(skb, SAMR_A_COUNTER_VALUE, value,
			      SAMR_A_COUNTER_PAD))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_counters(struct sk_buff *skb, const struct counter *k,
			unsigned int n, const void *from)
{
	for (; n; n--, k++)
		if (put_counter(skb, k->name, *(const u64 *)(from + k->offset)))
			return -EMSGSIZE;
	return 0;
}

static int put_order_stats(struct sk_buff *skb, struct samr_cluster *c)
{
	struct samr_node_stats s;

	samr_cluster_stats(c, &s);
	return put_counters(skb, order_counters, ARRAY_SIZE(order_counters),
			    &s);
}

static int put_drop_stats(struct sk_buff *skb, struct samr_cluster *c)
{
	struct samr_node_stats s;
	int i;

	samr_cluster_stats(c, &s);
	for (i = SAMR_DROP_NONE + 1; i < SAMR_DROPS; i++)
		if (put_counter(skb, samr_strings_drop(i), s.drops[i]))
			return -EMSGSIZE;
	return 0;
}

static int put_head_stats(struct sk_buff *skb, struct samr_cluster *c)
{
	struct samr_stats s;
	int i;

	samr_stats_read(c, &s);
	for (i = 0; i < SAMR_STATS; i++)
		if (put_counter(skb, samr_stats_name(i), s.n[i]))
			return -EMSGSIZE;
	return 0;
}

static int put_histogram(struct sk_buff *skb, const char *name,
			 const struct samr_latency *l)
{
	struct nlattr *nest = nla_nest_start(skb, SAMR_A_STATS_HISTOGRAM);

	if (!nest || nla_put_string(skb, SAMR_A_HISTOGRAM_NAME, name) ||
	    nla_put_u64_64bit(skb, SAMR_A_HISTOGRAM_SUM, l->sum,
			      SAMR_A_HISTOGRAM_PAD) ||
	    nla_put(skb, SAMR_A_HISTOGRAM_COUNTS, sizeof(l->count), l->count))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_latency(struct sk_buff *skb, struct samr_cluster *c)
{
	static const char * const names[SAMR_LAPS] = {
		[SAMR_LAP_ORDER]	= "order",
		[SAMR_LAP_DELIVER]	= "deliver",
		[SAMR_LAP_STABLE]	= "stable",
	};
	struct samr_latency l;
	int i;

	for (i = 0; i < SAMR_LAPS; i++) {
		samr_cluster_latency(c, i, &l);
		if (put_histogram(skb, names[i], &l))
			return -EMSGSIZE;
	}
	return 0;
}

int samr_netlink_put_stats(const struct samr_netlink_msg *m,
			   struct samr_cluster *c, u32 scope,
			   const struct samr_link_info *link)
{
	struct sk_buff *skb = m->skb;
	void *hdr = begin(m);
	int err;

	if (!hdr)
		return -EMSGSIZE;
	err = nla_put_u32(skb, SAMR_A_STATS_SCOPE, scope);
	if (err)
		return finish(m, hdr, err);
	switch (scope) {
	case SAMR_STATS_SCOPE_ORDER:
		err = put_order_stats(skb, c);
		break;
	case SAMR_STATS_SCOPE_DROPS:
		err = put_drop_stats(skb, c);
		break;
	case SAMR_STATS_SCOPE_HEAD:
		err = put_head_stats(skb, c);
		break;
	case SAMR_STATS_SCOPE_LATENCY:
		err = put_latency(skb, c);
		break;
	case SAMR_STATS_SCOPE_LINK:
		err = (link->device[0] &&
		       nla_put_string(skb, SAMR_A_STATS_DEV, link->device)) ||
		      nla_put_string(skb, SAMR_A_STATS_KIND, link->transport) ||
		      put_counters(skb, link_counters,
				   ARRAY_SIZE(link_counters), link);
		break;
	}
	return finish(m, hdr, err);
}
