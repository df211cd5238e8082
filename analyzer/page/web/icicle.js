/* SPDX-License-Identifier: PostgreSQL
 * icicle.js - the stacks of a call site as an icicle: the outermost call at the top, as wide as it opened connections. */
const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
const ROW = Math.round(rem * 1.5), LETTER = rem * 0.44; // of a call, and about that of a letter in it
const icicle = {root: null, folded: false, weight: 'left'};

/* A tree of calls: {call, weight, children}, from the outermost on. */
function treeOf(site) {
	const weigh = icicle.weight === 'left' && site.stacks.some(([, , left]) => left > 0) ? 2 : 1;
	const root = {call: null, weight: 0, children: new Map(), depth: 0};
	for (const stack of site.stacks) {
		let at = root;
		if (stack[weigh] === 0)
			continue;
		root.weight += stack[weigh];
		for (const call of callsOf(stack[0]).reverse()) {
			if (call.folded && !icicle.folded)
				continue;
			if (!at.children.has(call.id))
				at.children.set(call.id, {call, weight: 0, children: new Map(), depth: at.depth + 1, parent: at});
			at = at.children.get(call.id);
			at.weight += stack[weigh];
		}
	}
	return root;
}

const kindOf = call => call.language ? 'script' : call.role === 'driver' ? 'driver' : call.role === 'native' ? 'native' : 'other';
const KINDS = {script: 'a script', native: 'native code', driver: 'a driver', other: 'interpreter, system, runner'};

const pathOf = item => item && item.call ? [...pathOf(item.parent), item.call.id] : [];

function drawIcicle() {
	const box = byId('icicle'), site = chosen.site, width = Math.max(260, box.clientWidth), whole = treeOf(site);
	let root = whole;
	for (const id of icicle.root || [])
		root = root.children.get(id) || root;
	const said = node('p', {class: 'code', 'aria-live': 'polite'}, '\u00a0'), group = drawn('g', {});
	let deepest = 0;
	const share = item => `${item.call.text}: ${count(item.weight)} of ${count(whole.weight)} (${KINDS[kindOf(item.call)]})`;
	const place = (item, left, wide) => {
		const top = (item.depth - root.depth) * ROW, room = Math.floor((wide - 8) / LETTER), text = item.call.text;
		deepest = Math.max(deepest, top + ROW);
		const frame = drawn('g', {class: 'frame', tabindex: 0, role: 'button', 'aria-label': share(item)},
			drawn('rect', {class: `call ${kindOf(item.call)}`, x: left, y: top, width: Math.max(1, wide), height: ROW - 1, rx: 2}),
			room > 2 ? drawn('text', {x: left + 4, y: top + ROW * 0.68, 'aria-hidden': 'true'}, text.length > room ? `${text.slice(0, room - 1)}\u2026` : text) : null);
		const zoom = () => {
			icicle.root = pathOf(item);
			drawIcicle();
			byId('icicle').querySelector('g.frame')?.focus();
		};
		frame.addEventListener('focus', () => { said.textContent = share(item); });
		frame.addEventListener('pointerenter', () => { said.textContent = share(item); });
		frame.addEventListener('click', zoom);
		frame.addEventListener('keydown', event => (event.key === 'Enter' || event.key === ' ') && (event.preventDefault(), zoom()));
		group.append(frame);
		children(item, left, wide);
	};
	const children = (item, left, wide) => {
		for (const child of [...item.children.values()].sort((a, b) => b.weight - a.weight)) {
			const part = wide * child.weight / item.weight;
			if (part >= 0.8)
				place(child, left, part);
			left += part;
		}
	};
	if (root.call)
		place(root, 0, width);
	else
		children(root, 0, width);
	const sample = kind => drawn('svg', {viewBox: '0 0 22 14', 'aria-hidden': 'true'}, drawn('rect', {class: `call ${kind}`, x: 1, y: 1, width: 20, height: 12, rx: 2}));
	const toggle = (text, on, flip) => node('label', {}, node('input', {type: 'checkbox', checked: on, onchange: () => { flip(); icicle.root = null; drawIcicle(); }}), text);
	replace(box, node('div', {class: 'key'}, Object.entries(KINDS).map(([kind, words]) => node('span', {}, sample(kind), ` ${words}`)),
		toggle('also what only runs the program', icicle.folded, () => { icicle.folded = !icicle.folded; }),
		site.left > 0 ? toggle('only what was left open', icicle.weight === 'left', () => { icicle.weight = icicle.weight === 'left' ? 'opened' : 'left'; }) : null,
		icicle.root ? node('button', {type: 'button', onclick: () => { icicle.root = null; drawIcicle(); }}, 'Whole stacks') : null),
	whole.weight > 0 ? drawn('svg', {height: deepest, viewBox: `0 0 ${width} ${Math.max(ROW, deepest)}`, role: 'group', 'aria-label': 'Calls, the outermost at the top'}, group)
		: node('p', {class: 'dim'}, 'No stack of it is known.'), said);
}

const beginIcicle = () => whenWide(byId('icicle'), () => chosen.site && drawIcicle());
