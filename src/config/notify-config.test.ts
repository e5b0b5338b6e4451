import { expect, it } from 'vitest'
import { routesOf, sinkSchema, unknownStrategies } from './notify-config.ts'

const syslog = { type: 'syslog', name: 'siem', host: 'siem.example' }

it('a sink that says nothing else is told of what is high, all strategies, no findings', () => {
  expect(routesOf([sinkSchema.parse(syslog)])).toEqual([
    { sink: 'siem', level: 'high', strategies: undefined, findings: false },
  ])
})

it('a sink has the keys of its own type alone', () => {
  expect(sinkSchema.safeParse({ ...syslog, url: 'https://x.example/' }).success).toBe(false)
  expect(sinkSchema.safeParse({ ...syslog, digest: { over: 0 } }).success).toBe(false)
  expect(sinkSchema.safeParse({ ...syslog, giveUpAfter: 'soon' }).success).toBe(false)
})

it('strategies that there are not are told', () => {
  const sinks = [sinkSchema.parse({ ...syslog, strategies: ['t1600', 'sigma', 't1601'] })]
  expect(unknownStrategies(sinks, ['t1600'])).toEqual([{ sink: 'siem', strategy: 't1601' }])
})
