// Saving: two seconds after the last stroke, when the page is left, and again until the server has the text.
const REST = 2_000; // milliseconds after a stroke
const LONGEST = 15_000; // milliseconds that somebody may type without a pause before it is saved all the same
const FIRST_TRY = 2_000;
const LAST_TRY = 60_000;
const MOST_KEPT_ALIVE = 60_000; // bytes that browsers send for a page that is gone

// Reads the editor's page once more: what the server has, and a form token that is still good.
async function asked(address) {
  const answer = await fetch(address, { redirect: "manual", cache: "no-store" });
  if (!answer.ok) throw new Trouble(answer);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const value = (name) => page.querySelector(`[data-editor] [name="${name}"]`)?.value;
  return { token: value("csrf_token"), version: value("version"), text: page.querySelector("[data-editor] textarea")?.value };
}

// What a server answered that it should not have: how it is told, and when to try again.
class Trouble extends Error {
  constructor(answer) {
    super(`answered ${answer.status}`);
    const isSignedOut = answer.type === "opaqueredirect" || answer.status === 401;
    this.status = answer.status;
    this.state = isSignedOut ? "signedOut" : STATES[answer.status] ?? (answer.status >= 500 ? "busy" : "refused");
    this.wait = 1_000 * Number(answer.headers.get("Retry-After") ?? 0);
  }
}

const STATES = { 403: "refused", 404: "gone", 413: "tooLong", 429: "busy", 503: "busy" };

export class Saving extends EventTarget {
  // Tells of "state" whenever how things stand changed: `state` is its name, `told` what the server said.
  constructor(form, field, copies) {
    super();
    Object.assign(this, { form, field, copies, saved: field.text, state: "saved", told: {}, tries: 0, unsure: null });
    field.addEventListener("settled", () => this.changed());
    document.addEventListener("visibilitychange", () => document.hidden && this.leave());
    addEventListener("pagehide", () => this.leave());
    addEventListener("online", () => this.isDue && this.save());
    addEventListener("beforeunload", (event) => this.isDue && !this.copies.isSafe && event.preventDefault());
  }

  get fields() {
    return this.form.elements;
  }

  get isDue() {
    return this.field.settled !== this.saved;
  }

  become(state, told = {}) {
    Object.assign(this, { state, told });
    this.dispatchEvent(new Event("state"));
  }

  changed() {
    if (!this.isDue) return this.rest();
    this.copies.keep({ text: this.field.settled, version: this.fields.version.value, time: Date.now() });
    this.since ??= Date.now();
    if (this.state === "saved") this.become("waiting");
    if (!this.tries) this.schedule(Math.min(REST, Math.max(0, this.since + LONGEST - Date.now())));
  }

  // The text is what the server has: nothing is to be done, whoever took back what.
  rest() {
    this.since = null;
    this.copies.forget();
    if (this.unsure !== null || this.sending) return;
    clearTimeout(this.timer);
    this.tries = 0;
    if (this.state !== "conflict") this.become("saved", this.told);
  }

  schedule(wait) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), wait);
  }

  // Sends what there is; while something is on its way, the next waits for its answer.
  save() {
    clearTimeout(this.timer);
    if (!this.sending && (this.isDue || this.unsure !== null)) {
      this.sending = this.sends().finally(() => (this.sending = null));
      this.sending.then(() => {
        if (!this.tries && (this.isDue || this.unsure !== null)) this.schedule(REST);
      });
    }
    return this.sending;
  }

  async sends() {
    const text = this.unsure ?? this.field.settled; // what may have arrived is sent as it was, so that it is known again
    this.become("saving");
    try {
      this.arrived(text, await this.send(text));
    } catch (trouble) {
      this.failed(text, trouble);
    }
  }

  async send(text, { isAgain = false, version = this.fields.version.value } = {}) {
    const { csrf_token: token, conflict } = this.fields;
    const told = { csrf_token: token.value, version, source: text };
    const body = new URLSearchParams(conflict ? { ...told, conflict: conflict.value } : told).toString();
    const answer = await fetch(this.form.dataset.draft, {
      method: "post",
      headers: { Accept: "application/json", "Content-Type": "application/x-www-form-urlencoded;charset=UTF-8" },
      body,
      redirect: "manual",
      keepalive: Boolean(this.isLeaving) && body.length < MOST_KEPT_ALIVE,
    });
    if (answer.status === 400 && !isAgain) {
      const fresh = await asked(location.href);
      if (fresh.token) token.value = fresh.token;
      return this.send(text, { isAgain: true, version });
    }
    if (!answer.ok && answer.status !== 409) throw new Trouble(answer);
    return { isConflict: answer.status === 409, ...(await answer.json()) };
  }

  arrived(text, { isConflict, version, ...told }) {
    Object.assign(this, { saved: text, unsure: null, tries: 0, since: this.isDue ? Date.now() : null });
    if (isConflict) this.isBeside(told.conflict);
    else this.fields.version.value = version;
    if (this.isDue) this.changed();
    else this.copies.forget();
    this.become(isConflict ? "conflict" : this.isDue ? "waiting" : "saved", { version, ...told });
  }

  // From now on this page's text is a copy beside the draft: whatever is saved of it takes the place of that.
  isBeside(conflict) {
    if (this.fields.conflict || !conflict) return;
    this.form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "conflict", value: conflict }));
  }

  // Saves what there is, and waits for it; return whether the server has it.
  async flush() {
    await this.sending;
    if (this.isDue || this.unsure !== null) await this.save();
    if (this.unsure === null && this.isDue && !this.tries) await this.save();
    return !this.isDue && this.unsure === null;
  }

  failed(text, trouble) {
    const isLost = !(trouble instanceof Trouble);
    this.unsure = isLost ? text : null;
    this.tries += 1;
    const wait = Math.min(LAST_TRY, FIRST_TRY * 2 ** (this.tries - 1));
    this.become(isLost ? "offline" : trouble.state, { status: trouble.status });
    this.schedule(Math.max(trouble.wait || 0, wait));
  }

  // Keeps a text beside a newer version that somebody saved, so that both are there to be compared.
  async keepBeside({ text, version }) {
    const told = await this.send(text, { version });
    await this.copies.forget();
    if (told.isConflict) this.dispatchEvent(Object.assign(new Event("beside"), { told }));
  }

  latest() {
    return asked(location.href);
  }

  // The page may end now: what was typed is sent at once, without what is still being composed.
  leave() {
    this.isLeaving = true;
    if (this.isDue) this.save();
    setTimeout(() => (this.isLeaving = false));
  }
}
