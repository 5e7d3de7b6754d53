// Texts in this browser that the server does not have yet. A copy is written with each stroke, since a page may end with
// any of them, and is gone as soon as the server has the text, or its writer signs out.
const DATABASE = "paidspan-editor";
const STORE = "texts";

function answered(request) {
  return new Promise((answer, fail) => {
    request.onsuccess = () => answer(request.result);
    request.onerror = () => fail(request.error);
  });
}

function opened() {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  return answered(request);
}

export class Copies {
  constructor(key) {
    this.key = key;
    this.isSafe = true; // whether the text is here as it is on the page
    this.wanted = undefined;
    this.working = null;
  }

  async database() {
    if (!this.opening) {
      this.opening = opened();
      const database = await this.opening;
      database.onversionchange = () => database.close(); // it is being deleted
      database.onclose = () => (this.opening = null);
    }
    return this.opening;
  }

  find() {
    return this.database()
      .then((database) => answered(database.transaction(STORE).objectStore(STORE).get(this.key)))
      .catch(() => undefined);
  }

  keep(copy) {
    return this.write(copy);
  }

  forget() {
    return this.write(null);
  }

  // Writes what is wanted last: what comes while the browser is writing waits, and only the latest of it is written.
  write(wanted) {
    this.wanted = wanted;
    this.isSafe = false;
    this.working ??= this.work().finally(() => (this.working = null));
    return this.working;
  }

  async work() {
    while (this.wanted !== undefined) {
      const wanted = this.wanted;
      this.wanted = undefined;
      this.isSafe = (await this.put(wanted).then(() => true, () => false)) && this.wanted === undefined;
    }
  }

  async put(copy) {
    const database = await this.database();
    const change = database.transaction(STORE, "readwrite", { durability: "relaxed" });
    const done = new Promise((answer, fail) => {
      change.oncomplete = answer;
      change.onabort = () => fail(change.error);
    });
    if (copy) change.objectStore(STORE).put(copy, this.key);
    else change.objectStore(STORE).delete(this.key);
    change.commit();
    await done;
  }
}
