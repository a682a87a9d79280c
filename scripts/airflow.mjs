// The Airflows that generated DAGs are run by: .dray/airflow/VERSION/venv.
import { prepareVenv } from './python.mjs';

const VERSIONS = ['2.11.2', '3.3.2'];
/** Older ones that only parse the files: prepared when DRAY_SOAK_AIRFLOW is set. */
const OLDER = ['2.10.5', '3.0.6'];

/** Why no Airflow runs on this Python, or undefined; the pinned providers have wheels for these two. */
export function airflowMissing(python) {
  if (python.version === undefined) return 'no Python';
  if (/^Python 3\.1[12]\./.test(python.version)) return undefined;
  return `the pinned Airflows run on Python 3.11 and 3.12, this is ${python.version}`;
}

/** `{version: interpreter}` of those that run DAGs, each made once: some 700 MB. */
export function prepareAirflows(pythonVersion) {
  return prepare(VERSIONS, pythonVersion);
}

/** The same of those that only parse them. */
export function prepareOlderAirflows(pythonVersion) {
  return prepare(OLDER, pythonVersion);
}

function prepare(versions, pythonVersion) {
  const made = versions.map((version) => {
    const folder = `.dray/airflow/${version}/venv`;
    const requirements = `test/python/airflow-${version}-requirements.txt`;
    return [version, prepareVenv(pythonVersion, { folder, requirements, whole: true })];
  });
  return Object.fromEntries(made);
}
