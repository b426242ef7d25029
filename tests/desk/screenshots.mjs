// Screenshots of every page and state.
import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { choose, close, open, person } from "./kit/browser.mjs";
import { PAGES, visit } from "./kit/pages.mjs";
import { STATES, makeWorld } from "./kit/world.mjs";

const DIRECTORY = process.env.SCREENSHOTS || fileURLToPath(new URL("../../docs/desk", import.meta.url));
/** All of them together. */
const MOST = 3 << 20;
const QUALITY = 82;
/** png, to look at them with other programs. */
const FORMAT = process.env.FORMAT || "webp";
/** Pages that are shown in all of these; others as the first one. */
const MAIN = ["inbox", "finding", "board"];
const LOOKS = [
  { suffix: "", width: 1440, theme: "light", language: "pt-BR" },
  { suffix: "-dark", width: 1440, theme: "dark", language: "pt-BR" },
  { suffix: "-1024", width: 1024, theme: "light", language: "pt-BR" },
  { suffix: "-390", width: 390, theme: "light", language: "pt-BR" },
  { suffix: "-390-dark", width: 390, theme: "dark", language: "pt-BR" },
  { suffix: "-en", width: 1440, theme: "light", language: "en" },
];

const wanted = process.argv.slice(2);
const isWanted = (name) => wanted.length === 0 || wanted.includes(name);
const [demo, browser] = await open();

async function take(page, name) {
  await page.mouse.move(0, 0);
  const devtools = await page.context().newCDPSession(page);
  const { data } = await devtools.send("Page.captureScreenshot", FORMAT === "webp" ? { format: "webp", quality: QUALITY } : { format: FORMAT });
  await devtools.detach();
  writeFileSync(join(DIRECTORY, `${name}.${FORMAT}`), Buffer.from(data, "base64"));
  console.log(name);
}

try {
  mkdirSync(DIRECTORY, { recursive: true });
  const world = await makeWorld(demo);
  for (const [index, { suffix, width, theme, language }] of LOOKS.entries()) {
    const isPhone = width < 720;
    const look = { viewport: { width, height: isPhone ? 844 : 900 }, hasTouch: isPhone, isMobile: isPhone };
    const guest = await person(browser, demo, look);
    const ana = await person(browser, demo, { name: "ana", role: "super_admin", ...look });
    for (const { context } of [guest, ana]) { await choose(context, demo.url, { language, theme }); }
    for (const one of PAGES) {
      if (!isWanted(one.name) || (index > 0 && !MAIN.includes(one.name))) { continue; }
      const { page } = one.guest ? guest : ana;
      await visit(page, one, world);
      await take(page, one.name + suffix);
    }
    for (const state of STATES.filter((state) => isWanted(state.name) && !state.away && index === 0)) {
      await state.enter(ana.page, world);
      await take(ana.page, state.name + suffix);
      await state.leave?.(ana.page);
    }
    for (const { context } of [guest, ana]) { await context.close(); }
  }
  // What is broken is whole again when the program starts anew: this comes last.
  for (const state of STATES.filter((state) => isWanted(state.name) && state.away)) {
    const { page, context } = await person(browser, demo, { name: "ana", role: "super_admin" });
    await choose(context, demo.url, {});
    await page.goto("/desk");
    await page.waitForSelector(".item");
    await demo.end();
    await state.enter(page, world);
    await take(page, state.name);
  }
} finally {
  await close(demo, browser);
}
const bytes = readdirSync(DIRECTORY).reduce((sum, name) => sum + statSync(join(DIRECTORY, name)).size, 0);
console.log(`${(bytes / 1024).toFixed(0)} KiB in all`);
if (bytes > MOST) {
  console.error(`more than ${MOST >> 10} KiB`);
  process.exitCode = 1;
}
