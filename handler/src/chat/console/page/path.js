// The ways through the gateway as they are now: listener, rule, HTTP setting with its probe, pool, servers.

import { byId, chip, el, fetchJson, icon, repeat } from './dom.js';

const HEALTH = {
  healthy: ['good', 'Healthy'], unhealthy: ['trouble', 'Unhealthy'], unknown: ['neutral', 'Unknown'],
  partial: ['attention', 'Partial'], draining: ['attention', 'Draining'],
};
const WORST = ['trouble', 'attention', 'neutral', 'good'];
let drawn = '';

export function start(onLook) {
  return repeat(async () => {
    try {
      const look = await fetchJson('/console/look');
      show(look);
      onLook(look);
    } catch (error) {
      byId('as-of').textContent = `Not read: ${error.message}`;
      byId('as-of').classList.add('stale');
    }
  }, 1000);
}

function show(look) {
  byId('as-of').textContent = `as of ${new Date(look.at).toISOString().slice(11, 19)} UTC`;
  byId('as-of').classList.remove('stale');
  const key = JSON.stringify([look.gateway, look.state, look.paths]);
  if (key === drawn) return;
  drawn = key;
  const tone = WORST.find(one => look.paths.some(path => toneOf(path) === one)) ?? 'neutral';
  byId('views-dot').className = `tone-${tone}`;
  byId('about').replaceChildren(el('strong', {}, look.gateway), el('span', {}, look.state));
  byId('paths').replaceChildren(...look.paths.map(draw));
  if (!look.paths.length) byId('paths').replaceChildren(el('p', { className: 'none' }, 'No rule sends traffic to a pool.'));
}

function toneOf(path) {
  if (!path.servers.length) return 'attention';
  const tones = path.servers.map(server => (HEALTH[server.health] ?? HEALTH.unknown)[0]);
  return WORST.find(tone => tones.includes(tone));
}

function draw(path) {
  const tone = toneOf(path);
  return el('ol', { className: `way tone-${tone}`, 'aria-label': `${path.listener} to ${path.pool}` },
    station('Listener', path.listener),
    station('Rule', path.rule),
    station('HTTP setting', path.setting, el('span', { className: 'probe' }, icon(tone), path.probe)),
    station('Pool', path.pool),
    el('li', { className: 'station servers' },
      el('span', { className: 'kind' }, path.servers.length === 1 ? 'Server' : 'Servers'),
      path.servers.length ? el('ul', {}, path.servers.map(server)) : chip('attention', 'None')));
}

function station(kind, name, more) {
  return el('li', { className: 'station' },
    el('span', { className: 'kind' }, kind), el('span', { className: 'name' }, name), more ?? null);
}

function server({ address, health, log, symptom }) {
  const [tone, word] = HEALTH[health] ?? HEALTH.unknown;
  const code = symptom?.kind === 'status-mismatch' ? symptom.received : null;
  return el('li', { className: `server tone-${tone}`, title: log },
    el('span', { className: 'top' },
      el('span', { className: 'name' }, address), code ? el('span', { className: 'code' }, String(code)) : null),
    el('span', { className: 'health' }, icon(tone), word),
    health === 'healthy' || !log ? null : el('span', { className: 'says' }, log));
}
