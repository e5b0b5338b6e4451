import { expect, it } from 'vitest'
import { createKeyStack } from './key-stack.ts'

const plain = { typing: false, modified: false }

function recorded() {
  const did: string[] = []
  let time = 0
  const stack = createKeyStack(() => time)
  return {
    did,
    stack,
    wait: (ms: number) => void (time += ms),
    note: (what: string) => () => void did.push(what),
  }
}

it('gives a key to the innermost that binds it', () => {
  const { did, stack, note } = recorded()
  stack.add(() => ({ j: note('outer'), k: note('outer k') }))
  const inner = stack.add(() => ({ j: note('inner') }))
  stack.press({ key: 'j', ...plain })
  stack.press({ key: 'k', ...plain })
  inner()
  stack.press({ key: 'j', ...plain })
  expect(did).toEqual(['inner', 'outer k', 'outer'])
})

it('hears sequences, and forgets a beginning after a while', () => {
  const { did, stack, wait, note } = recorded()
  stack.add(() => ({ 'g q': note('queue'), q: note('alone') }))
  stack.press({ key: 'g', ...plain })
  stack.press({ key: 'q', ...plain })
  stack.press({ key: 'g', ...plain })
  wait(1_500)
  stack.press({ key: 'q', ...plain })
  expect(did).toEqual(['queue', 'alone'])
})

it('leaves typing and the browser’s own keys alone, but hears Escape', () => {
  const { did, stack, note } = recorded()
  stack.add(() => ({ j: note('j'), Escape: note('escape') }))
  expect(stack.press({ key: 'j', typing: true, modified: false })).toBe(false)
  expect(stack.press({ key: 'j', typing: false, modified: true })).toBe(false)
  expect(stack.press({ key: 'Escape', typing: true, modified: false })).toBe(true)
  expect(did).toEqual(['escape'])
})

it('hides the keys of the page while a form is alone', () => {
  const pressed: string[] = []
  const stack = createKeyStack(() => 0)
  const press = (key: string): boolean => stack.press({ key, typing: false, modified: false })
  const key = (name: string) => () => void pressed.push(name)
  stack.add(() => ({ f: key('filters'), 'g q': key('queue'), Escape: key('back') }))
  const close = stack.add(() => ({ Escape: key('cancel') }), true)
  stack.add(() => ({ '1': key('one') }))
  expect(['f', 'g', 'q', 'Escape', '1'].map(press)).toEqual([false, false, false, true, true])
  close()
  expect(['f', 'Escape'].map(press)).toEqual([true, true])
  expect(pressed).toEqual(['cancel', 'one', 'filters', 'back'])
})
