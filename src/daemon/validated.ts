import { validator } from 'hono/validator'
import type { z } from 'zod'
import { isJson, refusal } from './guard.ts'

/** The query, as the schema says, or 400. */
export function asked<S extends z.ZodType>(schema: S) {
  return validator('query', (value, context) => {
    const parsed = schema.safeParse(value)
    return parsed.success ? parsed.data : context.json(complaint(parsed.error), 400)
  })
}

/** The JSON body, as the schema says, or 400; 415 where it is something else. */
export function sent<S extends z.ZodType>(schema: S) {
  return validator('json', (value, context) => {
    if (!isJson(context.req.header('content-type'))) {
      return context.json(refusal('the body is not JSON', 'send Content-Type: application/json'), 415)
    }
    const parsed = schema.safeParse(value)
    return parsed.success ? parsed.data : context.json(complaint(parsed.error), 400)
  })
}

function complaint({ issues }: z.ZodError) {
  const places = issues
    .slice(0, 5)
    .map(({ path, message }) => `${path.length === 0 ? 'request' : path.join('.')}: ${message}`)
  return refusal(places.join('; ').slice(0, 1_024), 'correct the request; GET /api lists the routes')
}

/** Without the keys that are undefined: a part that was left out is not there. */
export function given<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>
  }
}
