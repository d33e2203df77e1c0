# The image that notebooks run in, for graders that do not bind their own /usr into containers:
# Debian, Python 3.11 and what a notebook may import. Neither the grader nor the reference is in it.
#
#   scripts/image.sh                 builds it without a registry, from a base made by debootstrap
#   docker build -t grader-guest .   builds it from a base that the engine has or pulls
#
# BASE      any Debian 12 or Ubuntu with apt; installs python3.11 where it is missing
# PIP       more options of pip, such as --index-url with the CPU builds of torch, a tenth in size
# wheels/   where the context has that folder, pip installs from it and nowhere else
ARG BASE=debian:bookworm-slim

FROM ${BASE} AS python
# ensurepip comes with python3.11-venv on Debian and with Python itself elsewhere.
RUN python3.11 -c 'import ensurepip' 2>/dev/null || { \
      apt-get update && apt-get install -y --no-install-recommends python3.11 python3.11-venv; }; \
    rm -rf /var/lib/apt/lists /var/cache/apt /usr/share/doc /usr/share/man /usr/share/locale

FROM python AS environment
ARG PIP=
COPY . /context
WORKDIR /context
RUN python3.11 -m venv /opt/grader && \
    if [ -d wheels ]; then set -- --no-index --find-links wheels; fi && \
    /opt/grader/bin/pip install --no-cache-dir --no-compile --disable-pip-version-check \
      "$@" ${PIP} --requirement image/guest.txt --constraint image/guest.lock && \
    /opt/grader/bin/python -I -c 'import torch, torchvision, scipy, matplotlib, nbclient'

FROM python
COPY --from=environment /opt/grader /opt/grader
# Who runs: a user of each slot, see grader/sandbox/linux/slots.py. The home is a tmpfs, which takes
# its mode from here. Set-user-ID programs have no use inside.
ARG FIRST_USER=60800
ARG USERS=64
RUN for n in $(seq 0 $((USERS - 1))); do \
      id=$((FIRST_USER + n)); \
      echo "student$n:x:$id:$id::/home/student:/bin/sh" >>/etc/passwd; \
      echo "student$n:x:$id:" >>/etc/group; \
    done; \
    mkdir -p /job /data /home/student; \
    chmod 1777 /tmp /home/student; \
    find / -xdev -type f -perm /6000 -exec chmod ug-s {} +
USER ${FIRST_USER}:${FIRST_USER}
WORKDIR /home/student
ENV PATH=/opt/grader/bin:/usr/bin:/bin
