import { agrees, tailAt, type Content } from './content.ts'
import type { FoundFile } from './file-listing.ts'
import { isWhole, reopen, type FollowedStream } from './followed-stream.ts'

/** Whose a file is that no stream is bound to. */
export type StreamOwner =
  /** Of a stream without a file, which goes on in this one. */
  | { readonly kind: 'continued'; readonly stream: FollowedStream }
  /** Of a stream whose own file still stands: this one is its copy. */
  | { readonly kind: 'original'; readonly stream: FollowedStream }
  /** A file changed while it was looked at. */
  | { readonly kind: 'unsure' }
  | { readonly kind: 'nobody' }

/** Finds out by content whose a file is; `head` is the hash of its first line. */
export async function ownerOf(
  streams: Iterable<FollowedStream>,
  content: Content,
  head: string,
  file: FoundFile,
): Promise<StreamOwner> {
  const alike = [...streams].filter((stream) => stream.head === head)
  const stream = await continued(alike, content, file)
  return stream === undefined ? original(alike, content, file) : { kind: 'continued', stream }
}

/** The stream without a file that this content continues; the one that had this very file first. */
async function continued(
  alike: readonly FollowedStream[],
  content: Content,
  { identity }: FoundFile,
): Promise<FollowedStream | undefined> {
  const waiting = alike.filter((stream) => stream.state !== 'bound')
  waiting.sort((a, b) => Number(b.identity === identity) - Number(a.identity === identity))
  for (const stream of waiting) if (await agrees(content, stream.mark)) return stream
  return undefined
}

/** The live stream that this content is a copy of; unsure if that one changed meanwhile. */
async function original(
  alike: readonly FollowedStream[],
  content: Content,
  { size }: FoundFile,
): Promise<StreamOwner> {
  for (const stream of alike) {
    if (stream.state !== 'bound') continue
    await reopen(stream)
    if (stream.handle === undefined) return { kind: 'unsure' }
    const { size: whole } = await stream.handle.stat()
    if (content.packing === 'none' && size > whole) continue
    const copy = await tailAt(content, content.packing === 'none' ? size : whole)
    const same = await tailAt({ handle: stream.handle, packing: 'none' }, copy.offset)
    if (!(await isWhole(stream))) return { kind: 'unsure' }
    if (copy.bytes.equals(same.bytes)) return { kind: 'original', stream }
  }
  return { kind: 'nobody' }
}
