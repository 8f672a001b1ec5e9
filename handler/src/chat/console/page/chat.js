// The log of messages: kept in step with the bot, updated in place.

import { byId, el, icon, send } from './dom.js';
import { draw, words } from './card.js';

const log = byId('log'), scroll = byId('scroll'), newer = byId('newer');
const shown = new Map();

// Shows the whole log again.
export function reset(entries) {
  const kept = new Set(entries.map(entry => entry.id));
  for (const [id, old] of shown) if (!kept.has(id)) { old.node.remove(); shown.delete(id); }
  entries.forEach(entry => put(entry, false));
  byId('empty').hidden = entries.length > 0;
  toEnd();
}

// Shows an entry that is new or has changed.
export function show(entry) {
  byId('empty').hidden = true;
  const near = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 120 || watched(shown.get(entry.id)?.node);
  const fresh = put(entry, true);
  if (near || entry.kind === 'said') toSee(shown.get(entry.id).node);
  else if (fresh) newer.hidden = false;
}

// Whether the beginning of a message is in sight.
function watched(node) {
  const top = node?.getBoundingClientRect().top, box = scroll.getBoundingClientRect();
  return top >= box.top - 40 && top < box.bottom;
}

// The commands behind the buttons that can be pressed now.
export function offers() {
  return [...shown.values()].flatMap(({ entry }) => entry.card?.actions ?? []).reverse();
}

function put(entry, live) {
  const old = shown.get(entry.id);
  if (old && JSON.stringify(old.entry) === JSON.stringify(entry)) return false;
  const node = item(entry, old?.node.querySelector('details')?.open);
  if (old) old.node.replaceWith(node); else log.append(node);
  shown.set(entry.id, { entry, node });
  if (live) announce(entry, old?.entry, node);
  return !old;
}

function announce(entry, before, node) {
  node.classList.add(before ? 'changed' : 'arrived');
  const same = before && JSON.stringify(before.card) === JSON.stringify(entry.card);
  const added = entry.thread?.at(-1);
  if (same && added) byId('announcer').textContent = words(added);
  else if (entry.card) byId('announcer').textContent = words(entry.card);
}

function item(entry, open) {
  if (entry.kind === 'said') return el('li', { className: 'said' }, el('span', { className: 'hidden' }, 'You: '), entry.text);
  const mark = el('img', { className: 'mark', src: '/console/page/icon.svg', alt: 'agw', width: 28, height: 28 });
  return el('li', { className: entry.kind }, mark, el('div', { className: 'body' },
    entry.kind === 'private' ? el('p', { className: 'only' }, icon('lock'), 'Only you see this') : null,
    draw(entry.card, press),
    thread(entry.thread ?? [], open)));
}

function thread(cards, open) {
  if (!cards.length) return null;
  const count = cards.length === 1 ? '1 reply' : `${cards.length} replies`;
  return el('details', { className: 'thread', open: Boolean(open) },
    el('summary', {}, count, el('span', { className: 'last' }, `${cards.at(-1).title}: ${cards.at(-1).status}`)),
    cards.map(card => draw(card, press)));
}

async function press(action, button) {
  const all = button.parentElement.querySelectorAll('button');
  all.forEach(one => { one.disabled = true; });
  button.setAttribute('aria-busy', 'true');
  const again = () => { all.forEach(one => { one.disabled = false; }); button.removeAttribute('aria-busy'); };
  try {
    await send('/console/click', { value: action.value });
    // The update of the card takes the buttons away. Where none comes, they can be pressed again.
    setTimeout(again, 4000);
  } catch (error) {
    again();
    byId('fault').textContent = `Not sent: ${error.message}`;
  }
}

// The end of the log; of something longer than the window, its beginning.
function toSee(node) {
  if (node.offsetHeight < scroll.clientHeight - 24) return toEnd();
  newer.hidden = true;
  requestAnimationFrame(() => { scroll.scrollTop += node.getBoundingClientRect().top - scroll.getBoundingClientRect().top - 12; });
}

function toEnd() {
  newer.hidden = true;
  requestAnimationFrame(() => { scroll.scrollTop = scroll.scrollHeight; });
}

newer.addEventListener('click', toEnd);
scroll.addEventListener('scroll', () => {
  if (scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 40) newer.hidden = true;
});
