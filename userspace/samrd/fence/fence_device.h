/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What can cut a head's power, and how an attempt at it can end. No input, no
 * output, no library: config.c fills the devices in, policy.c knows the words.
 */
#ifndef SAMRD_FENCE_DEVICE_H
#define SAMRD_FENCE_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FENCE_DEVICES_MAX	4	/* of one head */
#define FENCE_OPTIONS_MAX	32	/* of one agent */
#define FENCE_TIMEOUT_MIN_MS	1000
#define FENCE_TIMEOUT_MAX_MS	600000
#define FENCE_TIMEOUT_MS	20000	/* unless another one is configured */
#define FENCE_TEXT_MAX		200	/* bytes that explain an outcome */

/**
 * enum fence_kind - how a device is reached
 * @FENCE_IPMI: a BMC over RMCP+, by the program samr-fence-ipmi
 * @FENCE_AGENT: a program of the fence-agents kind, options on standard input
 * @FENCE_WATCHDOG: the head's own watchdog: it is waited for
 * @FENCE_MANUAL: an admin, who says "samrctl fence confirm"
 */
enum fence_kind {
	FENCE_IPMI,
	FENCE_AGENT,
	FENCE_WATCHDOG,
	FENCE_MANUAL,
};

/**
 * enum fence_action - what is asked of the devices of a head
 * @FENCE_OFF: power off, and proof of it
 * @FENCE_ON: power on, and proof of it
 * @FENCE_CYCLE: @FENCE_OFF and, only after its proof, @FENCE_ON
 * @FENCE_STATUS: read the power status
 * @FENCE_TEST: log in to each device and read the power status; changes nothing
 *
 * The "reboot" of a configuration is the policy's: it starts @FENCE_OFF, tells
 * the kernel, and starts @FENCE_ON as long as that does not happen too often.
 */
enum fence_action {
	FENCE_OFF,
	FENCE_ON,
	FENCE_CYCLE,
	FENCE_STATUS,
	FENCE_TEST,
};

/**
 * enum fence_result - how an attempt ended
 * @FENCE_PENDING: it has not
 * @FENCE_IS_OFF: the power status was read back as off
 * @FENCE_IS_ON: the power status was read back as on
 * @FENCE_EXPIRED: the watchdog that the head had announced has had its time
 * @FENCE_REFUSED: wrong user, password or K_g, or too little privilege
 * @FENCE_UNREACHABLE: no answer from the device
 * @FENCE_NO_STATUS: the device answers, and does not say whether power is on
 * @FENCE_STAYS_ON: it takes the command and says that power is on all the same
 * @FENCE_STAYS_OFF: the same of power on
 * @FENCE_CAME_BACK: power was off, and is on again
 * @FENCE_BROKEN: the program that does it cannot be run, crashed, was called
 *	wrongly, or what it needs (a password file) cannot be had
 * @FENCE_DEADLINE: not over in time: the program was killed
 * @FENCE_NOT_ARMED: the head had announced no armed watchdog
 * @FENCE_WAITS: nobody but an admin can do it
 * @FENCE_NO_DEVICE: the head has none, or none that can do this
 * @FENCE_CANCELLED: given up for another one, or by the end of the daemon
 *
 * Zero is none of those that allow anything, and "command accepted" is none.
 */
enum fence_result {
	FENCE_PENDING,
	FENCE_IS_OFF,
	FENCE_IS_ON,
	FENCE_EXPIRED,
	FENCE_REFUSED,
	FENCE_UNREACHABLE,
	FENCE_NO_STATUS,
	FENCE_STAYS_ON,
	FENCE_STAYS_OFF,
	FENCE_CAME_BACK,
	FENCE_BROKEN,
	FENCE_DEADLINE,
	FENCE_NOT_ARMED,
	FENCE_WAITS,
	FENCE_NO_DEVICE,
	FENCE_CANCELLED,
};

/**
 * struct fence_ipmi - a BMC
 * @address: host name or address; with a port: HOST:PORT, [IPV6]:PORT
 * @user: name to log in with; NULL: none
 * @k_g_file: first line: K_g, as text or 0x and hexadecimal digits; NULL: none
 * @suite_3: cipher suite 3 may be used when 17 is not to be had
 * @privilege: "operator" unless NULL; "admin" or "user"
 * @workarounds: names as of ipmipower(8), separated by commas; NULL: none
 */
struct fence_ipmi {
	const char *address;
	const char *user;
	const char *k_g_file;
	bool suite_3;
	const char *privilege;
	const char *workarounds;
};

/**
 * struct fence_agent - a program of the fence-agents kind
 * @program: its path
 * @options: "KEY=VALUE", given to it one a line; neither action nor password
 * @count: of @options
 */
struct fence_agent {
	const char *program;
	const char *const *options;
	size_t count;
};

/**
 * struct fence_device - something that can cut a head's power
 * @name: for people; differs from the names of the head's other devices
 * @kind: see there
 * @timeout_ms: one attempt is killed when it is not over by then
 * @password_file: first line: the password; nobody but its owner, root or the
 *	user of the daemon, may read it; NULL: none (@FENCE_IPMI, @FENCE_AGENT)
 * @ipmi: for @FENCE_IPMI
 * @agent: for @FENCE_AGENT
 */
struct fence_device {
	const char *name;
	enum fence_kind kind;
	unsigned int timeout_ms;
	const char *password_file;
	struct fence_ipmi ipmi;
	struct fence_agent agent;
};

/**
 * struct fence_node - a head and what can cut its power
 * @id: of the head
 * @together: power is off when all devices are off (power supplies of one
 *	machine); else they are tried in order until one has done it
 * @count: of @device
 * @device: in order
 */
struct fence_node {
	uint32_t id;
	bool together;
	size_t count;
	struct fence_device device[FENCE_DEVICES_MAX];
};

/**
 * fence_node_check - is that a head's set of devices that can work?
 * @n: the head
 * @why: says what is wrong and what is allowed; FENCE_TEXT_MAX bytes
 *
 * Looks at nothing outside of @n: no file, no program.
 */
bool fence_node_check(const struct fence_node *n, char *why);

/**
 * fence_device_copy - with all its strings; fence_device_free() takes @to
 *
 * Return: false when there is no memory; nothing is to be freed then.
 */
bool fence_device_copy(struct fence_device *to, const struct fence_device *from);

/** fence_device_free - what fence_device_copy() made */
void fence_device_free(struct fence_device *d);

/** fence_is_fenced - may the head count as fenced after that result? */
static inline bool fence_is_fenced(enum fence_result r)
{
	return r == FENCE_IS_OFF || r == FENCE_EXPIRED;
}

/* "confirmed off", "refused" ...: for people, and the same in JSON with "-". */
const char *fence_result_text(enum fence_result r);
const char *fence_result_word(enum fence_result r);

/* "ipmi", "off": as in configuration and commands; NULL when out of range. */
const char *fence_kind_word(enum fence_kind k);
const char *fence_action_word(enum fence_action a);

#endif /* SAMRD_FENCE_DEVICE_H */
