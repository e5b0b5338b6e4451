import { expect, test } from 'vitest'
import { syslogHeader } from './syslog-header.ts'

const received = Date.UTC(2026, 0, 2, 12)

test.each([
  [
    '<189>Jan  2 10:00:00 edge-1 rest of it',
    { time: Date.UTC(2026, 0, 2, 10), host: 'edge-1', severity: 5, rest: 'rest of it' },
  ],
  // a year that is not told is the one before where it would be to come
  [
    'Dec 31 23:00:00 edge-1 x',
    { time: Date.UTC(2025, 11, 31, 23), host: 'edge-1', severity: undefined, rest: 'x' },
  ],
  ['Nov 20 2024 10:00:05 fw-1 x', { time: Date.UTC(2024, 10, 20, 10, 0, 5), host: 'fw-1' }],
  ['2024 Nov  5 10:00:05 n9k x', { time: Date.UTC(2024, 10, 5, 10, 0, 5), host: 'n9k' }],
  [
    '2026-01-02T10:00:00.123456Z esx01 Hostd: x',
    { time: Date.UTC(2026, 0, 2, 10, 0, 0, 123), host: 'esx01', rest: 'Hostd: x' },
  ],
  [
    '<14>1 2026-01-02T10:00:00+02:00 h prog 42 ID [a b="]\\""][c] text',
    { time: Date.UTC(2026, 0, 2, 8), host: 'h', severity: 6, rest: 'prog[42]: text' },
  ],
  ['<14>1 - - - - - -', { time: undefined, host: undefined, rest: ': ' }],
  ['no header at all', { time: undefined, host: undefined, rest: 'no header at all' }],
  ['Foo  2 10:00:00 edge-1 x', { time: undefined }],
])('reads %s', (line, header) => {
  expect(syslogHeader(line, received, () => true)).toMatchObject(header)
})

test.each([
  ['<189>Jan  2 10:00:00 edge-1 x', 'Europe/Berlin', Date.UTC(2026, 0, 2, 9)],
  ['<189>Jan  2 10:00:00 UTC: x', 'Europe/Berlin', Date.UTC(2026, 0, 2, 10)],
  ['<189>Dec 31 23:30:00 edge-1 x', 'America/New_York', Date.UTC(2026, 0, 1, 4, 30)],
  ['<14>1 2026-01-02T10:00:00+02:00 h p - - - x', 'Asia/Tokyo', Date.UTC(2026, 0, 2, 8)],
])('%s was written in %s', (line, zone, time) => {
  expect(syslogHeader(line, received, () => true, zone).time).toBe(time)
})

test('knows no day without a year where nobody says when it came', () => {
  expect(syslogHeader('Jan  2 10:00:00 edge-1 x', undefined, () => true).time).toBeUndefined()
})
