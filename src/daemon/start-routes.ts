import { Hono } from 'hono'
import { z } from 'zod'
import type { DiscoveryItem } from './discovery-view.ts'
import type { TourState } from './tour.ts'
import { asked } from './validated.ts'

const tourSchema = z.strictObject({ seconds: z.coerce.number().min(0).max(3_600).optional() })

/** What somebody who just started asks: what is there to read, and what it looks like when there is something. */
export interface StartParts {
  readonly discovery: () => readonly DiscoveryItem[]
  readonly tour: { readonly current: () => TourState; start(duration?: number): Promise<unknown> }
}

/** Relative to where they are mounted. */
export function startRoutes({ discovery, tour }: StartParts) {
  return new Hono()
    .get('/discovery', (context) => context.json({ items: discovery() }))
    .get('/tour', (context) => context.json(tour.current()))
    .post('/tour', asked(tourSchema), async (context) => {
      const { seconds } = context.req.valid('query')
      await tour.start(seconds === undefined ? undefined : seconds * 1_000)
      return context.json(tour.current(), 202)
    })
}

export const START_ROUTES = ['GET /discovery', 'GET /tour', 'POST /tour?seconds='] as const
