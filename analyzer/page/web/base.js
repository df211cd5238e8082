/* SPDX-License-Identifier: PostgreSQL
 * base.js - what all parts of the page use: the data, elements, numbers and times, and what is chosen.
 * What comes from a trace becomes text, never markup: everything is made by node() and drawn(). */
const data = JSON.parse(document.getElementById('data').textContent);
const report = data.report;
const time = data.timeline || {from: 0, to: 0, width: 1, buckets: 1, most: 0, opened: 0, failed: 0, sites: 0};
const SHOWN = 8; // call sites that the picture tells apart

/* What the reader has chosen.  first, last: buckets; site: one of data.sites, lit: the one that stands out in the picture. */
const chosen = {first: 0, last: time.buckets - 1, site: null, lit: null, sort: 'rank', down: false, filter: '', lane: null};
const redraw = []; // what depends on it
const changed = () => redraw.forEach(draw => draw());
const byId = id => document.getElementById(id);

function fill(element, options, children) {
	for (const [name, value] of Object.entries(options || {}))
		if (name.startsWith('on'))
			element.addEventListener(name.slice(2), value);
		else if (value !== null && value !== undefined && value !== false)
			element.setAttribute(name, value === true ? '' : value);
	element.append(...children.flat(Infinity).filter(child => child !== null && child !== undefined).map(
		child => child instanceof Node ? child : String(child)));
	return element;
}
const node = (name, options, ...children) => fill(document.createElement(name), options, children);
const drawn = (name, options, ...children) => fill(document.createElementNS('http://www.w3.org/2000/svg', name), options, children);
const replace = (element, ...children) => element.replaceChildren(...children.flat(Infinity).filter(child => child !== null && child !== undefined));

const count = value => value === null || value === undefined ? '' : Number(value).toLocaleString('en');
const plural = (number, noun) => `${count(number)} ${noun}${number === 1 ? '' : 's'}`;

function duration(us) {
	if (us === null || us === undefined)
		return '';
	for (const [unit, size] of [['d', 86400e6], ['h', 3600e6], ['min', 60e6], ['s', 1e6], ['ms', 1e3]])
		if (us >= size)
			return `${us / size >= 100 ? Math.round(us / size) : Number((us / size).toPrecision(3))} ${unit}`;
	return `${Math.round(us)} µs`;
}

const two = (value, digits = 2) => String(value).padStart(digits, '0');

/* A moment, microseconds after the beginning, as the reader's clock had it; `fine`: with milliseconds. */
function moment(us, fine, withDay = true) {
	const at = new Date((time.from + us) / 1000);
	const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
	const clock = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
	return (withDay ? `${day} ` : '') + clock + (fine ? `.${two(at.getMilliseconds(), 3)}` : '');
}
const short = us => moment(us, time.to < 20e6, time.to > 86400e6);

const beginOf = bucket => bucket * time.width;
const isWhole = () => chosen.first === 0 && chosen.last === time.buckets - 1;
const spanText = () => isWhole() ? `the whole time, ${moment(0)} to ${moment(time.to)} (${duration(time.to)})`
	: `${short(beginOf(chosen.first))} to ${short(Math.min(time.to, beginOf(chosen.last + 1)))} (${duration(beginOf(chosen.last + 1 - chosen.first))})`;

/* The place of a site in the picture: 1 to 8, or 0. */
const colourOf = site => site.site >= 1 && site.site <= SHOWN ? site.site : 0;
const chip = site => node('span', {class: `chip c${colourOf(site)}`, 'aria-hidden': 'true'}, colourOf(site) || '\u00b7');
const nameOf = site => site.place ? `${site.name} ${site.place}` : site.name;
const siteOf = number => data.sites.find(site => site.site === number);

/* Buckets of a site as full arrays, once. */
function rowsOf(series) {
	const rows = {most: new Float64Array(time.buckets), opened: new Float64Array(time.buckets),
		closed: new Float64Array(time.buckets), failed: new Float64Array(time.buckets)};
	for (const [bucket, most, opened, closed, failed] of series)
		[rows.most[bucket], rows.opened[bucket], rows.closed[bucket], rows.failed[bucket]] = [most, opened, closed, failed];
	return rows;
}
for (const site of data.sites)
	site.rows = rowsOf(site.series);
const together = rowsOf(data.together);

/* What a series has in the span: exact, for each bucket is; at the end: opened and not yet closed. */
function within(rows) {
	const sums = {opened: 0, closed: 0, failed: 0, most: 0, atEnd: 0};
	for (let bucket = 0; bucket <= chosen.last; bucket++) {
		sums.atEnd += rows.opened[bucket] - rows.closed[bucket];
		if (bucket < chosen.first)
			continue;
		sums.opened += rows.opened[bucket];
		sums.failed += rows.failed[bucket];
		sums.most = Math.max(sums.most, rows.most[bucket]);
	}
	return sums;
}

/* A straight line through the maxima of the span, as analyzer/timeline/series.c has it of the later half of all. */
function growthWithin(rows) {
	const number = chosen.last - chosen.first + 1;
	if (number < 4 || number * time.width < 1e6)
		return null;
	const middle = (number - 1) / 2;
	let above = 0, below = 0;
	for (let at = 0; at < number; at++) {
		above += (at - middle) * rows.most[chosen.first + at];
		below += (at - middle) ** 2;
	}
	return above / below * 60e6 / time.width;
}

/* The functions of a stack, outermost last. */
const callsOf = stack => (data.stacks[stack] || []).map(id => {
	const [text, role, language, folded] = data.calls[id];
	return {id, text, role, language, folded: folded === 1};
});

/* Draws again when its element has another width. */
function whenWide(element, draw) {
	let width = 0;
	new ResizeObserver(() => {
		if (element.clientWidth !== width && element.clientWidth > 0) {
			width = element.clientWidth;
			draw();
		}
	}).observe(element);
}
