# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# Runs several tests in one guest, for scripts/check: run NAME LIMIT COMMAND. The log of each goes to
# /run/samr-out/NAME.log; marks in the kernel log say which test a report belongs to. After a time-out the guest is not
# trusted with another test.
run() {
	echo "samr-test: begin $1" >/dev/kmsg
	echo "begin $1"
	timeout -k 5 "$2" sh -c "$3" >"/run/samr-out/$1.log" 2>&1 </dev/null
	status=$?
	if [ $status -eq 124 ] || [ $status -eq 137 ]; then
		echo w >/proc/sysrq-trigger
		status=124
	fi
	echo "samr-test: end $1" >/dev/kmsg
	echo "end $1 $status"
	[ $status -ne 124 ] || exit 0
}
