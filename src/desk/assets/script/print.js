// On paper nothing can be unfolded: what belongs to the page is open. The other sections of a runbook stay folded, and so do forms.
(function () {
  "use strict";
  let opened = [];
  window.addEventListener("beforeprint", () => {
    const folded = [...document.querySelectorAll("main details:not([open])")];
    opened = folded.filter((details) => !details.matches(".act, .new, .again, .more--part") && !details.closest(".no-print"));
    opened.forEach((details) => { details.open = true; });
  });
  window.addEventListener("afterprint", () => {
    opened.forEach((details) => { details.open = false; });
    opened = [];
  });
})();
