/** What a page remembers. A browser that keeps nothing costs the memory, not the page. */

/**
 * @param {'localStorage'|'sessionStorage'} area
 * @param {string} key
 */
export function remembered(area, key) {
  return {
    load() {
      try {
        return JSON.parse(window[area].getItem(key) ?? 'null') ?? undefined;
      } catch {
        return undefined;
      }
    },
    save(value) {
      try {
        if (value === undefined) {
          window[area].removeItem(key);
        } else {
          window[area].setItem(key, JSON.stringify(value));
        }
      } catch {
        // Then it is forgotten with the page.
      }
    },
  };
}

/** Where messages wait that are not stored yet, so that they outlive the page. */
export function outboxOf(key) {
  const memory = remembered('sessionStorage', `parley.outbox.${key}`);
  return {
    load: () => memory.load() ?? [],
    save: (pending) => memory.save(pending.length ? pending.map(({ id, text, at }) => ({ id, text, at })) : undefined),
  };
}
