// Gives this page's address away: through the system's own dialogue, or else by copying it.
const button = document.querySelector("[data-share]");
const address = document.querySelector("link[rel=canonical]")?.href ?? location.href;

if (button && (navigator.share || navigator.clipboard)) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    if (navigator.share) {
      await navigator.share({ title: document.title, url: address }).catch(() => {}); // who closes it has changed their mind
      return;
    }
    await navigator.clipboard.writeText(address);
    const label = button.querySelector("span");
    label.setAttribute("role", "status");
    label.textContent = button.dataset.done;
  });
}
