// Opens pages of `therapy report` in Chromium and measures: requests, findings of axe-core, sideways scrolling on a phone,
// and pages on A4 and Letter paper. With a folder as the last argument it leaves pictures and PDFs there, to be looked at.
//
//     NODE_PATH=…/node_modules node check.cjs CHROMIUM PAGE.html… [FOLDER/]

const fs = require("node:fs");
const path = require("node:path");
const { pathToFileURL } = require("node:url");
const puppeteer = require("puppeteer-core");
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const [chromium, ...files] = process.argv.slice(2);
const folder = files.at(-1).endsWith("/") ? files.pop() : null;
const SIZES = { phone: { width: 360, height: 740, deviceScaleFactor: 2 }, desktop: { width: 1280, height: 900 } };

/** The number of pages of a PDF that Chromium wrote. */
const pages = (pdf) => (Buffer.from(pdf).toString("latin1").match(/\/Type\s*\/Page\b(?!s)/g) ?? []).length;

async function look(browser, file) {
  const name = path.basename(file, ".html");
  const wrong = [];
  const requests = [];
  // The page forbids scripts. axe-core may run in a page of its own all the same.
  const page = await browser.newPage();
  await page.setBypassCSP(true);
  page.on("request", (request) => requests.push(request.url()));
  page.on("dialog", (dialog) => (wrong.push("a script ran"), dialog.dismiss()));
  for (const scheme of ["light", "dark"]) {
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    for (const [size, viewport] of Object.entries(SIZES)) {
      await page.setViewport(viewport);
      await page.goto(pathToFileURL(path.resolve(file)).href);
      const sideways = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (sideways > 0) wrong.push(`${scheme}, ${size}: ${sideways} px too wide`);
      await page.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = true)));
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => axe.run());
      for (const { id, nodes } of violations) wrong.push(`${scheme}, ${size}: axe ${id}: ${nodes[0].html.slice(0, 200)}`);
      await page.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = false)));
      if (folder) await page.screenshot({ path: `${folder}${name}-${size}-${scheme}.png`, fullPage: size === "desktop" });
    }
  }
  await page.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = true)));
  const printed = {};
  for (const format of ["A4", "Letter"]) {
    const pdf = await page.pdf({ format, preferCSSPageSize: false, printBackground: true });
    printed[format] = pages(pdf);
    if (printed[format] > 2 || printed[format] === 0) wrong.push(`${printed[format]} pages on ${format}`);
    if (folder) fs.writeFileSync(`${folder}${name}-${format}.pdf`, pdf);
  }
  const others = requests.filter((url) => !url.startsWith("file:") && url !== "data:,");
  const loads = requests.filter((url) => url.startsWith("file:")).length;
  if (others.length || loads !== 4) wrong.push(`requests: ${requests}`);
  await page.close();
  console.log(`${name}: ${others.length} requests, ${printed.A4} pages on A4, ${printed.Letter} on Letter, ${wrong.length} findings`);
  wrong.forEach((what) => console.log(`  ${what}`));
  return wrong.length;
}

(async () => {
  const args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"];
  const browser = await puppeteer.launch({ executablePath: chromium, args });
  let wrong = 0;
  for (const file of files) wrong += await look(browser, file);
  await browser.close();
  process.exit(wrong ? 1 : 0);
})();
