import { countOf, hashFields, nameOf } from './file-change.ts'
import type { FileAction, FileChange } from './file-change.ts'
import { objectOf, textOf } from './json.ts'
import type { JsonObject } from './json.ts'

/** What the flags of an entry say. */
export interface AideFlags {
  readonly type: string | undefined
  readonly changed: readonly string[]
}

const TYPES: Readonly<Record<string, string>> = {
  f: 'file',
  d: 'dir',
  l: 'symlink',
  c: 'char_device',
  b: 'block_device',
  p: 'fifo',
  s: 'socket',
}

/** Letters of https://aide.github.io/doc/, `report_summarize_changes`. */
const LETTERS: readonly (readonly [string, string])[] = [
  ['H', 'content'],
  ['<', 'size'],
  ['>', 'size'],
  ['l', 'target'],
  ['p', 'mode'],
  ['u', 'owner'],
  ['g', 'group'],
  ['m', 'mtime'],
  ['c', 'ctime'],
  ['a', 'atime'],
  ['i', 'inode'],
  ['n', 'links'],
  ['b', 'blocks'],
  ['A', 'acl'],
  ['X', 'xattrs'],
  ['S', 'selinux'],
  ['E', 'e2fsattrs'],
  ['C', 'capabilities'],
]

/** `f > ... mc..H`: the kind of file, and a letter for each attribute that is other than before. */
export function aideFlagged(flags: string): AideFlags {
  const letters = flags.slice(1)
  return {
    type: TYPES[flags.charAt(0)],
    changed: [...new Set(LETTERS.flatMap(([letter, name]) => (letters.includes(letter) ? [name] : [])))],
  }
}

/** An entry as what became of a file; `details` has of each attribute what was (`old`) and what is (`new`). */
export function aideChange(
  list: 'added' | 'removed' | 'changed',
  path: string,
  { type, changed }: AideFlags,
  details: JsonObject,
): FileChange {
  const now = (name: string): unknown => objectOf(details[name])['new']
  const before = (name: string): unknown => objectOf(details[name])['old']
  const hashes = (of: typeof now): JsonObject => ({
    md5: of('md5'),
    sha1: of('sha1'),
    sha256: of('sha256'),
    sha512: of('sha512'),
  })
  return {
    action: actionOf(list, changed),
    path,
    onHost: true,
    fields: {
      'file.type': type,
      'file.changed': changed.length > 0 ? changed : undefined,
      'file.size': countOf(now('size')),
      'file.mode': textOf(now('perm')),
      'file.owner': nameOf(now('uid')),
      'file.group': nameOf(now('gid')),
      'file.mtime': textOf(now('modify_time')),
      'file.ctime': textOf(now('change_time')),
      'file.previous.size': countOf(before('size')),
      'file.previous.mode': textOf(before('perm')),
      'file.previous.owner': nameOf(before('uid')),
      'file.previous.group': nameOf(before('gid')),
      ...hashFields('file.hash', hashes(now)),
      ...hashFields('file.previous.hash', hashes(before)),
    },
  }
}

/** Without flags, as old versions write it, any change may be one of the content. */
function actionOf(list: string, changed: readonly string[]): FileAction {
  if (list !== 'changed') return list === 'added' ? 'created' : 'deleted'
  const isContent = ['content', 'size', 'target'].some((name) => changed.includes(name))
  return isContent || changed.length === 0 ? 'updated' : 'attributes_modified'
}
