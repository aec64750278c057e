/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The objects, one file each, and what status.c shows of them.
 *
 * The *_show() functions print everything about the objects of their kind: as
 * an object or a list of the name @key, or alone when it is NULL.
 */
#ifndef SAMRCTL_H
#define SAMRCTL_H

#include <libmnl/libmnl.h>
#include "args.h"
#include "nl.h"

extern const struct object cluster_object;
extern const struct object node_object;
extern const struct object link_object;
extern const struct object group_object;
extern const struct object member_object;
extern const struct object socket_object;
extern const struct object view_object;
extern const struct object stats_object;
extern const struct object monitor_object;
extern const struct object status_object;
extern const struct object doctor_object;
extern const struct object client_object;
extern const struct object fence_object;
extern const struct object join_object;
extern const struct object leave_object;
extern const struct object availability_object;
extern const struct object lock_object;
extern const struct object config_object;

/* What a message says, between print_object() and print_end(): without limits. */
void cluster_print(const struct nlattr **tb);
void node_print(const struct nlattr **tb);

/**
 * saved_print - what a head has on its disk, and the digest of its configuration;
 * nothing without @epoch
 */
void saved_print(const struct nlattr *epoch, const struct nlattr *members,
		 const struct nlattr *flags, const struct nlattr *config);
void link_print(const struct nlattr **tb);
void group_print(const struct nlattr **tb);
void fence_print(const struct nlattr **tb);
void view_print(const struct nlmsghdr *nlh);

/* The same on one line of text. */
void view_brief(const struct nlmsghdr *nlh);

/*
 * All that a message says, as an object: nl_message. @data is the name of it for
 * view_message(), and nothing else for the others. A fence that is done is left
 * out.
 */
void node_message(const struct nlmsghdr *nlh, void *data);
void link_message(const struct nlmsghdr *nlh, void *data);

/** link_kinds - that samrctl knows of; ends with NULL */
extern const char *const link_kinds[];

#define LINK_LABEL_MAX	40

/** link_label - a link among counters: "eth0", or "eth0/udp" for kinds other than eth */
const char *link_label(const struct nlattr *dev, const struct nlattr *kind,
		       char text[LINK_LABEL_MAX]);
void group_message(const struct nlmsghdr *nlh, void *data);
void client_message(const struct nlmsghdr *nlh, void *data);
void fence_message(const struct nlmsghdr *nlh, void *data);
void view_message(const struct nlmsghdr *nlh, void *data);

/**
 * view_ids - what a view says of heads, as sets of their ids, one bit each
 * @nlh: the view
 * @members: in it
 * @suspects: of them, those not heard lately
 * @missing: have not asked for the same view yet
 */
void view_ids(const struct nlmsghdr *nlh, uint64_t *members,
	      uint64_t *suspects, uint64_t *missing);

/** ids_text - "1,2" for a set of ids */
const char *ids_text(uint64_t ids, char *text, size_t size);

/** cluster_state - name of an enum samr_run_state */
const char *cluster_state(uint32_t state);

/** stats_counter - value of a counter of a scope; 0 without it or a cluster */
uint64_t stats_counter(uint32_t scope, const char *name);

/** stats_prometheus - all metrics as text; @v asks for the counters */
int stats_prometheus(const struct verb *v);

/** monitor_view - events of the view of heads, one a line, until interrupted */
void monitor_view(void) __attribute__((noreturn));

/** fence_blocked - heads without whose fence nothing goes on, one bit per id */
uint64_t fence_blocked(void);

/**
 * show_list - all of a kind
 * @v: asks for them
 * @args: which ones; NULL: all
 * @key: name of the list; NULL: it is not part of anything
 * @one: prints one
 */
void show_list(const struct verb *v, const struct arg *args, const char *key,
	       nl_message *one);

/** show_asked - the one whose key, the first, was said, or all; an exit status */
int show_asked(const struct verb *v, const struct arg *args, nl_message *one);

/** lock_command - "lock" and what follows, when that is no verb of it */
int lock_command(int argc, char **argv);

#endif /* SAMRCTL_H */
