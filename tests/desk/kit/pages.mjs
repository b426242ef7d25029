// All pages of the panel: tests of accessibility and screenshots go through them. A page is added by one line.
//
// name: of its screenshot. path: its address; `world` has the names of a Finding and a Thread. ready: what it shows once it is complete.
// guest: for those who are not signed in.
export const PAGES = [
  { name: "sign-in", path: () => "/desk/session", ready: "#token", guest: true },
  { name: "not-found", path: () => "/desk/none/such", ready: ".say" },
  { name: "inbox", path: () => "/desk", ready: "#caixa" },
  { name: "finding", path: (world) => `/desk/findings/${world.finding}`, ready: "#ficha" },
  { name: "thread", path: (world) => `/desk/threads/${world.thread}`, ready: "#log" },
  { name: "board", path: () => "/desk/board", ready: "#principal" },
  { name: "scenario", path: () => "/desk/scenarios/proxmox.cluster", ready: "#principal" },
  { name: "findings", path: () => "/desk/findings", ready: "#principal" },
  { name: "threads", path: () => "/desk/threads", ready: "#principal" },
  { name: "agents", path: () => "/desk/agents", ready: "#principal" },
  { name: "actions", path: () => "/desk/actions", ready: "#principal" },
  { name: "silences", path: () => "/desk/silences", ready: "#principal" },
  { name: "handover", path: () => "/desk/handover", ready: "#principal" },
  { name: "chat", path: (world) => `/desk/chat?thread_id=${world.chat || ""}`, ready: "#principal" },
  { name: "runbooks", path: () => "/desk/runbooks", ready: "#principal" },
  { name: "runbook", path: () => "/desk/runbooks/proxmox-cluster", ready: ".md" },
  { name: "model", path: () => "/desk/model", ready: "#principal" },
];

/** Goes to a page. */
export async function visit(page, { path, ready }, world) {
  await page.goto(path(world));
  await page.waitForSelector(ready);
}
