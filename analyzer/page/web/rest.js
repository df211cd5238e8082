/* SPDX-License-Identifier: PostgreSQL
 * rest.js - the first lines, and what is told in words: findings, misuse, habits, settings, and what was not seen. */
function beginHead() {
	// What was abandoned is what the reader looks for, where nothing leaked.
	const lines = [...data.verdict], abandoned = report.conclusion === 'leaked' ? -1 : lines.findIndex(line => /^\d+ connections? abandoned/.test(line));
	const worst = abandoned > 0 ? lines.splice(abandoned, 1)[0] : null, [plain, ...more] = lines, verdict = byId('verdict');
	const first = worst ? `${worst}; ${plain}` : plain || 'no connection was opened';
	document.title = `${first} \u2013 pqleak`;
	byId('trace').textContent = report.trace;
	verdict.textContent = first[0].toUpperCase() + first.slice(1);
	verdict.className = report.conclusion === 'leaked' ? 'bad' : report.conclusion === 'cannot tell' || data.findings.some(finding => finding.level !== 'note') ? 'warn' : 'good';
	const guilty = data.findings[0];
	const site = guilty && guilty.site && siteOf(guilty.site), holder = site && site.borrowers[0];
	if (guilty)
		replace(byId('guilty'), site ? node('button', {type: 'button', class: 'plain link', onclick: () => chooseSite(site)}, guilty.title) : guilty.title,
			holder && !guilty.title.includes(holder[0]) ? node('span', {class: 'dim'}, ` \u2013 ${count(holder[1])} of them last used at ${holder[0]}`) : null);
	replace(byId('said'), more.map(line => node('li', {}, line)));
	const connections = report.connections, left = connections.leaked + connections['open-at-death'] + connections.open + connections['cannot-tell'];
	const facts = [['opened', count(connections.acquired - connections.failed), ''], ['never given back', count(left), left ? 'bad' : ''], ['failed to connect', count(connections.failed), connections.failed ? 'warn' : ''],
		['open at once', count(time.most) + (data.max_connections ? ` of ${count(data.max_connections)}` : ''), data.max_connections && time.most >= data.max_connections ? 'bad' : ''], [`processes (${Object.entries(report.processes.ends).map(([end, number]) => `${count(number)} ${end === 'unknown' ? 'end unknown' : end}`).join(', ')})`, count(report.processes.count), ''],
		['from the first to the last moment', duration(time.to), '']];
	replace(byId('numbers'), facts.map(([name, value, style]) => node('div', {}, node('dt', {}, name), node('dd', {class: style}, value))));
	byId('made').textContent = `Made by pqleak ${data.version} of ${report.trace}. The numbers are those of pqleak report. This page is one file and loads nothing.`;
}

const none = words => node('p', {class: 'dim'}, words);

function findingOf(finding) {
	const site = finding.site && siteOf(finding.site);
	return node('details', {class: `said ${finding.level}`, 'data-finding': finding.number}, node('summary', {}, finding.title),
		finding.text ? node('pre', {tabindex: 0}, finding.text) : none('pqleak report --all has more.'), site ? node('p', {}, node('button', {type: 'button', class: 'plain link', onclick: () => chooseSite(site)}, `see ${nameOf(site)}`)) : null);
}

function problemOf(problem) {
	return node('details', {class: `said ${problem.level}`}, node('summary', {}, problem.message), node('p', {class: 'dim'}, problem.help),
		node('div', {class: 'three'}, problem.stacks.map(([words, stack]) => stackList(words, stack))));
}

function settingOf(item) {
	return node('details', {class: `said ${item.advice.length ? 'warning' : ''}`}, node('summary', {}, `${plural(item.count, 'connection')} opened at ${item.name}, over ${{socket: 'a Unix socket', loopback: 'the loopback', network: 'the network'}[item.way] || 'an unknown way'}${item.ssl ? ', with SSL' : ''}`),
		node('ul', {}, item.advice.map(advice => node('li', {class: 'warn'}, advice))), item.settings.length ? node('dl', {class: 'pairs'}, item.settings.map(([name, value]) => [node('dt', {class: 'code'}, name), node('dd', {class: 'code'}, value)])) : none('all settings are libpq\u2019s own'));
}

function beginRest() {
	// What some programs do by design is a habit.
	const grave = problem => problem.what === 'misuse' && problem.level !== 'note';
	const misuse = data.problems.filter(grave), notes = data.problems.filter(problem => !grave(problem));
	replace(byId('findings'), data.findings.length ? data.findings.map(findingOf) : none('Nothing.'));
	replace(byId('misuse'), misuse.length ? misuse.map(problemOf) : none('None.'));
	replace(byId('notes'), notes.length ? notes.map(problemOf) : none('None worth a note.'));
	replace(byId('audit'), data.audit.length ? data.audit.map(settingOf) : none('No connection was opened.'));
	const reasons = report.cannot_tell.map(reason => node('li', {class: 'warn'}, reason)), unseen = report.unseen.filter(one => !report.cannot_tell.some(reason => reason.startsWith(one.text))).map(one => node('li', {}, one.text));
	const unnamed = report.unnamed.map(one => node('li', {}, `${one.module} has no names for ${plural(one.frames, 'call')}` + (one.debug_package ? `: install ${one.debug_package}` : '')));
	const early = report.processes.killed_early.map(one => node('li', {}, `process ${one.pid} was killed by ${one.signal} before it called libpq`));
	replace(byId('unseen'), reasons.length + unseen.length + unnamed.length + early.length ? [node('ul', {}, reasons, unseen, early, unnamed)] : none('Everything that was asked of libpq was seen.'),
		node('p', {class: 'hint'}, 'A trace knows of each connection when it was opened, last used and given back, with stacks; of uses in between only with --events=all. When a pool lends a connection and takes it back, libpq cannot show.'));
}
