#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# samrctl and the generic netlink family behind it: good and bad use of each command, JSON, events, completion and
# privileges. Three heads, as scripts/lab makes them, configured here.
. "$(dirname "$0")/lib.sh"
need_root
need samrctl ip jq python3 perl setpriv unshare
tmp=$(mktemp -d)
at_exit "rm -rf $tmp"
usage=2
refused=1


# wrong NAME TEXT COMMAND...: wrong usage, explained by TEXT; bad: the same of what the kernel refuses.
wrong() { fails_with "$1" $usage "$2" "${@:3}"; }
bad() { fails_with "$1" $refused "$2" "${@:3}"; }

# value JSON FILTER: of jq, on one line.
value() { jq -c "$2" <<<"$1"; }

# Documents for one run of Python, whose start takes long in a guest.
keep_json() { samrctl "$@" >>"$tmp/json" && printf '\0' >>"$tmp/json"; }

samr_unload || die "samr.ko cannot be unloaded"
bad "without the module it says how to load it" "samr.ko is not loaded: run modprobe samr" samrctl cluster
bad "also for sockets" "run modprobe samr" samrctl socket show
samr_load
at_exit heads_down
"$SCRIPTS/lab" 3 --no-config || die "scripts/lab failed"

# ---- the command line ----

wrong "no object" "which object" samrctl
wrong "unknown object: the likely one" "did you mean 'cluster'? There are: status" samrctl clutser show
wrong "unknown object: all of them" "there are: status, doctor, cluster, node, link, group, member" samrctl nonsense
wrong "unknown verb: the likely one" "did you mean 'show'? There are: show, add, set, override, del, help" samrctl cluster shwo
wrong "verbs are not abbreviated" "unknown verb of cluster 'sh'" samrctl cluster sh
wrong "unknown key: the likely one" "did you mean 'name'? There are: name, id" samrctl cluster add nmae x
wrong "an option in the wrong place" "'-j': options stand before the object" samrctl cluster show -j
wrong "the same where a verb is wanted" "'--json': options stand before the object" samrctl status --json
wrong "an interval that is none" "watch 'x': not a number, allowed is SECONDS" samrctl status --watch x
wrong "an interval out of range" "watch '1ms': out of range" samrctl status --watch 1ms
wrong "a key that nothing takes" "view show takes no key" samrctl view show id 3
wrong "a key without value" "'node' needs a value: 1..63" samrctl cluster add name demo id 7 node
wrong "a key twice" "'id' is there twice" samrctl cluster add id 1 id 2
wrong "a key that is missing" "cluster add needs 'id 1..4294967295'" samrctl cluster add name demo node 1
wrong "neither head nor client node" "cluster add needs either 'node 1..63', of a head, or 'client yes'" samrctl cluster add name demo id 7
wrong "both of them" "needs one of 'node 1..63', of a head, or 'client yes'" samrctl cluster add name demo id 7 node 1 client yes
wrong "number too small" "id '0': out of range, allowed is 1..4294967295" samrctl cluster add name demo id 0 node 1
wrong "number too large" "node '64': out of range, allowed is 1..63" samrctl cluster add name demo id 7 node 64
wrong "number beyond 64 bits" "out of range" samrctl cluster add name demo id 99999999999999999999999 node 1
wrong "negative number" "not a number" samrctl node add id -1
wrong "no number" "not a number" samrctl node add id 2x
wrong "time without unit" "a time is a whole number with a unit" samrctl cluster add name demo id 7 node 1 beat 20
wrong "time that is no whole number" "a time is a whole number" samrctl cluster add name demo id 7 node 1 beat 1.5ms
wrong "time out of range" "allowed is 2ms..10s" samrctl cluster add name demo id 7 node 1 beat 1ms
wrong "size out of range" "allowed is 2M..1G" samrctl cluster add name demo id 7 node 1 history-bytes 2G
wrong "word that is none" "there are: down, up" samrctl cluster set state halted
wrong "name too long" "at most 31 bytes" samrctl cluster add name "$(printf 'a%.0s' {1..32})" id 7 node 1
wrong "unknown user" "no such user" samrctl group add id 1 uid nobody-of-that-name
wrong "no address" "not an address such as" samrctl node add id 2 link eth0 address 1:2:3
wrong "unknown option" "samrctl --help" samrctl --nonsense
wrong "namespace with a path" "not the name of a network namespace" samrctl -n ../x status
bad "unknown namespace" "cannot open network namespace 'nowhere'" samrctl -n nowhere status
check "help" samrctl --help
check "version" samrctl --version
check "help of an object has its grammar" grep -q 'beat 2ms..10s' <(samrctl cluster help)
for words in "help cluster" "cluster --help" "--help cluster"; do
	# shellcheck disable=SC2086
	is "so has samrctl $words" "$(samrctl $words)" "$(samrctl cluster help)"
done
wrong "help for what is none" "unknown object 'clutser'" samrctl help clutser
bad "a full disk is noticed" "cannot write" bash -c 'samrctl --help >/dev/full'

# ---- without a cluster ----

is "status without a cluster" "$(value "$(ctl 1 -j status)" '.cluster')" null
bad "cluster show without a cluster" "no cluster in this network namespace" ctl 1 cluster
for o in node link group member view fence stats; do
	bad "$o show without a cluster" "no cluster" ctl 1 $o
	is "$o: nothing is printed then" "$(ctl 1 -j $o 2>/dev/null)" ""
done
bad "node add without a cluster" "no cluster" ctl 1 node add id 2
bad "cluster del without a cluster" "no cluster" ctl 1 cluster del

# ---- what the kernel refuses ----

# shellcheck disable=SC2317	# called by check and the like, as other functions below
add() { ctl 1 cluster add name demo id 7 node 1 "$@"; }
bad "name that is none" "name: a name is a letter" ctl 1 cluster add name 1st id 7 node 1
bad "name with a space" "name: a name is a letter" ctl 1 cluster add name "a b" id 7 node 1
bad "history is a power of two" "history: this must be a power of two" add history 100
bad "submits are a power of two" "submits: this must be a power of two" add submits 100
bad "dead is several beats" "dead: this must be at least 3 times the beat" add beat 50ms dead 149ms
check "cluster add with all limits" add resilience quorum policy fence beat 50ms dead 200ms stuck 5s reorder 500us \
	ack-delay 2ms history 1024 history-bytes 8M submits 64 submit-bytes 2M ref-min 1K
is "limits are shown" "$(ctl 1 cluster show | grep -o 'limits .*')" \
	"limits resilience quorum policy fence beat 50ms dead 200ms stuck 5s reorder 500us ack-delay 2ms history 1024\
 history-bytes 8M submits 64 submit-bytes 2M ref-min 1K"
bad "a second cluster" "already" add
check "cluster del" ctl 1 cluster del
check "cluster add" add
is "defaults" "$(ctl 1 cluster show | grep -o 'limits .*')" \
	"limits resilience all policy auto beat 20ms dead 100ms stuck 5s reorder 1ms ack-delay 5ms history 4096\
 history-bytes 16M submits 256 submit-bytes 4M ref-min 2K"
bad "the node itself" "" ctl 1 node add id 1
check "node add" ctl 1 node add id 9
bad "node add twice" "already" ctl 1 node add id 9
is "the node is shown" "$(value "$(ctl 1 -j node show id 9)" '[.id, .self, .heard]')" '[9,false,false]'
check "node del" ctl 1 node del id 9
bad "node del of none" "no such node" ctl 1 node del id 9
bad "node show of none" "id: no such head is configured" ctl 1 node show id 9
wrong "address without link" "'link' and 'address' belong together" ctl 1 node add id 9 address 02:00:00:00:00:09
bad "address on no link" "link: no link uses this device" ctl 1 node add id 9 link eth9 address 02:00:00:00:00:09
bad "... and the node is not there then" "no such head" ctl 1 node show id 9
bad "link of an unknown kind" "" ctl 1 link add kind pigeon dev eth0
bad "link on a device that is no Ethernet" "" ctl 1 link add kind eth dev lo
check "link add" ctl 1 link add kind eth dev eth0
bad "link add twice" "" ctl 1 link add kind eth dev eth0
bad "link show of none" "dev: no link uses this device" ctl 1 link show dev eth9
bad "link without its device" "a link of this kind needs a device" ctl 1 link add kind eth
bad "link with a device that its kind has not" "a link of this kind has no device" ctl 1 link add kind loop dev eth0
check "link without device" ctl 1 link add kind loop
bad "link without device twice" "already" ctl 1 link add kind loop
is "it is shown" "$(value "$(ctl 1 -j link)" '.[] | select(.kind == "loop") | [.dev, .state]')" '[null,"up"]'
wrong "link del: which" "link del needs 'dev DEV'" ctl 1 link del
check "link del without device" ctl 1 link del kind loop
bad "link del without device, of none" "there is no link of this kind without a device" ctl 1 link del kind loop
check "link on a device to come" ctl 1 link add kind eth dev eth7
is "it is absent" "$(value "$(ctl 1 -j link show dev eth7)" '.state')" '"absent"'
check "link del" ctl 1 link del dev eth7
bad "link del of none" "dev: no link uses this device" ctl 1 link del dev eth7
check "node add with address" ctl 1 node add id 9 link eth0 address 02:00:00:00:00:09
is "the address is shown" "$(value "$(ctl 1 -j link show dev eth0)" \
	'.paths[] | select(.node == 9) | [.address, .configured]')" '["02:00:00:00:00:09",true]'
check "node set: another address" ctl 1 node set id 9 link eth0 address 02:00:00:00:00:0a
bad "node set: a multicast address" "" ctl 1 node set id 9 link eth0 address 01:00:00:00:00:0a
check "node set: learn" ctl 1 node set id 9 link eth0 address learn
is "it is learned now" "$(value "$(ctl 1 -j link show dev eth0)" \
	'.paths[] | select(.node == 9) | [.address, .configured]')" '[null,false]'
check "node del with address" ctl 1 node del id 9
check "group add" ctl 1 group add id 42 name sql uid root gid 0
bad "group add: id twice" "" ctl 1 group add id 42
bad "group add: name twice" "" ctl 1 group add id 43 name sql
bad "group add: no name" "name: a name is a letter" ctl 1 group add id 43 name -sql
is "the group is shown" "$(value "$(ctl 1 -j group show id 42)" \
	'[.name, .uid, .gid, .declared, .members]')" '["sql",0,0,true,0]'
bad "group show of none" "id: this group is not declared" ctl 1 group show id 43
bad "group del of none" "" ctl 1 group del id 43
check "group add without name" ctl 1 group add id 43
check "group del" ctl 1 group del id 43
ctl 1 node add id 2
check "state up" ctl 1 cluster set state up
is "it waits" "$(value "$(ctl 1 -j cluster)" '.state')" '"waiting"'
check "nodes can be added meanwhile" ctl 1 node add id 3
check "... and forgotten" ctl 1 node del id 3
bad "founders are configured" "a founder is none of the configured nodes" ctl 1 cluster set state up founders 1,3
bad "founders go with up" "founders go with the state 'up'" ctl 1 cluster set state down founders 1
check "founders are named" ctl 1 cluster set state up founders 1,2
is "they are shown" "$(value "$(ctl 1 -j view)" '[.founders, .missing]')" '[[1,2],[2]]'
check "no founders" ctl 1 cluster set state up founders none
is "nobody is missing then" "$(value "$(ctl 1 -j view)" '[.founders, .missing]')" '[[],[]]'
bad "a memory is whole" "'saved-epoch' and 'saved-members' belong together" ctl 1 cluster set saved-epoch 7
bad "a memory makes sense" "that is no memory" ctl 1 cluster set saved-epoch 7 saved-members none
bad "nothing to set" "state" ctl 1 cluster set
check "what is saved" ctl 1 cluster set keeper yes saved-epoch 7 saved-members 1,2 saved-flags last-survivor
is "it is shown" "$(value "$(ctl 1 -j cluster)" '[.keeper, .saved_epoch, .saved_members, .last_survivor, .left_cleanly]')" \
	'[true,7,[1,2],true,false]'
is "... and for the node itself" "$(value "$(ctl 1 -j node show id 1)" '[.saved_epoch, .saved_members]')" '[7,[1,2]]'
check "an empty memory, and no keeper" ctl 1 cluster set keeper no saved-epoch 0 saved-members none
check "state down" ctl 1 cluster set state down
is "state is down" "$(value "$(ctl 1 -j cluster)" '.state')" '"down"'

# ---- three heads, and one that listens ----

timeout 600 samrctl -n samr1 -j monitor >"$tmp/events" &
monitor=$!
wait_for 10 test -d /proc/$monitor || die "no monitor"
sleep 1
for k in 2 3; do
	ctl $k cluster add name demo id 7 node $k
	ctl $k link add kind eth dev eth0
	ctl $k group add id 42 name sql
done
ctl 1 node add id 3
ctl 2 node add id 1
ctl 2 node add id 3
ctl 3 node add id 1
ctl 3 node add id 2
ctl 1 cluster set state up
ctl 2 cluster set state up
is "it is said who is missing" "$(value "$(ctl 1 -j view)" '[.epoch, .missing]')" '[0,[3]]'
is "state is waiting" "$(value "$(ctl 1 -j cluster)" '.state')" '"waiting"'
ctl 3 cluster set state up
# shellcheck disable=SC2317
wants() { [ "$(value "$(ctl "$1" -j node show id "$2")" '.wants')" = "$3" ]; }
# shellcheck disable=SC2317
saved() { [ "$(value "$(ctl "$1" -j node show id "$2")" '[.saved_epoch, .saved_members]')" = "$3" ]; }
# shellcheck disable=SC2317
in_view() { ctl "$1" view | grep -q 'member node 3'; }
for k in 1 2 3; do
	check "head $k has the view" wait_for 20 in_view $k
done
is "the view has all heads" "$(value "$(ctl 2 -j view)" '[[.members[].node], .holders, .policy, .learning, .wedged_ms]')" \
	'[[1,2,3],3,"majority",false,null]'
is "every head is in it, this one too" "$(value "$(ctl 2 -j node)" '[.[] | [.id, .in_view]]')" \
	'[[1,true],[2,true],[3,true]]'
bad "nodes in the view stay" "the node is in the view" ctl 1 node del id 2
bad "founders are for the first view" "there is a view" ctl 1 cluster set state up founders 1
check "others can come" ctl 1 node add id 9
is "whom a head wants is told" "$(wait_for 20 wants 2 1 '[1,2,3,9]' && echo yes)" yes
check "... and go" ctl 1 node del id 9
check "what is saved is told" ctl 1 cluster set saved-epoch 1 saved-members 1,2,3
is "all know of it" "$(wait_for 20 saved 3 1 '[1,[1,2,3]]' && echo yes)" yes
check "one link is enough to see in" grep -q 'path node 2 address 02:53:4d:00:00:02' <(ctl 1 link)
check "status is one screen" [ "$(ctl 1 status | wc -l)" -le 24 ]

# ---- sockets and who holds them ----

for k in 1 2; do
	member $k &
	at_exit "kill $! 2>/dev/null"
	members+=($!)
done
# shellcheck disable=SC2317
joined() { [ "$(ctl 3 member show group 42 | wc -l)" -eq "$1" ]; }
check "both joined, as head 3 sees it" wait_for 60 joined 2
is "member show" "$(value "$(ctl 3 -j member)" '[[.[] | [.group, .rank, .state]], ([.[].node] | sort)]')" \
	'[[[42,0,"none"],[42,1,"none"]],[1,2]]'
is "member show of a group without any" "$(ctl 3 -j member show group 41)" "[]"
is "the group counts its own and all" "$(value "$(ctl 1 -j group show id 42)" '[.joined, .members]')" '[1,2]'
sockets=$(ctl 1 -j socket show group 42)
is "socket show" "$(value "$sockets" '[.[] | [.name, .state, .holders[0].comm]]')" \
	'[["sql","joined","perl"]]'
is "socket show of another group" "$(ctl 1 -j socket show group 41)" "[]"
bad "the group stays while sockets are bound" "" ctl 1 group del id 42
bad "so does the cluster" "" ctl 1 cluster del
check "so does the module" test ! "$(rmmod samr 2>&1)" = ""
check "and status says so" grep -q 'samrctl socket show names them' <(ctl 1 status)

bad "member del: of which group" "no such service on this head" ctl 1 member del group 43 port 1
bad "member del: which" "no such member on this head" ctl 1 member del group 42 port 4000000
port=$(value "$(ctl 1 -j member)" '.[] | select(.node == 1) | .port')
check "member del" ctl 1 member del group 42 port "$port"
check "it is out, for all" wait_for 20 joined 1
bad "member del: again" "no member of the group, or leaves it already" ctl 1 member del group 42 port "$port"

# ---- privileges ----

nobody() { ip netns exec samr1 setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
check "anyone may look" nobody samrctl status
for c in "cluster del" "cluster set state down" "cluster set keeper yes" join leave "member del group 42 port 1" "fence confirm 2 incarnation 1 token 1" "node add id 9" "node del id 2" "node set id 2 link eth0 address learn" \
	"link add kind eth dev x" "link del dev eth0" "group add id 9" "group del id 42" "cluster add name x id 1 node 1"; do
	# shellcheck disable=SC2086
	bad "not allowed to all: $c" "needs CAP_NET_ADMIN" nobody samrctl $c
done
own=$(nobody unshare --user --map-root-user --net sh -c 'samrctl cluster add name own id 9 node 5 &&
	samrctl group add id 1 name own uid 0 && samrctl -j group show id 1 && samrctl cluster del' 2>&1)
is "in one's own user and network namespace" "$(value "$own" '[.name, .uid]')" '["own",0]'
fails_with "with users of that namespace only" $refused "uid: no such user in this user namespace" \
	nobody unshare --user --map-root-user --net sh -c 'samrctl cluster add name own id 9 node 5 &&
	samrctl group add id 1 uid 1000'

# ---- output ----

for o in status cluster node link group member socket view fence "fence list" stats "stats show counters all" \
	"stats show scope drops" "stats latency" "availability mttf 5000 mttr 36 recovery 500ms"; do
	# shellcheck disable=SC2086
	keep_json -j -n samr1 $o
	# shellcheck disable=SC2086
	keep_json -p -n samr1 $o
done
check "all JSON is JSON" python3 -c 'import json, sys
docs = open(sys.argv[1]).read().split("\0")[:-1]
assert len(docs) == 30, len(docs)
for d in docs: json.loads(d)' "$tmp/json"
ctl 1 stats show counters all >"$tmp/stats"
check "all counters are shown when asked for" grep -q ' 0$' "$tmp/stats"
is "otherwise those that are not 0" "$(ctl 1 stats | grep -c '^ .* 0$')" 0
undocumented=$(awk 'NF == 2 && /^ / { print $1 }' "$tmp/stats" | sort -u | while read -r c; do
	grep -qE "(^|, )$c(,|	)" "$TOP/userspace/man/samrctl.8" || echo "$c"; done)
is "the man page has every counter" "$undocumented" ""
colours() { TERM=xterm script -qec "$*" /dev/null | grep -c $'\033\['; }
if command -v script >/dev/null; then
	check "colours on a terminal" [ "$(colours samrctl -n samr1 status)" -gt 0 ]
	is "not with NO_COLOR" "$(colours env NO_COLOR=1 samrctl -n samr1 status)" 0
	is "not in JSON" "$(colours samrctl -j -n samr1 status)" 0
else
	skip "colours" "script(1) is missing"
fi
is "not in a pipe" "$(samrctl -n samr1 status | grep -c $'\033\[')" 0

# ---- events ----

ctl 1 group add id 77 name events
ctl 1 group del id 77
kill "${members[@]}"
for ((i = 0; i < 2; i++)); do wait "${members[i]}" 2>/dev/null; done
check "both left" wait_for 20 joined 0
ip -n samr1 link set eth0 down
sleep 1
ip -n samr1 link set eth0 up
# shellcheck disable=SC2317
link_up() { ctl 1 link | grep -q 'state up'; }
check "the link comes back" wait_for 20 link_up
# shellcheck disable=SC2317
again() { jq -e '.epoch > 2 and ([.members[] | select(.learner | not)] | length) == 3' <<<"$(ctl 1 -j view)"; }
check "and the head, which the others had gone on without" wait_for 60 again
ctl 3 cluster del
check "a head that falls silent is lost" wait_for 30 grep -q '"event":"lost","id":3' "$tmp/events"
ctl 1 cluster del
wait_for 10 grep -q '"object":"cluster","event":"del"' "$tmp/events"
kill $monitor
check "events, in their order" python3 -c 'import json, re, sys
events = [json.loads(l) for l in open(sys.argv[1])]
names = [(e["object"], e["event"]) for e in events]
want = [("node", "heard"), ("node", "add"), ("cluster", "change"), ("view", "add"), ("group", "change"),
	("group", "add"), ("group", "del"), ("group", "change"), ("link", "change"), ("node", "lost"), ("cluster", "del")]
i = 0
for n in names:
	if i < len(want) and n == want[i]: i += 1
assert i == len(want), (want[i], names)
view = [e for e in events if e["object"] == "view"][0]
assert [m["node"] for m in view["members"]] == [1, 2, 3], view
members = [(e["id"], e["members"]) for e in events if (e["object"], e["event"]) == ("group", "change")]
assert members[0][0] == 42 and members[0][1] in (1, 2) and (42, 2) in members and members[-1] == (42, 0), members
stamp = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}[+-]\d\d:\d\d")
assert all(stamp.fullmatch(e["time"]) for e in events)' "$tmp/events"
timeout 3 samrctl -n samr2 monitor object group >"$tmp/text" &
monitor=$!
sleep 1
ctl 2 node set id 1 link eth0 address learn
ctl 2 group add id 78
wait $monitor
is "monitor of one object, as text" "$(cut -d' ' -f2-5 "$tmp/text")" "group add id 78"

# ---- completion ----

complete_words() {
	bash -c '. "$1"; COMP_WORDS=("${@:2}"); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _samrctl; echo "${COMPREPLY[*]}"' \
		- "$TOP/userspace/bash-completion/samrctl" "$@"
}
is "completion of an object" "$(complete_words samrctl clu)" "cluster"
is "completion of a verb" "$(complete_words samrctl -j group '')" "show add set del help"
is "completion of a key, but for those said" "$(complete_words samrctl group add id 3 '')" "name uid gid diverged-policy"
is "completion behind a value without its key" "$(complete_words samrctl fence confirm 2 '')" "incarnation token yes"
is "completion behind a key without value" "$(complete_words samrctl fence confirm node 2 yes '')" "incarnation token"
is "completion of an object with one verb" "$(complete_words samrctl leave '')" "now help wait"
is "completion of a word" "$(complete_words samrctl cluster set state '')" "down up"
is "completion of heads" "$(complete_words samrctl cluster set state up founders '')" "none"
is "completion behind an object with one verb" "$(complete_words samrctl monitor '')" "show help object"
is "... and of its key" "$(complete_words samrctl monitor object g)" "group"
is "completion of a key written as an option" "$(complete_words samrctl status --w)" "--watch"
is "completion of what help is for" "$(complete_words samrctl help clu)" "cluster"
is "completion of a kind of link" "$(complete_words samrctl link add kind '')" "eth udp rdma loop"
is "completion of a user" "$(complete_words samrctl group add id 3 uid roo)" "root"
is "completion of a device" "$(complete_words samrctl link add dev l)" "lo"
is "completion of a namespace" "$(complete_words samrctl -n samr3)" "samr3"
is "no completion of a number" "$(complete_words samrctl node add id '')" ""
is "without a configuration heads have no names" "$(complete_words samrctl fence off '')" "node yes"
mkdir -p /etc/samr
at_exit rm -f /etc/samr/samr.conf
cat >/etc/samr/samr.conf <<-END
	cluster "lab" { id = 4711 this-node = "alpha" }
	link "net" { device = "eth0" }
	node "alpha" { id = 1 }
	node "beta" { id = 2 }
	node "gamma" { id = 3 }
END
is "completion of a head by name" "$(complete_words samrctl node show id '')" "alpha beta gamma"
is "... that need not be called node" "$(complete_words samrctl fence off '')" "alpha beta gamma node yes"
is "... by its first letters" "$(complete_words samrctl fence confirm b)" "beta"
is "... and what may follow it" "$(complete_words samrctl fence confirm beta '')" "incarnation token yes"
is "in another namespace it is another cluster" "$(complete_words samrctl -n samr1 fence off '')" "node yes"
is "a file is left to the shell" "$(complete_words samrctl config check /etc/samr/s)" ""

# ---- the end ----

check "the module goes while heads are up" rmmod samr
finish
