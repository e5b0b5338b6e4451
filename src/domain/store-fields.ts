import type { Field } from './field.ts'
import { CERTIFICATE_FIELDS } from './network-fields.ts'

/** A certificate in a store of a host. Of one that is gone, fingerprint and subject are known. */
export const CERTIFICATE_STORE: Readonly<Record<string, Field>> = {
  TargetFilename: { type: 'string', description: 'File that holds it.' },
  'host.path': { type: 'list', description: 'The same path, on the host.' },
  'event.action': {
    type: 'string',
    description: 'created, deleted, or present where it was there at the first start.',
  },
  ...CERTIFICATE_FIELDS,
  'fingerprint.sha1': { type: 'string', description: 'SHA-1 of the certificate, hexadecimal.' },
  'certificate.curve': { type: 'string', description: 'Curve of an elliptic key.' },
  'certificate.self_issued': {
    type: 'boolean',
    description: 'Subject and issuer are the same, as of a root.',
  },
}
