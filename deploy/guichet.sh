#!/bin/sh
# /usr/local/sbin/guichet: the administrator's `guichet`, as root: it works as the service's user, with its settings,
# so that no file of the desk ever becomes root's. Files that it is given must be readable by that user.
exec runuser -u guichet -- /opt/guichet/.venv/bin/guichet --config /etc/guichet/guichet.toml "$@"
