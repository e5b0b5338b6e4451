import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import type { SourceName } from '../domain/event.ts'
import { mappingSchema, type MappingFile } from '../mapping/mapping.ts'
import { contentOf, OWN_NAMES } from './events.ts'
import { isObject } from './json.ts'
import { mappedFormat } from './mapped-record.ts'
import { defineSource, failed, type Decoded, type FramedRecord, type Source } from './source.ts'

/** A source that a mapping describes: of each record one event for each kind that it is. */
export function mappedSource(name: SourceName, mapping: MappingFile): Source {
  const format = mappedFormat(mapping)
  const decode = ({ json, stream, position, received, text }: FramedRecord): Decoded => {
    const read = isObject(json) ? format.read(json) : undefined
    if (read === undefined) return failed(`${name}: a record of no kind that the mapping names`)
    const time = read.time ?? received
    if (time === undefined) return failed(`${name} record without a time`)
    const { id, resource, events } = read
    const base = `${stream}@${position}`
    return {
      kind: 'evaluated',
      events: events.map(({ logsource, record }, index) => ({
        id: index === 0 ? base : `${base}#${index}`,
        time,
        source: name,
        logsource,
        resource,
        record,
        mapping: OWN_NAMES,
      })),
      facts: [],
      ...(id !== undefined && { identity: { id: `${name}:${id}`, content: contentOf(text) } }),
    }
  }
  return defineSource({
    name,
    title: mapping.title ?? name,
    serves: format.serves,
    recognise: ({ json }) => format.recognises(json),
    decoder: () => ({ decode, checkpoint: () => undefined }),
  })
}

/** A source whose mapping ships beside `src`, or beside `dist` when installed. */
export function shippedSource(name: SourceName): Source {
  const file = fileURLToPath(new URL(`../../mappings/${name}.yaml`, import.meta.url))
  return mappedSource(name, mappingSchema.parse(parse(readFileSync(file, 'utf8'))))
}
