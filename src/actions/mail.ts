import type { Delivery } from './action.ts'
import { messageOf } from './message.ts'

export interface MailContent {
  readonly subject: string
  readonly text: string
  readonly html: string
}

/** A notice as a mail: plain text, and the same as minimal HTML. */
export function mailContent(delivery: Delivery): MailContent {
  const { title, lines, link } = messageOf(delivery)
  const rows = lines
    .map(([label, text]) => `<tr><th align="left">${escaped(label)}</th><td>${escaped(text)}</td></tr>`)
    .join('')
  return {
    subject: `[Tallyman] ${title}`,
    text: [title, '', ...lines.map(([label, text]) => `${label}: ${text}`), '', link, ''].join('\n'),
    html: `<p><b>${escaped(title)}</b></p><table>${rows}</table><p><a href="${escaped(link)}">open in Tallyman</a></p>`,
  }
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}
