import { expect, it } from 'vitest'
import { identityMatch } from './identity-match.ts'

it('takes what nobody can choose: the image on its host, else the container', () => {
  const entity = { 'container.id': 'c1', 'container.name': 'web', 'host.name': 'n*1' }
  expect(identityMatch({ ...entity, 'container.image.id': 'sha256:ab' })).toEqual({
    'container.image.id|cased': 'sha256:ab',
    'host.name|cased': String.raw`n\*1`,
  })
  expect(identityMatch(entity)).toEqual({ 'container.id|cased': 'c1' })
  expect(identityMatch({ 'container.name': 'web' })).toBeUndefined()
})
