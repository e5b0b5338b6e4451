import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { isCertificateRequest, requestedFields, requestedName } from './certificate-request.ts'

/** Made with openssl 3: req -new -newkey ec -subj SUBJECT, as base64 of its PEM. */
const ROOT =
  'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIek1JR2JBZ0VBTURreEZ6QVZCZ05WQkFvTURuTjVjM1JsYlRwdFlYTjBaWEp6TVF3d0NnWURWUVFLREFOdgpjSE14RURBT0JnTlZCQU1NQjIxaGJHeHZjbmt3V1RBVEJnY3Foa2pPUFFJQkJnZ3Foa2pPUFFNQkJ3TkNBQVIzCmFubEErL0k2LzdZdjAraStUVTltRzVWSmpaWkVxd2lBVjg3VExvTlNDK3NLd2c5cjI0VEY0QmZEQWhSR21qUEwKS3JNYXZRS0FFQUNPdmgrWkFhT0FvQUF3Q2dZSUtvWkl6ajBFQXdJRFJ3QXdSQUloQVBHTEZZVWNJMkE4dTU3LwpCQjNjTDdvWndORGpPVVF1cXUyNFNGV2lCS09IQWg4S283akNWV0c2a21tVWpWc2FkcHRYeGpvbEJuOXNpVmw5CnEyNzVUQThRCi0tLS0tRU5EIENFUlRJRklDQVRFIFJFUVVFU1QtLS0tLQo='

describe('a request for a certificate', () => {
  it('names whom it is for, and the groups', () => {
    expect(requestedName(ROOT)).toEqual({ commonName: 'mallory', organizations: ['system:masters', 'ops'] })
  })

  it.each([
    ['no text', 7],
    ['no PEM', Buffer.from('hello').toString('base64')],
    ['another thing as PEM', Buffer.from('-----BEGIN CERTIFICATE-----\nAAAA\n-----END').toString('base64')],
    [
      'what is cut off',
      Buffer.from(Buffer.from(ROOT, 'base64').toString().slice(0, 90) + '\n-----END').toString('base64'),
    ],
  ])('is not read out of %s', (_name, request) => {
    expect(requestedName(request)).toBeUndefined()
  })

  it('survives any bytes', () => {
    const pem = Buffer.from(ROOT, 'base64').toString()
    const [head = '', ...lines] = pem.split('\n')
    const der = Buffer.from(lines.slice(0, -2).join(''), 'base64')
    for (let at = 0; at < der.length; at += 1) {
      const broken = Buffer.from(der)
      broken[at] = 0xff
      const text = `${head}\n${broken.toString('base64')}\n-----END CERTIFICATE REQUEST-----`
      expect(() => requestedName(Buffer.from(text).toString('base64'))).not.toThrow()
    }
  })

  it('is looked for in requests for certificates alone', () => {
    const spec = { spec: { request: ROOT } }
    const asked = { objectRef: { resource: 'certificatesigningrequests' }, requestObject: spec }
    expect(requestedFields(asked)).toEqual({
      'certificate.cn': 'mallory',
      'certificate.organizations': ['system:masters', 'ops'],
    })
    expect(isCertificateRequest(asked)).toBe(true)
    expect(isCertificateRequest({ ...asked, objectRef: { resource: 'secrets' } })).toBe(false)
    expect(requestedFields({ ...asked, requestObject: {} })).toEqual({})
  })

  it('is read as openssl reads it', ({ skip }) => {
    const { status, stdout } = spawnSync(
      'openssl',
      ['req', '-noout', '-subject', '-nameopt', 'sep_multiline'],
      {
        input: Buffer.from(ROOT, 'base64'),
        encoding: 'utf8',
      },
    )
    if (status !== 0) return skip('needs openssl')
    expect(stdout).toContain('CN=mallory')
    expect(stdout).toContain('O=system:masters')
  })
})
