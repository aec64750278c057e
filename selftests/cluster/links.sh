# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154
#
# For the tests of several links: three heads with three links each, as cables whose far side can be touched, so that
# nobody loses a carrier. Needs lib.sh and cluster.sh; $beat and $dead in ms.
#
#	head 1     head 2     head 3       eth0, eth1 and eth2 of each
#	 ||| port0-1  |||        |||
#	 ||+-------- br0 ---------+||
#	 |+--------- br1 ----------+|      netns samr-switch
#	 +---------- br2 -----------+
switch=samr-switch

# port LINK HEAD WORDS...: the far side of a head's cable, for ip link set.
port() { ip -n $switch link set "port$1-$2" "${@:3}"; }
pull() { port "$1" "$2" nomaster; }
plug() { port "$1" "$2" master "br$1"; }

# network HEADS LINKS
network() {
	local k l
	"$SCRIPTS/lab" "$1" --no-config || die "no network"
	ip -n $switch link del br0
	for ((l = 0; l < $2; l++)); do
		ip -n $switch link add "br$l" type bridge stp_state 0 forward_delay 0 mcast_snooping 0
		ip -n $switch link set "br$l" up
		for ((k = 1; k <= $1; k++)); do
			if [ "$l" = 0 ]; then
				ip -n $switch link set "port$k" down
				ip -n $switch link set "port$k" name "port0-$k"
			else
				ip link add "eth$l" netns "samr$k" type veth peer name "port$l-$k" netns $switch
				ip -n "samr$k" link set "eth$l" up
			fi
			port "$l" "$k" master "br$l" up
		done
	done
}

# The kinds of the links: eth, or what KINDS says, as "eth udp udp-group".
kind() {
	local kinds
	read -ra kinds <<<"${KINDS:-eth}"
	echo "${kinds[$1]:-eth}"
}

# The words of a link on a head, and of its address for the others.
link_words() {
	local k=$1 l=$2
	case $(kind "$l") in
	eth) echo "kind eth dev eth$l" ;;
	udp) echo "kind udp dev eth$l local 10.26.$l.$k" ;;
	udp-group) echo "kind udp dev eth$l local 10.26.$l.$k group 239.26.0.$l" ;;
	esac
}
addresses() {
	local k=$1 j=$2 l
	for ((l = 0; l < $3; l++)); do
		[ "$(kind "$l")" != udp ] || ctl "$k" node set id "$j" link "eth$l" address "10.26.$l.$j"
	done
}

# configure HEADS LINKS
configure() {
	local k j l
	for ((k = 1; k <= $1; k++)); do
		ctl "$k" cluster add name lab id 4711 node "$k" beat "${beat}ms" dead "${dead}ms"
		for ((l = 0; l < $2; l++)); do
			ip -n "samr$k" addr add "10.26.$l.$k/24" dev "eth$l"
			# shellcheck disable=SC2046	# words for samrctl
			ctl "$k" link add $(link_words "$k" "$l")
		done
		for ((j = 1; j <= $1; j++)); do
			[ "$j" != "$k" ] || continue
			ctl "$k" node add id "$j"
			addresses "$k" "$j" "$2"
		done
		ctl "$k" cluster set state up
		ctl "$k" group add id 1
	done
}

epoch() { ctl "$1" -j status | jq .view.epoch; }
# together HEAD COUNT: it is up, in a view of so many.
together() { has "$1" ".cluster.state == \"up\" and (.view.members | length) == ${2:-3}" status; }

# path HEAD LINK OF FILTER: what HEAD knows of head OF on eth LINK.
path() { has "$1" "[.. | objects | select(.dev? == \"eth$2\")][0].paths[] | select(.node == $3) | $4" link show; }
way() { path "$1" "$2" "$3" ".way == \"$4\""; }
carries() { has "$1" "[.. | objects | select(.dev? == \"eth$2\")][0].carries" link show; }

# under_load NAME COMMAND...: what the members wrote down while it ran has no fault, and the view is the same. Their
# messages have $len bytes, or 200, and are SAFE but with safe=0; they send one every $every us, or 4 ms. $gap: the longest
# time in which nothing came, ms.
under_load() {
	local name=$1 before k all=()
	shift
	for ((k = 1; k <= heads; k++)); do all+=("$k"); done
	before=$(epoch 1)
	members_up "${every:-4000}" "${len:-200}" "${safe:-1}" "${all[@]}"
	sleep 1
	"$@"
	sleep 1
	members_down "$name"
	gap=$(sed -nE 's/.*longest gap ([0-9]+).*/\1/p' <<<"$figures")
	is "$name: the same view" "$(epoch 1)" "$before"
}
