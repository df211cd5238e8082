/* SPDX-License-Identifier: PostgreSQL
 * lanes.js - connections of a call site as lanes, and the life of one of them with its stacks. */
const FEW_LANES = 40;
const lanes = {all: false};
const SPANS = {connect: 'l-connect', use: 'l-use', idle: 'l-idle', 'idle in transaction': 'l-xact', query: 'l-query', failed: 'l-failed'};
const MANNERS = {exit: 'by the exit of the process', thread: 'by the end of a thread', collector: 'by a garbage collector', code: 'by the code'};

/* When it ended, and as far as the trace knows how. */
function endOf(lane) {
	const last = Math.max(...lane.spans.map(span => span[1]), lane.from), release = lane.points.find(point => point[1] === 'release');
	return {at: release ? release[0] : last, words: release ? `given back ${MANNERS[release[2]] || ''}`.trim() : lane.verdict === 'open' ? 'still open' : 'never given back'};
}

const becameOf = lane => lane.state === 'failed' ? `failed: ${lane.error || 'other'}` : lane.abandoned ? 'abandoned' : lane.verdict;

function strip(lane, begin, end, width) {
	const x = at => Math.max(0, Math.min(width, (at - begin) / Math.max(1, end - begin) * width)), group = drawn('g', {});
	for (const [from, to, what] of lane.spans) {
		const left = x(from), wide = Math.max(what === 'idle' ? 0 : 1.5, x(to) - left);
		if (to < begin || from > end)
			continue;
		if (what === 'transaction')
			group.append(drawn('rect', {class: 'l-open', x: left, y: 1, width: wide, height: 16, rx: 2}));
		else
			group.append(drawn('rect', {class: SPANS[what] || 'l-idle', x: left, y: what === 'idle' ? 7 : 4, width: wide, height: what === 'idle' ? 4 : 10, rx: 1}));
	}
	for (const [at, what] of lane.points) {
		if (at < begin || at > end)
			continue;
		if (what === 'use')
			group.append(drawn('line', {class: 'l-tick', x1: x(at), x2: x(at), y1: 2, y2: 16}));
		else if (what === 'reset')
			group.append(drawn('path', {class: 'l-reset', d: `M${x(at)},3l5,6l-5,6l-5,-6z`}));
		else if (what === 'broken')
			group.append(drawn('text', {class: 'bad', x: x(at), y: 14, 'text-anchor': 'middle'}, '\u26a1'));
	}
	const ended = endOf(lane), left = Math.min(width - 6, Math.max(6, x(ended.at)));
	if (ended.at >= begin && ended.at <= end && lane.verdict !== 'open')
		group.append(lane.verdict === 'released' ? drawn('circle', {class: 'l-release', cx: left, cy: 9, r: 4}) : drawn('text', {class: 'bad', x: left, y: 13, 'text-anchor': 'middle'}, '\u2715'));
	return drawn('svg', {viewBox: `0 0 ${width} 18`, preserveAspectRatio: 'none', 'aria-hidden': 'true'}, group);
}

function stackList(title, stack) {
	const calls = stack ? callsOf(stack) : [], plain = calls.filter(call => !call.folded);
	return node('div', {}, node('h4', {}, title), calls.length === 0 ? node('p', {class: 'dim'}, 'none') :
		node('ol', {}, (plain.length ? plain : calls).map(call => node('li', {class: call.role === 'script' || call.role === 'native' ? 'own' : 'dim'}, call.text))));
}

function lifeOf(lane) {
	const [opened, used, released] = lane.stacks, ended = endOf(lane);
	const pairs = [['opened', `${moment(lane.from, true)} by ${lane.opened_by}${lane.error ? `, failed: ${lane.error}` : ''}`],
		['last used', lane.used_by ? `${moment((lane.points.filter(point => point[1] === 'use').pop() || [lane.from])[0], true)} by ${lane.used_by}${lane.statement ? ` (${lane.statement})` : ''}, ${plural(lane.queries, 'statement')}` : 'never'],
		['then', lane.state === 'connected' ? lane.status : lane.state], ['end', `${ended.words}${lane.held !== null ? ` after ${duration(lane.held)}` : ''}`],
		['target', lane.target || 'unknown'], ['where', `process ${lane.pid}, thread ${lane.thread}, backend ${lane.backend}`], ['more', `pqleak show ${report.trace} ${lane.id}`]];
	return node('div', {class: 'life'}, node('dl', {class: 'pairs'}, pairs.map(([name, value]) => [node('dt', {}, name), node('dd', {}, value)])),
		node('div', {class: 'three'}, stackList('Opened', opened), stackList('Last used', used), stackList('Given back', released)));
}

function drawLanes() {
	const box = byId('lanes'), site = chosen.site, begin = beginOf(chosen.first), end = Math.min(time.to, beginOf(chosen.last + 1));
	const mine = data.lanes.filter(lane => lane.site === site.site && lane.from <= end && endOf(lane).at >= begin);
	const shown = lanes.all ? mine : mine.slice(0, FEW_LANES), width = Math.max(120, box.clientWidth - (box.clientWidth > 620 ? 190 : 12));
	const known = data.lanes.filter(lane => lane.site === site.site).length, all = site.opened + site.failed;
	const swatch = (kind, words) => node('span', {}, drawn('svg', {viewBox: '0 0 22 14', 'aria-hidden': 'true'}, drawn('rect', {class: kind, x: 1, y: kind === 'l-idle' ? 5 : 2, width: 20, height: kind === 'l-idle' ? 4 : 10})), ` ${words}`);
	replace(box, node('p', {class: 'hint'}, `${plural(mine.length, 'connection')} in the span` + (all > known ? `; ${count(all - known)} of this call site are left out: those that tell most are here, never given back, abandoned, held longest, first` : '') + '.'),
		node('div', {class: 'key'}, swatch('l-connect', 'connecting'), swatch('l-use', 'used until its last use'), swatch('l-idle', 'idle'), swatch('l-xact', 'idle in transaction'), swatch('l-query', 'query unanswered'), swatch('l-failed', 'failed'),
			node('span', {}, '\u2502 a use'), node('span', {class: 'good'}, '\u25cf given back'), node('span', {class: 'bad'}, '\u2715 never given back')),
		shown.flatMap(lane => [node('button', {type: 'button', class: 'plain lane', 'data-lane': lane.id, 'aria-expanded': String(chosen.lane === lane.id), 'aria-label': `#${lane.id} ${becameOf(lane)}, process ${lane.pid}, ${endOf(lane).words}`,
			onclick: () => {
				chosen.lane = chosen.lane === lane.id ? null : lane.id;
				drawLanes();
				byId('lanes').querySelector(`[data-lane="${lane.id}"]`)?.focus();
			}}, node('span', {class: 'what'}, `#${lane.id} `, node('span', {class: lane.verdict === 'released' ? 'dim' : 'bad'}, becameOf(lane))), strip(lane, begin, end, width)),
		chosen.lane === lane.id ? lifeOf(lane) : null]),
		mine.length > shown.length ? node('button', {type: 'button', onclick: () => { lanes.all = true; drawLanes(); }}, `Show all ${count(mine.length)}`) : '');
}

const beginLanes = () => whenWide(byId('lanes'), () => chosen.site && drawLanes());
