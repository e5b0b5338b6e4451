/** One field of a message; what it means its number tells. */
export interface ProtobufField {
  readonly number: number
  /** A varint, or the bits of a fixed number; a BigInt beyond 2^49. */
  readonly integer?: number | bigint
  /** What a field with a length holds: a text, bytes, or another message. */
  readonly bytes?: Buffer
}

/** The bytes are no message of protocol buffers. */
export class MalformedProtobuf extends Error {}

/** Bits of a varint that a double holds without loss, in sevens. */
const EXACT_BITS = 49

/**
 * The fields of a message in their order (https://protobuf.dev/programming-guides/encoding/). Groups, which proto3
 * does not have, are refused. Throws MalformedProtobuf.
 */
export function* protobufFields(message: Buffer): Generator<ProtobufField> {
  let at = 0
  const take = (length: number): Buffer => {
    if (length > message.length - at) throw new MalformedProtobuf('a field that is cut off')
    at += length
    return message.subarray(at - length, at)
  }
  const varint = (): number | bigint => {
    let value = 0
    let large = 0n
    for (let bits = 0; bits < 70; bits += 7) {
      const [byte = 0] = take(1)
      if (bits < EXACT_BITS) value += (byte & 0x7f) * 2 ** bits
      else large |= BigInt(byte & 0x7f) << BigInt(bits)
      if (byte < 0x80) return large === 0n ? value : BigInt.asUintN(64, large | BigInt(value))
    }
    throw new MalformedProtobuf('a number that does not end')
  }
  while (at < message.length) {
    const tag = Number(varint())
    const number = Math.floor(tag / 8)
    if (number === 0) throw new MalformedProtobuf('a field without a number')
    switch (tag % 8) {
      case 0:
        yield { number, integer: varint() }
        break
      case 1:
        yield { number, integer: take(8).readBigUInt64LE() }
        break
      case 2:
        yield { number, bytes: take(Number(varint())) }
        break
      case 5:
        yield { number, integer: take(4).readUInt32LE() }
        break
      default:
        throw new MalformedProtobuf('a field of no known kind')
    }
  }
}
