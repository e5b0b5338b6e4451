import { expect, it } from 'vitest'
import { lineFor, linesFor, matchOf, matchText } from './match-lines.ts'

it('begins with what a name cannot forge', () => {
  expect(linesFor({ 'container.name': 'web', 'container.image.id': 'sha256:ab', 'host.name': 'n1' })).toEqual(
    [
      { field: 'container.image.id|cased', value: 'sha256:ab' },
      { field: 'host.name|cased', value: 'n1' },
    ],
  )
})

it('else with names: of a workload without its pods', () => {
  const pod = { 'k8s.namespace.name': 'shop', 'k8s.pod.name': 'web-x1', 'user.name': 'a*b' }
  const fields = (entity: Readonly<Record<string, string>>): readonly string[] =>
    linesFor(entity).map(({ field }) => field)
  expect(fields(pod)).toEqual(['k8s.namespace.name', 'k8s.pod.name', 'user.name'])
  expect(fields({ ...pod, 'k8s.deployment.name': 'web' })).toEqual([
    'k8s.namespace.name',
    'k8s.deployment.name',
    'user.name',
  ])
  expect(lineFor(pod, 'user.name')).toEqual({ field: 'user.name', value: String.raw`a\*b` })
})

it('takes any of the values of a field that has several lines, and nothing of an empty one', () => {
  const match = matchOf([
    { field: ' host.name ', value: 'n1' },
    { field: 'host.name', value: 'n2' },
    { field: 'process.command_line|contains', value: 'openssl' },
    { field: '', value: 'x' },
    { field: 'user.name', value: '' },
  ])
  expect(match).toEqual({ 'host.name': ['n1', 'n2'], 'process.command_line|contains': ['openssl'] })
  expect(matchText(match)).toBe('host.name is n1 or n2 and process.command_line contains openssl')
})
