// All pages of the panel: tests of accessibility and screenshots go through them. A page is added by one line.
//
// name: of its screenshot. path: its address; `world` has the names of a Finding and a Thread. ready: what it shows once it is complete.
// guest: for those who are not signed in. optional: left out while there is no such page.
export const PAGES = [
  { name: "sign-in", path: () => "/desk/session", ready: "#token", guest: true },
  { name: "not-found", path: () => "/desk/none/such", ready: ".say" },
  { name: "inbox", path: () => "/desk", ready: "#caixa" },
  { name: "finding", path: (world) => `/desk/findings/${world.finding}`, ready: "#ficha" },
  { name: "thread", path: (world) => `/desk/threads/${world.thread}`, ready: "#log" },
  { name: "board", path: () => "/desk/board", ready: "#principal", optional: true },
  { name: "scenario", path: () => "/desk/scenarios/proxmox.cluster", ready: "#principal", optional: true },
  { name: "findings", path: () => "/desk/findings", ready: "#principal", optional: true },
  { name: "threads", path: () => "/desk/threads", ready: "#principal", optional: true },
  { name: "agents", path: () => "/desk/agents", ready: "#principal", optional: true },
  { name: "actions", path: () => "/desk/actions", ready: "#principal", optional: true },
  { name: "silences", path: () => "/desk/silences", ready: "#principal", optional: true },
  { name: "handover", path: () => "/desk/handover", ready: "#principal", optional: true },
  { name: "chat", path: () => "/desk/chat", ready: "#principal", optional: true },
  { name: "runbooks", path: () => "/desk/runbooks", ready: "#principal", optional: true },
  { name: "model", path: () => "/desk/model", ready: "#principal", optional: true },
];

/** Goes to a page; false where it is optional and not there. Pages for guests have no element `#principal`. */
export async function visit(page, { path, ready, optional }, world) {
  await page.goto(path(world));
  if (optional && ((await page.locator("#principal:not(.plain)").count()) === 0)) { return false; }
  await page.waitForSelector(ready);
  return true;
}
