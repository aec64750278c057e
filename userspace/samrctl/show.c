// SPDX-License-Identifier: GPL-2.0
/* What most objects' "show" does: one of them when its key was said, or all. */
#include "nl.h"
#include "print.h"
#include "samrctl.h"

void show_list(const struct verb *v, const struct arg *args, const char *key,
	       nl_message *one)
{
	struct nl_answer answer;

	nl_fetch(v, args, &answer);
	print_list(key);
	nl_each(&answer, one, NULL);
	print_end();
}

int show_asked(const struct verb *v, const struct arg *args, nl_message *one)
{
	if (args[0].text)
		nl_do(v, args, one, NULL);
	else
		show_list(v, NULL, NULL, one);
	return EXIT_OK;
}
