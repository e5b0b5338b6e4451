import { useState } from 'react'
import { Link, useLocation } from 'wouter'
import { Icon } from './icons.tsx'
import { LiveDot } from './live-dot.tsx'
import { isAt, PLACES } from './places.ts'
import styles from './rail.module.css'
import { ThemeButton } from './theme-button.tsx'

/** The navigation: a rail beside the page, a bar below it where that is narrow. */
export function Rail({ help }: { readonly help: () => void }) {
  const [location] = useLocation()
  const [more, setMore] = useState(false)
  return (
    <nav className={styles.rail} aria-label="Places" data-more={more}>
      <span className={styles.name}>
        <img src="/mark.svg" width="18" height="18" alt="" />
        Tallyman
      </span>
      <ul className={styles.places}>
        {PLACES.map((place) => (
          <li key={place.path}>
            <Link
              href={place.path}
              className={styles.place ?? ''}
              aria-current={isAt(place, location) ? 'page' : undefined}
              title={`${place.name} (${place.keys})`}
              onClick={() => setMore(false)}
            >
              <Icon name={place.icon} />
              <span>{place.name}</span>
            </Link>
          </li>
        ))}
      </ul>
      <button type="button" className={styles.more} aria-expanded={more} onClick={() => setMore(!more)}>
        <Icon name="more" />
        <span>More</span>
      </button>
      <div className={styles.foot}>
        <LiveDot />
        <Link href="~/tour" className={`${styles.tool} ${styles.link}`}>
          Tour
        </Link>
        <ThemeButton />
        <button type="button" className={styles.tool} onClick={help} title="Keys (?)">
          Keys <kbd>?</kbd>
        </button>
      </div>
    </nav>
  )
}
