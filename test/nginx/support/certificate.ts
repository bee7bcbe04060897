import { spawnSync } from 'node:child_process';

export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
}

/**
 * Makes a self-signed certificate for `name` in a directory. @throws Error with the words of
 * openssl
 */
export function makeCertificate(directory: string, name: string): CertificateFiles {
  const files = { certificate: `${directory}/${name}.pem`, key: `${directory}/${name}.key` };
  const { status, stderr } = spawnSync(
    'openssl',
    [
      ...[
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '1',
      ],
      ...['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`],
      ...['-keyout', files.key, '-out', files.certificate],
    ],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`openssl: ${stderr}`);
  return files;
}
