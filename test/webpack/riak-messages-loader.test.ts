import { createRequire } from 'node:module';
import { compileFunction } from 'node:vm';

import { expect } from 'chai';

interface Field {
  readonly name: string;
  readonly id: number;
  readonly repeated: boolean;
  /** Undefined for what is no field, such as the definition of an enumeration. */
  readonly type: { readonly name: string } | undefined;
  readonly resolvedType: Type | null;
}

interface Type {
  getChildren(): readonly Field[];
}

interface Messages {
  getCodeFor(name: string): number | undefined;
  getProtoFor(name: string): { readonly $type: Type } | undefined;
}

/** All fields of a message, and of those in it. Some messages are within themselves. */
function described({ $type }: { readonly $type: Type }, depth = 3): unknown {
  if (depth === 0) return undefined;
  return $type.getChildren().flatMap(({ name, id, repeated, type, resolvedType }) => {
    if (type === undefined) return [];
    const message =
      type.name === 'message' && resolvedType !== null
        ? described({ $type: resolvedType }, depth - 1)
        : undefined;
    return [{ name, id, repeated, type: type.name, message }];
  });
}

type Loader = (this: { resourcePath: string; addDependency(file: string): void }) => string;

const require = createRequire(import.meta.url);
const original = 'basho-riak-client/lib/protobuf/riakprotobuf.js';

describe('the bundled message definitions of the Riak client', () => {
  let bundled: Messages;
  const published = require(original) as Messages;
  const dependencies: string[] = [];

  before(async () => {
    const loaderFile = new URL('../../webpack/riak-messages-loader.mjs', import.meta.url).href;
    const { default: load } = (await import(loaderFile)) as { default: Loader };
    const context = {
      resourcePath: require.resolve(original),
      addDependency: (file: string) => dependencies.push(file),
    };
    const module = { exports: {} };
    const run = compileFunction(load.call(context), ['module', 'require']) as (...given: unknown[]) => void;
    run(module, require);
    bundled = module.exports as Messages;
  });

  it('are rebuilt when a file changes that they are made from', () => {
    expect(dependencies.map((file) => file.replace(/^.*[\\/]/, ''))).to.deep.equal([
      'riak.proto',
      'riak_dt.proto',
      'riak_kv.proto',
      'riak_pb_messages.csv',
    ]);
  });

  it('have the codes of the published ones', () => {
    for (const name of [
      'RpbErrorResp',
      'RpbGetReq',
      'RpbPutResp',
      'RpbIndexReq',
      'DtUpdateReq',
      'RpbStartTls',
    ]) {
      expect(bundled.getCodeFor(name), name).to.equal(published.getCodeFor(name)).and.be.a('number');
    }
  });

  it('have the fields of the published ones', () => {
    for (const name of [
      'RpbErrorResp',
      'RpbGetReq',
      'RpbGetResp',
      'RpbPutReq',
      'RpbIndexReq',
      'RpbIndexResp',
      'DtFetchResp',
      'DtUpdateReq',
      'RpbAuthReq',
      'RpbGetBucketResp',
    ]) {
      const [ours, theirs] = [bundled.getProtoFor(name), published.getProtoFor(name)];
      if (ours === undefined || theirs === undefined) throw new Error(`there is no ${name}`);
      expect(described(ours), name).to.deep.equal(described(theirs));
    }
  });

  it('have no message that is not defined', () => {
    expect(bundled.getProtoFor('RpbNothing')).to.equal(undefined);
    expect(bundled.getCodeFor('RpbNothing')).to.equal(undefined);
  });
});
