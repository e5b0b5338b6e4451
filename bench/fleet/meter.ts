import { readFileSync } from 'node:fs'

/** What a process used, at a time. */
export interface Sample {
  /** ms since the meter was made. */
  readonly at: number
  readonly megabytes: number
  /** Of all its threads, seconds. */
  readonly processor: number
  /** That were written by then. */
  readonly records: number
}

export interface Meter {
  readonly samples: readonly Sample[]
  take(): Sample
}

/** Ticks of the clock that Linux counts processor time in. */
const TICKS = 100

export function createMeter(pid: number | undefined, records: () => number): Meter {
  const began = performance.now()
  const samples: Sample[] = []
  return {
    samples,
    take() {
      const sample = {
        at: performance.now() - began,
        megabytes: residentMegabytes(pid),
        processor: processorSeconds(pid),
        records: records(),
      }
      samples.push(sample)
      return sample
    },
  }
}

function residentMegabytes(pid: number | undefined): number {
  const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Math.round(Number(kilobytes) / 1024)
}

/** https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html: the name may hold anything but ends with the last parenthesis. */
function processorSeconds(pid: number | undefined): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS
}

/** Processor time: of all of it in seconds, and of a record in µs once the rules are compiled and the code is optimised. */
export function costOf(samples: readonly Sample[]): { readonly used: number; readonly each: number } {
  const [first, last] = [samples[0], samples.at(-1)]
  const warm = samples[Math.floor(samples.length * WARM_UP)]
  if (first === undefined || last === undefined || warm === undefined) return { used: 0, each: 0 }
  return {
    used: last.processor - first.processor,
    each: ((last.processor - warm.processor) / (last.records - warm.records)) * 1e6,
  }
}

export interface Flatness {
  /** MB: the median of the first and of the last quarter of what is looked at. */
  readonly first: number
  readonly last: number
  readonly flat: boolean
}

/** Not looked at: what is remembered within bounds fills up, and V8 finds out how much it needs. */
const WARM_UP = 0.2
/** So much more the last quarter may have: V8 collects when it likes. */
const GROWTH = 0.1

/** Whether memory stays where it is: the last quarter of the time has no more than a tenth more than the first, after a fifth of all of it. */
export function flatness(samples: readonly Sample[]): Flatness {
  const looked = samples.slice(Math.floor(samples.length * WARM_UP))
  const quarter = Math.max(1, Math.floor(looked.length / 4))
  const first = median(looked.slice(0, quarter))
  const last = median(looked.slice(-quarter))
  return { first, last, flat: last <= first * (1 + GROWTH) }
}

function median(samples: readonly Sample[]): number {
  const sorted = samples.map(({ megabytes }) => megabytes).toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}
