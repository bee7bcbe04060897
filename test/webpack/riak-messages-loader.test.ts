import { createRequire } from 'node:module';
import { compileFunction } from 'node:vm';

import { expect } from 'chai';

interface Messages {
  getCodeFor(name: string): number;
  getProtoFor(nameOrCode: string | number): {
    new (fields: object): { encode(): { toBuffer(): Buffer } };
    decode(body: Buffer): { encode(): { toBuffer(): Buffer } };
  };
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

  it('encode and decode as the published ones do', () => {
    const text = (value: string): Buffer => Buffer.from(value);
    const samples: [name: string, fields: object][] = [
      ['RpbErrorResp', { errmsg: text('no'), errcode: 7 }],
      [
        'RpbPutReq',
        { bucket: text('b'), key: text('k'), vclock: text('v'), content: { value: text('x') }, w: 1 },
      ],
      ['RpbGetResp', { content: [{ value: text('x'), deleted: true }], vclock: text('v') }],
      ['RpbIndexReq', { bucket: text('b'), index: text('$key'), qtype: 1, max_results: 5 }],
      ['DtUpdateReq', { bucket: text('b'), type: text('t'), op: { counter_op: { increment: -3 } } }],
      ['RpbAuthReq', { user: text('u'), password: text('p') }],
    ];
    for (const [name, fields] of samples) {
      const [Bundled, Published] = [bundled.getProtoFor(name), published.getProtoFor(name)];
      const body = new Published(fields).encode().toBuffer();
      expect(new Bundled(fields).encode().toBuffer().toString('hex'), name).to.equal(body.toString('hex'));
      const decoded = Published.decode(body).encode().toBuffer();
      expect(Bundled.decode(body).encode().toBuffer().toString('hex'), name).to.equal(
        decoded.toString('hex'),
      );
    }
  });
});
