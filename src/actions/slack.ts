import { cut } from '../domain/plain-text.ts'
import type { Delivery } from './action.ts'
import { messageOf } from './message.ts'

/** Slack's own bound is 3,000 characters a section (https://docs.slack.dev/reference/block-kit/blocks/section-block). */
const SECTION = 2_900

/**
 * A message for a Slack incoming webhook. What could be markup, a mention (`<!channel>`) or a link stands escaped and
 * in code spans, where nothing is interpreted.
 */
export function slackMessage(delivery: Delivery): Readonly<Record<string, unknown>> {
  const { title, lines, link } = messageOf(delivery)
  const body = lines.map(([label, text]) => `${label}: ${code(text)}`).join('\n')
  return {
    // shown in notifications, and where blocks are not
    text: escaped(title),
    mrkdwn: false,
    blocks: [
      { type: 'section', text: { type: 'mrkdwn', text: code(title) } },
      { type: 'section', text: { type: 'mrkdwn', text: whole(body) } },
      {
        type: 'context',
        elements: [
          { type: 'mrkdwn', text: `<${escaped(link)}|open in Tallyman> · key ${code(delivery.key)}` },
        ],
      },
    ],
  }
}

/** https://docs.slack.dev/messaging/formatting-message-text#escaping */
function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
}

function code(text: string): string {
  return text.trim() === '' ? '–' : `\`${escaped(text.replaceAll('`', "'"))}\``
}

/** Whole lines only: a code span must not stay open. */
function whole(text: string): string {
  if (text.length <= SECTION) return text
  const kept = text.slice(0, SECTION)
  return cut(kept.slice(0, kept.lastIndexOf('\n')), SECTION)
}
