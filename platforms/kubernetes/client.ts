import { accessSync } from 'node:fs';
import { type OutgoingHttpHeaders, request as httpRequest } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { delimiter, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { KubeConfig } from '@kubernetes/client-node';
import { JobError, messageOf, systemCodeOf } from '../../core/errors.ts';

export interface KubernetesCall {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** From the root, its parts encoded: `/apis/batch/v1/...`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly json?: unknown;
}

export interface KubernetesAnswer {
  readonly status: number;
  readonly retryAfter?: string;
  readonly body: Buffer;
}

/** Who talks to which cluster. */
export interface KubernetesAccount {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** One call of a cluster's API, sent once; an answer that is an error comes back as an answer. */
export type Kubernetes = (call: KubernetesCall, signal: AbortSignal) => Promise<KubernetesAnswer>;

const SERVICE_ACCOUNT_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';
/** Certificates that no other try makes good. */
const UNTRUSTED = /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_|ERR_SSL_|ERR_OSSL_)/;

/**
 * Talks to the cluster of a kubeconfig, or to the one whose pod this is, with everything that a
 * kubeconfig knows: certificates, tokens, programs that get a token, proxies.
 *
 * @param answerMs - a call without an answer is given up after so long.
 * @throws JobError `PLATFORM_DENIED` for credentials that are not there or cannot be had;
 *   `PLATFORM_UNAVAILABLE` when nobody answers.
 */
export function kubernetes(account: KubernetesAccount, answerMs: number): Kubernetes {
  let config: KubeConfig | undefined;

  return async (call, signal) => {
    signal.throwIfAborted();
    config ??= load(account);
    const server = config.getCurrentCluster()?.server ?? '';
    const url = new URL(`${server.replace(/\/+$/, '')}${call.path}`);
    url.search = new URLSearchParams(call.query).toString();
    const options: RequestOptions = {
      method: call.method,
      signal: AbortSignal.any([signal, AbortSignal.timeout(answerMs)]),
    };
    try {
      await config.applyToHTTPSOptions(options);
    } catch (cause) {
      throw new JobError('PLATFORM_DENIED', `no credentials for "${server}": ${messageOf(cause)}`, {
        hint: 'see whether kubectl works with the same kubeconfig and context; log in again',
        cause,
      });
    }
    try {
      return await sent(url, options, call);
    } catch (cause) {
      signal.throwIfAborted();
      throw unreachable(server, cause);
    }
  };
}

async function sent(
  url: URL,
  options: RequestOptions,
  { method, json }: KubernetesCall,
): Promise<KubernetesAnswer> {
  const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  const content = json === undefined ? undefined : JSON.stringify(json);
  return await new Promise((resolve, reject) => {
    const send = url.protocol === 'http:' ? httpRequest : httpsRequest;
    const asking = send(
      url,
      {
        ...options,
        headers: {
          ...(options.headers as OutgoingHttpHeaders | undefined),
          accept: 'application/json',
          'user-agent': 'dray',
          ...(content === undefined
            ? {}
            : { 'content-type': type, 'content-length': Buffer.byteLength(content) }),
        },
      },
      (response) => {
        const { statusCode: status = 0, headers } = response;
        const retryAfter = headers['retry-after'];
        buffer(response).then((body) => {
          resolve({ status, body, ...(retryAfter === undefined ? {} : { retryAfter }) });
        }, reject);
      },
    );
    asking.on('error', reject);
    asking.end(content);
  });
}

/** The client's own search would end at http://localhost:8080 where there is nothing else. */
function load({ kubeconfig, context, env }: KubernetesAccount): KubeConfig {
  const config = new KubeConfig();
  const files = filesOf(kubeconfig ?? env['KUBECONFIG'], env['HOME']);
  try {
    for (const file of files) {
      const one = new KubeConfig();
      one.loadFromFile(file);
      if (file === files[0]) config.setCurrentContext(one.getCurrentContext());
      config.mergeConfig(one, true);
    }
  } catch (cause) {
    throw denied(`the kubeconfig cannot be read: ${messageOf(cause)}`, cause);
  }
  if (files.length === 0) {
    if (!isThere(SERVICE_ACCOUNT_TOKEN)) throw denied('there is no kubeconfig');
    config.loadFromCluster();
  }
  const name = context ?? config.getCurrentContext();
  const names = config.getContexts().map((one) => one.name);
  if (!names.includes(name)) {
    throw denied(
      `the kubeconfig has no context "${name}"${names.length === 0 ? '' : `, but ${names.join(', ')}`}`,
    );
  }
  config.setCurrentContext(name);
  if (config.getCurrentCluster() !== null && config.getCurrentUser() !== null) return config;
  throw denied(`the kubeconfig lacks the cluster or the user of its context "${name}"`);
}

function filesOf(listed: string | undefined, home: string | undefined): readonly string[] {
  const named = (listed ?? '').split(delimiter).filter((file) => file !== '');
  if (named.length > 0 || home === undefined) return named;
  const usual = join(home, '.kube', 'config');
  return isThere(usual) ? [usual] : [];
}

function isThere(path: string): boolean {
  try {
    accessSync(path);
    return true;
  } catch {
    return false;
  }
}

function denied(message: string, cause?: unknown): JobError {
  return new JobError('PLATFORM_DENIED', message, {
    hint: 'set "kubeconfig" and "context", or KUBECONFIG; kubectl config get-contexts lists them',
    cause,
  });
}

function unreachable(server: string, cause: unknown): JobError {
  if (UNTRUSTED.test(systemCodeOf(cause) ?? '')) {
    return new JobError('PLATFORM_DENIED', `"${server}" is not trusted: ${messageOf(cause)}`, {
      hint: 'the kubeconfig has to have the certificate authority of the cluster',
      cause,
    });
  }
  return new JobError('PLATFORM_UNAVAILABLE', `"${server}" does not answer: ${messageOf(cause)}`, {
    hint: 'check the context and the network; then submit the same run again',
    cause,
  });
}
