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

/* What a message says, between print_object() and print_end(): without limits. */
void cluster_print(const struct nlattr **tb);
void node_print(const struct nlattr **tb);
void link_print(const struct nlattr **tb);
void group_print(const struct nlattr **tb);
void view_print(const struct nlmsghdr *nlh);

/* The view as an object of the name @key. */
void view_show(const char *key);

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

/* All of a kind, as a list of the name @key; alone when it is NULL. */
void node_list(const char *key);
void link_list(const char *key);
void group_list(const char *key);

#endif /* SAMRCTL_H */
