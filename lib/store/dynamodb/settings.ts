import { awsOptions, awsSettings, named } from '../aws/settings.js';
import type { ValuesOf } from '../../settings/setting.js';
import type { DynamoDbSettingsOptions } from './options.js';

/** STORE=dynamodb: swarms in a table. */
export const dynamoDbSettings = {
  ...awsSettings,
  dynamoDbTable: named('DYNAMODB_TABLE', {
    description: 'Table of swarms and download counts.',
    takes: 'the name of a table: 3 to 255 letters, digits, dots, hyphens and underscores',
    pattern: /^[\w.-]{3,255}$/,
    default: 'tracker',
  }),
};

/** A value for each of the settings above. */
export type DynamoDbSettings = ValuesOf<typeof dynamoDbSettings>;

/**
 * The store's options by the settings, all but what a run takes from outside.
 * @throws ConfigError if settings do not go together
 */
export function dynamoDbOptions(settings: DynamoDbSettings): DynamoDbSettingsOptions {
  return { ...awsOptions(settings, 'dynamodb'), table: settings.dynamoDbTable };
}
