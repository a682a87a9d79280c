// Generates engines/bigdata/generated/ from the .proto files of Spark Connect. With --check it
// compares instead of writing. The .proto files are those of Spark 4.3.0, unchanged: to renew them
// take spark/connect/*.proto and google/rpc/error_details.proto out of the spark-connect jar.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { continueOnPinnedNode, ROOT } from './bootstrap.mjs';

const PROTOS = 'engines/bigdata/proto';
const GENERATED = 'engines/bigdata/generated';

/** Machine learning, pipelines, streaming and the catalog API: a third of the code, never used here. */
const UNUSED = [
  ...['MlCommand', 'MlCommandResult', 'MlRelation'],
  ...['PipelineCommand', 'PipelineCommandResult', 'PipelineEventResult'],
  ...['PipelineQueryFunctionExecutionSignal', 'PipelineAnalysisContext'],
  ...['StreamingQueryCommand', 'StreamingQueryCommandResult'],
  ...['StreamingQueryManagerCommand', 'StreamingQueryManagerCommandResult'],
  ...['StreamingQueryListenerBusCommand', 'StreamingQueryListenerEventsResult'],
  ...['WriteStreamOperationStart', 'WriteStreamOperationStartResult'],
  'Catalog',
].map((name) => `spark.connect.${name}`);

function generate(out) {
  const plugin = join(ROOT, 'node_modules/@bufbuild/protoc-gen-es/bin/protoc-gen-es');
  const template = {
    version: 'v2',
    clean: true,
    inputs: [
      {
        directory: PROTOS,
        types: ['spark.connect.SparkConnectService', 'google.rpc.ErrorInfo'],
        exclude_types: UNUSED,
      },
    ],
    plugins: [
      {
        local: [process.execPath, plugin],
        out,
        opt: ['target=ts', 'import_extension=ts', 'erasable_syntax=true'],
      },
    ],
  };
  const buf = join(ROOT, 'node_modules/@bufbuild/buf/bin/buf');
  execFileSync(process.execPath, [buf, 'generate', '--template', JSON.stringify(template)], {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}

/** Path below `folder` to content. */
function contents(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true });
  return new Map(
    files
      .filter((file) => file.isFile())
      .map((file) => join(file.parentPath, file.name))
      .map((path) => [path.slice(folder.length + 1), readFileSync(path, 'utf8')]),
  );
}

function differences() {
  const fresh = mkdtempSync(join(tmpdir(), 'dray-generate-'));
  try {
    generate(fresh);
    const made = contents(fresh);
    const kept = contents(join(ROOT, GENERATED));
    return [...new Set([...made.keys(), ...kept.keys()])].filter(
      (path) => made.get(path) !== kept.get(path),
    );
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

if (import.meta.url === pathToFileURL(realpathSync(process.argv[1])).href) {
  await continueOnPinnedNode(import.meta.url);
  if (process.argv.includes('--check')) {
    const different = differences();
    for (const path of different) process.stdout.write(`${GENERATED}/${path} differs\n`);
    if (different.length > 0) {
      process.stdout.write('run: node scripts/generate-spark-connect.mjs\n');
      process.exitCode = 1;
    }
  } else {
    generate(GENERATED);
  }
}
