import { isIP } from 'node:net'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { inAnyNetwork, readAddress, readNetwork } from './address.ts'

function isIn(address: string, ...networks: readonly string[]): boolean {
  return inAnyNetwork(
    networks.map((written) => {
      const network = readNetwork(written)
      if ('wrong' in network) throw new Error(network.wrong)
      return network
    }),
  )(address)
}

describe('an address', () => {
  it('is what the platform takes for one', () => {
    const group = fc.constantFrom('', '0', '1', '12', 'ab', 'ABCD', '00ff', '12345', 'g', '255', '256', '01')
    const joint = fc.constantFrom(':', ':', ':', '::', '.', '.')
    const end = fc.constantFrom('', '', '', '%eth0', '%', ' ', '/8')
    const written = fc
      .tuple(fc.array(fc.tuple(group, joint), { maxLength: 9 }), group, end)
      .map(([parts, last, tail]) => parts.flat().join('') + last + tail)
    const sound = fc.oneof(fc.ipV4(), fc.ipV6(), written)
    fc.assert(
      fc.property(sound, (text) => {
        expect(readAddress(text) !== undefined).toBe(isIP(text) !== 0)
      }),
      { numRuns: 5_000 },
    )
  })

  it.each([
    ['127.0.0.1', [0x7f_00_00_01]],
    ['255.255.255.255', [-1]],
    ['::1', [0, 0, 0, 1]],
    ['2001:db8::8:800:200c:417a', [0x20_01_0d_b8, 0, 0x8_08_00, 0x20_0c_41_7a]],
    ['::ffff:1.2.3.4', [0, 0, 0xff_ff, 0x1_02_03_04]],
    ['fe80::1%eth0', [0xfe_80 << 16, 0, 0, 1]],
  ])('%s has the bits %j', (text, words) => {
    expect(readAddress(text)).toEqual(words)
  })
})

describe('a network', () => {
  it.each([
    ['10.1.2.3', '10.0.0.0/8', true],
    ['11.1.2.3', '10.0.0.0/8', false],
    ['192.168.1.127', '192.168.1.0/25', true],
    ['192.168.1.128', '192.168.1.0/25', false],
    ['1.2.3.4', '0.0.0.0/0', true],
    ['1.2.3.4', '1.2.3.4', true],
    ['::1', '0.0.0.0/0', false],
    ['::ffff:10.1.2.3', '10.0.0.0/8', false],
    ['10.1.2.3:80', '10.0.0.0/8', false],
    ['010.1.2.3', '10.0.0.0/8', false],
    ['febf::1%eth0', 'fe80::/10', true],
    ['fec0::1', 'fe80::/10', false],
    ['2001:db8:ffff::', '2001:db8::/33', false],
    ['2001:db8:7fff::', '2001:db8::/33', true],
    ['::1', '::/0', true],
  ])('%s in %s: %s', (address, network, expected) => {
    expect(isIn(address, network)).toBe(expected)
  })

  it('is one of several', () => {
    expect(isIn('10.0.0.1', 'fe80::/10', '10.0.0.0/8')).toBe(true)
    expect(isIn('11.0.0.1', 'fe80::/10', '10.0.0.0/8')).toBe(false)
  })

  it.each([
    ['10.0.0.1/8', 'host bits'],
    ['10.0.0.0/33', 'longer than 32'],
    ['fe80::/129', 'longer than 128'],
    ['10.0.0.0/08', 'no number of bits'],
    ['10.0.0.0/255.0.0.0', 'no number of bits'],
    ['10.0.0.0/8/8', 'no IPv4 or IPv6'],
    ['fe80::1%eth0', 'no IPv4 or IPv6'],
    ['10.0.0', 'no IPv4 or IPv6'],
    ['', 'no IPv4 or IPv6'],
  ])('%j is refused: %s', (written, reason) => {
    expect(readNetwork(written)).toEqual({ wrong: expect.stringContaining(reason) as string })
  })
})
