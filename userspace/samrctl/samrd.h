/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What samrd, the daemon that fences, says of itself and of what it does; see
 * daemon.h for how it is asked.
 */
#ifndef SAMRCTL_SAMRD_H
#define SAMRCTL_SAMRD_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SAMRD_IDS	64
#define SAMRD_DEVICES	64
#define SAMRD_EXITS	16
#define SAMRD_ROLES	32
#define SAMRD_CONFIG	"/etc/samr/samr.conf"

/**
 * struct samrd_fence - where the fence of a head stands
 * @text: in words; "": it is asked for none
 * @manual: nothing but an admin can end it
 * @failed: samrd has tried, and it is not known to be off
 * @left_off: it is off, and is not switched on again: that did not help
 */
struct samrd_fence {
	char text[240];
	bool manual;
	bool failed;
	bool left_off;
};

/**
 * struct samrd_device - what can cut a head's power
 * @node: the head
 * @name: of the device
 * @kind: "ipmi"
 * @timeout_ms: of one attempt
 * @used: it was, or was tested
 * @works: the last time it did what it was asked
 * @text: how that ended
 */
struct samrd_device {
	uint32_t node;
	char name[32];
	char kind[16];
	unsigned int timeout_ms;
	bool used;
	bool works;
	char text[200];
};

/**
 * struct samrd_exit - how a member of a service on this head ended last
 * @group: id of the service
 * @name: of it
 * @on_exit: what followed: "restart"
 * @text: how, a sentence
 * @age_ms: since then
 * @count: ends since samrd was started
 * @back: there is a member again
 */
struct samrd_exit {
	uint32_t group;
	char name[32];
	char on_exit[16];
	char text[200];
	uint64_t age_ms;
	unsigned int count;
	bool back;
};

/**
 * struct samrd_role - a service that runs on one of two heads
 * @id: of its group
 * @good: it is as it should be
 * @text: how it stands here
 */
struct samrd_role {
	uint32_t id;
	bool good;
	char text[400];
};

/**
 * struct samrd - what samrd says
 * @configured: its configuration file is there, so it should run
 * @running: it answers
 * @foreign: it does, and is about another head or cluster
 * @error: why there is no answer to go by; "": there is one
 * @waits: what it waits for before there is a view, a sentence or two; "": nothing
 * @armed: it holds an armed watchdog
 * @starved: and does not feed it any more
 * @watchdog_ms: its time-out
 * @watchdog_device: "/dev/watchdog0"
 * @unarmed: heads with a fence device that relies on their watchdog, which is not
 *	known to be armed, a bit per id
 * @exits: of @exit
 * @exit: services with a member that ended
 * @name: by id of the head, as in its configuration; "": not known
 * @fence: by id of the head
 * @devices: of @device
 * @device: what can cut power
 * @roles: of @role
 * @role: services that run on one of two heads
 * @status: the whole answer; NULL: none
 */
struct samrd {
	bool configured;
	bool running;
	bool foreign;
	char error[240];
	char waits[320];
	bool armed;
	bool starved;
	uint64_t watchdog_ms;
	char watchdog_device[64];
	uint64_t unarmed;
	size_t exits;
	struct samrd_exit exit[SAMRD_EXITS];
	char name[SAMRD_IDS][32];
	struct samrd_fence fence[SAMRD_IDS];
	size_t devices;
	struct samrd_device device[SAMRD_DEVICES];
	size_t roles;
	struct samrd_role role[SAMRD_ROLES];
	json_t *status;
};

/**
 * samrd_ask - fill in @s; that it does not run is no error
 * @s: overwritten
 * @cluster: id of the cluster that this head is of; 0: not known
 * @node: this head
 */
void samrd_ask(struct samrd *s, uint32_t cluster, uint32_t node);

/** samrd_take - fill @s in from @status, its answer, which is taken over */
void samrd_take(struct samrd *s, json_t *status, uint32_t cluster,
		uint32_t node);

/** samrd_take_devices - the same of what it fences with */
void samrd_take_devices(struct samrd *s, const json_t *nodes);

/** samrd_free - what samrd_ask() has allocated */
void samrd_free(struct samrd *s);

#endif /* SAMRCTL_SAMRD_H */
