// A page of somebody's own that a browser brings back from its memory is asked for again: they may have been signed out
// elsewhere since, or what was open may be closed. It is hidden when it is left, so that nothing of it flashes up.
if ("personal" in document.documentElement.dataset) {
  const { style } = document.documentElement;
  addEventListener("pagehide", ({ persisted }) => persisted && (style.visibility = "hidden"));
  addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
}
