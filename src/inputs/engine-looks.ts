import type { EngineIdentity } from './container-inspect.ts'
import { EngineError, parseObject, type EngineApi } from './engine-api.ts'
import type { Poll } from './engine-polls.ts'

/** What the looks at an engine have in common. */
export interface Looked {
  readonly api: EngineApi
  readonly engine: EngineIdentity
  /** Wall clock, ms. */
  readonly now: () => number
}

/** Ids of containers, of all or of those that run. */
export async function containerIds(
  api: EngineApi,
  which: 'all' | 'running',
  signal: AbortSignal,
): Promise<readonly string[]> {
  const path = `/containers/json${which === 'all' ? '?all=1' : ''}`
  const { list } = parseObject(`{"list":${await api.text(path, signal)}}`)
  if (!Array.isArray(list)) throw new EngineError('the engine’s list of containers is no list', undefined)
  return list.flatMap((container: { Id?: unknown } | null) =>
    typeof container?.Id === 'string' ? [container.Id] : [],
  )
}

/** Which containers run: a line that lists them, so that it can be compared with what others see. */
export function runningPoll({ api, engine, now }: Looked, every: number): Poll {
  return {
    every,
    async ask(signal) {
      const observed = now()
      const running = await containerIds(api, 'running', signal)
      const { kind, host } = engine
      return [JSON.stringify({ 'x-tallyman': { engine: kind, host, running, observed, interval: every } })]
    },
  }
}
