const [SECOND, MINUTE, HOUR, DAY] = [1_000, 60_000, 3_600_000, 86_400_000]

/** `now`, `40s`, `12m`, `3h`, `5d` before now; `in 3h` for what lies ahead. */
export function ago(time: number, now: number): string {
  const distance = Math.abs(now - time)
  if (distance < 5 * SECOND) return 'now'
  const text = duration(distance)
  return time > now ? `in ${text}` : text
}

/** A length of time in its largest unit, rounded down: `<1s`, `40s`, `12m`, `3h`, `5d`. */
export function duration(ms: number): string {
  if (ms > 0 && ms < SECOND) return '<1s'
  if (ms < MINUTE) return `${Math.max(0, Math.floor(ms / SECOND))}s`
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)}m`
  if (ms < 2 * DAY) return `${Math.floor(ms / HOUR)}h`
  return `${Math.floor(ms / DAY)}d`
}

/** `2026-11-21 14:02:09Z`. */
export function utc(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19).replace('T', ' ')}Z`
}

/** The reader's own clock with its offset: `2026-11-21 15:02:09 +01:00`. */
export function local(time: number): string {
  const date = new Date(time)
  const offset = -date.getTimezoneOffset()
  const shifted = new Date(time + offset * MINUTE).toISOString().slice(0, 19).replace('T', ' ')
  const size = Math.abs(offset)
  const two = (n: number): string => String(n).padStart(2, '0')
  return `${shifted} ${offset < 0 ? '−' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`
}

/** What a tooltip says: the instant, exactly, in both clocks. */
export function exactly(time: number): string {
  return `${utc(time)}  ·  ${local(time)} here`
}

/** Time of the day, and the day where it is not the reference's: `14:02:09`, `11-20 14:02:09`. UTC. */
export function clock(time: number, reference: number): string {
  const text = utc(time)
  return utc(reference).slice(0, 10) === text.slice(0, 10) ? text.slice(11, 19) : text.slice(5, 19)
}
