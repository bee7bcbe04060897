/**
 * Every store that STORE takes, by name. Adding one: its own folder, a line here, its settings in
 * manifest.yaml.
 */
import type { SettingGroup } from '../settings/setting.js';
import type { StoreDriver } from './driver.js';
import { dynamoDbDriver } from './dynamodb/driver.js';
import { lmdbDriver } from './lmdb/driver.js';
import { riakDriver } from './riak/driver.js';
import { s3Driver } from './s3/driver.js';

export const storeDrivers = {
  lmdb: lmdbDriver,
  riak: riakDriver,
  s3: s3Driver,
  dynamodb: dynamoDbDriver,
};

export type StoreName = keyof typeof storeDrivers;

export const storeNames = Object.keys(storeDrivers) as StoreName[];

/** The settings of all stores. */
export const storeSettings = {
  ...lmdbDriver.settings,
  ...riakDriver.settings,
  ...s3Driver.settings,
  ...dynamoDbDriver.settings,
};

/** The driver of a store whose settings are among `V`: it is given all settings, and uses its own. */
export function driverOf(name: StoreName): StoreDriver<typeof storeSettings> {
  // A driver takes the values of its own settings, so it takes the values of all.
  return storeDrivers[name] as StoreDriver<SettingGroup> as StoreDriver<typeof storeSettings>;
}
