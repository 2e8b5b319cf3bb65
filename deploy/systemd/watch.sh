#!/bin/sh
# Looks at the desk from outside: at the files that its processes write every 15 s. One alert when one is late, another
# each day that it stays so, one mail « rétabli » when it is back. A mail that could not leave is tried at the next look.
set -eu
home=${GUICHET_HOME_FOLDER:-/var/lib/guichet}
inbox=${GUICHET_INBOX_FOLDER:-/srv/guichet/inbox}
state=${STATE_DIRECTORY:-/var/lib/guichet-watch}
late_seconds=${LATE_SECONDS:-300}
again_seconds=${AGAIN_SECONDS:-86400}
alert=${ALERT:-$(dirname "$0")/alert.sh}
now=$(date +%s)
status=0

look() { # look UNIT FILE WHO: is this sign of life fresh?
    since=$(cat "$state/$1.since" 2>/dev/null || echo "$now")
    told=$(cat "$state/$1.told" 2>/dev/null || echo 0)
    if seen=$(stat -c %Y "$2" 2>/dev/null); then
        age=$((now - seen)) sign="$2 is $((now - seen)) seconds old"
    else
        age=$((late_seconds + 1)) sign="there is no $2"
    fi
    if [ "$age" -gt "$late_seconds" ]; then
        [ $((now - told)) -ge "$again_seconds" ] || return 0
        "$alert" "$3 gives no sign of life" "$sign; systemctl status $1; journalctl -u $1 -n 100" || return 1
        printf '%s\n' "$since" >"$state/$1.since"
        printf '%s\n' "$now" >"$state/$1.told"
    elif [ -e "$state/$1.told" ]; then
        "$alert" "rétabli : $3" "$3 gives signs of life again, $(((now - since) / 60)) min after the alert" || return 1
        rm -f "$state/$1.told" "$state/$1.since"
    fi
}

look guichet "$home/heartbeat.json" "the desk" || status=1
# Where sshd never served the inbox there is none; where it no longer does, remove the file.
[ ! -e "$inbox/.guichet/openssh.json" ] || look guichet-sftp-log "$inbox/.guichet/openssh.json" "the ear of sshd" || status=1
exit "$status"
