import { expect } from 'chai';

import { awsSettings, type AwsSettings } from '../../../lib/store/aws/settings.js';
import {
  dynamoDbOptions,
  dynamoDbSettings,
  type DynamoDbSettings,
} from '../../../lib/store/dynamodb/settings.js';
import { ConfigError } from '../../../lib/settings/error.js';
import { readSetting } from '../../../lib/settings/read-setting.js';
import { s3Options, s3Settings, type S3Settings } from '../../../lib/store/s3/settings.js';
import type { Setting } from '../../../lib/settings/setting.js';

const keys = { AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'hush' };

function read(settings: Readonly<Record<string, Setting<unknown>>>, source: Record<string, string>): object {
  return Object.fromEntries(
    Object.entries(settings).map(([field, setting]) => [field, readSetting(setting, source)]),
  );
}

function s3(source: Record<string, string>): ReturnType<typeof s3Options> {
  const settings = read(s3Settings, { ...keys, S3_BUCKET: 'swarms', ...source }) as S3Settings;
  return s3Options(settings);
}

function dynamoDb(source: Record<string, string>): ReturnType<typeof dynamoDbOptions> {
  return dynamoDbOptions(read(dynamoDbSettings, { ...keys, ...source }) as DynamoDbSettings);
}

describe('the settings of the stores on S3 and DynamoDB', () => {
  it('lead to AWS in the region if no endpoint is given', () => {
    const AWS_REGION = 'eu-central-1';
    expect(s3({ AWS_REGION }).endpoint.href).to.equal('https://s3.eu-central-1.amazonaws.com/');
    expect(dynamoDb({ AWS_REGION }).endpoint.href).to.equal('https://dynamodb.eu-central-1.amazonaws.com/');
    expect(dynamoDb({ AWS_REGION: 'cn-north-1' }).endpoint.href).to.equal(
      'https://dynamodb.cn-north-1.amazonaws.com.cn/',
    );
  });

  it("have the bucket in the host's name on AWS and in the path elsewhere, unless S3_ADDRESSING says otherwise", () => {
    const AWS_ENDPOINT_URL = 'http://127.0.0.1:7070';
    expect(s3({}).pathStyle).to.equal(false);
    expect(s3({ AWS_ENDPOINT_URL }).pathStyle).to.equal(true);
    expect(s3({ S3_ADDRESSING: 'path' }).pathStyle).to.equal(true);
    expect(s3({ AWS_ENDPOINT_URL, S3_ADDRESSING: 'host' }).pathStyle).to.equal(false);
  });

  it('leave a session token out that is not given', () => {
    expect(s3({}).credentials).to.deep.equal({ accessKeyId: 'AKID', secretAccessKey: 'hush' });
    expect(s3({ AWS_SESSION_TOKEN: 'token' }).credentials.sessionToken).to.equal('token');
  });

  it('leave tombstones unless S3_REMOVAL is delete, and then those of the last hour', () => {
    expect(s3({})).to.include({ removal: 'tombstone', tombstoneLifetimeMs: 3_600_000 });
    expect(s3({ S3_REMOVAL: 'delete' }).removal).to.equal('delete');
  });

  for (const [what, source] of [
    ['AWS_ACCESS_KEY_ID', { AWS_ACCESS_KEY_ID: '' }],
    ['AWS_SECRET_ACCESS_KEY', { AWS_SECRET_ACCESS_KEY: '' }],
    ['S3_BUCKET', { S3_BUCKET: '' }],
    ['AWS_CA', { AWS_CA: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' }],
  ] as const) {
    it(`say so if ${what} is missing or not readable`, () => {
      expect(() => s3(source)).to.throw(ConfigError, what);
    });
  }

  const refused: readonly (readonly [Setting<string>, readonly string[]])[] = [
    [awsSettings.awsEndpointUrl, ['127.0.0.1:7070', 'http://a/path', 'ftp://a', 'http://u:p@a']],
    [s3Settings.s3Bucket, ['ab', 'Swarms', '-swarms', 'a/b', 'x'.repeat(64)]],
    [s3Settings.s3Prefix, ['/a', 'a//b', '../a', 'a/../b', 'a b', 'ä', 'a/.b/', 'x'.repeat(201)]],
    [dynamoDbSettings.dynamoDbTable, ['ab', 'a b', 'x'.repeat(256)]],
  ];
  for (const [setting, values] of refused) {
    it(`refuse what is no ${setting.name}`, () => {
      for (const value of values) expect(setting.read(value), value).to.equal(undefined);
    });
  }

  it('take a prefix with and without folders', () => {
    for (const prefix of ['a', 'a-', 'tracker/', 'a/b/c.d_e-']) {
      expect(s3Settings.s3Prefix.read(prefix)).to.equal(prefix);
    }
  });

  it('have secrets that are never shown', () => {
    const secrets = Object.entries(awsSettings).filter(([, { secret }]) => secret);
    const names: (keyof AwsSettings)[] = ['awsSecretAccessKey', 'awsSessionToken'];
    expect(secrets.map(([name]) => name)).to.deep.equal(names);
  });
});
