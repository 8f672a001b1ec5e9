// Puts the page together.

import { byId } from './dom.js';
import * as chat from './chat.js';
import * as composer from './composer.js';
import * as path from './path.js';
import * as site from './site.js';

const visit = site.start();
const look = path.start(site.offer);
composer.start();
follow();

// Every change of a message is a reason to look at the gateway, too.
function follow() {
  const events = new EventSource('/console/events');
  events.addEventListener('open', () => stream('live', 'Live'));
  events.addEventListener('error', () => stream('lost', 'Reconnecting'));
  events.addEventListener('log', event => chat.reset(JSON.parse(event.data)));
  events.addEventListener('entry', event => {
    chat.show(JSON.parse(event.data));
    look();
    visit();
  });
}

function stream(state, word) {
  byId('stream').dataset.state = state;
  byId('stream').textContent = word;
}

// On a phone, one of the two halves at a time.
for (const button of document.querySelectorAll('[data-show]')) {
  button.addEventListener('click', () => {
    document.body.dataset.view = button.dataset.show;
    for (const other of document.querySelectorAll('[data-show]')) other.setAttribute('aria-pressed', String(other === button));
  });
}
byId('line').focus({ preventScroll: true });
