import { Hono } from 'hono'
import type { DiscoveryItem } from './discovery-view.ts'

/** What somebody who just started asks: what is there to read. */
export interface StartParts {
  readonly discovery: () => readonly DiscoveryItem[]
}

/** Relative to where they are mounted. */
export function startRoutes({ discovery }: StartParts) {
  return new Hono().get('/discovery', (context) => context.json({ items: discovery() }))
}

export const START_ROUTES = ['GET /discovery'] as const
