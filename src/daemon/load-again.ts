import { readFile } from 'node:fs/promises'
import type { Detection, DetectionOptions } from '../detection.ts'
import { loadDetection } from '../detection.ts'

/** Characters of documents that are remembered; beyond them, what is broken does not apply, as at a start. */
const REMEMBERED = 64 * 1024 * 1024

const KEPT = 'correct it; until then what the file said before stays in force, while this daemon runs'

/** Loads again and again; a file that is broken by now counts as it was when it last was not. */
export function createLoader(options: DetectionOptions): () => Promise<Detection> {
  let sound: ReadonlyMap<string, string> = new Map()
  return async () => {
    const texts = new Map<string, string>()
    const fresh = await loadDetection({
      ...options,
      async read(file) {
        const text = await readFile(file, 'utf8')
        texts.set(file, text)
        return text
      },
    })
    const broken = brokenFiles(fresh)
    const kept = new Map([...sound].filter(([file, text]) => broken.has(file) && texts.get(file) !== text))
    sound = bounded([...[...texts].filter(([file]) => !broken.has(file)), ...kept])
    if (kept.size === 0) return fresh
    const steady = await loadDetection({
      ...options,
      read: async (file) => kept.get(file) ?? texts.get(file) ?? readFile(file, 'utf8'),
    })
    const problems = fresh.problems.map((problem) =>
      kept.has(problem.file) ? { ...problem, mend: KEPT } : problem,
    )
    return { ...steady, problems }
  }
}

function brokenFiles({ problems, findings }: Detection): ReadonlySet<string> {
  const errors = findings.filter(({ severity }) => severity === 'error')
  return new Set([...problems, ...errors].map(({ file }) => file))
}

function bounded(texts: readonly (readonly [string, string])[]): ReadonlyMap<string, string> {
  const kept = new Map<string, string>()
  let left = REMEMBERED
  for (const [file, text] of texts) {
    left -= text.length
    if (left >= 0) kept.set(file, text)
  }
  return kept
}
