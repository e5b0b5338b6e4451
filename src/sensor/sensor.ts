import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { UserError } from '../domain/errors.ts'
import { ASKED, createJournal, previousRun, type Journal } from './journal.ts'
import type { Message } from './messages.ts'
import { createControlGroups } from './control-groups.ts'
import { createContainerList } from './container-list.ts'
import { createObserver } from './observer.ts'
import { containerProcesses, readProcess } from './proc.ts'
import { createSampler } from './sampler.ts'
import { startTracer } from './tracer.ts'
import { makeFolder } from '../domain/make-folder.ts'

export interface SensorOptions {
  /** Folder of the files that it writes. */
  readonly folder: string
  /** Watch the host's own processes as well. */
  readonly host: boolean
  readonly bpftrace: string
  readonly fileBytes: number
  readonly totalBytes: number
  /** ms from one look at the containers that run to the next. */
  readonly look: number
  readonly say: (line: string) => void
}

/** ms between heartbeats, between writes, and until bpftrace must have begun. */
const HEARTBEAT = 5_000
const WRITE = 20
const BEGIN = 120_000
const FILE_AGE = 3_600_000
/** bpftrace beats twice a second. So many looks, one a second, at which none had come are silence. */
const LOOK = 1_000
const SILENT_LOOKS = 15

/**
 * Watches until the signal aborts. Rejects with a UserError when bpftrace cannot be started, or ends by itself:
 * whoever supervises it starts it again, and the gap is told then.
 */
export async function runSensor(options: SensorOptions, signal: AbortSignal): Promise<void> {
  const { folder, host, bpftrace, say } = options
  const observer = createObserver({ host, read: readProcess, containerProcesses })
  const containers = createContainerList(createControlGroups(), options.look)
  const sampler = createSampler({
    now: () => performance.now(),
    moved: (container, path) => observer.moved(container, path),
  })
  let journal: Journal | undefined
  let lost: { count: number; since: number; until: number } | undefined
  let [lastBeat, lastTold, totalLost, silentLooks] = [0, 0, 0, 0]
  let silence: string | undefined
  let unsampled: Record<string, number> = {}
  const { promise, resolve } = Promise.withResolvers<string>()
  let failure: unknown
  /** What cannot be written ends the sensor: whoever supervises it is told why. */
  const writing = (work: () => void): void => {
    try {
      if (failure === undefined) work()
    } catch (cause) {
      failure = cause
      tracer.stop()
    }
  }

  const begin = (): void => {
    const previous = previousRun(folder)
    journal = openJournal(options)
    observer.recount()
    const body = {
      kind: 'start',
      interval: HEARTBEAT,
      ...(previous !== undefined && { previous }),
      ...(tracer.missing.length > 0 && { missing: tracer.missing }),
    }
    journal.write([{ time: observer.time(lastBeat), body }])
    journal.sync()
    lastTold = lastBeat
    lookAround(journal)
    say(`watching; writes to ${folder}`)
    if (tracer.missing.length > 0) say(`this kernel has no tracepoints for ${tracer.missing.join(', ')}`)
  }
  const heard = (message: Message): void => {
    if (message.kind === 'lost') {
      totalLost += message.count
      lost = { count: (lost?.count ?? 0) + message.count, since: lost?.since ?? lastBeat, until: lastBeat }
      return
    }
    observer.take(message, Date.now())
    if (message.kind !== 'beat') return
    lastBeat = message.time
    silentLooks = 0
    if (journal === undefined) writing(begin)
  }
  /** Tells of the containers that run, those included that do nothing; by the clock, as /proc is of now. */
  const lookAround = (to: Journal): void => {
    const now = Date.now()
    const body = containers(now)
    if (body !== undefined) to.write([{ time: new Date(now).toISOString(), body }])
  }
  /** Tells what was lost, once a heartbeat has shown until when. */
  const tellLosses = (to: Journal): void => {
    if (lost !== undefined && lastBeat > lost.until) {
      const { count, since } = lost
      const reason = 'the buffer between the kernel and bpftrace was full'
      to.write([
        {
          time: observer.time(lastBeat),
          body: { kind: 'loss', since: observer.time(since), lost: count, reason },
        },
      ])
      lost = undefined
      observer.recount()
    }
    for (const loss of to.losses())
      to.write([{ time: observer.time(lastBeat), body: { kind: 'loss', ...loss } }])
  }
  /** Tells of the written files that were not looked into, heartbeat by heartbeat. */
  const tellUnsampled = (to: Journal): void => {
    for (const [reason, count] of Object.entries(unsampled))
      if (count > 0)
        to.write([
          {
            time: observer.time(lastBeat),
            body: { kind: 'unsampled', since: observer.time(lastBeat - HEARTBEAT * 1e6), count, reason },
          },
        ])
    unsampled = {}
  }
  const write = (now: number): void => {
    if (journal === undefined) return
    journal.write(observer.lines(now))
    sampler.take(observer.written())
    const { lines, missed } = sampler.told()
    journal.write(lines)
    for (const [reason, count] of Object.entries(missed)) unsampled[reason] = (unsampled[reason] ?? 0) + count
    tellLosses(journal)
    if (now < Number.MAX_SAFE_INTEGER) lookAround(journal)
    if (lastBeat - lastTold < HEARTBEAT * 1e6) return
    lastTold = lastBeat
    const body = { kind: 'heartbeat', written: journal.written, lost: totalLost, setup: observer.setup }
    journal.write([{ time: observer.time(lastBeat), body }])
    tellUnsampled(journal)
    journal.sync()
  }

  try {
    makeFolder(folder)
  } catch (cause) {
    throw unwritable(folder, cause)
  }
  const tracer = startTracer({ host, bpftrace, heard, ended: resolve })
  const stop = (): void => tracer.stop()
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  const writes = setInterval(() => writing(() => write(Date.now())), WRITE)
  // counted rather than measured: what waits to be read is not silence where this process itself was held up
  const looks = setInterval(() => {
    if (journal === undefined) return
    silentLooks += 1
    if (silentLooks < SILENT_LOOKS || silence !== undefined) return
    silence = `bpftrace told nothing for ${(SILENT_LOOKS * LOOK) / 1_000} s and was ended`
    tracer.stop()
  }, LOOK)
  const begins = setTimeout(() => {
    if (journal === undefined) tracer.stop()
  }, BEGIN)
  const end = await promise
  const reason = silence ?? end
  clearInterval(looks)
  clearInterval(writes)
  clearTimeout(begins)
  signal.removeEventListener('abort', stop)
  const began = journal !== undefined
  writing(() => {
    // what is heard has settled now
    write(Number.MAX_SAFE_INTEGER)
    const body = { kind: 'stop', reason: signal.aborted ? ASKED : reason }
    journal?.write([{ time: observer.time(lastBeat), body }])
    journal?.close()
  })
  if (failure !== undefined) throw unwritable(folder, failure)
  if (signal.aborted) return
  throw new UserError(began ? reason : `the sensor could not begin: ${reason}`, {
    mend: began
      ? 'start it again; a supervisor such as systemd does (Restart=always)'
      : 'see the versions of kernel and bpftrace in docs/sensor.md',
  })
}

function unwritable(folder: string, cause: unknown): UserError {
  return new UserError(
    `cannot write to ${folder}: ${cause instanceof Error ? cause.message : String(cause)}`,
    {
      mend: 'name a folder that can be written with --out, and see that its disk has room',
      cause,
    },
  )
}

function openJournal({ folder, fileBytes, totalBytes }: SensorOptions): Journal {
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  return createJournal({
    folder,
    run: `${boot}:${process.hrtime.bigint().toString(36)}`,
    host: hostname(),
    fileBytes,
    fileAge: FILE_AGE,
    totalBytes,
    now: Date.now,
    header: () => ({ interval: HEARTBEAT }),
  })
}
