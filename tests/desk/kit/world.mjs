// An estate in which something of everything is wrong, and the states of pages that have no address.

/** Breaks parts, and waits until their Messages are there. */
export async function makeWorld(demo) {
  const parts = { "vm-112": "112", "wizard-down": "api", "pfsense-disk": "disk", onboarding: "not-stuck" };
  for (const part of Object.keys(parts)) { await demo.break(part); }
  for (const key of Object.values(parts)) { await demo.finding(key); }
  const finding = await demo.finding("112");
  await demo.pending(finding.id);
  await demo.api(`/threads/${finding.thread_id}/reply`, { body: "Vi agora. **Ninguém** do turno desligou. O que olho primeiro?" });
  return { finding: finding.id, thread: finding.thread_id };
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
    leave: async (page) => { await page.locator("#desfazer button").click(); },
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
    name: "session-ended",
    enter: async (page) => { await inbox(page); await page.evaluate(() => { document.getElementById("ended").hidden = false; }); },
  },
  {
    name: "server-away",
    away: true,
    enter: async (page) => { await page.waitForSelector("#lost:not([hidden])"); },
  },
];
