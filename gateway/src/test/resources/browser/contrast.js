/**
 * The texts on the page that are too pale to be read: less than 4.5 to 1 against what is behind them (WCAG 2 AA).
 * Disabled controls may be paler.
 */
() => {
  const rgba = (color) => color.match(/[\d.]+/g).map(Number);

  const over = ([r, g, b, a = 1], below) => [r, g, b].map((part, i) => part * a + below[i] * (1 - a));

  const behind = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      layers.unshift(rgba(getComputedStyle(at).backgroundColor));
    }
    return layers.reduce((below, layer) => over(layer, below), [255, 255, 255]);
  };

  const luminance = (color) => {
    const [r, g, b] = color.map((part) => part / 255).map((c) => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };

  const contrast = (one, other) => {
    const [dark, bright] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (bright + 0.05) / (dark + 0.05);
  };

  const hasText = (element) => [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());

  return [...document.body.querySelectorAll('*')]
    .filter((element) => hasText(element) && element.checkVisibility() && !element.matches(':disabled, script, noscript'))
    .map((element) => {
      const back = behind(element);
      const ratio = contrast(over(rgba(getComputedStyle(element).color), back), back);
      return { ratio, text: `${ratio.toFixed(2)}: ${element.textContent.trim().slice(0, 60)}` };
    })
    .filter(({ ratio }) => ratio < 4.5)
    .map(({ text }) => text);
}
