// SPDX-License-Identifier: PostgreSQL
/*
 * Opens pages of `pqleak html` in a headless Chromium and tells what is there, as a list in JSON:
 * look_at_page.js NPM PICTURES PAGE...
 *
 * NPM: the folder with playwright-core and axe-core.  PICTURES: a folder for screenshots of the first page, light and
 * dark, narrow and wide; ''.
 * Asserts nothing: test_incident.py does.
 */
const fs = require('fs');
const path = require('path');
const [npm, pictures, ...files] = process.argv.slice(2);
const { chromium } = require(path.join(npm, 'node_modules', 'playwright-core'));
const axe = fs.readFileSync(path.join(npm, 'node_modules', 'axe-core', 'axe.min.js'), 'utf8');
const WIDTHS = { narrow: 360, usual: 1280, wide: 3840 };

const rows = page => page.$$eval('#sites tbody tr', all => all.map(row => ({
	site: Number(row.dataset.site),
	name: row.querySelector('button, .row-name span:last-child').textContent,
	...Object.fromEntries([...row.querySelectorAll('td[data-column]')].map(cell => [cell.dataset.column, cell.textContent])),
})));

async function pictured(page, name, pictures_of) {
	for (const [scheme, width] of pictures_of) {
		await page.emulateMedia({ colorScheme: scheme });
		await page.setViewportSize({ width: WIDTHS[width], height: 900 });
		await page.screenshot({ path: path.join(pictures, `${name}-${scheme}-${width}.png`), fullPage: true });
	}
	await page.setViewportSize({ width: WIDTHS.usual, height: 900 });
	await page.emulateMedia({ colorScheme: 'light' });
}

/* What axe finds grave, in both schemes. */
async function faults(page) {
	const found = [];
	for (const colorScheme of ['light', 'dark']) {
		await page.emulateMedia({ colorScheme });
		const result = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
		for (const violation of result.violations)
			if (['serious', 'critical'].includes(violation.impact))
				found.push(`${colorScheme}: ${violation.id}: ${violation.nodes.slice(0, 3).map(node => node.html.slice(0, 200)).join(' | ')}`);
	}
	await page.emulateMedia({ colorScheme: 'light' });
	return found;
}

async function look(browser, file, pictures) {
	const told = { complaints: [], requests: [] };
	// The script's own context obeys the page's policy; axe is put in past it.
	const context = await browser.newContext({ viewport: { width: WIDTHS.usual, height: 900 } });
	const page = await context.newPage();
	page.setDefaultTimeout(600000); // more than any step takes, on whatever machine
	page.on('dialog', dialog => { told.complaints.push(`a dialog: ${dialog.message()}`); dialog.dismiss(); });
	page.on('console', message => ['error', 'warning'].includes(message.type()) && told.complaints.push(message.text()));
	page.on('pageerror', error => told.complaints.push(String(error)));
	page.on('request', request => told.requests.push(request.url()));
	await page.goto('file://' + path.resolve(file), { timeout: 600000 });
	if (!await page.$('#sites table'))
		throw new Error(told.complaints.join('\n'));
	told.ready_ms = await page.evaluate(() => performance.now());
	told.title = await page.title();
	told.verdict = await page.textContent('#verdict');
	told.guilty = await page.textContent('#guilty');
	told.numbers = Object.fromEntries(await page.$$eval('#numbers div', all => all.map(one => [one.querySelector('dt').textContent, one.querySelector('dd').textContent])));
	told.rows = await rows(page);
	told.findings = await page.$$eval('#findings summary', all => all.map(one => one.textContent));
	told.misuse = await page.$$eval('#misuse summary', all => all.map(one => one.textContent));
	told.notes = await page.$$eval('#notes summary', all => all.map(one => one.textContent));
	told.unseen = await page.textContent('#unseen');
	told.chosen = await page.textContent('#h-site');
	told.borrowers = await page.$$eval('.borrower', all => all.map(one => one.textContent));
	told.frames = await page.$$eval('g.frame', all => all.map(one => one.getAttribute('aria-label')));
	told.lanes = await page.$$eval('.lane', all => all.length);
	told.data = await page.textContent('#data'); // as text: it has larger numbers than a script
	told.scripts = await page.$$eval('script', all => all.length);
	told.overflows = {};
	for (const [name, width] of Object.entries(WIDTHS)) {
		await page.setViewportSize({ width, height: 900 });
		told.overflows[name] = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
	}
	await page.setViewportSize({ width: WIDTHS.usual, height: 900 });
	if (pictures) {
		await page.setViewportSize({ width: 1180, height: 980 });
		await page.screenshot({ path: path.join(pictures, 'first.png') }); // the picture in README.md
		await page.setViewportSize({ width: WIDTHS.usual, height: 900 });
	}
	if (pictures)
		await pictured(page, 'whole', [['light', 'usual'], ['dark', 'usual'], ['light', 'narrow'], ['dark', 'wide']]);
	if (told.rows.length > 1) {
		await page.click('#sort-opened');
		told.sorted = await rows(page);
		await page.click('#sort-opened');
		told.sorted_up = await rows(page);
		await page.click('#sort-rank');
		await page.fill('#filter', told.rows[0].name.slice(0, 5));
		told.filtered = await rows(page);
		await page.fill('#filter', 'nothing has this name');
		told.filtered_out = await rows(page);
		await page.fill('#filter', '');
		const plot = await page.locator('#plot').boundingBox();
		await page.locator('#chart').scrollIntoViewIfNeeded();
		const place = await page.locator('#plot').boundingBox();
		await page.mouse.move(place.x + 2, place.y + 20);
		await page.mouse.down();
		await page.mouse.move(place.x + plot.width / 2, place.y + 30, { steps: 4 });
		await page.mouse.up();
		told.span = await page.textContent('#span-text');
		told.half = await rows(page);
		told.half_lanes = await page.$$eval('.lane', all => all.length);
		if (pictures)
			await pictured(page, 'part', [['dark', 'narrow'], ['light', 'usual']]);
		await page.focus('#grip-last');
		await page.keyboard.press('End');
		await page.focus('#grip-first');
		await page.keyboard.press('Home');
		told.whole_again = await rows(page);
		await page.locator('.lane').first().click();
		told.life = await page.textContent('.life');
		await page.locator('g.frame').first().focus();
		await page.keyboard.press('Enter');
		told.zoomed = await page.$$eval('g.frame', all => all.length);
	}
	await page.evaluate(axe);
	told.faults = await faults(page);
	if (pictures)
		await page.pdf({ path: path.join(pictures, 'page.pdf'), printBackground: true });
	return told;
}

(async () => {
	const executable = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(file => fs.existsSync(file));
	const browser = await chromium.launch({ executablePath: executable, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'], timeout: 600000 });
	const told = [];
	try {
		for (const file of files)
			told.push(await look(browser, file, file === files[0] ? pictures : ''));
	} finally {
		await browser.close();
	}
	process.stdout.write(JSON.stringify(told));
})().catch(error => { console.error(error); process.exit(1); });
