import { expect, it } from 'vitest'
import { socketAddress } from './socket-address.ts'

function inet6(address: string): Buffer {
  const head = Buffer.from([10, 0, 0, 80, 0, 0, 0, 0])
  return Buffer.concat([head, Buffer.from(address, 'hex'), Buffer.alloc(4)])
}

it('tells an address that is mapped into IPv6 as the IPv4 address that is spoken to', () => {
  expect(socketAddress(inet6('00000000000000000000ffffa9fea9fe'))).toEqual({
    family: 'ipv4',
    address: '169.254.169.254',
    port: 80,
  })
  expect(socketAddress(inet6('00000000000000000000000000000001'))).toEqual({
    family: 'ipv6',
    address: '::1',
    port: 80,
  })
  expect(socketAddress(inet6('20010db8000000000001000000000001'))).toEqual({
    family: 'ipv6',
    address: '2001:db8::1:0:0:1',
    port: 80,
  })
})

it('keeps the name of an abstract socket apart from paths', () => {
  const unix = (name: string) => socketAddress(Buffer.concat([Buffer.from([1, 0]), Buffer.from(name)]))
  expect(unix('\0/run/x')).toEqual({ family: 'unix', path: '@/run/x' })
  expect(unix('/run/x\0rest')).toEqual({ family: 'unix', path: '/run/x' })
})
