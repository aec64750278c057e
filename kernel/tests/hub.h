/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A transport for the shell's suites: a hub in memory.
 *
 * Its links are the ends; their addresses are one byte, the number of the end.
 * Frames are delivered by a tasklet, as a device would. What the hub does to them
 * is set by the suite.
 */
#ifndef SAMR_HUB_H
#define SAMR_HUB_H

#include <kunit/test.h>
#include <linux/interrupt.h>
#include "../shell.h"

#define HUB_ENDS	4
#define HUB_MTU		1500

/**
 * struct hub - one at a time
 * @lock: protects what follows
 * @end: links, by their number - 1
 * @mtu: bytes of the largest frame, trailer included
 * @pass: larger frames are lost on the way
 * @no_multicast: multicast is lost on the way
 * @cut: nothing passes
 * @hold: frames stay with the device until hub_release()
 * @refuse: links tell that they are up, and are then not opened all the same
 * @queue: frames on the way
 * @held: frames that stay
 * @sent: frames that links gave it
 * @most: truesize of @held at its largest
 */
struct hub {
	spinlock_t lock;
	struct samr_link *end[HUB_ENDS];
	u32 mtu;
	u32 pass;
	bool no_multicast;
	bool cut;
	bool hold;
	bool refuse;
	struct sk_buff_head queue;
	struct sk_buff_head held;
	u32 sent;
	u32 held_size;
	u32 most;
};

extern struct hub hub;

/** hub_init - a fresh hub, registered as transport "hub"; hub_exit() at the end */
int hub_init(struct kunit *test);
void hub_exit(struct kunit *test);

/** hub_release - the devices let go of what they hold, at most @n frames */
u32 hub_release(u32 n);

/** hub_changed - the links are told that their devices have changed */
void hub_changed(enum samr_link_change what);

/**
 * struct head - a cluster that belongs to no namespace
 * @c: the cluster, or NULL after head_end()
 * @link: number of its link
 * @lock: of the log
 * @log: gseqs and origins of what was delivered
 * @logged: entries
 * @len: bytes of the message delivered last
 * @owners: deliveries with an owner
 * @halted: error that halted() was given
 */
#define HEAD_LOG	512
#define HEAD_DEAD_MS	1000	/* a head silent for so long is suspected */
struct head {
	struct samr_cluster *c;
	u32 link;
	spinlock_t lock;
	struct {
		u64 gseq;
		u64 origin;
		u64 arg;
	} log[HEAD_LOG];
	u32 logged;
	u32 len;
	u32 owners;
	int halted;
	bool closed;
};

/** head_new - head @node of cluster 99, with a link of @transport, not started */
struct head *head_new(struct kunit *test, u64 node, const char *transport);

/** head_add - configure heads 1 .. @n at @h, and start it */
void head_start(struct kunit *test, struct head *h, u32 n);

/** head_end - the cluster ends */
void head_end(struct head *h);

/** head_send - a message of @len bytes to group 1; samr_cluster_submit()'s answer */
int head_send(struct head *h, u32 len, u64 arg, u8 kind);

struct samr_link_info head_link(struct head *h);
struct samr_link_peer_info head_peer(struct head *h, u64 node);
enum samr_cluster_state head_state(struct head *h);

/*
 * Wait until @cond holds. It takes some rounds of probes at most, of a second each; but
 * on a machine that is busy with other things a second can be long.
 */
#define HUB_WAIT_MS	40000
#define hub_wait(cond)							\
	({								\
		unsigned long _end = jiffies +				\
				     msecs_to_jiffies(HUB_WAIT_MS);	\
		bool _holds;						\
									\
		while (!(_holds = (cond)) && time_before(jiffies, _end)) \
			msleep(2);					\
		_holds;							\
	})

#endif /* SAMR_HUB_H */
