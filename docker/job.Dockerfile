# load_promos and other jobs on the engines row and bulk: docs/images.md.
#   docker build --file docker/job.Dockerfile --tag dray-job .
ARG NODE_IMAGE=node:24-bookworm-slim
ARG PYTHON_IMAGE=python:3.11-slim-bookworm

FROM ${NODE_IMAGE} AS bundle
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-audit --loglevel=error
COPY . .
# The image's own Node does as well as the pinned one, and the same sources give the same bytes.
RUN node --input-type=module --eval "import { build } from './scripts/build.mjs'; await build();"
RUN mkdir --parents /out/node_modules/@duckdb \
 && cp --recursive node_modules/@duckdb/node-* /out/node_modules/@duckdb \
 && cp dist/generic-entry.mjs package.json LICENSE NOTICE /out

# DuckDB's own signed extensions; DuckDB checks the signatures whenever it loads one.
FROM ${PYTHON_IMAGE} AS extensions
ARG DUCKDB_VERSION=1.5.5
WORKDIR /wheels
RUN pip download --quiet --no-deps --no-cache-dir \
      duckdb-extension-httpfs==${DUCKDB_VERSION} \
      duckdb-extension-delta==${DUCKDB_VERSION} \
      duckdb-extension-postgres-scanner==${DUCKDB_VERSION} \
 && for wheel in *.whl; do python -m zipfile -e "$wheel" .; done \
 && case "$(uname -m)" in aarch64) platform=linux_arm64;; *) platform=linux_amd64;; esac \
 && mkdir --parents /out/v${DUCKDB_VERSION}/${platform} \
 && cp duckdb_extension_*/extensions/v${DUCKDB_VERSION}/*.duckdb_extension /out/v${DUCKDB_VERSION}/${platform}

FROM ${NODE_IMAGE}
COPY --from=extensions /out /opt/dray/extensions
COPY --from=bundle /out /opt/dray
# What runs are recorded in, and where relative paths of a config lead: mount a volume to keep it.
RUN install --directory --owner=node --group=node /work
WORKDIR /work
USER node
ENV DRAY_IMAGE=job \
    DRAY_EXTENSIONS=/opt/dray/extensions
ENTRYPOINT ["node", "--disable-warning=ExperimentalWarning", "--max-semi-space-size=8", "/opt/dray/generic-entry.mjs"]
CMD ["--help"]
