import { EngineError, parseObject } from './engine-api.ts'
import { containerIds, type Looked } from './engine-looks.ts'
import { someAtOnce, type Poll } from './engine-polls.ts'
import { answerAbout } from './engine-stats.ts'

const AT_ONCE = 2
/** Paths of one container that are remembered as told; of one that makes more, those beyond are not told. */
const MAX_PATHS = 20_000

/** What each container that runs has other than its image, a line a path: what is new since the last answer alone. */
export function changesPoll({ api, engine, now }: Looked, every: number): Poll {
  let told = new Map<string, Set<string>>()
  return {
    every,
    async ask(signal) {
      const ids = await containerIds(api, 'running', signal)
      told = new Map(ids.map((id) => [id, told.get(id) ?? new Set()]))
      const lines = await someAtOnce(ids, AT_ONCE, async (id) => {
        const path = `/containers/${encodeURIComponent(id)}/changes`
        const changes = changesOf(await answerAbout(() => api.text(path, signal), '[]'))
        const known = told.get(id) ?? new Set()
        const fresh = changes.filter(({ Path, Kind }) => isNews(known, `${Kind}${Path}`))
        const added = { container: id, engine: engine.kind, host: engine.host, observed: now() }
        return fresh.map((change) => JSON.stringify({ ...change, 'x-tallyman': added }))
      })
      return lines.flat()
    },
  }
}

interface Change {
  readonly Path: string
  readonly Kind: number
}

/** A container that has nothing other than its image has null. */
function changesOf(text: string): readonly Change[] {
  const { list } = parseObject(`{"list":${text}}`)
  if (list === null) return []
  if (!Array.isArray(list)) throw new EngineError('the engine’s list of changes is no list', undefined)
  return list.flatMap((change: Partial<Change> | null) =>
    typeof change?.Path === 'string' && typeof change.Kind === 'number'
      ? [{ Path: change.Path, Kind: change.Kind }]
      : [],
  )
}

function isNews(known: Set<string>, key: string): boolean {
  if (known.has(key) || known.size >= MAX_PATHS) return false
  known.add(key)
  return true
}
