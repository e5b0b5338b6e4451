import { posix } from 'node:path'

/** Linux takes no longer path (PATH_MAX). */
const MAX_PATH = 4_096

/** Where a shell is after the command, having been in `folder`; undefined where only running it would tell. */
export function folderAfter(words: readonly string[], folder: string | undefined): string | undefined {
  if (words[0] !== 'cd' && words[0] !== 'pushd') return folder
  const [target] = words.slice(1).filter((word) => !/^-[LPe@]+$|^--$/.test(word))
  return target === undefined || !isPlain(target) || target === '-' ? undefined : placed(target, folder)
}

/** The path as seen from the root; as it is where the folder is not known. */
export function absolutePath(path: string, folder: string | undefined): string {
  return path.startsWith('/') || !isPlain(path) ? path : (placed(path, folder) ?? path)
}

function placed(path: string, folder: string | undefined): string | undefined {
  if (!path.startsWith('/') && folder?.startsWith('/') !== true) return undefined
  const whole = posix.resolve(folder ?? '/', path)
  return whole.length > MAX_PATH ? undefined : whole
}

/** No variable, home or substitution stands at its beginning. */
function isPlain(path: string): boolean {
  return path.length <= MAX_PATH && !/^(?:[$~`]|[<>]\()/.test(path)
}
