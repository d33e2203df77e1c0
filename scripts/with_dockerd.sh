#!/usr/bin/env bash
# with_dockerd.sh COMMAND...: runs a command beside a Docker engine that only it knows.
#
# The daemon lives in a folder of its own, has no network and no port, and ends with the command:
# its processes, mounts, control groups and folder are gone afterwards. Should this script be
# killed, the kernel ends the daemon, and the next use removes the folder. Where DOCKER_HOST is set,
# that engine serves. Where none can be started, the command runs without one: an error in CI.
set -euo pipefail

TOP=${TMPDIR:-/var/tmp}
[ "${#TOP}" -le 40 ] || TOP=/var/tmp  # the path of a socket below it may have 104 bytes
PREFIX=$TOP/grader-dockerd
DAEMON=
FOLDER=

without() {
  printf '\n*** No Docker engine for this run: %s\n\n' "$1" >&2
  [ -z "${CI:-}" ] || exit 1
  shift
  exec "$@"
}

# Removes what a daemon of that folder had: nothing runs any more.
clear_folder() {
  local point
  # A mount below another is listed later, so it goes first.
  awk -v top="$1/" 'index($5, top) == 1 { print $5 }' /proc/self/mountinfo | tac |
    while read -r point; do umount --lazy "$point"; done
  rm -rf --one-file-system "$1"
  find /sys/fs/cgroup -depth -type d -path "*/${1##*/}*" -exec rmdir {} +
}

sweep() {
  local folder
  for folder in "$PREFIX".??????; do
    if [ -e "$folder/lock" ] && flock --nonblock "$folder/lock" true; then
      clear_folder "$folder"
    fi
  done
}

finish() {
  if [ -n "$DAEMON" ] && kill -0 "$DAEMON" 2>/dev/null; then
    # Containers that a test left would outlive a daemon that does not end in time.
    timeout 30 docker ps --quiet | timeout 30 xargs --no-run-if-empty docker rm --force >/dev/null ||
      true
    kill "$DAEMON"
    timeout 30 tail --pid="$DAEMON" -f /dev/null || kill -KILL "$DAEMON"
    wait "$DAEMON" || true
  fi
  [ -z "$FOLDER" ] || clear_folder "$FOLDER"
}

[ "$#" -gt 0 ] || { echo "usage: with_dockerd.sh COMMAND..." >&2; exit 2; }
[ -z "${DOCKER_HOST:-}" ] || exec "$@"
command -v dockerd >/dev/null || without "dockerd is not installed: apt-get install docker.io" "$@"
[ "$(id -u)" = 0 ] || without "only root can start one: set DOCKER_HOST to use yours" "$@"

sweep
trap finish EXIT
# Locked before it has its name, so that nobody sweeps it.
new=$(mktemp -d "$PREFIX-new.XXXXXX")
exec 9>"$new/lock"
flock 9
FOLDER=$PREFIX.${new##*.}
mv "$new" "$FOLDER"

# A session of its own: Ctrl-C is for the command, which still needs the engine to end cleanly.
setsid setpriv --pdeathsig TERM dockerd --host "unix://$FOLDER/socket" --pidfile "$FOLDER/pid" \
  --data-root "$FOLDER/data" --exec-root "$FOLDER/exec" --bridge=none --iptables=false \
  --exec-opt native.cgroupdriver=cgroupfs --cgroup-parent "/${FOLDER##*/}" \
  >"$FOLDER/log" 2>&1 9>&- &
DAEMON=$!
export DOCKER_HOST=unix://$FOLDER/socket
for _ in $(seq 300); do
  docker version >/dev/null 2>&1 && break
  kill -0 "$DAEMON" 2>/dev/null || break
  sleep 0.1
done
if ! docker version >/dev/null 2>&1; then
  tail -n 20 "$FOLDER/log" >&2
  finish
  FOLDER= DAEMON=
  unset DOCKER_HOST
  without "dockerd did not start; its last words stand above" "$@"
fi
"$@" 9>&-
