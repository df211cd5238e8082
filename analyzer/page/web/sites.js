/* SPDX-License-Identifier: PostgreSQL
 * sites.js - the table of call sites: sorted, filtered, and limited to the span. */
const COLUMNS = [
	{key: 'rank', head: 'call site', value: site => site.site < 0 ? 1e9 : site.site, name: true},
	{key: 'opened', head: 'opened', help: 'connections opened in the span', value: (site, sums) => sums.opened},
	{key: 'left', head: 'left open', help: 'of all its connections, those never given back; within a part of the time, those open at its end', value: (site, sums) => isWhole() ? site.left : sums.atEnd},
	{key: 'abandoned', head: 'abandoned', help: 'used, and never again, while others like them were opened', value: site => site.abandoned, whole: true},
	{key: 'most', head: 'at once', help: 'pile-up: the most that were open at the same time', value: (site, sums) => sums.most},
	{key: 'growth', head: 'growth / min', help: 'by how many it grew in a minute: in the later half of its time, or in the chosen part',
		value: site => isWhole() ? site.growth : growthWithin(site.rows), text: value => value === null ? '' : Math.abs(value) < 0.05 ? '0' : (value > 0 ? '+' : '\u2212') + Number(Math.abs(value).toPrecision(3)).toLocaleString('en')},
	{key: 'half', head: 'held p50', help: 'half of them were held no longer', value: site => site.half, text: duration, whole: true},
	{key: 'nearly', head: 'p99', help: '99 of 100 were held no longer', value: site => site.nearly, text: duration, whole: true},
	{key: 'longest', head: 'longest', help: 'the longest time that one was held', value: site => site.longest, text: duration, whole: true},
	{key: 'failed', head: 'failed', help: 'attempts to connect that failed', value: (site, sums) => sums.failed},
	{key: 'churn', head: 'churn', help: 'opened for at most two statements and finished', value: site => site.churn, whole: true},
];

function chooseSite(site, go = true) {
	chosen.site = site;
	chosen.lane = null;
	changed();
	if (go)
		byId('h-site').focus();
}

function sortBy(key) {
	if (chosen.sort === key)
		chosen.down = !chosen.down;
	else
		[chosen.sort, chosen.down] = [key, key !== 'rank'];
	changed();
	byId(`sort-${key}`).focus();
}

/* Those that did something in the span, as the reader wants them. */
function rowsShown() {
	const column = COLUMNS.find(one => one.key === chosen.sort), wanted = chosen.filter.toLowerCase();
	const rows = data.sites.map(site => ({site, sums: within(site.rows)}))
		.filter(({site, sums}) => isWhole() || sums.most + sums.opened + sums.failed > 0)
		.filter(({site}) => `${site.name} ${site.place} ${site.file || ''} ${site.module || ''} ${site.function || ''}`.toLowerCase().includes(wanted));
	const value = ({site, sums}) => column.value(site, sums) ?? -Infinity;
	return rows.sort((a, b) => {
		const [one, other] = [value(a), value(b)];
		return one === other ? a.site.site - b.site.site : (one < other) === chosen.down ? 1 : -1;
	});
}

function drawSites() {
	const rows = rowsShown(), part = !isWhole();
	const head = node('tr', {}, COLUMNS.map(column => node('th', {scope: 'col', title: column.help, 'aria-sort': chosen.sort === column.key ? (chosen.down ? 'descending' : 'ascending') : null},
		node('button', {type: 'button', class: 'plain', id: `sort-${column.key}`, onclick: () => sortBy(column.key)}, column.head, part && column.whole ? node('span', {class: 'dim'}, ' *') : null))));
	const body = rows.slice(0, 200).map(({site, sums}) => node('tr', {class: chosen.site === site ? 'chosen' : '', 'data-site': site.site}, COLUMNS.map(column => {
		if (column.name)
			return node('td', {}, node('span', {class: 'row-name'}, chip(site), site.site < 0 ? node('span', {}, site.name)
				: node('button', {type: 'button', class: 'plain link', 'aria-current': chosen.site === site ? 'true' : null, onclick: () => chooseSite(site)}, nameOf(site))));
		const value = column.value(site, sums);
		const strong = (column.key === 'left' || column.key === 'abandoned') && value > 0;
		return node('td', {class: strong ? 'strong' : value ? '' : 'dim', 'data-column': column.key}, column.text ? column.text(value) : count(value));
	})));
	replace(byId('sites'), node('table', {}, node('thead', {}, head), node('tbody', {}, body)), part ? node('p', {class: 'hint'}, '* of the whole time') : '');
	byId('shown').textContent = `${count(rows.length)} of ${plural(time.sites, 'call site')}` + (time.sites > 200 ? '; the first 200 have a row of their own' : '');
}

function drawNumbers() {
	const site = chosen.site, sums = within(site.rows);
	const pairs = [['opened', count(sums.opened)], ['failed', count(sums.failed)], ['most at once', `${count(sums.most)}${isWhole() && site.most ? `, ${moment(site.most_at)}` : ''}`],
		['file', site.file ? `${site.file}${site.line ? `:${site.line}` : ''}` : site.module || 'unknown'], ['language', site.language || 'native code']];
	replace(byId('site-numbers'), node('h3', {}, isWhole() ? 'In the whole time' : 'In the chosen part'), node('dl', {class: 'pairs'}, pairs.map(([name, value]) => [node('dt', {}, name), node('dd', {}, value)])));
}

function drawBorrowers() {
	const borrowers = chosen.site.borrowers, most = Math.max(1, ...borrowers.map(([, number]) => number));
	replace(byId('borrowers'), borrowers.length === 0 ? node('p', {class: 'dim'}, 'Nobody: all of them were given back.') : [
		node('p', {class: 'dim'}, 'Of those that were not given back, or were abandoned: where each was used last.'),
		...borrowers.map(([name, number]) => node('div', {class: 'borrower'}, node('b', {}, count(number)),
			node('span', {class: 'meter', 'aria-hidden': 'true'}, drawn('svg', {viewBox: '0 0 100 9', preserveAspectRatio: 'none'}, drawn('rect', {class: `f${colourOf(chosen.site)}`, width: number / most * 100, height: 9}))), node('span', {}, name)))]);
}

function drawSite() {
	const site = chosen.site;
	byId('site').hidden = site === null;
	if (site === null)
		return;
	replace(byId('h-site'), chip(site), ` ${nameOf(site)}`);
	const found = data.findings.filter(finding => finding.site === site.site);
	replace(byId('site-said'), found.map(finding => node('div', {class: `said ${finding.level}`}, finding.title)));
	drawNumbers();
	drawBorrowers();
	drawIcicle();
	drawLanes();
}

function beginSites() {
	byId('filter').addEventListener('input', event => {
		chosen.filter = event.target.value;
		drawSites();
	});
	redraw.push(drawSites, drawSite);
}
