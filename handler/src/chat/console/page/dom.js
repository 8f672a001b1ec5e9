// Small tools to build the page. Data only ever becomes text: nothing here takes markup.

const SVG = 'http://www.w3.org/2000/svg';

// Shapes that differ without colour, always beside a word.
const ICONS = {
  good: ['M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 0 0 0-13z', 'M5.2 8.2l2 2 3.7-4.2'],
  trouble: ['M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 0 0 0-13z', 'M5.7 5.7l4.6 4.6M10.3 5.7l-4.6 4.6'],
  attention: ['M8 2 1.6 13.5h12.8z', 'M8 6.5v3.2M8 11.6v.1'],
  working: ['M8 1.8a6.2 6.2 0 1 1-6.2 6.2'],
  neutral: ['M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 0 0 0-13z', 'M8 7.2v3.8M8 4.9v.1'],
  reload: ['M13.5 8a5.5 5.5 0 1 1-1.7-4M13.5 1.8v3h-3'],
  copy: ['M5.5 5.5v-3h8v8h-3', 'M2.5 5.5h8v8h-8z'],
  lock: ['M3.5 7.5h9v6h-9z', 'M5.3 7.3V5a2.7 2.7 0 0 1 5.4 0v2.3'],
};

// An element with properties and children. Strings become text.
export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (name === 'className') node.className = value;
    else node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.flat().filter(child => child !== null && child !== undefined && child !== ''));
  return node;
}

export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('class', `icon icon-${name}`);
  svg.setAttribute('aria-hidden', 'true');
  for (const shape of ICONS[name] ?? ICONS.neutral) {
    const path = document.createElementNS(SVG, 'path');
    path.setAttribute('d', shape);
    svg.append(path);
  }
  return svg;
}

// An icon and a word in a tone.
export function chip(tone, word) {
  return el('span', { className: `chip tone-${tone}` }, icon(tone), el('span', {}, word));
}

// A link, if it leads to https, or to this machine; else its words.
export function link(label, address) {
  const url = safe(address);
  return url ? el('a', { href: url.href, target: '_blank', rel: 'noopener noreferrer' }, label) : el('span', {}, label);
}

function safe(address) {
  try {
    const url = new URL(address);
    const here = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
    return url.protocol === 'https:' || (url.protocol === 'http:' && here) ? url : null;
  } catch {
    return null;
  }
}

export const byId = id => document.getElementById(id);

export async function fetchJson(path) {
  const response = await fetch(path, { signal: AbortSignal.timeout(15000) });
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(body.error ?? `${response.status} ${response.statusText}`);
  return body;
}

// Sends something that a person did, once.
export async function send(path, body) {
  const response = await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...body, nonce: nonce() }),
  }).catch(() => { throw new Error('the bot does not answer'); });
  if (!response.ok) throw new Error((await response.text()) || `the bot answered ${response.status}`);
}

function nonce() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, '0')).join('');
}

// Calls `work` now, then `every` milliseconds while the page is seen, and at once when asked to.
export function repeat(work, every) {
  let timer = null, running = false, again = false;
  async function run() {
    if (running) { again = true; return; }
    clearTimeout(timer);
    running = true;
    do { again = false; await work(); } while (again);
    running = false;
    if (!document.hidden) timer = setTimeout(run, every);
  }
  document.addEventListener('visibilitychange', () => { if (!document.hidden) run(); });
  run();
  return run;
}
