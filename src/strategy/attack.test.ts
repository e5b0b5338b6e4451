import { expect, test } from 'vitest'
import {
  platformLike,
  platformNamed,
  PLATFORMS,
  retiredTactic,
  successor,
  tacticNamed,
  tacticsOf,
  technique,
} from './attack.ts'

test('a technique has the name, tactics and platforms of the complete version', () => {
  expect(technique('T1600')).toEqual({
    id: 'T1600',
    name: 'Weaken Encryption',
    tactics: ['defense-evasion'],
    platforms: ['Network Devices'],
    deprecated: false,
    revokedBy: undefined,
  })
  expect(technique('T9999')).toBeUndefined()
})

test('the newer version moves tactics, also those of sub-techniques', () => {
  expect(technique('T1600.001', '19')?.tactics).toEqual(['defense-impairment'])
  expect(technique('T1610', '19.1')?.tactics).toEqual(['execution'])
  expect(technique('T1612', '19')?.tactics).toEqual(['stealth'])
  expect(technique('T1550', '20.0')?.tactics).toEqual(['lateral-movement'])
})

test('a revoked technique leads to the one in force, through several revocations', () => {
  expect(successor('T1089')?.id).toBe('T1562.001')
  expect(successor('T1089', '19')?.id).toBe('T1685')
  expect(successor('T1086')?.id).toBe('T1059.001')
  expect(successor('T1560.003')?.id).toBe('T1560.003')
})

test('tactics belong to a version', () => {
  expect(tacticsOf('18.1').get('defense-evasion')).toBe('Defense Evasion')
  expect(tacticsOf('19').has('defense-evasion')).toBe(false)
  expect(tacticsOf('19').get('stealth')).toBe('Stealth')
  expect(retiredTactic('defense-evasion', 'T1600')).toEqual(['defense-impairment'])
  expect(retiredTactic('impact', 'T1485')).toBeUndefined()
  expect(tacticNamed('Command and Control')).toBe('command-and-control')
  expect(tacticNamed('Evasiveness')).toBeUndefined()
})

test('a platform is exact, or something like one', () => {
  expect(PLATFORMS).toContain('Containers')
  expect(platformNamed('linux')).toBe('Linux')
  expect(platformNamed('Network')).toBeUndefined()
  expect(platformLike('Network')).toBe('Network Devices')
  expect(platformLike('PRE (Privileged Release Environment)')).toBe('PRE')
  expect(platformLike('Mainframe')).toBeUndefined()
})
