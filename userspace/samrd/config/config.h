/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The configuration, /etc/samr/samr.conf: read, checked, with all defaults in
 * place. samr.conf(5) says what can be in it.
 *
 * What comes out is complete and makes sense, or nothing comes out, and every
 * fault found was told with its line. It looks at files and users of this
 * machine, and changes nothing.
 */
#ifndef SAMRD_CONFIG_H
#define SAMRD_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/samr.h>
#include <linux/samr_netlink.h>

#include "config_ip.h"

#include "fence/fence_device.h"

#define CONFIG_FILE		"/etc/samr/samr.conf"
#define CONFIG_LINKS_MAX	16
#define CONFIG_SERVICES_MAX	256
#define CONFIG_NONE		UINT32_MAX	/* no uid, no gid */

/**
 * struct config_link - one network between the heads
 * @name: of it, in this file
 * @kind: "eth", "udp" or "rdma"
 * @device: of heads that do not name another one; NULL: all do
 * @port: kinds udp and rdma: of all heads
 * @group: kind udp: IP address to which what is for all is multicast; NULL: a copy to each
 * @ttl: kind udp: hops that a frame may go; 0: as the kernel has it
 */
struct config_link {
	const char *name;
	const char *kind;
	const char *device;
	uint32_t port;
	const char *group;
	uint32_t ttl;
};

/**
 * struct config_port - how a head is connected to a network
 * @device: of that head
 * @len: bytes of @byte; 0: the address is learned
 * @byte: its address there: a MAC, or what ip_parse() makes of an IP address
 */
struct config_port {
	const char *device;
	size_t len;
	uint8_t byte[IP_PORT_LEN];
};

/**
 * struct config_node - a head, or the witness
 * @id: of it
 * @name: of it
 * @host: name of the machine; NULL: the same
 * @witness: it is the witness
 * @self: it is this machine
 * @preferred: it goes first when heads shoot at each other
 * @reboot: after a fence: power on again; false: it stays off
 * @fence: what can cut its power
 * @port: by the index of the network in config.link
 */
struct config_node {
	uint32_t id;
	const char *name;
	const char *host;
	bool witness;
	bool self;
	bool preferred;
	bool reboot;
	struct fence_node fence;
	struct config_port port[CONFIG_LINKS_MAX];
};

/**
 * enum config_exit - what follows when a member of a service was put out
 * @CONFIG_EXIT_NONE: nothing but the hook and the message
 * @CONFIG_EXIT_RESTART: its unit is started again
 * @CONFIG_EXIT_LEAVE: this head leaves the cluster
 * @CONFIG_EXIT_SELF_FENCE: this head is reset by its watchdog
 */
enum config_exit {
	CONFIG_EXIT_NONE,
	CONFIG_EXIT_RESTART,
	CONFIG_EXIT_LEAVE,
	CONFIG_EXIT_SELF_FENCE,
};

/**
 * struct config_role - a service that runs on one of two heads
 * @name: "active-standby"; NULL: it runs on all heads, and nothing here is used
 * @resource: of DRBD, that its data are on
 * @device: of that
 * @mount: where its file system is mounted; NULL: it has none
 * @fs_type: of it; NULL: mount(8) finds out
 * @mount_options: NULL: the usual ones
 * @nodes: names of the two heads that have the data, with a comma; NULL: there are
 *	no others
 * @program: called with "start" and "stop", where there is no unit; NULL: none
 * @start_ms: until the end of one step on the way up
 * @stop_ms: the same on the way down
 */
struct config_role {
	const char *name;
	const char *resource;
	const char *device;
	const char *mount;
	const char *fs_type;
	const char *mount_options;
	const char *nodes;
	const char *program;
	uint32_t start_ms;
	uint32_t stop_ms;
};

/**
 * struct config_service - a group
 * @id: of it, the same on all heads
 * @name: of it
 * @uid: user that may bind; CONFIG_NONE: none but by capability
 * @gid: the same for a group of users
 * @timeout_ms: a member that reads nothing for so long while there is something
 *	to read is put out; 0: never
 * @on_exit: what follows then
 * @unit: of systemd; NULL: none
 * @diverged: what happens when members give different replies: enum
 *	samr_diverged_policy
 * @role: what there is more for a service that runs on one of two heads
 */
struct config_service {
	uint32_t id;
	const char *name;
	uint32_t uid;
	uint32_t gid;
	uint32_t timeout_ms;
	enum config_exit on_exit;
	const char *unit;
	uint32_t diverged;
	struct config_role role;
};

/**
 * struct config_hooks - programs of the admin
 * @view: called when the view has changed; NULL: none
 * @fence: when a fence is asked for, has failed or is done
 * @alert: when something needs the admin
 * @deadline_ms: one is killed when it runs for longer
 */
struct config_hooks {
	const char *view;
	const char *fence;
	const char *alert;
	uint32_t deadline_ms;
};

/**
 * enum config_stop - what becomes of the cluster when the daemon is stopped
 * @CONFIG_STOP_LEAVE: this head leaves it
 * @CONFIG_STOP_STAY: this head stays in it, without its daemon
 */
enum config_stop {
	CONFIG_STOP_LEAVE,
	CONFIG_STOP_STAY,
};

/** struct config_limits - what cluster-add takes, in its units */
struct config_limits {
	uint32_t resilience;
	uint32_t beat_us;
	uint32_t dead_us;
	uint32_t stuck_us;
	uint32_t reorder_us;
	uint32_t ack_delay_us;
	uint32_t history;
	uint32_t history_bytes;
	uint32_t submits;
	uint32_t submit_bytes;
	uint32_t ref_min;
};

/**
 * struct config - all of it; strings and arrays live as long as it does
 * @file: where it was read from
 * @name: of the cluster
 * @id: of the cluster
 * @this_node: the head that this machine is; NULL: by its name
 * @policy: SAMR_VIEW_POLICY_MAJORITY or _FENCE, never auto
 * @limits: of the kernel's side
 * @fence_delay_ms: between suspicion and shot where the view went on
 * @fence_delay_blocked_ms: where the view waits for it
 * @self: index of this head in @node
 * @nodes: of @node
 * @node: the heads and the witness, by their ids
 * @links: of @link
 * @link: the networks, in the order of the file
 * @services: of @service
 * @service: the services, by their ids
 * @hooks: programs
 * @watchdog: device; NULL: none
 * @watchdog_ms: its time-out
 * @watchdog_margin_ms: added to it by those who wait for it
 * @state_dir: where the memory is
 * @run_dir: where the control socket is
 * @admin_gid: users who may use it beside root; CONFIG_NONE: none
 * @on_stop: when the daemon is stopped
 */
struct config {
	const char *file;
	const char *name;
	uint32_t id;
	const char *this_node;
	uint32_t policy;
	struct config_limits limits;
	uint32_t fence_delay_ms;
	uint32_t fence_delay_blocked_ms;
	size_t self;
	size_t nodes;
	struct config_node node[SAMR_HEADS];
	size_t links;
	struct config_link link[CONFIG_LINKS_MAX];
	size_t services;
	struct config_service *service;
	struct config_hooks hooks;
	const char *watchdog;
	uint32_t watchdog_ms;
	uint32_t watchdog_margin_ms;
	const char *state_dir;
	const char *run_dir;
	uint32_t admin_gid;
	enum config_stop on_stop;
};

/**
 * config_message_fn - takes what is wrong, or worth to be known
 * @error: it is an error; else a warning
 * @message: "FILE:LINE: what is wrong, what is allowed"
 * @data: of the caller
 */
typedef void config_message_fn(bool error, const char *message, void *data);

/**
 * config_load - read a file
 * @path: of it
 * @host: name of this machine; NULL: as it is
 * @say: is told of each fault and each doubt
 * @data: for @say
 *
 * Return: it, to be given to config_free(); NULL when there was a fault.
 */
struct config *config_load(const char *path, const char *host,
			   config_message_fn *say, void *data);

/** config_free - NULL is fine */
void config_free(struct config *c);

/** config_node - the head with this id, or NULL */
const struct config_node *config_node(const struct config *c, uint32_t id);

/** config_service - the service with this id, or NULL */
const struct config_service *config_service(const struct config *c,
					    uint32_t id);

/**
 * config_role_nodes - the two heads that a service with a role may run on
 * @id: set
 *
 * Return: false when they are not two, or one has no data.
 */
bool config_role_nodes(const struct config *c, const struct config_service *s,
		       uint32_t id[2]);

/** config_exit_word - "restart": as in the file */
const char *config_exit_word(enum config_exit e);

/** config_policy_word - "majority" or "fence" */
const char *config_policy_word(uint32_t policy);

/**
 * config_diff_fn - takes one difference
 * @restart: it cannot come into force while the daemon, or the cluster, runs
 * @what: "service \"db\": timeout 10s, was 20s"
 * @data: of the caller
 */
typedef void config_diff_fn(bool restart, const char *what, void *data);

/**
 * config_diff - what is different in @to
 *
 * Return: how many differences need a restart.
 */
size_t config_diff(const struct config *from, const struct config *to,
		   config_diff_fn *say, void *data);

/**
 * config_digest - of what should be alike on all heads
 *
 * The order in which it is written does not count, nor what each machine has for
 * itself: its devices and folders, programs, files with passwords, users.
 *
 * Return: it, never 0.
 */
uint32_t config_digest(const struct config *c);

/**
 * struct config_item - one value that is in force
 * @section: "node", "service" ...
 * @title: of it, or NULL
 * @inner: the section inside of it, as "fence", or NULL
 * @inner_title: of that
 * @key: as in the file
 * @value: as it could stand in the file
 * @list: it is a list, @value has one item a line; else one value
 * @restart: it cannot change while the daemon, or the cluster, runs
 * @local: it may be another one on each head
 */
struct config_item {
	const char *section;
	const char *title;
	const char *inner;
	const char *inner_title;
	const char *key;
	const char *value;
	bool list;
	bool restart;
	bool local;
};

/** config_each_fn - takes one; valid during the call */
typedef void config_each_fn(const struct config_item *item, void *data);

/**
 * config_each - all values, section by section, those of one section together
 *
 * No secrets: passwords are in files of their own, whose names are shown.
 */
void config_each(const struct config *c, config_each_fn *each, void *data);

#endif /* SAMRD_CONFIG_H */
