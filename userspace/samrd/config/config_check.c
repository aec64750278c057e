// SPDX-License-Identifier: GPL-2.0
/* What must agree; see config_check.h. Sections and arrays have the same order. */
#include <stdio.h>
#include <string.h>

#include "config_check.h"

#define NAME_LETTERS	"abcdefghijklmnopqrstuvwxyz" \
			"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

/* The line of a key in a section, or of the section's end. */
static unsigned int line_of(cfg_t *sec, const char *key)
{
	const struct config_value *v = config_value(sec, key, 0);

	return v ? v->line : (unsigned int)sec->line;
}

static cfg_t *node_of(cfg_t *cfg, size_t i)
{
	return cfg_getnsec(cfg, "node", i);
}

/* ---- cluster ---- */

static bool power_of_2(uint32_t n)
{
	return n && !(n & (n - 1));
}

static void check_limits(struct config_reader *r, const struct config *c,
			 cfg_t *sec)
{
	if (c->limits.dead_us < 3 * c->limits.beat_us)
		config_tell(r, true, line_of(sec, "dead"), "cluster: dead is "
			    "less than 3 times beat; allowed: at least %gms",
			    3 * c->limits.beat_us / 1000.0);
	if (!power_of_2(c->limits.history))
		config_tell(r, true, line_of(sec, "history"), "cluster: history "
			    "%u is no power of two; allowed: 64, 128 ... 65536",
			    c->limits.history);
	if (!power_of_2(c->limits.submits))
		config_tell(r, true, line_of(sec, "submits"), "cluster: submits "
			    "%u is no power of two; allowed: 16, 32 ... 4096",
			    c->limits.submits);
}

/* Who may go on: decided here for all that ask, and told to the kernel so. */
static void decide_policy(struct config_reader *r, struct config *c, cfg_t *sec)
{
	size_t witnesses = 0, i;

	for (i = 0; i < c->nodes; i++)
		witnesses += c->node[i].witness;
	if (witnesses > 1)
		config_tell(r, true, sec->line, "%zu nodes are witnesses; "
			    "allowed is one", witnesses);
	if (c->nodes - witnesses < 1)
		config_tell(r, true, 0, "no node but the witness; needed: at "
			    "least one head with data");
	if (witnesses && c->policy == SAMR_VIEW_POLICY_FENCE)
		config_tell(r, true, line_of(sec, "policy"), "cluster: policy "
			    "fence does not go with a witness: with one, exactly "
			    "half needs its vote and never a fence; allowed: "
			    "majority, or no witness");
	if (c->policy == SAMR_VIEW_POLICY_AUTO)
		c->policy = !witnesses && c->nodes < 3 ?
			    SAMR_VIEW_POLICY_FENCE : SAMR_VIEW_POLICY_MAJORITY;
}

/* ---- nodes ---- */

static void check_twins(struct config_reader *r, const struct config *c,
			cfg_t *cfg)
{
	const struct config_node *a, *b;
	size_t i, j, l;

	for (i = 0; i < c->nodes; i++)
		for (j = 0; j < i; j++) {
			a = &c->node[j];
			b = &c->node[i];
			if (b->id && a->id == b->id)
				config_tell(r, true, line_of(node_of(cfg, i),
							     "id"),
					    "node \"%s\" has the id %u of node "
					    "\"%s\"; each needs its own, 1 to 63",
					    b->name, b->id, a->name);
			for (l = 0; l < c->links; l++)
				if (b->port[l].len && a->port[l].len &&
				    a->port[l].len == b->port[l].len &&
				    !memcmp(a->port[l].byte, b->port[l].byte,
					    a->port[l].len))
					config_tell(r, true,
						    node_of(cfg, i)->line,
						    "node \"%s\" has the address "
						    "of node \"%s\" on link "
						    "\"%s\"; each needs its own",
						    b->name, a->name,
						    c->link[l].name);
		}
}

/* What only goes with some kinds, and what its words must be. */
static void check_link(struct config_reader *r, const struct config_link *l,
		       cfg_t *sec)
{
	const struct config_key *k;
	uint8_t group[IP_LEN];

	for (k = config_grammar[SECTION_LINK].keys; k->name; k++)
		if (!config_goes(SECTION_LINK, k, l) &&
		    config_value(sec, k->name, 0))
			config_tell(r, true, line_of(sec, k->name), "link \"%s\": "
				    "%s needs kind = udp%s", l->name, k->name,
				    strcmp(k->name, "port") ? "" : " or rdma");
	if (l->group && (!ip_parse(l->group, group) || !ip_is_group(group)))
		config_tell(r, true, line_of(sec, "group"), "link \"%s\": group "
			    "'%s' is no multicast address; allowed: 224.0.0.0 to "
			    "239.255.255.255, or one that begins with ff",
			    l->name, l->group);
}

/* One of kind udp or rdma needs the own address, and all of one version of IP. */
static void check_address(struct config_reader *r, const struct config_link *l,
			  const struct config_node *n,
			  const struct config_port *p, cfg_t *sec)
{
	bool ip = !strcmp(l->kind, "udp") || !strcmp(l->kind, "rdma");
	uint8_t group[IP_LEN];

	if (ip && !p->len)
		config_tell(r, true, sec->line, "node \"%s\" has no address on "
			    "link \"%s\", which is of kind %s; needed: address = "
			    "\"ADDRESS\" there, the IP address of its device",
			    n->name, l->name, l->kind);
	else if (p->len && ip != (p->len == IP_LEN))
		config_tell(r, true, sec->line, "the address of node \"%s\" on "
			    "link \"%s\" is not what kind %s has; needed: %s",
			    n->name, l->name, l->kind,
			    ip ? "an IP address" : "a MAC address");
	else if (ip && l->group && ip_parse(l->group, group) &&
		 ip_is_v4(group) != ip_is_v4(p->byte))
		config_tell(r, true, sec->line, "the address of node \"%s\" on "
			    "link \"%s\" and the link's group are of different "
			    "versions of IP", n->name, l->name);
}

static void check_ports(struct config_reader *r, const struct config *c,
			const struct config_node *n, cfg_t *sec)
{
	size_t i, j;

	for (i = 0; i < c->links; i++) {
		if (!n->port[i].device)
			config_tell(r, true, sec->line, "node \"%s\" has no "
				    "device on link \"%s\"; needed: device = "
				    "\"NAME\" there, or in the link for all",
				    n->name, c->link[i].name);
		check_address(r, &c->link[i], n, &n->port[i], sec);
		for (j = 0; j < i; j++)
			if (n->port[i].device && n->port[j].device &&
			    !strcmp(c->link[i].kind, c->link[j].kind) &&
			    !strcmp(n->port[i].device, n->port[j].device))
				config_tell(r, true, sec->line, "node \"%s\" has "
					    "the device %s on the links \"%s\" "
					    "and \"%s\"; each needs its own",
					    n->name, n->port[i].device,
					    c->link[j].name, c->link[i].name);
	}
}

static void check_preferred(struct config_reader *r, const struct config *c,
			    cfg_t *cfg)
{
	const struct config_node *first = NULL, *n;
	size_t i;

	for (i = 0; i < c->nodes; i++) {
		n = &c->node[i];
		if (!n->preferred)
			continue;
		if (first)
			config_tell(r, true, line_of(node_of(cfg, i),
						     "preferred"),
				    "node \"%s\" is preferred, and so is \"%s\"; "
				    "allowed is one", n->name, first->name);
		if (n->witness)
			config_tell(r, true, line_of(node_of(cfg, i),
						     "preferred"),
				    "node \"%s\" is the witness, which fences "
				    "nobody: it cannot be preferred", n->name);
		first = n;
	}
}

/* ---- this machine ---- */

static bool is_host(const char *name, const char *host)
{
	size_t len = strcspn(host, ".");

	return !strcmp(name, host) ||
	       (strlen(name) == len && !strncmp(name, host, len));
}

static void find_self(struct config_reader *r, struct config *c, cfg_t *sec,
		      const char *host)
{
	char names[512] = "";
	size_t len = 0, found = 0, i;
	struct config_node *n;

	for (i = 0; i < c->nodes; i++) {
		n = &c->node[i];
		n->self = c->this_node ? !strcmp(n->name, c->this_node) :
			  is_host(n->host ? n->host : n->name, host);
		if (n->self && !found++)
			c->self = i;
		if (len < sizeof(names))
			len += snprintf(names + len, sizeof(names) - len,
					"%s\"%s\"", len ? ", " : "", n->name);
	}
	if (!found && c->this_node)
		config_tell(r, true, line_of(sec, "this-node"), "cluster: there "
			    "is no node \"%s\"; allowed: %s", c->this_node,
			    names);
	else if (!found)
		config_tell(r, true, sec->line, "this machine is called '%s', "
			    "and no node is; needed: host = \"%s\" in one of %s, "
			    "or this-node in cluster", host, host, names);
	else if (found > 1)
		config_tell(r, true, sec->line, "%zu nodes are called '%s'; "
			    "allowed is one", found, host);
}

/* ---- fences ---- */

static void check_kind(struct config_reader *r, const struct fence_device *d,
		       cfg_t *sec)
{
	const struct config_key *k;

	for (k = config_grammar[SECTION_FENCE].keys; k->name; k++)
		if (k->kinds && !(k->kinds & 1U << d->kind) &&
		    config_value(sec, k->name, 0))
			config_tell(r, true, line_of(sec, k->name),
				    "fence \"%s\": %s does not go with the kind "
				    "%s: leave it out", d->name, k->name,
				    config_value(sec, "kind", 0)->text);
}

static void need(struct config_reader *r, const struct fence_device *d,
		 cfg_t *sec, const char *key, const char *what)
{
	if (!config_value(sec, key, 0))
		config_tell(r, true, sec->line, "fence \"%s\" has no %s; needed: "
			    "%s", d->name, key, what);
}

static void check_device(struct config_reader *r, const struct config *c,
			 const struct fence_device *d, cfg_t *sec)
{
	if (!config_value(sec, "kind", 0))
		return;
	check_kind(r, d, sec);
	switch (d->kind) {
	case FENCE_IPMI:
		need(r, d, sec, "address", "where the BMC is, HOST or "
		     "HOST:PORT");
		need(r, d, sec, "password-file", "a file with the password in "
		     "its first line, which nobody else can read");
		break;
	case FENCE_AGENT:
		need(r, d, sec, "program", "the path of a fence agent, as "
		     "\"/usr/sbin/fence_apc_snmp\"");
		break;
	case FENCE_WATCHDOG:
		if (!c->watchdog)
			config_tell(r, true, sec->line, "fence \"%s\" waits for "
				    "a watchdog, and no head has one; needed: a "
				    "section watchdog with its device", d->name);
		break;
	case FENCE_MANUAL:
		break;
	}
}

/* Can nothing cut its power but its own watchdog, if at all? */
static bool only_watchdog(const struct fence_node *f)
{
	bool watchdog = false;
	size_t i;

	for (i = 0; i < f->count; i++) {
		if (f->device[i].kind == FENCE_IPMI ||
		    f->device[i].kind == FENCE_AGENT)
			return false;
		watchdog |= f->device[i].kind == FENCE_WATCHDOG;
	}
	return watchdog;
}

static void check_fence(struct config_reader *r, const struct config *c,
			const struct config_node *n, cfg_t *sec)
{
	char why[FENCE_TEXT_MAX];
	unsigned int before = r->errors;
	size_t i;

	for (i = 0; i < n->fence.count; i++)
		check_device(r, c, &n->fence.device[i],
			     cfg_getnsec(sec, "fence", i));
	if (c->policy == SAMR_VIEW_POLICY_FENCE && only_watchdog(&n->fence))
		config_tell(r, true, sec->line, "node \"%s\" has only its "
			    "watchdog as a fence, and the policy is fence: cut "
			    "off from each other, all heads would reset; needed: "
			    "a fence of the kind ipmi or agent, or a witness",
			    n->name);
	else if (c->policy == SAMR_VIEW_POLICY_FENCE && !n->fence.count &&
		 !n->witness)
		config_tell(r, false, sec->line, "node \"%s\" has no fence: when "
			    "it fails, all stands still until an admin says "
			    "samrctl fence confirm", n->name);
	if (r->errors == before && n->fence.count &&
	    !fence_node_check(&n->fence, why))
		config_tell(r, true, sec->line, "node \"%s\": %s", n->name, why);
}

/* ---- services, the rest ---- */

static bool is_unit(const char *u)
{
	size_t len = strlen(u);

	return len > 8 && !strcmp(u + len - 8, ".service") &&
	       !strpbrk(u, "/ \t\n");
}

/*
 * Whether it is mounted samrd asks the kernel. In these samrd.service has folders
 * of its own (ProtectHome, PrivateTmp), so that it would never see it there.
 */
static bool is_hidden(const char *path)
{
	static const char *const folders[] = { "/home", "/root", "/run/user",
					       "/tmp", "/var/tmp" };
	size_t i, len;

	for (i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		len = strlen(folders[i]);
		if (!strncmp(path, folders[i], len) &&
		    (!path[len] || path[len] == '/'))
			return true;
	}
	return false;
}

/* What only goes with a role, and what a role needs. */
static void check_role(struct config_reader *r, const struct config *c,
		       const struct config_service *s, cfg_t *sec)
{
	const struct config_key *k;
	uint32_t id[2];

	for (k = config_grammar[SECTION_SERVICE].keys; k->name; k++)
		if (!config_goes(SECTION_SERVICE, k, s) &&
		    config_value(sec, k->name, 0))
			config_tell(r, true, line_of(sec, k->name), "service "
				    "\"%s\": %s needs role = \"active-standby\"",
				    s->name, k->name);
	if (!s->role.name)
		return;
	if (!s->role.resource)
		config_tell(r, true, sec->line, "service \"%s\" has no resource; "
			    "needed: the DRBD resource that its data are on, as "
			    "\"r0\"", s->name);
	else if (s->role.resource[strspn(s->role.resource, NAME_LETTERS)] ||
		 *s->role.resource == '-')
		config_tell(r, true, line_of(sec, "resource"), "service \"%s\": "
			    "resource '%s' is none; allowed: letters, digits, "
			    "'.', '_' and '-'", s->name, s->role.resource);
	if (!config_role_nodes(c, s, id))
		config_tell(r, true, line_of(sec, "nodes"), "service \"%s\": its "
			    "data are on two heads; needed: nodes = { \"NAME\", "
			    "\"NAME\" }, without the witness", s->name);
	if (s->unit && s->role.program)
		config_tell(r, true, line_of(sec, "program"), "service \"%s\" "
			    "has a unit and a program; allowed is one of them",
			    s->name);
	if (s->role.mount && is_hidden(s->role.mount))
		config_tell(r, true, line_of(sec, "mount"), "service \"%s\": "
			    "mount '%s' is in a folder that samrd.service hides "
			    "from samrd; allowed: outside of /home, /root, "
			    "/run/user, /tmp and /var/tmp, as /srv/db", s->name,
			    s->role.mount);
	if (!s->role.mount && (s->role.fs_type || s->role.mount_options))
		config_tell(r, true, sec->line, "service \"%s\": fs-type and "
			    "mount-options need mount, the folder", s->name);
}

static void check_service(struct config_reader *r, const struct config *c,
			  size_t i, cfg_t *sec)
{
	const struct config_service *s = &c->service[i];
	size_t j;

	for (j = 0; j < i; j++)
		if (s->id && c->service[j].id == s->id)
			config_tell(r, true, line_of(sec, "id"), "service "
				    "\"%s\" has the id %u of service \"%s\"; "
				    "each needs its own", s->name, s->id,
				    c->service[j].name);
	if (s->timeout_ms && s->timeout_ms < 100)
		config_tell(r, true, line_of(sec, "timeout"), "service \"%s\": "
			    "timeout is less than 100ms; allowed: 100ms to 24h, "
			    "or 0 for none", s->name);
	if (s->unit && !is_unit(s->unit))
		config_tell(r, true, line_of(sec, "unit"), "service \"%s\": unit "
			    "'%s' is none; allowed: the name of a unit of "
			    "systemd, as db.service", s->name, s->unit);
	if (s->on_exit != CONFIG_EXIT_NONE && !s->timeout_ms && !s->unit)
		config_tell(r, true, line_of(sec, "on-exit"), "service \"%s\": "
			    "on-exit never happens without a timeout or a unit; "
			    "needed: timeout, as 30s", s->name);
	if (s->on_exit == CONFIG_EXIT_RESTART && !s->unit)
		config_tell(r, true, line_of(sec, "on-exit"), "service \"%s\": "
			    "there is nothing to restart; needed: unit, as "
			    "\"db.service\"", s->name);
	if (s->on_exit == CONFIG_EXIT_SELF_FENCE && !c->watchdog)
		config_tell(r, true, line_of(sec, "on-exit"), "service \"%s\": "
			    "a head can only reset itself by its watchdog; "
			    "needed: a section watchdog", s->name);
	check_role(r, c, s, sec);
}

static void check_watchdog(struct config_reader *r, const struct config *c,
			   cfg_t *cfg)
{
	if (cfg_size(cfg, "watchdog") && !c->watchdog)
		config_tell(r, true, cfg_getnsec(cfg, "watchdog", 0)->line,
			    "watchdog has no device; needed: device = "
			    "\"/dev/watchdog\"");
}

void config_check(struct config_reader *r, struct config *c, cfg_t *cfg,
		  const char *host)
{
	cfg_t *sec = cfg_size(cfg, "cluster") ?
		     cfg_getnsec(cfg, "cluster", 0) : NULL;
	size_t i;

	/* Values that are wrong agree with nothing, so only the others are looked at. */
	if (sec && !r->wrong[SECTION_CLUSTER])
		check_limits(r, c, sec);
	if (!c->links)
		config_tell(r, true, 0, "there is no section 'link'; needed: "
			    "link \"NAME\" { device = \"DEVICE\" }");
	for (i = 0; i < c->links && !r->wrong[SECTION_LINK]; i++)
		check_link(r, &c->link[i], cfg_getnsec(cfg, "link", i));
	if (!c->nodes) {
		config_tell(r, true, 0, "there is no section 'node'; needed: "
			    "node \"NAME\" { id = NUMBER } for each head");
		return;
	}
	if (!sec)
		return;
	decide_policy(r, c, sec);
	check_twins(r, c, cfg);
	check_preferred(r, c, cfg);
	if (!r->wrong[SECTION_NODE])
		find_self(r, c, sec, host);
	if (!r->wrong[SECTION_WATCHDOG])
		check_watchdog(r, c, cfg);
	for (i = 0; i < c->nodes; i++) {
		if (!r->wrong[SECTION_LINK] && !r->wrong[SECTION_PORT])
			check_ports(r, c, &c->node[i], node_of(cfg, i));
		if (!r->wrong[SECTION_FENCE] && !r->wrong[SECTION_WATCHDOG])
			check_fence(r, c, &c->node[i], node_of(cfg, i));
	}
	for (i = 0; i < c->services && !r->wrong[SECTION_SERVICE] &&
		    !r->wrong[SECTION_WATCHDOG]; i++)
		check_service(r, c, i, cfg_getnsec(cfg, "service", i));
}
