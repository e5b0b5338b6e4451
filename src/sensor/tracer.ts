import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { UserError } from '../domain/errors.ts'
import { parseMessage, type Message } from './messages.ts'
import { expandProgram } from './program.ts'

const TEMPLATE = join(import.meta.dirname, '../../sensors/bpftrace/sensor.bt')
const TRACEFS = ['/sys/kernel/tracing', '/sys/kernel/debug/tracing']

/** It is given so long to end, ms. */
const KILL_AFTER = 5_000

/** A running bpftrace. */
export interface Tracer {
  /** System calls that this kernel has no tracepoints for. */
  readonly missing: readonly string[]
  /** Ends it, killing it where it does not listen; `ended` is told after its last message. */
  stop(): void
}

export interface TracerOptions {
  /** Watch the whole host rather than containers. */
  readonly host: boolean
  /** Name or path of bpftrace. */
  readonly bpftrace: string
  readonly heard: (message: Message) => void
  /** It ended, with its last words. */
  readonly ended: (reason: string) => void
}

/** Starts bpftrace on the sensor's program. Throws a UserError for what the user can mend. */
export function startTracer({ host, bpftrace, heard, ended }: TracerOptions): Tracer {
  const tracefs = requireMachine(bpftrace)
  const template = readFileSync(TEMPLATE, 'utf8')
  const { text, missing } = expandProgram(template, (name) =>
    existsSync(join(tracefs, 'events', ...name.split(':'))),
  )
  const folder = mkdtempSync(join(tmpdir(), 'tallyman-sensor-'))
  const file = join(folder, 'sensor.bt')
  writeFileSync(file, text, { mode: 0o600 })
  const namespace = hostNamespace()
  const words = ['-f', 'json', '-B', 'line', file, String(namespace), String(process.pid), host ? '1' : '0']
  const child = spawn(bpftrace, words, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      BPFTRACE_STRLEN: '128',
      BPFTRACE_MAX_STRLEN: '128',
      BPFTRACE_PERF_RB_PAGES: '2048',
      BPFTRACE_MAP_KEYS_MAX: '16384',
      BPFTRACE_MAX_MAP_KEYS: '16384',
      BPFTRACE_MAX_BPF_PROGS: '1024',
      BPFTRACE_MAX_PROBES: '1024',
    },
  })
  let lastWords = ''
  child.stderr.on('data', (chunk: Buffer) => {
    const text = chunk.toString()
    for (const lost of text.matchAll(/Lost (\d+) events/g)) heard({ kind: 'lost', count: Number(lost[1]) })
    lastWords = `${lastWords}${text}`.slice(-4_096)
  })
  let isCleared = false
  readLines(child.stdout, (line) => {
    const message = parseMessage(line)
    if (message === undefined) return
    // bpftrace has read its program: nothing is left behind even if this process is killed
    if (!isCleared) rmSync(folder, { recursive: true, force: true })
    isCleared = true
    heard(message)
  })
  const done = (reason: string): void => {
    rmSync(folder, { recursive: true, force: true })
    ended(reason)
  }
  child.on('error', (error) => done(error.message))
  child.on('close', (code, signal) => {
    const errors = lastWords.split('\n').filter((line) => /ERROR/.test(line) && !/RLIMIT/.test(line))
    done(
      `bpftrace ended (${signal ?? code})${errors.length > 0 ? `: ${errors.join('; ').slice(0, 1_000)}` : ''}`,
    )
  })
  let isStopping = false
  return {
    missing: missing.filter(canHappen),
    stop() {
      child.kill('SIGINT')
      if (isStopping) return
      isStopping = true
      const kill = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER)
      child.once('close', () => clearTimeout(kill))
    },
  }
}

/** Inode number of the host's mount namespace: that of init, or ours where init has more capabilities than we. */
function hostNamespace(): number {
  try {
    return statSync('/proc/1/ns/mnt').ino
  } catch {
    return statSync('/proc/self/ns/mnt').ino
  }
}

/** A kernel without modules loads none. */
function canHappen(call: string): boolean {
  return !call.endsWith('init_module') || existsSync('/proc/modules')
}

const MAX_LINE = 64 * 1024

function readLines(stream: NodeJS.ReadableStream, take: (line: string) => void): void {
  let rest = ''
  stream.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString('latin1')).split('\n')
    rest = (lines.pop() ?? '').slice(-MAX_LINE)
    for (const line of lines) if (line !== '') take(line)
  })
}

/** The folder of tracepoints. Throws where something is missing that bpftrace needs. */
function requireMachine(bpftrace: string): string {
  if (process.platform !== 'linux')
    throw new UserError('the sensor watches Linux', {
      mend: 'run it on the machine that runs the containers',
    })
  if (process.getuid?.() !== 0)
    throw new UserError('the sensor needs root: it reads system calls of all processes', {
      mend: 'start it as root, for instance with the systemd unit of docs/sensor.md',
    })
  if (spawnSync(bpftrace, ['--version'], { stdio: 'ignore' }).status !== 0)
    throw new UserError(`${bpftrace} cannot be started`, {
      mend: 'install it (apt-get install bpftrace), or name it with --bpftrace',
    })
  const tracefs = TRACEFS.find((folder) => existsSync(join(folder, 'events/syscalls')))
  if (tracefs === undefined)
    throw new UserError('the kernel’s tracepoints are not to be seen', {
      mend: 'mount -t tracefs nodev /sys/kernel/tracing',
    })
  if (!existsSync('/sys/kernel/btf/vmlinux'))
    throw new UserError('the kernel has no type information (BTF)', {
      mend: 'use a kernel built with CONFIG_DEBUG_INFO_BTF, as distributions do since 2020',
    })
  return tracefs
}
