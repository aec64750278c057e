#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154,SC2317 source-path=SCRIPTDIR/.. source-path=SCRIPTDIR
#
# redis, as Debian has it, as a replica on three heads, with its own snapshot as the state: its benchmark passes, heads fall
# silent and come again while clients write, and in the end the three have the same data.
port=6379 load=redis.py
. "$(dirname "$0")/../lib.sh"
. "$SELFTESTS/cluster/cluster.sh"
. "$SELFTESTS/cluster/survive.sh"
. "$SELFTESTS/services/services.sh"
. "$SELFTESTS/services/redis_replica.sh"
need redis-server redis-cli redis-benchmark

service_up 3 redis
for k in 1 2 3; do replica $k; done
check "three replicas" wait_for 60 replicas 3 || die "$(cat "$work"/*.log)"
for k in 1 2 3; do check "head $k serves" wait_for 30 serves $k || die "$(cat "$work"/*.log)"; done

# --- its own benchmark
out=$(client 2 timeout 120 redis-benchmark -h localhost -p $port -c 10 -n 100 -q -r 50 \
	-t set,get,incr,lpush,rpop,sadd,hset,zadd,mset 2>&1)
is "the benchmark ends" $? 0
note "$(tr '\r' '\n' <<<"$out" | grep 'requests per second')"
all_same "after the benchmark"

# --- writers, while the head that orders falls silent
writers_up 2 3
go_on "three heads"
cut 1
await "head 1 is silent" 20 2 2
go_on "head 1 is dead"

# --- it comes again, and is given the snapshot, while they write
left_out 1
replica 1
check "its replica has the state" wait_for 60 serves 1 || note "$(cat "$work/1.log")"
go_on "head 1 is back"
writers_down
for k in 1 2 3; do all_there $k; done
all_same "after the snapshot"

# --- what a program decides by its clock, or by chance
out=$(client 3 redis-cli -h localhost -p $port <<'END'
EVAL "redis.call('SET', 'when', table.concat(redis.call('TIME'), '.'))" 0
EVAL "redis.call('SET', 'lua', math.random(1000000))" 0
SET short 1 PX 300
SET long 1 EX 1000
MULTI
INCR counter
EXPIRE counter 1000
EXEC
SADD numbers 1 2 3 4 5 6 7 8 9
SPOP numbers 3
XADD stream * field value
END
)
note "$out"
sleep 1
is "a key that has expired is gone" "$(client 2 redis-cli -h localhost -p $port GET short)" ""
all_same "time and chance"
when=$(at_head_of 1 GET when)
is "the machine's clock and the group's agree" $((EPOCHSECONDS - ${when%.*} < 60)) 1
for k in 1 2 3; do ttl[k]=$(at_head_of $k PEXPIRETIME long); done
is "one time to live" "${ttl[1]} ${ttl[1]}" "${ttl[2]} ${ttl[3]}"
no_reports
finish
