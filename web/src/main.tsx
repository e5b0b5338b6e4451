import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { takeKey } from './api/key.ts'
import { App } from './app.tsx'
import { applyTheme } from './shell/theme.ts'
import './shell/tokens.css'
import './shell/base.css'

takeKey()
applyTheme()
const place = document.getElementById('console')
if (place !== null) {
  createRoot(place).render(
    <StrictMode>
      <App />
    </StrictMode>,
  )
}
