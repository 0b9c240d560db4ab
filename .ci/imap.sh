#!/usr/bin/env bash
# Install Dovecot, the IMAP server that the tests poll, from the system's packages unless it is there.
set -euo pipefail
PATH="$PATH:/usr/sbin:/usr/local/sbin"
command -v dovecot >/dev/null && exit 0
exec "$(dirname "$0")/apt.sh" dovecot-imapd
