import { type Finding, note, ok, red, redOf } from '../../core/finding.ts';
import { JOB_NAMES } from '../../jobs/registry.ts';
import type { Surroundings } from '../context.ts';
import { destinationOf, isSubmitPlatform, SUBMIT_PLATFORMS } from '../submit/platforms.ts';
import { readConfigFile } from '../submit/settings.ts';

/** dray's config file: each platform of each environment as `dray submit` would read it. */
export async function configFileFindings(surroundings: Surroundings): Promise<readonly Finding[]> {
  const name = 'dray.config';
  try {
    const file = await readConfigFile(surroundings);
    if (file === undefined) {
      return [note(name, 'none here', 'only dray submit --env needs one: docs/submit.md')];
    }
    const wrong: Finding[] = [];
    for (const [environment, platforms] of Object.entries(file.environments)) {
      for (const [platform, settings] of Object.entries(platforms)) {
        const at = `${name} ${environment}.${platform}`;
        if (!isSubmitPlatform(platform)) {
          const fix = `rename it to a platform, or remove it: ${SUBMIT_PLATFORMS.join(', ')}`;
          wrong.push(red(at, 'no platform that runs can be sent to', fix));
          continue;
        }
        try {
          destinationOf(platform, settings, JOB_NAMES[0] ?? '', surroundings.env);
        } catch (error) {
          wrong.push(redOf(at, error));
        }
      }
    }
    const names = Object.keys(file.environments).join(', ');
    return wrong.length > 0 ? wrong : [ok(name, `${file.path}: ${names}`)];
  } catch (error) {
    return [redOf(name, error)];
  }
}
