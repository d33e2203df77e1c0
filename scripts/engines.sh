#!/usr/bin/env bash
# Installs what the tests run over: Docker and podman, both with runc, and PostgreSQL.
# Nothing else needs them. Root alone can: for others this prints the line to run, and goes on.
set -euo pipefail

PACKAGES=()
command -v dockerd >/dev/null || PACKAGES+=(docker.io)
command -v podman >/dev/null || PACKAGES+=(podman)
command -v runc >/dev/null || PACKAGES+=(runc)
command -v postgres >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null ||
  PACKAGES+=(postgresql)
[ "${#PACKAGES[@]}" -gt 0 ] || exit 0

LINE="apt-get update && apt-get install -y --no-install-recommends ${PACKAGES[*]}"
if [ "$(id -u)" != 0 ]; then
  printf '\n*** Not tested over %s: not installed, and only root can. To have them:\n' \
    "${PACKAGES[*]}" >&2
  printf "    sudo sh -c '%s'\n\n" "$LINE" >&2
  exit 0
fi
if ! DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 bash -c "$LINE"; then
  printf '\n*** Not tested over %s: they could not be installed.\n\n' "${PACKAGES[*]}" >&2
  [ -z "${CI:-}" ] || exit 1
fi
