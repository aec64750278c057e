// SPDX-License-Identifier: GPL-2.0
/* What DRBD says, which head a service belongs on, what is run, and whose power is cut. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cmocka.h>

#include "roles/drbd.h"
#include "roles/peers.h"
#include "roles/role.h"

/* ---- DRBD ---- */

static struct drbd_state drbd;

static void take(const char *text)
{
	char line[DRBD_LINE_MAX];
	size_t n;

	for (; *text; text += n + (text[n] == '\n')) {
		n = strcspn(text, "\n");
		snprintf(line, sizeof(line), "%.*s", (int)n, text);
		drbd_take(&drbd, line);
	}
}

/* As drbdsetup 9.22 prints it of DRBD 8.4. */
#define ENDS	"peer-node-id:0 conn-name:peer"
#define DUMP	"exists resource name:r0 role:Secondary suspended:no\n" \
		"exists connection name:r0 " ENDS \
		" connection:Connected role:Secondary\n" \
		"exists device name:r0 volume:0 minor:0 disk:UpToDate\n" \
		"exists peer-device name:r0 " ENDS " volume:0 " \
		"replication:Established peer-disk:UpToDate " \
		"resync-suspended:no\n" \
		"exists -\n"

static const struct drbd_resource *dump(void)
{
	drbd = (struct drbd_state){ };
	take(DUMP);
	return drbd_find(&drbd, "r0");
}

static void drbd_dump(void **state)
{
	const struct drbd_resource *r;

	(void)state;
	drbd = (struct drbd_state){ };
	take("exists resource name:r0 role:Secondary suspended:no");
	assert_false(drbd.known);
	r = dump();
	assert_true(drbd.known);
	assert_non_null(r);
	assert_true(r->connected && !r->primary && !r->peer_primary &&
		    !r->suspended);
	assert_true(drbd_usable(r));
	assert_false(drbd_peer_outdated(r));
	assert_null(drbd_find(&drbd, "r"));
	assert_null(drbd_find(&drbd, "r00"));
}

static void drbd_changes(void **state)
{
	const struct drbd_resource *r = dump();

	(void)state;
	take("change resource name:r0 role:Primary suspended:fencing");
	assert_true(r->primary && r->suspended);
	take("call helper name:r0 " ENDS " helper:fence-peer\n"
	     "response helper name:r0 " ENDS " helper:fence-peer status:1792\n");
	take("change resource name:r0 suspended:no");
	assert_true(r->primary && !r->suspended);
	take("change connection name:r0 " ENDS " role:Primary");
	assert_true(r->connected && r->peer_primary);
	take("change connection name:r0 " ENDS " connection:NetworkFailure "
	     "role:Unknown");
	assert_true(!r->connected && !r->peer_primary);
	take("change peer-device name:r0 " ENDS " volume:0 peer-disk:Outdated");
	assert_true(drbd_peer_outdated(r));
	take("change connection name:r0 " ENDS " connection:Connected");
	take("destroy connection name:r0 " ENDS);
	assert_false(r->connected);
	take("destroy resource name:r0");
	assert_null(drbd_find(&drbd, "r0"));
	assert_true(drbd.known);
}

static void drbd_data(void **state)
{
	/* The first two are good enough. */
	static const char *const disks[] = {
		"UpToDate", "Consistent", "Diskless", "Attaching", "Failed",
		"Negotiating", "Inconsistent", "Outdated", "DUnknown", "Newer",
	};
	const struct drbd_resource *r = dump();
	char line[128];
	size_t i;

	(void)state;
	take("change connection name:r0 " ENDS " connection:Connecting");
	for (i = 0; i < sizeof(disks) / sizeof(*disks); i++) {
		snprintf(line, sizeof(line), "change device name:r0 volume:0 "
			 "minor:0 disk:%s", disks[i]);
		take(line);
		assert_int_equal(drbd_usable(r), i < 2);
	}
	/* Not whole, but the other head has all of it, and is there. */
	take("change connection name:r0 " ENDS " connection:Connected");
	assert_true(drbd_usable(r));
	take("exists device name:r0 volume:1 minor:1 disk:Inconsistent");
	assert_false(drbd_usable(r));
	take("destroy device name:r0 volume:1 minor:1");
	assert_true(drbd_usable(r));
	take("exists device name:r0 volume:16 minor:16 disk:UpToDate\n"
	     "change peer-device name:r0 " ENDS " volume:0 peer-disk:Outdated");
	assert_false(drbd_usable(r));
	/* One volume that cannot be followed is not forgotten for another one. */
	take("change device name:r0 volume:0 minor:0 disk:UpToDate");
	assert_false(drbd_usable(r));
	assert_false(drbd_peer_outdated(r));
}

static void drbd_nonsense(void **state)
{
	char line[] = "exists";
	unsigned int i;

	(void)state;
	drbd = (struct drbd_state){ };
	drbd_take(&drbd, line);
	take("\n \nexists resource\nchange device volume:0 disk:UpToDate\n"
	     "exists resource name:\nexists device name:r0 volume:x disk:\n"
	     "destroy device name:r9 volume:0\nexists connection name:r0\n"
	     "exists resource name:0123456789012345678901234567890123456789012"
	     "345678901234567890123456789\n");
	assert_false(drbd.known);
	for (i = 0; i < 3 * DRBD_RESOURCES_MAX; i++) {
		char many[64];

		snprintf(many, sizeof(many), "exists resource name:many%u", i);
		take(many);
	}
	assert_int_equal(drbd.count, DRBD_RESOURCES_MAX);
}

/* ---- following ---- */

static char program[] = "/tmp/samr-drbdsetup-XXXXXX";
static unsigned int told;

static void count(void *data)
{
	(void)data;
	told++;
}

/* A drbdsetup that is played: it says what it should, in pieces, and ends. */
static void followed(void **state)
{
	struct drbd *d;
	sd_event *event;
	sigset_t set;
	bool knew = false, forgot = false;
	int fd = mkstemp(program), i;

	(void)state;
	assert_true(fd >= 0);
	assert_true(dprintf(fd, "#!/bin/sh\nprintf '%%s' 'exists resource na'\n"
			    "sleep 0.1\necho 'me:r0 role:Primary'\n"
			    "echo 'exists -'\nsleep 0.3\n") > 0);
	fchmod(fd, 0700);
	close(fd);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	assert_true(sd_event_new(&event) >= 0);
	assert_int_equal(drbd_follow(&d, event, program, count, NULL), 0);
	for (i = 0; i < 300 && !(knew && forgot); i++) {
		sd_event_run(event, 10000);
		knew |= drbd_look(d)->known && drbd_find(drbd_look(d), "r0");
		forgot |= knew && !drbd_look(d)->known;
	}
	assert_true(knew && forgot && told > 1);
	drbd_free(d);
	sd_event_unref(event);
	unlink(program);
}

/* ---- which head ---- */

static void elected(void **state)
{
	const uint32_t id[2] = { 2, 3 };
	struct kernel_view v = { .epoch = 5, .count = 4, .head = {
		{ .node = 1 }, { .node = 3, .learner = true },
		{ .node = 2 }, { .node = 4 } } };

	(void)state;
	assert_int_equal(role_elected(&v, id), 2);
	v.head[1].learner = false;
	assert_int_equal(role_elected(&v, id), 3);
	v.head[1].witness = true;
	assert_int_equal(role_elected(&v, id), 2);
	v.count = 1;
	assert_int_equal(role_elected(&v, id), 0);
	v.count = 0;
	assert_int_equal(role_elected(&v, id), 0);
}

/* ---- what is run ---- */

static void assert_words(const struct role_step *s, const char *want)
{
	char text[1024] = "";
	size_t i;

	for (i = 0; s->argv[i]; i++) {
		const char *word = s->argv[i], *slash = strrchr(word, '/');

		/* Where a program is differs; that it was found does not. */
		if (!strncmp(word, "/usr/", 5) || !strncmp(word, "/bin", 4) ||
		    !strncmp(word, "/sbin", 5))
			word = slash + 1;
		strcat(strcat(text, i ? " " : ""), word);
	}
	assert_string_equal(text, want);
}

/* Programs that every machine has stand for those that only some have. */
static void steps(void **state)
{
	struct config_service s = {
		.name = "db", .role = { .name = "active-standby",
		.resource = "r0", .mount = "/srv/a b", .program = "/usr/bin/env",
		.start_ms = 1500, .stop_ms = 2500 } };
	struct role_step step[STANDBY_RUNS];
	const char *missing;
	char *adm = role_program("drbdadm");

	(void)state;
	missing = role_steps(&s, step, false);
	if (!adm) {
		assert_string_equal(missing, "drbdadm");
		role_steps_free(step);
		return;
	}
	free(adm);
	assert_null(missing);
	assert_words(&step[STANDBY_PRIMARY], "drbdadm primary r0");
	assert_words(&step[STANDBY_MOUNT], "mount /dev/drbd/by-res/r0/0 /srv/a b");
	assert_words(&step[STANDBY_START], "env start");
	assert_words(&step[STANDBY_STOP], "env stop");
	assert_words(&step[STANDBY_UMOUNT], "umount /srv/a b");
	assert_words(&step[STANDBY_SECONDARY], "drbdadm secondary r0");
	role_steps_free(step);
	s.role.program = NULL;
	s.role.mount = NULL;
	assert_null(role_steps(&s, step, false));
	assert_null(step[STANDBY_MOUNT].argv[0]);
	assert_null(step[STANDBY_START].argv[0]);
	role_steps_free(step);
	s.role.mount = "/srv";
	s.role.fs_type = "xfs";
	s.role.mount_options = "ro,noatime";
	s.role.device = "/dev/drbd7";
	assert_null(role_steps(&s, step, false));
	assert_words(&step[STANDBY_MOUNT],
		     "mount -t xfs -o ro,noatime /dev/drbd7 /srv");
	role_steps_free(step);
}

static void steps_of_systemd(void **state)
{
	struct config_service s = {
		.name = "db", .unit = "db.service", .role = {
		.name = "active-standby", .resource = "r0", .start_ms = 1500,
		.stop_ms = 2500 } };
	char *run = role_program("systemd-run"), *adm = role_program("drbdadm");
	struct role_step step[STANDBY_RUNS];

	(void)state;
	if (run && adm) {
		assert_null(role_steps(&s, step, true));
		assert_words(&step[STANDBY_PRIMARY], "systemd-run --quiet "
			     "--collect --wait --pipe --unit=samr-db-primary "
			     "--property=RuntimeMaxSec=1500ms "
			     "--property=DefaultDependencies=no -- drbdadm "
			     "primary r0");
		assert_words(&step[STANDBY_START], "systemctl start db.service");
		assert_words(&step[STANDBY_STOP], "systemctl stop db.service");
		role_steps_free(step);
	}
	free(run);
	free(adm);
}

/* ---- whose power is cut ---- */

static void power(void **state)
{
	struct peers_facts good = { .wanted = true, .serving = true,
				    .carrier = true, .silent_ms = 1000,
				    .delay_ms = 1000 }, f = good;

	(void)state;
	assert_int_equal(peers_next(&f), PEERS_CUT);
	f.done = true;
	assert_int_equal(peers_next(&f), PEERS_LOOK);
#define NOT(change) (f = good, f.change, \
		     assert_int_equal(peers_next(&f), PEERS_NOTHING))
	NOT(wanted = false);
	NOT(dead = true);
	NOT(heard = true);
	NOT(in_view = true);
	NOT(serving = false);
	NOT(carrier = false);
	NOT(asked = true);
	NOT(silent_ms = 999);
}

/* ---- what is mounted ---- */

static char mounts[] = "/tmp/samr-mounts-XXXXXX";

static void put_list(const char *path, const char *source)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fprintf(f, "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/root rw\n"
		"60 22 147:0 / /srv/a\\040b rw shared:2 - ext4 /dev/drbd0 rw\n"
		"61 22 0:45 /sub /srv/tree rw,noatime - btrfs %s rw\n"
		"62 22 147:2 / /srv/long rw - ext4 /dev/drbd2 rw,", source);
	for (int i = 0; i < 9000; i++)
		fputc('x', f);
	fputs("\n63 22 147:3 / /srv/last rw - xfs /dev/drbd3 rw\n", f);
	fclose(f);
}

static void mounted(void **state)
{
	char list[64], source[64];

	(void)state;
	assert_non_null(mkdtemp(mounts));
	snprintf(list, sizeof(list), "%s/list", mounts);
	snprintf(source, sizeof(source), "%s/device", mounts);
	put_list(list, source);
	assert_true(role_is_mounted(list, makedev(147, 0), "/srv/a b"));
	assert_false(role_is_mounted(list, makedev(147, 1), "/srv/a b"));
	assert_false(role_is_mounted(list, makedev(147, 0), "/srv/a"));
	assert_true(role_is_mounted(list, makedev(147, 2), "/srv/long"));
	assert_true(role_is_mounted(list, makedev(147, 3), "/srv/last"));
	/* btrfs has numbers of its own: its device is known by name. */
	assert_false(role_is_mounted(list, makedev(147, 1), "/srv/tree"));
	if (!mknod(source, S_IFBLK | 0600, makedev(147, 1))) {
		assert_true(role_is_mounted(list, makedev(147, 1), "/srv/tree"));
		assert_false(role_is_mounted(list, makedev(147, 2), "/srv/tree"));
		unlink(source);
	}
	assert_false(role_is_mounted("/nonexistent", makedev(147, 0), "/"));
	unlink(list);
	rmdir(mounts);
}

static void is_folder(const char *typed, const char *folder)
{
	char *got = role_folder(typed);

	assert_string_equal(got, folder);
	free(got);
}

static void folders(void **state)
{
	char link[] = "/tmp/samr-link-XXXXXX";

	(void)state;
	assert_true(mkstemp(link) >= 0);
	unlink(link);
	assert_int_equal(symlink("/usr/share", link), 0);
	is_folder(link, "/usr/share");
	unlink(link);
	is_folder("/usr//share/", "/usr/share");
	is_folder("/nonexistent/db//", "/nonexistent/db");
	is_folder("/", "/");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(drbd_dump),
		cmocka_unit_test(drbd_changes),
		cmocka_unit_test(drbd_data),
		cmocka_unit_test(drbd_nonsense),
		cmocka_unit_test(followed),
		cmocka_unit_test(elected),
		cmocka_unit_test(steps),
		cmocka_unit_test(steps_of_systemd),
		cmocka_unit_test(power),
		cmocka_unit_test(mounted),
		cmocka_unit_test(folders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
