import { expect } from 'chai';

import { StoreError, StoreUnavailableError } from '../../../lib/store/errors.js';
import { RiakErrorAnswer, storeErrorOf } from '../../../lib/store/riak/failures.js';

describe('an error that Riak answers', () => {
  for (const reason of [
    'timeout',
    'overload',
    '{insufficient_vnodes,1,need,2}',
    '{pw_val_unsatisfied,2,1}',
    'all_nodes_down',
    'mailbox_overload',
    'too_many_fails',
    '{too_many_siblings,201}',
  ]) {
    it(`is one that passes by itself: ${reason}`, () => {
      expect(storeErrorOf('put', new RiakErrorAnswer(reason, 0))).to.be.instanceOf(StoreUnavailableError);
    });
  }

  for (const reason of ['no_type', '{n_val_violation,3}', 'Bucket cannot be zero-length']) {
    it(`is one that trying again does not mend: ${reason}`, () => {
      const error = storeErrorOf('put', new RiakErrorAnswer(reason, 0));
      expect(error).to.be.instanceOf(StoreError).and.not.instanceOf(StoreUnavailableError);
      expect(error.message).to.include(reason);
    });
  }
});
