import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { aNotice } from '../../test/notices.ts'
import type { Notice } from '../domain/notice.ts'
import { actions } from './index.ts'
import { mailContent } from './mail.ts'
import { messageOf } from './message.ts'
import { noticeView } from './notice-view.ts'
import { ocsfFinding } from './ocsf.ts'
import { slackMessage } from './slack.ts'
import { syslogMessage } from './syslog-message.ts'

describe.each(actions.map((action) => [action.name, action] as const))('the action %s', (name, action) => {
  it('is frozen, and says what it is and needs', () => {
    expect(Object.isFrozen(action)).toBe(true)
    expect(action.title).not.toBe('')
    expect(action.privileges.length).toBeGreaterThan(0)
    expect(['notify', 'collect', 'contain']).toContain(action.effect)
  })

  it('describes each of its options, and takes its own type alone', () => {
    const { properties } = z.toJSONSchema(action.options, { io: 'input' })
    const { type, ...others } = properties as Record<string, { const?: string; description?: string }>
    expect(type?.const).toBe(name)
    for (const [key, { description }] of Object.entries(others))
      expect([key, description]).not.toContain(undefined)
  })

  it('has a file of its name, a test beside it, and a line in the page', () => {
    const read = (path: string): string => readFileSync(resolve(import.meta.dirname, path), 'utf8')
    expect(read(`${name}.ts`)).toContain(`name: '${name}'`)
    expect(read(`${name}.test.ts`)).not.toBe('')
    expect(read('../../docs/notify.md')).toContain(`type: ${name}`)
  })
})

const NOTICES: Readonly<Record<Notice['kind'], Notice>> = {
  incident: aNotice(),
  posture: {
    kind: 'posture',
    at: 0,
    level: 'high',
    incident: { id: 'p' },
    entity: { 'host.name': 'node-1\u001b[2J' },
    report: { entries: 9, entities: 4, worst: [{ title: 'bad\u001b[2J\r\n<b>', level: 'high', count: 2 }] },
  },
  finding: {
    kind: 'finding',
    at: 0,
    finding: { id: 'f', kind: 'producer-loss', about: 'x', message: 'm\r\nn', since: 0, until: 8.64e15 },
  },
  digest: { kind: 'digest', at: 0, since: 0, until: 1, count: 2, levels: {}, strategies: [], incidents: [] },
  test: { kind: 'test', at: 0 },
}

describe.each(Object.entries(NOTICES))('a notice of kind %s', (_kind, notice) => {
  const delivery = { key: 'k', notice, console: 'https://tally.example' }

  it('is one line of text each, with a link, in every format', () => {
    const { title, lines, link } = messageOf(delivery)
    for (const text of [title, ...lines.map(([, line]) => line)]) expect(text).not.toMatch(/[\u0000-\u001f]/)
    expect(link).toMatch(/^https:\/\/tally\.example\//)
    expect(noticeView(delivery).link).toBe(link)
    expect(JSON.stringify(ocsfFinding(delivery))).toContain('"class_uid":2004')
    expect(JSON.stringify(slackMessage(delivery))).toContain('open in Tallyman')
    expect(mailContent(delivery).html).toContain(link)
    const parts = { facility: 'local0', hostname: 'h', enterprise: 1, limit: 2_048 } as const
    expect(syslogMessage(delivery, parts).toString()).toContain('key="k"')
  })
})
