// A card as the console shows it.

import { chip, el, icon, link } from './dom.js';

// `press(action, button)` is called when a button is pressed.
export function draw(card, press) {
  return el('article', { className: `card tone-${card.tone}` },
    head(card),
    card.lead.length ? el('p', { className: 'lead' }, text(card.lead)) : null,
    card.path.length ? el('p', { className: 'path' }, text(card.path)) : null,
    facts(card.facts),
    list(card.evidence),
    diff(card.diff),
    snippets(card.snippets),
    card.notes.map(note => el('p', { className: 'note' }, text(note))),
    actions(card.actions, press),
    footer(card.footer));
}

// The card in words, for those who hear it.
export function words(card) {
  return `${card.title}: ${card.status}. ${card.lead.map(plain).join('')}`;
}

function head(card) {
  const title = card.link ? link(card.title, card.link) : card.title;
  return el('header', {}, chip(card.tone, card.status), el('h3', {}, title));
}

function facts(facts) {
  if (!facts.length) return null;
  return el('dl', { className: 'facts' },
    facts.map(fact => el('div', {}, el('dt', {}, fact.label), el('dd', {}, text(fact.value)))));
}

function list(lines) {
  return lines.length ? el('ul', { className: 'evidence' }, lines.map(line => el('li', {}, text(line)))) : null;
}

const SIGNS = { added: ['+', 'added'], removed: ['−', 'removed'], context: [' ', ''] };

function diff(lines) {
  if (!lines.length) return null;
  return el('figure', { className: 'diff' }, el('figcaption', {}, 'Change'),
    el('div', { className: 'code', tabindex: '0' }, lines.map(line => {
      const [sign, word] = SIGNS[line.sign.toLowerCase()] ?? SIGNS.context;
      return el('div', { className: `row ${word}` },
        el('span', { className: 'sign', 'aria-hidden': 'true' }, sign),
        word ? el('span', { className: 'hidden' }, `${word}: `) : null,
        el('span', { className: 'words' }, line.text || ' '));
    })));
}

function snippets(snippets) {
  if (!snippets.length) return null;
  const code = el('pre', { tabindex: '0' });
  const tabs = snippets.map(snippet => el('button', {
    type: 'button', role: 'tab', onclick: () => show(snippet),
    onkeydown: event => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step) show(snippets[(snippets.indexOf(snippet) + step + snippets.length) % snippets.length], true);
    },
  }, snippet.label));
  let shown = snippets[0];
  function show(snippet, focus) {
    shown = snippet;
    code.textContent = snippet.code;
    tabs.forEach((tab, index) => {
      const selected = snippets[index] === snippet;
      tab.setAttribute('aria-selected', selected);
      tab.tabIndex = selected ? 0 : -1;
      if (selected && focus) tab.focus();
    });
  }
  show(shown);
  return el('div', { className: 'snippets' },
    el('div', { className: 'tabs' }, el('div', { role: 'tablist', 'aria-label': 'Code to copy' }, tabs), copier(() => shown.code)),
    code);
}

function copier(code) {
  const word = el('span', {}, 'Copy');
  return el('button', {
    type: 'button', className: 'copy',
    onclick: async () => {
      const copied = await navigator.clipboard.writeText(code()).then(() => true, () => false);
      word.textContent = copied ? 'Copied' : 'Not copied';
      setTimeout(() => { word.textContent = 'Copy'; }, 1600);
    },
  }, icon('copy'), word);
}

// One press decides. What it will do stands beside the button, instead of in a second question.
function actions(actions, press) {
  if (!actions.length) return null;
  const stake = actions.find(action => action.confirm)?.confirm.body;
  return el('div', { className: 'actions' },
    actions.map(action => {
      const button = el('button', { type: 'button', className: `weight-${action.weight}`, title: action.command }, action.label);
      button.addEventListener('click', () => press(action, button));
      return button;
    }),
    stake ? el('p', { className: 'stake' }, stake) : null);
}

function footer(lines) {
  return lines.length ? el('footer', {}, lines.map(line => el('span', {}, text(line)))) : null;
}

// The spans of a text as nodes.
function text(spans) {
  return spans.map(span => {
    const [[kind, value]] = Object.entries(span);
    switch (kind) {
      case 'code': return el('code', {}, value);
      case 'bold': return el('strong', {}, value);
      case 'link': return link(value.label, value.url);
      case 'person': return el('span', { className: 'person' }, value.name ?? value.id);
      case 'time': return el('time', { datetime: value, title: new Date(value).toLocaleString() }, clock(value));
      default: return String(value);
    }
  });
}

function plain(span) {
  const [[kind, value]] = Object.entries(span);
  return { link: value.label, person: value.name ?? value.id }[kind] ?? String(value);
}

function clock(moment) {
  return `${new Date(moment).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
