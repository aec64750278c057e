// SPDX-License-Identifier: GPL-2.0
/*
 * The registry of transports.
 *
 * Invariant: a transport in the list has a unique name, and a link holds the
 * module of the transport that it uses.
 */
#include <linux/kmod.h>
#include <linux/mutex.h>
#include <linux/string.h>

#include "transport.h"

static DEFINE_MUTEX(registry_lock);	/* protects registry */
static LIST_HEAD(registry);

static struct samr_transport *find(const char *name)
{
	struct samr_transport *t;

	lockdep_assert_held(&registry_lock);
	list_for_each_entry(t, &registry, node)
		if (!strcmp(t->name, name))
			return t;
	return NULL;
}

static bool name_ok(const char *name)
{
	size_t n = strnlen(name, SAMR_TRANSPORT_NAME);

	return n && n < SAMR_TRANSPORT_NAME && !strpbrk(name, "/ \t\n%");
}

static bool well_made(const struct samr_transport *t)
{
	return t->name && name_ok(t->name) && t->open && t->close && t->send &&
	       t->frame_max && t->frame_limit && t->addr_len < SAMR_ADDR_MAX &&
	       (!t->addr_len || (t->address && t->check));
}

int samr_transport_register(struct samr_transport *t)
{
	int err = 0;

	if (!well_made(t))
		return -EINVAL;
	mutex_lock(&registry_lock);
	if (find(t->name))
		err = -EEXIST;
	else
		list_add_tail(&t->node, &registry);
	mutex_unlock(&registry_lock);
	return err;
}

void samr_transport_unregister(struct samr_transport *t)
{
	mutex_lock(&registry_lock);
	list_del(&t->node);
	mutex_unlock(&registry_lock);
}

static struct samr_transport *get(const char *name)
{
	struct samr_transport *t;

	mutex_lock(&registry_lock);
	t = find(name);
	if (t && !try_module_get(t->owner))
		t = NULL;
	mutex_unlock(&registry_lock);
	return t;
}

struct samr_transport *samr_transport_get(const char *name)
{
	struct samr_transport *t;

	if (!name_ok(name))
		return NULL;
	t = get(name);
	if (!t && !request_module("samr-transport-%s", name))
		t = get(name);
	return t;
}

void samr_transport_put(struct samr_transport *t)
{
	module_put(t->owner);
}
