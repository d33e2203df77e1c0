#!/usr/bin/env bash
# Makes .venv with the command .venv/bin/grader. Installs missing Debian packages as root or through
# sudo; otherwise prints the line to run and stops.
set -euo pipefail
cd "$(dirname "$0")/.."

# The sandbox's user must be able to read the interpreter, so it comes from Debian, not from a home.
BASE_PYTHON=/usr/bin/python3.11
PACKAGES=()
[ -x "$BASE_PYTHON" ] || PACKAGES+=(python3.11)
"$BASE_PYTHON" -c 'import ensurepip, venv' 2>/dev/null || PACKAGES+=(python3.11-venv)
command -v bwrap >/dev/null || PACKAGES+=(bubblewrap)
command -v npm >/dev/null || PACKAGES+=(npm)
command -v redis-server >/dev/null || PACKAGES+=(redis-server)

if [ "${#PACKAGES[@]}" -gt 0 ]; then
  LINE="apt-get update && apt-get install -y --no-install-recommends ${PACKAGES[*]}"
  if [ "$(id -u)" = 0 ]; then
    DEBIAN_FRONTEND=noninteractive bash -c "$LINE"
  elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    sudo DEBIAN_FRONTEND=noninteractive bash -c "$LINE"
  else
    echo "Missing system packages. Run this line, then again what you ran:" >&2
    echo "    sudo sh -c '$LINE'" >&2
    exit 1
  fi
fi

if ! .venv/bin/python -c 'import sys; sys.exit(sys.base_prefix != "/usr")' 2>/dev/null; then
  rm -rf .venv
  "$BASE_PYTHON" -m venv .venv
fi
# torch by its exact number first: a range would make pip look for other builds.
.venv/bin/pip install --quiet --disable-pip-version-check torch==2.14.1 torchvision==0.29.1
.venv/bin/pip install --quiet --disable-pip-version-check -e '.[dev]'
