// What opens above the page closes again: by Escape, by a click elsewhere, and once the focus has left it. A form in which something was
// written stays until Escape.
(function () {
  "use strict";
  const MENUS = ".menu[open], .bar__more details[open], details.act[open]";
  const isWritten = (menu) => [...menu.querySelectorAll("textarea, input:not([type=hidden])")].some((box) => box.value !== box.defaultValue);
  const leave = (menu) => { if (!isWritten(menu)) { menu.open = false; } };
  const others = (element) => [...document.querySelectorAll(MENUS)].filter((menu) => !menu.contains(element));

  document.addEventListener("click", (event) => {
    if (event.target instanceof Node && document.contains(event.target)) { others(event.target).forEach(leave); }
  });
  document.addEventListener("focusin", (event) => others(event.target).forEach(leave));
  document.addEventListener("keydown", (event) => {
    const open = [...document.querySelectorAll(MENUS)];
    if (event.key !== "Escape" || event.defaultPrevented || event.isComposing || open.length === 0) { return; }
    const last = open.find((menu) => menu.contains(document.activeElement)) || open[open.length - 1];
    open.forEach((menu) => { menu.open = false; });
    last.querySelector("summary").focus();
    event.preventDefault();
  });
})();
