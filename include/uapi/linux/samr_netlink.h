/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/samr.yaml */
/* YNL-GEN uapi header */

#ifndef _UAPI_LINUX_SAMR_NETLINK_H
#define _UAPI_LINUX_SAMR_NETLINK_H

#define SAMR_FAMILY_NAME	"samr"
#define SAMR_FAMILY_VERSION	1

#define SAMR_NAME_LEN_MAX		31
#define SAMR_DEV_LEN_MAX		15
#define SAMR_UDP_PORT_DEFAULT		7374
#define SAMR_CLIENTS_MAX		1024
#define SAMR_BEAT_US_MIN		2000
#define SAMR_BEAT_US_MAX		10000000
#define SAMR_BEAT_US_DEFAULT		20000
#define SAMR_DEAD_US_MIN		10000
#define SAMR_DEAD_US_MAX		100000000
#define SAMR_DEAD_US_DEFAULT		100000
#define SAMR_STUCK_US_MIN		100000
#define SAMR_STUCK_US_MAX		3600000000
#define SAMR_STUCK_US_DEFAULT		5000000
#define SAMR_REORDER_US_MIN		10
#define SAMR_REORDER_US_MAX		1000000
#define SAMR_REORDER_US_DEFAULT		1000
#define SAMR_ACK_DELAY_US_MIN		10
#define SAMR_ACK_DELAY_US_MAX		1000000
#define SAMR_ACK_DELAY_US_DEFAULT	5000
#define SAMR_HISTORY_MIN		64
#define SAMR_HISTORY_MAX		65536
#define SAMR_HISTORY_DEFAULT		4096
#define SAMR_HISTORY_BYTES_MIN		2097152
#define SAMR_HISTORY_BYTES_MAX		1073741824
#define SAMR_HISTORY_BYTES_DEFAULT	16777216
#define SAMR_SUBMITS_MIN		16
#define SAMR_SUBMITS_MAX		4096
#define SAMR_SUBMITS_DEFAULT		256
#define SAMR_SUBMIT_BYTES_MIN		2097152
#define SAMR_SUBMIT_BYTES_MAX		268435456
#define SAMR_SUBMIT_BYTES_DEFAULT	4194304
#define SAMR_REF_MIN_MIN		64
#define SAMR_REF_MIN_MAX		1048576
#define SAMR_REF_MIN_DEFAULT		2048

/**
 * enum samr_run_state - where a cluster stands on this head
 * @SAMR_RUN_STATE_DOWN: configured, takes part in nothing
 * @SAMR_RUN_STATE_UP: a view is installed, messages are ordered
 * @SAMR_RUN_STATE_WAITING: asked to be up; some heads have not asked for the
 *   same view yet
 * @SAMR_RUN_STATE_HALTED: an invariant broke; this head takes part in nothing
 *   any more
 * @SAMR_RUN_STATE_LEARNING: in the view, but without its state and without a
 *   vote yet
 * @SAMR_RUN_STATE_WEDGED: nothing is ordered: the view is being changed, or
 *   those that are left may not go on without the others
 * @SAMR_RUN_STATE_LEAVING: asked to be down, still in the view
 */
enum samr_run_state {
	SAMR_RUN_STATE_DOWN,
	SAMR_RUN_STATE_UP,
	SAMR_RUN_STATE_WAITING,
	SAMR_RUN_STATE_HALTED,
	SAMR_RUN_STATE_LEARNING,
	SAMR_RUN_STATE_WEDGED,
	SAMR_RUN_STATE_LEAVING,
};

/**
 * enum samr_resilience - when a message counts as stable
 * @SAMR_RESILIENCE_ALL: every member of the view holds it
 * @SAMR_RESILIENCE_QUORUM: so many hold it that no later majority can lack it
 */
enum samr_resilience {
	SAMR_RESILIENCE_ALL,
	SAMR_RESILIENCE_QUORUM,
};

/**
 * enum samr_view_policy - who may go on when heads die
 * @SAMR_VIEW_POLICY_AUTO: fence for two heads, majority for more
 * @SAMR_VIEW_POLICY_MAJORITY: more than half at once; exactly half when the
 *   others are fenced
 * @SAMR_VIEW_POLICY_FENCE: any, down to one head, when all the others are
 *   fenced
 */
enum samr_view_policy {
	SAMR_VIEW_POLICY_AUTO,
	SAMR_VIEW_POLICY_MAJORITY,
	SAMR_VIEW_POLICY_FENCE,
};

/**
 * enum samr_saved_flag - what else a head knows of itself
 * @SAMR_SAVED_FLAG_LAST_SURVIVOR: it went on alone, so nobody has more than it
 * @SAMR_SAVED_FLAG_LEFT_CLEANLY: it has left the view, so the others have more
 *   than it
 * @SAMR_SAVED_FLAG_GONE: it has left the view or was put out of it
 * @SAMR_SAVED_FLAG_FORCED: this was no view, an admin wants these heads in the
 *   next one
 * @SAMR_SAVED_FLAG_UNREADABLE: what is on its disk cannot be read
 * @SAMR_SAVED_FLAG_ARMED: no memory, but a fact beside it: its hardware
 *   watchdog is armed, with the time-out that is configured on all heads
 */
enum samr_saved_flag {
	SAMR_SAVED_FLAG_LAST_SURVIVOR = 1,
	SAMR_SAVED_FLAG_LEFT_CLEANLY = 2,
	SAMR_SAVED_FLAG_GONE = 4,
	SAMR_SAVED_FLAG_FORCED = 8,
	SAMR_SAVED_FLAG_UNREADABLE = 16,
	SAMR_SAVED_FLAG_ARMED = 32,
};

/**
 * enum samr_fence_reason - what a fence is asked for
 * @SAMR_FENCE_REASON_BLOCKED: no view can be installed, and nothing is
 *   ordered, without it
 * @SAMR_FENCE_REASON_EXCLUDED: the view went on without that head
 */
enum samr_fence_reason {
	SAMR_FENCE_REASON_BLOCKED = 1,
	SAMR_FENCE_REASON_EXCLUDED,
};

/**
 * enum samr_carrier - where a link stands
 * @SAMR_CARRIER_ABSENT: there is no such device now; the link attaches when it
 *   appears
 * @SAMR_CARRIER_DOWN: the device is down, has no carrier, or belongs to a
 *   bridge or bond
 * @SAMR_CARRIER_PROBING: up, no other head has answered yet
 * @SAMR_CARRIER_UP: at least one other head answers
 */
enum samr_carrier {
	SAMR_CARRIER_ABSENT,
	SAMR_CARRIER_DOWN,
	SAMR_CARRIER_PROBING,
	SAMR_CARRIER_UP,
};

/**
 * enum samr_way - what becomes of frames for a head on a link
 * @SAMR_WAY_UNHEARD: the head is not heard there
 * @SAMR_WAY_BROKEN: nothing comes from it while it is heard on another link,
 *   or it says that it does not hear this head there
 * @SAMR_WAY_HELD: works again; not used until it has been good for hold-ms
 * @SAMR_WAY_GOOD: frames may go there
 */
enum samr_way {
	SAMR_WAY_UNHEARD,
	SAMR_WAY_BROKEN,
	SAMR_WAY_HELD,
	SAMR_WAY_GOOD,
};

/**
 * enum samr_transfer_state - what a member has of the state of its service
 * @SAMR_TRANSFER_STATE_NONE: it takes no part in state transfer, and gives
 *   none to who comes later
 * @SAMR_TRANSFER_STATE_HAS: it has the state, and gives it when asked
 * @SAMR_TRANSFER_STATE_FAILED: it has the state, and could not give it when it
 *   was asked last
 * @SAMR_TRANSFER_STATE_LACKS: it is to be given the state, and answers nobody
 *   until then
 */
enum samr_transfer_state {
	SAMR_TRANSFER_STATE_NONE,
	SAMR_TRANSFER_STATE_HAS,
	SAMR_TRANSFER_STATE_FAILED,
	SAMR_TRANSFER_STATE_LACKS,
};

/**
 * enum samr_diverged_policy - what a head does when members of a service give
 *   different replies
 * @SAMR_DIVERGED_POLICY_REPORT: it says so
 * @SAMR_DIVERGED_POLICY_EXPEL: it puts its own members out of the group when
 *   they are in the minority; without a majority it says so
 * @SAMR_DIVERGED_POLICY_STOP: nobody may use the service on this head until
 *   its policy is set anew
 * @SAMR_DIVERGED_POLICY_OFF: replies of its members are not compared
 */
enum samr_diverged_policy {
	SAMR_DIVERGED_POLICY_REPORT,
	SAMR_DIVERGED_POLICY_EXPEL,
	SAMR_DIVERGED_POLICY_STOP,
	SAMR_DIVERGED_POLICY_OFF,
};

/**
 * enum samr_diverged_result - what is known of members that differ
 * @SAMR_DIVERGED_RESULT_OPEN: some do; not all have replied, and none is in
 *   the majority yet
 * @SAMR_DIVERGED_RESULT_TIE: all have replied, and none is in the majority
 * @SAMR_DIVERGED_RESULT_MINORITY: most reply the same, and some do not
 */
enum samr_diverged_result {
	SAMR_DIVERGED_RESULT_OPEN = 1,
	SAMR_DIVERGED_RESULT_TIE,
	SAMR_DIVERGED_RESULT_MINORITY,
};

/**
 * enum samr_stats_scope - what a group of counters is about
 * @SAMR_STATS_SCOPE_ORDER: positions in the order, and what was done for it
 * @SAMR_STATS_SCOPE_DROPS: frames and records not taken, by reason
 * @SAMR_STATS_SCOPE_HEAD: what surrounds the order on this head
 * @SAMR_STATS_SCOPE_LATENCY: how long own messages take; in histograms
 * @SAMR_STATS_SCOPE_LINK: one link
 */
enum samr_stats_scope {
	SAMR_STATS_SCOPE_ORDER,
	SAMR_STATS_SCOPE_DROPS,
	SAMR_STATS_SCOPE_HEAD,
	SAMR_STATS_SCOPE_LATENCY,
	SAMR_STATS_SCOPE_LINK,
};

/**
 * enum samr_ntf_event - what happened to the object of a notification
 * @SAMR_NTF_EVENT_ADD: it is new
 * @SAMR_NTF_EVENT_DEL: it is gone; only what identifies it is said
 * @SAMR_NTF_EVENT_CHANGE: it has changed
 * @SAMR_NTF_EVENT_HEARD: a node is heard on the link
 * @SAMR_NTF_EVENT_LOST: a node is not heard on the link any more
 * @SAMR_NTF_EVENT_HALTED: an invariant broke; the cluster's state says so from
 *   now on
 * @SAMR_NTF_EVENT_OUT: the others went on without this head, or it has left;
 *   it joins again as another incarnation, unless it was asked to be down
 */
enum samr_ntf_event {
	SAMR_NTF_EVENT_ADD = 1,
	SAMR_NTF_EVENT_DEL,
	SAMR_NTF_EVENT_CHANGE,
	SAMR_NTF_EVENT_HEARD,
	SAMR_NTF_EVENT_LOST,
	SAMR_NTF_EVENT_HALTED,
	SAMR_NTF_EVENT_OUT,
};

enum {
	SAMR_A_CLUSTER_PAD = 1,
	SAMR_A_CLUSTER_NAME,
	SAMR_A_CLUSTER_ID,
	SAMR_A_CLUSTER_NODE,
	SAMR_A_CLUSTER_INCARNATION,
	SAMR_A_CLUSTER_STATE,
	SAMR_A_CLUSTER_RESILIENCE,
	SAMR_A_CLUSTER_BEAT_US,
	SAMR_A_CLUSTER_DEAD_US,
	SAMR_A_CLUSTER_STUCK_US,
	SAMR_A_CLUSTER_POLICY,
	SAMR_A_CLUSTER_REORDER_US,
	SAMR_A_CLUSTER_ACK_DELAY_US,
	SAMR_A_CLUSTER_HISTORY,
	SAMR_A_CLUSTER_HISTORY_BYTES,
	SAMR_A_CLUSTER_SUBMITS,
	SAMR_A_CLUSTER_SUBMIT_BYTES,
	SAMR_A_CLUSTER_REF_MIN,
	SAMR_A_CLUSTER_SOCKETS,
	SAMR_A_CLUSTER_FRAME_MAX,
	SAMR_A_CLUSTER_QUEUED,
	SAMR_A_CLUSTER_EVENT,
	SAMR_A_CLUSTER_FOUNDERS,
	SAMR_A_CLUSTER_KEEPER,
	SAMR_A_CLUSTER_SAVED_EPOCH,
	SAMR_A_CLUSTER_SAVED_MEMBERS,
	SAMR_A_CLUSTER_SAVED_FLAGS,
	SAMR_A_CLUSTER_FENCE_OWNER,
	SAMR_A_CLUSTER_SAVED_CONFIG,
	SAMR_A_CLUSTER_CLIENT,
	SAMR_A_CLUSTER_CLIENTS,
	SAMR_A_CLUSTER_ACCESS,
	SAMR_A_CLUSTER_LOSSES,

	__SAMR_A_CLUSTER_MAX,
	SAMR_A_CLUSTER_MAX = (__SAMR_A_CLUSTER_MAX - 1)
};

enum {
	SAMR_A_NODE_PAD = 1,
	SAMR_A_NODE_ID,
	SAMR_A_NODE_DEV,
	SAMR_A_NODE_ADDRESS,
	SAMR_A_NODE_SELF,
	SAMR_A_NODE_IN_VIEW,
	SAMR_A_NODE_WITNESS,
	SAMR_A_NODE_INCARNATION,
	SAMR_A_NODE_HELD,
	SAMR_A_NODE_SILENT_MS,
	SAMR_A_NODE_LINKS,
	SAMR_A_NODE_EVENT,
	SAMR_A_NODE_EPOCH,
	SAMR_A_NODE_WANTED,
	SAMR_A_NODE_SAVED_EPOCH,
	SAMR_A_NODE_SAVED_MEMBERS,
	SAMR_A_NODE_SAVED_FLAGS,
	SAMR_A_NODE_SAVED_CONFIG,
	SAMR_A_NODE_KIND,

	__SAMR_A_NODE_MAX,
	SAMR_A_NODE_MAX = (__SAMR_A_NODE_MAX - 1)
};

enum {
	SAMR_A_LINK_PAD = 1,
	SAMR_A_LINK_ID,
	SAMR_A_LINK_KIND,
	SAMR_A_LINK_DEV,
	SAMR_A_LINK_STATE,
	SAMR_A_LINK_CARRIES,
	SAMR_A_LINK_ADDRESS,
	SAMR_A_LINK_FRAME_MAX,
	SAMR_A_LINK_DEVICE_MAX,
	SAMR_A_LINK_MULTICAST,
	SAMR_A_LINK_PATH,
	SAMR_A_LINK_EVENT,
	SAMR_A_LINK_LOCAL,
	SAMR_A_LINK_GROUP,
	SAMR_A_LINK_PORT,
	SAMR_A_LINK_TTL,

	__SAMR_A_LINK_MAX,
	SAMR_A_LINK_MAX = (__SAMR_A_LINK_MAX - 1)
};

enum {
	SAMR_A_PATH_PAD = 1,
	SAMR_A_PATH_NODE,
	SAMR_A_PATH_ADDRESS,
	SAMR_A_PATH_CONFIGURED,
	SAMR_A_PATH_HEARD,
	SAMR_A_PATH_MULTICAST,
	SAMR_A_PATH_FRAME_MAX,
	SAMR_A_PATH_SILENT_MS,
	SAMR_A_PATH_VERSION,
	SAMR_A_PATH_VERSION_NEEDED,
	SAMR_A_PATH_WAY,
	SAMR_A_PATH_DEAF,
	SAMR_A_PATH_BREAKS,
	SAMR_A_PATH_HOLD_MS,

	__SAMR_A_PATH_MAX,
	SAMR_A_PATH_MAX = (__SAMR_A_PATH_MAX - 1)
};

enum {
	SAMR_A_GROUP_PAD = 1,
	SAMR_A_GROUP_ID,
	SAMR_A_GROUP_NAME,
	SAMR_A_GROUP_UID,
	SAMR_A_GROUP_GID,
	SAMR_A_GROUP_DECLARED,
	SAMR_A_GROUP_SOCKETS,
	SAMR_A_GROUP_JOINED,
	SAMR_A_GROUP_LEAVING,
	SAMR_A_GROUP_UNREAD,
	SAMR_A_GROUP_UNREAD_BYTES,
	SAMR_A_GROUP_CONSUMED,
	SAMR_A_GROUP_MEMBERS,
	SAMR_A_GROUP_VIEW,
	SAMR_A_GROUP_EVENT,
	SAMR_A_GROUP_SESSIONS,
	SAMR_A_GROUP_DETACHED,
	SAMR_A_GROUP_REQUESTS,
	SAMR_A_GROUP_PROMISED,
	SAMR_A_GROUP_REPLIES,
	SAMR_A_GROUP_REPLY_BYTES,
	SAMR_A_GROUP_DIVERGED_POLICY,
	SAMR_A_GROUP_STOPPED,
	SAMR_A_GROUP_DIFFER,
	SAMR_A_GROUP_DIVERGED,
	SAMR_A_GROUP_DIVERGED_PLACE,
	SAMR_A_GROUP_DIVERGED_RESULT,
	SAMR_A_GROUP_DIVERGED_HEADS,

	__SAMR_A_GROUP_MAX,
	SAMR_A_GROUP_MAX = (__SAMR_A_GROUP_MAX - 1)
};

enum {
	SAMR_A_MEMBER_PAD = 1,
	SAMR_A_MEMBER_GROUP,
	SAMR_A_MEMBER_NODE,
	SAMR_A_MEMBER_PORT,
	SAMR_A_MEMBER_INCARNATION,
	SAMR_A_MEMBER_WINDOW,
	SAMR_A_MEMBER_RANK,
	SAMR_A_MEMBER_STATE,
	SAMR_A_MEMBER_EVENT,

	__SAMR_A_MEMBER_MAX,
	SAMR_A_MEMBER_MAX = (__SAMR_A_MEMBER_MAX - 1)
};

enum {
	SAMR_A_HEAD_PAD = 1,
	SAMR_A_HEAD_NODE,
	SAMR_A_HEAD_INCARNATION,
	SAMR_A_HEAD_LEARNER,
	SAMR_A_HEAD_WITNESS,
	SAMR_A_HEAD_SUSPECT,

	__SAMR_A_HEAD_MAX,
	SAMR_A_HEAD_MAX = (__SAMR_A_HEAD_MAX - 1)
};

enum {
	SAMR_A_VIEW_PAD = 1,
	SAMR_A_VIEW_EPOCH,
	SAMR_A_VIEW_SEQUENCER,
	SAMR_A_VIEW_HOLDERS,
	SAMR_A_VIEW_POLICY,
	SAMR_A_VIEW_BASE,
	SAMR_A_VIEW_LEARNING,
	SAMR_A_VIEW_WEDGED_MS,
	SAMR_A_VIEW_HEAD,
	SAMR_A_VIEW_WANTED,
	SAMR_A_VIEW_MISSING,
	SAMR_A_VIEW_EVENT,
	SAMR_A_VIEW_FOUNDERS,

	__SAMR_A_VIEW_MAX,
	SAMR_A_VIEW_MAX = (__SAMR_A_VIEW_MAX - 1)
};

enum {
	SAMR_A_FENCE_PAD = 1,
	SAMR_A_FENCE_NODE,
	SAMR_A_FENCE_INCARNATION,
	SAMR_A_FENCE_TOKEN,
	SAMR_A_FENCE_EPOCH,
	SAMR_A_FENCE_WHY,
	SAMR_A_FENCE_AGE_MS,
	SAMR_A_FENCE_DONE,
	SAMR_A_FENCE_EVENT,

	__SAMR_A_FENCE_MAX,
	SAMR_A_FENCE_MAX = (__SAMR_A_FENCE_MAX - 1)
};

enum {
	SAMR_A_STATS_PAD = 1,
	SAMR_A_STATS_SCOPE,
	SAMR_A_STATS_DEV,
	SAMR_A_STATS_COUNTER,
	SAMR_A_STATS_KIND,
	SAMR_A_STATS_HISTOGRAM,

	__SAMR_A_STATS_MAX,
	SAMR_A_STATS_MAX = (__SAMR_A_STATS_MAX - 1)
};

enum {
	SAMR_A_HISTOGRAM_PAD = 1,
	SAMR_A_HISTOGRAM_NAME,
	SAMR_A_HISTOGRAM_SUM,
	SAMR_A_HISTOGRAM_COUNTS,

	__SAMR_A_HISTOGRAM_MAX,
	SAMR_A_HISTOGRAM_MAX = (__SAMR_A_HISTOGRAM_MAX - 1)
};

enum {
	SAMR_A_COUNTER_PAD = 1,
	SAMR_A_COUNTER_NAME,
	SAMR_A_COUNTER_VALUE,

	__SAMR_A_COUNTER_MAX,
	SAMR_A_COUNTER_MAX = (__SAMR_A_COUNTER_MAX - 1)
};

enum {
	SAMR_A_CLIENT_PAD = 1,
	SAMR_A_CLIENT_ID,
	SAMR_A_CLIENT_INCARNATION,
	SAMR_A_CLIENT_AGE_MS,
	SAMR_A_CLIENT_IDLE_MS,
	SAMR_A_CLIENT_SUBMITTED,
	SAMR_A_CLIENT_GIVEN,
	SAMR_A_CLIENT_WAITING,

	__SAMR_A_CLIENT_MAX,
	SAMR_A_CLIENT_MAX = (__SAMR_A_CLIENT_MAX - 1)
};

enum {
	SAMR_CMD_CLUSTER_GET = 1,
	SAMR_CMD_CLUSTER_ADD,
	SAMR_CMD_CLUSTER_SET,
	SAMR_CMD_CLUSTER_DEL,
	SAMR_CMD_CLUSTER_NTF,
	SAMR_CMD_NODE_GET,
	SAMR_CMD_NODE_ADD,
	SAMR_CMD_NODE_SET,
	SAMR_CMD_NODE_DEL,
	SAMR_CMD_NODE_NTF,
	SAMR_CMD_LINK_GET,
	SAMR_CMD_LINK_ADD,
	SAMR_CMD_LINK_DEL,
	SAMR_CMD_LINK_NTF,
	SAMR_CMD_GROUP_GET,
	SAMR_CMD_GROUP_ADD,
	SAMR_CMD_GROUP_DEL,
	SAMR_CMD_GROUP_NTF,
	SAMR_CMD_MEMBER_GET,
	SAMR_CMD_MEMBER_DEL,
	SAMR_CMD_VIEW_GET,
	SAMR_CMD_VIEW_NTF,
	SAMR_CMD_FENCE_GET,
	SAMR_CMD_FENCE_CONFIRM,
	SAMR_CMD_FENCE_OWN,
	SAMR_CMD_FENCE_NTF,
	SAMR_CMD_STATS_GET,
	SAMR_CMD_GROUP_SET,
	SAMR_CMD_CLIENT_GET,

	__SAMR_CMD_MAX,
	SAMR_CMD_MAX = (__SAMR_CMD_MAX - 1)
};

#define SAMR_MCGRP_EVENTS	"events"

#endif /* _UAPI_LINUX_SAMR_NETLINK_H */
