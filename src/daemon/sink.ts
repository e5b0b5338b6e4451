import { actions } from '../actions/index.ts'
import type { Action, ActionContext, ActionResult, Delivery } from '../actions/action.ts'
import { parseDuration } from '../domain/day.ts'
import { plainText } from '../domain/plain-text.ts'
import type { SinkConfig } from '../config/notify-config.ts'
import type { z } from 'zod'

/** Somebody who is told, as the configuration names them. */
export interface Sink {
  readonly name: string
  readonly type: string
  readonly digest: { readonly over: number; readonly within: number }
  /** ms. */
  readonly giveUpAfter: number
  /** One attempt; never throws. */
  readonly deliver: (delivery: Delivery, context: ActionContext) => Promise<ActionResult>
}

type AnyNotifier = Action<string, Delivery, z.ZodType<object>>

export function createSink(config: SinkConfig): Sink {
  const { name, type, digest, giveUpAfter } = config
  // The configuration's schema is made of these options: what it let through is theirs.
  const action = actions.find((each) => each.name === type) as unknown as AnyNotifier
  return {
    name,
    type,
    digest: { over: digest.over, within: parseDuration(digest.within) ?? 0 },
    giveUpAfter: parseDuration(giveUpAfter) ?? 0,
    async deliver(delivery, context) {
      try {
        return action.check(config) ?? (await action.run(config, delivery, context))
      } catch (cause) {
        return { kind: 'failed', answered: false, reason: plainText(String(cause)).slice(0, 300) }
      }
    },
  }
}
