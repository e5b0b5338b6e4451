import { statSync } from 'node:fs'
import { isIP, BlockList } from 'node:net'
import { actions } from '../actions/index.ts'
import type { Action, Delivery } from '../actions/action.ts'
import type { Config, InputConfig } from './config.ts'
import type { PathWarning } from './path-warnings.ts'
import { openTokens } from '../inputs/http-tokens.ts'
import type { SinkConfig } from './notify-config.ts'
import type { TlsConfig } from './tls-config.ts'
import type { z } from 'zod'

/** What is wrong with files of secrets, and with where sinks lead. The secrets themselves are never told. */
export function secretWarnings({ inputs, notify }: Config): readonly PathWarning[] {
  return [
    ...inputs.flatMap((input, n) => [
      ...(input.type === 'http' ? ofTokens(input, n) : []),
      ...(input.type === 'prometheus' ? ofScrapes(input, n) : []),
      ...('tls' in input ? ofTls(input.tls, n) : []),
    ]),
    ...notify.flatMap((sink, n) => [...ofSink(sink, n)]),
  ]
}

function* ofTokens({ tokens }: Extract<InputConfig, { type: 'http' }>, n: number): Iterable<PathWarning> {
  for (const [m, token] of tokens.entries()) {
    const path = ['inputs', n, 'tokens', m, 'file']
    try {
      openTokens([token])
    } catch (cause) {
      yield { path, message: (cause as Error).message, mend: 'make it; Tallyman does not start without it' }
    }
    yield* readable(path, token.file)
  }
}

function* ofScrapes(input: Extract<InputConfig, { type: 'prometheus' }>, n: number): Iterable<PathWarning> {
  for (const key of ['tokenFile', 'caFile'] as const) {
    const file = input[key]
    if (file === undefined) continue
    const path = ['inputs', n, key]
    if (modeOf(file) === undefined)
      yield { path, message: `cannot look at ${file}`, mend: 'make it; nothing is scraped until it is there' }
    if (key === 'tokenFile') yield* readable(path, file)
  }
}

function* ofTls(tls: TlsConfig | undefined, n: number): Iterable<PathWarning> {
  if (tls === undefined) return
  for (const key of ['cert', 'key', 'clientCa'] as const) {
    const file = tls[key]
    if (file === undefined) continue
    const path = ['inputs', n, 'tls', key]
    if (modeOf(file) === undefined)
      yield { path, message: `cannot look at ${file}`, mend: 'make it; Tallyman does not start without it' }
    if (key === 'key') yield* readable(path, file)
  }
}

/** What is kept of each sink as a file and is a secret. */
const SECRET_FILES = /^(?:urlFile|secretFile|passwordFile)$/

type AnyNotifier = Action<string, Delivery, z.ZodType<object>>

function* ofSink(sink: SinkConfig, n: number): Iterable<PathWarning> {
  // The configuration's schema is made of these options: what it let through is theirs.
  const action = actions.find(({ name }) => name === sink.type) as unknown as AnyNotifier
  const trouble = action.check(sink)
  if (trouble !== undefined) {
    const mend = 'correct it; until then nothing is delivered, and what is to be told waits'
    yield { path: ['notify', n], message: `${sink.name}: ${trouble.reason}`, mend }
  }
  for (const [key, file] of Object.entries(sink)) {
    if (SECRET_FILES.test(key) && typeof file === 'string') yield* readable(['notify', n, key], file)
  }
  for (const key of ['url', 'host'] as const) {
    const value = (sink as Readonly<Record<string, unknown>>)[key]
    if (typeof value !== 'string' || !isLinkLocal(key === 'url' ? hostOf(value) : value)) continue
    yield {
      path: ['notify', n, key],
      message: `${key} is a link-local address, where clouds answer with credentials of the machine`,
      mend: 'name the receiver by another address',
    }
  }
}

function* readable(path: PathWarning['path'], file: string): Iterable<PathWarning> {
  const mode = modeOf(file)
  if (mode === undefined || (mode & 0o077) === 0) return
  const octal = (mode & 0o777).toString(8).padStart(4, '0')
  yield {
    path,
    message: `others can read or change the secret in ${file}: mode ${octal}`,
    mend: `chmod 600 ${file}`,
  }
}

function modeOf(file: string): number | undefined {
  try {
    return statSync(file).mode
  } catch {
    return undefined
  }
}

const LINK_LOCAL = new BlockList()
LINK_LOCAL.addSubnet('169.254.0.0', 16, 'ipv4')
LINK_LOCAL.addSubnet('fe80::', 10, 'ipv6')

function hostOf(url: string): string {
  return URL.parse(url)?.hostname ?? ''
}

function isLinkLocal(host: string): boolean {
  const address = host.replace(/^\[|\]$/g, '').replace(/%.*$/, '')
  const family = isIP(address)
  return family !== 0 && LINK_LOCAL.check(address, family === 4 ? 'ipv4' : 'ipv6')
}
