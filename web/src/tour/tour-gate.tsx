import type { ReactNode } from 'react'
import { Link } from 'wouter'
import styles from './tour.module.css'
import { TourOffer } from './tour-offer.tsx'
import { useTour } from './use-tour.ts'

/** Lets through once something was played: until then there is nothing that could be asked. */
export function TourGate({ children }: { readonly children: ReactNode }) {
  const { tour } = useTour()
  if (tour?.state === 'playing' || tour?.state === 'done') return children
  return (
    <main className={styles.gate}>
      <h1>The tour</h1>
      <p>
        Telemetry that was recorded while real attacks ran, read by the same engine into a store of its own.
        What it finds is shown as if it happened now.
      </p>
      <TourOffer />
      <p>
        <Link href="~/">Back to this machine</Link>
      </p>
    </main>
  )
}
