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
