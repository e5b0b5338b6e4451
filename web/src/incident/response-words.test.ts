import { expect, it } from 'vitest'
import { evidenceCommands, sentenceFor } from './response-words.ts'

it('names commands for what is named beyond doubt', () => {
  expect(evidenceCommands({ 'container.id': 'ab12'.repeat(16) })).toContain('docker diff ab12ab12ab12')
  const pod = { 'k8s.namespace.name': 'shop', 'k8s.pod.name': 'web-x1', 'container.id': 'ab12'.repeat(16) }
  expect(evidenceCommands(pod)[0]).toBe('kubectl -n shop get pod web-x1 -o yaml')
})

it('makes no command of a name that could be one', () => {
  for (const name of ['$(id)', 'a;b', '-o', 'a b', '`id`', 'a\nb', ''])
    expect(evidenceCommands({ 'k8s.namespace.name': 'shop', 'k8s.pod.name': name }), name).toEqual([])
  expect(evidenceCommands({ 'container.id': '$(id)' })).toEqual([])
})

it('has a sentence for known actions only', () => {
  expect(sentenceFor('network.isolate')).toContain('network')
  expect(sentenceFor('constructor')).toBeUndefined()
})
