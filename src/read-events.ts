import { engineStream } from './domain/engine-stream.ts'
import type { Event } from './domain/event.ts'
import { fileInput } from './inputs/file.ts'
import { sources } from './sources/index.ts'
import { createStreamDecoder, type StreamDecoder } from './sources/stream.ts'

/** The end of a file's name that holds what an engine told the input `docker`, with what that adds. */
const OF_ENGINE = '.engine.jsonl'

/** Events of a file of raw records, as their source understands them. */
export async function readEvents(path: string): Promise<readonly Event[]> {
  const input = fileInput({ name: 'test', paths: [path], follow: false })
  const decoders = new Map<string, StreamDecoder>()
  const events: Event[] = []
  const stream = path.endsWith(OF_ENGINE) ? engineStream('recorded', 'engine') : undefined
  const fromTheStart = { checkpoint: undefined, offset: () => undefined }
  for await (const { chunks } of input.read(fromTheStart, new AbortController().signal)) {
    for (const chunk of chunks) {
      // a line that names no year is dated by when it is read
      const name = stream ?? chunk.stream
      const decoder = decoders.get(name) ?? createStreamDecoder(sources, name, undefined, Date.now)
      decoders.set(name, decoder)
      const { items, completed } = decoder.push({ ...chunk, stream: name })
      events.push(...items.flatMap(({ decoded }) => decoded.events))
      events.push(...completed.flatMap((whole) => whole.events))
    }
  }
  return events
}
