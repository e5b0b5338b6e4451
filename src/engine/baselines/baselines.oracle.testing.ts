import { ranking, type Baseline } from '../../sigma/sigma.ts'

/**
 * What baselines tell of one key, said as plainly as can be: a notebook with a line for each observation, of which
 * everything is counted anew at each step. No sums, no cells, no cuts, no encodings. Hours and days are those of UTC.
 */

const HOUR = 3_600_000
const DAY = 24 * HOUR
const STEP = 10_000

/** One observation of the key: a value, or a number of a series. Times in ms. */
export interface Seen {
  readonly time: number
  readonly event: string
  readonly entity: string
  readonly value: string
  readonly series: string
  readonly number: number
}

/** An incident as it stays all the time. */
export interface Incident {
  readonly entity: string
  readonly first: number
  readonly last: number
  readonly outcome: 'open' | 'benign' | 'true'
}

export interface World {
  readonly seen: readonly Seen[]
  readonly incidents: readonly Incident[]
  /** When somebody approved the key, a whole step; undefined where nobody did. */
  readonly approved: number | undefined
  /** Of absences: a time without ears. */
  readonly deaf: readonly [from: number, to: number] | undefined
  /** Everything before it is there; a whole step. */
  readonly until: number
}

/** As far as both can be compared. */
export interface OracleTold {
  readonly time: number
  readonly reason: string
  readonly what: string
}

export function oracle(baseline: Baseline, world: World): readonly OracleTold[] {
  const seen = world.seen.toSorted(inTime)
  // nobody can approve a key that is not there
  const isThere = (seen[0]?.time ?? Infinity) < (world.approved ?? -Infinity)
  const told = { ...world, seen, approved: isThere ? world.approved : undefined }
  switch (baseline.test.type) {
    case 'new_value':
    case 'rare_value':
    case 'change':
      return valuesTold(baseline, told)
    case 'spike':
      return spikesTold(baseline, told)
    case 'absence':
      return absencesTold(baseline, told)
  }
}

const stepOf = (time: number): number => Math.floor(time / STEP) * STEP
const hourOf = (time: number): number => Math.floor(time / HOUR)
const dayOf = (time: number): number => Math.floor(time / DAY)
const inTime = (a: Seen, b: Seen): number => a.time - b.time || (a.event < b.event ? -1 : 1)

/** A line of the notebook. */
interface Line extends Seen {
  readonly hour: number
  fate: 'young' | 'learned' | 'dropped'
}

/** What becomes of an hour that is two hours old. */
function fateOf(hour: number, entities: ReadonlySet<string>, incidents: readonly Incident[]) {
  const [begin, end] = [hour * HOUR, (hour + 2) * HOUR]
  const near = incidents.filter(
    ({ entity, first, last }) => entities.has(entity) && last >= begin - 7 * DAY && first < end,
  )
  if (near.some(({ outcome }) => outcome === 'open')) return 'young'
  return near.some(({ outcome, last }) => outcome === 'true' && last + HOUR >= begin) ? 'dropped' : 'learned'
}

/** Decides about hours that are two hours old; whether any was there. */
function decide(
  lines: readonly Line[],
  all: readonly Seen[],
  now: number,
  incidents: readonly Incident[],
): boolean {
  const old = lines.filter(({ fate, hour }) => fate === 'young' && now >= (hour + 2) * HOUR)
  for (const line of old) {
    const same = all.filter(({ time }) => hourOf(time) === line.hour)
    line.fate = fateOf(line.hour, new Set(same.map(({ entity }) => entity)), incidents)
  }
  return old.length > 0
}

function valuesTold({ learning, retain, test }: Baseline, world: World): readonly OracleTold[] {
  const { seen, incidents, approved = Infinity, until } = world
  const first = seen[0]?.time ?? 0
  const found: OracleTold[] = []
  /** Learned of its own accord, whether or not it was forgotten since. */
  const samples: Line[] = []
  let lines: Line[] = []
  let told: { readonly value: string; readonly step: number }[] = []
  let isApproved = false
  for (const step of new Set(seen.map(({ time }) => stepOf(time)))) {
    if (step >= until) break
    if (step >= approved && !isApproved) {
      isApproved = true
      for (const line of lines) if (line.fate === 'young') line.fate = 'learned'
      told = []
    }
    const young = lines.filter(({ fate }) => fate === 'young')
    if (decide(lines, seen, step, incidents)) {
      samples.push(...young.filter(({ fate }) => fate === 'learned'))
      const learned = lines.filter(({ fate }) => fate === 'learned')
      const isForgotten = (value: string): boolean =>
        Math.max(...learned.filter((each) => each.value === value).map(({ time }) => time)) < step - retain
      if (first < step - retain) {
        lines = lines.filter(({ fate, value }) => fate !== 'learned' || !isForgotten(value))
        told = told.filter((each) => each.step >= step - retain)
      }
    }
    const learned = lines.filter(({ fate }) => fate === 'learned')
    const days = new Set(samples.map(({ hour }) => Math.floor(hour / 24))).size
    const isArmed =
      isApproved ||
      (step >= first + learning.span && samples.length >= learning.samples && days >= learning.days)
    for (const { value, time } of firsts(seen.filter((each) => stepOf(each.time) === step))) {
      const isThere = lines.some((line) => line.fate !== 'dropped' && line.value === value)
      const its = learned.filter((line) => line.value === value).length
      const before = told.filter((each) => each.value === value)
      const isToday = before.some((each) => each.step > step - DAY)
      let isOdd = false
      if (test.type === 'new_value') isOdd = !isThere && before.length === 0
      if (test.type === 'rare_value') isOdd = its <= test.share * learned.length
      if (test.type === 'change') isOdd = isChange(test, value, learned)
      if (isArmed && isOdd && !isToday) {
        found.push({ time, reason: test.type, what: value })
        told = [...(before.length > 0 ? told.filter((each) => each.value !== value) : told), { value, step }]
      }
      if (isArmed && isOdd && test.type === 'change') continue
      const same = seen.filter((each) => stepOf(each.time) === step && each.value === value)
      lines.push(...same.map((each): Line => ({ ...each, hour: hourOf(step), fate: 'young' })))
    }
  }
  return found
}

/** The first observation of each value. */
function firsts(seen: readonly Seen[]): readonly Seen[] {
  return seen.filter((each, at) => seen.findIndex(({ value }) => value === each.value) === at)
}

function isChange(
  { order, share }: Extract<Baseline['test'], { type: 'change' }>,
  value: string,
  learned: readonly Line[],
): boolean {
  const values = learned.map((line) => line.value)
  if (order !== undefined) {
    const rankOf = ranking(order)
    const rank = rankOf(value)
    const ranks = values.flatMap((each) => rankOf(each) ?? [])
    return rank !== undefined && ranks.length > 0 && rank < Math.min(...ranks)
  }
  const usual = values.find(
    (each) => values.filter((other) => other === each).length >= share * values.length,
  )
  return usual !== undefined && usual !== value
}

/** Of `sum` and `count` over one series or several, without drift, where an hour has no more than four buckets. */
function spikesTold({ learning, test }: Baseline, world: World): readonly OracleTold[] {
  if (test.type !== 'spike') return []
  const { seen, incidents, approved = Infinity, until } = world
  const found: OracleTold[] = []
  const first = seen[0]?.time ?? 0
  const span = test.timespan
  const bucketOf = (time: number): number => Math.floor(time / span) * span
  /** Buckets that are over, in the order in which they are looked at. */
  const over = [...new Set(seen.map(({ time, series }) => `${bucketOf(time)}|${series}`))]
    .map((name) => ({ bucket: Number(name.split('|')[0]), series: name.split('|')[1] ?? '' }))
    .filter(({ bucket }) => bucket + span <= until)
    .sort((a, b) => a.bucket - b.bucket || (a.series < b.series ? -1 : 1))
  const lines: (Line & { readonly at: number })[] = []
  const samples: Line[] = []
  const note = (bucket: number, series: string, number: number, entities: readonly string[]): void => {
    for (const entity of entities)
      lines.push({
        at: bucket,
        time: bucket,
        event: `${bucket}|${series}`,
        entity,
        value: '',
        series,
        number,
        hour: hourOf(bucket + span - 1),
        fate: 'young',
      })
  }
  const streaks = new Map<string, number>()
  for (const { bucket, series } of over) {
    const end = bucket + span
    const its = seen.filter((each) => bucketOf(each.time) === bucket && each.series === series)
    const before = over.filter((each) => each.series === series && each.bucket < bucket).at(-1)
    const entities = [its[0]?.entity ?? '']
    const begun = before === undefined ? bucket : Math.max(before.bucket + span, bucket - 7 * DAY)
    if (before !== undefined && before.bucket + span < bucket) streaks.set(series, 0)
    for (let empty = begun; empty < bucket; empty += span) note(empty, series, 0, entities)
    const young = lines.filter(({ fate }) => fate === 'young')
    decide(
      lines,
      lines.map((line) => ({ ...line, time: line.hour * HOUR })),
      end,
      incidents,
    )
    samples.push(...young.filter(({ fate }) => fate === 'learned'))
    const days = new Set(samples.map(({ hour }) => Math.floor(hour / 24))).size
    const isArmed =
      end >= approved ||
      (end >= first + learning.span && samples.length >= learning.samples && days >= learning.days)
    const x = test.aggregate === 'count' ? its.length : its.reduce((sum, { number }) => sum + number, 0)
    const past = lines.filter(({ fate }) => fate === 'learned')
    const far = isArmed && isFar(x, past, bucket, test)
    streaks.set(series, far ? (streaks.get(series) ?? 0) + 1 : 0)
    if (far && streaks.get(series) === test.buckets)
      found.push({ time: end, reason: 'spike', what: `${series} ${x}` })
    note(bucket, series, x, entities)
  }
  return found
}

function isFar(
  x: number,
  past: readonly { readonly at: number; readonly number: number }[],
  bucket: number,
  { season, madFloor, floor, threshold }: Extract<Baseline['test'], { type: 'spike' }>,
): boolean {
  const day = dayOf(bucket)
  const hour = (time: number): number => hourOf(time) % 24
  const kept = past.filter(({ at }) => dayOf(at) > day - 35 && dayOf(at) <= day)
  const sameHour = kept.filter(({ at }) => hour(at) === hour(bucket))
  const sameWeek = sameHour.filter(({ at }) => dayOf(at) % 7 === day % 7)
  const days = (of: typeof kept): number =>
    new Set(of.map(({ at }) => dayOf(at)).filter((each) => each < day)).size
  let of = kept
  if (season === 'hour-of-week' && days(sameWeek) >= 4) of = sameWeek
  else if (season !== 'none' && days(sameHour) >= 4) of = sameHour
  if (of.length === 0) return false
  const numbers = of.map(({ number }) => number)
  const middle = median(numbers)
  const mad = median(numbers.map((number) => Math.abs(number - middle)))
  const least = madFloor ?? (middle === 0 ? floor / threshold : Math.abs(middle) * 0.05)
  return x >= middle + threshold * Math.max(1.4826 * mad, least, 1e-9) && x >= floor
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2
}

/** A silence counts from the last observation on, or from the end of a time that nobody could hear. */
function absencesTold({ learning, test }: Baseline, world: World): readonly OracleTold[] {
  if (test.type !== 'absence') return []
  const { seen, approved = Infinity, deaf, until } = world
  const found: OracleTold[] = []
  const armedAt = (time: number, heard: readonly Seen[]): boolean =>
    time >= approved ||
    (time >= (heard[0]?.time ?? 0) + learning.span &&
      heard.length >= learning.samples &&
      new Set(heard.map((each) => dayOf(each.time))).size >= learning.days)
  const steps = [...new Set(seen.map(({ time }) => stepOf(time)))].filter((step) => step < until)
  /** The longest silence while it learned. */
  let gap = 0
  for (const [at, step] of steps.entries()) {
    const heard = seen.filter(({ time }) => stepOf(time) <= step)
    const before = seen.filter(({ time }) => stepOf(time) < step)
    const [now, last] = [heard.find(({ time }) => stepOf(time) === step), before.at(-1)]
    if (now !== undefined && last !== undefined && !armedAt(step, before))
      gap = Math.max(gap, now.time - last.time)
    const next = seen.find(({ time }) => stepOf(time) === steps[at + 1])?.time
    const wait = gap > test.timespan ? Math.round(gap * 1.5) : test.timespan
    let since = heard.at(-1)?.time ?? 0
    for (let end = since + wait; end <= Math.min(next ?? until, until); end = since + wait) {
      if (!armedAt(end, heard)) break
      if (deaf === undefined || deaf[0] >= end || deaf[1] <= since) {
        found.push({ time: end, reason: 'absence', what: '' })
        break
      }
      since = end
    }
  }
  return found
}
