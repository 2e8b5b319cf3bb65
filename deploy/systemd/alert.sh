#!/bin/sh
# alert.sh SUBJECT DETAIL: a mail to the administrator by the machine's own `sendmail`, and a line in the journal.
# It goes by another way than the desk's mail, which may be what is ill. /etc/guichet/alert.env: ALERT_TO=…
set -eu
machine=$(hostname 2>/dev/null | cut -c1-20 || echo "?")
subject="[Guichet $machine] $(printf '%s' "${1:?subject}" | tr -d '\r\n' | cut -c1-150)"
detail=${2:-}
logger -p daemon.crit -t guichet-alert -- "$subject: $detail" 2>/dev/null || true
sendmail=${SENDMAIL:-$(command -v sendmail 2>/dev/null || echo /usr/sbin/sendmail)}
if [ ! -x "$sendmail" ]; then
    printf '%s\n' "guichet-alert: no sendmail on this machine; told the journal only: $subject" >&2
    exit 1
fi
if printf '%s' "$subject" | LC_ALL=C grep -q '[^ -~]'; then # RFC 2047
    subject="=?UTF-8?B?$(printf '%s' "$subject" | base64 | tr -d '\n')?="
fi
printf 'To: %s\nSubject: %s\nAuto-Submitted: auto-generated\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n%s\n\nRunbook: /opt/guichet/docs/runbook.md\n' \
    "${ALERT_TO:-root}" "$subject" "$detail" | "$sendmail" -t -i
