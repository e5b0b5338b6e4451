import { EngineError, parseObject, type EngineApi } from './engine-api.ts'

/** What an engine says of images, each asked for once. */
export interface EngineImages {
  /** What is added to the specification of a container of that image; undefined where the engine does not say. */
  of(id: unknown, signal: AbortSignal): Promise<ImageAddition | undefined>
  /** Names, digests or the image itself may be others now. */
  forget(): void
  /** How many could not be inspected, since the last call. */
  takeFailures(): number
}

/** As much of `GET /images/{id}/json` and `/images/{id}/history` as is looked into; or that the image is gone. */
export type ImageAddition =
  | { readonly removed: true }
  | {
      readonly Created: unknown
      readonly RepoTags: unknown
      readonly RepoDigests: unknown
      readonly Layers: unknown
      readonly Config: Readonly<Record<string, unknown>>
      /** How its layers were made, the newest first. */
      readonly History: readonly string[]
      /** Some of that was too much. */
      readonly cut?: true
    }

/** Images that are remembered; one of more is asked for again. */
const MAX_IMAGES = 512
/** Steps of a history, and characters of one and of all. */
const MAX_STEPS = 256
const MAX_STEP = 8_192
const MAX_HISTORY = 131_072
/** Of a configuration: values of variables are not among them. */
const CONFIG = ['User', 'Entrypoint', 'Cmd', 'Volumes'] as const

export function engineImages(api: EngineApi): EngineImages {
  let known = new Map<string, Promise<ImageAddition | undefined>>()
  let failures = 0

  const ask = async (id: string, signal: AbortSignal): Promise<ImageAddition | undefined> => {
    const path = `/images/${encodeURIComponent(id)}`
    try {
      const image = parseObject(await api.text(`${path}/json`, signal))
      const { list } = parseObject(`{"list":${await api.text(`${path}/history`, signal)}}`)
      return additionOf(image, Array.isArray(list) ? list : [])
    } catch (cause) {
      if (!(cause instanceof EngineError) || !cause.answered) throw cause
      if (cause.status === 404) return { removed: true }
      failures += 1
      return undefined
    }
  }

  return {
    of(id, signal) {
      if (typeof id !== 'string' || !/^(?:sha256:)?[0-9a-f]{64}$/.test(id)) return Promise.resolve(undefined)
      const before = known.get(id)
      if (before !== undefined) return before
      const asked = ask(id, signal)
      const answers = known
      answers.set(id, asked)
      // an engine that is away is asked again
      asked.catch(() => answers.delete(id))
      const [oldest] = answers.keys()
      if (answers.size > MAX_IMAGES && oldest !== undefined) answers.delete(oldest)
      return asked
    },
    forget() {
      known = new Map()
    },
    takeFailures() {
      const taken = failures
      failures = 0
      return taken
    },
  }
}

function additionOf(image: Readonly<Record<string, unknown>>, steps: readonly unknown[]): ImageAddition {
  const config = record(image['Config'])
  const history: string[] = []
  let room = MAX_HISTORY
  for (const step of steps.slice(0, MAX_STEPS)) {
    const { CreatedBy } = record(step)
    const text = typeof CreatedBy === 'string' ? CreatedBy.slice(0, MAX_STEP) : ''
    if (room < text.length) break
    room -= text.length
    history.push(text)
  }
  const isCut = history.length < steps.length || history.some(({ length }) => length === MAX_STEP)
  return {
    Created: image['Created'],
    RepoTags: list(image['RepoTags']),
    RepoDigests: list(image['RepoDigests']),
    Layers: list(record(image['RootFS'])['Layers']),
    Config: {
      ...Object.fromEntries(CONFIG.map((name) => [name, config[name]])),
      // values may be secrets
      Env: list(config['Env']).map((entry) => entry.split('=', 1)[0] ?? ''),
    },
    History: history,
    ...(isCut && { cut: true }),
  }
}

const MAX_LIST = 256
const MAX_TEXT = 1_024

function list(value: unknown): readonly string[] {
  if (!Array.isArray(value)) return []
  return value
    .filter((each) => typeof each === 'string')
    .slice(0, MAX_LIST)
    .map((text) => text.slice(0, MAX_TEXT))
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {}
}
