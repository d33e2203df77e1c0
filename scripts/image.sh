#!/usr/bin/env bash
# image.sh [NAME]: builds the image of ../image/Dockerfile, by default grader-guest, without a registry
# of images: the base comes from debootstrap, Python's packages from pip's own index.
#
#   ENGINE   docker (default) or podman
#   BASE     image to build from; unset: one is made here, which needs root and debootstrap
#   PIP      more options of pip, such as --index-url with the CPU builds of torch
set -euo pipefail
cd "$(dirname "$0")/.."
NAME=${1:-grader-guest}
ENGINE=${ENGINE:-docker}
WORK=$(mktemp -d /var/tmp/grader-image.XXXXXX)
trap 'rm -rf --one-file-system "$WORK"' EXIT

if [ -z "${BASE:-}" ]; then
  BASE=grader-base:bookworm
  if ! "$ENGINE" image inspect "$BASE" >/dev/null 2>&1; then
    command -v debootstrap >/dev/null ||
      { echo "debootstrap is missing: apt-get install debootstrap, or set BASE" >&2; exit 1; }
    # The archive that this machine's apt uses.
    MIRROR=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' \
      'Codename: bookworm' 'Origin: Debian' | head -n 1)
    debootstrap --variant=minbase --include=python3.11,python3-distutils,python3.11-venv bookworm "$WORK/base" \
      ${MIRROR:+"$MIRROR"}
    # The list of archives may name a host of this network: it stays here.
    rm -rf "$WORK"/base/var/cache/apt/* "$WORK"/base/var/lib/apt/lists/* \
      "$WORK"/base/etc/apt/sources.list "$WORK"/base/var/log/*
    tar --create --directory "$WORK/base" . | "$ENGINE" import - "$BASE"
    rm -rf --one-file-system "$WORK/base"
  fi
fi

mkdir "$WORK/context"
cp -r image "$WORK/context"
# Fetched here: the build needs no network, and this machine's way to the index stays out of it.
# shellcheck disable=SC2086 - several words
.venv/bin/pip download --quiet --disable-pip-version-check --dest "$WORK/context/wheels" \
  ${PIP:-} --requirement image/guest.txt --constraint image/guest.lock
"$ENGINE" build --network none --file "$WORK/context/image/Dockerfile" --build-arg BASE="$BASE" --tag "$NAME" "$WORK/context"
"$ENGINE" image inspect --format '{{.Id}} {{.Size}} bytes' "$NAME"
