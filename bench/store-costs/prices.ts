/**
 * What AWS asks, US dollars, us-east-1, without taxes, discounts, free tiers and traffic.
 * DynamoDB's units and S3's PUT are as others quoted them in July 2025; S3's GET and both prices of
 * storage were not looked up. AWS's own pages (aws.amazon.com/s3/pricing,
 * aws.amazon.com/dynamodb/pricing) were not read for this: check them.
 */
export const prices = {
  s3: {
    /** S3 Standard: PUT and LIST; GET. DELETE is free. */
    put: 0.005 / 1000,
    get: 0.0004 / 1000,
    gigabyteMonth: 0.023,
  },
  dynamoDb: {
    /** On demand, since the cut of November 2024. */
    writeUnit: 0.625 / 1e6,
    readUnit: 0.125 / 1e6,
    gigabyteMonth: 0.25,
  },
} as const;
