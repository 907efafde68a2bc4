/** A value that tells whoever depends on it when it changes. */
export type WatchedValue<T> = {
  get(): T
  /** Tells the listeners, also when the value is the same object with other contents. */
  set(value: T): void
  listen(listener: (value: T) => void): void
}

export function watchedValue<T>(first: T): WatchedValue<T> {
  let current = first
  const listeners: ((value: T) => void)[] = []
  return {
    get: () => current,
    set(value) {
      current = value
      for (const listener of listeners) listener(value)
    },
    listen(listener) {
      listeners.push(listener)
    },
  }
}
