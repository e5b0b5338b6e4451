import { mkdirSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/**
 * Makes a folder and those above it that are missing, for their owner alone unless `mode` says otherwise. One after
 * the other: asked for all at once, Node tries for ever where the system refuses as /proc does. Throws what the
 * system says.
 */
export function makeFolder(path: string, mode = 0o700): void {
  const missing: string[] = []
  let folder = resolve(path)
  while (statSync(folder, { throwIfNoEntry: false }) === undefined && folder !== dirname(folder)) {
    missing.push(folder)
    folder = dirname(folder)
  }
  for (const each of missing.reverse()) mkdirSync(each, { mode })
  // what is there and is no folder is told in the system's own words
  if (!statSync(path).isDirectory()) mkdirSync(path)
}
