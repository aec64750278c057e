// SPDX-License-Identifier: GPL-2.0
/* Sections and keys of samr.conf; see config_table.h. */
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "config_table.h"

#define AT(type, field)		.offset = offsetof(struct type, field)
#define LIMIT(field)		.offset = offsetof(struct config, limits.field)
#define KIND(k)			(1U << FENCE_##k)
#define DAY_MS			86400000
#define ROLE			.kinds = 1, .restart = true
#define ON_UDP			1U
#define ON_RDMA			2U
#define UDP			.kinds = ON_UDP, .restart = true
#define UDP_RDMA		.kinds = ON_UDP | ON_RDMA, .restart = true

static const char *const policies[] = { "auto", "majority", "fence", NULL };
static const char *const resiliences[] = { "all", "quorum", NULL };
static const char *const noyes[] = { "no", "yes", NULL };
static const char *const actions[] = { "off", "reboot", NULL };
static const char *const orders[] = { "in-order", "together", NULL };
static const char *const exits[] = { "none", "restart", "leave", "self-fence",
				     NULL };
static const char *const differences[] = { "report", "expel", "stop", "off",
					   NULL };
static const char *const stops[] = { "leave", "stay", NULL };
static const char *const link_kinds[] = { "eth", "udp", "rdma", NULL };
static const char *const fence_kinds[] = { "ipmi", "agent", "watchdog",
					   "manual", NULL };
static const char *const privileges[] = { "user", "operator", "admin", NULL };
static const char *const roles[] = { "active-standby", NULL };
static const char *const no_keys[] = {
	"frames are not signed by this version: leave it out, and use a network "
	"on which every machine can be trusted", NULL };

static const struct config_key cluster_keys[] = {
	{ "id", CONFIG_U32, AT(config, id), 1, UINT32_MAX, .required = true,
	  .restart = true },
	{ "this-node", CONFIG_TEXT, AT(config, this_node), 1, 63,
	  .restart = true, .local = true },
	{ "policy", CONFIG_WORD, AT(config, policy), .words = policies,
	  .def = "auto", .restart = true },
	{ "resilience", CONFIG_WORD, LIMIT(resilience), .words = resiliences,
	  .def = "all", .restart = true },
	{ "beat", CONFIG_US, LIMIT(beat_us), SAMR_BEAT_US_MIN, SAMR_BEAT_US_MAX,
	  .def = "20ms", .restart = true },
	{ "dead", CONFIG_US, LIMIT(dead_us), SAMR_DEAD_US_MIN, SAMR_DEAD_US_MAX,
	  .restart = true },
	{ "stuck", CONFIG_US, LIMIT(stuck_us), SAMR_STUCK_US_MIN,
	  SAMR_STUCK_US_MAX, .def = "5s", .restart = true },
	{ "reorder", CONFIG_US, LIMIT(reorder_us), SAMR_REORDER_US_MIN,
	  SAMR_REORDER_US_MAX, .def = "1ms", .restart = true },
	{ "ack-delay", CONFIG_US, LIMIT(ack_delay_us), SAMR_ACK_DELAY_US_MIN,
	  SAMR_ACK_DELAY_US_MAX, .def = "5ms", .restart = true },
	{ "history", CONFIG_U32, LIMIT(history), SAMR_HISTORY_MIN,
	  SAMR_HISTORY_MAX, .def = "4096", .restart = true },
	{ "history-bytes", CONFIG_SIZE, LIMIT(history_bytes),
	  SAMR_HISTORY_BYTES_MIN, SAMR_HISTORY_BYTES_MAX, .def = "16M",
	  .restart = true },
	{ "submits", CONFIG_U32, LIMIT(submits), SAMR_SUBMITS_MIN,
	  SAMR_SUBMITS_MAX, .def = "256", .restart = true },
	{ "submit-bytes", CONFIG_SIZE, LIMIT(submit_bytes),
	  SAMR_SUBMIT_BYTES_MIN, SAMR_SUBMIT_BYTES_MAX, .def = "4M",
	  .restart = true },
	{ "ref-min", CONFIG_SIZE, LIMIT(ref_min), SAMR_REF_MIN_MIN,
	  SAMR_REF_MIN_MAX, .def = "2K", .restart = true },
	{ "fence-delay", CONFIG_MS, AT(config, fence_delay_ms), 0, 600000,
	  .def = "1s" },
	{ "fence-delay-blocked", CONFIG_MS, AT(config, fence_delay_blocked_ms),
	  0, 600000, .def = "500ms" },
	{ "key-file", CONFIG_REFUSED, .offset = 0, .words = no_keys },
	{ }
};

static const struct config_key link_keys[] = {
	{ "kind", CONFIG_ONEOF, AT(config_link, kind), .words = link_kinds,
	  .def = "eth", .restart = true },
	{ "device", CONFIG_DEV, AT(config_link, device), 1, SAMR_DEV_LEN_MAX,
	  .local = true },
	{ "port", CONFIG_U32, AT(config_link, port), 1, 65535, .def = "7374",
	  UDP_RDMA },
	{ "group", CONFIG_IP, AT(config_link, group), UDP },
	{ "ttl", CONFIG_U32, AT(config_link, ttl), 0, 255, .def = "0", UDP },
	{ }
};

static const struct config_key node_keys[] = {
	{ "id", CONFIG_U32, AT(config_node, id), 1, SAMR_HEAD_MAX,
	  .required = true },
	{ "host", CONFIG_TEXT, AT(config_node, host), 1, 255, .local = true },
	{ "witness", CONFIG_PAIR, AT(config_node, witness), .words = noyes,
	  .def = "no", .restart = true },
	{ "preferred", CONFIG_PAIR, AT(config_node, preferred), .words = noyes,
	  .def = "no" },
	{ "fence-action", CONFIG_PAIR, AT(config_node, reboot),
	  .words = actions, .def = "off" },
	{ "fence-order", CONFIG_PAIR, AT(config_node, fence.together),
	  .words = orders, .def = "in-order" },
	{ }
};

static const struct config_key port_keys[] = {
	{ "device", CONFIG_DEV, AT(config_port, device), 1, SAMR_DEV_LEN_MAX },
	{ "address", CONFIG_ADDRESS, .offset = 0 },
	{ }
};

static const struct config_key fence_keys[] = {
	{ "kind", CONFIG_WORD, AT(fence_device, kind), .words = fence_kinds,
	  .required = true },
	{ "timeout", CONFIG_MS, AT(fence_device, timeout_ms),
	  FENCE_TIMEOUT_MIN_MS, FENCE_TIMEOUT_MAX_MS, .def = "20s",
	  .kinds = KIND(IPMI) | KIND(AGENT) },
	{ "address", CONFIG_TEXT, AT(fence_device, ipmi.address), 1, 255,
	  .kinds = KIND(IPMI) },
	{ "user", CONFIG_TEXT, AT(fence_device, ipmi.user), 1, 16,
	  .kinds = KIND(IPMI) },
	{ "password-file", CONFIG_SECRET, AT(fence_device, password_file),
	  .kinds = KIND(IPMI) | KIND(AGENT), .local = true },
	{ "k-g-file", CONFIG_SECRET, AT(fence_device, ipmi.k_g_file),
	  .kinds = KIND(IPMI), .local = true },
	{ "allow-cipher-suite-3", CONFIG_PAIR, AT(fence_device, ipmi.suite_3),
	  .words = noyes, .def = "no", .kinds = KIND(IPMI) },
	{ "privilege", CONFIG_ONEOF, AT(fence_device, ipmi.privilege),
	  .words = privileges, .def = "operator", .kinds = KIND(IPMI) },
	{ "workarounds", CONFIG_WORDS, AT(fence_device, ipmi.workarounds),
	  .kinds = KIND(IPMI) },
	{ "program", CONFIG_PROGRAM, AT(fence_device, agent.program),
	  .kinds = KIND(AGENT), .local = true },
	{ "options", CONFIG_OPTIONS, AT(fence_device, agent),
	  .kinds = KIND(AGENT) },
	{ }
};

static const struct config_key service_keys[] = {
	{ "id", CONFIG_U32, AT(config_service, id), 1, UINT32_MAX,
	  .required = true },
	{ "user", CONFIG_USER, AT(config_service, uid), .local = true },
	{ "group", CONFIG_GROUP, AT(config_service, gid), .local = true },
	{ "timeout", CONFIG_MS, AT(config_service, timeout_ms), 0, DAY_MS,
	  .def = "0" },
	{ "on-exit", CONFIG_WORD, AT(config_service, on_exit), .words = exits,
	  .def = "none" },
	{ "unit", CONFIG_TEXT, AT(config_service, unit), 1, 255,
	  .local = true },
	{ "diverged", CONFIG_WORD, AT(config_service, diverged),
	  .words = differences, .def = "report" },
	{ "role", CONFIG_ONEOF, AT(config_service, role.name), .words = roles,
	  .restart = true },
	{ "resource", CONFIG_TEXT, AT(config_service, role.resource), 1, 63,
	  ROLE },
	{ "device", CONFIG_PATH, AT(config_service, role.device), ROLE,
	  .local = true },
	{ "mount", CONFIG_PATH, AT(config_service, role.mount), ROLE,
	  .local = true },
	{ "fs-type", CONFIG_TEXT, AT(config_service, role.fs_type), 1, 31,
	  ROLE },
	{ "mount-options", CONFIG_TEXT, AT(config_service, role.mount_options),
	  1, 255, ROLE },
	{ "nodes", CONFIG_WORDS, AT(config_service, role.nodes), ROLE },
	{ "program", CONFIG_PROGRAM, AT(config_service, role.program), ROLE,
	  .local = true },
	{ "start-timeout", CONFIG_MS, AT(config_service, role.start_ms), 1000,
	  3600000, .def = "60s", ROLE },
	{ "stop-timeout", CONFIG_MS, AT(config_service, role.stop_ms), 1000,
	  3600000, .def = "60s", ROLE },
	{ }
};

static const struct config_key hooks_keys[] = {
	{ "on-view", CONFIG_PROGRAM, AT(config, hooks.view), .local = true },
	{ "on-fence", CONFIG_PROGRAM, AT(config, hooks.fence), .local = true },
	{ "on-alert", CONFIG_PROGRAM, AT(config, hooks.alert), .local = true },
	{ "deadline", CONFIG_MS, AT(config, hooks.deadline_ms), 100, 3600000,
	  .def = "30s", .local = true },
	{ }
};

static const struct config_key watchdog_keys[] = {
	{ "device", CONFIG_PATH, AT(config, watchdog), .restart = true,
	  .local = true },
	{ "timeout", CONFIG_MS, AT(config, watchdog_ms), 1000, 600000,
	  .def = "10s", .restart = true },
	{ "margin", CONFIG_MS, AT(config, watchdog_margin_ms), 1000, 600000,
	  .def = "5s" },
	{ }
};

static const struct config_key daemon_keys[] = {
	{ "on-stop", CONFIG_WORD, AT(config, on_stop), .words = stops,
	  .def = "leave", .local = true },
	{ "state-dir", CONFIG_PATH, AT(config, state_dir),
	  .def = "/var/lib/samr", .restart = true, .local = true },
	{ "run-dir", CONFIG_PATH, AT(config, run_dir), .def = "/run/samr",
	  .restart = true, .local = true },
	{ "admin-group", CONFIG_GROUP, AT(config, admin_gid), .local = true },
	{ }
};

const struct config_grammar config_grammar[SECTIONS] = {
	[SECTION_CLUSTER] = { "cluster", cluster_keys, true },
	[SECTION_LINK] = { "link", link_keys, true },
	[SECTION_NODE] = { "node", node_keys, true },
	[SECTION_SERVICE] = { "service", service_keys, true },
	[SECTION_HOOKS] = { "hooks", hooks_keys, false },
	[SECTION_WATCHDOG] = { "watchdog", watchdog_keys, false },
	[SECTION_DAEMON] = { "daemon", daemon_keys, false },
	[SECTION_PORT] = { "link", port_keys, true },
	[SECTION_FENCE] = { "fence", fence_keys, true },
};

static unsigned int on(const char *kind)
{
	return !strcmp(kind, "udp") ? ON_UDP : !strcmp(kind, "rdma") ? ON_RDMA : 0;
}

bool config_goes(enum config_section s, const struct config_key *k,
		 const void *base)
{
	if (s == SECTION_FENCE && k->kinds)
		return k->kinds &
		       1U << ((const struct fence_device *)base)->kind;
	if (s == SECTION_LINK && k->kinds)
		return k->kinds & on(((const struct config_link *)base)->kind);
	if (s == SECTION_SERVICE && k->kinds)
		return ((const struct config_service *)base)->role.name;
	return true;
}
