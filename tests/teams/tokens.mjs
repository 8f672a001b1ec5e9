// Puts the tokens of these tests, sound and spoilt, before Microsoft's validator and before the bot. Both have to judge
// alike: so our signing is the Connector's, and what the bot refuses is refused for a reason. Where the bot is stricter,
// the reason stands here. It is never laxer.
//
// AGW is the program, TRAFFIC what was said in the stories in Rust; botframework-connector is found through NODE_PATH.
import { createHmac, createPublicKey } from 'node:crypto';

import { kept } from './kept.mjs';
import { Microsoft } from './microsoft.mjs';
import { APP, TENANT } from './office.mjs';
import { Stage } from './stage.mjs';

const MINUTE = 60;
const FOREIGN_SERVICE = 'https://connector.example/teams/';

/** Tokens and activities that both take. */
const sound = {
  'as the Connector signs': {},
  'expired for four minutes, within the skew': { claims: { exp: ago(4) } },
  'valid in four minutes, within the skew': { claims: { nbf: ahead(4) } },
  'with a claim and a header that nobody knows': { claims: { more: 1 }, header: { x5t: 'thumb' } },
};

/** Those that both refuse. */
const spoilt = {
  'no header at all': { authorization: () => undefined },
  'an empty header': { authorization: () => '' },
  'no token': { authorization: () => 'Bearer ' },
  'another scheme': { authorization: (token) => `Basic ${token}` },
  'the scheme in small letters': { authorization: (token) => `bearer ${token}` },
  'two spaces before the token': { authorization: (token) => `Bearer  ${token}` },
  'a word behind the token': { authorization: (token) => `Bearer ${token} more` },
  'no JSON Web Token': { authorization: () => 'Bearer e30.e30.' },
  'for another bot': { claims: { aud: '99999999-3333-4444-5555-666666666666' } },
  'for the bot by its address': { claims: { aud: `api://${APP}` } },
  'for the bot in capitals': { claims: { aud: APP.toUpperCase() } },
  'for a list of bots': { claims: { aud: [APP] } },
  'for nobody': { claims: { aud: undefined } },
  'by another issuer': { claims: { iss: 'https://api.botframework.example' } },
  'by the issuer with a slash': { claims: { iss: 'https://api.botframework.com/' } },
  'by nobody': { claims: { iss: undefined } },
  'expired for six minutes': { claims: { exp: ago(6) } },
  'valid only in six minutes': { claims: { nbf: ahead(6) } },
  'expiring at no time': { claims: { exp: 'tomorrow' } },
  'for another service': { claims: { serviceurl: FOREIGN_SERVICE } },
  'for no service': { claims: { serviceurl: undefined } },
  'with a key of somebody else, under the same name': { key: 'stranger' },
  'with a key that nobody names': { header: { kid: 'k9' } },
  'with a key without a name': { header: { kid: undefined } },
  'with a key that may not speak for Teams': { key: 'webchat' },
  'of another channel': { activity: { channelId: 'webchat' } },
  'of no channel': { activity: { channelId: undefined } },
  'signed by nothing': { header: { alg: 'none' }, signature: () => '' },
  'signed by nothing, and said to be RS256': { signature: () => '' },
  'signed by HMAC with the public key': { header: { alg: 'HS256' }, signature: (text, pair) => hmac(text, pair.publicKey) },
  'signed by RSA-PSS': { header: { alg: 'PS256' } },
  'changed after it was signed': { after: (token) => changed(token, 1) },
  'with another header than was signed': { after: (token) => changed(token, 0) },
  'with half a signature': { after: (token) => token.slice(0, -100) },
  'with padding': { after: (token) => `${token}==` },
  'in four parts': { after: (token) => `${token}.e30` },
};

/** Those that Microsoft takes and the bot refuses, and why it does. */
const stricter = {
  'the tenant is not on the list: Microsoft leaves that to the bot': { activity: tenant('99999999-0000-0000-0000-000000000000') },
  'the service is none of Microsoft\'s, where the bot would send its own token': { claims: { serviceurl: FOREIGN_SERVICE }, activity: { serviceUrl: FOREIGN_SERVICE } },
  'no service is named, so the claim is compared with nothing': { activity: { serviceUrl: undefined } },
  'the key names no channel at all: the documentation wants it to name this one': { key: 'unendorsed' },
  'it never expires': { claims: { exp: undefined } },
  'it does not say since when it is valid': { claims: { nbf: undefined } },
  'it is signed by RS512, which the Connector does not use': { header: { alg: 'RS512' } },
  'it has an extension that must be understood (RFC 7515, 4.1.11)': { header: { crit: ['b64'], b64: true } },
  'it is ten times as long as the Connector\'s': { claims: { more: 'x'.repeat(12_000) } },
  'its signature has bits to spare, so that one token could be written in many ways': { after: (token) => loose(token) },
  'Entra ID issued it for another bot that calls this one': {
    claims: { iss: `https://login.microsoftonline.com/d6d49420-f39b-4df7-a1dc-d59a935871db/v2.0`, ver: '2.0', azp: APP, tid: 'd6d49420-f39b-4df7-a1dc-d59a935871db' },
  },
};

function ago(minutes) { return (now) => now - minutes * MINUTE; }
function ahead(minutes) { return (now) => now + minutes * MINUTE; }
function tenant(id) { return { channelData: { tenant: { id } }, conversation: { id: 'own-chat', conversationType: 'personal', tenantId: id } }; }

function hmac(text, key) {
  const pem = createPublicKey(key.export({ format: 'pem', type: 'spki' })).export({ format: 'pem', type: 'spki' });
  return createHmac('sha256', pem).update(text).digest();
}

/** The token with the first letter of a part's JSON exchanged for a space, which leaves it JSON. */
function changed(token, part) {
  const parts = token.split('.');
  parts[part] = Buffer.from(` ${Buffer.from(parts[part], 'base64url')}`).toString('base64url');
  return parts.join('.');
}

/** The same signature: 256 bytes leave four bits of their last letter unused. */
function loose(token) {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const last = letters.indexOf(token.at(-1));
  return token.slice(0, -1) + letters[last + 1];
}

/** What somebody does that wants no answer. */
const typing = (service) => ({
  type: 'typing', id: 'f:1', channelId: 'msteams', serviceUrl: service,
  from: { id: '29:alex', name: 'Alex', aadObjectId: 'aaaaaaaa-0000-0000-0000-000000000001' }, recipient: { id: `28:${APP}`, name: 'Test Bot' },
  ...tenant(TENANT),
});

/** Whether the bot takes it: by its status, which has to be one of those that are meant. */
async function bot(stage, authorization, activity) {
  const headers = { 'content-type': 'application/json', ...(authorization === undefined ? {} : { authorization }) };
  const answer = await fetch(`${stage.office.bot}/api/teams/messages`, { method: 'POST', headers, body: JSON.stringify(activity) });
  if (![200, 400, 401, 403].includes(answer.status)) throw new Error(`the bot answered ${answer.status}: ${await answer.text()}`);
  return answer.status === 200;
}

const stage = new Stage();
let failed = 0;
let judged = 0;
try {
  await stage.serve('alex');
  const microsoft = new Microsoft(APP, `${stage.office.url}/openid`);
  for (const [cases, theirs, ours] of [[sound, true, true], [spoilt, false, false], [stricter, true, false]]) {
    for (const [name, made] of Object.entries(cases)) {
      const activity = { ...typing(stage.office.service), ...made.activity };
      const token = (made.after ?? ((whole) => whole))(stage.office.token(made));
      const authorization = (made.authorization ?? ((whole) => `Bearer ${whole}`))(token);
      const refusal = await microsoft.refuses(authorization ?? '', activity);
      const taken = { theirs: refusal === undefined, ours: await bot(stage, authorization, activity) };
      judged += 1;
      if (taken.theirs !== theirs || taken.ours !== ours) {
        failed += 1;
        console.log(`FAIL  ${name}\n      Microsoft ${taken.theirs ? 'takes it' : `refuses it: ${refusal}`}, the bot ${taken.ours ? 'takes' : 'refuses'} it`);
      }
    }
  }
  const leaks = stage.leaks().length;
  if (leaks) throw new Error(`${leaks} secrets were printed or kept`);
} catch (error) {
  failed += 1;
  console.log(`FAIL  ${error.message ?? error}\n${stage.said()}`);
} finally {
  await stage.stop();
}

/** Whatever the bot takes Microsoft takes, and what it does not know the sender of (401) Microsoft refuses. */
const told = await kept(process.env.TRAFFIC);
const wrong = told.filter(({ status, refusal }) => (refusal ? status < 300 : status === 401));
failed += wrong.length;
for (const { status, refusal } of wrong) console.log(`FAIL  a story in Rust: the bot answered ${status}, Microsoft ${refusal ?? 'takes it'}`);
const taken = told.filter(({ refusal }) => !refusal).length;
if (!taken || taken === told.length) {
  failed += 1;
  console.log(`FAIL  of ${told.length} requests in the stories in Rust Microsoft takes ${taken}`);
}

const count = (cases) => Object.keys(cases).length;
console.log(`tokens in the stories in Rust: Microsoft takes ${taken} of ${told.length}`);
console.log(`tokens: ${failed} failed; of ${judged}, both take ${count(sound)} and refuse ${count(spoilt)}, the bot alone refuses ${count(stricter)}`);
process.exit(failed || judged !== count(sound) + count(spoilt) + count(stricter) ? 1 : 0);
