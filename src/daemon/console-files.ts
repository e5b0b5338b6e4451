import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { extname, join, relative, sep } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { Context, MiddlewareHandler } from 'hono'
import { wantsPage } from './guard.ts'

/** The console as it was built, in memory: what is not in this list is not served, however a path is written. */
export type ConsoleFiles = ReadonlyMap<string, ConsoleFile>

interface ConsoleFile {
  readonly type: string
  readonly tag: string
  /** Its name holds the hash of its content. */
  readonly hashed: boolean
  /** By `Content-Encoding`, made when it is first asked for. */
  body(encoding: Encoding): Promise<Uint8Array<ArrayBuffer>>
}

type Encoding = 'br' | 'gzip' | 'identity'

/** The bytes of all files at most: a console is a few hundred kilobytes. */
const TOTAL_LIMIT = 32 * 1_048_576

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
  '.txt': 'text/plain; charset=utf-8',
}

/** Scripts, styles, fonts and requests of this origin only: an attacker's text that slips through finds nothing to run. */
const CONSOLE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "font-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Reads the folder that the build wrote. Empty where there is none, or nothing that can be served. */
export function readConsole(folder: string): ConsoleFiles {
  const files = new Map<string, ConsoleFile>()
  let total = 0
  try {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      const file = join(entry.parentPath, entry.name)
      const type = TYPES[extname(entry.name)]
      // Links are left out: they may lead anywhere. Unknown types too: a browser would guess.
      if (!entry.isFile() || type === undefined) continue
      const content = readFileSync(file)
      total += content.length
      if (total > TOTAL_LIMIT) return new Map()
      const path = `/${relative(folder, file).split(sep).join('/')}`
      files.set(path, consoleFile(path, type, content))
    }
  } catch {
    return new Map()
  }
  return files.has('/index.html') ? files : new Map()
}

function consoleFile(path: string, type: string, content: Buffer): ConsoleFile {
  const made = new Map<Encoding, Promise<Uint8Array<ArrayBuffer>>>()
  return {
    type,
    tag: `W/"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`,
    hashed: /^\/assets\/.+-[\w-]{8,}\.\w+$/.test(path),
    body(encoding) {
      const body = made.get(encoding) ?? ENCODERS[encoding](content).then((bytes) => new Uint8Array(bytes))
      made.set(encoding, body)
      return body
    },
  }
}

const ENCODERS: Readonly<Record<Encoding, (content: Buffer) => Promise<Buffer>>> = {
  br: (content) => promisify(brotliCompress)(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }),
  gzip: (content) => promisify(gzip)(content, { level: 9 }),
  identity: async (content) => content,
}

/**
 * Serves the console: its files, and its page wherever a browser wants one, for the address is the console's to
 * read. They hold no data; who gets them is decided before (`consoleGate`). All else is the next handler's.
 */
export function consoleFiles(files: ConsoleFiles): MiddlewareHandler {
  return async (context, next) => {
    const { method, path } = context.req
    if (method !== 'GET' && method !== 'HEAD') return next()
    const file = files.get(path)
    if (file !== undefined && path !== '/index.html') return answer(context, file)
    if (isData(path) || !(path === '/' || wantsPage(context))) return next()
    const index = files.get('/index.html')
    return index === undefined ? context.html(NOT_BUILT, 503) : answer(context, index)
  }
}

/** Paths that are no files and no pages of the console. */
export function isData(path: string): boolean {
  return /^\/(?:tour\/)?api(?:\/|$)|^\/(?:login|health)(?:\/|$)/.test(path)
}

async function answer(context: Context, file: ConsoleFile): Promise<Response> {
  const isPage = file.type.startsWith('text/html')
  context.header('Content-Security-Policy', CONSOLE_POLICY)
  context.header('Cache-Control', cacheControl(file, isPage))
  context.header('Vary', 'Accept-Encoding')
  if (!isPage) context.header('ETag', file.tag)
  if (!isPage && context.req.header('if-none-match')?.includes(file.tag) === true)
    return context.body(null, 304)
  const encoding = encodingOf(context, file)
  if (encoding !== 'identity') context.header('Content-Encoding', encoding)
  context.header('Content-Type', file.type)
  return context.body(await file.body(encoding))
}

function cacheControl({ hashed }: ConsoleFile, isPage: boolean): string {
  if (isPage) return 'no-store'
  return hashed ? 'private, max-age=31536000, immutable' : 'no-cache'
}

function encodingOf({ req }: Context, { type }: ConsoleFile): Encoding {
  if (!/^text\/|svg|json/.test(type)) return 'identity'
  const accepted = (req.header('accept-encoding') ?? '')
    .split(',')
    .map((each) => each.trim().toLowerCase())
    .filter((each) => !/;\s*q=0(?:\.0*)?$/.test(each))
    .map((each) => each.split(';')[0])
  return (['br', 'gzip'] as const).find((each) => accepted.includes(each)) ?? 'identity'
}

const NOT_BUILT = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Tallyman: the console is not built</title>
<h1>The console is not built.</h1>
<p>The daemon runs. Stop it, and start it with <code>npm start</code> in its folder: that builds the console first.</p>
<p>Until then the command line shows the same: <code>tallyman incidents list</code>.</p>
</html>
`
