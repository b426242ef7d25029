// An estate in which something of everything is wrong, and the states of pages that have no address.

import { eventually } from "./demo.mjs";

/** Breaks parts, waits until their Messages are there, and does something of everything. */
export async function makeWorld(demo) {
  await demo.break("vm-122");
  const over = await demo.finding("122");
  await demo.heal("vm-122");
  await eventually("a Finding that is resolved", async () => (await demo.api(`/findings/${over.id}`)).phase === "resolved");
  const parts = { "vm-112": "112", "wizard-down": "api", "pfsense-disk": "disk", onboarding: "not-stuck" };
  for (const part of Object.keys(parts)) { await demo.break(part); }
  for (const key of Object.values(parts)) { await demo.finding(key); }
  const finding = await demo.finding("112");
  await demo.pending(finding.id);
  await demo.api(`/threads/${finding.thread_id}/reply`, { body: "Vi agora. **Ninguém** do turno desligou. O que olho primeiro?" });
  await demo.api(`/findings/${(await demo.finding("disk")).id}/ack`, { note: "limpando logs antigos" });
  const matchers = [{ name: "scenario", op: "=", value: "wizard.vm112.bundle" }];
  await demo.api("/silences", { matchers, duration: "2h", reason: "Troca do disco da VM 112" });
  const { thread_id: chat } = await demo.api("/chat", { message: "quantos estão abertos?" });
  return { finding: finding.id, thread: finding.thread_id, resolved: over.id, chat };
}

const inbox = async (page) => {
  await page.goto("/desk");
  await page.waitForSelector(".item");
};

/** away: the server is ended for it. */
export const STATES = [
  {
    name: "inbox-empty",
    enter: async (page) => { await page.goto("/desk?role=seo&severity=info"); await page.waitForSelector(".say"); },
  },
  {
    name: "inbox-selected",
    enter: async (page) => { await inbox(page); await page.locator(".item input").first().check(); },
  },
  {
    name: "inbox-undo",
    enter: async (page) => {
      await inbox(page);
      await page.locator(".item input").last().check();
      await page.click(".bulk .btn--go");
      await page.waitForSelector("#desfazer:not([hidden])");
    },
    // After eight seconds there is nothing to take back: the Message is acknowledged.
    leave: async (page) => { await page.locator("#desfazer button").click({ timeout: 1000 }).catch(() => {}); },
  },
  {
    name: "keys",
    enter: async (page) => { await inbox(page); await page.keyboard.press("?"); await page.waitForSelector("#atalhos[open]"); },
  },
  {
    name: "menu",
    enter: async (page) => { await inbox(page); await page.click(".menu summary"); },
  },
  {
    name: "acknowledge",
    enter: async (page, world) => {
      await page.goto(`/desk/findings/${world.finding}`);
      await page.click("#acknowledge");
    },
  },
  {
    name: "silence",
    enter: async (page, world) => {
      await page.goto(`/desk/findings/${world.finding}`);
      await page.click("#silence");
    },
  },
  {
    name: "ran",
    enter: async (page, world) => {
      await page.goto(`/desk/findings/${world.finding}`);
      await page.locator('.acts [data-key="run"]').click();
      await page.waitForSelector("#ran details");
    },
  },
  {
    name: "resolved",
    enter: async (page, world) => { await page.goto(`/desk/findings/${world.resolved}`); await page.waitForSelector("#explain"); },
  },
  {
    name: "session-ended",
    enter: async (page) => { await inbox(page); await page.evaluate(() => { document.getElementById("ended").hidden = false; }); },
  },
  {
    name: "server-away",
    away: true,
    enter: async (page) => { await page.waitForSelector("#lost:not([hidden])"); },
  },
];
