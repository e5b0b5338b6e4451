/** How far an input has come, for those who wait until nothing older can arrive. */
export type Reach =
  /** All that there was at this time by the clock on the wall, ms, is handed on. */
  | { readonly kind: 'caught-up'; readonly until: number }
  /** It is reading what was there before. */
  | { readonly kind: 'behind' }
  /** It cannot be read since then, ms. */
  | { readonly kind: 'cut'; readonly since: number }
