// Talks to the bot as people in Teams do: in Microsoft's Agents Playground, opened in Chromium, with every request signed
// as the Bot Connector signs it, and against a simulated Azure. Pictures of each step are left in target/teams.
//
// AGW is the program, CHROMIUM the browser; playwright-core and the Playground are found through NODE_PATH. The Playground
// listens on all interfaces of this machine while a story is told.
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';

import { Stage } from './stage.mjs';

const { chromium } = createRequire(import.meta.url)('playwright-core');
const PICTURES = 'target/teams';
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];

function check(fact, what) {
  if (!fact) throw new Error(`expected: ${what}`);
}

const stories = {
  async 'in their own chat, somebody asks, approves and sees it fixed'(stage, client) {
    check(await stage.visit() === 502, 'a site that is down');
    await client.sees('Help: agw'); // said once, because the bot was installed
    await client.says('diagnose agw-prod');
    await client.sees('Unhealthy: agw-prod');
    await client.sees('Details: agw-prod');
    await client.picture('1-offer');
    await client.presses('Approve');
    await client.picture('2-second-thought');
    await client.presses('Write it');
    await client.sees('Fixed: agw-prod');
    await client.picture('3-fixed');
    check(await client.count('Approve') === 0, 'no button to approve is left');
    check(await client.count('Undo') === 1, 'a way back');
    check(await stage.visit() === 200, 'a site that answers');
  },

  async 'in a channel, a mention is enough, and everybody sees the message change'(stage, client) {
    await client.opens('My Team - General');
    await client.mentions('diagnose agw-prod');
    await client.sees('Unhealthy: agw-prod');
    await client.sees('Details: agw-prod');
    await client.picture('4-channel');
    await client.presses('Approve');
    await client.presses('Write it');
    await client.sees('Fixed: agw-prod');
    await client.sees('Keep it in code: agw-prod');
    await client.picture('5-channel-fixed');
    check(await client.count('Approve') === 0, 'no button to approve is left');
    check(await stage.visit() === 200, 'a site that answers');
  },

  async 'who may not approve is told in their own chat, and the channel hears nothing of it'(stage, client) {
    const refusal = 'You are not on the list of approvers';
    await client.opens('My Team - General');
    await client.mentions('diagnose agw-prod');
    await client.sees('Unhealthy: agw-prod');
    await client.presses('Approve');
    await client.presses('Write it');
    await stage.office.until(() => stage.office.sent.some((body) => body.includes(refusal)), 'a refusal');
    check(!(await client.text()).includes(refusal), 'nothing of it in the channel');
    check(await client.count('Approve') === 1, 'the message as it was');
    await client.picture('6-channel-unchanged');
    await client.opens('Personal Chat');
    await client.sees(refusal);
    await client.picture('7-refused');
    check(await stage.visit() === 502, 'nothing was written');
  },
};

/** Who may approve: Alex, whose client this is, but where the story is about somebody else. */
const approver = (name) => (name.startsWith('who may not') ? 'megan' : 'alex');

mkdirSync(PICTURES, { recursive: true });
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, headless: true, args: FLAGS });
let failed = 0;
for (const [name, play] of Object.entries(stories)) {
  const began = Date.now();
  const stage = new Stage();
  try {
    await stage.start(approver(name));
    const client = await stage.client(browser, PICTURES);
    await play(stage, client).catch(async (error) => {
      await client.picture('failed');
      throw error;
    });
    check(stage.office.faults.length === 0, `a bot that shows its token, not ${stage.office.faults.join('; ')}`);
    check(stage.leaks().length === 0, `no secret printed or kept, not ${stage.leaks().length}`);
    console.log(`ok    ${name} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL  ${name}\n      ${error.message ?? error}\n${stage.said()}`);
  } finally {
    await stage.stop();
  }
}
await browser.close();
console.log(`teams: ${Object.keys(stories).length - failed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
