// Microsoft's side of the wire, which the Playground leaves out: it signs what goes to the bot as the Bot Connector does,
// serves the keys for that, gives the bot its own token, and looks for that token on whatever comes back.
import { constants, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { createServer } from 'node:http';

export const APP = '2222abcd-3333-4444-5555-666666666666';
export const TENANT = '33333333-4444-5555-6666-777777777777';
const PATIENCE = 30_000;

/** The hash that an algorithm of RSA's signs, and how it pads. */
const ALGORITHMS = {
  RS256: ['sha256', constants.RSA_PKCS1_PADDING],
  RS512: ['sha512', constants.RSA_PKCS1_PADDING],
  PS256: ['sha256', constants.RSA_PKCS1_PSS_PADDING],
};

/** Which channels each key may speak for, as the set of keys lists them; the last one is in no set. */
const KEYS = { connector: ['msteams'], webchat: ['webchat'], unendorsed: undefined, stranger: null };

const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

export class Office {
  /** What the bot's app proves itself with. */
  secret = randomBytes(16).toString('hex');
  /** Microsoft's validator, which has to take whatever is signed here. */
  microsoft;
  /** What is wrong with how the bot asked, and with what was signed. */
  faults = [];
  /** What the bot sent to the Connector. */
  sent = [];
  #signatures = [];
  #token = randomBytes(16).toString('hex');
  #pairs = Object.fromEntries(Object.keys(KEYS).map((name) => [name, generateKeyPairSync('rsa', { modulusLength: 2048 })]));

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
    if (url === '/keys') return say(answer, { keys: this.#keys() });
    if (url === `/${TENANT}/oauth2/v2.0/token`) return this.#signIn(new URLSearchParams(body.toString()), answer);
    if (url.startsWith('/_connector/')) return this.#fromBot(request, body, answer);
    return this.#toBot(request, body, answer);
  }

  /** Where the bot is told to answer. */
  get service() {
    return `${this.url}/_connector`;
  }

  #keys() {
    const listed = Object.entries(KEYS).filter(([, channels]) => channels !== null);
    return listed.map(([name, endorsements]) => (
      { ...this.#pairs[name].publicKey.export({ format: 'jwk' }), kid: name, use: 'sig', endorsements }));
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
      const activity = { ...JSON.parse(body), serviceUrl: this.service };
      headers.authorization = `Bearer ${this.token()}`;
      const refusal = await this.microsoft.refuses(headers.authorization, activity);
      if (refusal) this.faults.push(`Microsoft's validator refuses what was signed here: ${refusal}`);
      body = JSON.stringify(activity);
    }
    return this.#pass(`${this.bot}${request.url}`, request.method, headers, body, answer);
  }

  /** A token as the Connector signs it, but for what is said to be otherwise. A claim may depend on the time. */
  token({ header = {}, claims = {}, key = 'connector', signature = signed } = {}) {
    const now = Math.floor(Date.now() / 1000);
    const usual = { iss: 'https://api.botframework.com', aud: APP, serviceurl: this.service, nbf: now - 60, exp: now + 3600 };
    const told = Object.entries({ ...usual, ...claims }).map(([name, value]) => [name, typeof value === 'function' ? value(now) : value]);
    const head = { alg: 'RS256', typ: 'JWT', kid: key === 'stranger' ? 'connector' : key, ...header };
    const text = `${part(head)}.${part(Object.fromEntries(told))}`;
    const proof = signature(text, this.#pairs[key], head.alg).toString('base64url');
    if (proof) this.#signatures.push(proof);
    return `${text}.${proof}`;
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

function signed(text, { privateKey: key }, algorithm) {
  const [hash, padding] = ALGORITHMS[algorithm];
  return sign(hash, Buffer.from(text), { key, padding, saltLength: constants.RSA_PSS_SALTLEN_DIGEST });
}

async function say(answer, value, status = 200) {
  answer.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}
