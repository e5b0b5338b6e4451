import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Event, Logsource } from '../src/domain/event.ts'
import { EXTENSIONS, SIGMA_CATEGORIES } from '../src/domain/fields.ts'
import { fieldReader } from '../src/sigma/field.ts'
import { createStreamDecoder, sources } from '../src/sources/index.ts'

const FIXTURES = join(import.meta.dirname, '../src/sources/fixtures')
const CATALOGUE = { ...SIGMA_CATEGORIES, ...EXTENSIONS }
const RECEIVED = Date.UTC(2026, 10, 21)

/** What sources provide, as `src/domain/provided-fields.ts` reads it. */
export function provided(): object {
  return { logsources: logsources(), fields: providedFields() }
}

/** Each log source that some source serves, as product/category/service. */
function logsources(): readonly string[] {
  const served = sources.flatMap(({ serves }) => serves)
  const names = served.map(
    ({ product = '', category = '', service = '' }) => `${product}/${category}/${service}`,
  )
  return [...new Set(names)].toSorted()
}

/** Which fields of the catalogue each source fills, by the log sources of its events: read from its fixtures. */
function providedFields(): readonly string[] {
  const found = new Map<string, Set<string>>()
  for (const { name } of sources)
    for (const event of eventsOf(join(FIXTURES, name)))
      for (const logsource of [event.logsource, ...(event.logsource.also ?? [])])
        note(found, event, logsource)
  return [...found]
    .map(([key, fields]) => `${key}: ${[...fields].toSorted().join(' ')}`)
    .toSorted((a, b) => (a < b ? -1 : 1))
}

function note(found: Map<string, Set<string>>, event: Event, { product, category = '' }: Logsource): void {
  const catalogue = CATALOGUE[category]
  if (catalogue === undefined) return
  const key = `${category} ${event.source} ${product ?? '-'}`
  const fields = found.get(key) ?? new Set()
  found.set(key, fields)
  for (const field of Object.keys(catalogue)) if (readerOf(field).read(event).present) fields.add(field)
}

const readers = new Map<string, ReturnType<typeof fieldReader>>()
function readerOf(field: string): ReturnType<typeof fieldReader> {
  const reader = readers.get(field) ?? fieldReader(field)
  readers.set(field, reader)
  return reader
}

/** All that the files of a folder tell; as an engine's own stream, which says more. */
function eventsOf(folder: string): readonly Event[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .flatMap(({ name }) => {
      const stream = 'docker:engine'
      const bytes = readFileSync(join(folder, name))
      const decoder = createStreamDecoder(sources, stream, undefined, () => RECEIVED)
      const { items, completed } = decoder.push({ stream, offset: 0, bytes, end: true })
      return [...items.flatMap(({ decoded }) => decoded.events), ...completed.flatMap(({ events }) => events)]
    })
}
