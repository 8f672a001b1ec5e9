// Plays the demo as a new user would: opens the page in Chromium, types one command, presses one button, and
// watches the gateway become healthy. Pictures of each step are left in target/pages.
//
// AGW is the program, CHROMIUM the browser; playwright-core is found through NODE_PATH.
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const { chromium } = createRequire(import.meta.url)('playwright-core');
const PICTURES = 'target/pages';
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];
const PATIENCE = 30_000;

/** Starts `agw demo` and gives the page's address and a way to stop it. */
async function demo(...args) {
  const child = spawn(process.env.AGW, ['demo', '--no-open', '--port', '0', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: child.stdout })) {
    const found = line.match(/http:\/\/127\.0\.0\.1:\d+\//);
    if (found) return { url: found[0], stop: () => child.kill('SIGTERM') };
  }
  throw new Error('agw demo ended without naming its page');
}

function check(fact, what) {
  if (!fact) throw new Error(`expected: ${what}`);
}

/** A page of its own, with a note of every request that leaves the bot. */
async function open(browser, url, options) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  const faults = [];
  page.on('request', (request) => {
    const address = request.url();
    if (!address.startsWith(url) && !/^(about|data):/.test(address)) faults.push(`left the page: ${address}`);
  });
  page.on('pageerror', (error) => faults.push(String(error)));
  await page.goto(url);
  await page.waitForSelector('#stream[data-state=live]');
  return { page, faults, picture: (name) => page.screenshot({ path: `${PICTURES}/${name}.png` }) };
}

const line = (page, text) => page.fill('#line', text).then(() => page.press('#line', 'Enter'));
const status = (page, word) => page.waitForSelector(`.posted .card:has-text("${word}")`);
const site = (page, code) => page.waitForFunction((code) => document.querySelector('#status').textContent.includes(code), code);

const stories = {
  async 'from 502 to Healthy with one command and one click'(browser) {
    const bot = await demo();
    try {
      const { page, faults, picture } = await open(browser, bot.url);
      await site(page, '502');
      await page.waitForSelector('#paths >> text=Unhealthy');
      await picture('1-before');
      await line(page, '/agw diagnose');
      await page.waitForSelector('.posted .actions >> text=Approve');
      await page.waitForTimeout(300); // the card scrolls into view
      await picture('2-proposed');
      await page.click('.actions >> text=Approve');
      await status(page, 'Writing');
      await picture('3-writing');
      await status(page, 'Fixed');
      await site(page, '200');
      await page.waitForFunction(() => !document.querySelector('#paths').textContent.includes('Unhealthy'));
      await picture('4-fixed');
      const left = await page.locator('.posted .actions >> text=Approve').count();
      check(left === 0, 'the Approve button is gone');
      check(faults.length === 0, `a quiet page, not ${faults.join('; ')}`);
    } finally { bot.stop(); }
  },

  async 'a health endpoint that is not there yet, deployed and re-checked'(browser) {
    const bot = await demo('--scenario', 'missing-healthz');
    try {
      const { page, picture } = await open(browser, bot.url, { colorScheme: 'dark' });
      await line(page, '/agw diagnose agw-prod');
      await status(page, 'Add the endpoint');
      await page.waitForSelector('.snippets');
      await picture('5-add-endpoint-dark');
      const approve = await page.locator('.actions >> text=Approve').count();
      check(approve === 0, 'nothing to approve');
    } finally { bot.stop(); }
  },

  async 'a typing mistake gets a suggestion, and a phone a usable page'(browser) {
    const bot = await demo('--scenario', 'two-pools');
    try {
      const { page, picture } = await open(browser, bot.url, { viewport: { width: 390, height: 844 } });
      await line(page, '/agw diagnos agw-prod');
      await page.waitForSelector('#log >> text=diagnose');
      await line(page, '/agw diagnose agw-prd');
      await page.waitForSelector('#log >> text=Did you mean');
      await line(page, '/agw diagnose');
      await page.waitForSelector('.posted .actions >> text=Approve');
      await picture('6-phone');
      await page.click('[data-show=gateway]');
      await page.waitForSelector('#paths >> text=Unhealthy');
      await picture('7-phone-gateway');
    } finally { bot.stop(); }
  },
};

mkdirSync(PICTURES, { recursive: true });
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, headless: true, args: FLAGS });
let failed = 0;
for (const [name, play] of Object.entries(stories)) {
  const began = Date.now();
  try {
    await play(browser);
    console.log(`ok    ${name} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL  ${name}\n      ${error.message ?? error}`);
  }
}
await browser.close();
console.log(`pages: ${Object.keys(stories).length - failed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
