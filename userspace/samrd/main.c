// SPDX-License-Identifier: GPL-2.0
/* samrd: arguments, the loop, signals, the start and the end. */
#define _GNU_SOURCE
#include <cap-ng.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/notify.h"
#include "base/turn.h"
#include "roles/peers.h"
#include "roles/roles.h"
#include "samrd.h"
#include "services/differences.h"
#include "services/exits.h"

#ifndef SAMR_VERSION
#define SAMR_VERSION	"unknown"
#endif

#define LEAVE_US	20000000	/* a wedged head cannot leave: it is not waited for */
#define SPARE_US	10000000	/* to end, after that */

/* Exit statuses. */
enum {
	END_WELL	= 0,
	END_FAILED	= 1,
	END_USAGE	= 2,
	END_CONFIG	= 6,	/* as systemd.exec(5) has it: EXIT_NOTCONFIGURED */
};

/* ---- what is said to systemd ---- */

static void tell_status(struct samrd *d)
{
	char text[sizeof(d->status)];

	status_line(d, text, sizeof(text));
	if (!strcmp(text, d->status))
		return;
	memcpy(d->status, text, sizeof(text));
	notify_status(d->notify, text);
}

static bool has_left(const struct samrd *d)
{
	return !d->now.present || d->now.state == SAMR_RUN_STATE_DOWN;
}

/* Only a head that is surely in no view need not be reset. */
static bool may_disarm(struct samrd *d)
{
	char why[KERNEL_TEXT_MAX];

	if (!d->known && (!d->kernel || kernel_look(d->kernel, &d->now, why)))
		return false;
	return has_left(d);
}

static void end_if_left(struct samrd *d)
{
	if (d->parting && !d->saver && has_left(d))
		sd_event_exit(d->event, END_WELL);
}

static void on_changed(const struct kernel_state *now, void *data)
{
	struct samrd *d = data;

	facts_kernel(d, now);
	peers_kernel(d->peers);
	roles_update(d->roles);
	tell_status(d);
	end_if_left(d);
}

static void on_groups(void *data)
{
	struct samrd *d = data;

	exits_soon(d->exits);
	differences_look(d, d->differences);
}

void samrd_saved(struct samrd *d)
{
	end_if_left(d);
}

static int on_deadline(sd_event_source *source, uint64_t usec, void *data)
{
	struct policy_event ev = { .type = POLICY_EV_TIME };
	char why[KERNEL_TEXT_MAX];
	struct kernel_state now;
	struct samrd *d = data;

	(void)source;
	(void)usec;
	/* It may be time to shoot: who is heard again must not be overlooked. */
	if (!kernel_look(d->kernel, &now, why))
		on_changed(&now, d);
	facts_feed(d, &ev);
	return 0;
}

/* ---- configuration ---- */

static void on_message(bool error, const char *message, void *data)
{
	(void)data;
	log_message(error ? LOG_ERR : LOG_WARNING,
		    error ? LOG_ID_REFUSED : LOG_ID_CONFIG, "%s", message);
}

static void on_difference(bool restart, const char *what, void *data)
{
	(void)data;
	if (restart)
		log_message(LOG_ERR, LOG_ID_REFUSED, "%s: needs samrd and the "
			    "cluster to be stopped and started", what);
	else
		log_message(LOG_INFO, LOG_ID_CONFIG, "%s", what);
}

static bool take_over(struct samrd *d, struct config *c)
{
	struct config *old = d->config;
	char why[KERNEL_TEXT_MAX] = "";

	if (config_diff(old, c, on_difference, NULL))
		return false;
	if (kernel_apply(d->kernel, c, old, why)) {
		log_message(LOG_ERR, LOG_ID_REFUSED, "the kernel refuses %s",
			    why);
		return false;
	}
	d->config = c;
	if (facts_config(d)) {
		d->config = old;
		log_message(LOG_ERR, LOG_ID_REFUSED,
			    "the policy refuses the configuration");
		if (kernel_apply(d->kernel, old, c, why))
			log_error("the kernel keeps some of it: %s", why);
		return false;
	}
	if (*why)
		log_message(LOG_WARNING, LOG_ID_CONFIG, "%s", why);
	hooks_configure(d->hooks, c);
	control_admin(d->control, c->admin_gid);
	acts_configured(d);
	exits_soon(d->exits);
	roles_again(d->roles);
	return true;
}

static int on_reload(sd_event_source *source, const struct signalfd_siginfo *si,
		     void *data)
{
	struct samrd *d = data;
	struct config *old = d->config, *c;

	(void)source;
	(void)si;
	notify_state(d->notify, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
		     (uint64_t)(clock_now() / CLOCK_NS_PER_US));
	c = config_load(d->path, NULL, on_message, NULL);
	if (c && take_over(d, c)) {
		config_free(old);
		log_message(LOG_NOTICE, LOG_ID_CONFIG, "%s is in force",
			    d->path);
	} else {
		config_free(c);
		log_message(LOG_ERR, LOG_ID_REFUSED, "%s is refused, all stays "
			    "as it was", d->path);
	}
	notify_state(d->notify, "READY=1");
	return 0;
}

/* ---- the end ---- */

static int on_patience(sd_event_source *source, uint64_t usec, void *data)
{
	struct samrd *d = data;

	(void)source;
	(void)usec;
	log_message(LOG_WARNING, LOG_ID_STOPPED, d->parting ? "this head could not "
		    "leave the view yet, and does so when it can" : "a service "
		    "cannot be stopped here: this head stays in the view");
	return sd_event_exit(d->event, END_WELL);
}

static int part(struct samrd *d)
{
	char why[KERNEL_TEXT_MAX] = "";
	struct kernel_state now;

	d->parting = true;
	if (kernel_stop(d->kernel, why) || kernel_look(d->kernel, &now, why)) {
		log_error("the cluster cannot be left: %s", why);
		return sd_event_exit(d->event, END_FAILED);
	}
	on_changed(&now, d);	/* it may be down already */
	return 0;
}

void samrd_roles_down(struct samrd *d)
{
	if (d->leaving && !d->parting)
		part(d);
}

static int on_stop(sd_event_source *source, const struct signalfd_siginfo *si,
		   void *data)
{
	struct samrd *d = data;
	uint64_t patience = LEAVE_US + roles_stop_ms(d->roles) * 1000;
	int err;

	(void)source;
	(void)si;
	notify_state(d->notify, "STOPPING=1\nEXTEND_TIMEOUT_USEC=%" PRIu64,
		     patience + SPARE_US);
	if (d->leaving || d->config->on_stop == CONFIG_STOP_STAY)
		return sd_event_exit(d->event, END_WELL);
	d->leaving = true;
	err = sd_event_add_time_relative(d->event, NULL, CLOCK_MONOTONIC,
					 patience, 0, on_patience, d);
	/* While it is a member, others do not start what runs here. */
	return roles_quit(d->roles) ? part(d) : err;
}

/* ---- the start ---- */

static bool make_folder(const char *path, mode_t mode)
{
	if (!mkdir(path, mode) || errno == EEXIST)
		return true;
	log_error("the folder %s cannot be made: %s", path, strerror(errno));
	return false;
}

/*
 * What follows needs the network's configuration and nothing else. What is run for
 * a service with a role needs more, and where there is no systemd to do it, it is
 * left to be had by programs that are started: the daemon itself has it not.
 */
static bool drop_capabilities(const struct samrd *d)
{
	capng_get_caps_process();
	if (!capng_have_capability(CAPNG_EFFECTIVE, CAP_NET_ADMIN)) {
		log_error("needs CAP_NET_ADMIN: run it as root");
		return false;
	}
	capng_clear(CAPNG_SELECT_BOTH);
	capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED |
		     CAPNG_BOUNDING_SET, CAP_NET_ADMIN);
	/* A container's root may not, and does not have what it would bound. */
	if (!roles_any(d->roles) || sd_booted() > 0)
		capng_apply(CAPNG_SELECT_BOUNDS);
	if (capng_apply(CAPNG_SELECT_CAPS)) {
		log_error("capabilities cannot be dropped");
		return false;
	}
	return true;
}

static int add_sources(struct samrd *d)
{
	sigset_t set;
	int err;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	err = sd_event_default(&d->event);
	if (err >= 0)
		err = sd_event_add_signal(d->event, NULL, SIGHUP, on_reload, d);
	if (err >= 0)
		err = sd_event_add_signal(d->event, NULL, SIGTERM, on_stop, d);
	if (err >= 0)
		err = sd_event_add_signal(d->event, NULL, SIGINT, on_stop, d);
	if (err >= 0)
		err = sd_event_add_time(d->event, &d->deadline, CLOCK_MONOTONIC,
					0, 1000, on_deadline, d);
	if (err >= 0)
		err = sd_event_source_set_enabled(d->deadline, SD_EVENT_OFF);
	/* Whom the kernel has heard again is known by then. */
	if (err >= 0)
		err = sd_event_source_set_priority(d->deadline, TURN_DECIDE);
	if (err >= 0)
		err = notify_new(&d->notify, d->event);
	if (err < 0)
		log_error("cannot start: %s", strerror(-err));
	return err < 0 ? err : 0;
}

static int open_watchdog(struct samrd *d)
{
	char why[WATCHDOG_TEXT_MAX] = "";
	int err;

	if (!d->config->watchdog)
		return 0;
	err = watchdog_open(&d->watchdog, d->config->watchdog,
			    d->config->watchdog_ms, why);
	if (err)
		log_error("%s", why);
	return err;
}

/* A second daemon is noticed here, before it could change anything. */
static int open_control(struct samrd *d)
{
	char path[300];
	const struct control_setup s = {
		.event = d->event,
		.path = path,
		.admin_gid = d->config->admin_gid,
	};
	int err;

	snprintf(path, sizeof(path), "%s/control", d->config->run_dir);
	if (!make_folder(d->config->run_dir, 0755))
		return -errno;
	err = control_new(&d->control, &s);
	if (err == -EADDRINUSE)
		log_error("another samrd answers at %s", path);
	else if (err)
		log_error("the socket %s cannot be made: %s", path,
			  strerror(-err));
	return err;
}

static void log_text(const char *text)
{
	log_message(LOG_NOTICE, LOG_ID_FENCE_ATTEMPT, "%s", text);
}

static int open_parts(struct samrd *d)
{
	const struct fence_setup fence = {
		.event = d->event,
		.ipmi_program = getenv("SAMR_FENCE_IPMI"),
	};
	int err;

	err = hooks_new(&d->hooks, d->event) ?: fence_new(&d->fence, &fence) ?:
	      exits_new(&d->exits, d);
	if (err)
		goto out;
	d->differences = differences_new();
	if (!d->differences) {
		err = -ENOMEM;
		goto out;
	}
	hooks_configure(d->hooks, d->config);
	d->fence_control = (struct fence_control){
		.fence = d->fence,
		.self = d->config->node[d->config->self].id,
		.log = log_text,
	};
	acts_fence_nodes(d);
	err = status_serve(d) ?:
	      fence_control_serve(d->control, &d->fence_control) ?:
	      peers_new(&d->peers, d) ?: peers_serve(d->peers) ?:
	      roles_new(&d->roles, d);
	if (err)
		goto out;
	d->policy = malloc(policy_size());
	if (d->policy)
		policy_init(d->policy);
	else
		err = -ENOMEM;
out:
	if (err)
		log_error("cannot start: %s", strerror(-err));
	return err;
}

static int open_kernel(struct samrd *d)
{
	char why[KERNEL_TEXT_MAX] = "";
	int err;

	err = kernel_open(&d->kernel, d->event, on_changed, on_groups, d, why);
	if (err) {
		log_error("%s", why);
		return err;
	}
	err = kernel_apply(d->kernel, d->config, NULL, why);
	if (err) {
		log_message(LOG_ERR, LOG_ID_REFUSED, "the kernel refuses %s",
			    why);
		return err;
	}
	if (*why)
		log_message(LOG_WARNING, LOG_ID_CONFIG, "%s", why);
	err = kernel_own_fences(d->kernel, why);
	if (err)
		log_error("fences cannot be taken over: %s", why);
	return err;
}

static int first_look(struct samrd *d)
{
	char why[KERNEL_TEXT_MAX] = "";
	struct kernel_state now;
	int err;

	err = facts_start(d);
	if (err) {
		log_error("the policy refuses the configuration: %s",
			  strerror(-err));
		return err;
	}
	err = kernel_look(d->kernel, &now, why);
	if (err) {
		log_error("cannot read how the cluster stands: %s", why);
		return err;
	}
	on_changed(&now, d);
	exits_start(d->exits);
	differences_look(d, d->differences);
	return 0;
}

static int run(struct samrd *d)
{
	int status = END_FAILED;
	bool disarm;

	/* Passwords of devices are nothing for a core dump. */
	prctl(PR_SET_DUMPABLE, 0);
	if (add_sources(d) || open_control(d) ||
	    !make_folder(d->config->state_dir, 0755) || open_parts(d) ||
	    open_kernel(d) || open_watchdog(d) || !drop_capabilities(d) ||
	    first_look(d))
		goto out;
	log_message(LOG_NOTICE, LOG_ID_STARTED, "started as %s of %s",
		    d->config->node[d->config->self].name, d->config->name);
	notify_state(d->notify, "READY=1");
	status = sd_event_loop(d->event);
	log_message(LOG_NOTICE, LOG_ID_STOPPED, "stopped");
out:
	disarm = may_disarm(d);
	if (disarm)
		acts_disarmed(d);
	watchdog_close(d->watchdog, disarm);
	exits_free(d->exits);
	free(d->differences);
	roles_free(d->roles);
	fence_free(d->fence);
	peers_free(d->peers);
	hooks_free(d->hooks);
	kernel_close(d->kernel);
	control_free(d->control);
	saver_stop(d->saver);
	sd_event_source_disable_unref(d->deadline);
	notify_free(d->notify);
	sd_event_unref(d->event);
	config_free(d->config);
	free(d->policy);
	return status < 0 ? END_FAILED : status;
}

static int usage(FILE *to, int status)
{
	fprintf(to, "usage: samrd [OPTIONS]\n\n"
		"Configures samr.ko by " CONFIG_FILE ", decides who is fenced and\n"
		"does it, and starts the cluster. See samrd(8), samr.conf(5).\n\n"
		"  -c, --config FILE  another configuration\n"
		"  -k, --check        only see whether it is right\n"
		"  -f, --foreground   messages to standard error, not the journal\n"
		"  -V, --version      -h, --help\n");
	return status;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "check", no_argument, NULL, 'k' },
		{ "foreground", no_argument, NULL, 'f' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	static struct samrd d = { .path = CONFIG_FILE };
	bool check = false, foreground = false;
	int c;

	while ((c = getopt_long(argc, argv, "c:kfVh", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			d.path = optarg;
			break;
		case 'k':
			check = true;
			break;
		case 'f':
			foreground = true;
			break;
		case 'V':
			printf("samrd %s\n", SAMR_VERSION);
			return END_WELL;
		case 'h':
			return usage(stdout, END_WELL);
		default:
			return usage(stderr, END_USAGE);
		}
	}
	if (argv[optind])
		return usage(stderr, END_USAGE);
	log_start(foreground || check ? NULL : LOG_JOURNAL);
	d.config = config_load(d.path, NULL, on_message, NULL);
	if (!d.config)
		return END_CONFIG;
	if (!check)
		return run(&d);
	config_free(d.config);
	return END_WELL;
}
