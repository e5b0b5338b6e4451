/** What one test, miss or filter of a document showed. */
export interface TestResult {
  readonly id: string
  readonly kind: 'test' | 'miss' | 'filter'
  readonly rule: string
  readonly expect: 'fire' | 'silent'
  readonly pass: boolean
  /** Why, in one sentence. */
  readonly message: string
  readonly line: number
  /** The lint finding that the failure is, where it is one. */
  readonly finding?: 'ADS043' | 'ADS052'
}
