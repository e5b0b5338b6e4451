import type { InfiniteData } from '@tanstack/react-query'
import type { Incident, Page } from '../api/types.ts'

export type Rows = InfiniteData<Page<Incident>, string | undefined>

/** All loaded incidents in order, each once: pages overlap when something moved between them. */
export function rowsOf(data: Rows | undefined): readonly Incident[] {
  const rows = new Map<string, Incident>()
  for (const page of data?.pages ?? []) {
    for (const incident of page.items) {
      if (!rows.has(incident.id)) rows.set(incident.id, incident)
    }
  }
  return [...rows.values()]
}

/** The same rows with what changed in one that is there; nothing moves. */
export function updated(data: Rows, incident: Incident): Rows {
  return {
    ...data,
    pages: data.pages.map((page) => ({
      ...page,
      items: page.items.map((each) => (each.id === incident.id ? incident : each)),
    })),
  }
}

/** Rows that are kept while the reader is at the top, at most; with more, the list begins anew there. */
const KEPT = 300

/** Whether so much has come in at the top that the list is to begin anew. */
export function isLong(data: Rows): boolean {
  return data.pages.reduce((sum, { items }) => sum + items.length, 0) > KEPT
}

/** The rows at the top, on one page, until they are read again. */
export function topOf({ pages: [first], pageParams }: Rows): Rows {
  if (first === undefined) return { pages: [], pageParams: [] }
  return { pages: [{ ...first, items: first.items.slice(0, KEPT) }], pageParams: pageParams.slice(0, 1) }
}

/**
 * The rows with these among those of the first page, each before what is older: in a flood they are told late, and
 * newer ones may be there already. What was there elsewhere moves.
 */
export function added(data: Rows, incidents: readonly Incident[]): Rows {
  const ids = new Set(incidents.map(({ id }) => id))
  const [first, ...rest] = data.pages.map((page) => ({
    ...page,
    items: page.items.filter(({ id }) => !ids.has(id)),
  }))
  if (first === undefined) return data
  const items = [...first.items]
  for (const incident of incidents) {
    const older = items.findIndex(({ last }) => last <= incident.last)
    items.splice(older === -1 ? items.length : older, 0, incident)
  }
  return { ...data, pages: [{ ...first, items }, ...rest] }
}
