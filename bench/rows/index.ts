import type { Row } from '../row.js';
import type { RowName } from '../row-names.js';
import { growth } from './growth.js';
import { http } from './http.js';
import { operations } from './operations.js';

/** Every row by its name. */
export const rows: Readonly<Record<RowName, Row>> = { http, operations, growth };
