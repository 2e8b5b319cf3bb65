#!/bin/sh
# /usr/local/sbin/guichet: the administrator's `guichet`, as root: it works as the service's user, with its settings,
# so that no file of the desk ever becomes root's. Files that it is given must be readable by that user.
#
# On PostgreSQL, what makes or changes tables works with the role that owns them. Its password is root's alone: the
# service never has it.
case "${1:-} ${2:-}" in
"db upgrade" | "restore "*)
    if [ -r /etc/guichet/owner.env ]; then
        set -a
        . /etc/guichet/owner.env
        set +a
    fi
    ;;
esac
exec runuser -u guichet -- /opt/guichet/.venv/bin/guichet --config /etc/guichet/guichet.toml "$@"
