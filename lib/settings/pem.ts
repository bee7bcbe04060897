import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';

import { ConfigError } from './error.js';
import type { Setting } from './setting.js';

/**
 * PEM text itself, since an action has no files. Escaped line ends are taken too: some parameter
 * files allow no others.
 */
export function pem(
  settingName: string,
  declared: { readonly description: string; readonly secret?: boolean },
): Setting<string> {
  return {
    name: settingName,
    description: declared.description,
    takes: 'PEM text, its lines ended as usual or by \\n',
    default: { value: '' },
    secret: declared.secret ?? false,
    read: (given) => {
      const lines = given.replaceAll('\\n', '\n');
      return /^-----BEGIN [^]*-----END [^]*-----$/.test(lines) ? lines : undefined;
    },
  };
}

/**
 * Certificates one after the other, and other text between them. Node.js leaves those that are not
 * readable out without a word, whereupon no connection is trusted.
 * @throws ConfigError if one is not readable, or there is none
 */
export function requireCertificates(settingName: string, text: string): void {
  const certificates = text.match(/-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/g) ?? [text];
  for (const certificate of certificates) {
    attempt(settingName, 'is not readable', () => new X509Certificate(certificate));
  }
}

/**
 * @throws ConfigError if a certificate or its private key is not readable, or the key is that of
 *   another certificate
 */
export function requireKeyPair(
  certificate: { readonly settingName: string; readonly text: string },
  key: { readonly settingName: string; readonly text: string },
): void {
  const [cert, privateKey] = [certificate.text, key.text];
  attempt(certificate.settingName, 'is not readable', () => createSecureContext({ cert }));
  attempt(key.settingName, 'is not readable', () => createSecureContext({ key: privateKey }));
  attempt(certificate.settingName, `does not go with ${key.settingName}`, () =>
    createSecureContext({ cert, key: privateKey }),
  );
}

function attempt(settingName: string, problem: string, use: () => unknown): void {
  try {
    use();
  } catch (error) {
    // What OpenSSL says has nothing of the text in it.
    throw new ConfigError(
      settingName,
      `${problem}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
