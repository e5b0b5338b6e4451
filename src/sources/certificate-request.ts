import { isObject, objectOf, textOf } from './json.ts'
import type { JsonObject } from './json.ts'

/** Whom a request for a certificate names. */
export interface RequestedName {
  readonly commonName?: string
  /** Kubernetes takes them for groups. */
  readonly organizations: readonly string[]
}

/** A request larger than this is none of an identity. */
const MAX_TEXT = 64 * 1024
const COMMON_NAME = '550403'
const ORGANIZATION = '55040a'

/** The subject of a PKCS #10 request (RFC 2986) in the base64 of its PEM, as `spec.request` of Kubernetes holds it. */
export function requestedName(request: unknown): RequestedName | undefined {
  if (typeof request !== 'string' || request.length > MAX_TEXT) return undefined
  const pem = Buffer.from(request, 'base64').toString('latin1')
  const [, body] = /-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----([\s\S]+?)-----END/.exec(pem) ?? []
  if (body === undefined) return undefined
  const info = childrenOf(childrenOf(Buffer.from(body, 'base64'))[0]?.content)[0]
  const subject = childrenOf(info?.content)[1]
  if (subject?.tag !== SEQUENCE) return undefined
  const parts = childrenOf(subject.content)
    .flatMap(({ content }) => childrenOf(content))
    .map(({ content }) => childrenOf(content))
    .flatMap(([type, value]) =>
      type === undefined || value === undefined
        ? []
        : [{ type: type.content.toString('hex'), text: textIn(value) }],
    )
  const commonName = parts.findLast(({ type }) => type === COMMON_NAME)?.text
  const organizations = parts.flatMap(({ type, text }) => (type === ORGANIZATION ? [text] : []))
  return { ...(commonName !== undefined && { commonName }), organizations }
}

/** Whether an audit record is about such a request. */
export function isCertificateRequest(event: JsonObject): boolean {
  return objectOf(event['objectRef'])['resource'] === 'certificatesigningrequests'
}

/** Whom the request names, as fields of its audit record. */
export function requestedFields(event: JsonObject): JsonObject {
  const bodies = [event['requestObject'], event['responseObject']].filter(isObject)
  const request = bodies
    .map(({ spec }) => textOf(objectOf(spec)['request']))
    .find((text) => text !== undefined)
  const named = requestedName(request)
  if (named === undefined) return {}
  return {
    ...(named.commonName !== undefined && { 'certificate.cn': named.commonName }),
    ...(named.organizations.length > 0 && { 'certificate.organizations': named.organizations }),
  }
}

const SEQUENCE = 0x30
const BMP_STRING = 0x1e

interface Element {
  readonly tag: number
  readonly content: Buffer
}

/** The elements that stand one after the other (X.690); what is cut off ends them. */
function childrenOf(bytes: Buffer | undefined): readonly Element[] {
  const found: Element[] = []
  if (bytes === undefined) return found
  for (let at = 0; at + 2 <= bytes.length && found.length < MAX_ELEMENTS;) {
    const first = bytes[at + 1] ?? 0
    const size = first < 0x80 ? 0 : first - 0x80
    if (size > 3 || first === 0x80 || at + 2 + size > bytes.length) break
    const length = size === 0 ? first : bytes.readUIntBE(at + 2, size)
    const begin = at + 2 + size
    if (begin + length > bytes.length) break
    found.push({ tag: bytes[at] ?? 0, content: bytes.subarray(begin, begin + length) })
    at = begin + length
  }
  return found
}
const MAX_ELEMENTS = 256

function textIn({ tag, content }: Element): string {
  if (tag !== BMP_STRING) return content.toString('utf8')
  const even = content.subarray(0, content.length - (content.length % 2))
  return Buffer.from(even).swap16().toString('utf16le')
}
