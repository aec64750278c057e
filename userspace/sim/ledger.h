/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The ledger: every message that was handed to a core, and what became of it.
 *
 * A message's bytes follow from its number, so that anybody can tell what they
 * must be.
 */
#ifndef SAMR_SIM_LEDGER_H
#define SAMR_SIM_LEDGER_H

#include "cluster.h"

struct client;

/**
 * struct sub - one submission that was taken; the owner of its message
 * @id: number in the ledger, from 1
 * @what: as handed in; its payload is not kept
 * @host: where
 * @oseq: which one of @host's
 * @hash: of its bytes
 * @asked: host_room() was asked just before. Not always, as a no makes the core
 *	remember that somebody waits
 * @room: what it said
 * @alone: JOIN to a group that had no members there, as far as its host knew
 * @at: virtual time
 * @gseq: place, once delivered to its owner
 * @settled: the owner has heard of it
 * @own: the node has made it, and nobody hears of it; what it is may be known later
 * @dropped: heard that it was not delivered
 * @client: it is a client's, sent in its attachment @turn; or NULL
 */
struct sub {
	u64 id;
	struct samr_submit what;
	u32 host;
	u64 oseq;
	u64 hash;
	bool asked;
	bool room;
	bool alone;
	u64 at;
	u64 gseq;
	bool settled;
	bool dropped;
	bool own;
	struct client *client;
	u64 turn;
};

struct subs {
	struct sub **sub;
	size_t count;
	size_t room;
};

/**
 * struct ledger - all of them
 * @by_host: by oseq - 1
 * @count: taken
 * @settled: heard of
 * @bytes: taken
 * @refused: answers -EAGAIN
 * @client: whose messages are handed in just now, and
 * @turn: in which attachment
 * @ask: share of the submissions before which room is asked for, ppm
 */
struct ledger {
	struct cluster *cluster;
	u64 seed;
	u64 next;
	struct subs by_host[NET_NODES];
	u64 count;
	u64 settled;
	u64 bytes;
	u64 refused;
	struct client *client;
	u64 turn;
	u32 ask;
	struct rng rng;
};

void ledger_init(struct ledger *l, struct cluster *c, u64 seed);
void ledger_free(struct ledger *l);

/** ledger_sync - @h may have made messages of its own, which nobody hears of */
void ledger_sync(struct ledger *l, struct host *h);

/**
 * ledger_submit - hand in @what, whose payload and owner are filled in here
 * @text: the bytes, or NULL for bytes that follow from the number
 *
 * Return: what the core says.
 */
int ledger_submit(struct ledger *l, struct host *h, struct samr_submit *what,
		  const char *text);

/** ledger_learn - of a message that a node has made itself: what it is */
void ledger_learn(struct sub *sub, const struct samr_msg *msg);

/** ledger_find - message number @oseq of @host, or NULL */
struct sub *ledger_find(const struct ledger *l, u64 host, u64 oseq);

/** ledger_hash - a number that stands for @len bytes */
u64 ledger_hash(const u8 *bytes, u32 len);

/** ledger_hash_msg - of a complete message, whose pieces must join */
u64 ledger_hash_msg(const struct samr_msg *msg);

#endif /* SAMR_SIM_LEDGER_H */
