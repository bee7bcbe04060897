/**
 * For all property tests: a list that may have so many entries has as many now and then. By itself
 * fast-check makes none of more than some ten.
 */
import fc from 'fast-check';

fc.configureGlobal({ defaultSizeToMaxWhenMaxSpecified: true });
