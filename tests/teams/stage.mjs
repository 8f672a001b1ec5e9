// A simulated Azure, the bot, Microsoft's side, and the Playground: each a process or a server of its own.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

import { Client } from './client.mjs';
import { Microsoft } from './microsoft.mjs';
import { APP, Office, TENANT } from './office.mjs';

const PATIENCE = 60_000;
const PEOPLE = ['alex', 'megan', 'adele', 'isaiah', 'patti', 'lynne'];
const playground = () => join(dirname(createRequire(import.meta.url).resolve('@microsoft/m365agentsplayground/package.json')), 'cli.js');

/** Somebody's object id in Entra ID. */
const object = (name) => `aaaaaaaa-0000-0000-0000-${String(PEOPLE.indexOf(name) + 1).padStart(12, '0')}`;

/** A process whose lines are kept, in a group of its own so that its children end with it. */
class Process {
  constructor(name, command, args, options) {
    this.name = name;
    this.lines = [];
    this.child = spawn(command, args, { ...options, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    this.ended = new Promise((done) => this.child.once('close', done));
    for (const pipe of [this.child.stdout, this.child.stderr])
      createInterface({ input: pipe }).on('line', (line) => this.lines.push(line));
  }

  /** The first line that fits, said already or yet to come. */
  async line(pattern) {
    for (const until = Date.now() + PATIENCE; Date.now() < until && this.child.exitCode === null;) {
      const found = this.lines.map((line) => line.match(pattern)).find(Boolean);
      if (found) return found;
      await new Promise((done) => setTimeout(done, 50));
    }
    throw new Error(`${this.name} never said ${pattern}`);
  }

  async stop() {
    try { process.kill(-this.child.pid, 'SIGKILL'); } catch { /* it has ended */ }
    await this.ended;
  }
}

/** Everything that a story needs. */
export class Stage {
  #folder = mkdtempSync(join(tmpdir(), 'agw-teams-'));
  #processes = [];
  office = new Office();

  /** Starts all of it; `approver` may approve. */
  async start(approver) {
    const port = await freePort();
    await this.serve(approver, port);
    this.office.microsoft = new Microsoft(APP, `${this.office.url}/openid`);
    await this.#play(port);
  }

  /** Starts all of it but the Playground, which will be at this port. */
  async serve(approver, port = 9) {
    const azure = this.#run('agw simulate', process.env.AGW, ['simulate', '--scenario', 'root-403', '--pace', 'brisk', '--port', '0']);
    const [, arm] = await azure.line(/^export AGW_ARM=(\S+)$/);
    const [, proxy] = await azure.line(/^export AGW_SITE_PROXY=(\S+)$/);
    [, this.site] = await azure.line(/ is served at (\S+)$/);
    await this.office.open(`http://localhost:${port}`);
    writeFileSync(join(this.#folder, 'agw.toml'), configuration(arm, proxy, this.office.url, object(approver)));
    const bot = this.#run('agw serve', process.env.AGW, ['serve', '--store', 'agw.db', '--listen', '127.0.0.1:0'],
      { AGW_TEAMS_APP_SECRET: this.office.secret, AGW_LOG: 'trace' }); // as much as can be logged
    const [, address] = await bot.line(/agw serves .*address=(\S+)/);
    this.office.bot = `http://${address}`;
  }

  async #play(port) {
    const people = join(this.#folder, 'playground.yml');
    writeFileSync(people, JSON.stringify(organisation())); // JSON is YAML, too
    const env = {
      TEAMSAPPTESTER_BROWSER: 'none', M365_AGENTS_PLAYGROUND_CONFIG_PATH: people,
      M365_AGENTS_PLAYGROUND_LOGFILE: join(this.#folder, 'playground.log'),
    };
    const args = ['start', '-e', `${this.office.url}/api/teams/messages`, '-c', 'msteams', '-p', String(port), '--conversation-id', 'own-chat', '--dt'];
    this.#run('the Playground', process.execPath, [playground(), ...args], env);
    this.page = `http://localhost:${port}/`;
    await this.office.until(() => fetch(this.page).then((answer) => answer.ok, () => false), 'the Playground', PATIENCE);
  }

  #run(name, command, args, env = {}) {
    const started = new Process(name, command, args, { cwd: this.#folder, env: { ...process.env, ...env } });
    this.#processes.push(started);
    return started;
  }

  client(browser, pictures) {
    return Client.open(browser, this.page, pictures);
  }

  /** The status that a visitor of the site gets. */
  visit() {
    return fetch(this.site).then((answer) => answer.status);
  }

  /** Which secrets the bot has printed, or left in its store. */
  leaks() {
    const printed = this.#processes.find(({ name }) => name === 'agw serve').lines.join('\n');
    const kept = readdirSync(this.#folder).filter((name) => name.startsWith('agw.db'));
    const all = [printed, ...kept.map((name) => readFileSync(join(this.#folder, name), 'latin1'))];
    return this.office.secrets().filter((secret) => all.some((text) => text.includes(secret)));
  }

  /** The last of what each process said. */
  said() {
    return this.#processes.map(({ name, lines }) => `      ${name}:\n${lines.slice(-15).map((line) => `      | ${line}`).join('\n')}`).join('\n');
  }

  async stop() {
    await Promise.all(this.#processes.map((one) => one.stop()));
    this.office.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function freePort() {
  return new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

const configuration = (arm, proxy, office, approver) => `
[azure]
endpoint = "${arm}"
[site]
proxy = "${proxy}"
[teams]
app_id = "${APP}"
tenants = ["${TENANT}"]
metadata = "${office}/openid"
login = "${office}"
emulators = ["${office}"]
[approval]
approvers = [{ platform = "teams", id = "${approver}" }]
[timing]
follow_every = "1s"
verify_every = "1s"
sweep_every = "1s"
`;

/** A tenant with six people and a team. */
function organisation() {
  const person = (name, number) => ({
    id: `user-${number}`, name: name[0].toUpperCase() + name.slice(1), userPrincipleName: `${name}@example.com`,
    aadObjectId: object(name), givenName: name, surname: 'Example', email: `${name}@example.com`,
  });
  const [alex, ...others] = PEOPLE.map(person);
  return {
    version: '0.1.1', tenantId: TENANT, bot: { id: `28:${APP}`, name: 'Test Bot' },
    currentUser: alex, users: others, personalChat: { id: 'own-chat' },
    groupChat: { id: 'group-chat', name: 'Group Chat' },
    team: { id: 'team', name: 'My Team', aadGroupId: object('lynne'), channels: [{ id: 'announcements', name: 'Announcements' }] },
  };
}
