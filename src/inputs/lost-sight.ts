import type { Finding } from '../domain/event.ts'
import { digest } from '../domain/hash.ts'

/** The file was cut short, and nothing holds what it may have held beyond what was read. */
export function truncatedFinding(
  about: string,
  stream: string,
  path: string,
  since: number,
  until: number,
): Finding {
  return unobserved(
    about,
    stream,
    since,
    until,
    `${path} was cut short; what was appended just before, if anything, was not seen`,
  )
}

/** The file that was being read when Tallyman stopped is gone, and nothing continues it. */
export function goneFinding(
  about: string,
  stream: string,
  path: string,
  since: number,
  until: number,
): Finding {
  return unobserved(
    about,
    stream,
    since,
    until,
    `${path} was removed or begun anew while it was not being read; what it held beyond that was not seen`,
  )
}

/** Reading once: the file is shorter than what was read of it before. When that happened is not known. */
export function restartedFinding(about: string, path: string, stream: string, until: number): Finding {
  return unobserved(
    about,
    stream,
    0,
    until,
    `${path} is shorter than what was read of it before: it was begun anew, and is read from its beginning`,
  )
}

/** A folder holds more than is looked through. Told once an hour. */
export function boundFinding(about: string, bound: string, at: number): Finding {
  return {
    id: digest('bound-reached', about, 'listing', hourOf(at)),
    kind: 'bound-reached',
    about,
    since: at,
    until: at,
    message: `${bound} in what this input watches; what lies beyond is not read`,
  }
}

export function hourOf(at: number): string {
  return String(Math.floor(at / 3_600_000))
}

function unobserved(about: string, stream: string, since: number, until: number, message: string): Finding {
  return {
    id: digest('unobserved-interval', about, stream, String(since)),
    kind: 'unobserved-interval',
    about,
    since,
    until,
    message,
  }
}
