// Asks the browser for a passkey, or for a new one, and sends its answer with the form, which does nothing without.
const toBytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
const toText = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const named = (list) => (list ?? []).map((one) => ({ ...one, id: toBytes(one.id) }));

// Passkeys of some makers bring no toJSON of their own, so what is sent is put together here.
function answerOf(made) {
  const response = {};
  for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (made.response[part]) response[part] = toText(made.response[part]);
  }
  return JSON.stringify({ id: made.id, rawId: toText(made.rawId), type: made.type, response, clientExtensionResults: {} });
}

async function ask(form) {
  const csrf = new FormData(form).get("csrf_token");
  const asked = { method: "POST", body: new URLSearchParams({ csrf_token: csrf }), redirect: "manual" };
  const answer = await fetch(form.dataset.passkey, asked);
  if (answer.type === "opaqueredirect") return location.assign(form.dataset.prove); // it was too long ago that who is here was asked
  if (!answer.ok) throw new Error(String(answer.status));
  const options = await answer.json();
  options.challenge = toBytes(options.challenge);
  if (!options.user) {
    return navigator.credentials.get({ publicKey: { ...options, allowCredentials: named(options.allowCredentials) } });
  }
  options.user.id = toBytes(options.user.id);
  options.excludeCredentials = named(options.excludeCredentials);
  return navigator.credentials.create({ publicKey: options });
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential) continue;
  const trouble = form.querySelector("[data-trouble]");
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    trouble.hidden = true;
    try {
      const made = await ask(form);
      if (!made) return;
      form.elements.credential.value = answerOf(made);
      form.submit();
    } catch (error) {
      trouble.hidden = false;
      trouble.textContent = error.name === "InvalidStateError" ? trouble.dataset.known : trouble.dataset.trouble;
    }
  });
}
