// The tokens of the stories that are told in Rust, whose issuer is another than the office of these: what the bot was sent
// there, as `cargo xtask traffic` keeps it, is put before Microsoft's validator.
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

import { Microsoft } from './microsoft.mjs';

const APP = '22222222-3333-4444-5555-666666666666';

/** Everything that was said to a server of a kind. */
function exchanges(folder, server) {
  const files = readdirSync(folder).filter((name) => name.startsWith(`${server}-`));
  return files.flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n').filter(Boolean).map(JSON.parse));
}

/** What a token says of the time since when it is good; none that can be read says nothing. */
function since(authorization) {
  try {
    return JSON.parse(Buffer.from(authorization.split('.')[1], 'base64url')).nbf;
  } catch {
    return undefined;
  }
}

/** Serves what each Teams of a story said of its keys, below a path that is named after its port. */
async function keys(folder) {
  const documents = exchanges(folder, 'teams').filter(({ method }) => method === 'GET');
  const said = {};
  for (const { host, path, answer } of documents) said[`/${host}${path}`] = answer;
  const server = createServer((request, answer) => {
    const document = structuredClone(said[request.url]);
    if (document?.jwks_uri) document.jwks_uri = `${address(server)}/${new URL(document.jwks_uri).host}/keys`;
    answer.writeHead(document ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(document ?? {}));
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return server;
}

const address = (server) => `http://127.0.0.1:${server.address().port}`;

/** What Microsoft's validator and the bot made of each request, at the time at which its token was signed. */
export async function kept(folder) {
  const server = await keys(folder);
  const judged = [];
  for (const { path, authorization, body: activity, status } of exchanges(folder, 'bot')) {
    if (path !== '/api/teams/messages') continue;
    const service = activity.serviceUrl.startsWith('http:') ? new URL(activity.serviceUrl).host : 'nowhere';
    const microsoft = new Microsoft(APP, `${address(server)}/${service}/metadata`, since(authorization ?? ''));
    judged.push({ status, refusal: await microsoft.refuses(authorization ?? '', activity) });
  }
  server.closeAllConnections();
  server.close();
  return judged;
}
