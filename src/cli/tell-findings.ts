import type { Finding } from '../domain/event.ts'
import { clock, count, safe, type Output } from './output.ts'

/** Findings that are told one by one; a folder with gaps has many. */
const TOLD = 10

/** What limits what a scan concluded: gaps, losses, identities that came with other content. */
export function tellFindings(findings: readonly Finding[], output: Output): void {
  for (const { kind, about, since, until, message } of findings.slice(0, TOLD)) {
    const when = since === until ? clock(since) : `${clock(since)} to ${clock(until)}`
    output.err(`  ${safe(`${kind}: ${about}, ${when}: ${message}`)}\n`)
  }
  const more = findings.length - TOLD
  if (more > 0) output.err(`  and ${count(more, 'more finding')}\n`)
}
