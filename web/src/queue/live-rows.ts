import type { InfiniteData } from '@tanstack/react-query'
import type { Incident, Page } from '../api/types.ts'

export type Rows = InfiniteData<Page<Incident>, string | undefined>

/**
 * All loaded incidents in order, each once: pages overlap when something moved between them. What was there at
 * the first start has a page of its own.
 */
export function rowsOf(data: Rows | undefined): readonly Incident[] {
  const rows = new Map<string, Incident>()
  for (const page of data?.pages ?? []) {
    for (const incident of page.items) {
      if (incident.kind === 'incident' && !rows.has(incident.id)) rows.set(incident.id, incident)
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

/** The rows with these before all others, newest first. */
export function prepended(data: Rows, incidents: readonly Incident[]): Rows {
  const ids = new Set(incidents.map(({ id }) => id))
  const [first, ...rest] = data.pages.map((page) => ({
    ...page,
    items: page.items.filter(({ id }) => !ids.has(id)),
  }))
  if (first === undefined) return data
  const ordered = incidents.toSorted((a, b) => (a.last === b.last ? 0 : a.last < b.last ? 1 : -1))
  return { ...data, pages: [{ ...first, items: [...ordered, ...first.items] }, ...rest] }
}
