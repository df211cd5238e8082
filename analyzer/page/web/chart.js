/* SPDX-License-Identifier: PostgreSQL
 * chart.js - open connections over time: stacked areas, marks, failed attempts, and the brush. */
const PLOT = {left: 44, right: 12, top: 20, height: 240, failed: 34, gap: 12, bottom: 22};

const parts = Array.from({length: time.buckets}, () => new Float64Array(SHOWN + 1));
for (const [bucket, site, open] of data.parts)
	parts[bucket][site] = open;
const pictured = data.sites.filter(site => colourOf(site) > 0 && site.most > 0);
const hasRest = parts.some(part => part[0] > 0);

function niceStep(most, lines) {
	const rough = Math.max(1, most / lines), power = 10 ** Math.floor(Math.log10(rough));
	return Math.max(1, [1, 2, 5, 10].map(step => step * power).find(step => step >= rough));
}

function niceSeconds(seconds) {
	const steps = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800,
		21600, 43200, 86400];
	return steps.find(step => step >= seconds) || Math.ceil(seconds / 86400) * 86400;
}

/* Outline of one part, between what lies below it and that with it. */
function outline(below, part, x, y) {
	let forth = '', back = '';
	for (let bucket = 0; bucket < time.buckets; bucket++) {
		const left = x(bucket), right = x(bucket + 1), low = below[bucket], high = low + parts[bucket][part];
		forth += `${bucket ? 'L' : 'M'}${left},${y(high)}H${right}`;
		back = `L${right},${y(low)}H${left}` + back;
	}
	return forth + back + 'Z';
}

function areas(x, y) {
	const below = new Float64Array(time.buckets), group = drawn('g', {});
	for (const part of [...pictured.map(colourOf), ...(hasRest ? [0] : [])]) {
		const path = outline(below, part, x, y);
		const off = chosen.lit && colourOf(chosen.lit) !== part;
		group.append(drawn('path', {class: `area f${part}${off ? ' off' : ''}`, d: path}));
		if (part % 2 === 0 && part > 0)
			group.append(drawn('path', {class: off ? 'off' : '', d: path, fill: `url(#hatch${part % 4})`}));
		let best = -1, room = 0;
		for (let bucket = 0; bucket < time.buckets; bucket++) {
			const high = y(below[bucket]) - y(below[bucket] + parts[bucket][part]);
			if (high > room && bucket > 2 && bucket < time.buckets - 3)
				[best, room] = [bucket, high];
		}
		if (room > 15 && part > 0)
			group.append(drawn('text', {class: 'number-on', x: x(best + 0.5), y: y(below[best] + parts[best][part] / 2) + 4, 'text-anchor': 'middle'}, part));
		for (let bucket = 0; bucket < time.buckets; bucket++)
			below[bucket] += parts[bucket][part];
	}
	return group;
}

const hatches = () => drawn('defs', {}, [0, 2].map(kind => drawn('pattern', {id: `hatch${kind}`, width: 7, height: 7, patternUnits: 'userSpaceOnUse', patternTransform: `rotate(${kind ? 45 : -45})`},
	drawn('line', {class: 'hatch', x1: 0, y1: 0, x2: 0, y2: 7}))));

function grid(width, x, y, highest) {
	const group = drawn('g', {'aria-hidden': 'true'}), step = niceStep(highest, 4), base = PLOT.top + PLOT.height;
	for (let value = 0; value <= highest; value += step)
		group.append(drawn('line', {class: value ? 'grid' : 'axis', x1: PLOT.left, x2: width - PLOT.right, y1: y(value), y2: y(value)}),
			drawn('text', {class: 'dim', x: PLOT.left - 6, y: y(value) + 4, 'text-anchor': 'end'}, count(value)));
	const tick = niceSeconds(time.to / 1e6 / Math.max(2, Math.floor((width - 60) / 110))) * 1e6;
	const offset = (new Date(time.from / 1000)).getTimezoneOffset() * 60e6;
	for (let at = tick - (time.from - offset) % tick; at < time.to; at += tick) {
		const left = x(at / time.width);
		group.append(drawn('line', {class: 'grid', x1: left, x2: left, y1: PLOT.top, y2: base}));
		if (left > PLOT.left + 24 && left < width - 34)
			group.append(drawn('text', {class: 'dim', x: left, y: bottom() - 6, 'text-anchor': 'middle'}, moment(at, tick < 1e6, tick >= 86400e6)));
	}
	return group;
}

const hasFailed = time.failed > 0;
const bottom = () => PLOT.top + PLOT.height + (hasFailed ? PLOT.gap + PLOT.failed : 0) + PLOT.bottom;

function failures(x) {
	const most = Math.max(...together.failed), base = PLOT.top + PLOT.height + PLOT.gap + PLOT.failed, group = drawn('g', {});
	group.append(drawn('line', {class: 'axis', x1: PLOT.left, x2: x(time.buckets), y1: base, y2: base}));
	together.failed.forEach((failed, bucket) => failed > 0 && group.append(drawn('rect', {class: 'failed-bar', x: x(bucket),
		width: Math.max(1.5, x(bucket + 1) - x(bucket)), y: base - Math.max(2, failed / most * PLOT.failed), height: Math.max(2, failed / most * PLOT.failed)})));
	group.append(drawn('text', {class: 'dim', x: PLOT.left + 4, y: base - PLOT.failed + 10}, `failed to connect: ${count(time.failed)}`));
	return group;
}

const GLYPHS = {start: '\u25b7', end: '\u25a1', killed: '\u2715', told: '!'};

function marks(x) {
	const group = drawn('g', {}), shown = data.marks.length > 60 ? data.marks.filter(mark => mark[1] === 'killed').slice(0, 30) : data.marks;
	for (const [at, what, pid, exe, words] of shown) {
		const left = x(Math.min(time.buckets, at / time.width));
		group.append(drawn('g', {}, drawn('title', {}, `${moment(at)} process ${pid} ${exe}: ${words || 'started'}`),
			drawn('line', {class: `event ${what}`, x1: left, x2: left, y1: PLOT.top - 4, y2: PLOT.top + PLOT.height}),
			drawn('text', {class: what === 'killed' ? 'bad' : 'dim', x: Math.max(PLOT.left + 5, left), y: PLOT.top - 7, 'text-anchor': left > x(time.buckets) - 8 ? 'end' : 'middle'}, GLYPHS[what] || '\u00b7')));
	}
	return group;
}

/* A handle of the brush, for fingers and for arrow keys. */
function grip(which, x) {
	const bucket = chosen[which], left = x(which === 'first' ? bucket : bucket + 1);
	return drawn('rect', {class: 'grip', id: `grip-${which}`, x: left - 4, y: PLOT.top + PLOT.height / 2 - 16, width: 8, height: 32, rx: 3, tabindex: 0, role: 'slider',
		'aria-label': which === 'first' ? 'Begin of the span' : 'End of the span', 'aria-valuemin': 0, 'aria-valuemax': time.buckets - 1,
		'aria-valuenow': bucket, 'aria-valuetext': short(beginOf(which === 'first' ? bucket : bucket + 1)),
		onkeydown: event => {
			const step = {ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -20, PageUp: 20, Home: -time.buckets, End: time.buckets}[event.key];
			if (!step)
				return;
			event.preventDefault();
			choose(which === 'first' ? bucket + step : chosen.first, which === 'last' ? bucket + step : chosen.last);
			byId(`grip-${which}`).focus();
		}});
}

function choose(first, last) {
	const bound = bucket => Math.max(0, Math.min(time.buckets - 1, bucket));
	[chosen.first, chosen.last] = [Math.min(bound(first), bound(last)), Math.max(bound(first), bound(last))];
	changed();
}

/* What lies under the pointer, in words. */
function tip(bucket, left, width) {
	const box = node('div', {class: 'tip'}, node('b', {}, short(beginOf(bucket))), ` ${plural(together.most[bucket], 'connection')} open`);
	for (const site of [...pictured].reverse())
		if (parts[bucket][colourOf(site)] > 0)
			box.append(node('div', {}, chip(site), node('b', {}, count(parts[bucket][colourOf(site)])), node('span', {}, nameOf(site))));
	if (parts[bucket][0] > 0)
		box.append(node('div', {}, node('b', {}, count(parts[bucket][0])), node('span', {}, 'elsewhere')));
	if (together.failed[bucket] > 0)
		box.append(node('div', {class: 'bad'}, `${plural(together.failed[bucket], 'attempt')} to connect failed`));
	box.style.left = left < width / 2 ? `${left + 14}px` : '';
	box.style.right = left < width / 2 ? '' : `${width - left + 14}px`;
	return box;
}

/* Draws over the picture while the pointer moves, and chooses when it is let go. */
function listen(plot, svg, x, width) {
	const bucketAt = event => Math.max(0, Math.min(time.buckets - 1, Math.floor((event.clientX - svg.getBoundingClientRect().left - PLOT.left) / (width - PLOT.left - PLOT.right) * time.buckets)));
	const cross = drawn('line', {class: 'cross', y1: PLOT.top, y2: PLOT.top + PLOT.height, visibility: 'hidden', 'pointer-events': 'none'});
	const dragged = drawn('rect', {class: 'grip', opacity: 0.2, y: PLOT.top, height: PLOT.height, visibility: 'hidden', 'pointer-events': 'none'});
	let began = null;
	const leave = () => {
		cross.setAttribute('visibility', 'hidden');
		byId('chart').querySelector('.tip')?.remove();
	};
	svg.append(cross, dragged);
	plot.addEventListener('pointerdown', event => {
		began = bucketAt(event);
		plot.setPointerCapture(event.pointerId);
	});
	plot.addEventListener('pointermove', event => {
		const bucket = bucketAt(event), left = x(bucket + 0.5);
		leave();
		cross.setAttribute('visibility', 'visible');
		cross.setAttribute('x1', left);
		cross.setAttribute('x2', left);
		byId('chart').append(tip(bucket, left, width));
		if (began === null)
			return;
		dragged.setAttribute('visibility', 'visible');
		dragged.setAttribute('x', x(Math.min(began, bucket)));
		dragged.setAttribute('width', x(Math.max(began, bucket) + 1) - x(Math.min(began, bucket)));
	});
	plot.addEventListener('pointerup', event => {
		const from = began, to = bucketAt(event);
		began = null;
		leave();
		if (from !== null && from !== to)
			choose(from, to);
	});
	plot.addEventListener('pointercancel', () => { began = null; leave(); });
	plot.addEventListener('pointerleave', leave);
	plot.addEventListener('dblclick', () => choose(0, time.buckets - 1));
}

function brush(x) {
	const group = drawn('g', {}), full = {y: PLOT.top, height: PLOT.height, class: 'shade', 'pointer-events': 'none'};
	if (!isWhole())
		group.append(drawn('rect', {...full, x: x(0), width: x(chosen.first) - x(0)}), drawn('rect', {...full, x: x(chosen.last + 1), width: x(time.buckets) - x(chosen.last + 1)}));
	group.append(...[chosen.first, chosen.last + 1].map(bucket => drawn('line', {class: 'edge', x1: x(bucket), x2: x(bucket), y1: PLOT.top, y2: PLOT.top + PLOT.height, 'pointer-events': 'none'})));
	return group;
}

function drawChart() {
	const box = byId('chart'), width = Math.max(280, box.clientWidth);
	const highest = Math.max(1, time.most, data.max_connections) * 1.1;
	PLOT.height = Math.max(220, Math.min(460, width * 0.2));
	const x = bucket => PLOT.left + bucket / time.buckets * (width - PLOT.left - PLOT.right);
	const y = value => PLOT.top + PLOT.height * (1 - value / highest);
	const plot = drawn('rect', {class: 'plot', id: 'plot', x: PLOT.left, y: PLOT.top, width: width - PLOT.left - PLOT.right, height: PLOT.height});
	const words = `${plural(time.most, 'connection')} open at once at most, ${moment(time.most_at || 0)}` +
		(data.max_connections ? `, of ${count(data.max_connections)} that the server allows` : '') + (hasFailed ? `; ${plural(time.failed, 'attempt')} to connect failed` : '');
	const svg = drawn('svg', {height: bottom(), viewBox: `0 0 ${width} ${bottom()}`},
		drawn('g', {role: 'img', 'aria-label': words}, hatches(), grid(width, x, y, highest), areas(x, y), hasFailed ? failures(x) : null,
			data.max_connections ? drawn('g', {}, drawn('line', {class: 'limit', x1: PLOT.left, x2: width - PLOT.right, y1: y(data.max_connections), y2: y(data.max_connections)}),
				drawn('text', {x: PLOT.left + 6, y: y(data.max_connections) - 5}, `max_connections ${count(data.max_connections)}`)) : null),
		brush(x), marks(x), plot);
	listen(plot, svg, x, width);
	svg.append(grip('first', x), grip('last', x));
	replace(box, svg);
}

function drawLegend() {
	replace(byId('legend'), pictured.map(site => node('button', {type: 'button', class: 'plain', 'aria-pressed': String(chosen.lit === site), title: nameOf(site), onclick: () => {
		chosen.lit = chosen.lit === site ? null : site;
		chooseSite(site, false);
	}},
		chip(site), node('span', {}, nameOf(site)))), hasRest ? node('span', {class: 'dim'}, node('span', {class: 'chip c0', 'aria-hidden': 'true'}, '\u00b7'), ' all others') : null);
}

function drawSpan() {
	byId('span-text').textContent = `Below: ${spanText()}`;
	byId('span-whole').disabled = isWhole();
}

function beginChart() {
	byId('time-hint').textContent = time.opened + time.failed === 0 ? 'No connection was opened.' :
		`Each of ${count(time.buckets)} columns is ${duration(time.width)} wide and as high as the most that was open in it. Drag over a part of the picture to see only that; times are those of your clock.` +
		(time.uncounted ? ` ${plural(time.uncounted, 'process').replace('processs', 'processes')} lost events: what they had open is not in the picture.` : '');
	byId('span-whole').addEventListener('click', () => choose(0, time.buckets - 1));
	replace(byId('marks').querySelector('ol'), data.marks.map(([at, what, pid, exe, words]) =>
		node('li', {class: what === 'killed' ? 'bad' : ''}, `${moment(at, true)}  process ${pid} ${exe}: ${words || 'started'}`)));
	byId('marks').hidden = data.marks.length === 0;
	redraw.push(drawChart, drawLegend, drawSpan);
	whenWide(byId('chart'), drawChart);
}
