#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# Services that end on a head with samrd, and a samrd that ends on a head with a watchdog:
#
#	netns samr1          netns samr2
#	samrd alpha          samrd beta		what follows happens here; softdog, which only says that it
#	example-counter ...  example-counter ...	would reset (soft_noboot)
#	  eth0 ----- br0 ------ eth0
#
# systemctl is a program of this test: it notes what it is asked for, and says of a unit what a file has.
# shellcheck disable=SC2317	# functions that wait_for and at_exit call
. "$(dirname "$0")/lib.sh"
need_root
need jq ip
work=$(mktemp -d)
at_exit rm -rf "$work"
names=(- alpha beta)
pids=(0 0 0)
TIMEOUT=8	# of the watchdog, s: longer than a busy guest takes to start samrd

cat >"$work/systemctl" <<END
#!/bin/sh
echo "\$@" >>$work/asked
[ "\$1" != show ] || cat $work/unit
END
printf '#!/bin/sh\n{ env | sort | tr "\\n" " "; echo; } >>%s/hooks\n' "$work" >"$work/hook"
chmod 755 "$work/systemctl" "$work/hook"
export SAMR_SYSTEMCTL=$work/systemctl
: >"$work/asked"

# config K SERVICES: the configuration of head K, whose services are these.
config() {
	cat >"$work/$1.conf" <<-END
		cluster "lab" {
		        id = 77
		        this-node = "${names[$1]}"
		        dead = 5s
		}
		link "net" { device = "eth0" }
		node "alpha" { id = 1 }
		node "beta" { id = 2 }
		$2
		hooks { on-alert = "$work/hook" }
		daemon {
		        state-dir = "$work/state$1"
		        run-dir = "$work/run$1"
		}
	END
}

start() {
	ip netns exec "samr$1" samrd --foreground --config "$work/$1.conf" >>"$work/$1.log" 2>&1 &
	pids[$1]=$!
}

ask() {
	python3 - "$work/run$1/control" <<-'END'
		import socket, sys
		s = socket.socket(socket.AF_UNIX)
		s.connect(sys.argv[1])
		s.sendall(b'{"verb":"status"}\n')
		print(s.makefile().read())
	END
}

# says K FILTER: is it true of the status of head K?
says() { ask "$1" | jq -e ".result | $2" >/dev/null; }

# What samrctl says on head 2.
two() { SAMRD_SOCKET=$work/run2/control samrctl -n samr2 "$@"; }
two_says() { two "${@:2}" 2>&1 | grep -qF -- "$1"; }

told() { grep -F -- "$1" "$work/hooks" 2>/dev/null | grep -qF -- "$2"; }

show_logs() { [ "$failures" -eq 0 ] || for k in 1 2; do note "log of ${names[$k]}:" "$(cat "$work/$k.log")"; done; }
at_exit show_logs

# counter K GROUP: a member there that reads; echo N >&${to[K$GROUP]} adds. Its process: ${member[K$GROUP]}.
declare -A to member
counter() {
	local name=$1-$2 fd
	rm -f "$work/in$name"
	mkfifo "$work/in$name"
	ip netns exec "samr$1" example-counter "$2" 2 <"$work/in$name" >"$work/out$name" 2>"$work/error$name" &
	member[$name]=$!
	exec {fd}>"$work/in$name"
	to[$name]=$fd
}
counters() {
	counter 1 "$1"
	wait_for 20 has 1 '.joined == 1' group show id "$1"
	counter 2 "$1"
	check "service $1 has two members" wait_for 20 has 1 '.members == 2' group show id "$1"
}
lines() { wc -l <"$work/out$1"; }
has_lines() { [ "$(lines "$1")" -ge "$2" ]; }
reap() { kill -KILL "${member[$1]}" 2>/dev/null; wait "${member[$1]}" 2>/dev/null; eval "exec ${to[$1]}>&-"; }
reap_all() { for name in "${!member[@]}"; do kill -KILL "${member[$name]}" 2>/dev/null; done; }
at_exit reap_all

# How often the watchdog would have reset this machine.
resets() { dmesg | grep -c 'softdog: Triggered'; }
more_resets() { [ "$(resets)" -gt "$1" ]; }

if modprobe softdog soft_noboot=1 2>/dev/null && [ -c /dev/watchdog ]; then
	watchdog="watchdog { device = \"/dev/watchdog\" timeout = ${TIMEOUT}s }"
	fencing="on-exit = self-fence"
else
	watchdog=
	fencing=
fi

samr_load
at_exit heads_down
"$SCRIPTS/lab" 2 --no-config || die "no network"
config 1 '
	service "reg" { id = 42 }
	service "leaver" { id = 43 }
	service "fencer" { id = 44 }
	service "unit" { id = 45 }'
config 2 "
	service \"reg\" { id = 42 timeout = 2s on-exit = restart unit = \"reg.service\" }
	service \"leaver\" { id = 43 timeout = 1s on-exit = leave }
	service \"fencer\" { id = 44 timeout = 1s $fencing }
	service \"unit\" { id = 45 unit = \"unit.service\" }
	$watchdog"
start 1
start 2
for k in 1 2; do check "${names[$k]} is up" wait_for 60 says $k '.state == "up" and (.members | length) == 2'; done

# ---- one that does not read ----

counters 42
check "it is watched" wait_for 10 says 2 '.services[0].members == 1'
echo 1 >&"${to[1-42]}"
check "both have counted" wait_for 10 has_lines 2-42 1
kill -STOP "${member[2-42]}"
sleep 4
check "one that hangs and has nothing to read is left alone" says 2 '.services[0].members == 1 and .services[0].last == null'
before=$(date +%s%N)
echo 1 >&"${to[1-42]}"
check "one that has is put out" wait_for 20 told SAMR_ALERT=service-stalled SAMR_SERVICE=42
ms=$((($(date +%s%N) - before) / 1000000))
note "put out after $ms ms, of a timeout of 2000 ms"
check "not before its time" [ $ms -ge 2000 ]
check "the hook knows what follows" told SAMR_ALERT=service-stalled SAMR_ON_EXIT=restart
check "the others go on without it" wait_for 10 has 1 '.members == 1' group show id 42
check "its unit is restarted" wait_for 10 grep -qxF -- '--no-block restart reg.service' "$work/asked"
kill -CONT "${member[2-42]}"
wait "${member[2-42]}"
is "it is told, and ends" $? 1
check "and why" grep -q "put out of its group.* read nothing for too long" "$work/error2-42"
check "the status names it" two_says "service 42 (reg) has no member here" status
check "so does the doctor" two_says 'its member of port' doctor
check "with what followed" two_says 'on-exit: restart' doctor
eval "exec ${to[2-42]}>&-"
counter 2 42
check "a new member is one like any other" wait_for 20 says 2 '.services[0].members == 1'
fine() { ! two_says "has no member here" status; }
check "and the status is content" wait_for 10 fine
reap 2-42
reap 1-42

# ---- one that is gone ----

printf 'ActiveState=inactive\nResult=success\n' >"$work/unit"
counters 45
reap 2-45
check "systemd is asked about one that is gone" wait_for 20 grep -qxF 'show -p ActiveState,Result unit.service' "$work/asked"
sleep 1
check "one that was stopped is no matter" says 2 '.services[3].last == null'
printf 'ActiveState=failed\nResult=signal\n' >"$work/unit"
counter 2 45
check "it is there again" wait_for 20 says 2 '.services[3].members == 1'
reap 2-45
check "of one that has failed the hook is told" wait_for 20 told SAMR_ALERT=service-ended SAMR_SERVICE=45
check "and the status" wait_for 5 two_says "its unit unit.service has failed; on-exit: none" status
reap 1-45

# ---- leave ----

counters 43
kill -STOP "${member[2-43]}"
echo 1 >&"${to[1-43]}"
check "on-exit leave: the others go on" wait_for 30 says 1 '.members == ["alpha"] and .state == "up"'
check "nobody has to be fenced" has 1 'length == 0' fence show
check "this head is down" wait_for 10 says 2 '.state == "down"'
check "and knows why" two_says "it has left: service \"leaver\"" status
kill -CONT "${member[2-43]}"
reap 2-43
reap 1-43
check "samrctl join" two join wait 60s
for k in 1 2; do check "and all are back: ${names[$k]}" wait_for 60 says $k '.state == "up" and (.members | length) == 2'; done

# ---- the watchdog ----

if [ -z "$watchdog" ]; then
	skip "a samrd that ends, and a watchdog" "no softdog here"
	kill -TERM "${pids[1]}" "${pids[2]}"
	wait
	finish
fi
check "the watchdog is armed" says 2 '.watchdog.armed and (.watchdog.starved | not)'
check "which the other head knows" wait_for 10 has 1 'any(.[]; .id == 2 and .armed)' node show
is "and was always fed" "$(resets)" 0
kill -KILL "${pids[2]}"
wait "${pids[2]}" 2>/dev/null
sleep 1
start 2
check "a samrd that is back within the time-out" wait_for 20 says 2 '.state == "up" and .watchdog.armed'
sleep $((TIMEOUT + 3))
is "goes on feeding" "$(resets)" 0
check "and the view has noticed nothing" says 1 '.members == ["alpha","beta"]'
kill -STOP "${pids[2]}"
check "one that hangs ends in a reset" wait_for $((TIMEOUT + 12)) more_resets 0
kill -CONT "${pids[2]}"
check "(which did not happen here)" wait_for 20 says 2 '.state == "up"'
sleep 1
resets=$(resets)
kill -KILL "${pids[2]}"
wait "${pids[2]}" 2>/dev/null
check "so does one that is gone" wait_for $((TIMEOUT + 12)) more_resets "$resets"
start 2
check "(nor did this)" wait_for 20 says 2 '.state == "up" and (.watchdog.starved | not)'

# ---- self-fence ----

counters 44
resets=$(resets)
kill -STOP "${member[2-44]}"
echo 1 >&"${to[1-44]}"
check "on-exit self-fence: the watchdog is not fed" wait_for 20 says 2 '.watchdog.starved'
check "which resets this head" wait_for $((TIMEOUT + 12)) more_resets "$resets"
check "the doctor says so" two_says "does not feed the watchdog" doctor
check "and the status" two_says "the watchdog is not fed any more" status
kill -KILL "${pids[2]}"
wait "${pids[2]}" 2>/dev/null
resets=$(resets)
start 2
check "also when samrd is started again" wait_for $((TIMEOUT + 12)) more_resets "$resets"
check "it says why" grep -q "was to be reset by its watchdog, and still is" "$work/2.log"
kill -CONT "${member[2-44]}"
reap 2-44
reap 1-44
rm "$work/run2/self-fence"
kill -TERM "${pids[1]}" "${pids[2]}"
wait "${pids[1]}" "${pids[2]}"
printf V >/dev/watchdog
check "nothing of it is left" rmmod softdog
finish
