# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2034,SC2154
# shellcheck shell=bash
#
# The part of demo-heads with a program that knows nothing of samr. What of redis is to be given to another head is what its SAVE
# writes; it is asked by a socket of the file system, so as not to be a client.
service=43
redis=(redis-server --port 6379 --protected-mode no --save "" --enable-debug-command local --activerehashing no)

start_redis() {
	local k=$1 dir=$work/redis$1
	rm -rf "$dir" "$work/$k.status"
	mkdir "$dir"
	{
		local code=0
		nsenter --net="/run/netns/samr$k" samr-run --service $service --listen 6379 \
			--save "redis-cli -e -s $dir/door SAVE >&2 && cat $dir/dump.rdb" --load "cat >$dir/dump.rdb" \
			"${redis[@]}" --dir "$dir" --unixsocket "$dir/door" >"$work/$k.log" 2>&1 || code=$?
		echo "$code" >"$work/$k.status"
	} 2>/dev/null 3>&- &
}

# at_redis K WORDS...: asks the server of that head alone.
at_redis() { redis-cli -s "$work/redis$1/door" "${@:2}"; }
serves() { [ "$(at_redis "$1" PING 2>&1)" = PONG ]; }
has_ended() { [ -e "$work/$1.status" ]; }

# A connection ends when a state is given: redis-cli ends, too, and the number that it was at stays without an answer.
redis_client() {
	until nsenter --net=/run/netns/samr3 samr-run --service $service --connect localhost:6379 redis-cli -h localhost 2>/dev/null; do
		breaks=$((breaks + 1))
		[ $breaks -lt 10 ] || { echo "redis-cli finds no service" >&2; return 1; }
		pause 0.2
	done
}

redis_through_a_kill() {
	local k breaks=0
	: >"$work/client.log"
	for k in $heads; do
		samrctl -n "samr$k" group add id $service name redis
		start_redis "$k"
	done
	for k in $heads; do watch "redis begins on head $k" serves "$k"; done
	start_client "EVAL \"redis.call('SADD', 'log', ARGV[1]) return ARGV[1]\" 0 %d" redis_client
	watch "three servers are there" has_acked "$rows"
	cut 1
	echo "   head 1 is cut off from the others"
	watch "without head 1" has_acked $((acked + rows))
	heal 1
	watch "the server of head 1 is put out" has_ended 1
	start_redis 1
	watch "a new one is given the state" serves 1
	watch "with head 1" has_acked $((acked + rows))
	echo "   head 1 is back, its new server was given the state of another one; $acked numbers are acknowledged"
	stop_client
	say_gap
}

# What redis-cli was told is in each server. What it was not told, as its connection broke, may be.
check_redis() {
	local k missing digest
	count_acked
	for k in $heads; do
		missing=$(at_redis "$k" SMEMBERS log | sort | comm -13 - <(sort "$work/client.log") | wc -l)
		[ "$missing" = 0 ] || die "redis of head $k lacks $missing of the $acked numbers of the client's log"
		digest[k]=$(at_redis "$k" DEBUG DIGEST)
		[ "${digest[k]}" = "${digest[1]}" ] || die "redis of head $k is DIFFERENT"
	done
	echo "three equal servers of redis, with the $acked numbers that the client was told of: DEBUG DIGEST ${digest[1]}"
	# By its clock, which stands still when no request comes, redis would look for other signals.
	stop_heads KILL
}
