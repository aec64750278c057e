// SPDX-License-Identifier: GPL-2.0
/* Each thing that can be wrong with a configuration, and what is made of a good one. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/config.h"

#define EXAMPLE	"userspace/samrd/samr.conf.example"

static char folder[] = "/tmp/samr-config-XXXXXX";

/**
 * struct said - messages
 * %text: all, a line each
 * %errors: of them
 */
struct said {
	char text[8192];
	unsigned int errors;
	unsigned int warnings;
};

static void listen(bool error, const char *message, void *data)
{
	struct said *s = data;
	size_t len = strlen(s->text);

	snprintf(s->text + len, sizeof(s->text) - len, "%s\n", message);
	if (error)
		s->errors++;
	else
		s->warnings++;
}

static const char *in_folder(const char *name)
{
	static char path[4][128];
	static int turn;

	turn = (turn + 1) % 4;
	snprintf(path[turn], sizeof(path[turn]), "%s/%s", folder, name);
	return path[turn];
}

static void write_file(const char *name, const char *text, size_t len, int mode)
{
	FILE *f = fopen(in_folder(name), "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(in_folder(name), mode), 0);
}

/* "%" stands for the folder of this test. */
static struct config *load(const char *text, struct said *s)
{
	char *full = calloc(1, 2 * strlen(text) + 4096), *to = full;

	for (; *text; text++)
		if (*text == '%')
			to = stpcpy(to, folder);
		else
			*to++ = *text;
	*s = (struct said){ };
	write_file("samr.conf", full, strlen(full), 0644);
	free(full);
	return config_load(in_folder("samr.conf"), "alpha", listen, s);
}

#define CLUSTER	"cluster \"demo\" {\n\tid = 7\n}\n"
#define LINK	"link \"a\" { device = \"eth0\" }\n"
#define NODES	"node \"alpha\" { id = 1 }\nnode \"beta\" { id = 2 }\n" \
		"node \"gamma\" { id = 3 }\n"
#define PAIR	"node \"alpha\" { id = 1 }\nnode \"beta\" {\n id = 2\n"
#define ALL	CLUSTER LINK NODES
#define ROLE	"role = active-standby"

/**
 * struct fault - a file and what must be said of it
 * %text: the file
 * %message: the only error, but for the name of the file; a part of it
 */
struct fault {
	const char *text;
	const char *message;
};

static const struct fault faults[] = {
	/* The form. */
	{ ALL "frobnicate = 3\n", ":8: 'frobnicate' is not known in the file; "
	  "allowed: cluster, link, node" },
	{ "cluster \"demo\" {\n\tid = 7\n\tpolcy = fence\n}\n",
	  ":3: 'polcy' is not known in cluster demo; did you mean policy; "
	  "allowed: id, this-node" },
	{ "cluster \"demo\" {\n id = 7\n", ": the file ends inside of cluster "
	  "demo: a '}' is missing" },
	{ ALL "node \"delta\" { host = \"x\n", ": the file ends inside of" },
	{ "cluster \"demo\" {\n id 7\n}\n", ":2: missing equal sign after "
	  "option 'id'; allowed: KEY = VALUE" },
	{ "cluster {\n id = 7\n}\n", ":1: missing title for section 'cluster'" },
	{ "# one\n/* two\n three */ // four\ncluster \"demo\" { # five\n"
	  "id = 0\n}", ":5: cluster \"demo\": id '0' is out of range; allowed: "
	  "1 to 4294967295" },
	{ CLUSTER CLUSTER, "found duplicate title 'demo'" },
	{ ALL "cluster \"other\" { id = 8 }\n", ":8: a second section 'cluster'; "
	  "one is allowed" },
	{ ALL "hooks { }\nhooks { }\n", ":9: a second section 'hooks'" },
	{ "cluster \"demo\" {\n id = 7\n id = 8\n}\n", ":3: 'id' is there twice, "
	  "first in line 2; once is allowed" },
	/* Values. */
	{ "cluster \"7up\" { id = 7 }\n", ":1: cluster: '7up' is no name; "
	  "allowed: a letter, and up to 30 more" },
	{ "cluster \"demo\" { id = seven }\n", "id 'seven' is no number; "
	  "allowed: 1 to 4294967295" },
	{ "cluster \"demo\" { id = 4294967296 }\n", "id '4294967296' is out of "
	  "range" },
	{ "cluster \"demo\" { id = -1 }\n", "id '-1' is no number" },
	{ "cluster \"demo\" { }\n", ":1: cluster \"demo\" has no id; allowed: 1 "
	  "to 4294967295" },
	{ "cluster \"demo\" { id = 7\n policy = fences }\n", ":2: cluster "
	  "\"demo\": policy 'fences' is not known; allowed: auto, majority or "
	  "fence" },
	{ "cluster \"demo\" { id = 7\n beat = 20 }\n", "beat '20' has no unit; "
	  "allowed: 2ms to 10s, with its unit" },
	{ "cluster \"demo\" { id = 7\n beat = fast }\n", "beat 'fast' is no "
	  "number with a unit" },
	{ "cluster \"demo\" { id = 7\n beat = 20sec }\n", "beat '20sec' has a "
	  "unit that is not known" },
	{ "cluster \"demo\" { id = 7\n beat = 1ms }\n", "beat '1ms' is out of "
	  "range; allowed: 2ms to 10s" },
	{ "cluster \"demo\" { id = 7\n beat = 99999999999999999min }\n",
	  "is out of range; allowed: 2ms to 10s" },
	{ "cluster \"demo\" { id = 7\n history-bytes = 2G }\n",
	  "history-bytes '2G' is out of range; allowed: 2M to 1G" },
	{ "cluster \"demo\" { id = 7\n key-file = \"/etc/k\" }\n",
	  "key-file '/etc/k' cannot be had; allowed: frames are not signed" },
	{ CLUSTER "link \"a\" { device = \"eth0/1\" }\n" NODES, "device 'eth0/1' "
	  "is no name of a device; allowed: the name of a network device" },
	{ CLUSTER "link \"a\" { kind = tcp }\n", "kind 'tcp' is not known; "
	  "allowed: eth, udp or rdma" },
	{ CLUSTER "link \"a\" { kind = udp\n device = \"eth0\"\n port = 0 }\n" NODES,
	  "port '0' is out of range; allowed: 1 to 65535" },
	{ CLUSTER "link \"a\" { kind = udp\n device = \"eth0\"\n group = \"10.0.0.1\" }\n"
	  NODES, "group '10.0.0.1' is no multicast address" },
	{ CLUSTER "link \"a\" { kind = udp\n device = \"eth0\"\n group = \"here\" }\n"
	  NODES, "group 'here' is no IP address" },
	{ CLUSTER "link \"a\" { device = \"eth0\"\n ttl = 3 }\n" NODES,
	  "link \"a\": ttl needs kind = udp" },
	{ CLUSTER "link \"a\" { kind = udp\n device = \"eth0\" }\n" NODES,
	  "node \"alpha\" has no address on link \"a\", which is of kind udp" },
	{ CLUSTER "link \"a\" { kind = rdma\n device = \"eth0\" }\n" NODES,
	  "node \"alpha\" has no address on link \"a\", which is of kind rdma" },
	{ CLUSTER "link \"a\" { kind = rdma\n device = \"eth0\"\n ttl = 2 }\n" NODES,
	  "link \"a\": ttl needs kind = udp" },
	{ CLUSTER "link \"a\" { kind = udp\n device = \"eth0\" }\n" "node \"a\" { id = 1\n"
	  " link \"a\" { address = \"02:53:4d:00:00:01\" } }", "needed: an IP address" },
	{ CLUSTER LINK "node \"a\" { id = 1\n link \"a\" { address = \"10.0.0.1\" } }",
	  "needed: a MAC address" },
	{ CLUSTER LINK "node \"a\" { id = 1\n link \"a\" { address = \"239.0.0.1\" } }",
	  "is an address of many" },
	{ CLUSTER "link \"a\" { kind = udp\n device = \"eth0\"\n group = \"ff05::1\" }\n"
	  "node \"a\" { id = 1\n link \"a\" { address = \"10.0.0.1\" } }",
	  "different versions of IP" },
	{ CLUSTER LINK "node \"alpha\" { id = 64 }\n", "id '64' is out of range; "
	  "allowed: 1 to 63" },
	{ CLUSTER LINK "node \"alpha\" { id = 1\n host = \"\" }\n", "host '' is "
	  "empty; allowed: 1 to 255 bytes" },
	{ CLUSTER LINK "node \"alpha\" { id = 1\n witness = maybe }\n",
	  "witness 'maybe' is not known; allowed: no or yes" },
	{ CLUSTER LINK "node \"a\" { id = 1\n link \"a\" { address = \"2:3\" } }",
	  "address '2:3' is no address; allowed: the address of one device" },
	{ CLUSTER LINK "node \"a\" { id = 1\n link \"a\" { address = "
	  "\"-2:53:4d:00:00:01\" } }", "is no address" },
	{ CLUSTER LINK "node \"a\" { id = 1\n link \"a\" { address = "
	  "\"01:53:4d:00:00:01\" } }", "is an address of many" },
	{ ALL "service \"db\" { id = 1\n user = \"no-such-user\" }\n", "user "
	  "'no-such-user' is not in /etc/passwd; allowed: the name or "
	  "number of a user" },
	{ ALL "service \"db\" { id = 1\n group = \"no-such-group\" }\n", "group "
	  "'no-such-group' is not in /etc/group" },
	{ ALL "service \"db\" { id = 1\n user = 4294967295 }\n", "user "
	  "'4294967295' is out of range" },
	{ ALL "daemon { state-dir = \"lib\" }\n", "state-dir 'lib' does not begin "
	  "with /; allowed: a path that begins with /" },
	{ ALL "hooks { on-view = \"%/gone\" }\n", "gone' is not there" },
	{ ALL "hooks { on-view = \"true\" }\n", "does not begin with /" },
	{ ALL "hooks { on-view = \"%/text\" }\n", "is no program; allowed: the "
	  "path" },
	{ ALL "hooks { on-view = \"%/open\" }\n", "open' can be written by "
	  "others" },
	{ CLUSTER LINK PAIR " fence \"f\" { kind = ipmi\n address = \"x\"\n"
	  "password-file = \"%/shown\" } }\n", "password-file '" },
	{ CLUSTER LINK PAIR " fence \"f\" { kind = ipmi\n address = \"x\"\n"
	  "password-file = \"%/shown\" } }\n", "shown' can be read or written by "
	  "others; allowed: a file of root" },
	{ CLUSTER LINK PAIR " fence \"f\" { kind = ipmi\n address = \"x\"\n"
	  "password-file = \"%/gone\" } }\n", "gone' is not there" },
	{ CLUSTER LINK PAIR " fence \"f\" { kind = ipmi\n address = \"x\"\n"
	  "password-file = \"%\" } }\n", "is no file; allowed" },
	{ CLUSTER LINK PAIR " fence \"f\" { kind = agent\n program = \"%/run\"\n"
	  "options = { \"ip\" } } }\n", "options 'ip' is not KEY=VALUE; allowed: a "
	  "list of \"KEY=VALUE\"" },
	{ CLUSTER LINK PAIR " fence \"f\" { kind = agent\n program = \"%/run\"\n"
	  "options = { \"passwd=x\" } } }\n", "'passwd=x' is not to be set here" },
	{ CLUSTER LINK PAIR " fence \"f\" { kind = agent\n program = \"%/run\"\n"
	  "options = { \"action=on\" } } }\n", "'action=on' is not to be set" },
	{ CLUSTER LINK PAIR " fence \"f\" { kind = ipmi\n workarounds = { \"a b\" "
	  "} } }\n", "workarounds 'a b' is no word; allowed: a list of words" },
	/* What must agree. */
	{ LINK NODES, ": there is no section 'cluster'; needed: cluster" },
	{ CLUSTER NODES, ": there is no section 'link'; needed: link" },
	{ CLUSTER LINK, ": there is no section 'node'; needed: node" },
	{ "cluster \"demo\" { id = 7\n dead = 50ms }\n" LINK NODES, ":2: cluster: "
	  "dead is less than 3 times beat; allowed: at least 60ms" },
	{ "cluster \"demo\" { id = 7\n history = 100 }\n" LINK NODES, ":2: "
	  "cluster: history 100 is no power of two" },
	{ "cluster \"demo\" { id = 7\n submits = 100 }\n" LINK NODES, ":2: "
	  "cluster: submits 100 is no power of two" },
	{ CLUSTER LINK NODES "node \"delta\" {\n id = 3 }\n", ":9: node \"delta\" "
	  "has the id 3 of node \"gamma\"; each needs its own" },
	{ CLUSTER LINK NODES "node \"alpha\" { id = 4 }\n", "found duplicate "
	  "title 'alpha'" },
	{ CLUSTER LINK "node \"beta\" { id = 1 }\n", ":3: this machine is called "
	  "'alpha', and no node is; needed: host = \"alpha\" in one of \"beta\"" },
	{ "cluster \"demo\" { id = 7\n this-node = \"x\" }\n" LINK NODES, ":2: "
	  "cluster: there is no node \"x\"; allowed: \"alpha\", \"beta\"" },
	{ ALL "node \"delta\" { id = 4 host = \"alpha\" }\n", "2 nodes are called "
	  "'alpha'; allowed is one" },
	{ ALL "node \"w\" { id = 4 witness = yes }\nnode \"x\" { id = 5 witness = "
	  "yes }\n", "2 nodes are witnesses; allowed is one" },
	{ CLUSTER LINK "node \"alpha\" { id = 4 witness = yes }\n", "no node but "
	  "the witness; needed: at least one head" },
	{ "cluster \"demo\" { id = 7\n policy = fence }\n" LINK
	  PAIR "}\nnode \"w\" { id = 4 witness = yes }\n", ":2: cluster: policy "
	  "fence does not go with a witness" },
	{ CLUSTER LINK "node \"alpha\" { id = 1 preferred = yes }\nnode \"b\" { "
	  "id = 2\n preferred = yes }\nnode \"c\" { id = 3 }\n", ":7: node \"b\" "
	  "is preferred, and so is \"alpha\"; allowed is one" },
	{ CLUSTER LINK PAIR "}\nnode \"w\" { id = 4 witness = yes preferred = yes "
	  "}\n", "the witness, which fences nobody: it cannot be preferred" },
	{ CLUSTER "link \"a\" { }\n" NODES "", ":5: node \"alpha\" has no device "
	  "on link \"a\"; needed" },
	{ ALL "link \"b\" { device = \"eth0\" }\n", "node \"alpha\" has the "
	  "device eth0 on the links \"a\" and \"b\"; each needs its own" },
	{ CLUSTER LINK "node \"alpha\" { id = 1\n link \"b\" { } }\n", "node "
	  "\"alpha\": there is no link \"b\"; allowed are those" },
	{ CLUSTER LINK "node \"alpha\" { id = 1 link \"a\" { address = "
	  "\"02:00:00:00:00:01\" } }\nnode \"b\" { id = 2 link \"a\" { address = "
	  "\"02:00:00:00:00:01\" } }\nnode \"c\" { id = 3 }\n", "node \"b\" has "
	  "the address of node \"alpha\" on link \"a\"" },
	{ ALL "service \"db\" { id = 1 }\nservice \"web\" {\n id = 1 }\n", ":10: "
	  "service \"web\" has the id 1 of service \"db\"; each needs its own" },
	{ ALL "service \"db\" { id = 1 timeout = 50ms }\n", "timeout is less than "
	  "100ms; allowed: 100ms to 24h" },
	{ ALL "service \"db\" { id = 1 unit = \"db\" }\n", "unit 'db' is none; "
	  "allowed: the name of a unit of systemd" },
	{ ALL "service \"db\" { id = 1 on-exit = leave }\n", "on-exit never "
	  "happens without a timeout or a unit; needed: timeout" },
	{ ALL "service \"db\" { id = 1 timeout = 1s on-exit = restart }\n",
	  "there is nothing to restart; needed: unit" },
	{ ALL "service \"db\" { id = 1 timeout = 1s on-exit = self-fence }\n",
	  "can only reset itself by its watchdog; needed: a section watchdog" },
	{ ALL "watchdog { timeout = 10s }\n", "watchdog has no device; needed: "
	  "device = \"/dev/watchdog\"" },
	/* Roles. */
	{ ALL "service \"db\" { id = 1\n mount = \"/srv\" }\n", ":9: service "
	  "\"db\": mount needs role = \"active-standby\"" },
	{ ALL "service \"db\" { id = 1 role = both }\n", "role 'both' is not "
	  "known; allowed: active-standby" },
	{ ALL "service \"db\" { id = 1 " ROLE " nodes = { alpha, beta } }\n",
	  "service \"db\" has no resource; needed: the DRBD resource" },
	{ ALL "service \"db\" { id = 1 " ROLE " nodes = { alpha, beta } resource "
	  "= \"-r\" }\n", "resource '-r' is none; allowed: letters" },
	{ ALL "service \"db\" { id = 1 " ROLE " resource = r0 }\n", "its data "
	  "are on two heads; needed: nodes = { \"NAME\", \"NAME\" }" },
	{ ALL "service \"db\" { id = 1 " ROLE " resource = r0\n nodes = { alpha, "
	  "delta } }\n", ":9: service \"db\": its data are on two heads" },
	{ CLUSTER LINK NODES "node \"w\" { id = 4 witness = yes }\nservice \"db\""
	  " { id = 1 " ROLE " resource = r0 nodes = { alpha, w } }\n",
	  "needed: nodes = { \"NAME\", \"NAME\" }, without the witness" },
	{ CLUSTER LINK PAIR "}\nservice \"db\" { id = 1 " ROLE " resource = r0 "
	  "unit = \"db.service\" program = \"%/run\" }\n", "service \"db\" has "
	  "a unit and a program; allowed is one of them" },
	{ CLUSTER LINK PAIR "}\nservice \"db\" { id = 1 " ROLE " resource = r0 "
	  "fs-type = ext4 }\n", "fs-type and mount-options need mount" },
	{ ALL "service \"db\" { id = 1\n role = active-standby\n resource = r0\n "
	  "nodes = { alpha, beta } mount = \"/home/db\" }\n", "mount '/home/db' "
	  "is in a folder that samrd.service hides from samrd" },
	/* Fences. */
	{ CLUSTER LINK PAIR " fence \"f\" { }\n}\nnode \"c\" { id = 3 }\n", "fence "
	  "\"f\" has no kind; allowed: ipmi, agent, watchdog or manual" },
	{ CLUSTER LINK PAIR " fence \"f\" { kind = ipmi\n password-file = "
	  "\"%/secret\" } }\n", "fence \"f\" has no address; needed: where the "
	  "BMC is" },
	{ CLUSTER LINK PAIR " fence \"f\" { kind = ipmi\n address = \"x\" } }\n",
	  "fence \"f\" has no password-file; needed: a file with the password" },
	{ CLUSTER LINK PAIR " fence \"f\" { kind = agent } }\n", "fence \"f\" has "
	  "no program; needed: the path of a fence agent" },
	{ CLUSTER LINK PAIR " fence \"f\" {\n kind = manual\n user = \"x\" } }\n",
	  ":10: fence \"f\": user does not go with the kind manual: leave it out" },
	{ ALL "node \"d\" { id = 4 fence \"f\" { kind = watchdog } }\n", "fence "
	  "\"f\" waits for a watchdog, and no head has one; needed: a section "
	  "watchdog" },
	{ CLUSTER LINK "watchdog { device = \"/dev/watchdog\" }\n" PAIR
	  " fence \"f\" { kind = watchdog } }\n", "node \"beta\" has only its "
	  "watchdog as a fence, and the policy is fence" },
};

static void each_fault(void **state)
{
	struct config *c;
	struct said s;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
		c = load(faults[i].text, &s);
		if (c || s.errors < 1 || !strstr(s.text, faults[i].message))
			fail_msg("%s\nwanted: %s\nsaid: %s", faults[i].text,
				 faults[i].message, s.text);
	}
}

/* All that is wrong with values is told at once. */
static void many_faults(void **state)
{
	struct said s;

	(void)state;
	assert_null(load("cluster \"demo\" { id = 0 beat = 1 }\n" LINK
			 "node \"alpha\" { id = 99 }\n", &s));
	assert_int_equal(s.errors, 3);
	/* So is what does not fit, where the values that it needs are right. */
	assert_null(load("cluster \"demo\" { id = 7 beat = 20ms dead = 21ms }\n"
			 LINK "node \"gamma\" {\n id = 2\n fence \"f\" {\n "
			 "kind = ipmi\n address = \"x\"\n password-file = "
			 "\"%/gone\"\n }\n}\nservice \"db\" { id = x }\n", &s));
	assert_non_null(strstr(s.text, "dead is less than 3 times beat"));
	assert_non_null(strstr(s.text, "gone' is not there"));
	assert_non_null(strstr(s.text, "and no node is; needed: host"));
	assert_non_null(strstr(s.text, "service \"db\": id 'x'"));
	assert_int_equal(s.errors, 4);
	/* What is known, but cannot be had, is not offered. */
	assert_null(load("cluster \"demo\" { id = 7 keyfile = x }\n", &s));
	assert_non_null(strstr(s.text, "'keyfile' is not known"));
	assert_null(strstr(s.text, "key-file"));
}

/* So are names that nobody knows, and what stands beside them. */
static void many_names(void **state)
{
	struct said s;

	(void)state;
	assert_null(load("cluster \"demo\" {\n id = 7\n polcy = fence\n"
			 " beat = 1\n baet = { \"}\", 1 }\n}\n"
			 "lnik \"a\" { device = \"{\" x { y = 1 } }\n"
			 "node \"alpha\" { id = 99 idd=1 idd = 2 }\n", &s));
	assert_non_null(strstr(s.text, ":3: 'polcy' is not known in cluster "
			       "demo; did you mean policy"));
	assert_non_null(strstr(s.text, ":5: 'baet' is not known in cluster "
			       "demo; did you mean beat"));
	assert_non_null(strstr(s.text, ":7: 'lnik' is not known in the file; "
			       "did you mean link"));
	assert_non_null(strstr(s.text, ":8: 'idd' is not known in node alpha"));
	assert_non_null(strstr(s.text, ":4: cluster \"demo\": beat '1'"));
	assert_non_null(strstr(s.text, ":8: node \"alpha\": id '99'"));
	assert_int_equal(s.errors, 7);
	/* What lacks is not told, as it may be there by another name. */
	assert_null(load("cluster \"demo\" { ide = 7 }\n", &s));
	assert_int_equal(s.errors, 1);
	assert_null(load("clutser \"demo\" { id = 7 }\n" LINK NODES, &s));
	assert_int_equal(s.errors, 1);
	/* A value is no name, and a name within quotes is one, but passed over it is not. */
	assert_null(load(ALL "service \"db\" { timeout = idd idd = 5 }\n", &s));
	assert_non_null(strstr(s.text, "service \"db\": timeout 'idd'"));
	assert_int_equal(s.errors, 2);
	assert_null(load(ALL "\"frob\" = 1\n", &s));
	assert_int_equal(s.errors, 1);
	/* The form behind one: this is told, and the end of it. */
	assert_null(load(ALL "frob = 1\nservice \"db\" { id 5 }\nmore = 1\n",
			 &s));
	assert_non_null(strstr(s.text, ":8: 'frob' is not known"));
	assert_non_null(strstr(s.text, ":9: missing equal sign"));
	assert_int_equal(s.errors, 2);
	assert_null(load(ALL "frob = 1\nservice \"db\" { id = 5 \n", &s));
	assert_non_null(strstr(s.text, "the file ends inside of"));
	assert_int_equal(s.errors, 2);
	/* Keys that are there twice are told once, and only so many names. */
	assert_null(load("cluster \"demo\" { id = 7\n id = 7\n id = 7\n"
			 "a = 1 b = 1 }\n", &s));
	assert_non_null(strstr(s.text, ":2: 'id' is there twice, first in line "
			       "1;"));
	assert_non_null(strstr(s.text, ":3: 'id' is there twice, first in line "
			       "1;"));
	assert_int_equal(s.errors, 4);
	assert_null(load("a=1 b=1 c=1 d=1 e=1 f=1 g=1 h=1 i=1 j=1 k=1 l=1 m=1 "
			 "n=1 o=1 p=1 q=1 r=1 s=1 t=1 u=1 v=1 w=1\n", &s));
	assert_int_equal(s.errors, 20);
}

static void files(void **state)
{
	struct said s = { };

	(void)state;
	assert_null(config_load(in_folder("gone"), NULL, listen, &s));
	assert_non_null(strstr(s.text, "gone: cannot be opened: No such file"));
	s = (struct said){ };
	assert_null(config_load(folder, NULL, listen, &s));
	assert_non_null(strstr(s.text, "is no file of at most 1 MiB"));
	s = (struct said){ };
	write_file("zero", "cluster\0", 8, 0644);
	assert_null(config_load(in_folder("zero"), NULL, listen, &s));
	assert_non_null(strstr(s.text, "has a zero byte in it"));
	s = (struct said){ };
	write_file("open.conf", ALL, strlen(ALL), 0666);
	assert_null(config_load(in_folder("open.conf"), NULL, listen, &s));
	assert_non_null(strstr(s.text, "can be written by others"));
	/* Whoever owns it could write what root runs. */
	s = (struct said){ };
	write_file("other.conf", ALL, strlen(ALL), 0644);
	if (!geteuid()) {
		assert_int_equal(chown(in_folder("other.conf"), 65534, 0), 0);
		assert_null(config_load(in_folder("other.conf"), NULL, listen,
					&s));
		assert_non_null(strstr(s.text, "belongs to another user"));
	}
	s = (struct said){ };
	write_file("many.conf", ALL, strlen(ALL), 0644);
	assert_null(config_load(in_folder("many.conf"), "elsewhere", listen, &s));
	assert_non_null(strstr(s.text, "this machine is called 'elsewhere'"));
}

static void roles(void **state)
{
	const struct config_service *sv;
	struct config *c;
	struct said s;
	uint32_t id[2];

	(void)state;
	c = load(CLUSTER LINK PAIR "}\nnode \"w\" { id = 4 witness = yes }\n"
		 "service \"db\" { id = 1 " ROLE " resource = r0 }\n"
		 "service \"web\" { id = 2 }\n", &s);
	assert_non_null(c);
	sv = &c->service[0];
	assert_string_equal(sv->role.resource, "r0");
	assert_int_equal(sv->role.start_ms, 60000);
	assert_true(config_role_nodes(c, sv, id));
	assert_int_equal(id[0], 1);
	assert_int_equal(id[1], 2);
	assert_null(c->service[1].role.name);
	config_free(c);
	c = load(ALL "service \"db\" { id = 1 " ROLE " resource = r0 nodes = { "
		 "gamma, alpha } mount = \"/srv\" stop-timeout = 5s }\n", &s);
	assert_non_null(c);
	assert_true(config_role_nodes(c, &c->service[0], id));
	assert_int_equal(id[0], 1);
	assert_int_equal(id[1], 3);
	assert_int_equal(c->service[0].role.stop_ms, 5000);
	config_free(c);
}

static void defaults(void **state)
{
	struct said s;
	struct config *c = load(ALL, &s);

	(void)state;
	assert_non_null(c);
	assert_string_equal(s.text, "");
	assert_string_equal(c->name, "demo");
	assert_int_equal(c->id, 7);
	assert_int_equal(c->policy, SAMR_VIEW_POLICY_MAJORITY);
	assert_int_equal(c->limits.beat_us, SAMR_BEAT_US_DEFAULT);
	assert_int_equal(c->limits.dead_us, SAMR_DEAD_US_DEFAULT);
	assert_int_equal(c->limits.stuck_us, SAMR_STUCK_US_DEFAULT);
	assert_int_equal(c->limits.reorder_us, SAMR_REORDER_US_DEFAULT);
	assert_int_equal(c->limits.ack_delay_us, SAMR_ACK_DELAY_US_DEFAULT);
	assert_int_equal(c->limits.history, SAMR_HISTORY_DEFAULT);
	assert_int_equal(c->limits.history_bytes, SAMR_HISTORY_BYTES_DEFAULT);
	assert_int_equal(c->limits.submits, SAMR_SUBMITS_DEFAULT);
	assert_int_equal(c->limits.submit_bytes, SAMR_SUBMIT_BYTES_DEFAULT);
	assert_int_equal(c->limits.ref_min, SAMR_REF_MIN_DEFAULT);
	assert_int_equal(c->fence_delay_ms, 1000);
	assert_int_equal(c->fence_delay_blocked_ms, 500);
	assert_int_equal(c->nodes, 3);
	assert_int_equal(c->self, 0);
	assert_int_equal(c->admin_gid, CONFIG_NONE);
	assert_int_equal(c->on_stop, CONFIG_STOP_LEAVE);
	assert_string_equal(c->state_dir, "/var/lib/samr");
	assert_string_equal(c->node[2].port[0].device, "eth0");
	assert_null(c->watchdog);
	config_free(c);
}

#define FULL "cluster \"demo\" { id = 7 beat = 50ms this-node = \"beta\" }\n" \
	"link \"a\" { device = \"eth0\" }\nlink \"b\" { }\n" \
	"node \"beta\" { id = 9 preferred = yes fence-action = reboot\n" \
	"  fence-order = together\n" \
	"  link \"b\" { device = \"eth1\" address = \"02:00:00:00:00:09\" }\n" \
	"  fence \"one\" { kind = ipmi address = \"h:624\" user = \"u\"\n" \
	"    password-file = \"%/secret\" timeout = 5s\n" \
	"    workarounds = { \"a\", \"b\" } allow-cipher-suite-3 = yes }\n" \
	"  fence \"two\" { kind = agent program = \"%/run\"\n" \
	"    options = { \"ip=1\", \"plug=2\" } } }\n" \
	"node \"alpha\" { id = 3 link \"b\" { device = \"eth2\" }\n" \
	"  fence \"m\" { kind = manual } }\n" \
	"service \"web\" { id = 44 user = root group = 12 timeout = 2s\n" \
	"  on-exit = restart unit = \"web.service\" }\nservice \"db\" { id = 4 }\n" \
	"hooks { on-alert = \"%/run\" deadline = 1s }\n" \
	"daemon { on-stop = stay admin-group = root }\n"

static void everything(void **state)
{
	struct said s;
	struct config *c = load(FULL, &s);
	const struct config_node *n;

	(void)state;
	if (!c)
		fail_msg("%s", s.text);
	assert_int_equal(c->policy, SAMR_VIEW_POLICY_FENCE);
	assert_int_equal(c->limits.dead_us, 250000);
	assert_int_equal(c->node[0].id, 3);
	assert_int_equal(c->self, 1);
	n = config_node(c, 9);
	assert_true(n->self && n->preferred && n->reboot && n->fence.together);
	assert_int_equal(n->fence.id, 9);
	assert_int_equal(n->fence.count, 2);
	assert_string_equal(n->port[1].device, "eth1");
	assert_int_equal(n->port[1].byte[5], 9);
	assert_int_equal(n->port[0].len, 0);
	assert_string_equal(n->fence.device[0].name, "one");
	assert_string_equal(n->fence.device[0].ipmi.workarounds, "a,b");
	assert_true(n->fence.device[0].ipmi.suite_3);
	assert_string_equal(n->fence.device[0].ipmi.privilege, "operator");
	assert_int_equal(n->fence.device[0].timeout_ms, 5000);
	assert_int_equal(n->fence.device[1].agent.count, 2);
	assert_string_equal(n->fence.device[1].agent.options[1], "plug=2");
	assert_null(config_node(c, 1));
	assert_int_equal(c->service[0].id, 4);
	assert_int_equal(config_service(c, 44)->gid, 12);
	assert_int_equal(config_service(c, 44)->uid, 0);
	assert_int_equal(config_service(c, 44)->on_exit, CONFIG_EXIT_RESTART);
	assert_int_equal(config_service(c, 4)->uid, CONFIG_NONE);
	assert_int_equal(c->hooks.deadline_ms, 1000);
	assert_int_equal(c->on_stop, CONFIG_STOP_STAY);
	config_free(c);
}

static void witness(void **state)
{
	struct said s;
	struct config *c = load(CLUSTER LINK PAIR "}\nnode \"w\" { id = 5 "
				"witness = yes }\n", &s);

	(void)state;
	assert_non_null(c);
	assert_int_equal(c->policy, SAMR_VIEW_POLICY_MAJORITY);
	config_free(c);
}

static void no_fence_is_told(void **state)
{
	struct said s;
	struct config *c = load(CLUSTER LINK PAIR "}\n", &s);

	(void)state;
	assert_non_null(c);
	assert_int_equal(s.warnings, 2);
	assert_non_null(strstr(s.text, "node \"beta\" has no fence: when it "
			       "fails"));
	config_free(c);
}

/* ---- the example ---- */

static char *slurp(const char *path)
{
	static char text[16384];
	FILE *f = fopen(path, "r");
	size_t len;

	assert_non_null(f);
	len = fread(text, 1, sizeof(text) - 1, f);
	assert_true(len > 0 && len < sizeof(text) - 1);
	text[len] = 0;
	fclose(f);
	return text;
}

static void replace(char *text, const char *from, const char *to)
{
	char *at;

	while ((at = strstr(text, from))) {
		memmove(at + strlen(to), at + strlen(from),
			strlen(at + strlen(from)) + 1);
		memcpy(at, to, strlen(to));
	}
}

/* Only the passwords are missing here. */
static void example(void **state)
{
	struct config *c;
	struct said s;
	char *text = slurp(EXAMPLE);

	(void)state;
	replace(text, "/etc/samr/bmc-alpha", "%/secret");
	replace(text, "/etc/samr/bmc-beta", "%/secret");
	c = load(text, &s);
	if (!c || s.warnings)
		fail_msg("%s", s.text);
	config_free(c);
}

/* What the example shows commented out is right, too. */
static void example_all(void **state)
{
	struct config *c;
	struct said s;
	char *text = slurp(EXAMPLE), *line, *rest;

	(void)state;
	replace(text, "/etc/samr/bmc-alpha", "%/secret");
	replace(text, "/etc/samr/bmc-beta", "%/secret");
	replace(text, "\"/etc/samr/kg\"", "\"%/secret\"");
	replace(text, "\"/etc/samr/pdu\"", "\"%/secret\"");
	replace(text, "\"/etc/samr/on-view\"", "\"%/run\"");
	replace(text, "\"/etc/samr/on-fence\"", "\"%/run\"");
	replace(text, "\"/etc/samr/on-alert\"", "\"%/run\"");
	replace(text, "/usr/sbin/fence_apc_snmp", "%/run");
	replace(text, "= \"registry\"", "= root");
	replace(text, "#host = \"alpha.example.com\"", "");
	/* The nodes have addresses of kind eth. */
	replace(text, "#kind = udp", "#kind = eth");
	replace(text, "#port = 7374", "");
	replace(text, "#group = \"239.25.0.1\"", "");
	replace(text, "#ttl = 4", "");
	for (line = strtok_r(text, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest)) {
		line += strspn(line, "\t");
		if (*line == '#' && strchr("abcdefghijklmnopqrstuvwxyz}",
					   line[1 + strspn(line + 1, "\t")]))
			*line = ' ';
	}
	for (line = text; line < rest; line++)
		if (!*line)
			*line = '\n';
	c = load(text, &s);
	if (!c || s.warnings)
		fail_msg("%s", s.text);
	assert_int_equal(c->nodes, 3);
	assert_int_equal(c->node[1].fence.count, 2);
	assert_int_equal(c->watchdog_ms, 10000);
	config_free(c);
}

/* ---- differences ---- */

static void note(bool restart, const char *what, void *data)
{
	struct said *s = data;

	listen(restart, what, s);
}

static size_t diff(const char *from, const char *to, struct said *s)
{
	struct config *a, *b;
	size_t n;

	a = load(from, s);
	b = load(to, s);
	assert_true(a && b);
	*s = (struct said){ };
	n = config_diff(a, b, note, s);
	config_free(a);
	config_free(b);
	return n;
}

static void differences(void **state)
{
	struct said s;

	(void)state;
	assert_int_equal(diff(FULL, FULL, &s), 0);
	assert_string_equal(s.text, "");
	assert_int_equal(diff(ALL, ALL "service \"db\" { id = 5 }\n", &s), 0);
	assert_non_null(strstr(s.text, "service \"db\": id: 5, was none"));
	assert_int_equal(diff(ALL "service \"db\" { id = 5 timeout = 1s }\n",
			      ALL "service \"db\" { id = 5 timeout = 2s }\n",
			      &s), 0);
	assert_string_equal(s.text, "service \"db\": timeout: 2s, was 1s\n");
	assert_int_equal(diff(ALL "service \"db\" { id = 5 }\n", ALL, &s), 0);
	assert_non_null(strstr(s.text, "service \"db\": id: none, was 5"));
	assert_int_equal(diff(ALL, ALL "node \"d\" { id = 4 }\n", &s), 0);
	assert_non_null(strstr(s.text, "node \"d\": id: 4, was none"));
	assert_int_equal(diff(ALL, "cluster \"demo\" { id = 8 }\n" LINK NODES,
			      &s), 1);
	assert_string_equal(s.text, "cluster: id: 8, was 7\n");
	assert_int_equal(diff(ALL, "cluster \"other\" { id = 7 }\n" LINK NODES,
			      &s), 1);
	assert_int_equal(diff(ALL, ALL "watchdog { device = \"/dev/w\" }\n",
			      &s), 2);
	assert_int_equal(diff(ALL, "cluster \"demo\" { id = 7 this-node = "
			      "\"beta\" }\n" LINK NODES, &s), 2);
	assert_non_null(strstr(s.text, "this machine is node: beta, was alpha"));
}

static uint32_t digest(const char *text)
{
	struct said s;
	struct config *c = load(text, &s);
	uint32_t d;

	assert_non_null(c);
	d = config_digest(c);
	config_free(c);
	assert_int_not_equal(d, 0);
	return d;
}

/* What each machine has for itself, and where it stands in the file, is no matter. */
static void alike_on_all_heads(void **state)
{
	static const char *const alike[] = {
		"cluster \"demo\" { id = 7 this-node = \"beta\" }\n" LINK NODES,
		CLUSTER NODES LINK,
		ALL "daemon { run-dir = \"/run/other\" on-stop = stay }\n",
		ALL "hooks { deadline = 1s }\n",
	};
	static const char *const others[] = {
		"cluster \"demo\" { id = 8 }\n" LINK NODES,
		"cluster \"other\" { id = 7 }\n" LINK NODES,
		"cluster \"demo\" { id = 7 dead = 2s }\n" LINK NODES,
		"cluster \"demo\" { id = 7 resilience = quorum }\n" LINK NODES,
		"cluster \"demo\" { id = 7 fence-delay = 2s }\n" LINK NODES,
		ALL "node \"d\" { id = 4 }\n",
		ALL "link \"more\" { device = \"eth7\" }\n",
		ALL "service \"db\" { id = 5 }\n",
		ALL "watchdog { device = \"/dev/w\" timeout = 20s }\n",
	};
	uint32_t all = digest(ALL);
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof(alike) / sizeof(*alike); i++)
		if (digest(alike[i]) != all)
			fail_msg("differs: %s", alike[i]);
	assert_int_equal(digest(ALL "watchdog { device = \"/dev/w\" }\n"), all);
	for (i = 0; i < sizeof(others) / sizeof(*others); i++) {
		if (digest(others[i]) == all)
			fail_msg("does not differ: %s", others[i]);
		for (j = 0; j < i; j++)
			assert_int_not_equal(digest(others[i]),
					     digest(others[j]));
	}
	assert_int_not_equal(digest(ALL "service \"db\" { id = 5 }\n"),
			     digest(ALL "service \"db\" { id = 5 timeout = 1s }\n"));
	assert_int_equal(digest(ALL "service \"db\" { id = 5 }\n"),
			 digest(ALL "service \"db\" { id = 5 user = \"0\" }\n"));
}

/* Which of the allocations from now on fails; 0: none. */
static unsigned int fail_at;

void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);

void *__wrap_calloc(size_t n, size_t size)
{
	return fail_at && !--fail_at ? NULL : __real_calloc(n, size);
}

static void count(bool restart, const char *what, void *data)
{
	(void)restart;
	(void)what;
	++*(unsigned int *)data;
}

/* Without memory it is not read, wherever that ends, and what was read stays. */
static void no_memory(void **state)
{
	struct config *old = NULL, *c = NULL;
	unsigned int nth, differences = 0;
	struct said s, none;

	(void)state;
	old = load(FULL, &s);
	assert_non_null(old);
	for (nth = 1; !c; nth++) {
		s = (struct said){ };
		fail_at = nth;
		c = config_load(in_folder("samr.conf"), "alpha", listen, &s);
		fail_at = 0;
		assert_true(c || (s.errors && strstr(s.text, "no memory")));
	}
	assert_true(nth > 100);
	assert_int_equal(s.errors, 0);
	config_free(c);
	c = load(FULL, &none);
	assert_int_equal(config_diff(old, c, count, &differences), 0);
	assert_int_equal(differences, 0);
	config_free(c);
	config_free(old);
}

static int make_folder(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(folder));
	write_file("secret", "x\n", 2, 0600);
	write_file("shown", "x\n", 2, 0640);
	write_file("text", "x\n", 2, 0644);
	write_file("run", "#!/bin/sh\n", 10, 0755);
	write_file("open", "#!/bin/sh\n", 10, 0777);
	return 0;
}

static int drop_folder(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_fault),
		cmocka_unit_test(many_faults),
		cmocka_unit_test(many_names),
		cmocka_unit_test(files),
		cmocka_unit_test(roles),
		cmocka_unit_test(defaults),
		cmocka_unit_test(everything),
		cmocka_unit_test(witness),
		cmocka_unit_test(no_fence_is_told),
		cmocka_unit_test(example),
		cmocka_unit_test(example_all),
		cmocka_unit_test(differences),
		cmocka_unit_test(alike_on_all_heads),
		cmocka_unit_test(no_memory),
	};

	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
