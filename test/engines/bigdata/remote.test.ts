import { describe, expect, it } from '@jest/globals';
import { JobError } from '../../../core/errors.ts';
import { parseRemote } from '../../../engines/bigdata/remote.ts';

function problemOf(address: string): JobError {
  try {
    parseRemote(address);
  } catch (error) {
    if (error instanceof JobError) return error;
    throw error;
  }
  throw new Error(`"${address}" was accepted`);
}

describe('the address of a Spark server', () => {
  it.each([
    ['sc://localhost', 'http://localhost:15002'],
    ['sc://localhost/', 'http://localhost:15002'],
    ['sc://spark.example:443', 'http://spark.example:443'],
    ['sc://[::1]:80/;token=x', 'http://[::1]:80'],
    ['sc://127.0.0.1:4040/;token=x', 'http://127.0.0.1:4040'],
    ['sc://127.0.0.1:4040/;token=x;use_ssl=true', 'https://127.0.0.1:4040'],
    ['sc://w.example:443/;token=x', 'https://w.example:443'],
    ['sc://w.example:443/;token=x;use_ssl=FALSE', 'http://w.example:443'],
    ['sc://w.example/;use_ssl=true;', 'https://w.example:15002'],
  ])('reads %s as %s', (address, baseUrl) => {
    expect(parseRemote(address).baseUrl).toBe(baseUrl);
  });

  it('sends the token as authorization and unknown parameters as lower-case metadata', () => {
    const remote = parseRemote(
      'sc://w.example:443/;token=dapi%3D1;X-Databricks-Cluster-Id=0121;user_id=ada;user_agent=me',
    );
    expect(remote.headers).toEqual({
      authorization: 'Bearer dapi=1',
      'x-databricks-cluster-id': '0121',
    });
    expect(remote.userId).toBe('ada');
  });

  it('takes a value up to the next semicolon, equals signs included', () => {
    expect(parseRemote('sc://h/;token=a=b==').headers['authorization']).toBe('Bearer a=b==');
  });

  it('keeps the session that somebody else opened', () => {
    const id = '00112233-4455-6677-8899-aabbccddeeff';
    expect(parseRemote(`sc://h/;session_id=${id}`).sessionId).toBe(id);
  });

  it.each([
    ['http://h:1', 'does not start with "sc://"'],
    ['sc://', 'does not start with "sc://"'],
    ['sc:///;token=secret', 'does not start with "sc://"'],
    ['sc://ada:secret@h', 'a user before the host'],
    ['sc://h:99999', 'is not a host with a port'],
    ['sc://h:1/path', 'parameters start with "/;"'],
    ['sc://h:1;token=secret', 'parameters start with "/;"'],
    ['sc://h h:1/', 'is not a host with a port'],
    ['sc://h/;secret', 'not of the form "name=value"'],
    ['sc://h/;token=', 'the parameter "token" is empty'],
    ['sc://h/;token=secret;token=secret', '"token" is given twice'],
    ['sc://h/;token=secret%', '"token" has a broken % escape'],
    ['sc://h/;token=secret%0d%0aevil:%201', '"token" holds what cannot stand in a header'],
    ['sc://h/;use_ssl=yes', '"use_ssl" is neither'],
    ['sc://h/;session_id=mine', '"session_id" is not a UUID'],
  ])('refuses %j and does not repeat a value', (address, part) => {
    const problem = problemOf(address);
    expect(problem.code).toBe('CONFIG_INVALID');
    expect(problem.message).toContain(part);
    expect(`${problem.message} ${String(problem.hint)}`).not.toContain('secret');
  });
});
