import type { Event } from './domain/event.ts'
import { fileInput } from './inputs/file.ts'
import { sources } from './sources/index.ts'
import { createStreamDecoder, type StreamDecoder } from './sources/stream.ts'

/** Events of a file of raw records, as their source understands them. */
export async function readEvents(path: string): Promise<readonly Event[]> {
  const input = fileInput({ name: 'test', paths: [path], follow: false })
  const decoders = new Map<string, StreamDecoder>()
  const events: Event[] = []
  const fromTheStart = { checkpoint: undefined, offset: () => undefined }
  for await (const { chunks } of input.read(fromTheStart, new AbortController().signal)) {
    for (const chunk of chunks) {
      // a line that names no year is dated by when it is read
      const decoder =
        decoders.get(chunk.stream) ?? createStreamDecoder(sources, chunk.stream, undefined, Date.now)
      decoders.set(chunk.stream, decoder)
      const { items, completed } = decoder.push(chunk)
      events.push(...items.flatMap(({ decoded }) => decoded.events))
      events.push(...completed.flatMap((whole) => whole.events))
    }
  }
  return events
}
