import type { z } from 'zod'
import type { Notice } from '../domain/notice.ts'

/** What an action does to the world; approval, rate limits and dry-run are decided by it. */
export type Effect = 'notify' | 'collect' | 'contain'

/** What came of it. The reason is for people and may hold hostile text. */
export type ActionResult =
  /** `warning` is what people should know although it is done. */
  | { readonly kind: 'done'; readonly reason: string; readonly warning?: string }
  /** For good: asking again would be refused again. */
  | { readonly kind: 'refused'; readonly reason: string }
  | {
      readonly kind: 'failed'
      readonly reason: string
      /** The other side was there and said no: what was asked may be to blame, not the way to it. */
      readonly answered: boolean
      /** How long it asked to be left alone, ms. */
      readonly retryAfter?: number
      /** Whom alone it is still to reach, where the others have it: only they are tried again. */
      readonly receivers?: readonly string[]
    }

/** One notice for one receiver. */
export interface Delivery {
  /** Idempotency key: the same at each attempt. */
  readonly key: string
  readonly notice: Notice
  /** Where people reach the console; no slash at the end. */
  readonly console: string
  /** Whom alone it is still to reach, after an attempt that said so. */
  readonly receivers?: readonly string[] | undefined
}

export interface ActionContext {
  /** Ends the attempt. */
  readonly signal: AbortSignal
  /** ms. */
  readonly now: () => number
}

/** A family of one: what can be done with a request, and what it takes. Options are what a configuration says of it. */
export interface Action<Name extends string, Request, Options extends z.ZodType> {
  readonly name: Name
  readonly title: string
  readonly effect: Effect
  /** Each key with its description; `type` is the action's name. */
  readonly options: Options
  /** Event fields that a request must have. */
  readonly fields: readonly string[]
  /** What it needs of the system, for people. */
  readonly privileges: readonly string[]
  /** Just before: undefined where nothing is in the way. */
  readonly check: (options: z.output<Options>) => ActionResult | undefined
  readonly run: (
    options: z.output<Options>,
    request: Request,
    context: ActionContext,
  ) => Promise<ActionResult>
}

/** An action that tells somebody. */
export type Notifier<Name extends string, Options extends z.ZodType> = Action<Name, Delivery, Options>

export function defineAction<Name extends string, Request, Options extends z.ZodType>(
  action: Action<Name, Request, Options>,
): Action<Name, Request, Options> {
  return Object.freeze(action)
}
