/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Members: the sockets on a head that joined a group, and what they have not
 * read yet.
 *
 * Does what kernel/socket.c does between the core and a reader: hands each
 * delivery to all local members of its group, and tells the core up to where
 * all of them have read.
 */
#ifndef SAMR_SIM_MEMBER_H
#define SAMR_SIM_MEMBER_H

#include "ledger.h"

enum member_state {
	MEMBER_NEW,
	MEMBER_JOINING,
	MEMBER_JOINED,
	MEMBER_LEAVING,
	MEMBER_LEFT,
};

/**
 * struct member - one socket
 * @all: in members.all
 * @local: in local_group.members
 * @state: as the order has it; JOINING and LEAVING: asked for
 * @last: place of the data or request that it has read last
 * @since: place of its JOIN
 * @lacks: the group's state, so that what it reads is not reported
 * @window: bytes that it can hold unread
 * @unread: struct unread, as delivered
 * @count: of @unread
 * @bytes: of @unread: cost of the data in it, by origin
 * @messages: and how many they are
 * @joins: of @unread: those that needed credit, by origin
 * @user: of the workload
 */
struct member {
	struct list_head all;
	struct list_head local;
	struct local_group *lg;
	struct host *host;
	u32 group;
	u32 port;
	u32 window;
	enum member_state state;
	u64 last;
	u64 since;
	bool lacks;
	struct list_head unread;
	u32 count;
	u64 bytes[NET_NODES];
	u32 messages[NET_NODES];
	u32 joins[NET_NODES];
	void *user;
};

struct members {
	struct watch watch;
	struct cluster *cluster;
	struct ledger *ledger;
	struct list_head all;
	struct list_head groups;	/* struct local_group */
	/* A member's state changed, or it has something to read. */
	void (*changed)(void *ctx, struct member *m);
	void (*arrived)(void *ctx, struct member *m, struct samr_msg *msg);
	/* It reads a request, or a query. May be NULL. */
	void (*asked)(void *ctx, struct member *m, const struct samr_msg *msg);
	void *ctx;
	bool trusting;		/* do not look at the bytes again */
};

/** member_private - does a message concern its sender only? */
bool member_private(const struct samr_meta *m, bool refused);

void members_init(struct members *ms, struct ledger *l);
void members_free(struct members *ms);

struct member *member_new(struct members *ms, struct host *h, u32 group,
			  u32 port, u32 window);

/** member_join - ask for it; as ledger_submit() */
int member_join(struct members *ms, struct member *m, u8 flags);
int member_leave(struct members *ms, struct member *m, u8 flags);

/** member_send - @len bytes, or @text */
int member_send(struct members *ms, struct member *m, u32 len, u8 flags,
		const char *text);

/** member_lock - a LOCK or UNLOCK: its payload, and the member's number for it */
int member_lock(struct members *ms, struct member *m, u8 kind, u64 arg,
		const u8 *payload, u32 len, u8 flags);

/** member_read - read up to @most messages and report it; returns how many */
u32 member_read(struct members *ms, struct member *m, u32 most);

#endif /* SAMR_SIM_MEMBER_H */
