#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# samrd.service and samr-service@.service as they are installed, under a systemd of their own: process 1 of a process
# namespace, with next to nothing else to run. A cluster of one head, then of two; its service is an example of samr's.
# What is seen: that the unit is up when samrd says so, that its sandbox leaves samrd what it needs, hooks and agents
# included, that a samrd which stands still is ended and started anew, and which of that a service notices.
# shellcheck disable=SC2317	# functions that wait_for and at_exit call
. "$(dirname "$0")/lib.sh"
need_root
need jq ip systemctl systemd-analyze journalctl
systemd=/lib/systemd/systemd
[ -x $systemd ] || skip_all "no systemd"
# It installs into this root, which has to be gone afterwards.
[ "$(cat /proc/sys/kernel/hostname)" = samr-guest ] || skip_all "only in a guest"
work=$(mktemp -d)
units=$work/units
WATCHDOG=20	# instead of 30 s: that is long to wait for

config() {
	cat >/etc/samr/samr.conf <<-END
		cluster "lab" { id = 77 this-node = "alpha" }
		link "net" { device = "samr0" }
		node "alpha" { id = 1 }
		service "counter" { id = 5 unit = "samr-service@counter.service" on-exit = restart }
		hooks { on-view = "/etc/samr/hook" }
		$*
	END
}

# The programs, their units, and what an admin adds.
install_all() {
	timeout 120 make -s -C "$TOP/userspace" install >"$work/install" 2>&1 ||
		die "not installed; was the tree built before (make user)? $(cat "$work/install")"
	ldconfig
	mkdir -p /etc/samr /usr/local/libexec/samr "$units"
	cp "$TOP/build/userspace/example-counter" /usr/local/libexec/samr/counter
	# shellcheck disable=SC2016	# it is the hook's
	printf '#!/bin/sh\necho "$SAMR_EVENT $SAMR_STATE $SAMR_COUNT" >>/var/lib/samr/hooked\n' >/etc/samr/hook
	# An agent of the fence-agents' kind, of a machine that is on.
	printf '#!/bin/sh\ncat >/run/samr/agent-input\necho Status: ON\n' >/etc/samr/agent
	chmod 755 /etc/samr/hook /etc/samr/agent
}

# drop_in UNIT LINES: as systemctl edit does.
drop_in() {
	mkdir -p "$units/$1.d"
	printf '[Service]\n%s\n' "$2" >"$units/$1.d/test.conf"
}

make_units() {
	local target unit
	for target in sysinit basic shutdown network local-fs multi-user; do
		printf '[Unit]\nDefaultDependencies=no\n' >"$units/$target.target"
	done
	for unit in systemd-journald.service systemd-journald.socket systemd-journald-dev-log.socket; do
		cp /lib/systemd/system/$unit "$units"
	done
	drop_in samrd.service "WatchdogSec=$WATCHDOG"
	# It ends with its input, which is this test's.
	mkfifo "$work/input"
	exec 9<>"$work/input"
	drop_in samr-service@counter.service "ExecStart=
		ExecStart=/usr/local/libexec/samr/counter 5 1
		StandardInput=file:$work/input
		Restart=no"
	printf '[Unit]\nDefaultDependencies=no\nWants=systemd-journald.socket systemd-journald-dev-log.socket\n' \
		>"$units/test.target"
}

begin_systemd() {
	mountpoint -q /sys/fs/cgroup || mount -t cgroup2 none /sys/fs/cgroup
	# Its own PATH for units: nothing of what this machine starts.
	env -i container=samr-test PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
		SYSTEMD_UNIT_PATH="$units:/usr/local/lib/systemd/system" unshare --pid --fork --kill-child --mount-proc \
		$systemd --system --unit=test.target --show-status=no --log-target=console >"$work/systemd" 2>&1 &
	at_exit "kill -KILL $! 2>/dev/null"
	wait_for 10 pgrep -P $! || die "no systemd: $(cat "$work/systemd")"
	init=$(pgrep -P $!)
	wait_for 100 systemctl is-active test.target || die "systemd does not come up: $(cat "$work/systemd")"
}

# It hears nobody who is outside of its namespace of processes.
systemctl() { nsenter -t "$init" -p -m systemctl "$@"; }
show() { systemctl show --value -p "$2" "$1"; }
has() { [ "$(show "$1" "$2")" = "$3" ]; }
says() { samrctl -j status | jq -e ".samrd.status | $1" >/dev/null; }
log() { journalctl --quiet -u "$1" -o cat; }
logged() { log samrd.service | grep -qF -- "$1"; }
status_of() { awk -v name="$1:" '$1 == name { print $2 }' "/proc/$pid/status"; }
# Its number as it is here: systemd is in a process namespace of its own.
pid_of() { pgrep -x "$1"; }

show_log() { [ "$failures" -eq 0 ] || note "$(cat "$work/systemd"; journalctl --quiet -o short-monotonic | tail -n 60)"; }
at_exit show_log

install_all
make_units
samr_load
ip link add samr0 type veth peer name samr1 || die "no network"
ip link set samr0 up
ip link set samr1 up
begin_systemd

# It is up when it says so.
systemctl start samrd.service
is "without a configuration it is not started" "$(show samrd.service ActiveState) $(show samrd.service ConditionResult)" \
	"inactive no"
config
check "systemctl start" systemctl start samrd.service
is "it has said READY, and is watched" "$(show samrd.service Type) $(show samrd.service ActiveState) $(
	show samrd.service SubState) $(show samrd.service WatchdogUSec)" "notify active running ${WATCHDOG}s"
check "a cluster of one head is up" wait_for 20 says '.state == "up"'
text=$(show samrd.service StatusText)
check "systemctl status says how it stands: $text" [ "${text#up, epoch 1 with alpha}" != "$text" ]
check "its memory is on disk" test -s /var/lib/samr/memory
check "the hook could run, and write there" wait_for 10 grep -q '^view serving 1$' /var/lib/samr/hooked

# The sandbox.
pid=$(pid_of samrd)
is "capabilities: CAP_NET_ADMIN and no other" "$(status_of CapPrm) $(status_of CapBnd)" "0000000000001000 0000000000001000"
is "no new privileges, and a filter of system calls" "$(status_of NoNewPrivs) $(status_of Seccomp)" "1 2"
exposure=$(SYSTEMD_UNIT_PATH=$units:/usr/local/lib/systemd/system systemd-analyze security --offline=yes \
	--threshold=30 /usr/local/lib/systemd/system/samrd.service | tail -n 1)
check "exposure: ${exposure//[^[:print:]]/}" [ -n "$exposure" ]

# What an admin changes.
config 'node "beta" { id = 2 fence "plug" { kind = agent program = "/etc/samr/agent" } }'
check "systemctl reload" systemctl reload samrd.service
check "the new configuration is in force" wait_for 10 says '(.nodes | length) == 2'
check "an agent can be run" samrctl fence test beta
check "and is given its input" grep -q '^action=' /run/samr/agent-input

# Process 1 stands still, for less than samrd's watchdog allows, and its socket is full of what others have told it.
in_force() { log samrd.service | grep -c 'is in force'; }
reloaded() { [ "$(in_force)" -gt "$1" ]; }
stop_and_fill() {
	nsenter -t "$init" -m timeout 30 python3 - "$init" <<-'END'
		import os, signal, socket, sys
		os.kill(int(sys.argv[1]), signal.SIGSTOP)
		fullness, senders = 0, []
		while True:	# one sender may not have as many on their way as there is room for
		    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		    s.connect("/run/systemd/notify")
		    senders.append(s)
		    before = fullness
		    try:
		        while True:
		            s.send(b"X_TEST=1", socket.MSG_DONTWAIT)
		            fullness += 1
		    except BlockingIOError:
		        if fullness == before:
		            break
		print(fullness)
	END
}
room=$(stop_and_fill)
begin=$SECONDS
note "its socket has room for $room messages"
check "the socket of process 1 is full" [ "${room:-0}" -gt 0 ]
for i in 1 2 3; do
	before=$(in_force)
	kill -HUP "$pid"
	check "samrd reloads while process 1 stands still: $i" wait_for 4 reloaded "$before"
done
check "and answers" says '.state == "up"'
kill -CONT "$init"
note "process 1 stood still for $((SECONDS - begin)) s"
check "process 1 hears of it when it goes on" wait_for 20 has samrd.service SubState running
is "and it is the same samrd" "$(pid_of samrd) $(show samrd.service NRestarts)" "$pid 0"

# A service.
check "a service is started" systemctl start samr-service@counter.service
counts() { echo 1 >&9; log samr-service@counter.service | grep -qE '^[0-9]+ [0-9]+$'; }
check "it is a member, and counts" wait_for 20 counts
service=$(pid_of counter)

# samrd stands still, is killed, has nothing to start with. The service does not notice.
systemctl reload samrd.service
begin=$SECONDS
kill -STOP "$pid"
check "one that stands still is started anew" wait_for 60 has samrd.service NRestarts 1
note "after $((SECONDS - begin)) s, WatchdogSec=$WATCHDOG"
check "it is up again" wait_for 20 says '.state == "up" and .epoch == 1'
kill -KILL "$(pid_of samrd)"
check "one that is killed, too" wait_for 20 has samrd.service NRestarts 2
check "it is up again" wait_for 20 says '.state == "up" and .epoch == 1'
is "the service went on" "$(pid_of counter)" "$service"
config 'nonsense = 1'
kill -KILL "$(pid_of samrd)"
check "a wrong configuration is not tried again and again" wait_for 20 has samrd.service ActiveState failed
is "for its status" "$(show samrd.service ExecMainStatus) $(show samrd.service Result)" "6 exit-code"
check "the journal has the line" logged "nonsense"
is "the service went on" "$(pid_of counter)" "$service"
config 'node "beta" { id = 2 }'
systemctl reset-failed samrd.service
check "mended it starts" systemctl start samrd.service

# The service dies: systemd leaves it to samrd, which asks systemd. Then samrd is stopped in order.
kill -KILL "$service"
another() { pid_of counter && [ "$(pid_of counter)" != "$service" ]; }
check "a service that dies is restarted by samrd" wait_for 20 another
check "systemctl stop" systemctl stop samrd.service
is "it ends well" "$(show samrd.service ActiveState) $(show samrd.service Result)" "inactive success"
refuses() { ! samrctl fence show "$1" 2>"$work/said" && grep -q "$2" "$work/said"; }
check "names are those of the file then" refuses beta "nobody asks for a fence of this head"
check "and no others" refuses betta "samr.conf knows no head of that name"
is "the cluster is down" "$(samrctl -j cluster show | jq -r .state)" down
finish
