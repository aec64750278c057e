// SPDX-License-Identifier: GPL-2.0
/* Whether a program can be run by samr-run; see program.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "program.h"

static bool find(const char *name, char *path)
{
	const char *at = getenv("PATH"), *end;

	if (strchr(name, '/'))
		return snprintf(path, PATH_MAX, "%s", name) < PATH_MAX &&
		       !access(path, X_OK);
	for (at = at ? at : "/usr/bin:/bin"; ; at = end + 1) {
		end = strchrnul(at, ':');
		if (snprintf(path, PATH_MAX, "%.*s%s%s", (int)(end - at), at,
			     end > at ? "/" : "", name) < PATH_MAX &&
		    !access(path, X_OK))
			return true;
		if (!*end)
			break;
	}
	errno = ENOENT;
	return false;
}

static Elf_Scn *section_of_type(Elf *e, GElf_Word type, GElf_Shdr *h)
{
	Elf_Scn *s = NULL;

	while ((s = elf_nextscn(e, s)))
		if (gelf_getshdr(s, h) && h->sh_type == type)
			return s;
	return NULL;
}

static bool has_section(Elf *e, const char *name)
{
	const char *found;
	Elf_Scn *s = NULL;
	GElf_Shdr h;
	size_t names;

	if (elf_getshdrstrndx(e, &names))
		return false;
	while ((s = elf_nextscn(e, s))) {
		found = gelf_getshdr(s, &h) ? elf_strptr(e, names, h.sh_name) : NULL;
		if (found && !strcmp(found, name))
			return true;
	}
	return false;
}

static bool needs_library(Elf *e, const char *begin)
{
	GElf_Shdr h;
	Elf_Scn *s = section_of_type(e, SHT_DYNAMIC, &h);
	Elf_Data *data = s ? elf_getdata(s, NULL) : NULL;
	const char *name;
	GElf_Dyn d;
	int i;

	for (i = 0; data && gelf_getdyn(data, i, &d) && d.d_tag != DT_NULL; i++) {
		name = d.d_tag == DT_NEEDED ? elf_strptr(e, h.sh_link, d.d_un.d_val) : NULL;
		if (name && !strncmp(name, begin, strlen(begin)))
			return true;
	}
	return false;
}

/* The program that loads libraries, which is also what knows LD_PRELOAD; or "". */
static void interpreter(Elf *e, char *name, size_t size)
{
	size_t i, count, len;
	GElf_Phdr p;
	const char *raw = elf_rawfile(e, &len);

	*name = 0;
	if (elf_getphdrnum(e, &count))
		return;
	for (i = 0; i < count; i++)
		if (gelf_getphdr(e, (int)i, &p) && p.p_type == PT_INTERP && raw &&
		    p.p_offset < len && p.p_filesz <= len - p.p_offset)
			snprintf(name, size, "%.*s", (int)p.p_filesz, raw + p.p_offset);
}

static enum program_fitness check_elf(Elf *e, char *why)
{
	GElf_Ehdr h;
	char loader[256];

	if (gelf_getehdr(e, &h) && h.e_machine != SAMR_RUN_MACHINE) {
		snprintf(why, PROGRAM_WHY_MAX, "is of another architecture");
		return PROGRAM_CANNOT;
	}
	interpreter(e, loader, sizeof(loader));
	if (!*loader) {
		snprintf(why, PROGRAM_WHY_MAX, "is linked statically: no function of it "
			 "can be replaced. samr-proxy may do");
		return PROGRAM_CANNOT;
	}
	if (!strstr(loader, "/ld-linux")) {
		snprintf(why, PROGRAM_WHY_MAX, "is not of glibc (its loader is %.100s). "
			 "samr-proxy may do", loader);
		return PROGRAM_CANNOT;
	}
	if (has_section(e, ".go.buildinfo") || has_section(e, ".note.go.buildid")) {
		snprintf(why, PROGRAM_WHY_MAX, "is written in Go, which calls the kernel "
			 "without the C library. samr-proxy may do");
		return PROGRAM_CANNOT;
	}
	if (needs_library(e, "liburing.so")) {
		snprintf(why, PROGRAM_WHY_MAX, "uses io_uring, by which it may accept, "
			 "connect or tell the time unseen: see samr-run(1)");
		return PROGRAM_DOUBTFUL;
	}
	return PROGRAM_FINE;
}

enum program_fitness program_check(const char *name, char *why)
{
	enum program_fitness fitness = PROGRAM_FINE;
	char path[PATH_MAX];
	struct stat s;
	Elf *e;
	int fd;

	if (!find(name, path) || stat(path, &s)) {
		snprintf(why, PROGRAM_WHY_MAX, "%s", strerror(errno));
		return errno == ENOENT ? PROGRAM_NOT_FOUND : PROGRAM_CANNOT;
	}
	if ((s.st_mode & (S_ISUID | S_ISGID) && (s.st_uid != geteuid() || s.st_gid != getegid())) ||
	    getxattr(path, "security.capability", NULL, 0) > 0) {
		snprintf(why, PROGRAM_WHY_MAX, "has rights of its own (setuid, setgid or "
			 "capabilities): the loader lets nobody replace its functions");
		return PROGRAM_CANNOT;
	}
	/* One that may be run and not be read, or a script, is judged by what happens. */
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return PROGRAM_FINE;
	elf_version(EV_CURRENT);
	e = elf_begin(fd, ELF_C_READ, NULL);
	if (e && elf_kind(e) == ELF_K_ELF)
		fitness = check_elf(e, why);
	elf_end(e);
	close(fd);
	return fitness;
}
