/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Differences between the kernels that samr builds against: 6.1 and 6.12.
 *
 * The code is written to the newer interface; what the older one lacks is
 * supplied here, and nowhere else is a version looked at.
 */
#ifndef SAMR_COMPAT_H
#define SAMR_COMPAT_H

#include <linux/version.h>
#include <linux/net.h>
#include <net/genetlink.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#error "samr needs Linux 6.1 or later"
#endif

/* 6.10 dropped the second argument: the source is the one of __string(). */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
#define samr_assign_str(dst, src)	__assign_str(dst, src)
#else
#define samr_assign_str(dst, src)	__assign_str(dst)
#endif

/* 6.7: what a dump was asked with; older kernels have the attributes at least. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
#define genl_info_dump(cb)	genl_dumpit_info(cb)
#endif

/* 6.10: what accept() is called with is a struct. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
#define SAMR_ACCEPT(name, fn)						\
static int name(struct socket *sock, struct socket *to, int flags,	\
		bool kern)						\
{									\
	return fn(sock, to, flags, kern);				\
}
#else
#define SAMR_ACCEPT(name, fn)						\
static int name(struct socket *sock, struct socket *to,			\
		struct proto_accept_arg *arg)				\
{									\
	return fn(sock, to, arg->flags, arg->kern);			\
}
#endif

/* 6.4: what is exported to KUnit suites only. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 4, 0)
#define EXPORT_SYMBOL_IF_KUNIT(s)	EXPORT_SYMBOL_NS_GPL(s, EXPORTED_FOR_KUNIT_TESTING)
#elif IS_ENABLED(CONFIG_KUNIT)
#include <kunit/visibility.h>
#endif

#endif /* SAMR_COMPAT_H */
