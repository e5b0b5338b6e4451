/** The console. */
export function App() {
  return <h1>Tallyman</h1>
}
