import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { isLoopback } from '../domain/loopback.ts'
import { cut, plainText } from '../domain/plain-text.ts'
import { defineAction, type ActionContext, type ActionResult, type Delivery } from './action.ts'
import { mailContent } from './mail.ts'
import { secretLines, unreadable } from './secret-file.ts'

const PORTS = { starttls: 587, implicit: 465, none: 25 } as const
const address = z.email().max(254)

const options = z
  .strictObject({
    type: z.literal('smtp'),
    host: z.string().min(1).describe('Name or address of the mail server'),
    port: z
      .number()
      .int()
      .min(1)
      .max(65_535)
      .optional()
      .describe('587 with starttls, 465 with implicit, 25 with none'),
    tls: z
      .enum(['starttls', 'implicit', 'none'])
      .default('starttls')
      .describe('starttls is required, not tried; none is for a server on this machine, or with insecure'),
    insecure: z.boolean().default(false).describe('Allow tls: none beyond this machine'),
    user: z.string().optional().describe('Name to log in with'),
    passwordFile: z.string().optional().describe('File that holds its password'),
    from: address.describe('Sender'),
    to: z.array(address).min(1).max(50).describe('Receivers'),
    caFile: z.string().optional().describe('PEM of the authorities to trust instead of the system’s'),
  })
  .refine(({ user, passwordFile }) => (user === undefined) === (passwordFile === undefined), {
    message: 'belongs together with passwordFile',
    path: ['user'],
  })
  .refine(({ host, tls, insecure }) => tls !== 'none' || insecure || isLoopback(host), {
    message: 'none beyond this machine: use starttls, or set insecure: true',
    path: ['tls'],
  })
type SmtpOptions = z.output<typeof options>

/** A mail. */
export const smtp = defineAction({
  name: 'smtp',
  title: 'Mail, with STARTTLS unless told',
  effect: 'notify',
  options,
  fields: [],
  privileges: ['outgoing connections to the mail server', 'to read the file of its password'],
  check: ({ passwordFile, caFile }: SmtpOptions) => unreadable([passwordFile, caFile]),
  async run(chosen: SmtpOptions, delivery: Delivery, context): Promise<ActionResult> {
    try {
      return await send(chosen, delivery, context)
    } catch (cause) {
      return failureOf(cause as SmtpError, `${plainText(chosen.host)}:${portOf(chosen)}`, context)
    }
  },
})

async function send(
  chosen: SmtpOptions,
  delivery: Delivery,
  { signal, now }: ActionContext,
): Promise<ActionResult> {
  const { host, tls, user, passwordFile, from, to, caFile } = chosen
  const wanted = delivery.receivers
  const left = wanted === undefined ? to : to.filter((each) => wanted.includes(each))
  if (left.length === 0)
    return { kind: 'done', reason: 'the receivers that did not have it are no longer named' }
  const { createTransport } = await import('nodemailer')
  const transport = createTransport({
    host,
    port: portOf(chosen),
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    ...(user === undefined || passwordFile === undefined
      ? {}
      : { auth: { user, pass: secretLines(passwordFile)[0] ?? '' } }),
    tls: caFile === undefined ? {} : { ca: readFileSync(caFile) },
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  const give = (): void => transport.close()
  const late = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('no answer in time')), { once: true })
  })
  signal.addEventListener('abort', give, { once: true })
  try {
    const info = await Promise.race([
      transport.sendMail({
        from,
        to,
        envelope: { from, to: left },
        ...mailContent(delivery),
        messageId: `<${delivery.key}@${from.slice(from.lastIndexOf('@') + 1)}>`,
        date: new Date(now()),
        headers: { 'X-Tallyman-Key': delivery.key, 'Auto-Submitted': 'auto-generated' },
      }),
      late,
    ])
    const answer = cut(plainText(info.response), 200)
    if (info.rejected.length === 0) return { kind: 'done', reason: answer }
    return ofSome(info.rejectedErrors ?? [], answer)
  } catch (cause) {
    const { rejectedErrors: errors = [] } = cause as SmtpError
    // All of them: which is the message's trouble, or the server's, unless some are known to have it.
    const isRest = wanted !== undefined && errors.length > 0
    if (!isRest && !(errors.some(isForGood) && !errors.every(isForGood))) throw cause
    return ofSome(errors, 'the other receivers have it')
  } finally {
    signal.removeEventListener('abort', give)
    transport.close()
  }
}

/** Some receivers have it, or never will: those that were refused for now are tried again, alone; the others are told. */
function ofSome(errors: readonly SmtpError[], answer: string): ActionResult {
  const refusals = cut(errors.map(({ response, message }) => plainText(response ?? message)).join('; '), 300)
  const receivers = errors.flatMap((error) => (isForGood(error) ? [] : (error.recipient ?? [])))
  return receivers.length === 0
    ? { kind: 'done', reason: answer, warning: `not for all receivers: ${refusals}` }
    : { kind: 'failed', answered: true, reason: `not for all: ${refusals}`, receivers }
}

function isForGood({ responseCode }: SmtpError): boolean {
  return responseCode !== undefined && responseCode >= 500
}

interface SmtpError extends Error {
  readonly code?: string | undefined
  readonly responseCode?: number | undefined
  readonly response?: string | undefined
  /** The receiver that was refused; and of an error about several, those. */
  readonly recipient?: string | undefined
  readonly rejectedErrors?: readonly SmtpError[] | undefined
}

/** 5xx is for good; a refused login is not: it is about the sender, who can mend it, and every message would be lost. */
function failureOf(
  { code, responseCode, response, message }: SmtpError,
  where: string,
  { signal }: ActionContext,
): ActionResult {
  const reason = `${where}: ${signal.aborted ? 'no answer in time' : cut(plainText(response ?? message), 300)}`
  const refused =
    responseCode !== undefined && responseCode >= 500 && (code === 'EENVELOPE' || code === 'EMESSAGE')
  return refused
    ? { kind: 'refused', reason }
    : { kind: 'failed', answered: responseCode !== undefined, reason }
}

function portOf({ port, tls }: SmtpOptions): number {
  return port ?? PORTS[tls]
}
