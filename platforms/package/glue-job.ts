import { type PackageManifest, artifactOf, type Target } from './manifest.ts';

/** What `CreateJob` and `UpdateJob` take; the role and what it may cost are the account's. */
export interface GlueJob {
  readonly Command: {
    readonly Name: 'glueetl';
    readonly PythonVersion: '3';
    readonly ScriptLocation: string;
  };
  readonly GlueVersion: string;
  readonly DefaultArguments: Readonly<Record<string, string>>;
}

/** Glue runs on x64 alone. */
const GLUE_TARGET: Target = 'linux-x64';

/**
 * The part of a Glue job that the package decides. Names of files as they are in the package's folder,
 * URIs once it is uploaded.
 *
 * Glue 5.0 has Python 3.11 and glibc 2.34; 4.0 has a glibc that Node 24 does not run on.
 *
 * @see https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-python-libraries.html
 */
export function glueJobOf(manifest: PackageManifest): GlueJob {
  const place = (kind: 'launcher' | 'wheel' | 'spark-jar') => {
    const { uri, file } = artifactOf(manifest, kind);
    return uri ?? file;
  };
  const native = manifest.artifacts.find(
    ({ kind, target }) => kind === 'native-wheel' && target === GLUE_TARGET,
  );
  const modules = [place('wheel'), ...(native === undefined ? [] : [native.uri ?? native.file])];
  return {
    Command: { Name: 'glueetl', PythonVersion: '3', ScriptLocation: place('launcher') },
    GlueVersion: '5.0',
    DefaultArguments: {
      '--job-language': 'python',
      '--additional-python-modules': modules.join(','),
      '--datalake-formats': 'delta',
      '--extra-jars': place('spark-jar'),
    },
  };
}
