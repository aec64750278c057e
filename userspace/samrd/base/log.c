// SPDX-License-Identifier: GPL-2.0
/* To the journal or to standard error; see log.h. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <systemd/sd-journal.h>

#include "log.h"

#define LINE_MAX_BYTES	1024

static bool to_journal;

static const char *const ids[LOG_IDS] = {
	[LOG_ID_STARTED] = "92ef4946434e4c79b4f0230bed352ca3",
	[LOG_ID_STOPPED] = "3a6ad490dd0a45f38898aa5c485f4eb5",
	[LOG_ID_CONFIG] = "fd4f66e4837f4b46ad8322afc48f311c",
	[LOG_ID_REFUSED] = "842ca2c80d634eb69fb53066858cfb00",
	[LOG_ID_VIEW] = "0146152e253d4079b048ed68340b3460",
	[LOG_ID_WEDGED] = "5269f6641e504617807227fea31409c8",
	[LOG_ID_OUT] = "3c2df3e8a80d4fda946734d12929a386",
	[LOG_ID_FENCE_ASKED] = "8bfe3699096d4aa8be01a1838e2062d9",
	[LOG_ID_FENCE_ATTEMPT] = "5da5c2d9618d416687f3ccd1a3cca76d",
	[LOG_ID_FENCE_DONE] = "24304951c02b40febe51fb48208d592f",
	[LOG_ID_ALERT] = "027302ac37ba427f8a12d5015b4a2704",
	[LOG_ID_HOOK] = "5611c90a28a64e2eb9c28112ae93fd7f",
	[LOG_ID_SERVICE] = "010be4181cf549fa86713f4fa32c8174",
	[LOG_ID_ROLE] = "ae6d145e8f774ab2af300989bcca6926",
};

/* Systemd sets the variable where standard error is the journal. */
void log_start(bool stderr_wanted)
{
	to_journal = !stderr_wanted && getenv("JOURNAL_STREAM");
}

void log_message(int priority, enum log_id id, const char *format, ...)
{
	char line[LINE_MAX_BYTES];
	va_list ap;

	va_start(ap, format);
	vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	if (!to_journal && priority <= LOG_INFO)
		fprintf(stderr, "samrd: %s\n", line);
	else if (to_journal && ids[id])
		sd_journal_send("MESSAGE=%s", line, "PRIORITY=%d", priority,
				"MESSAGE_ID=%s", ids[id], NULL);
	else if (to_journal)
		sd_journal_send("MESSAGE=%s", line, "PRIORITY=%d", priority,
				NULL);
}

const char *log_id_text(enum log_id id)
{
	return ids[id] ? ids[id] : "";
}
