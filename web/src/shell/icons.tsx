/** Line drawings of 16 by 16; decoration beside a word. */
const PATHS = {
  queue: 'M2 3.5h12M2 8h12M2 12.5h7',
  posture: 'M8 1.8 13.5 4v4.2c0 3-2.3 5-5.5 6-3.2-1-5.5-3-5.5-6V4z',
  strategies: 'M4 1.8h5.5L13 5.3v8.9H4zM9.3 2v3.5h3.5M6.3 8.3h4.4M6.3 11h4.4',
  coverage:
    'M1.8 8S4 3.8 8 3.8 14.2 8 14.2 8 12 12.2 8 12.2 1.8 8 1.8 8zM8 6.3a1.7 1.7 0 1 0 0 3.4 1.7 1.7 0 0 0 0-3.4z',
  baselines: 'M2 5.2h12M2 10.8h12M2 8.4l2.6-.8 2.2.6 2-6 1.9 7.6L12.6 8 14 8.3',
  inputs: 'M2 8h3l1.7-4.8 2.7 9.6L11.2 8H14',
  findings: 'M1.8 8S4 3.8 8 3.8 14.2 8 14.2 8 12 12.2 8 12.2 1.8 8 1.8 8zM2.5 13.5l11-11',
  notifications: 'M2 3.5h12v9H2zM2 4l6 5 6-5',
  silences: 'M6.5 12.5a1.6 1.6 0 0 0 3 0M3.5 11V7.2a4.5 4.5 0 0 1 9 0V11l1 1.4h-11zM2 2l12 12',
  audit: 'M3 2h10v12H3zM5.5 5.5h5M5.5 8h5M5.5 10.5h3',
  more: 'M3 8h.01M8 8h.01M13 8h.01',
} as const

export type IconName = keyof typeof PATHS

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg
      width="16"
      height="16"
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.3"
      strokeLinejoin="round"
      strokeLinecap="round"
      aria-hidden="true"
    >
      <path d={PATHS[name]} />
    </svg>
  )
}
