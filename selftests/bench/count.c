// SPDX-License-Identifier: GPL-2.0
/*
 * How often each piece of a guest's code was run: a plugin of QEMU's, for scripts/profile.
 *
 * QEMU translates code in blocks without a branch in them. For each of them, by its address and length, it counts
 * how often it was run, in the file of its argument out=FILE: an array of struct block.
 *
 * The interface is that of QEMU 4.2 and later, docs/devel/tcg-plugins.rst there; what is used of it is declared here, as
 * its header is in no package.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
enum qemu_plugin_op { QEMU_PLUGIN_INLINE_ADD_U64 };

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, void (*cb)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb));
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb, enum qemu_plugin_op op, void *ptr, uint64_t imm);

#define EXPORT	__attribute__((visibility("default")))

EXPORT int qemu_plugin_version = 1;
EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv);

#define BLOCKS	(1U << 21)

struct block {
	uint64_t addr, insns, runs;
};

/* By their addresses; in a file, which whoever looks at it reads while the guest runs. */
static struct block *blocks;

static struct block *block_at(uint64_t addr, uint64_t insns)
{
	uint64_t i = (addr ^ addr >> 21) % BLOCKS, tries;
	struct block *b;

	for (tries = 0; tries < BLOCKS; tries++, i = (i + 1) % BLOCKS) {
		b = &blocks[i];
		if (!b->insns) {
			b->addr = addr;
			b->insns = insns;
		}
		if (b->addr == addr && b->insns == insns)
			return b;
	}
	abort();
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	struct block *b = block_at(qemu_plugin_tb_vaddr(tb), qemu_plugin_tb_n_insns(tb));

	(void)id;
	qemu_plugin_register_vcpu_tb_exec_inline(tb, QEMU_PLUGIN_INLINE_ADD_U64, &b->runs, 1);
}

int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv)
{
	int fd = -1;

	(void)info;
	if (argc == 1 && !strncmp(argv[0], "out=", 4))
		fd = open(argv[0] + 4, O_RDWR | O_CREAT | O_TRUNC, 0666);
	if (fd < 0 || ftruncate(fd, BLOCKS * sizeof(*blocks))) {
		fprintf(stderr, "samr-count: out=FILE is wanted\n");
		return 1;
	}
	blocks = mmap(NULL, BLOCKS * sizeof(*blocks), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (blocks == MAP_FAILED) {
		perror("samr-count");
		return 1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
