# basisbot: build with `docker build -t basisbot .`, state in /data.

FROM python:3.11-slim-bookworm AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
RUN python -m venv /opt/basisbot
COPY requirements.lock ./
RUN /opt/basisbot/bin/python -m pip install --require-hashes --no-deps -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY bot/ bot/
COPY knowledge/ knowledge/
COPY tools/ tools/
RUN /opt/basisbot/bin/python -m pip install --no-deps --no-build-isolation .

FROM python:3.11-slim-bookworm

# One thread for the embedder: more threads spin and answer later, not sooner.
ENV PATH=/opt/basisbot/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    OMP_NUM_THREADS=1 \
    MPLCONFIGDIR=/tmp/matplotlib \
    BASISBOT_DATA_DIR=/data \
    BASISBOT_WEBHOOK_HOST=0.0.0.0
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin basisbot \
    && install --directory --owner=10001 --group=10001 /data
COPY --from=build /opt/basisbot /opt/basisbot

USER 10001
WORKDIR /data
VOLUME /data
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s --retries=3 \
    CMD ["basisbot", "healthcheck"]
ENTRYPOINT ["basisbot"]
CMD ["run"]
