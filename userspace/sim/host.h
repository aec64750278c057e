/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A head: one core, and the shell that the kernel puts around it.
 *
 * Does what kernel/cluster.c does: checks frames' headers and trailers, gives
 * events to the core with the time in them, ends each run of steps with FLUSH,
 * runs the actions in order, and keeps the timer. Clocks differ from head to
 * head: everything here is on the head's own clock but what says "virtual".
 */
#ifndef SAMR_SIM_HOST_H
#define SAMR_SIM_HOST_H

#include "core/node.h"
#include "net.h"
#include "rng.h"

struct cluster;
struct host;

/**
 * struct watch - somebody who wants to know what happens
 * @stepped: an event was handed in, with its result; not for FLUSH
 * @received: the shell took a frame, or dropped it for @drop, BEFORE @stepped
 * @sent: the core sends a frame
 * @view: the view has changed, BEFORE the deliveries in it
 * @deliver: the core delivers; whoever keeps @msg takes a reference
 * @writable: those that were refused may ask again
 * @stuck: nothing could be ordered for too long
 * @narrow: frames may be too large for the way to these
 * @batch: a run of steps is over and its actions were run
 *
 * All may be NULL. The core may be looked at, but not stepped, from these.
 */
struct watch {
	void (*stepped)(struct watch *w, struct host *h,
			const struct samr_event *ev, int err);
	void (*received)(struct watch *w, struct host *h,
			 const struct buffer *frame, enum samr_drop drop);
	void (*sent)(struct watch *w, struct host *h, struct samr_blob *frame,
		     u64 dest);
	void (*view)(struct watch *w, struct host *h);
	void (*members)(struct watch *w, struct host *h, u32 group);
	void (*deliver)(struct watch *w, struct host *h, struct samr_msg *msg);
	void (*writable)(struct watch *w, struct host *h);
	void (*stuck)(struct watch *w, struct host *h);
	void (*narrow)(struct watch *w, struct host *h, u64 heads);
	void (*batch)(struct watch *w, struct host *h);
};

/**
 * struct host_params - how a head's machine behaves
 * @drift: its clocks gain this, ppm
 * @offset: its monotonic clock shows this at virtual time 0, ns
 * @wall: its wall clock shows this much more than the monotonic one, ns
 * @slack: timers are late by up to this, ns
 * @busy: it cannot look at frames for this long after a run of steps, ns
 * @backlog: frames that wait for it at most
 */
struct host_params {
	s32 drift;
	u64 offset;
	u64 wall;
	u64 slack;
	u64 busy;
	u32 backlog;
};

/* What a client node calls itself: this, and its id on the network. */
#define HOST_FAR	0x100000u

struct host {
	struct cluster *cluster;
	u32 id;
	bool far;		/* a client node */
	u64 inc;
	struct samr_node *node;
	struct host_params params;
	struct samr_actions actions;
	struct timer timer;	/* the core's deadline */
	u64 deadline;		/* that it is set for */
	struct timer poll;	/* frames wait */
	struct list_head frames;
	u32 nframes;
	u64 busy_until;
	u64 paused_until;
	u64 counter;		/* of frames sent */
	u32 frame_max;
	u32 spins;		/* timers in a row that did not move the deadline */
	bool halted;
	u64 dropped_backlog;
	u64 drops[SAMR_DROPS];	/* by the shell */
};

/** host_params_draw - those of an ordinary machine, each with its own clock */
struct host_params host_params_draw(struct rng *rng);

/**
 * host_new - a head; its core is born with @cfg (self, inc, seed filled in)
 *
 * A client node, when @cfg has a self that is no head's.
 */
struct host *host_new(struct cluster *c, u32 id, const struct host_params *p,
		      const struct samr_node_config *cfg);

/** host_free - and its end; what was not delivered is heard of */
void host_free(struct host *h);

/** host_arrive - a frame is there */
void host_arrive(struct host *h, struct buffer *frame);

/** host_pause - it does nothing for @ns of virtual time */
void host_pause(struct host *h, u64 ns);

/** host_step - one event; host_flush() must follow */
int host_step(struct host *h, struct samr_event *ev);

/** host_flush - the end of a run of steps: FLUSH, actions, timer */
void host_flush(struct host *h);

/** host_submit - SUBMIT and flush */
int host_submit(struct host *h, const struct samr_submit *s);

/** host_members - MEMBERS and flush; all of them may form the first view */
int host_members(struct host *h, u64 members);

/** host_founders - the same, but @founders as in struct samr_event */
int host_founders(struct host *h, u64 members, u64 founders);

/** host_saved - SAVED and flush */
int host_saved(struct host *h, const struct samr_saved *saved, bool keeper);

/** host_frame_max - FRAME_MAX and flush */
int host_frame_max(struct host *h, u32 frame_max);

/** host_consumed - CONSUMED and flush */
void host_consumed(struct host *h, u32 group, u64 gseq, u32 cost);

/** host_room - samr_node_room() */
bool host_room(struct host *h, u8 kind, u32 group, u32 len);

/** host_stats - samr_node_stats() */
void host_stats(struct host *h, struct samr_node_stats *s);

u64 host_now(const struct host *h);
u64 host_wall(const struct host *h);

/** host_wire - the bytes on the wire of a frame of the core: counter, trailer */
struct buffer *host_wire(struct host *h, const struct samr_blob *frame);

/** host_seal - put the trailer (again) behind a frame's @len bytes */
void host_seal(struct buffer *frame, u32 len);

#endif /* SAMR_SIM_HOST_H */
