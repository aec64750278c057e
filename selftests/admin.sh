#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2317	# functions are called by check, wait_for and the like
#
# What an admin sees: "samrctl status" and its exit status, "status --watch", "doctor" and the metrics, while a cluster of
# three heads has nothing wrong, loses heads, and waits. The words of each verdict are held by the unit test; here it is
# whether the kernel's facts lead to them.
. "$(dirname "$0")/lib.sh"
need_root
need samrctl ip jq python3 script sysctl
tmp=$(mktemp -d)
at_exit "rm -rf $tmp"

ctl() { samrctl -n "samr$1" "${@:2}"; }
value() { jq -c "$2" <<<"$1"; }
cut() { ip -n samr-switch link set "port$1" nomaster; }
heal() { ip -n samr-switch link set "port$1" master br0; }

# shows NAME STATUS LINE [TEXT...] -- COMMAND...: its exit status, its first line, and what else is in it.
shows() {
	local name=$1 wanted=$2 line=$3 status=0 out text
	local texts=()
	shift 3
	while [ "$1" != -- ]; do
		texts+=("$1")
		shift
	done
	shift
	out=$("$@" 2>&1) || status=$?
	# shellcheck disable=SC2053	# a pattern
	if [ "$status" -ne "$wanted" ] || [[ ${out%%$'\n'*} != $line ]]; then
		note "$* ended with $status (wanted $wanted), its first line: ${out%%$'\n'*} (wanted $line)"
		not_ok "$name"
		return
	fi
	for text in "${texts[@]}"; do
		if [[ $out != *"$text"* ]]; then
			note "'$text' is not in: $out"
			not_ok "$name"
			return
		fi
	done
	ok "$name"
}

# verdict K WORD: what -j says.
verdict() { [ "$(ctl "$1" -j status | jq -r .verdict)" = "$2" ]; }

# finds NAME STATUS TEXT... -- COMMAND...: what doctor says, with any space between words.
finds() {
	local name=$1 wanted=$2 status=0 out text
	shift 2
	local texts=()
	while [ "$1" != -- ]; do
		texts+=("$1")
		shift
	done
	shift
	out=$("$@" 2>&1 | tr -s ' '; exit "${PIPESTATUS[0]}") || status=$?
	for text in "${texts[@]}"; do
		[[ $out != *"$text"* ]] || continue
		note "'$text' is not in: $out"
		status=-1
	done
	is "$name" "$status" "$wanted"
}

# ---- nothing there ----

samr_unload || die "samr.ko cannot be unloaded"
shows "without the module" 5 "stopped here: samr.ko is not loaded" "to do: modprobe samr" -- samrctl status
is "the same in JSON" "$(value "$(samrctl -j status)" '[.verdict, .exit_status, .module.loaded, .cluster]')" \
	'["stopped",5,false,null]'
finds "the doctor, without the module" 4 "fail module samr.ko is not loaded" "to do: modprobe samr" "skip samrd" -- \
	samrctl doctor
samr_load
at_exit heads_down
"$SCRIPTS/lab" 3 --no-config || die "scripts/lab failed"
shows "nothing configured" 5 "stopped here: no cluster is configured" "samrctl cluster add name" -- ctl 1 status

# ---- before there is a view ----

for k in 1 2 3; do
	ctl $k cluster add name lab id 4711 node $k dead 1s || die "head $k takes no cluster"
	ctl $k link add kind eth dev eth0
	for j in 1 2 3; do [ $j = $k ] || ctl $k node add id $j; done
done
shows "configured and down" 5 "stopped here: this head takes no part" "to do: samrctl join" -- ctl 1 status
ctl 1 join
ctl 2 join
heard() { ctl 1 -j node | jq -e '[.[] | select(.heard).id] == [2, 3]'; }
check "the others are heard" wait_for 20 heard
await_text() { [[ $(ctl "$1" status) == "$2"* ]]; }
check "it waits for one that has not asked" wait_for 20 await_text 1 "waiting for head 3"$'\n'"  heard, and has not asked"
ctl 3 join
check "healthy" wait_for 20 verdict 1 healthy
shows "and says so first" 0 "healthy: all 3 heads are in view 1" "this is head 1, up, view 1, policy majority" \
	"in the view  this head" "hears heads 2 and 3" "fences    none asked for" "services  none" -- ctl 1 status
is "in JSON the same" "$(value "$(ctl 1 -j status)" \
	'[.verdict, .line, .exit_status, .findings, (.nodes | length), .links[0].dev, .samrd.running]')" \
	'["healthy","healthy: all 3 heads are in view 1",0,[],3,"eth0",false]'
is "samrd is not spoken of where nothing needs it" "$(ctl 1 status | grep -c samrd)" 0

# ---- metrics ----

# sample K TEXT: a line of the metrics of head K, without the cluster's label.
sample() { ctl "$1" stats --prometheus | sed 's/{cluster="lab",/{/; s/{cluster="lab"}//' | grep -qxF "$2"; }
if /usr/bin/python3 -c "import prometheus_client" 2>/dev/null; then
	ctl 1 stats --prometheus >"$tmp/metrics"
	check "the metrics are in their format, with names and units as they should be" "$SELFTESTS/prometheus.py" \
		samr_verdict samr_state samr_view_epoch samr_node_in_view samr_path_heard samr_order_position samr_dropped_total \
		samr_link_bytes_total samr_recovery_seconds samr_latency_seconds <"$tmp/metrics"
	check "also when nothing is loaded for it" "$SELFTESTS/prometheus.py" samr_module_loaded \
		< <(unshare -n samrctl stats show prometheus)
else
	skip "the format of the metrics" "python3-prometheus-client is missing"
fi
check "the verdict" sample 1 'samr_verdict{verdict="healthy"} 1'
check "the state" sample 1 'samr_state{state="up"} 1'
check "who is in the view" sample 1 'samr_node_in_view{node="3"} 1'
check "who is heard where" sample 1 'samr_path_heard{link="eth0",node="2"} 1'
fails_with "nothing else goes with it" 2 "takes nothing else" samrctl -j stats --prometheus

# ---- the doctor ----

finds "the doctor, of what is healthy" 3 "ok module samr.ko" "ok cluster healthy: all 3 heads" "ok duplicates" "ok agreement" \
	"warn key NO KEY: frames are not authenticated" "warn links there is one link" "ok carrier link eth0" \
	"ok heard heads 2 and 3 are heard on eth0" "ok multicast" "ok mtu" "0 wrong" -- ctl 1 doctor
is "in JSON" "$(value "$(ctl 1 -j doctor)" '[.failures, ([.checks[] | select(.check == "key").result])]')" '[0,["warn"]]'
finds "without privilege it says what it cannot see" 3 "skip duplicates" "skip log the kernel's log cannot be read" "to do: run it as root" -- \
	ip netns exec samr1 setpriv --reuid=65534 --regid=65534 --clear-groups samrctl doctor
panic=$(sysctl -n kernel.panic)
sysctl -q kernel.panic=0
finds "a head that stays dead after a panic" 3 "warn panic kernel.panic is 0" "to do: sysctl kernel.panic=10" -- ctl 1 doctor
sysctl -q kernel.panic=10
finds "one that boots again" 3 "ok panic a head whose kernel panics boots again after 10 s" -- ctl 1 doctor
sysctl -q kernel.panic="$panic"
backlog=$(sysctl -n net.core.netdev_max_backlog)
sysctl -q net.core.netdev_max_backlog=300
finds "a backlog that is too small, which is the whole machine's" 4 "warn backlog net.core.netdev_max_backlog is 300" -- samrctl doctor
sysctl -q net.core.netdev_max_backlog="$backlog"
finds "the rest of the machine" 4 "backlog net.core.netdev_max_backlog is $backlog" " clock the clock is " "ok taint" "ok log" -- samrctl doctor
if modprobe softdog 2>/dev/null; then
	finds "a watchdog that panics stop" 3 "is softdog" "does not fire after a panic" -- ctl 1 doctor
	rmmod softdog
else
	skip "a watchdog that panics stop" "no softdog here"
fi
# As the kernel notes a WARN of its own.
echo 512 >/proc/sys/kernel/tainted
finds "a kernel that has warned of itself" 3 "warn taint the kernel has warned of a fault in itself" -- ctl 1 doctor
says() { [[ $(ctl "$1" doctor | tr -s ' ') == *"$2"* ]]; }
ip -n samr-switch link set port3 mtu 1300
check "frames that do not get through" wait_for 30 says 1 "warn mtu eth0 takes frames of 1496 bytes (MTU 1500), and to head 3 only"
ip -n samr-switch link set port3 mtu 1500
"$SCRIPTS/lab" netem 1 corrupt 20%
check "frames that come damaged" wait_for 30 says 1 " frames came damaged in "
"$SCRIPTS/lab" netem
ip -n samr-switch link set port2 type bridge_slave mcast_flood off
check "multicast that does not pass" wait_for 30 says 1 "warn multicast multicast on eth0 does not reach head 2"
ip -n samr-switch link set port2 type bridge_slave mcast_flood on
check "and passes again" wait_for 30 says 1 "ok multicast multicast reaches all"

# A fourth machine, which says that it is head 2.
ip netns add samr4
ip link add eth0 netns samr4 type veth peer name port4 netns samr-switch
ip -n samr-switch link set port4 master br0 up
ip -n samr4 link set eth0 up
ctl 4 cluster add name lab id 4711 node 2
ctl 4 link add kind eth dev eth0
ctl 4 node add id 1
ctl 4 node add id 3
check "two machines with one id, as a third one sees it" wait_for 20 says 1 "fail duplicates two machines say that they are head 2: "
check "and as one of them does" wait_for 20 says 2 "frames of head 2, which is this one, came in"
check "which the kernel's log has, too" wait_for 20 says 2 "another machine says that it is node 2"
ctl 4 cluster del
ctl 4 cluster add name lab id 4711 node 9
ctl 4 link add kind eth dev eth0
ctl 4 node add id 1
check "a machine that nobody knows" wait_for 20 says 1 "from a head that is not configured here"
ctl 4 cluster del
ip netns del samr4
check "healthy all the while" verdict 1 healthy

# ---- watched ----

# A terminal of 12 lines; what is written to it stands in a file at once.
timeout 120 script -qfec "stty rows 12 columns 60; echo \$\$ >$tmp/pid; export TERM=xterm; exec samrctl -n samr1 status --watch 1" \
	"$tmp/screen" >/dev/null </dev/null &
watcher=$!
seen() { grep -aq "$1" "$tmp/screen"; }
check "watch draws" wait_for 20 seen "every 1 s and at each change"
timeout 60 samrctl -n samr1 -j status --watch 60 >"$tmp/frames" &
frames=$!
check "the first one in a pipe" wait_for 20 grep -q healthy "$tmp/frames"

# ---- a head is out ----

recoveries() { ctl 1 stats --prometheus | awk '/^samr_recovery_seconds_count/ { print $2 }'; }
before=$(recoveries)
cut 3
out_of() { ctl 1 -j view | jq -e "[.members[].node] | sort == [$1]"; }
check "the others go on without it" wait_for 30 out_of 1,2
unheard() { ctl 1 status | grep -q "does not hear head 3"; }
wait_for 20 unheard
shows "degraded" 3 "degraded: head 3 is out" "not heard for" "3         out" "does not hear head 3" "fence confirm 3" \
	"excluded     the others go on without it" -- ctl 1 status
is "which head, in JSON" "$(value "$(ctl 1 -j status)" '[.verdict, .findings[0].what, .fences[0].node]')" \
	'["degraded","head 3 is out",3]'
finds "the doctor" 4 "warn cluster head 3 is out" "fail heard head 3 is not heard on eth0, since" -- ctl 1 doctor
check "and in the metrics" sample 1 'samr_verdict{verdict="degraded"} 1'
check "who is out" sample 1 'samr_node_in_view{node="3"} 0'
check "how often views went on" [ "$(recoveries)" -gt "$before" ]
shows "the one that is cut off waits" 4 "waiting for 1 of the heads 1 and 2" "to do: start them again" -- ctl 3 status
check "watch has seen it" wait_for 20 seen "head 3 is out"
check "and so has the pipe, though its interval is not over" grep -q '"verdict":"degraded"' "$tmp/frames"
kill $frames
kill -INT "$(cat "$tmp/pid")"
status=0
wait $watcher || status=$?
is "its exit status is that of what it showed last" $status 3
check "the screen is given back" seen $'\033\[?1049l'
check "each frame is drawn over the one before" [ "$(grep -ac $'\033\[2J' "$tmp/screen")" -le 1 ]
is "no line is longer than the screen" "$(sed 's/\x1b\[H/\n/g; s/\x1b[^a-zA-Z]*[a-zA-Z]//g; s/\r//g' "$tmp/screen" |
	awk 'length > 60 && !/^Script/ { n++ } END { print n + 0 }')" 0
rest() { tail -n 1 "$tmp/frames" | jq -e .exit_status; }
check "each frame in a pipe is whole" rest

# ---- nothing goes on without a fence ----

cut 2
asked() { ctl 1 -j fence | jq -e '[.[] | select(.why == "blocked").node] == [2]'; }
check "a fence is asked for" wait_for 30 asked
shows "it waits for that" 4 "waiting for head 2 to be fenced" "nothing is ordered until it is known to be off" \
	"to do: make sure that its power is off, then: samrctl fence confirm 2" "samrd, which could see to it, does not run" \
	-- ctl 1 status
check "confirmed" ctl 1 fence confirm 2 yes
check "it goes on alone" wait_for 20 verdict 1 degraded
heal 2
heal 3
check "healthy again" wait_for 60 verdict 1 healthy

# ---- one of two links ----

ip -n samr1 link add eth1 type veth peer name far1 netns samr-switch
ctl 1 link add kind eth dev eth1
shows "a link that is down" 3 "degraded: link eth1 is down" "ip link set eth1 up" -- ctl 1 status
ctl 1 link del dev eth1
shows "until it is used no more" 0 "healthy: *" -- ctl 1 status
ctl 1 leave wait 20s
shows "one that has left" 5 "stopped here: this head takes no part" -- ctl 1 status
shows "the others see it out" 3 "degraded: head 1 is out" -- ctl 2 status

# ---- with samrd ----

# Two heads that samrd configures; what cuts their power is a program that reads the answer from a file.
heads_down
"$SCRIPTS/lab" 2 --no-config || die "scripts/lab failed"
cat >"$tmp/agent" <<END
#!/bin/sh
while read -r line; do
	case \$line in action=*) action=\${line#action=} ;; esac
done
[ "\$action" = metadata ] || exit \$(cat $tmp/power)
END
chmod +x "$tmp/agent"
echo 0 >"$tmp/power"
for k in 1 2; do
	cat >"$tmp/$k.conf" <<-END
		cluster "lab" {
		        id = 77
		        this-node = "$([ $k = 1 ] && echo alpha || echo beta)"
		        dead = 2s
		}
		link "net" { device = "eth0" }
		node "alpha" {
		        id = 1
		        fence "pdu" {
		                kind = agent
		                program = "$tmp/agent"
		        }
		}
		node "beta" {
		        id = 2
		        fence "pdu" {
		                kind = agent
		                program = "$tmp/agent"
		        }
		}
		daemon {
		        state-dir = "$tmp/state$k"
		        run-dir = "$tmp/run$k"
		}
	END
	ip netns exec samr$k samrd --foreground --config "$tmp/$k.conf" >"$tmp/samrd$k.log" 2>&1 &
	samrd[k]=$!
	at_exit "kill $! 2>/dev/null"
done
export SAMRD_SOCKET=$tmp/run1/control
wait_for 60 verdict 1 healthy || note "$(cat "$tmp"/samrd?.log; ctl 1 status)"
shows "samrd brings it up, and is part of it" 0 "healthy: all 2 heads are in view *" "1 alpha" "2 beta" \
	"samrd     runs, 2 fence devices, no watchdog" -- ctl 1 status
finds "the doctor asks what cuts power, and wants more than an exit status" 4 "ok samrd samrd runs" \
	"fail fencing head 2 by pdu: no-status" -- ctl 1 doctor
echo 1 >"$tmp/power"
finds "the samr.conf of both are the same" 4 "ok agreement the configuration here is that of head 2" -- ctl 1 doctor
sed -i 's/dead = 2s/dead = 3s/' "$tmp/2.conf"
kill -HUP "${samrd[2]}"
check "what cannot change while it runs is refused" wait_for 20 grep -q "is refused, all stays as it was" "$tmp/samrd2.log"
says 1 "the configuration here is that of head 2" || not_ok "and is not told"
sed -i 's/dead = 3s/dead = 2s fence-delay = 7s/' "$tmp/2.conf"
kill -HUP "${samrd[2]}"
differs() { says "$1" "fail agreement the samr.conf that head $2 goes by differs from the one here"; }
check "what differs on another head is found" wait_for 20 differs 1 2
differs_two() { SAMRD_SOCKET=$tmp/run2/control differs 2 1; }
check "on that one, too" differs_two
sed -i 's/dead = 2s fence-delay = 7s/dead = 2s/' "$tmp/2.conf"
kill -HUP "${samrd[2]}"
check "and that it is mended" wait_for 20 says 1 "ok agreement the configuration here is that of head 2"
finds "also one that does not answer" 4 "fail fencing head 2 by pdu: " "to do: samrctl fence test 2" -- ctl 1 doctor
check "and the metrics know of samrd" sample 1 'samr_samrd_running 1'
SAMRD_SOCKET=$tmp/run2/control shows "the samrd of another head is not taken for this one's" 0 "healthy: *" \
	"samrd     runs, for another head of this machine" -- ctl 1 status
kill "${samrd[@]}"
wait "${samrd[@]}"
finish
