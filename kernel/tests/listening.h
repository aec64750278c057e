/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A service with one member that accepts streams, and a log that is filled by hand. What it
 * calls of the cluster has the shell's own names, which this module has to itself.
 */
#ifndef SAMR_TESTS_LISTENING_H
#define SAMR_TESTS_LISTENING_H

#include <kunit/test.h>
#include "../connection.h"

#define LISTENING_PLACES	4

/**
 * struct listening - it, in kunit.priv
 * @svc: the service
 * @all: of @svc
 * @local: its member
 * @ls: that listens
 * @gseq: of the next message
 * @readable: so often one of its sockets was told
 * @watched: what these say of whether somebody waits
 * @told: what the order was told last
 * @places: PLACE that it was told, the first ones
 * @placed: how many
 * @refuses: the order refuses that one, counted from 1; 0: none
 */
struct listening {
	struct samr_service svc;
	struct samr_services all;
	struct samr_local local;
	struct samr_listener ls;
	u64 gseq;
	unsigned int readable;
	unsigned int watched;
	struct {
		u64 input;
		u64 output;
		u64 upto;
		u8 end;
		unsigned int ends;
	} told;
	struct samr_event places[LISTENING_PLACES];
	unsigned int placed;
	unsigned int refuses;
};

/** listening_place - PLACE, as samr_cluster_ask() */
int listening_place(const struct samr_event *ev);

extern const struct samr_local_ops listening_ops;

/** listening_init - of a suite */
int listening_init(struct kunit *test);

/** listening_deliver - @msg, without memory NULL, of @bytes */
void listening_deliver(struct kunit *test, struct samr_msg *msg, const void *bytes);

/** listening_stream - it is opened, or closed by the client (enum samr_session_op) */
void listening_stream(struct kunit *test, u64 session, u8 op);

/** listening_segment - @len bytes of it, the first one is @number */
void listening_segment(struct kunit *test, u64 session, u64 number, u32 len, u8 flags);

struct samr_connection *listening_accept(struct kunit *test);

/** listening_read - so many bytes */
void listening_read(struct samr_connection *x, u32 len);

/** listening_close - and gives the reference back */
void listening_close(struct samr_connection *x);

#endif /* SAMR_TESTS_LISTENING_H */
