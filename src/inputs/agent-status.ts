import type { Reach } from './reach.ts'

/** How an agent is doing. What it says of itself is hostile. */
export interface AgentStatus {
  readonly name: string
  /** `host.name` of all that it tells. */
  readonly host: string
  /** `never` until its first contact; `cut` where there is none for a while. */
  readonly state: 'never' | 'connected' | 'cut'
  /** When it was heard last, ms. */
  readonly contact: number | undefined
  readonly version: string
  /** Of its spool, in bytes: what it holds, and at most. */
  readonly spool: { readonly bytes: number; readonly bound: number }
  /** How old the oldest is that is not here yet, ms. */
  readonly delay: number
  /** Its clock less ours, ms. */
  readonly skew: number
  /** Since when its spool has no room, ms. */
  readonly full: number | undefined
  /** Records that it said are lost, in all. */
  readonly lost: number
  readonly inputs: readonly AgentInput[]
}

/** An input of an agent; its name is unique in a data folder. */
export interface AgentInput {
  readonly name: string
  readonly type: string
  readonly reach: Reach | undefined
  readonly awaited: boolean
}
