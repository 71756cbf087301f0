# One image for web, live, worker, relay, beat and migrate: `docker build -t shop .`, then `docker run … shop python -m
# shop.serve worker`. shop/processes.py has the commands, docs/containers.md the rest.

FROM python:3.11-slim-bookworm AS base
# What WeasyPrint loads, the fonts of invoices, and an init that hands signals on and buries orphans. Without versions:
# Debian's stable suite changes by security fixes alone, and a version that was pinned is gone then.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        fonts-dejavu-core fonts-droid-fallback fonts-inter fonts-nanum fonts-symbola \
        libharfbuzz-subset0 libpango-1.0-0 libpangoft2-1.0-0 tini \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --user-group --no-create-home --home-dir /tmp --shell /usr/sbin/nologin shop
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1
WORKDIR /app

# The locked libraries, each file checked by its hash, from wheels alone: no stage has a compiler.
FROM base AS libraries
COPY requirements.txt ./
RUN python3 -m venv --without-pip /opt/venv \
    && pip --python /opt/venv/bin/python install --no-cache-dir --require-hashes --only-binary :all: -r requirements.txt

# What a laptop needs on top: the AWS emulator, the mail viewer, the checks. Never what serves a shop.
FROM libraries AS development
COPY requirements-dev.txt ./
RUN pip --python /opt/venv/bin/python install --no-cache-dir --require-hashes --only-binary :all: -r requirements-dev.txt \
    && install -d -o 10001 -g 10001 /state
COPY . .
USER 10001:10001
ENTRYPOINT ["/usr/bin/tini", "--"]
CMD ["python", "-m", "local.in_containers", "emulator"]

# The code as it is served: without tests and tools, compiled, its static files in one place. The settings are what must
# be set before anything is loaded, and lead nowhere.
FROM libraries AS code
COPY . .
RUN SECRET_KEY=only-while-static-files-are-collected-into-the-image TRIGGER_SECRET=only-while-files-are-collected-too \
    DATABASE_URL=postgresql://nobody@localhost/nothing QUEUE_URL_PREFIX=http://localhost/ SNS_TOPIC_ARN=none \
    EVENT_BUS_NAME=none S3_BUCKET=none COGNITO_POOL_ID=none COGNITO_CLIENT_ID=none \
    python manage.py collectstatic --noinput --verbosity 0 \
    && rm -r local pyproject.toml requirements*.txt \
    && find . -name tests -prune -exec rm -r {} + \
    && python -m compileall -q --invalidation-mode unchecked-hash .

FROM base AS shop
# Whoever breaks in finds no way to install anything.
RUN pip uninstall --yes --quiet --root-user-action ignore setuptools wheel pip \
    && rm -rf /usr/local/lib/python3.11/ensurepip
COPY --from=libraries /opt/venv /opt/venv
COPY --from=code /app /app
# By number, so that a cluster can see that it is not root. It can write to nothing but /tmp, which is a tmpfs where the
# root file system is read-only. Fargate knows no tmpfs: a volume there has root's permissions, unless the image names one.
VOLUME ["/tmp"]
USER 10001:10001
EXPOSE 8000 8001
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s CMD ["python", "-m", "shop.healthy"]
ENTRYPOINT ["/usr/bin/tini", "--"]
CMD ["python", "-m", "shop.serve", "web"]
