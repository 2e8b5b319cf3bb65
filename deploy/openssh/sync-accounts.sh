#!/bin/sh
# Makes Unix users, folders and key files of sshd what `guichet account list` says. Run as root; harmless twice.
#
# guichet.service never has root's rights: it says who may come in, this script does it, and trusts it in nothing else.
# An account is a user of the group guichet-sftp, without shell or password. A user that is not ours is never touched.
set -eu
umask 022
LC_ALL=C
export LC_ALL

service_user=${SYNC_USER:-guichet}
group=${SYNC_GROUP:-guichet-sftp}
inbox=${SYNC_INBOX:-/srv/guichet/inbox}
keys=${SYNC_KEYS:-/etc/ssh/guichet-keys}
guichet=${SYNC_COMMAND:-/opt/guichet/.venv/bin/guichet --config /etc/guichet/guichet.toml}

say() { printf '%s\n' "sync-accounts: $*" >&2; }
[ "$(id -u)" -eq 0 ] || { say "run it as root"; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

# One line an account: name, yes or no, then its keys, each on a line of its own beginning with a tab.
# shellcheck disable=SC2086  # the command is words
setpriv --reuid "$service_user" --regid "$service_user" --init-groups --inh-caps=-all $guichet account list --format json \
    >"$work/accounts.json" || { say "guichet account list failed: nothing was changed"; exit 2; }
/usr/bin/python3 -I - "$work/accounts.json" >"$work/accounts" <<'READ'
import json, re, sys
for row in json.load(open(sys.argv[1], encoding="utf-8")):
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,31}", row["account"]):
        sys.exit(f"sync-accounts: {row['account']!r} is no account name")
    print(row["account"], "yes" if row["enabled"] else "no")
    for key in row["authorized_keys"] if row["enabled"] else []:
        if not re.fullmatch(r"(ssh|sk-ssh|ecdsa|sk-ecdsa)-[a-z0-9@.-]+ [A-Za-z0-9+/=]+( [^\x00-\x1f\x7f]*)?", key):
            sys.exit(f"sync-accounts: a key of {row['account']} is no OpenSSH public key")
        print("\trestrict " + key)
READ

getent group "$group" >/dev/null || groupadd --system "$group"
id -nG "$service_user" | tr ' ' '\n' | grep -qx "$group" ||
    { usermod -aG "$group" "$service_user"; say "$service_user is in $group from its next start"; }
install -d -o root -g root -m 0755 "$inbox" "$keys"
install -d -o "$service_user" -g "$service_user" -m 0700 "$inbox/.guichet"

is_ours() { [ "$(id -gn "$1" 2>/dev/null)" = "$group" ] && [ "$(id -u "$1")" -ge 1000 ]; }

show_out() { # ends the sessions of a user of ours, by sshd's end: internal-sftp then says `forced close` and stops
    for process in $(ps -o pid= -U "$(id -u "$1")" 2>/dev/null); do
        parent=$(ps -o ppid= -p "$process" 2>/dev/null | tr -d ' ')
        [ -n "$parent" ] && [ "$(ps -o uid= -p "$parent" 2>/dev/null | tr -d ' ')" = 0 ] || continue
        kill -TERM "$process" 2>/dev/null || true
    done
}

folders() { # root owns what the chroot rests on; what the account writes in belongs to the service
    for folder in "$inbox/$1" "$inbox/$1/dev" "$inbox/$1/depot" "$inbox/$1/essai" "$inbox/$1/retours" "$inbox/$1/diffusion"; do
        [ ! -L "$folder" ] || { say "$folder is a link: remove it"; return 1; }
    done
    install -d -o root -g root -m 0755 "$inbox/$1" &&
        install -d -o "$service_user" -g "$service_user" -m 0711 "$inbox/$1/dev" &&
        install -d -o "$service_user" -g "$group" -m 2770 "$inbox/$1/depot" "$inbox/$1/essai" &&
        install -d -o "$service_user" -g "$group" -m 2750 "$inbox/$1/retours" "$inbox/$1/diffusion"
}

write_keys() { # whole or not at all; a key that is no more ends the sessions
    draft="$keys/.$1.new"
    awk -v name="$1" 'substr($0, 1, 1) != "\t" { mine = ($1 == name); next } mine { print substr($0, 2) }' \
        "$work/accounts" >"$draft"
    chmod 0644 "$draft"
    fewer=no
    if [ -e "$keys/$1" ] && grep -vxFf "$draft" "$keys/$1" >/dev/null; then fewer=yes; fi
    [ -s "$draft" ] || fewer=yes
    mv "$draft" "$keys/$1"
    [ "$fewer" = no ] || show_out "$1"
}

status=0
grep -v "^$(printf '\t')" "$work/accounts" >"$work/names" || true
while read -r name enabled; do
    if ! id "$name" >/dev/null 2>&1; then
        [ "$enabled" = yes ] || continue
        useradd --badname --no-create-home --home-dir / --shell /usr/sbin/nologin --gid "$group" --password '*' \
            --comment "Guichet $name" "$name" 2>/dev/null || { say "the user $name could not be made"; status=1; continue; }
        say "$name: made"
    elif ! is_ours "$name"; then
        [ "$enabled" = yes ] || continue
        say "$name is a user of this machine that is not ours: give the account another name"
        status=1
        continue
    fi
    folders "$name" || { status=1; continue; }
    write_keys "$name"
done <"$work/names"

# A key file whose account is gone lets nobody in any more.
for file in "$keys"/*; do
    [ -e "$file" ] || continue
    name=${file##*/}
    grep -q "^$name " "$work/names" && continue
    rm -f "$file"
    ! is_ours "$name" || show_out "$name"
done
exit "$status"
