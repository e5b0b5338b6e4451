import { statSync } from 'node:fs'

const LOOK_EVERY = 2_000

/** Calls `changed` after any of the files was replaced or written; the result ends that. Links are followed. */
export function watchFiles(files: readonly string[], changed: () => void, every = LOOK_EVERY): () => void {
  let before = signatureOf(files)
  const timer = setInterval(() => {
    const now = signatureOf(files)
    if (now === before) return
    before = now
    changed()
  }, every)
  timer.unref()
  return () => clearInterval(timer)
}

function signatureOf(files: readonly string[]): string {
  return files
    .map((file) => {
      const found = statSync(file, { throwIfNoEntry: false })
      return found === undefined ? '' : `${found.ino}/${found.size}/${found.mtimeMs}`
    })
    .join(' ')
}
