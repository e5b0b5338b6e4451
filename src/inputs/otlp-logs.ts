/** Attributes by their name; values are what JSON has, and integers beyond 2^53 as BigInt. */
export type OtlpAttributes = Readonly<Record<string, unknown>>

/**
 * A log record of OTLP (https://opentelemetry.io/docs/specs/otlp/, messages of opentelemetry-proto: logs/v1), whatever
 * it was encoded in; or that there is one that cannot be read.
 */
export type OtlpRecord =
  | {
      readonly kind: 'record'
      readonly resource: OtlpAttributes
      readonly body: unknown
      readonly attributes: OtlpAttributes
    }
  | { readonly kind: 'damaged' }

/** A request that cannot be read at all. */
export class MalformedOtlp extends Error {}

/** Values may hold values so deep. */
export const MAX_VALUE_DEPTH = 100
