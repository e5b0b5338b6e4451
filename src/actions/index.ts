import { smtp } from './smtp.ts'
import { syslog } from './syslog.ts'
import { webhook } from './webhook.ts'

/** The actions, in the order in which they are listed to users. */
export const actions = [webhook, syslog, smtp] as const
export type AnyAction = (typeof actions)[number]

/** What a configuration says of one of them. */
export type SinkOptions = ReturnType<AnyAction['options']['parse']>
