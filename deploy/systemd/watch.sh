#!/bin/sh
# Looks at the desk from outside: its heartbeat, which it writes every 15 s. One alert when it is late, one mail
# « rétabli » when it is back. A mail that could not leave is tried again at the next look.
set -eu
home=${GUICHET_HOME_FOLDER:-/var/lib/guichet}
state=${STATE_DIRECTORY:-/var/lib/guichet-watch}
late_seconds=${LATE_SECONDS:-300}
alert=${ALERT:-$(dirname "$0")/alert.sh}

now=$(date +%s)
seen=$(stat -c %Y "$home/heartbeat.json" 2>/dev/null || echo 0)
age=$((now - seen))
if [ "$age" -gt "$late_seconds" ]; then
    [ ! -e "$state/told" ] || exit 0
    "$alert" "the desk gives no sign of life" "heartbeat.json is $age seconds old; systemctl status guichet; journalctl -u guichet -n 100" || exit 1
    printf '%s\n' "$now" >"$state/told"
elif [ -e "$state/told" ]; then
    "$alert" "rétabli" "the desk gives signs of life again, after $(((now - $(cat "$state/told")) / 60)) min since the alert" || exit 1
    rm -f "$state/told"
fi
