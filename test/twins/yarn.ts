import { execFileSync } from 'node:child_process';

/**
 * What an argument becomes on its way into a container of YARN: what Spark quotes, Hadoop expands and a
 * script of the container runs: `escapeForShell` of YarnSparkHadoopUtil.scala, `expandEnvironment` and
 * `ShellScriptBuilder.command` of ContainerLaunch.java.
 *
 * @throws Error where the script cannot be read any more.
 */
export function yarn(text: string): string {
  const quoted = text
    .replaceAll(/[$"]/g, (character) => `\\${character}`)
    .replaceAll("'", () => `'\\''`);
  const expanded = quoted.replaceAll('<CPS>', ':').replaceAll('{{', '$').replaceAll('}}', '');
  return execFileSync('bash', ['-s'], {
    input: `exec /bin/bash -c "printf %s '${expanded}'"`,
    encoding: 'utf8',
    stdio: 'pipe',
  });
}
