import { hash, randomBytes, timingSafeEqual } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { UserError } from '../domain/errors.ts'

/** A secret with which a sender may write telemetry, and nothing else; the name is for people. */
export interface TokenFile {
  readonly name: string
  readonly file: string
}

/** Who may send. */
export interface Tokens {
  /** The name of the first token that is among the secrets; undefined for a stranger's. */
  senderOf(secrets: readonly string[]): string | undefined
  /** Takes what stands in the files now. Throws a UserError, and nothing changes, where one is of no use. */
  reread(): void
}

/** What every way of showing a token can carry: a header, a password of a URL, a query. */
const TOKEN = /^[\w.~+/=-]{16,512}$/

/** Throws a UserError where a file cannot be read or does not hold a token. */
export function openTokens(files: readonly TokenFile[]): Tokens {
  const read = (): readonly { readonly name: string; readonly hashed: Buffer }[] =>
    files.map(({ name, file }) => ({ name, hashed: hashed(readToken(file)) }))
  let tokens = read()
  return {
    senderOf(secrets) {
      let sender: string | undefined
      for (const secret of secrets) {
        const shown = hashed(secret)
        // All are compared, so that the time that it takes tells nothing of any.
        for (const { name, hashed: expected } of tokens) {
          if (timingSafeEqual(shown, expected)) sender ??= name
        }
      }
      return sender
    },
    reread() {
      tokens = read()
    },
  }
}

/** Makes a token of 256 random bits, readable by its owner only, unless the file is there; true if it was made. */
export function makeToken(file: string): boolean {
  try {
    writeFileSync(file, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' })
    return true
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw new UserError(`cannot write the token ${file}: ${(cause as Error).message}`, {
      file,
      mend: 'make its folder writable for this user, or name files of tokens in the configuration',
      cause,
    })
  }
}

function readToken(file: string): string {
  const token = readText(file).trim()
  if (TOKEN.test(token)) return token
  throw new UserError(`${file} does not hold a token`, {
    file,
    mend: 'write one line of 16 to 512 letters, digits or -._~+/= into it, such as openssl rand -hex 32 prints',
  })
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new UserError(`cannot read the token: ${(cause as Error).message}`, {
      file,
      mend: 'name an existing file under tokens, readable for this user',
      cause,
    })
  }
}

function hashed(text: string): Buffer {
  return hash('sha256', text, 'buffer')
}
