# One image for operator, admission, fetch and collect. It is built from wheels that were made before, outside:
#   pip wheel --wheel-dir dist/wheels --constraint constraints.txt '.[operator,postgresql,fetch,s3]'
#   pip wheel --no-deps --wheel-dir dist/joinery .
#   docker build --tag joinery .
# so the build needs no network, and holds exactly what was checked. `--build-arg EXTRAS=…` with gcs or azure where
# their wheels are there too. BASE is any image with a Python of the version that the wheels are for.
ARG BASE=python:3.11-slim-bookworm

# What Joinery is made of changes seldom, and is a layer of its own.
FROM ${BASE} AS dependencies
COPY dist/wheels /wheels
RUN rm -f /wheels/joinery_operator-*.whl \
 && python3 -m venv --without-pip /opt/joinery \
 && python3 -m venv /opt/installer \
 && /opt/installer/bin/pip --python /opt/joinery/bin/python install \
      --no-cache-dir --no-index --no-deps --no-compile --disable-pip-version-check /wheels/*.whl \
 && /opt/joinery/bin/python -m compileall -q --invalidation-mode unchecked-hash /opt/joinery/lib

# Installed twice: into the whole, where what is missing or does not fit is refused, and alone, for the last layer.
FROM dependencies AS own
ARG EXTRAS=operator,postgresql,fetch,s3
COPY dist/joinery /own
RUN install="/opt/installer/bin/pip --python /opt/joinery/bin/python install --no-cache-dir --no-index --no-compile \
      --disable-pip-version-check --find-links /wheels --find-links /own" \
 && $install "joinery-operator[${EXTRAS}]" \
 && /opt/joinery/bin/joinery --version \
 && $install --no-deps --ignore-installed --prefix /opt/own joinery-operator \
 && /opt/joinery/bin/python -m compileall -q --invalidation-mode unchecked-hash -s /opt/own -p /opt/joinery /opt/own/lib

FROM ${BASE}
LABEL org.opencontainers.image.title="Joinery" \
      org.opencontainers.image.description="Operator, admission webhook and artifact programs of Joinery" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=dependencies /opt/joinery /opt/joinery
COPY --from=own /opt/own /opt/joinery
# Nothing is written below the root: it may be mounted read-only, and /tmp may be an emptyDir.
ENV PATH=/opt/joinery/bin:${PATH} \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp
# A number, so that runAsNonRoot can be verified; the same as in the chart.
USER 65532:65532
WORKDIR /tmp
ENTRYPOINT ["joinery"]
CMD ["--help"]
