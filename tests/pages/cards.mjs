// Holds every card for Teams against Microsoft's own renderer, in Chromium: what it objects to, what it draws, and
// whether anything that other people wrote became a link, a tag or a time. Pictures are left in target/pages/cards.
//
// CARDS is the folder that `cargo xtask cards` wrote, CHROMIUM the browser; modules are found through NODE_PATH.
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(import.meta.url);
const { chromium } = require('playwright-core');
const FOLDER = join(process.env.CARDS, 'teams');
const PICTURES = 'target/pages/cards';
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];
const STYLE = `body{margin:0;background:#f5f5f5;padding:16px}#card{width:520px;background:#fff;border:1px solid #d1d1d1;
  border-radius:6px;padding:4px;font-family:Segoe UI,Liberation Sans,sans-serif}
  .ac-pushButton{padding:6px 12px;border:1px solid #d1d1d1;border-radius:4px;background:#fff;font:600 14px Segoe UI,Liberation Sans,sans-serif}
  .ac-pushButton.style-positive{background:#5b5fc7;color:#fff;border-color:#5b5fc7}
  .ac-pushButton.style-destructive{color:#c4314b;border-color:#c4314b}`;

/** Draws a card in the page. Runs there. */
function draw(json) {
  const { AdaptiveCard, HostConfig, SerializationContext } = window.AdaptiveCards;
  // More is obeyed here than by Teams, but for names of hosts without https: those lead where they say.
  const markdown = window.markdownit({ html: true, linkify: true });
  markdown.linkify.set({ fuzzyLink: false, fuzzyEmail: false });
  AdaptiveCard.onProcessMarkdown = (text, result) => {
    result.outputHtml = markdown.render(text);
    result.didProcess = true;
  };
  const card = new AdaptiveCard();
  const context = new SerializationContext();
  card.hostConfig = new HostConfig({
    fontFamily: 'Segoe UI, Liberation Sans, sans-serif', supportsInteractivity: true,
    containerStyles: { emphasis: { backgroundColor: '#f5f5f5' } },
    actions: { maxActions: 6, actionsOrientation: 'horizontal', actionAlignment: 'left', buttonSpacing: 8 },
  });
  card.parse(json, context);
  const faults = Array.from({ length: context.eventCount }, (_, at) => context.getEventAt(at).message);
  faults.push(...card.validateProperties().validationEvents.map((event) => event.message));
  const place = document.getElementById('card');
  place.replaceChildren(card.render());
  const all = [...place.querySelectorAll('*')];
  return {
    faults,
    text: place.innerText,
    tags: [...new Set(all.map((element) => element.tagName.toLowerCase()))],
    links: all.filter((element) => element.tagName === 'A').map((element) => element.href),
  };
}

/** Every value of a key, wherever it stands. */
function every(value, key) {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => [...(name === key ? [inner] : []), ...every(inner, key)]);
}

/** What is wrong with a card, as it was drawn. */
function judge(json, drawn) {
  const wrong = [...drawn.faults];
  const ours = [...every(json, 'url'), ...every(json, 'facts').flat().flatMap(({ value }) =>
    [...value.matchAll(/\]\((https?:[^)]*)\)/g)].map(([, url]) => url))];
  const known = ours.map((url) => new URL(url).href);
  // A run of text with an action is a link without an address of its own.
  const strange = drawn.links.filter((url) => url !== '' && !known.includes(url) && !url.endsWith('#'));
  wrong.push(...strange.map((url) => `a link to ${url}`));
  const tags = drawn.tags.filter((tag) => !['div', 'span', 'p', 'a', 'table', 'tbody', 'tr', 'td', 'button', 'br'].includes(tag));
  wrong.push(...tags.map((tag) => `a tag <${tag}>`));
  for (const title of json.actions.map((action) => action.title)) {
    if (!drawn.text.includes(title.replace(/\s+/g, ' ').trim())) wrong.push(`no button ${title}`);
  }
  if (/<at>/i.test(every(json, 'text').join(' '))) wrong.push('a mention');
  return wrong;
}

mkdirSync(PICTURES, { recursive: true });
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, headless: true, args: FLAGS });
const page = await browser.newPage({ viewport: { width: 560, height: 200 } });
await page.setContent(`<!doctype html><meta charset=utf-8><style>${STYLE}</style><div id=card></div>`);
await page.addScriptTag({ path: require.resolve('adaptivecards/dist/adaptivecards.min.js') });
await page.addScriptTag({ path: require.resolve('markdown-it/dist/markdown-it.min.js') });
const files = readdirSync(FOLDER).filter((name) => name.endsWith('.json')).sort();
let failed = 0;
for (const name of files) {
  const json = JSON.parse(readFileSync(join(FOLDER, name), 'utf8'));
  const wrong = judge(json, await page.evaluate(draw, json));
  await page.locator('#card').screenshot({ path: join(PICTURES, name.replace('.json', '.png')) });
  if (wrong.length) {
    failed += 1;
    console.log(`FAIL  ${name}\n      ${wrong.join('\n      ')}`);
  }
}
await browser.close();
console.log(`cards for Teams: ${files.length - failed} passed, ${failed} failed`);
process.exit(failed || !files.length ? 1 : 0);
