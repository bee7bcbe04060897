/**
 * What AWS asks, US dollars, us-east-1, without taxes, discounts, free tiers and traffic. Each has
 * its source and the date of that; docs/stores.md has the same. AWS's pages of today
 * (aws.amazon.com/s3/pricing, aws.amazon.com/dynamodb/pricing) were not read: look there first.
 */
export const prices = {
  s3: {
    /**
     * S3 Standard: PUT and LIST; GET; the first 50 TB. DELETE is free. As AWS's Price List API
     * answered on 28 October 2025, by a public note of that day.
     */
    put: 0.005 / 1000,
    get: 0.0004 / 1000,
    gigabyteMonth: 0.023,
  },
  dynamoDb: {
    /**
     * On demand, since the cut of November 2024, by Airbyte's "Amazon DynamoDB Pricing" of 21 July
     * 2025.
     */
    writeUnit: 0.625 / 1e6,
    readUnit: 0.125 / 1e6,
    /** Standard tables, by a stored copy of aws.amazon.com/dynamodb/pricing, which bears no date. */
    gigabyteMonth: 0.25,
  },
} as const;
