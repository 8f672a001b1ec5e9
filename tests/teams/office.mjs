// Microsoft's side of the wire, which the Playground leaves out: it signs what goes to the bot as the Bot Connector does,
// serves the keys for that, gives the bot its own token, and looks for that token on whatever comes back.
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { createServer } from 'node:http';

export const APP = '22222222-3333-4444-5555-666666666666';
export const TENANT = '33333333-4444-5555-6666-777777777777';
const PATIENCE = 30_000;

const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

export class Office {
  /** What the bot's app proves itself with. */
  secret = randomBytes(16).toString('hex');
  /** What is wrong with how the bot asked. */
  faults = [];
  /** What the bot sent to the Connector. */
  sent = [];
  #signatures = [];
  #token = randomBytes(16).toString('hex');
  #pair = generateKeyPairSync('rsa', { modulusLength: 2048 });

  /** Opens the office before a Playground, whose place is taken for the bot. */
  open(playground) {
    this.playground = playground;
    this.server = createServer((request, answer) => this.#receive(request, answer));
    return new Promise((done) => this.server.listen(0, '127.0.0.1', () => {
      this.url = `http://127.0.0.1:${this.server.address().port}`;
      done();
    }));
  }

  close() {
    this.server?.closeAllConnections();
    this.server?.close();
  }

  /** What only the bot and Microsoft may know: its secret, its token, and what requests are signed with. */
  secrets() {
    return [this.secret, this.#token, ...this.#signatures];
  }

  /** Waits until something is so. */
  async until(holds, what, patience = PATIENCE) {
    for (const end = Date.now() + patience; Date.now() < end;) {
      if (await holds()) return;
      await new Promise((done) => setTimeout(done, 100));
    }
    throw new Error(`waited in vain for ${what}`);
  }

  #receive(request, answer) {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => this.#answer(request, Buffer.concat(chunks), answer).catch((error) => {
      this.faults.push(`${request.method} ${request.url}: ${error.message}`);
      answer.writeHead(502).end();
    }));
  }

  #answer(request, body, answer) {
    const { url } = request;
    if (url === '/openid') return say(answer, { issuer: 'https://api.botframework.com', jwks_uri: `${this.url}/keys` });
    if (url === '/keys') return say(answer, { keys: [this.#key()] });
    if (url === `/${TENANT}/oauth2/v2.0/token`) return this.#signIn(new URLSearchParams(body.toString()), answer);
    if (url.startsWith('/_connector/')) return this.#fromBot(request, body, answer);
    return this.#toBot(request, body, answer);
  }

  #key() {
    return { ...this.#pair.publicKey.export({ format: 'jwk' }), kid: 'k1', use: 'sig', endorsements: ['msteams'] };
  }

  async #signIn(form, answer) {
    const { client_id: app, client_secret: secret, scope } = Object.fromEntries(form);
    const known = app === APP && secret === this.secret && scope === 'https://api.botframework.com/.default';
    if (!known) this.faults.push(`a token was asked for by ${app} for ${scope}`);
    return say(answer, known ? { token_type: 'Bearer', expires_in: 3599, access_token: this.#token } : { error: 'invalid_client' }, known ? 200 : 401);
  }

  /** What a person did, as the Bot Connector passes it on. */
  async #toBot(request, body, answer) {
    const headers = { 'content-type': 'application/json' };
    if (body.length) {
      const activity = { ...JSON.parse(body), serviceUrl: `${this.url}/_connector` };
      headers.authorization = `Bearer ${this.#signed(activity.serviceUrl)}`;
      body = JSON.stringify(activity);
    }
    return this.#pass(`${this.bot}${request.url}`, request.method, headers, body, answer);
  }

  #signed(serviceurl) {
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: 'https://api.botframework.com', aud: APP, serviceurl, nbf: now - 60, exp: now + 3600 };
    const text = `${part({ alg: 'RS256', typ: 'JWT', kid: 'k1' })}.${part(claims)}`;
    const signature = sign('sha256', Buffer.from(text), this.#pair.privateKey).toString('base64url');
    this.#signatures.push(signature);
    return `${text}.${signature}`;
  }

  /** What the bot says. */
  async #fromBot(request, body, answer) {
    if (request.headers.authorization !== `Bearer ${this.#token}`) this.faults.push(`${request.url} without the bot's token`);
    this.sent.push(body.toString());
    return this.#pass(`${this.playground}${request.url}`, request.method, { 'content-type': 'application/json' }, body, answer);
  }

  async #pass(url, method, headers, body, answer) {
    const response = await fetch(url, { method, headers, body: ['GET', 'HEAD'].includes(method) ? undefined : body });
    const said = Buffer.from(await response.arrayBuffer());
    answer.writeHead(response.status, { 'content-type': response.headers.get('content-type') ?? 'text/plain' }).end(said);
  }
}

async function say(answer, value, status = 200) {
  answer.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}
