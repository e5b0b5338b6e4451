import { expect, it, test } from 'vitest'
import { dockerImage } from './docker-image.ts'

const image = (more: object = {}): Readonly<Record<string, unknown>> => ({ Layers: ['sha256:aa'], ...more })
const stepsOf = (...History: readonly string[]): unknown =>
  dockerImage(image({ History }), 'web').fields['container.image.history']

it.each([
  ['/bin/sh -c #(nop)  ENV TOKEN=hush MODE=a b', 'ENV TOKEN MODE'],
  ['ENV TOKEN="hush hush" MODE=\'x y\' A=', 'ENV TOKEN MODE A'],
  ['ENV TOKEN hush hush', 'ENV TOKEN'],
  ['ARG TOKEN=hush', 'ARG TOKEN'],
  ['ENV TOKEN=hush # buildkit', 'ENV TOKEN'],
  ['|1 TOKEN=hush hush /bin/sh -c make', '/bin/sh -c make'],
  [
    'RUN |2 TOKEN=hush KEY=/hush /bin/bash -o pipefail -c make A=1 # buildkit',
    'RUN /bin/bash -o pipefail -c make A=1',
  ],
  ['RUN |1 TOKEN=hush make', 'RUN make'],
  ['RUN |9 TOKEN=hush', 'RUN'],
])('keeps no value of a variable: %s', (written, step) => {
  expect(stepsOf(written)).toEqual([step])
  expect(JSON.stringify(stepsOf(written))).not.toContain('hush')
})

it('keeps all else of how a layer was made', () => {
  const steps = [
    'COPY app /srv # buildkit',
    '/bin/sh -c #(nop) CMD ["sh"]',
    '/bin/sh -c echo A=1 | tee /x',
    '',
  ]
  expect(stepsOf(...steps)).toEqual(['COPY app /srv', 'CMD ["sh"]', '/bin/sh -c echo A=1 | tee /x'])
})

test.each([
  ['nginx', 'nginx@sha256:aa', false],
  ['nginx:1', 'docker.io/library/nginx@sha256:aa', false],
  ['docker.io/nginx', 'nginx@sha256:aa', false],
  ['bitnami/nginx:1', 'index.docker.io/bitnami/nginx@sha256:aa', false],
  ['registry:5000/nginx', 'registry:5000/nginx@sha256:aa', false],
  ['localhost/nginx', 'nginx@sha256:aa', true],
  ['nginx', 'alpine@sha256:aa', true],
  ['nginx', 'registry.example/library/nginx@sha256:aa', true],
  ['sha256:'.padEnd(71, 'a'), 'nginx@sha256:aa', undefined],
  [undefined, 'nginx@sha256:aa', undefined],
])('%s of %s is under another name: %s', (reference, digest, renamed) => {
  const { fields, resource } = dockerImage(image({ RepoDigests: [digest] }), reference)
  expect(fields['container.image.renamed']).toBe(renamed)
  expect(fields['container.image.local']).toBe(false)
  expect(resource).toEqual({ 'container.image.repo_digests': [digest] })
})

it('has a name in no registry where it has no digest, and any of several names is its own', () => {
  const { fields } = dockerImage(image({ RepoDigests: [] }), 'nginx')
  expect([fields['container.image.local'], fields['container.image.renamed']]).toEqual([true, undefined])
  const both = dockerImage(
    image({ RepoDigests: ['mirror.example/nginx@sha256:aa', 'nginx@sha256:bb'] }),
    'nginx',
  )
  expect(both.fields['container.image.renamed']).toBe(false)
})

it('says nothing of an image of which nothing was told', () => {
  expect(dockerImage({}, 'nginx')).toEqual({ resource: {}, fields: {} })
  expect(dockerImage({ removed: true }, 'nginx').fields).toEqual({ 'container.image.removed': true })
})
