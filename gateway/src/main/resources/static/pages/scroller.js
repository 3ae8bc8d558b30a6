/** Keeps a growing list at its end, as long as the reader is there. */

const NEAR_PX = 60;

export class Scroller {
  #area;
  #down;
  #follows = true;

  /**
   * @param {HTMLElement} area what scrolls
   * @param {HTMLElement} down leads to the end; shown where something new is out of sight
   */
  constructor(area, down) {
    this.#area = area;
    this.#down = down;
    area.addEventListener('scroll', () => this.#look(), { passive: true });
    down.addEventListener('click', () => this.toEnd());
    // The place changes with the window, the keyboard of a phone and the height of the message box.
    new ResizeObserver(() => this.#follows && this.toEnd()).observe(area);
  }

  /** Runs a task that changes the list. */
  around(task) {
    const { scrollHeight: before, scrollTop: top } = this.#area;
    const first = this.#area.querySelector('li');
    task();
    const grown = this.#area.scrollHeight - before;
    if (this.#follows) {
      this.toEnd();
    } else if (first && this.#area.querySelector('li') !== first) {
      this.#area.scrollTop = top + grown;
    } else if (grown > 0) {
      this.#down.hidden = false;
    }
  }

  toEnd() {
    this.#follows = true;
    this.#down.hidden = true;
    this.#area.scrollTop = this.#area.scrollHeight;
  }

  #look() {
    const { scrollHeight, scrollTop, clientHeight } = this.#area;
    this.#follows = scrollHeight - scrollTop - clientHeight < NEAR_PX;
    if (this.#follows) {
      this.#down.hidden = true;
    }
  }
}
