/** Every key of the console, for the help and the documentation. */
export const KEYS = [
  {
    where: 'Anywhere',
    keys: [
      { keys: ['?'], does: 'show the keys' },
      { keys: ['g q', 'g p'], does: 'go to queue, posture' },
      { keys: ['g s', 'g c', 'g i'], does: 'go to strategies, coverage, inputs' },
      { keys: ['g b', 'g f', 'g n'], does: 'go to baselines, findings, notifications' },
      { keys: ['g l', 'g a'], does: 'go to silences, audit trail' },
      { keys: ['Esc'], does: 'close, go back' },
      { keys: ['Shift D'], does: 'change between light and dark' },
    ],
  },
  {
    where: 'Queue',
    keys: [
      { keys: ['j', 'k'], does: 'next, previous (arrows in the list too)' },
      { keys: ['Enter', 'o'], does: 'open the incident' },
      { keys: ['/'], does: 'search' },
      { keys: ['f'], does: 'filters' },
      { keys: ['n'], does: 'show what is new' },
      { keys: ['x'], does: 'clear the filters' },
      { keys: ['t'], does: 'play the tour, while the queue is empty' },
    ],
  },
  {
    where: 'Incident',
    keys: [
      { keys: ['v'], does: 'give a verdict' },
      { keys: ['1', '2', '3', '4'], does: 'true positive, false positive, benign, unclear; then the note' },
      { keys: ['Enter'], does: 'close the incident with it' },
      { keys: ['m'], does: 'silence: hold back what is like it, for a while' },
      { keys: ['s'], does: 'the strategy’s document, and back' },
      { keys: ['r'], does: 'the response: what to do' },
      { keys: ['[', ']'], does: 'previous, next part' },
    ],
  },
  {
    where: 'Picture',
    keys: [
      { keys: ['←', '→'], does: 'previous, next moment or event' },
      { keys: ['Home', 'End'], does: 'first, last' },
      { keys: ['PgUp', 'PgDn'], does: 'a day, or ten events, back or on' },
    ],
  },
  {
    where: 'Posture',
    keys: [
      { keys: ['j', 'k'], does: 'next, previous finding' },
      { keys: ['Space'], does: 'choose it, or not' },
      { keys: ['Shift A'], does: 'choose all, or none' },
      { keys: ['a'], does: 'adopt what is chosen' },
    ],
  },
] as const
