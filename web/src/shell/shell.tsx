import { useEffect, useState } from 'react'
import { useLocation } from 'wouter'
import { KeyHelp } from '../keys/help.tsx'
import { useKeys } from '../keys/use-keys.ts'
import { TourBanner } from '../tour/tour-banner.tsx'
import { Pages } from './pages.tsx'
import { isAt, PLACES } from './places.ts'
import { Rail } from './rail.tsx'
import styles from './shell.module.css'
import { useTheme } from './theme.ts'

/** Navigation and page; the keys that hold everywhere. */
export function Shell() {
  const [location, go] = useLocation()
  const [help, setHelp] = useState(false)
  const { turn } = useTheme()
  useKeys({
    '?': () => setHelp(true),
    'Shift D': turn,
    ...Object.fromEntries(PLACES.map(({ keys, path }) => [keys, () => go(path)])),
  })
  const place = PLACES.find((each) => isAt(each, location))
  useEffect(() => {
    document.title = place === undefined ? 'Tallyman' : `${place.name} · Tallyman`
  }, [place])
  return (
    <div className={styles.shell}>
      <a className={styles.skip} href="#main">
        Skip to the page
      </a>
      <Rail help={() => setHelp(true)} />
      <main id="main" className={styles.main} tabIndex={-1}>
        <TourBanner />
        <Pages />
      </main>
      {help ? <KeyHelp close={() => setHelp(false)} /> : null}
    </div>
  )
}
