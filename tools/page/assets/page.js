'use strict';
/* What all pages share: colours, times in the operator's zone, keys, and the running session's events.
 *
 * A page is whole without this. Text comes into it through textContent only. Other scripts listen to `neo:now` (its
 * detail is the event's object), `neo:message`, `neo:lost`, `neo:ended` and `neo:theme` on the document.
 */
(function () {
  var root = document.documentElement;

  // --- Colours: before the page is drawn ---------------------------------------------------------------------------

  var THEMES = ['', 'light', 'dark'];
  var theme = '';
  try { theme = window.localStorage.getItem('neo-theme') || ''; } catch (error) { theme = ''; }
  function paint() {
    if (theme === 'light' || theme === 'dark') { root.dataset.theme = theme; } else { delete root.dataset.theme; }
  }
  paint();

  function nextTheme() {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
    try { window.localStorage.setItem('neo-theme', theme); } catch (error) { /* It lasts as long as the page, then. */ }
    paint();
    nameTheme();
    tell('theme', theme);
  }

  function nameTheme() {
    var button = document.getElementById('theme');
    var words = theme || 'system';
    if (button) {
      button.textContent = 'Theme: ' + words;
      button.hidden = false;
    }
  }

  function tell(name, detail) { document.dispatchEvent(new CustomEvent('neo:' + name, {detail: detail})); }

  // --- Times -------------------------------------------------------------------------------------------------------

  var zone = Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
  var two = function (number) { return String(number).padStart(2, '0'); };

  function clock(moment) {
    return two(moment.getHours()) + ':' + two(moment.getMinutes()) + ':' + two(moment.getSeconds());
  }

  function day(moment) {
    return moment.getFullYear() + '-' + two(moment.getMonth() + 1) + '-' + two(moment.getDate());
  }

  function localise(within) {
    within.querySelectorAll('time[datetime]').forEach(function (place) {
      var moment = new Date(place.getAttribute('datetime'));
      if (isNaN(moment)) { return; }
      var form = place.dataset.form;
      place.title = place.getAttribute('datetime').replace('T', ' ').replace('Z', ' UTC');
      place.textContent = form === 'time' ? clock(moment) : form === 'day' ? day(moment) : day(moment) + ' ' + clock(moment);
    });
  }

  // --- The running session's events --------------------------------------------------------------------------------

  var RETRY_MS = 2000;
  var source = null;
  var lostAt = null;
  var ended = false;

  function linkage(words) {
    var place = document.getElementById('linkage');
    if (place && place.textContent !== words) { place.textContent = words; }
  }

  function follow() {
    var address = document.body.dataset.events;
    if (!address || !('EventSource' in window)) { return; }
    source = new EventSource(address);
    source.addEventListener('open', function () {
      if (lostAt !== null) { lostAt = null; linkage(''); tell('linked'); }
    });
    source.addEventListener('now', function (event) {
      if (lostAt !== null) { lostAt = null; linkage(''); }
      var data = JSON.parse(event.data);
      fill(data);
      tell('now', data);
    });
    source.addEventListener('ended', function (event) {
      ended = true;
      source.close();
      var data = JSON.parse(event.data);
      var why = data.reason || 'for a reason that nobody wrote down';
      state('ended: ' + why + (data.detail ? ' (' + data.detail + ')' : ''));
      tell('ended', data);
      lose();
    });
    source.addEventListener('error', lose);
  }

  // The browser tries again by itself only while it gets no answer; another answer than events ends it for good.
  function lose() {
    if (lostAt === null) {
      lostAt = new Date();
      linkage((ended ? 'Session ended at ' : 'Connection lost since ') + clock(lostAt));
    }
    if (source) { source.close(); source = null; }
    window.setTimeout(seek, RETRY_MS);
  }

  function seek() {
    fetch('/running.json', {cache: 'no-store'}).then(function (answer) {
      if (!answer.ok) { throw new Error(String(answer.status)); }
      return answer.json();
    }).then(function (running) {
      var mine = document.body.dataset.session;
      var ids = running.map(function (one) { return one.session; });
      if (ids.indexOf(mine) >= 0 && !ended) { follow(); return; }
      if (ids.length) { offer(running[0]); return; }
      window.setTimeout(seek, RETRY_MS);
    }).catch(function () { window.setTimeout(seek, RETRY_MS); });
  }

  // Another session runs now. The page goes there by itself, unless somebody is writing in it.
  function offer(next) {
    var tab = document.body.dataset.tab;
    var href = next.href + (tab && tab !== 'now' ? '/' + tab : '');
    if (!document.querySelector('input:focus, textarea:focus, dialog[open]')) { window.location.assign(href); return; }
    var place = document.getElementById('linkage');
    place.textContent = '';
    var way = document.createElement('a');
    way.href = href;
    way.textContent = 'Session ' + next.session + ' runs now';
    place.append(way);
  }

  function state(words) {
    var place = document.getElementById('state');
    if (place && place.textContent !== words) { place.textContent = words; }
  }

  // --- Cells by their name -----------------------------------------------------------------------------------------

  function put(place, cell) {
    var written = place;
    if (cell.href) {
      written = place.querySelector('a') || place.appendChild(document.createElement('a'));
      if (written.getAttribute('href') !== cell.href) { written.setAttribute('href', cell.href); }
    } else if (place.firstElementChild) { place.textContent = ''; }
    if (written.textContent !== cell.text) { written.textContent = cell.text; }
    var tone = cell.tone || '';
    if ((place.dataset.tone || '') !== tone) {
      if (place.dataset.tone) { place.classList.remove(place.dataset.tone); }
      if (tone) { place.classList.add(tone); }
      place.dataset.tone = tone;
    }
  }

  function fill(data) {
    if (data.state) { state(data.state); }
    document.querySelectorAll('[data-cell]').forEach(function (place) {
      var cell = (data.cells || {})[place.dataset.cell];
      if (cell) { put(place, cell); }
    });
    document.querySelectorAll('meter[data-meter]').forEach(function (place) {
      var share = (data.meters || {})[place.dataset.meter];
      place.hidden = share === undefined || share === null;
      if (!place.hidden) { place.value = share; }
    });
    document.querySelectorAll('tbody[data-table]').forEach(function (place) {
      var rows = (data.tables || {})[place.dataset.table];
      if (rows) { list(place, rows); }
    });
  }

  // Rows that are there are filled anew, so that nothing flickers and a reader's place stays.
  function list(place, rows) {
    var head = place.parentNode.tHead;
    if (head) { head.hidden = rows.length === 1 && rows[0].length === 1; }
    while (place.rows.length > rows.length) { place.deleteRow(-1); }
    rows.forEach(function (cells, at) {
      var row = place.rows[at] || place.insertRow(-1);
      while (row.cells.length > cells.length) { row.deleteCell(-1); }
      cells.forEach(function (cell, column) {
        var one = row.cells[column] || row.insertCell(-1);
        one.classList.toggle('num', Boolean(cell.number));
        put(one, cell);
      });
    });
  }

  // --- Keys --------------------------------------------------------------------------------------------------------

  var LETTERS = {n: '', c: '/course', f: '/fills', o: '/orders', u: '/refusals', e: '/events', r: '/report'};
  var going = false;

  function help() {
    var dialog = document.getElementById('help');
    if (!dialog.open) { dialog.showModal(); }
  }

  function press(event) {
    var writing = event.target.closest('input, select, textarea, dialog');
    if (writing || event.ctrlKey || event.metaKey || event.altKey) { going = false; return; }
    var key = event.key;
    if (going) {
      going = false;
      var session = document.body.dataset.session;
      if (key === 's') { window.location.assign('/'); }
      else if (session && key in LETTERS) {
        window.location.assign('/session/' + encodeURIComponent(session) + LETTERS[key]);
      }
    } else if (key === 'g') { going = true; }
    else if (key === '?') { help(); }
    else if (key === 't') { nextTheme(); }
  }

  // What the server says in an answer of any form but a page.
  function sentence(answer) {
    return answer.text().then(function (text) {
      var kind = answer.headers.get('Content-Type') || '';
      var data = {};
      if (kind.indexOf('json') >= 0) {
        try { data = JSON.parse(text); } catch (error) { data = {}; }
      } else if (kind.indexOf('text/plain') === 0) { data.detail = text.trim(); }
      if (!data.detail) { data.detail = 'The page answered ' + answer.status + '.'; }
      return data;
    });
  }

  window.neo = {sentence: sentence, clock: clock, day: day, localise: localise, tell: tell, zone: zone};

  document.addEventListener('DOMContentLoaded', function () {
    nameTheme();
    localise(document);
    document.getElementById('zone').textContent = 'Times are in your zone, ' + zone + '; point at one for UTC.';
    document.getElementById('theme').addEventListener('click', nextTheme);
    var ask = document.getElementById('ask');
    ask.hidden = false;
    ask.addEventListener('click', help);
    document.addEventListener('keydown', press);
    follow();
  });
  window.addEventListener('pageshow', function (event) { if (event.persisted) { follow(); } });
  window.addEventListener('pagehide', function () { if (source) { source.close(); } });
})();
