/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the shell share, and nobody else may see.
 *
 * cluster.c: birth, end, configuration, questions. drain.c: events in, actions
 * out. link.c: links and the choice among them. link_io.c: frames through them.
 * probe.c: what a link finds out about its peers. pulse.c: what is known of them in
 * time where there are several links.
 *
 * Locks, outermost first: the configuration mutex of the namespace; RTNL;
 * samr_cluster.links_lock; samr_link.lock; samr_trails.lock. samr_cluster.lock is taken with none
 * of the spinlocks above held. samr_link.wait.lock and samr_cluster.rx.lock are
 * innermost.
 */
#ifndef SAMR_SHELL_H
#define SAMR_SHELL_H

#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/skbuff.h>
#include <linux/workqueue.h>
#include <net/ipv6.h>

#include "cluster.h"
#include "link.h"
#include "stats.h"
#include "trail.h"

extern struct workqueue_struct *samr_wq;

/* Walk over the heads of a mask. */
#define samr_for_each_head(id, heads)			\
	for ((id) = 1; (id) <= SAMR_HEAD_MAX; (id)++)	\
		if (!((heads) & BIT_ULL(id)))		\
			continue;			\
		else

/* ---- the cluster ---- */

/* Bits of samr_cluster.flags. */
enum {
	SAMR_DRAINING,		/* someone is the drainer */
	SAMR_PENDING,		/* there may be work that no drainer has seen */
	SAMR_HANDED,		/* the tasklet is to go on as the drainer */
	SAMR_TIMER,		/* the timer ran out */
	SAMR_FRAME_MAX,		/* @frame_max has changed */
	SAMR_CLIENTS,		/* a new core is to be told of @clients */
};

/**
 * struct samr_pulse - a cluster's pulses
 * @timer: the next one; started under @links_lock
 * @tasklet: sends them
 * @at: when it is due, ns
 * @on: there are pulses
 * @ended: there are none any more
 * @induced: a head with several links has sent one at @induced_at, jiffies
 * @induced_at: see @induced
 * @news: since the last one a head has changed its mind, and that was acted upon
 * @stale: and another one, or again; that was not
 */
struct samr_pulse {
	struct hrtimer timer;
	struct tasklet_struct tasklet;
	u64 at;
	bool on;
	bool ended;
	bool induced;
	unsigned long induced_at;
	bool news;
	bool stale;
};

/**
 * struct samr_cluster - one head
 * @net: its namespace; valid until samr_cluster_end()
 * @config: the namespace's configuration mutex
 * @ref: references; at zero it is freed after a grace period, by @free
 * @free: see @ref
 * @params: as given
 * @inc: incarnation; written by the drainer
 * @face: who is told
 * @priv: the face's
 * @lock: protects what follows up to @rx
 * @node: the core; NULL after the end
 * @todo: actions that no drainer has taken yet
 * @dead: the cluster ends: no step is made any more
 * @broken: set by samr_broken() during a step
 * @halted: no step is made any more
 * @armed: when @timer runs out, ns; U64_MAX: it is not set
 * @told_held: as the tracepoint samr_places told last; like the following
 * @told_delivered: see there
 * @told_stable: see there
 * @rx: frames received and not yet seen by a drainer
 * @rx_bytes: truesize of @rx and @work
 * @work: frames taken from @rx; the drainer's own
 * @flags: see above
 * @tasklet: continues the drainer's work, and takes over from @timer
 * @timer: the core's deadline
 * @renew: puts a new core in the place of one that is out
 * @fence: as told last; the drainer's own
 * @heads: configured heads, one bit per id; written under @config
 * @witness: the one of them that is the witness, as a mask; likewise
 * @started: the core was given @heads; under @config
 * @founders: of @heads, as in struct samr_event; written under @config and @lock
 * @saved: what is on the disk here, as far as the admin has said; likewise
 * @keeper: somebody keeps that; likewise
 * @fence_owner: netlink port of whoever confirms fences; 0: anybody
 * @links: struct samr_link; changed under @config, walked under RCU
 * @link_ids: last number given to a link; under @config
 * @links_lock: protects choosing @best, @spread and @frame_max, and @pulse.timer
 * @best: the link that carries, or NULL
 * @spread: others carry, too: what struct samr_link.serves says
 * @pulse: see pulse.c
 * @frame_max: what the links carry, as last told to the core
 * @counter: of frames sent
 * @stats: of this cluster
 * @trails: to client nodes; of one, to heads
 * @clients: client nodes that this head takes; under @config
 */
struct samr_cluster {
	struct net *net;
	struct mutex *config;
	refcount_t ref;
	struct rcu_work free;
	struct samr_cluster_params params;
	u64 inc;
	const struct samr_cluster_face *face;
	void *priv;

	spinlock_t lock;
	struct samr_node *node;
	struct samr_actions todo;
	bool dead;
	bool broken;
	bool halted;
	u64 armed;
	u64 told_held;
	u64 told_delivered;
	u64 told_stable;

	struct sk_buff_head rx;
	atomic_t rx_bytes;
	struct sk_buff_head work;
	unsigned long flags;
	struct tasklet_struct tasklet;
	struct hrtimer timer;
	struct delayed_work renew;
	struct samr_fence fence[SAMR_FENCES];

	u64 heads;
	u64 witness;
	bool started;
	u64 founders;
	struct samr_saved saved;
	bool keeper;
	u32 fence_owner;
	struct list_head links;
	u32 link_ids;
	spinlock_t links_lock;
	struct samr_link __rcu *best;
	bool spread;
	u32 frame_max;
	struct samr_pulse pulse;
	atomic64_t counter;
	struct samr_stats __percpu *stats;
	struct samr_trails *trails;
	u32 clients;
};

/* cluster.c */
/**
 * samr_cluster_new - a cluster that no namespace knows yet
 * @net: namespace of its links
 * @config: protects its configuration
 * @p: what to make
 * @face: who is told; NULL: the one that was set
 * @extack: says more
 *
 * Return: it, with one reference that samr_cluster_end() gives back, or an
 * ERR_PTR().
 */
struct samr_cluster *samr_cluster_new(struct net *net, struct mutex *config,
				      const struct samr_cluster_params *p,
				      const struct samr_cluster_face *face,
				      struct netlink_ext_ack *extack);

/**
 * samr_cluster_end - a cluster stops, whatever it is doing
 * @c: not to be found any more; under its configuration mutex
 *
 * When it returns nothing of the cluster runs any more; its memory stays while
 * there are references.
 */
void samr_cluster_end(struct samr_cluster *c);

/** samr_cluster_core - a core for @c, of incarnation @inc; NULL without memory */
struct samr_node *samr_cluster_core(const struct samr_cluster *c, u64 inc);

/** samr_cluster_is_client - a client node, and no head */
static inline bool samr_cluster_is_client(const struct samr_cluster *c)
{
	return c->params.node > SAMR_HEAD_MAX;
}

/** samr_cluster_incarnation - a number that nobody has used before */
u64 samr_cluster_incarnation(void);

bool samr_cluster_tryget(struct samr_cluster *c);
void samr_cluster_notify(struct samr_cluster *c,
			 const struct samr_cluster_event *e);

/* drain.c */
void samr_drain_init(struct samr_cluster *c);

/**
 * samr_drain_step - one event, then whatever it leads to
 * @c: the cluster
 * @ev: the event; time is filled in
 *
 * Return: the core's answer, or -ENETDOWN.
 */
int samr_drain_step(struct samr_cluster *c, struct samr_event *ev);

/**
 * samr_drain_want - the heads are these now, and so does the core want them
 *
 * Both or neither; a core that is out is followed by one that is told of it.
 * Return: the core's answer, or 0.
 */
int samr_drain_want(struct samr_cluster *c, u64 heads, u64 witness,
		    u64 founders);

/** samr_drain_save - the same, of what is on the disk; -EINVAL: no memory */
int samr_drain_save(struct samr_cluster *c, const struct samr_saved *saved,
		    bool keeper);

/** samr_drain_input - queue a frame; taken over. Call samr_drain_kick() after */
void samr_drain_input(struct samr_cluster *c, struct sk_buff *skb);

/** samr_drain_kick - there is work: be the drainer, if nobody is */
void samr_drain_kick(struct samr_cluster *c);

/** samr_drain_end - run what is left, and nothing ever after */
void samr_drain_end(struct samr_cluster *c);

/* ---- links ---- */

/**
 * struct samr_link_peer - a head as seen through a link
 * @addr: where frames for it go
 * @configured: @addr came from the admin
 * @heard: it takes part
 * @multicast: it answered a probe that was multicast
 * @inc: its incarnation
 * @size: largest frame that it answered
 * @stamp: jiffies when the last frame of it came
 * @doubted: @size was in doubt, last at @doubted_at, jiffies
 * @doubted_at: see @doubted
 * @missed: rounds of probes without a frame of it
 * @round_size: largest frame that it answered in this round
 * @round_multi: it answered a multicast probe in this round
 * @version: of the wire format, when its last frame was of another one; else 0
 * @version_at: jiffies when such a frame came
 * @fresh: a frame came since the last pulse
 * @path: whether this is a way to it
 */
struct samr_link_peer {
	struct samr_addr addr;
	bool configured;
	bool heard;
	bool multicast;
	u64 inc;
	u32 size;
	unsigned long stamp;
	bool doubted;
	unsigned long doubted_at;
	u32 missed;
	u32 round_size;
	bool round_multi;
	u8 version;
	unsigned long version_at;
	bool fresh;
	struct samr_path path;
};

/**
 * struct samr_link_charge - what a frame was charged to its link's budget
 *
 * A frame's truesize may change on its way down, so that its destructor must be
 * told what to give back. It finds one of these.
 */
struct samr_link_charge {
	struct samr_link *link;
	u32 bytes;
};

#define SAMR_LINK_CHARGES	129
#define SAMR_LINK_CHARGE_UNIT	1024

struct samr_link_counters {
	u64 tx_frames;
	u64 tx_bytes;
	u64 tx_dropped;
	u64 tx_waited;
	u64 rx_frames;
	u64 rx_bytes;
	u64 rx_dropped;
	u64 probes_out;
	u64 answers_in;
	u64 pulses_out;
	u64 pulses_in;
};

/**
 * struct samr_probe - a link's probing
 * @work: runs the rounds
 * @round: number of the round, on the wire
 * @rounds: ended
 * @tries: bursts sent in this round
 * @running: a round is on its way
 * @full: it looks for the largest frame, not only for the known one
 * @again: another full one is wanted after it
 * @ceiling: largest frame that it tries
 * @started: jiffies at its start
 * @rate_at: jiffies at which counting answers began anew
 * @rate_n: answers sent since then
 */
struct samr_probe {
	struct delayed_work work;
	u32 round;
	u64 rounds;
	u32 tries;
	bool running;
	bool full;
	bool again;
	u32 ceiling;
	unsigned long started;
	unsigned long rate_at;
	u32 rate_n;
};

/**
 * struct samr_link - see link.h
 * @node: in samr_cluster.links
 * @c: the cluster; not to be touched after the link was deleted
 * @t: its transport
 * @priv: the transport's
 * @id: number
 * @device: name; changed under @lock
 * @flags: of the transport, those that hold for this link
 * @options: as given
 * @overhead: bytes of a packet in front of each frame
 * @lock: protects what follows up to @wmem
 * @state: where it stands
 * @closed: it is being deleted: nothing is started any more
 * @frame_max: see struct samr_link_info
 * @multicast: see struct samr_link_info
 * @probe: how @peer is found out
 * @peer: by head id
 * @serves: heads that get their frames here, see path.h; under links_lock
 * @fresh: heads heard since the last pulse; the pulse's own
 * @wmem: bytes charged for frames under way, and one for the link itself: the
 *	link is freed when it comes to zero
 * @wait: frames that wait for the budget; its lock protects @waiting, @wait_bytes
 * @waiting: frames must go through @wait
 * @wait_bytes: truesize of @wait
 * @tasklet: sends them
 * @counters: of this link
 * @charge: see struct samr_link_charge
 * @rcu: frees it
 */
struct samr_link {
	struct list_head node;
	struct samr_cluster *c;
	struct samr_transport *t;
	void *priv;
	u32 id;
	char device[IFNAMSIZ];
	u32 flags;
	struct samr_link_options options;
	u32 overhead;

	spinlock_t lock;
	enum samr_link_state state;
	bool closed;
	u32 frame_max;
	bool multicast;
	struct samr_probe probe;
	struct samr_link_peer peer[SAMR_HEAD_MAX + 1];

	u64 serves;
	u64 fresh;
	refcount_t wmem;
	struct sk_buff_head wait;
	bool waiting;
	u32 wait_bytes;
	struct tasklet_struct tasklet;
	struct samr_link_counters __percpu *counters;
	struct samr_link_charge charge[SAMR_LINK_CHARGES];
	struct rcu_head rcu;
};

/* link.c */

/** samr_link_discharge - give bytes of the budget back, maybe the link, too */
void samr_link_discharge(struct samr_link *l, u32 bytes);

/** samr_link_room - bytes from header to last record that the device takes */
u32 samr_link_room(const struct samr_link *l);

/** samr_link_usable - may frames be sent? @l->lock is held, or a guess */
static inline bool samr_link_usable(const struct samr_link *l)
{
	enum samr_link_state s = READ_ONCE(l->state);

	return s == SAMR_LINK_PROBING || s == SAMR_LINK_UP;
}

/** samr_link_is_local - does it lead to nobody but ourselves? */
static inline bool samr_link_is_local(const struct samr_link *l)
{
	return l->flags & SAMR_TRANSPORT_LOCAL;
}

/** samr_link_has_group - is there an address of all who listen? Over IP, if it was configured */
static inline bool samr_link_has_group(const struct samr_link *l)
{
	return (l->t->flags & SAMR_TRANSPORT_MULTICAST) &&
	       (!(l->flags & SAMR_TRANSPORT_IP) ||
		!ipv6_addr_any(&l->options.group));
}

/** samr_link_others - the configured heads but ourselves, one bit each */
static inline u64 samr_link_others(const struct samr_cluster *c)
{
	if (samr_cluster_is_client(c))
		return 0;
	return READ_ONCE(c->heads) & ~BIT_ULL(c->params.node);
}

/** samr_link_update - something was found out: choose anew. No lock is held */
void samr_link_update(struct samr_cluster *c);

/** samr_link_exit - wait until devices have let go of all frames */
void samr_link_exit(void);

/* link_io.c */

void samr_link_io_init(struct samr_link *l);

/** samr_link_io_end - drop what waits; @l->closed is set since a grace period */
void samr_link_io_end(struct samr_link *l);

/**
 * samr_link_seal - add counter and trailer to a frame
 * @c: the sender
 * @skb: the frame; taken over
 *
 * Return: the frame, or NULL without memory.
 */
struct sk_buff *samr_link_seal(struct samr_cluster *c, struct sk_buff *skb);

/** samr_link_out - send a sealed frame; taken over. Bottom halves are off */
void samr_link_out(struct samr_link *l, struct sk_buff *skb,
		   enum samr_cast cast, const struct samr_addr *to);

/**
 * samr_link_send_on - send a sealed frame on one link to all
 * @l: the link
 * @skb: the frame; taken over
 * @each: 0: as a multicast; else to each of these
 */
void samr_link_send_on(struct samr_link *l, struct sk_buff *skb, u64 each);

/* pulse.c */
void samr_pulse_init(struct samr_cluster *c);

/** samr_pulse_end - no pulse any more; there are no links; process context */
void samr_pulse_end(struct samr_cluster *c);

/** samr_pulse_consider - begin, if there is reason to. No lock is held */
void samr_pulse_consider(struct samr_cluster *c);

/** samr_pulse_cut - a device carries nothing any more; @l->lock is held */
void samr_pulse_cut(struct samr_link *l);

/** samr_pulse_well_formed - of what pulses have and probes have not */
bool samr_pulse_well_formed(const struct samr_link_pulse *r,
			    const struct samr_frame_info *info);

/** samr_pulse_receive - the pulse of another configured head; false: dropped. Softirq */
bool samr_pulse_receive(struct samr_link *l, const struct samr_link_pulse *r,
			const struct samr_frame_info *info);

/* probe.c */
void samr_probe_init(struct samr_link *l);

/**
 * samr_probe_frame - a sealed frame of type SAMR_FRAME_LINK
 * @l: where it goes
 * @size: from the header to the end of its padding
 * @r: its record; its length is filled in
 * @len: bytes of @r
 * @gfp: how to allocate
 *
 * Return: it, or NULL without memory.
 */
struct sk_buff *samr_probe_frame(struct samr_link *l, u32 size,
				 struct samr_rec *r, u32 len, gfp_t gfp);

/** samr_probe_begin - a full round at once; @l->lock is held */
void samr_probe_begin(struct samr_link *l);

/**
 * samr_probe_doubt - frames may be too large for the way to @heads
 *
 * The smallest are used until probes have shown again what passes. Bottom halves
 * are off.
 */
void samr_probe_doubt(struct samr_cluster *c, u64 heads);

/**
 * samr_probe_receive - a frame of type SAMR_FRAME_LINK
 * @l: where it came
 * @skb: the frame, compact, trailer found right; the caller keeps it
 * @info: its header
 * @from: its sender's address
 *
 * Return: false when it was not taken; it was counted.
 */
bool samr_probe_receive(struct samr_link *l, const struct sk_buff *skb,
			const struct samr_frame_info *info,
			const struct samr_addr *from);

#endif /* SAMR_SHELL_H */
