/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tests of the policy as transcripts. Lines that begin with [MS] say what happens
 * at that millisecond; what follows from each is below it, what the policy does by
 * itself in between comes with its own time:
 *
 *	[ 1000] fence 2/20 token 5 blocked
 *	        1500: shoot 2/20 token 5
 *	[ 2000] attempt 2 off
 *	        confirm 2/20 token 5
 *
 * The lines with [MS] are carried out, the others must come out as they are.
 *
 *	config self 1 heads 1,2 rule fence [witness 3] [preferred 1] [delay 1000]
 *		[blocked 500] [dead 100] [attempt 4000] [reboot] [nodevices]
 *		[watchdog 8000] [margin 2000] [relied] [watchdogonly]
 *	view STATE [EPOCH of 1,2,3] [learners 3] [witness 3] [rule fence]
 *	fence 2/20 token 5 blocked|excluded		over 2/20
 *	heard 2/20 [wedged]	lost 2 [since 900]	carrier on|off
 *	memory 2 none|corrupt|lost|EPOCH of 1,2 [gone] [left] [forced]
 *	saved|unsaved		attempt 2[/20 token 5] RESULT
 *	powered 2 on|RESULT	armed 2/20 8000		override
 *	self-fence
 *	wait			nothing; but timers up to here have fired
 *	late			this machine stood still up to here
 *	behind EVENT		timers that are due have to wait for more events
 *	state 2			where its fence stands
 *	armed? 2		its watchdog's time-out, as announced; 0: it proves nothing
 *	status			what a start waits for, in words
 */
#ifndef SAMRD_TRANSCRIPT_H
#define SAMRD_TRANSCRIPT_H

/** transcript - carry it out; fail when something else comes of it */
void transcript(const char *want);

#endif /* SAMRD_TRANSCRIPT_H */
