import type { JsonObject } from './json.ts'

/** What an envelope holds: an audit Event, nothing of Kubernetes, or something broken. */
export type Unwrapped =
  | {
      readonly kind: 'audit'
      readonly event: JsonObject
      readonly provider?: 'aws' | 'azure' | 'gcp'
      readonly cluster?: string
    }
  | { readonly kind: 'other' }
  | { readonly kind: 'broken'; readonly reason: string }
