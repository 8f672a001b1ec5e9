// The command line: hints while typing, earlier lines, one line at a time.

import { byId, el, fetchJson, send } from './dom.js';
import { offers } from './chat.js';

const line = byId('line'), box = byId('hints'), fault = byId('fault');
const STARTERS = ['/agw diagnose', '/agw list', '/agw help'];
const said = [];
let back = 0, commands = [], options = [], active = -1;

export async function start() {
  byId('composer').addEventListener('submit', submit);
  line.addEventListener('input', () => { back = 0; suggest(); });
  line.addEventListener('keydown', key);
  line.addEventListener('blur', () => setTimeout(close, 120));
  byId('starters').append(...STARTERS.map(text =>
    el('button', { type: 'button', onclick: () => say(text) }, text)));
  document.addEventListener('keydown', event => {
    if (event.key === '/' && !event.target.closest('input, dialog')) { line.focus(); }
  });
  commands = await fetchJson('/console/hints').catch(() => []);
}

async function submit(event) {
  event.preventDefault();
  const text = line.value.trim();
  if (text) await say(text);
}

async function say(text) {
  fault.textContent = '';
  close();
  try {
    line.value = '';
    await send('/console/say', { text });
    if (said.at(-1) !== text) said.push(text);
    back = 0;
  } catch (error) {
    fault.textContent = `Not sent: ${error.message}`;
    line.value = text;
  }
  line.focus();
}

function key(event) {
  const open = !box.hidden;
  if (event.key === 'Escape') return close();
  if (event.key === 'Tab' && open && !event.shiftKey) { event.preventDefault(); return take(Math.max(active, 0)); }
  if (event.key === 'Enter' && open && active >= 0) { event.preventDefault(); return take(active); }
  if (event.key === 'ArrowDown' && open) { event.preventDefault(); return mark(Math.min(active + 1, options.length - 1)); }
  if (event.key === 'ArrowUp' && open && active >= 0) { event.preventDefault(); return mark(active - 1); }
  if (event.key === 'ArrowUp') { event.preventDefault(); return earlier(1); }
  if (event.key === 'ArrowDown' && back) { event.preventDefault(); return earlier(-1); }
}

function earlier(step) {
  back = Math.max(0, Math.min(said.length, back + step));
  line.value = back ? said[said.length - back] : '';
  close();
}

// Commands of the buttons on show first, then the grammar.
function suggest() {
  const typed = line.value.toLowerCase();
  if (!typed.startsWith('/')) return close();
  const live = offers().map(action => ({ take: action.command, line: action.command, help: action.label }));
  const known = commands.map(one => ({ take: takes(one.line), line: one.line, help: one.help }));
  const seen = new Set();
  options = [...live, ...known]
    .filter(one => one.take.toLowerCase().startsWith(typed) && one.take.trim() !== typed.trim())
    .filter(one => !seen.has(one.take) && seen.add(one.take))
    .slice(0, 9);
  active = -1;
  box.replaceChildren(...options.map((one, index) => el('li', {
    id: `hint-${index}`, role: 'option', 'aria-selected': 'false',
    onmousedown: event => { event.preventDefault(); take(index); },
  }, el('code', {}, one.line), el('span', {}, one.help))));
  box.hidden = options.length === 0;
  line.setAttribute('aria-expanded', String(!box.hidden));
  mark(-1);
}

// What a hint puts on the line: up to its first argument.
function takes(usage) {
  const at = usage.search(/[[<]/);
  return at < 0 ? usage : usage.slice(0, at);
}

function mark(index) {
  active = index;
  [...box.children].forEach((child, at) => child.setAttribute('aria-selected', String(at === index)));
  if (index >= 0) {
    line.setAttribute('aria-activedescendant', `hint-${index}`);
    box.children[index].scrollIntoView({ block: 'nearest' });
  } else line.removeAttribute('aria-activedescendant');
}

function take(index) {
  const option = options[index];
  if (!option) return;
  line.value = option.take;
  close();
  line.focus();
}

function close() {
  box.hidden = true;
  active = -1;
  line.setAttribute('aria-expanded', 'false');
  line.removeAttribute('aria-activedescendant');
}
