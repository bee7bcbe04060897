import { expect } from 'chai';

import { InvocationError, invokeItself, invokerOf } from '../../lib/openwhisk/next-invocation.js';
import { deploy, mainOf } from '../openwhisk-double/client.js';
import { startOpenWhiskDouble, type OpenWhiskDouble } from '../openwhisk-double/double.js';
import { eventually } from '../support/eventually.js';

describe('who an action invokes to go on', () => {
  const environment = {
    __OW_API_HOST: 'http://127.0.0.1:1',
    __OW_API_KEY: 'a:b',
    __OW_ACTION_NAME: '/guest/tracker/purge',
  };

  it('is itself, as the environment of the run says', () => {
    expect(invokerOf(environment)).to.deep.equal({
      apiHost: 'http://127.0.0.1:1',
      apiKey: 'a:b',
      actionName: '/guest/tracker/purge',
    });
  });

  it('cannot be known without the key, and the error says what to do', () => {
    const without = { ...environment, __OW_API_KEY: undefined };
    expect(() => invokerOf(without)).to.throw(InvocationError, 'provide-api-key');
    expect(() => invokerOf({})).to.throw(InvocationError, '__OW_API_HOST');
  });
});

describe('an action that invokes itself', () => {
  let double: OpenWhiskDouble;

  afterEach(() => double.close());

  const invokerIn = (key = double.auth): Parameters<typeof invokeItself>[0] => ({
    apiHost: double.apiHost,
    apiKey: key,
    actionName: `/${double.namespace}/purge`,
  });

  it('hands over its parameters and does not wait', async () => {
    double = await startOpenWhiskDouble();
    await deploy(double, 'purge', mainOf('return { got: params };'), { annotations: {} });
    const id = await invokeItself(invokerIn(), { purge: { ranges: [1] } });
    const activation = await eventually('its end', 2000, () => double.activations()[0]);
    expect(activation).to.deep.include({ activationId: id, result: { got: { purge: { ranges: [1] } } } });
  });

  it('tries again when it is refused, and gets through when the limits allow it', async () => {
    let time = 0;
    double = await startOpenWhiskDouble({ invocationsPerMinute: 1, now: () => time });
    await deploy(double, 'purge', mainOf('return {};'), { annotations: {} });
    await invokeItself(invokerIn(), {});
    const second = invokeItself(invokerIn(), {});
    await eventually(
      'a refusal',
      2000,
      () => double.apiCalls.filter(({ method }) => method === 'POST').length > 1,
    );
    time = 60_000;
    expect(await second).to.match(/^[0-9a-f]{32}$/);
  });
});
