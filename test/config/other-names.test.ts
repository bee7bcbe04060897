import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

import { gatewaySettingNames } from '../../deploy/nginx/settings.mjs';
import { deploySettingNames } from '../../deploy/openwhisk/lib/settings.mjs';
import { settingGroups } from '../../lib/config.js';
import { deploymentNames, gatewayNames } from '../../lib/config/other-names.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const own = settingGroups.flatMap(({ settings }) => Object.values(settings).map(({ name }) => name));

describe('The names of other settings', () => {
  it('are all that a deployment and the doctor take, but for those that are the tracker’s own', () => {
    const others = deploySettingNames(root).filter((name) => !own.includes(name));
    expect([...deploymentNames].sort()).to.deep.equal([...others, 'GATEWAY_URL', 'DOCTOR_BURST'].sort());
  });

  it('are all that the gateway takes, but for those that are the tracker’s own', () => {
    expect([...gatewayNames]).to.deep.equal(gatewaySettingNames.filter((name) => !own.includes(name)));
  });
});
