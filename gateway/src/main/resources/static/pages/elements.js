/** Small helpers for the page. Foreign text only ever becomes text. */

/** @returns {any} the element with this id, which the page has */
export function byId(id) {
  return document.getElementById(id);
}

/**
 * A new element.
 *
 * @param {string} tag
 * @param {Record<string, string>} [attributes]
 * @param {...(Node|string)} children
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

/** A button that does something. */
export function button(label, onClick, attributes = {}) {
  const made = element('button', { type: 'button', ...attributes }, label);
  made.addEventListener('click', onClick);
  return made;
}

/** Sets a text, and hides the element where there is none. Touches nothing that is right already. */
export function showText(target, text) {
  const words = text ?? '';
  if (target.textContent !== words) {
    target.textContent = words;
  }
  target.hidden = words === '';
}

/**
 * Shows a control or hides it, enables it or not. Where it had the focus and cannot keep it, the refuge gets it: else
 * whoever uses the keyboard would begin again at the top of the page.
 *
 * @param {HTMLButtonElement} control
 * @param {{isShown: boolean, isEnabled?: boolean}} state
 * @param {HTMLElement} refuge
 */
export function showControl(control, { isShown, isEnabled = true }, refuge) {
  const hadFocus = document.activeElement === control;
  control.hidden = !isShown;
  control.disabled = !isEnabled;
  if (hadFocus && !(isShown && isEnabled)) {
    refuge.focus();
  }
}

/** Runs a task once before the next picture, however often it is asked for. */
export function beforeNextFrame(task) {
  let asked = false;
  return () => {
    if (!asked) {
      asked = true;
      requestAnimationFrame(() => {
        asked = false;
        task();
      });
    }
  };
}
