/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For tests of fencing: BMCs that are real programs (ipmi_sim of OpenIPMI, on
 * loopback) and switch real processes on and off.
 */
#ifndef BMC_H
#define BMC_H

#include <stdbool.h>
#include <sys/types.h>

#define BMC_USER	"samr"
#define BMC_PASSWORD	"Kn1fe+Fork"

/**
 * struct bmc - a BMC and its machine
 * @dir: its files
 * @port: UDP, on 127.0.0.1
 * @address: "127.0.0.1:PORT"
 * @k_g: its key, set before it is started, 16 bytes as ipmi_sim has it; NULL:
 *	it has none
 * @pid: of ipmi_sim
 */
struct bmc {
	char dir[64];
	int port;
	char address[32];
	const char *k_g;
	pid_t pid;
};

/**
 * enum machine - what the process of a machine does
 * @MACHINE_PLAIN: ends when it is told to
 * @MACHINE_HUNG: does not end on SIGTERM: is killed a second later
 * @MACHINE_STUCK: the same, and its BMC leaves it at that although it takes the
 *	command: the BMC lies
 */
enum machine {
	MACHINE_PLAIN,
	MACHINE_HUNG,
	MACHINE_STUCK,
};

/** bmc_start - it runs, and its machine is on; fails the test otherwise */
void bmc_start(struct bmc *b, enum machine m);

/** bmc_stop - ends both, takes the files away; also when it had never started */
void bmc_stop(struct bmc *b);

/** bmc_machine - the process of its machine; 0: it is off */
pid_t bmc_machine(const struct bmc *b);

/** bmc_await - the same, once it is on: at most some seconds from now */
pid_t bmc_await(const struct bmc *b);

/** bmc_free_port - a UDP port of 127.0.0.1 that nobody has */
int bmc_free_port(void);

/** write_file - with these contents and this mode */
void write_file(const char *path, const char *text, mode_t mode);

/** alive - is there such a process that is more than a zombie? */
bool alive(pid_t pid);

/** seen_in_proc - does any process show @text in its command line or environment? */
bool seen_in_proc(const char *text);

/** now_ms - monotonic */
unsigned long now_ms(void);

#endif /* BMC_H */
