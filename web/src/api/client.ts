import { readKey } from './key.ts'

/** Where the API answers: for what this daemon reads, or for the tour's recorded telemetry. */
export type ApiBase = '/api' | '/tour/api'

/** What the API refused or failed at, and what the reader can do about it. */
export class ApiFailure extends Error {
  readonly status: number
  readonly mend: string

  constructor(status: number, message: string, mend: string) {
    super(message)
    this.status = status
    this.mend = mend
  }
}

export type Query = Readonly<Record<string, string | number | undefined>>

/** GET; throws an ApiFailure where the daemon refuses, fails or is gone. */
export function ask<T>(url: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [[name, String(value)]],
  )
  const search = given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`
  return answered<T>(url + search, { headers: headers(), ...(signal === undefined ? {} : { signal }) })
}

/** POST of a JSON body; throws as `ask` does. */
export function send<T>(url: string, body: unknown = {}): Promise<T> {
  return answered<T>(url, {
    method: 'POST',
    headers: { ...headers(), 'Content-Type': 'application/json', 'X-Tallyman': '1' },
    body: JSON.stringify(body),
  })
}

/** What every request shows beside its cookie. */
export function headers(): Record<string, string> {
  const key = readKey()
  return key === undefined ? {} : { 'X-Tallyman-Key': key }
}

async function answered<T>(url: string, init: RequestInit): Promise<T> {
  let response: Response
  try {
    response = await fetch(url, init)
  } catch (cause) {
    if (init.signal?.aborted === true) throw cause
    throw new ApiFailure(0, 'the daemon does not answer', 'see whether tallyman run is still running')
  }
  const body = (await response.json().catch(() => ({}))) as { error?: unknown; mend?: unknown }
  if (response.ok) return body as T
  throw new ApiFailure(
    response.status,
    typeof body.error === 'string' ? body.error : `the daemon answered ${response.status}`,
    typeof body.mend === 'string' ? body.mend : 'see what the daemon printed',
  )
}
