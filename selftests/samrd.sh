#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# Three heads that samrd brings up, each from the same configuration and nothing else:
#
#	netns samr1        netns samr2        netns samr3
#	samrd alpha        samrd beta         samrd gamma	folders of their own under $work
#	  eth0 -------------- br0 ---------------- eth0
#
# One falls silent, is fenced by hand and comes back; configurations are reloaded, good ones and bad ones; a daemon is
# killed and stopped. At the end: what an idle samrd costs.
# shellcheck disable=SC2317	# functions that wait_for and at_exit call
. "$(dirname "$0")/lib.sh"
need_root
need jq ip
work=$(mktemp -d)
at_exit rm -rf "$work"
names=(- alpha beta gamma)
pids=(0 0 0 0)

# config K MORE: the configuration of head K, with more lines.
config() {
	cat >"$work/$1.conf" <<-END
		cluster "lab" {
		        id = 77
		        this-node = "${names[$1]}"
		        dead = 5s
		        fence-delay = 100ms
		        fence-delay-blocked = 100ms
		}
		link "net" { device = "eth0" }
		node "alpha" { id = 1 }
		node "beta" { id = 2 }
		node "gamma" { id = 3 }
		service "counter" { id = 42 }
		hooks {
		        on-view = "$work/hook"
		        on-alert = "$work/hook"
		        on-fence = "$work/hook"
		}
		daemon {
		        state-dir = "$work/state$1"
		        run-dir = "$work/run$1"
		        on-stop = ${on_stop:-leave}
		}
		$2
	END
}

start() {
	config "$1" "${2:-}"
	# Not by a function: signals are for the daemon itself.
	ip netns exec "samr$1" samrd --foreground --config "$work/$1.conf" >>"$work/$1.log" 2>&1 &
	pids[$1]=$!
}

# ask K VERB [MORE]: of the daemon of head K.
ask() {
	local k=$1 verb=$2 more=${3:-}
	python3 - "$work/run$k/control" "{\"verb\":\"$verb\"$more}" <<-'END'
		import socket, sys
		s = socket.socket(socket.AF_UNIX)
		s.connect(sys.argv[1])
		s.sendall(sys.argv[2].encode() + b"\n")
		print(s.makefile().read())
	END
}

# says K FILTER: is it true of the status of head K?
says() { ask "$1" status | jq -e ".result | $2" >/dev/null; }
state() { ask "$1" status | jq -r ".result.state"; }
members() { ask "$1" status | jq -r ".result.members | join(\",\")"; }

logged() { grep -qF -- "$2" "$work/$1.log"; }

show_logs() { [ "$failures" -eq 0 ] || for k in 1 2 3; do note "log of ${names[$k]}:" "$(cat "$work/$k.log")"; done; }
at_exit show_logs

printf '#!/bin/sh\n{ env | sort | tr "\\n" " "; echo; } >>%s/hooks\n' "$work" >"$work/hook"
chmod 755 "$work/hook"
samr_load
at_exit heads_down
"$SCRIPTS/lab" 3 --no-config || die "no network"

# Wrong from the start.
config 1 'service "db" { id = 42 }'
fails_with "a wrong configuration is not started with" 6 'service "db" has the id 42 of service "counter"' \
	on 1 samrd --foreground --config "$work/1.conf"
fails_with "nor is its check content" 6 'each needs its own' samrd --check --config "$work/1.conf"
config 1
check "a right one is" samrd --check --config "$work/1.conf"

# Two of three wait for the third: nobody knows of a view.
start 1
start 2
check "the daemons answer" wait_for 20 says 2 '.state == "waiting"'
check "they hear each other" wait_for 20 says 1 '.nodes[1].state == "heard"'
check "and say for whom they wait" wait_for 10 says 1 '.start.heads == ["gamma"]'
start 3
for k in 1 2 3; do check "${names[$k]} is up" wait_for 40 says $k '.state == "up" and (.members | length) == 3'; done
is "their kernels were configured by them" \
	"$(on 3 samrctl -j cluster show | jq -r '"\(.name) \(.id) \(.node) \(.limits.dead_us)"')" "lab 77 3 5000000"
is "the service, too" "$(on 2 samrctl -j group show | jq -r '.[] | "\(.id) \(.name)"')" "42 counter"
check "the view is kept on disk" wait_for 10 test -s "$work/state1/memory"
check "the hook was told" grep -q 'SAMR_COUNT=3 SAMR_EPOCH=.* SAMR_EVENT=view .* SAMR_STATE=serving' "$work/hooks"
fails_with "a second daemon finds the first" 1 "another samrd answers" on 1 samrd --foreground --config "$work/1.conf"

# Reload.
config 1 'service "db" { id = 43 user = "nobody" }'
kill -HUP "${pids[1]}"
check "a new service is there after a reload" wait_for 10 on 1 samrctl group show id 43
check "its user, too" [ "$(on 1 samrctl -j group show id 43 | jq .uid)" = "$(id -u nobody)" ]
config 1 'service "db" { id = 43 users = "nobody" }'
kill -HUP "${pids[1]}"
check "a broken file is refused, with its line" \
	wait_for 10 logged 1 "'users' is not known in service db; did you mean user"
check "and all stays as it was" wait_for 5 logged 1 "is refused, all stays as it was"
check "the group is there" on 1 samrctl group show id 43
on 1 samrctl group add id 50 name busy || die "cannot add a group"
config 1 'service "other" { id = 44 } service "busy" { id = 51 }'
kill -HUP "${pids[1]}"
check "what the kernel refuses is named" wait_for 10 logged 1 'the kernel refuses service "busy" (51)'
fails_with "what came before it is taken back" 1 "" on 1 samrctl group show id 44
check "also what it had taken away" on 1 samrctl group show id 43
sed -i 's/id = 77/id = 78/' "$work/1.conf"
kill -HUP "${pids[1]}"
check "the id of a cluster cannot change" wait_for 10 logged 1 "cluster: id: 78, was 77: needs samrd and the cluster"
config 1
kill -HUP "${pids[1]}"
gone() { ! on 1 samrctl group show id 43 2>/dev/null; }
check "what is not wanted any more goes" wait_for 10 gone

# One falls silent.
ip -n samr-switch link set port3 nomaster
check "a dead head is out of the view" wait_for 40 says 1 '.members == ["alpha","beta"] and .state == "up"'
check "the others' samrd say so" says 1 '.nodes[2].state == "silent" and .nodes[2].fence.why == "excluded"'
check "somebody has to switch it off" wait_for 10 says 1 '.nodes[2].fence.state == "manual"'
check "the hook of alerts was told" wait_for 10 grep -q 'SAMR_ALERT=fence-manual SAMR_ALERT_NAME=gamma' "$work/hooks"
fails_with "the kernel takes that from the daemon only" 1 "a daemon has the fencing role" \
	on 1 samrctl fence confirm 3 incarnation 1 token 1
check "an admin confirms through it" env SAMRD_SOCKET="$work/run1/control" ip netns exec samr1 samrctl fence confirm 3 yes
check "and it counts as fenced" wait_for 10 says 1 '.nodes[2].fence.why == null'
ip -n samr-switch link set port3 master br0
for k in 1 3; do check "back again: ${names[$k]}" wait_for 60 says $k '.state == "up" and (.members | length) == 3'; done

# A daemon dies; the cluster does not.
kill -KILL "${pids[2]}"
wait "${pids[2]}" 2>/dev/null
is "without its samrd a head stays" "$(members 1)" "alpha,beta,gamma"
start 2
check "a new one takes over" wait_for 20 says 2 '.state == "up"'

# What it costs, when nothing happens.
sleep 5
ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }
before=$(ticks "${pids[1]}")
sleep 20
after=$(ticks "${pids[1]}")
rss=$(awk '/^VmRSS/ { print $2 }' "/proc/${pids[1]}/status")
anon=$(awk '/^RssAnon/ { print $2 }' "/proc/${pids[1]}/status")
percent=$(awk -v t=$((after - before)) -v hz="$(getconf CLK_TCK)" 'BEGIN { printf "%.2f", t * 100 / hz / 20 }')
note "idle samrd: $percent % of a CPU in 20 s, $rss KiB resident, $anon KiB of it its own"
check "idle: less than 0.5 % of a CPU" awk -v p="$percent" 'BEGIN { exit p >= 0.5 }'
check "and 8 MiB" [ "$rss" -lt 8192 ]
for set in CapPrm CapBnd; do
	is "$set: CAP_NET_ADMIN and no other" "$(awk "/^$set/ { print \$2 }" "/proc/${pids[1]}/status")" 0000000000001000
done

# The end: one stays, one leaves.
on_stop=stay config 1
kill -HUP "${pids[1]}"
check "on-stop can change" wait_for 10 logged 1 "daemon: on-stop: stay, was leave"
kill -TERM "${pids[1]}" "${pids[2]}"
wait "${pids[1]}"
is "on-stop stay: it ends well" $? 0
wait "${pids[2]}"
is "on-stop leave: it ends well, too" $? 0
check "who leaves is out" wait_for 20 says 3 '.members == ["alpha","gamma"]'
is "and is down" "$(on 2 samrctl -j cluster show | jq -r .state)" down
start 2
check "and comes back" wait_for 60 says 3 '(.members | length) == 3'
kill -TERM "${pids[2]}" "${pids[3]}"
wait "${pids[2]}" "${pids[3]}"
finish
