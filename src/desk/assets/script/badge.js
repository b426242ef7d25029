// The number of pending messages, in the title and in the icon of the window.
(function () {
  "use strict";
  const meta = document.querySelector('meta[name="desk-icons"]'), link = document.querySelector('link[rel="icon"]');
  function show() {
    const number = document.getElementById("pendentes");
    if (!number || !meta || !link) { return; }
    const count = Number(number.dataset.count) || 0, icon = meta.content.split(" ")[Math.min(count, 10)];
    const title = (count > 0 ? "(" + count + ") " : "") + document.title.replace(/^\(\d+\) /, "");
    if (document.title !== title) { document.title = title; }
    if (link.getAttribute("href") !== icon) { link.setAttribute("href", icon); }
  }
  show();
  document.addEventListener("htmx:afterSettle", show);
})();
