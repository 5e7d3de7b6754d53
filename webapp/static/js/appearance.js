// Reading settings show at once; the form keeps them. Without this script its button does both.
const panel = document.querySelector("[data-look]");
const form = panel?.querySelector("form");

form?.addEventListener("change", ({ target }) => {
  document.documentElement.dataset[target.name] = target.value;
  const given = new URLSearchParams(new FormData(form));
  given.delete("next");
  const asked = form.method === "post" ? { method: "post", body: given } : {};
  const address = form.method === "post" ? form.action : `${form.action}?${given}`;
  fetch(address, { ...asked, redirect: "manual", keepalive: true }).catch(() => {}); // offline, it is for this page alone
});

if (form) {
  form.querySelector("button").hidden = true;
  const close = () => panel.removeAttribute("open");
  panel.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape") return;
    close();
    panel.querySelector("summary").focus();
  });
  document.addEventListener("click", ({ target }) => panel.contains(target) || close());
  panel.addEventListener("focusout", ({ relatedTarget }) => relatedTarget && !panel.contains(relatedTarget) && close());
}
