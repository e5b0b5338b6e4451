import { realpathSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Whether another user than root and this one made the socket, or could put another in its place. What an engine
 * says of containers is believed, so that an engine has to be asked for by name unless it is root's or one's own.
 */
export function isOthers(socket: string): boolean {
  const trusted = new Set([0, process.getuid?.() ?? 0])
  try {
    const paths = [socket, ...above(socket), ...above(realpathSync(socket))]
    return paths.some((path) => !trusted.has(statSync(path).uid))
  } catch {
    return true
  }
}

/** The folders that a path goes through. */
function above(path: string): readonly string[] {
  const folder = dirname(path)
  return folder === path ? [] : [folder, ...above(folder)]
}
