#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# What samr adds to a fence, for one guest with --icount: there one instruction is one nanosecond, so that figures mean
# the same on every machine; they count instructions, no caches, devices or parallel processors.
#
#   scripts/guest --icount --mem 768 selftests/bench/fence.sh [REPEATS [LINKS]]
#
# Two heads with samrd, one link or as many as wanted, policy fence, default timers; the BMC of the second one is
# ipmi_sim. That head hangs: it falls silent, and its machine is stopped. Measured by the first one's kernel: from the
# last that it heard of it to the view in which it serves. What has to be waited for is taken off: "dead", the fence
# delay, and the time from the first question to the BMC until it has said twice that power is off, as samr-fence-ipmi
# measures it.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../cluster/links.sh"
repeats=${1:-5} links=${2:-1}
dead=100 delay=500
names=(- alpha beta)
need_root
need ipmi_sim python3 jq
work=$(mktemp -d)
at_exit rm -rf "$work"

config() {
	cat >"$work/$1.conf" <<-END
		cluster "bench" { id = 77 this-node = "${names[$1]}" policy = fence }
		$(for ((l = 0; l < links; l++)); do echo "link \"net$l\" { device = \"eth$l\" }"; done)
		node "alpha" { id = 1 }
		node "beta" {
			id = 2
			fence "bmc" {
				kind = ipmi
				address = "10.77.1.1:9002"
				user = "samr"
				password-file = "$work/password"
				allow-cipher-suite-3 = yes
				workarounds = { "opensesspriv" }
			}
		}
		daemon { state-dir = "$work/state$1" run-dir = "$work/run$1" }
	END
}

# A BMC that has switched on a machine, until the end.
bmc_up() {
	python3 -B - "$work" "$SELFTESTS/guests" <<-'END' &
		import sys, time
		sys.path.insert(0, sys.argv[2])
		import bmc
		b = bmc.Bmc(sys.argv[1], 2, "10.77.1.1", 9002)
		with open(sys.argv[1] + "/password", "w", opener=lambda p, f: __import__("os").open(p, f, 0o600)) as f:
		    f.write(bmc.PASSWORD + "\n")
		b.write_machine("sleep 100000")
		print(b.power("on"), file=sys.stderr)
		while True:
		    with open(sys.argv[1] + "/on") as f:    # a FIFO: each line, power on
		        for _ in f:
		            b.power("on")
	END
	at_exit kill $!
	wait_for 600 test -s "$work/bmc2/pid" || die "no BMC"
}

start() {
	config "$1"
	SAMR_FENCE_IPMI=$TOP/build/userspace/samr-fence-ipmi ip netns exec "samr$1" samrd --foreground \
		--config "$work/$1.conf" >>"$work/$1.log" 2>&1 &
	at_exit kill $!
}

# shellcheck disable=SC2317	# called by wait_for
has_view() { has "$1" ".cluster.state == \"up\" and (.view.members | length) == $2" status; }
counter() { ctl 1 stats show counters all | awk -v name="$1" '$1 == name { print $2; exit }'; }

samr_load
at_exit heads_down
network 2 "$links"
ip link add bmc type veth peer name bmc netns samr1
ip addr add 10.77.1.1/24 dev bmc && ip link set bmc up
ip -n samr1 addr add 10.77.1.2/24 dev bmc && ip -n samr1 link set bmc up
mkfifo "$work/on"
# Time leaps while a file is waited for: a limit is none here.
bmc_up
start 1
start 2
for k in 1 2; do wait_for 600 has_view $k 2 || die "no view: $(cat "$work"/?.log)"; done
# Programs and libraries are read from the disk once before.
SAMRD_SOCKET=$work/run1/control ctl 1 fence test 2 >/dev/null || die "the BMC does not answer"
for ((i = 0; i < repeats; i++)); do
	sleep "0.$((RANDOM % 900 + 100))"
	before=$(wc -l <"$work/1.log")
	kill -STOP "$(cat "$work/bmc2/pid")"
	for ((l = 0; l < links; l++)); do pull $l 2; done
	wait_for 600 has_view 1 1 || die "it does not go on: $(ctl 1 status) $(cat "$work/1.log")"
	whole=$(($(counter recovery-ns-last) / 1000))
	line=$(grep 'fence of beta: confirmed off' "$work/1.log" | tail -n 1)
	[[ $line =~ off\ in\ ([0-9]+)\ ms.*after\ ([0-9]+)\ ms ]] || die "no time in: $line"
	attempt=${BASH_REMATCH[1]} bmc=${BASH_REMATCH[2]}
	own=$((whole - (dead + delay + bmc) * 1000))
	note "$whole us: $dead ms suspicion, $delay ms delay, $bmc ms BMC, $own us samr's own," \
		"$((attempt - bmc)) ms of it the process that asks the BMC"
	# Where the BMC had to be asked again, what came before is not samr's.
	if [ "$(tail -n "+$((before + 1))" "$work/1.log" | grep -c 'fence of beta: ')" = 1 ]; then
		echo $own >>"$work/own"
	else
		note "not counted: $(tail -n "+$((before + 1))" "$work/1.log" | grep 'fence of beta: ' | paste -sd '|')"
	fi
	for ((l = 0; l < links; l++)); do plug $l 2; done
	echo >"$work/on"
	for k in 1 2; do wait_for 600 has_view $k 2 || die "it does not come back: $(ctl $k status)"; done
done
check "most fences took one attempt" [ $(($(wc -l <"$work/own") * 2)) -gt "$repeats" ]
own=$(sort -n "$work/own" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }')
note "median of samr's own part: $own us, at most 100 ms wanted"
check "it is within 100 ms" [ "$own" -lt 100000 ]
finish
