import { createContext, useContext } from 'react'
import type { ApiBase } from './client.ts'

const Base = createContext<ApiBase>('/api')

export const BaseProvider = Base.Provider

/** Whose store the page shows. */
export function useBase(): ApiBase {
  return useContext(Base)
}
