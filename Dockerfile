# The images of the service: `api` is slim (no torch; the upkeep runs in it too), `worker` runs
# notebooks. The image that notebooks may run in instead of the worker's own system is another one:
# image/Dockerfile.
#
#   docker compose build              both, from Debian's image and pip's index
#   scripts/image.sh --service        both without a registry
#
# BASE      any Debian 12 with apt; installs what is missing
# PIP       more options of pip, such as --extra-index-url with the CPU builds of torch, a tenth in size
# image/wheels   where the context has that folder, pip installs from it and nowhere else
ARG BASE=debian:bookworm-slim

FROM ${BASE} AS python
RUN python3.11 -c 'import ensurepip' 2>/dev/null || { \
      apt-get update && apt-get install -y --no-install-recommends python3.11 python3.11-venv; }; \
    rm -rf /var/lib/apt/lists /var/cache/apt /usr/share/doc /usr/share/man /usr/share/locale

FROM python AS api-environment
ARG PIP=
# What it stands on first: a change of our own code does not fetch it again.
COPY image /context/image
WORKDIR /context
RUN python3.11 -m venv /opt/grader && \
    if [ -d image/wheels ]; then set -- --no-index --find-links image/wheels; fi && \
    /opt/grader/bin/pip install --no-cache-dir --no-compile --disable-pip-version-check \
      "$@" ${PIP} --requirement image/api.txt --constraint image/service.lock
COPY . /context
RUN if [ -d image/wheels ]; then set -- --no-index --find-links image/wheels; fi && \
    /opt/grader/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps "$@" ${PIP} .

FROM python AS api
# The reference and the tasks are part of the package; nothing here can import torch.
COPY --from=api-environment /opt/grader /opt/grader
# The group's number too: it is that of the files which a worker writes, and the upkeep removes them.
RUN groupadd --gid 10001 grader && useradd --uid 10001 --gid 10001 --create-home grader && \
    install -d -o grader -g grader /var/lib/grader && \
    install -d -m 2775 -o grader -g grader /var/lib/grader/files && \
    find / -xdev -type f -perm /6000 -exec chmod ug-s {} +
ENV PATH=/opt/grader/bin:/usr/bin:/bin GRADER_STATE_DIR=/var/lib/grader \
    GRADER_RUNTIME_DIR=/tmp/grader PYTHONUNBUFFERED=1
USER 10001:10001
WORKDIR /var/lib/grader
EXPOSE 8000
CMD ["grader", "api", "--host", "0.0.0.0"]

FROM python AS worker-environment
ARG PIP=
COPY image /context/image
COPY pyproject.toml /context/
WORKDIR /context
RUN python3.11 -m venv /opt/grader && \
    python3.11 -c 'import tomllib; p = tomllib.load(open("pyproject.toml", "rb"))["project"]; print(*p["dependencies"], *p["optional-dependencies"]["s3"], sep="\n")' >asked.txt && \
    if [ -d image/wheels ]; then set -- --no-index --find-links image/wheels; fi && \
    /opt/grader/bin/pip install --no-cache-dir --no-compile --disable-pip-version-check \
      "$@" ${PIP} --requirement asked.txt --constraint image/service.lock && \
    /opt/grader/bin/python -I -c 'import torch, torchvision, scipy, matplotlib, nbclient'
COPY . /context
RUN if [ -d image/wheels ]; then set -- --no-index --find-links image/wheels; fi && \
    /opt/grader/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps "$@" ${PIP} .

FROM python AS worker
# The sandbox is bubblewrap, inside the container: no engine's socket, which would be the host.
RUN command -v bwrap || { apt-get update && apt-get install -y --no-install-recommends bubblewrap; }; \
    rm -rf /var/lib/apt/lists /var/cache/apt
COPY --from=worker-environment /opt/grader /opt/grader
# A volume takes its first owner from here: what root writes there, the upkeep's group may remove.
RUN install -d -m 2775 -o 10001 -g 10001 /var/lib/grader/files
ENV PATH=/opt/grader/bin:/usr/bin:/bin GRADER_STATE_DIR=/var/lib/grader \
    GRADER_DATA_DIR=/var/lib/grader/data GRADER_RUNTIME_DIR=/run/grader PYTHONUNBUFFERED=1
WORKDIR /var/lib/grader
STOPSIGNAL SIGTERM
CMD ["sh", "-c", "umask 002 && exec grader worker --lanes fast,cpu,regrade"]
