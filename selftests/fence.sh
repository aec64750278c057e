#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2317	# functions are called by check, wait_for and the like
#
# Fences, and what an admin has to do with them: two heads under policy fence, the wire between them cut silently. The
# survivor orders nothing until somebody confirms that the other one is off; then it goes on alone, and the other one
# comes back as a new incarnation. After that, leave and join.
. "$(dirname "$0")/lib.sh"
need_root
need samrctl ip tc jq perl setpriv
tmp=$(mktemp -d)
at_exit "rm -rf $tmp"
refused=1
usage=2

value() { jq -c "$2" <<<"$1"; }
bad() { fails_with "$1" $refused "$2" "${@:3}"; }
wrong() { fails_with "$1" $usage "$2" "${@:3}"; }

heads_up 2 --cluster "policy fence"
for k in 1 2; do
	ctl $k group add id 42 name sql || die "no group on head $k"
	timeout 900 samrctl -n samr$k -j view monitor >"$tmp/events$k" &
	at_exit "kill $! 2>/dev/null"
done
timeout 900 samrctl -n samr2 view monitor >"$tmp/text" &
at_exit "kill $! 2>/dev/null"
sleep 1

# ---- the view, and nothing to fence ----

is "the view has its policy" "$(value "$(ctl 2 -j view)" \
	'[.epoch, .policy, .sequencer, [.members[] | [.node, .learner, .witness, .suspect]]]')" \
	'[1,"fence",1,[[1,false,false,false],[2,false,false,false]]]'
is "nobody has to be fenced" "$(ctl 2 fence)" "nobody has to be fenced"
is "none in JSON" "$(ctl 2 -j fence)" "[]"
bad "none of a head either" "node: nobody asks for a fence of this head" ctl 2 fence show node 1
bad "nothing to confirm" "nobody asks for a fence of this head" ctl 2 fence confirm 1 yes
bad "nothing to confirm, for machines" "nobody asks for a fence of this head" \
	ctl 2 fence confirm node 1 incarnation 1 token 1
wrong "a token without its incarnation" "belong together" ctl 2 fence confirm 1 token 1
wrong "fence confirm of whom" "needs 'node 1..63|NAME'" ctl 2 fence confirm
wrong "a name where nobody gives names" "node 'beta': no samrd runs and no configuration of it can be read" \
	ctl 2 fence confirm beta
wrong "a token that is none" "not 1 to 16 hexadecimal digits" ctl 2 fence confirm 1 incarnation 1 token xyz
bad "no recovery measured yet" "no recovery was measured here yet" ctl 2 availability mttf 5000 mttr 36

# ---- the wire is cut ----

old=$(value "$(ctl 1 -j cluster)" .incarnation)
"$SCRIPTS/lab" netem loss 100% || die "the wire cannot be cut"
check "the survivor asks for a fence" wait_for 20 has 2 '.[0].why == "blocked"' fence
fence=$(ctl 2 -j fence)
is "of whom, in which incarnation, for which view" "$(value "$fence" '[.[] | [.node, .incarnation, .epoch, .done]]')" \
	"[[1,$old,2,false]]"
check "since when" jq -e '.[0].age_ms < 60000' <<<"$fence"
is "one head's fence is the same" "$(value "$(ctl 2 -j fence show 1)" .token)" "$(value "$fence" '.[0].token')"
is "the state is wedged" "$(value "$(ctl 2 -j cluster)" .state)" '"wedged"'
check "the view says since when" has 2 '.wedged_ms > 0' view
check "and who is suspected" has 2 '[.members[] | select(.suspect).node] == [1]' view
check "status says what to type" grep -q "samrctl fence confirm 1" <(ctl 2 status)
check "the other one asks, too" wait_for 20 has 1 '.[0].node == 2 and .[0].why == "blocked"' fence
bad "nor is it left" "the order takes nothing now" ctl 2 leave
bad "also not by waiting" "not down within 1s: the order takes nothing now" ctl 2 leave wait 1s
bad "join says what it waits for" "not up within 1s: node 1 has to be fenced: once it is off, samrctl fence confirm" \
	ctl 2 join wait 1s

member 2 &
at_exit "kill $! 2>/dev/null"
sleep 1
check "nothing is ordered meanwhile" has 2 '.members == 0' group show id 42

# ---- who may confirm, and what ----

inc=$(jq -r '.[0].incarnation' <<<"$fence")
token=$(jq -r '.[0].token' <<<"$fence")
stale=$(printf '%016x' $((0x$token ^ 1)))
confirm() { ctl 2 fence confirm 1 incarnation "$1" token "$2"; }
bad "a stale token" "stale token: the fence was asked for anew" confirm "$inc" "$stale"
bad "another incarnation" "another incarnation of this head is to be fenced" confirm 123 "$token"
bad "another head" "nobody asks for a fence of this head" ctl 2 fence confirm 7 incarnation "$inc" token "$token"
bad "not allowed to all" "needs CAP_NET_ADMIN" ip netns exec samr2 setpriv --reuid=65534 --regid=65534 --clear-groups \
	samrctl fence confirm 1 yes
wrong "no terminal to ask on" "say 'samrctl fence confirm 1 yes'" ctl 2 fence confirm 1 </dev/null
is "all that has changed nothing" "$(value "$(ctl 2 -j fence)" '[.[].token]')" "[\"$token\"]"
if command -v script >/dev/null; then
	out=$(script -qec "samrctl -n samr2 fence confirm 1" /dev/null <<<"no" 2>&1)
	check "on a terminal it asks" grep -q "Node 1, incarnation $inc, .*Type yes.*not confirmed" <(tr '\n\r' '  ' <<<"$out")
	check "and takes no for an answer" has 2 '.[0].why == "blocked"' fence
else
	skip "asking on a terminal" "script(1) is missing"
fi

# ---- the fencing role ----

# own K: a daemon on head K that asks for the role, says what came of it, and keeps it until its standard input ends.
own() {
	ip netns exec "samr$1" python3 -c 'import socket, struct, sys
s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 16)
s.bind((0, 0))
def ask(family, cmd, attrs=b""):
    s.send(struct.pack("IHHII", 20 + len(attrs), family, 5, 1, 0) + struct.pack("BBH", cmd, 1, 0) + attrs)
    return s.recv(65536)
reply = ask(16, 3, struct.pack("HH", 9, 2) + b"samr\0\0\0\0")
at, family = 20, 0
while at + 4 <= len(reply) and not family:
    size, kind = struct.unpack_from("HH", reply, at)
    if kind == 1: family = struct.unpack_from("H", reply, at + 4)[0]
    at += (size + 3) & ~3
s.recv(65536)
print(-struct.unpack_from("i", ask(family, int(sys.argv[1])), 16)[0], flush=True)
sys.stdin.read()' "$(awk '$1 == "SAMR_CMD_FENCE_OWN," { print n } /SAMR_CMD_.*= 1,/ { n = 1 } /^\tSAMR_CMD_/ { n++ }' \
		"$TOP/include/uapi/linux/samr_netlink.h")"
}
mkfifo "$tmp/own"
own 2 <"$tmp/own" >"$tmp/owner" &
exec 9>"$tmp/own"
check "a daemon gets the fencing role" wait_for 20 grep -qx 0 "$tmp/owner"
check "it is shown" has 2 '.fence_owner > 0' cluster
is "another one does not" "$(own 2 </dev/null)" 16
bad "nobody else confirms then" "a daemon has the fencing role" confirm "$inc" "$token"
exec 9>&-
check "it ends with the daemon" wait_for 20 has 2 '.fence_owner == null' cluster

# ---- confirmed ----

check "fence confirm" ctl 2 fence confirm 1 yes
check "the survivor has a view of its own" wait_for 20 has 2 '.epoch == 2 and [.members[].node] == [2]' view
is "it is up" "$(value "$(ctl 2 -j cluster)" .state)" '"up"'
check "and orders again" wait_for 20 has 2 '.members == 1' group show id 42
is "nobody has to be fenced any more" "$(ctl 2 -j fence)" "[]"
check "what was done is known" has 2 'length == 1 and .[0].node == 1 and .[0].done and .[0].why == null' fence list
check "to confirm it again changes nothing" grep -q "counts as fenced already" <(ctl 2 fence confirm 1 yes)
check "nor for machines" confirm "$inc" "$token"
check "the recovery was measured" has 2 '.order.recoveries == 1 and .order.recovery_ns > 0' stats show counters all
check "and availability uses it" has 2 '.measured == 1 and .rows[1].nines > 0' availability mttf 5000 mttr 36

# ---- the other one comes back ----

"$SCRIPTS/lab" netem || die "the wire stays cut"
back() { has 2 '[.members[] | select(.learner | not).node] == [2, 1]' view; }
check "it comes back, and gets its vote" wait_for 60 back
is "as a new incarnation" "$([ "$(value "$(ctl 1 -j cluster)" .incarnation)" != "$old" ] && echo new)" new
check "it is up" wait_for 20 has 1 '.state == "up"' cluster
is "as all see it" "$(value "$(ctl 1 -j view)" '[.sequencer, .policy, ([.members[].node] | sort)]')" '[2,"fence",[1,2]]'
bad "the old incarnation is refused" "" ctl 1 fence confirm 2 incarnation "$inc" token "$token"
check "the fence that was done is forgotten" has 2 '. == []' fence list
member 1 &
at_exit "kill $! 2>/dev/null"
check "both order" wait_for 20 has 2 '.members == 2' group show id 42

# ---- leave and join ----

check "leave, and wait" ctl 1 leave wait 20s
is "it is down" "$(value "$(ctl 1 -j cluster)" .state)" '"down"'
check "the other one goes on alone, at once" wait_for 10 has 2 '[.members[].node] == [2]' view
is "nobody has to be fenced for it" "$(ctl 2 -j fence)" "[]"
check "nor was it a recovery" has 2 '.order.recoveries == 1' stats show counters all
check "join, and wait" ctl 1 join wait 60s
check "both are in the view" back
bad "what join waits for" "node 2 has not asked for the same view yet" sh -c '
	samrctl -n samr1 leave wait 20s && samrctl -n samr2 leave wait 20s && samrctl -n samr1 join wait 2s'
check "join without waiting" ctl 2 join
check "the first view again" wait_for 20 has 1 '.members | length == 2' view

# ---- events ----

check "events of the survivor, in their order" python3 -c 'import json, sys
events = [json.loads(l) for l in open(sys.argv[1])]
names = [(e["object"], e["event"]) for e in events]
want = [("view", "change"), ("fence", "add"), ("fence", "change"), ("view", "add")]
i = 0
for n in names:
	if i < len(want) and n == want[i]: i += 1
assert i == len(want), (want[i], names)
asked = [e for e in events if (e["object"], e["event"]) == ("fence", "add")][0]
assert (asked["node"], asked["incarnation"], asked["token"], asked["why"]) == \
	(1, sys.argv[2], sys.argv[3], "blocked"), asked
done = [e for e in events if (e["object"], e["event"]) == ("fence", "change")][0]
assert done["done"] and "why" not in done, done
assert {e["object"] for e in events} <= {"view", "fence", "cluster"}, names' "$tmp/events2" "$inc" "$token"
check "the other one was out" grep -q '"object":"cluster","event":"out"' "$tmp/events1"
is "as text, one event a line" "$(grep -cv '^20..-..-..T..:..:..\.......[+-]..:..[ ]' "$tmp/text")" 0
check "which names the members" grep -Eq 'view add epoch 2 .*members 2( |$)' "$tmp/text"
finish
