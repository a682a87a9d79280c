# The same jobs on Spark, which runs in the container or is driven from it: docs/images.md.
#   docker build --file docker/spark.Dockerfile --tag dray-spark .
ARG NODE_IMAGE=node:24-bookworm-slim
ARG PYTHON_IMAGE=python:3.11-slim-bookworm
# One of entry/launcher/dray_launcher/spark_jars.json, which knows the jars that fit.
ARG SPARK_VERSION=4.2.1

FROM ${NODE_IMAGE} AS bundle
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-audit --loglevel=error
COPY . .
# The image's own Node does as well as the pinned one, and the same sources give the same bytes.
RUN node --input-type=module --eval "import { build } from './scripts/build.mjs'; await build();"
ARG SPARK_VERSION
RUN node --input-type=module --eval " \
      import { readFileSync } from 'node:fs'; \
      import { fetchJars } from './scripts/maven.mjs'; \
      const table = JSON.parse(readFileSync('entry/launcher/dray_launcher/spark_jars.json')); \
      const row = Object.values(table).find(({ spark }) => spark === process.env.SPARK_VERSION); \
      await fetchJars([...row.delta, ...row.postgres, ...row.connect], '/out/jars', console.log);" \
 && cp --recursive entry/launcher/generic_entry.py entry/launcher/dray_launcher /out \
 && cp dist/generic-entry.mjs LICENSE NOTICE /out

FROM ${PYTHON_IMAGE} AS pyspark
ARG SPARK_VERSION
RUN python -m venv /opt/pyspark \
 && /opt/pyspark/bin/pip install --quiet --no-cache-dir --disable-pip-version-check pyspark==${SPARK_VERSION} \
 && rm --recursive --force /opt/pyspark/lib/python3*/site-packages/pip* \
      /opt/pyspark/lib/python3*/site-packages/setuptools*

FROM ${PYTHON_IMAGE}
# Spark's scripts ask procps for its processes.
RUN apt-get update -qq \
 && apt-get install --yes -qq --no-install-recommends libatomic1 openjdk-17-jre-headless procps >/dev/null \
 && rm --recursive --force /var/lib/apt/lists/* \
 && useradd --uid 1000 --user-group --create-home dray \
 && install --directory --owner=dray --group=dray /work
COPY --from=pyspark /opt/pyspark /opt/pyspark
COPY --from=bundle /usr/local/bin/node /usr/local/bin/node
COPY --from=bundle /out /opt/dray
WORKDIR /work
USER dray
ENV DRAY_IMAGE=spark \
    DRAY_SPARK_JARS=/opt/dray/jars \
    PATH=/opt/pyspark/bin:$PATH
# Python on top, and not spark-submit's Java: SIGTERM reaches Node first, which ends the run in order.
ENTRYPOINT ["python", "/opt/dray/generic_entry.py"]
CMD ["--help"]
