/**
 * What a request costs, by the rules of AWS for on-demand tables (Amazon DynamoDB Developer Guide,
 * "Read and write capacity").
 */
export const consumedUnits = {
  /**
   * A write unit for each 1,024 bytes of the larger of the old and the new item, also if the
   * condition fails; at least one.
   */
  write: (bytes: number): number => Math.max(1, Math.ceil(bytes / 1024)),
  /**
   * A read unit for each 4,096 bytes that are read; half of it if the read need not be consistent;
   * at least one.
   */
  read: (bytes: number, consistent: boolean): number =>
    Math.max(1, Math.ceil(bytes / 4096)) * (consistent ? 1 : 0.5),
};
