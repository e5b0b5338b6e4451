import { containerIds, type Looked } from './engine-looks.ts'
import { EngineError, parseObject } from './engine-api.ts'
import { someAtOnce, type Poll } from './engine-polls.ts'

const AT_ONCE = 4

/**
 * What each container that runs uses: the engine's own sample, one a container. The engine is asked for what it has
 * at that moment (a sample that it measures itself takes it two seconds), and what a container used since is told by
 * the sample before, as `precpu_stats`.
 */
export function statsPoll({ api }: Looked, every: number): Poll {
  let before = new Map<string, unknown>()
  return {
    every,
    async ask(signal) {
      const ids = await containerIds(api, 'running', signal)
      const now = new Map<string, unknown>()
      const samples = await someAtOnce(ids, AT_ONCE, async (id) => {
        const path = `/containers/${encodeURIComponent(id)}/stats?stream=false&one-shot=true`
        const sample = parseObject(await answerAbout(() => api.text(path, signal)))
        if (sample['cpu_stats'] === undefined) return undefined
        now.set(id, sample['cpu_stats'])
        return JSON.stringify({ ...sample, id, precpu_stats: before.get(id) ?? {} })
      })
      before = now
      return samples.filter((line) => line !== undefined)
    },
  }
}

/** An answer about one container that is gone by now, or of which the engine says nothing, is no answer. */
export async function answerAbout(ask: () => Promise<string>, nothing = '{}'): Promise<string> {
  try {
    return await ask()
  } catch (cause) {
    if (cause instanceof EngineError && cause.answered) return nothing
    throw cause
  }
}
