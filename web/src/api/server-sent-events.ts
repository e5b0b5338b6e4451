/** One server-sent event; comments and fields that nobody reads are dropped. */
export interface ServerSentEvent {
  readonly event: string
  readonly data: string
}

/** An event larger than this is dropped, characters. */
const LIMIT = 4_194_304

/**
 * Takes the text of a stream piece by piece, gives the events that are whole
 * (https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation).
 */
export function createEventParser(): (text: string) => readonly ServerSentEvent[] {
  let rest = ''
  let [event, data, dropped]: [string, string[], boolean] = ['', [], false]
  let size = 0

  const line = (text: string): ServerSentEvent | undefined => {
    if (text === '') {
      const whole =
        data.length > 0 && !dropped
          ? { event: event === '' ? 'message' : event, data: data.join('\n') }
          : undefined
      ;[event, data, dropped] = ['', [], false]
      size = 0
      return whole
    }
    const [, field = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(text) ?? []
    if (field === 'event') event = value
    if (field === 'data') {
      size += value.length
      if (size > LIMIT) dropped = true
      else data.push(value)
    }
    return undefined
  }

  return (text) => {
    const lines = (rest + text).split(/\r\n|\n|\r(?!$)/)
    rest = lines.pop() ?? ''
    if (rest.length > LIMIT) [rest, dropped] = ['', true]
    return lines.flatMap((each) => line(each) ?? [])
  }
}
