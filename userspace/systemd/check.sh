#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# What systemd says of the units: every word is known (verify), and samrd.service gives away little (security). The
# programs need not be installed: what stands in for them is in a folder of its own.
set -euo pipefail
out=$1
command -v systemd-analyze >/dev/null || { echo "1..0 # SKIP no systemd-analyze"; exit 0; }
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
points=0

say() { echo "$1 $((++points)) - $2"; }
fail() { grep -v '✓' "$work/said" | sed 's/^/# /'; say "not ok" "$1"; exit 1; }

for unit in samrd.service samr-service@.service; do
	sed -E "s,^(ExecStart=).*,\1/bin/true,; s,man:[^ ]+,,g; s,^Documentation= *$,," "$out/$unit" >"$work/$unit"
done
cp "$work/samr-service@.service" "$work/samr-service@check.service"
for unit in samrd.service samr-service@check.service; do
	SYSTEMD_UNIT_PATH=$work: systemd-analyze verify --recursive-errors=no "$work/$unit" >"$work/said" 2>&1 ||
		fail "$unit is understood"
	# Words that are not known are only told.
	! grep -q "$work" "$work/said" || fail "$unit is understood"
	say ok "$unit is understood"
done

# Exposure, in tenths: 0 is none, 100 all there is.
systemd-analyze security --offline=yes --threshold=30 "$work/samrd.service" >"$work/said" 2>&1 ||
	fail "exposure of samrd.service is at most 3.0"
say ok "exposure of samrd.service is at most 3.0: $(tail -n 1 "$work/said")"

# A samrd that was killed has to be back, and feed, before a watchdog of the default time-out (10 s) ends: with much to spare.
unit=$out/samrd.service
back=$(sed -n 's/^RestartSec=//p' "$unit")
if ! grep -qxE 'Restart=(on-failure|on-abnormal|always)' "$unit" || [ "${back:-100}" -gt 2 ]; then
	echo "Restart or RestartSec=$back" >"$work/said"
	fail "a samrd that is killed is started again at once"
fi
say ok "a samrd that is killed is started again after $back s"

# The state of the service is in its members: on the last head it would be gone.
unit=$out/samr-service@.service
if grep -E '^(Requires|Requisite|BindsTo|PartOf|StopPropagatedFrom|Wants)=.*samrd' "$unit" >"$work/said" ||
	! grep -qx 'After=samrd.service' "$unit"; then
	fail "a service goes on while samrd is started anew"
fi
say ok "a service goes on while samrd is started anew"
echo "1..$points"
