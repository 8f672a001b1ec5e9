// A small browser frame: the site as a visitor gets it. The page in it is text from elsewhere, so it lives in
// a sandbox without scripts, forms or an origin.

import { byId, el, fetchJson, icon, repeat } from './dom.js';

const frame = byId('frame'), status = byId('status'), url = byId('url');
let listener = null, sites = '', html = null, reload = () => {};

export function start() {
  byId('reload').append(icon('reload'));
  reload = repeat(visit, 2500);
  byId('reload').addEventListener('click', () => { html = null; reload(); });
  return reload;
}

// The listeners that can be visited.
export function offer(look) {
  const key = JSON.stringify(look.sites);
  if (key === sites) return;
  sites = key;
  if (!look.sites.some(site => site.listener === listener)) listener = look.sites[0]?.listener ?? null;
  if (look.sites.length < 2) return url.replaceChildren(look.sites[0]?.url ?? '');
  url.replaceChildren(el('select', { 'aria-label': 'Address', onchange: event => { listener = event.target.value; html = null; reload(); } },
    look.sites.map(site => el('option', { value: site.listener, selected: site.listener === listener }, site.url))));
}

async function visit() {
  const asked = listener;
  try {
    const page = await fetchJson(`/console/visit${asked ? `?listener=${encodeURIComponent(asked)}` : ''}`);
    if (asked !== listener) return;
    if (!url.querySelector('select')) url.textContent = page.url;
    say(tone(page.status), `${page.status} ${page.reason}`);
    if (page.html !== html) { html = page.html; frame.srcdoc = page.html; }
  } catch (error) {
    say('trouble', error.message);
    html = null;
    frame.removeAttribute('srcdoc');
  }
  byId('visited').textContent = `visited ${new Date().toISOString().slice(11, 19)} UTC`;
}

function tone(code) {
  if (code >= 500) return 'trouble';
  if (code >= 400) return 'attention';
  return code >= 200 && code < 300 ? 'good' : 'neutral';
}

function say(tone, words) {
  const key = `${tone} ${words}`;
  if (status.dataset.says === key) return;
  status.dataset.says = key;
  status.className = `status tone-${tone}`;
  status.replaceChildren(icon(tone), words);
}
