import { describe, expect, it } from 'vitest'
import { ruleOf, eventOf } from './testing.ts'

function matched(detection: string, record: unknown): readonly (readonly [string, readonly unknown[]])[] {
  const [match] = ruleOf(detection).ruleset.match(eventOf(record, { category: 'test' }))
  return (match?.matched ?? []).map(({ field, values }) => [field, values])
}

describe('what of an event made a rule hold', () => {
  it('is each field that was asked for, with its value', () => {
    const detection = `  selection:
    Image|endswith: /openssl
    CommandLine|contains|all: [req, -nodes]
  condition: selection`
    const record = { Image: '/usr/bin/openssl', CommandLine: 'openssl req -nodes', User: 'root' }
    expect(matched(detection, record)).toEqual([
      ['Image', ['/usr/bin/openssl']],
      ['CommandLine', ['openssl req -nodes']],
    ])
  })

  it('is of lists the values that fit', () => {
    const record = { mounts: ['/data', '/etc/ssl/certs', '/var/run/docker.sock', 7] }
    expect(matched('  s:\n    mounts|endswith: [.sock, certs]\n  condition: s', record)).toEqual([
      ['mounts', ['/etc/ssl/certs', '/var/run/docker.sock']],
    ])
    expect(matched('  s:\n    mounts: 7\n  condition: s', record)).toEqual([['mounts', [7]]])
  })

  it('is of alternatives those that held, and nothing that was to be absent', () => {
    const detection = `  one:
    A: x
  other:
    B: [y, z]
  filter:
    C: c
  condition: other and not filter or one`
    expect(matched(detection, { A: 'q', B: 'Z', C: 'd' })).toEqual([['B', ['Z']]])
    expect(matched(detection, { A: 'x', B: 'q', C: 'c' })).toEqual([['A', ['x']]])
    expect(matched(detection, { A: 'x', B: 'y' })).toEqual([
      ['B', ['y']],
      ['A', ['x']],
    ])
  })

  it('is of keywords the texts that have one', () => {
    const record = { message: 'ran mimikatz', more: [{ deep: 'MIMIKATZ 2' }, 'else'] }
    const [found] = matched('  keywords: [mimikatz]\n  condition: keywords', record)
    expect(found?.[0]).toBe('')
    expect(new Set(found?.[1])).toEqual(new Set(['MIMIKATZ 2', 'ran mimikatz']))
  })

  it('names a field that was asked to be empty', () => {
    expect(matched('  s:\n    A: null\n    B: b\n  condition: s', { B: 'b' })).toEqual([
      ['A', []],
      ['B', ['b']],
    ])
  })
})
