#!/usr/bin/env bash
# image.sh [NAME]      builds the image of ../image/Dockerfile, by default grader-guest: notebooks run in it
# image.sh --service   builds those of ../Dockerfile: grader-api and grader-worker
#
# Without a registry of images: the base comes from debootstrap, Python's packages from pip's own
# index.
#
#   ENGINE   docker (default) or podman
#   BASE     image to build from; unset: one is made here, which needs root and debootstrap
#   PIP      more options of pip, such as --index-url with the CPU builds of torch
set -euo pipefail
cd "$(dirname "$0")/.."
ENGINE=${ENGINE:-docker}
WORK=$(mktemp -d /var/tmp/grader-image.XXXXXX)
trap 'rm -rf --one-file-system "$WORK"' EXIT

make_base() {
  command -v debootstrap >/dev/null ||
    { echo "debootstrap is missing: apt-get install debootstrap, or set BASE" >&2; exit 1; }
  # The archive that this machine's apt uses.
  MIRROR=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' \
    'Codename: bookworm' 'Origin: Debian' | head -n 1)
  debootstrap --variant=minbase \
    --include=python3.11,python3-distutils,python3.11-venv,bubblewrap,ca-certificates \
    bookworm "$WORK/base" ${MIRROR:+"$MIRROR"}
  # The list of archives may name a host of this network: it stays here.
  rm -rf "$WORK"/base/var/cache/apt/* "$WORK"/base/var/lib/apt/lists/* \
    "$WORK"/base/etc/apt/sources.list "$WORK"/base/var/log/*
  tar --create --directory "$WORK/base" . | "$ENGINE" import - "$BASE"
  rm -rf --one-file-system "$WORK/base"
}

# Fetched here: the build needs no network, and this machine's way to the index stays out of it.
fetch() {
  # shellcheck disable=SC2086 - several words
  .venv/bin/pip download --quiet --disable-pip-version-check --dest "$WORK/context/image/wheels" \
    ${PIP:-} "$@"
}

build() {
  "$ENGINE" build --network none --build-arg BASE="$BASE" "$@" "$WORK/context"
}

if [ -z "${BASE:-}" ]; then
  BASE=grader-base:bookworm
  "$ENGINE" image inspect "$BASE" >/dev/null 2>&1 || make_base
fi
mkdir "$WORK/context"
if [ "${1:-}" = --service ]; then
  NAMES=(grader-api grader-worker)
  git ls-files -z grader reference tasks image pyproject.toml README.md Dockerfile .dockerignore |
    xargs -0 cp --parents --target-directory "$WORK/context"
  fetch --constraint image/service.lock '.[s3]' setuptools wheel
  build --target api --tag grader-api
  build --target worker --tag grader-worker
else
  NAMES=("${1:-grader-guest}")
  cp -r image "$WORK/context"
  fetch --requirement image/guest.txt --constraint image/guest.lock
  build --file "$WORK/context/image/Dockerfile" --tag "${NAMES[0]}"
fi
"$ENGINE" image inspect --format '{{.RepoTags}} {{.Size}} bytes' "${NAMES[@]}"
