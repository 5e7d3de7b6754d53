/*
 * Keeps chosen documents for reading offline, and forgets them as soon as their reader may not read them any more.
 *
 * Each kept document is one cache, named after its path: the page as it was served, the files it needs, and, under ABOUT,
 * what is known of it. Whatever else happens on the site goes to the network as if this were not here.
 */
const PREFIX = "kept ";
const ABOUT = "/kept";
const LIST = "/library/offline";
const WAYS_TO_THE_LIST = new Set(["/", "/library", LIST]);
const FILE = /^\/(?:static\/|media\/|wordmark$)/; // what pages need besides themselves
const LATEST = "/library/offline.json";
const LONGEST_ADDRESS = 2_000; // characters; servers and what stands before them take 8,000, or less
const PATIENCE = 4_000; // milliseconds that a reader waits for the network
const FRESH = 86_400_000; // milliseconds after which a copy is fetched anew even if its page is the same

// What changes copies happens one after the other: a document being kept is there to be forgotten by who signs out.
let last = Promise.resolve();
function inTurn(change) {
  const done = last.then(change);
  last = done.catch(() => {});
  return done;
}

async function keptPaths() {
  const names = await caches.keys();
  return names.filter((name) => name.startsWith(PREFIX)).map((name) => name.slice(PREFIX.length));
}

async function aboutOf(path) {
  const name = PREFIX + path;
  if (!(await caches.has(name))) return null;
  const about = await (await caches.open(name)).match(ABOUT);
  return about ? about.json() : null;
}

async function note(path, about) {
  await (await caches.open(PREFIX + path)).put(ABOUT, new Response(JSON.stringify(about)));
}

async function forget(path) {
  await caches.delete(PREFIX + path);
  if ((await keptPaths()).length === 0) await registration.unregister();
}

async function forgetAll() {
  for (const path of await keptPaths()) await forget(path);
}

function filesOf(html) {
  const addresses = [...html.matchAll(/ (?:href|src)="([^"]+)"/g)].map((found) => found[1].replaceAll("&amp;", "&"));
  return addresses.filter((address) => FILE.test(address));
}

/* What is known of a copy: where it belongs, when it was kept, until when it may be read, and what the server says. */
function known(path, keeping, now = Date.now(), saved = now) {
  return { ...keeping, path, saved, until: now + keeping.seconds * 1000 };
}

/* Keeps a page where the server allows it, and forgets it where it does not. Return what is known of it, or null. */
async function store(path, page) {
  const keeping = JSON.parse(page.headers.get("Paidspan-Keep"));
  if (!keeping) {
    if (page.status < 500) await forget(path);
    return null;
  }
  const about = known(path, keeping);
  const isNew = !(await caches.has(PREFIX + path));
  try {
    await fill(await caches.open(PREFIX + path), path, page);
    await note(path, about);
  } catch (error) {
    if (isNew) await forget(path); // half a copy, for want of space or network, is none; an older one is better
    throw error;
  }
  return about;
}

/* Puts a page into a cache after the files it needs, and takes out those that only an earlier page needed. */
async function fill(cache, path, page) {
  const files = new Set([...filesOf(await page.clone().text()), LIST]);
  await cache.addAll(files);
  await cache.put(path, page);
  for (const { url } of await cache.keys()) {
    const address = url.slice(location.origin.length);
    if (FILE.test(new URL(url).pathname) && !files.has(address)) await cache.delete(url);
  }
}

/* Replaces a copy by what the network has just answered, unless it was forgotten meanwhile. */
async function renew(path, page) {
  if (await caches.has(PREFIX + path)) await store(path, page);
}

/* Asks what may still be read: by whom, until when, and whether the page is still the same. */
async function review() {
  const paths = await keptPaths();
  for (const asked of inGroups(paths.map((path) => [path, decodeURIComponent(path.slice("/d/".length))]))) {
    const names = new URLSearchParams(asked.map(([, slug]) => ["d", slug]));
    const answer = await fetch(`${LATEST}?${names}`, { headers: { Accept: "application/json" }, redirect: "manual" });
    if (answer.type === "opaqueredirect" || answer.status === 401) return forgetAll(); // nobody is signed in here
    if (!answer.ok) return; // which says nothing of who reads
    const { reader, former = [], documents } = await answer.json(); // a host of the version before names none
    for (const [path, slug] of asked) await follow(path, [reader, ...former], documents[slug]);
  }
}

/* Return what is to be asked about in groups, as many as an address has room for. */
function inGroups(pairs) {
  const groups = [];
  let room = 0;
  for (const pair of pairs) {
    if (pair[0].length > room) {
      groups.push([]);
      room = LONGEST_ADDRESS;
    }
    groups.at(-1).push(pair);
    room -= pair[0].length;
  }
  return groups;
}

/* Follows what the server says of a copy, of which the first mark is its reader's, and others were before. */
async function follow(path, marks, keeping) {
  const about = await aboutOf(path);
  if (!about || !keeping || !marks.includes(about.reader)) return forget(path);
  const isSame = about.revision === keeping.revision && about.look === keeping.look;
  if (!isSame || Date.now() - about.saved > FRESH) return store(path, await fetch(path));
  return note(path, known(path, { reader: marks[0], ...keeping }, Date.now(), about.saved));
}

/* Return a document: from the network, or as it was kept where there is none. */
async function documentPage(event, path) {
  if (!(await caches.has(PREFIX + path))) return fetch(event.request).catch((error) => listPage(error));
  const online = fetch(event.request).then((page) => {
    const copy = page.clone();
    event.waitUntil(inTurn(() => renew(path, copy)).catch(() => {}));
    return page;
  });
  const page = await soon(online);
  return page ?? (await copyOf(path)) ?? online.catch((error) => listPage(error));
}

/* Return what the network says in time; null where it says nothing, or only that the house is in trouble. */
function soon(online) {
  const late = new Promise((answer) => setTimeout(answer, PATIENCE, null));
  return Promise.race([online.then((page) => (page.status >= 500 ? null : page)).catch(() => null), late]);
}

/* Return a kept page, marked with when it was kept, for as long as it may be read. */
async function copyOf(path) {
  const about = await aboutOf(path);
  if (!about) return null;
  if (!(about.saved <= Date.now() && Date.now() < about.until)) {
    await inTurn(() => forget(path));
    return null;
  }
  const page = await (await caches.open(PREFIX + path)).match(path);
  const html = (await page.text()).replace("<html ", `<html data-kept="${new Date(about.saved).toISOString()}" `);
  return new Response(html, { headers: page.headers });
}

/* Return the page that lists what is kept; where nothing is, what went wrong. */
async function listPage(error) {
  const page = await caches.match(LIST);
  if (!page) throw error;
  return page;
}

async function file(request) {
  const online = fetch(request);
  return (await soon(online)) ?? (await caches.match(request)) ?? online;
}

function answerNavigation(event, path) {
  if (event.request.method === "POST") {
    if (path === "/logout") event.waitUntil(inTurn(forgetAll));
    return;
  }
  if (path.startsWith("/d/")) event.respondWith(documentPage(event, path));
  else if (WAYS_TO_THE_LIST.has(path)) event.respondWith(fetch(event.request).catch(listPage));
  event.waitUntil(inTurn(review).catch(() => {})); // offline, there is nobody to ask
}

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));

addEventListener("fetch", (event) => {
  const { origin, pathname } = new URL(event.request.url);
  if (origin !== location.origin) return;
  if (event.request.mode === "navigate") answerNavigation(event, pathname);
  else if (FILE.test(pathname)) event.respondWith(file(event.request));
});

/* What pages ask for: to keep or forget a document, and what is kept. Each is answered through the port they send. */
const ANSWERS = {
  keep: async ({ path }) => ({ about: await inTurn(async () => store(path, await fetch(path))) }),
  forget: async ({ path }) => inTurn(() => forget(path)).then(() => ({})),
  list: async () => ({ kept: (await Promise.all((await keptPaths()).map(aboutOf))).filter(Boolean) }),
};

addEventListener("message", (event) => {
  const answer = ANSWERS[event.data.ask](event.data).catch((error) => ({ problem: error.name }));
  event.waitUntil(answer.then((told) => event.ports[0].postMessage(told)));
});
