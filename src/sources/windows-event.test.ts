import { assert, constantFrom, nat, oneof, property, string } from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Event, Logsource } from '../domain/event.ts'
import { createStreamDecoder, sources } from './index.ts'
import { jsonText } from './json.ts'
import { DECODER_FAULT } from './stream.ts'
import { logsourcesOf, meaningOf } from './windows-taxonomy.ts'

function read(...records: readonly unknown[]) {
  const text = records.map((record) => (typeof record === 'string' ? record : jsonText(record))).join('\n')
  return createStreamDecoder(sources, 's').push({
    stream: 's',
    offset: 0,
    bytes: Buffer.from(text),
    end: true,
  })
}

function eventOf(record: unknown): Event {
  const { items, failures } = read(record)
  expect(failures).toEqual([])
  return items[0]?.decoded.events[0] as Event
}

const CHANNEL = 'Microsoft-Windows-Sysmon/Operational'
const PROVIDER = 'Microsoft-Windows-Sysmon'
const TIME = '2026-11-20T10:00:00.1234567Z'

function evtx(system: object, data: object, part = 'EventData'): unknown {
  return {
    Event: {
      System: {
        Provider: { '#attributes': { Name: PROVIDER } },
        TimeCreated: { '#attributes': { SystemTime: TIME } },
        EventRecordID: 7,
        Channel: CHANNEL,
        Computer: 'ws-1',
        ...system,
      },
      [part]: data,
    },
  }
}

function xml(id: number, data: Readonly<Record<string, string>>): string {
  const fields = Object.entries(data).map(([name, value]) => `<Data Name='${name}'>${value}</Data>`)
  return (
    `<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='${PROVIDER}'/>` +
    `<EventID>${id}</EventID><TimeCreated SystemTime='${TIME}'/><EventRecordID>7</EventRecordID>` +
    `<Channel>${CHANNEL}</Channel><Computer>ws-1</Computer></System><EventData>${fields.join('')}</EventData></Event>`
  )
}

/** One start of a process. */
const [IMAGE, LINE, GUID] = [
  String.raw`C:\Windows\System32\cmd.exe`,
  String.raw`cmd /c dir \\server\share`,
  '0f0e0d0c-0000-4000-8000-00000000000a',
]

const FORMS: readonly (readonly [string, unknown])[] = [
  [
    'evtx_dump',
    evtx({ EventID: 1 }, { ProcessGuid: GUID.toUpperCase(), ProcessId: 8, Image: IMAGE, CommandLine: LINE }),
  ],
  [
    'evtx_dump, attributes of the EventID',
    evtx({ EventID: { '#attributes': { Qualifiers: 0 }, '#text': 1 } }, { Image: IMAGE, CommandLine: LINE }),
  ],
  [
    'evtx_dump, attributes apart',
    evtx(
      { EventID: 1, Provider: null, Provider_attributes: { Name: PROVIDER } },
      { Image: IMAGE, CommandLine: LINE },
    ),
  ],
  [
    'converted XML',
    evtx(
      { EventID: '1', Provider: { '@Name': PROVIDER } },
      {
        Data: [
          { '@Name': 'Image', '#text': IMAGE },
          { '@Name': 'CommandLine', '#text': LINE },
        ],
      },
    ),
  ],
  [
    'attributes as members',
    {
      System: {
        Provider: { Name: PROVIDER },
        EventID: { Value: 1 },
        TimeCreated: { SystemTime: TIME },
        Channel: CHANNEL,
        Computer: 'ws-1',
      },
      EventData: { Image: IMAGE, CommandLine: LINE },
    },
  ],
  ['XML', xml(1, { ProcessGuid: `{${GUID}}`, ProcessId: '8', Image: IMAGE, CommandLine: LINE })],
  [
    'XML behind a syslog header',
    `<13>Nov 20 10:00:00 ws-1 sysmon: ${xml(1, { Image: IMAGE, CommandLine: LINE })}`,
  ],
  [
    'winlogbeat',
    {
      '@timestamp': '2026-11-20T10:00:00.123Z',
      winlog: {
        event_id: '1',
        channel: CHANNEL,
        provider_name: PROVIDER,
        computer_name: 'ws-1',
        record_id: 7,
        event_data: { ProcessGuid: `{${GUID}}`, ProcessId: '8', Image: IMAGE, CommandLine: LINE },
      },
    },
  ],
  [
    'winlogbeat, flattened',
    {
      _source: {
        '@timestamp': '2026-11-20T10:00:00.123Z',
        'winlog.event_id': 1,
        'winlog.channel': CHANNEL,
        'winlog.provider_name': PROVIDER,
        'winlog.computer_name': 'ws-1',
        'winlog.event_data.Image': IMAGE,
        'process.command_line': LINE,
        'winlog.event_data.__proto__.polluted': 'x',
      },
    },
  ],
  [
    'ECS',
    {
      '@timestamp': '2026-11-20T10:00:00.123Z',
      event: { code: '1', provider: PROVIDER },
      host: { name: 'ws-1' },
      process: { executable: IMAGE, command_line: LINE },
    },
  ],
  [
    'winlogbeat 6',
    {
      '@timestamp': '2026-11-20T10:00:00.123Z',
      log_name: CHANNEL,
      source_name: PROVIDER,
      computer_name: 'ws-1',
      event_id: 1,
      event_data: { Image: IMAGE, CommandLine: LINE },
    },
  ],
  [
    'NXLog',
    {
      EventTime: '2026-11-20 05:00:00',
      UtcTime: '2026-11-20 10:00:00.123',
      Hostname: 'ws-1',
      EventType: 'INFO',
      EventID: 1,
      SourceName: PROVIDER,
      Channel: CHANNEL,
      Image: IMAGE,
      CommandLine: LINE,
    },
  ],
  [
    'a table of a log service',
    {
      TimeGenerated: TIME,
      EventCode: '1',
      LogName: CHANNEL,
      EventSourceName: PROVIDER,
      ComputerName: 'ws-1',
      Image: IMAGE,
      CommandLine: LINE,
    },
  ],
  [
    'Wazuh, escaped',
    {
      win: {
        system: {
          providerName: PROVIDER,
          eventID: '1',
          systemTime: TIME,
          channel: CHANNEL,
          computer: 'ws-1',
        },
        eventdata: { image: IMAGE.replaceAll('\\', '\\\\'), commandLine: LINE.replaceAll('\\', '\\\\') },
      },
    },
  ],
  [
    'Wazuh, not escaped',
    {
      data: {
        win: {
          system: {
            providerName: PROVIDER,
            eventID: '1',
            systemTime: TIME,
            channel: CHANNEL,
            computer: 'ws-1',
          },
          eventdata: { image: IMAGE, commandLine: LINE },
        },
      },
    },
  ],
]

describe('the forms of one event', () => {
  it.each(FORMS)('say the same: %s', (_form, record) => {
    expect(eventOf(record)).toMatchObject({
      time: Date.UTC(2026, 10, 20, 10, 0, 0, 123),
      source: 'windows.sysmon',
      logsource: { product: 'windows', category: 'process_creation', service: 'sysmon' },
      resource: { 'host.name': 'ws-1' },
      record: { EventID: 1, Provider_Name: PROVIDER, Computer: 'ws-1', Image: IMAGE, CommandLine: LINE },
    })
  })

  it('are one record, where they say where it stood: computer, channel, number and time', () => {
    const [dump, text, beat] = ['evtx_dump', 'XML', 'winlogbeat'].map((name) => {
      const [, record] = FORMS.find(([form]) => form === name) ?? []
      return read(record).items[0]?.decoded.identity
    })
    expect(dump?.id).toBe(`windows:ws-1:${CHANNEL}:7:${Date.UTC(2026, 10, 20, 10, 0, 0, 123)}`)
    expect(text).toEqual(dump)
    expect(beat).toEqual(dump)
  })

  it('differ in content when one field does', () => {
    const [one, other] = [IMAGE, IMAGE.toUpperCase()].map(
      (image) => read(xml(1, { Image: image })).items[0]?.decoded.identity,
    )
    expect(one?.id).toBe(other?.id)
    expect(one?.content).not.toBe(other?.content)
  })

  it('of NXLog without a time of Sysmon take the zone from when the record was received', () => {
    const record = {
      EventTime: '2026-11-20 05:00:00',
      EventReceivedTime: '2026-11-20 05:00:07',
      '@timestamp': '2026-11-20T10:00:09.500Z',
    }
    const local = { ...record, EventID: 4624, Channel: 'Security', Hostname: 'ws-1' }
    expect(eventOf(local).time).toBe(Date.UTC(2026, 10, 20, 10))
    expect(eventOf({ ...local, '@timestamp': undefined }).time).toBe(Date.UTC(2026, 10, 20, 5))
  })

  it('without a time are dated by their arrival, and have no identity', () => {
    const { items, failures } = read(evtx({ EventID: 1, TimeCreated: null }, { Image: IMAGE }))
    expect(items).toEqual([])
    expect(failures[0]?.reason).toBe('windows.sysmon: record without a time')
  })
})

describe('what a record says', () => {
  it('keeps integers exact', () => {
    const keywords = '-9214364837600034816'
    const text = `{"EventID":1,"Channel":"Security","EventTime":"${TIME}","EventRecordID":18446744073709551615,"Keywords":${keywords}}`
    expect(eventOf(text).record).toMatchObject({ EventRecordID: 2n ** 64n - 1n, Keywords: BigInt(keywords) })
  })

  it('takes blanks out of names, strings without a name as Data, and elements of UserData by name', () => {
    const defender = { Channel: 'Microsoft-Windows-Windows Defender/Operational', EventID: 1116 }
    expect(eventOf(evtx(defender, { 'Threat Name': 't', 'Process Name': 'p' })).record).toMatchObject({
      ThreatName: 't',
      ProcessName: 'p',
    })
    const classic = evtx({ Channel: 'Windows PowerShell', EventID: 400 }, { Data: { '#text': ['a', 'b'] } })
    expect(eventOf(classic).record).toMatchObject({ Data: ['a', 'b'] })
    const cleared = evtx(
      { Channel: 'Security', EventID: 1102 },
      { LogFileCleared: { '#attributes': { xmlns: 'x' }, SubjectUserName: 'u' } },
      'UserData',
    )
    expect(eventOf(cleared).record).toMatchObject({ SubjectUserName: 'u' })
  })

  it('lets no provider stand for the log: what it calls Computer or Channel moves aside', () => {
    const event = eventOf(
      evtx({ EventID: 1 }, { Computer: 'other', Channel: 'Security', EventID: 4688, Image: IMAGE }),
    )
    expect(event).toMatchObject({ source: 'windows.sysmon', resource: { 'host.name': 'ws-1' } })
    expect(event.record).toMatchObject({
      Computer: 'ws-1',
      EventID: 1,
      'EventData.Computer': 'other',
      'EventData.EventID': 4688,
    })
  })

  it('is a record of nobody without an event ID or a channel', () => {
    for (const record of [
      { EventID: 1, Image: IMAGE },
      { Event: { System: { Channel: 'Security' } } },
      { winlog: {} },
      { EventID: 'x', Channel: 'Security' },
    ])
      expect(read(record).failures[0]?.reason).toBe('windows: record that does not say which event it is')
    expect(read('<Event><System/></Event>').failures[0]?.reason).toBe(
      'XML event: broken, or not of Windows or Sysmon',
    )
  })

  it('counts each broken event in a stream of them', () => {
    const whole = xml(1, { Image: IMAGE })
    const { items, failures } = read(whole, whole.slice(0, -9), '<Event>&x;</Event>', whole)
    expect(items.length).toBe(2)
    expect(failures.map(({ reason }) => reason)).toEqual(
      Array(2).fill('XML event: broken, or not of Windows or Sysmon'),
    )
  })
})

describe('hostile records', () => {
  const whole = xml(1, { Image: IMAGE, CommandLine: LINE })
  const snare = (text: string): string =>
    `<13>Nov 20 10:00:00 ws-1 MSWinEventLog\t1\tSecurity\t7\tFri Nov 20 10:00:00 2026\t4688\tP\tu\tN/A\tSuccess Audit\tws-1\tc\t\t${text}`

  it('are events or counted failures, however XML is changed', () => {
    const place = nat(whole.length)
    assert(
      property(
        place,
        place,
        oneof(string({ unit: 'binary' }), constantFrom('<', '>', '&', '"', "'/>", '</')),
        (from, to, piece) => {
          const text = (
            whole.slice(0, Math.min(from, to)) +
            piece +
            whole.slice(Math.max(from, to))
          ).replaceAll(/[\0\r\n]/g, '')
          const { records, items, failures } = read(whole, text, whole)
          expect(records).toBe(items.length + failures.length)
          expect(items.length).toBeGreaterThanOrEqual(2)
          expect(failures.map(({ reason }) => reason)).not.toContain(DECODER_FAULT)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('take no field of a text from what the creator of a process wrote', () => {
    const text =
      'A new process has been created.    Process Information:   New Process ID:  0x10   New Process Name: C:\\a.exe   ' +
      'Process Command Line: a   New Process Name: C:\\b.exe   Account Name: c'
    expect(eventOf(snare(text)).record).toMatchObject({
      NewProcessName: 'C:\\a.exe',
      ProcessId: 16,
      CommandLine: 'a   New Process Name: C:\\b.exe   Account Name: c',
    })
    expect(eventOf(snare(text)).record).not.toHaveProperty('SubjectUserName')
  })

  it('cost what their length says', () => {
    const [blanks, letters, slashes] = [' ', 'a', '\\'].map((one) => one.repeat(2_000_000))
    const began = performance.now()
    for (const record of [
      snare(`${blanks}Process Command Line${blanks}`),
      snare(`${blanks}x:${blanks}`),
      evtx({ EventID: 4688, Channel: 'Security' }, { MandatoryLabel: letters, Hashes: letters }),
      evtx({ EventID: 1 }, { Hashes: letters, ProcessGuid: letters }),
      {
        win: { system: { eventID: '1', channel: CHANNEL, systemTime: TIME }, eventdata: { image: slashes } },
      },
      { EventID: 1, Channel: CHANNEL, EventTime: letters, UtcTime: '2026-11-20 10:00:00.1' },
      xml(1, { Image: `&#65;${blanks}` }),
    ])
      expect(eventOf(record).source).toMatch(/^windows\./)
    expect(performance.now() - began).toBeLessThan(20_000)
  })

  it('of a number that is too large for an event ID are taken by the part that is one', () => {
    expect(eventOf(evtx({ EventID: 0x4000_1b7c, Channel: 'System' }, {})).record).toMatchObject({
      EventID: 7036,
    })
    for (const EventID of [-1, 1.5, 2 ** 32, '1e3', 1e300])
      expect(read(evtx({ EventID }, {})).items).toEqual([])
  })
})

describe('the Security log in Sysmon’s words', () => {
  const security = (EventID: number, data: object): Event =>
    eventOf(evtx({ Channel: 'Security', EventID }, data))

  it('says whose a new process is, and numbers it in decimal', () => {
    const created = security(4688, {
      SubjectUserName: 'WS-1$',
      SubjectDomainName: 'CORP',
      TargetUserName: 'mara',
      TargetDomainName: 'CORP',
      NewProcessId: '0x1b64',
      ProcessId: '0x1b44',
      NewProcessName: IMAGE,
      MandatoryLabel: 'S-1-16-16384',
    })
    expect(created.record).toMatchObject({
      User: 'CORP\\mara',
      ProcessId: 7012,
      ParentProcessId: 6980,
      IntegrityLevel: 'System',
    })
    expect(security(4688, { SubjectUserName: 'mara', TargetUserName: '-' }).record).toMatchObject({
      User: 'mara',
    })
  })

  it.each([
    [
      String.raw`\REGISTRY\MACHINE\SYSTEM\ControlSet001\Control`,
      String.raw`HKLM\System\CurrentControlSet\Control\v`,
    ],
    [String.raw`\REGISTRY\MACHINE\SOFTWARE\x`, String.raw`HKLM\SOFTWARE\x\v`],
    [String.raw`\REGISTRY\USER\S-1-5-18\$&x`, String.raw`HKU\S-1-5-18\$&x\v`],
    [String.raw`\REGISTRY\A\x`, String.raw`\REGISTRY\A\x\v`],
  ])('calls the key %s %s', (ObjectName, TargetObject) => {
    expect(security(4657, { ObjectName, ObjectValueName: 'v' }).record).toMatchObject({ TargetObject })
  })

  it.each([
    ['%%1876', '1', 'DWORD (0x00000001)'],
    ['%%1876', 4_294_967_295, 'DWORD (0xffffffff)'],
    ['%%1883', '4294967297', 'QWORD (0x00000001-0x00000001)'],
    ['%%1875', '00ff', 'Binary Data'],
    ['%%1873', '1', '1'],
  ])('writes a value of type %s that is %s as %s', (NewValueType, NewValue, Details) => {
    expect(security(4657, { ObjectName: 'k', NewValueType, NewValue }).record).toMatchObject({ Details })
  })

  it('says which way a connection went', () => {
    const ends = { SourceAddress: '10.0.0.1', DestAddress: '10.0.0.2', Protocol: 6 }
    expect(security(5156, { ...ends, Direction: '%%14593' }).record).toMatchObject({
      Initiated: 'true',
      Protocol: 'tcp',
    })
    expect(security(5156, { ...ends, Direction: '%%14592' }).record).toMatchObject({ Initiated: 'false' })
  })
})

/** `category` of each log source of the event, the first its own. */
function categoriesOf(service: string, id: number, data = {}): readonly (string | undefined)[] {
  const { logsource } = meaningOf('windows', service, id, data)
  return [logsource, ...(logsource.also ?? [])].map((each: Logsource) => each.category)
}

describe('Sigma’s categories', () => {
  it.each<[number, readonly string[]]>([
    [1, ['process_creation']],
    [2, ['file_change']],
    [3, ['network_connection']],
    [4, ['sysmon_status']],
    [5, ['process_termination']],
    [6, ['driver_load']],
    [7, ['image_load']],
    [8, ['create_remote_thread']],
    [9, ['raw_access_thread']],
    [10, ['process_access']],
    [11, ['file_event']],
    [12, ['registry_event', 'registry_add', 'registry_delete']],
    [13, ['registry_set', 'registry_event']],
    [14, ['registry_rename', 'registry_event']],
    [15, ['create_stream_hash']],
    [16, ['sysmon_status']],
    [17, ['pipe_created']],
    [18, ['pipe_created']],
    [19, ['wmi_event']],
    [20, ['wmi_event']],
    [21, ['wmi_event']],
    [22, ['dns_query', 'dns']],
    [23, ['file_delete']],
    [24, ['clipboard_capture']],
    [25, ['process_tampering']],
    [26, ['file_delete_detected', 'file_delete']],
    [27, ['file_block_executable']],
    [28, ['file_block_shredding']],
    [29, ['file_executable_detected']],
    [255, ['sysmon_error']],
  ])('of Sysmon’s event %i are %j', (id, categories) => {
    expect(categoriesOf('sysmon', id)).toEqual(categories)
  })

  it('of keys and values of the registry follow what was done', () => {
    expect(categoriesOf('sysmon', 12, { EventType: 'CreateKey' })).toEqual(['registry_add', 'registry_event'])
    expect(categoriesOf('sysmon', 12, { EventType: 'DeleteValue' })).toEqual([
      'registry_delete',
      'registry_event',
    ])
    expect(categoriesOf('security', 4657, { OperationType: '%%1904' })).toEqual([
      'registry_set',
      'registry_event',
      'registry_add',
    ])
    expect(categoriesOf('security', 4657, { OperationType: '%%1905' })).toEqual([
      'registry_set',
      'registry_event',
    ])
    expect(categoriesOf('security', 4657, { OperationType: '%%1906' })).toEqual([
      'registry_delete',
      'registry_event',
    ])
  })

  it.each<[string, number, readonly (string | undefined)[]]>([
    ['security', 4688, ['process_creation']],
    ['security', 5156, ['network_connection', 'firewall']],
    ['security', 4624, [undefined]],
    ['powershell', 4103, ['ps_module']],
    ['powershell', 4104, ['ps_script']],
    ['powershell-classic', 400, ['ps_classic_start']],
    ['powershell-classic', 600, ['ps_classic_provider_start']],
    ['powershell-classic', 800, ['ps_classic_script']],
    ['windefend', 1116, [undefined, 'antivirus']],
    ['system', 7045, [undefined]],
    ['sysmon', 77, [undefined]],
  ])('of %s’s event %i are %j', (service, id, categories) => {
    expect(categoriesOf(service, id)).toEqual(categories)
  })

  it('stand in one object each, whatever was asked before', () => {
    const one = meaningOf('windows', 'sysmon', 1, {}).logsource
    expect(meaningOf('windows', 'sysmon', 1, { Image: 'x' }).logsource).toBe(one)
    expect(logsourcesOf('windows', 'sysmon')).toContain(one)
  })
})
