'use strict';
/* The course of a session: its charts and tables, kept level with the journal by increments.
 *
 * What the server keeps of a session is thinned to a bounded size, and so is what is here: an answer says from which
 * ledger and which fill on it takes the place of what is there.
 */
(function () {
  var POLL_MS = 1000;
  var HIDDEN_MS = 15000;
  var RETRY_MS = 2000;
  var ROWS = 20;
  // Ledgers that are thinned together, of which all are shown still.
  var WHOLE = 8;

  var address = document.getElementById('course').dataset.from;
  var columns = null;
  var NO_FILLS = {seq: [], time: [], bought: [], at: [], xrp: [], count: []};
  var fills = NO_FILLS;
  var limits = {};
  var stride = 1;
  var stretch = 0;
  var after = 0;
  var goesOn = true;
  var lostAt = null;
  var timer = null;
  var asking = false;

  // --- Forms -------------------------------------------------------------------------------------------------------

  function price(value) { return value.toPrecision(6); }
  function amount(value) { return value.toLocaleString('en-US', {minimumFractionDigits: 2, maximumFractionDigits: 2}); }
  function change(value) { return (value < 0 ? '-' : '+') + Math.abs(value).toFixed(4); }
  function bps(value) { return (value < 0 ? '-' : '+') + Math.abs(value).toFixed(1); }
  function column(name) { return function (held) { return held[name]; }; }
  function each(make) {
    return function (held) { return held.time.map(function (time, at) { return make(held, at); }); };
  }
  function product(one, other) { return one === null || other === null ? null : one * other; }
  function difference(one, other) { return one === null || other === null ? null : one - other; }

  function result(held, at) {
    return held.spread[at] === null ? null : held.spread[at] + held.revaluation[at] + held.fees[at];
  }

  function held(all, at) { return product(all.xrp[at], all.mid[at]); }

  function target(all, at) {
    var value = held(all, at);
    return value === null || limits.target === null ? null : (value + all.rlusd[at]) * limits.target;
  }

  function line(name, of, colour, dash, text, more) {
    return Object.assign({name: name, of: of, colour: colour, dash: dash, text: text}, more || {});
  }

  function bound(name, colour) {
    return {name: name, colour: colour, dash: 'sparse', width: 1.5, limit: true, value: null, text: amount};
  }

  // --- The charts --------------------------------------------------------------------------------------------------

  var XRP_LIMIT = bound('XRP limit', '--one');
  var RLUSD_LIMIT = bound('RLUSD limit', '--four');

  var SPECS = {
    price: {digits: 4, series: [
      line('mid', column('mid'), '--ink', 'solid', price),
      line('our bid', column('own_bid'), '--one', 'dashed', price, {stepped: true, width: 2}),
      line('our ask', column('own_ask'), '--three', 'mixed', price, {stepped: true, width: 2}),
      line('best bid', column('best_bid'), '--soft', 'dotted', price, {stepped: true}),
      line('best ask', column('best_ask'), '--soft', 'dotted', price, {stepped: true}),
      line('AMM', column('pool'), '--five', 'sparse', price),
      {name: 'bought', marker: 'up', colour: '--one'},
      {name: 'sold', marker: 'down', colour: '--three'}
    ]},
    equity: {zero: true, series: [
      line('result', each(result), '--ink', 'solid', change, {width: 2}),
      line('simply holding', column('holding'), '--five', 'dotted', change, {width: 2}),
      line('against holding', each(function (all, at) { return difference(result(all, at), all.holding[at]); }),
        '--two', 'dashed', change)
    ]},
    causes: {zero: true, series: [
      line('spread captured', column('spread'), '--two', 'solid', change, {width: 2}),
      line('inventory revaluation', column('revaluation'), '--one', 'dashed', change),
      line('fees', column('fees'), '--three', 'dotted', change, {width: 2}),
      line('capital flows', column('capital'), '--four', 'mixed', change)
    ]},
    inventory: {zero: true, series: [
      line('XRP, at the mid', each(held), '--one', 'solid', amount, {width: 2}),
      line('RLUSD', column('rlusd'), '--four', 'dashed', amount, {width: 2}),
      line('XRP target', each(target), '--two', 'dotted', amount, {width: 2}),
      XRP_LIMIT, RLUSD_LIMIT
    ]},
    distance: {zero: true, series: [
      line('bid', column('bid_distance'), '--one', 'solid', bps),
      line('ask', column('ask_distance'), '--three', 'dashed', bps)
    ]},
    markouts: {zero: true, series: [
      line('after 1 ledger', column('mark_out_1'), '--five', 'dotted', change, {width: 2}),
      line('after 5 ledgers', column('mark_out_5'), '--one', 'dashed', change),
      line('after 20 ledgers', column('mark_out_20'), '--ink', 'solid', change)
    ]}
  };

  var family = window.neo.charts(function () {
    return columns && columns.time.length ? [columns.time[0], columns.time[columns.time.length - 1]] : null;
  });
  var charts = {};
  Object.keys(SPECS).forEach(function (name) {
    charts[name] = family.add(document.getElementById('chart-' + name), SPECS[name]);
  });

  function marks(from) {
    return [['up', true, '--one'], ['down', false, '--three']].map(function (kind) {
      var series = SPECS.price.series.filter(function (one) { return one.marker === kind[0]; })[0];
      var mine = {marker: kind[0], colour: kind[2], hidden: series.hidden, time: [], price: [], words: []};
      from.time.forEach(function (time, at) {
        if (Boolean(from.bought[at]) !== kind[1]) { return; }
        mine.time.push(time);
        mine.price.push(from.at[at]);
        mine.words.push(amount(from.xrp[at]) + ' XRP at ' + price(from.at[at]) +
          (from.count[at] > 1 ? ' in ' + from.count[at] + ' fills' : ''));
      });
      var count = fills.count.reduce(function (sum, one, at) { return fills.bought[at] === kind[1] ? sum + one : sum; }, 0);
      mine.total = count.toLocaleString('en-US') + (count === 1 ? ' fill' : ' fills');
      return mine;
    });
  }

  function draw() {
    var close = nearby();
    var shown = marks(close ? close.fills : fills);
    document.getElementById('course').dataset.points = columns.time.length;
    document.getElementById('course').dataset.marks = fills.seq.length;
    document.getElementById('course').dataset.near = close ? close.columns.time.length : 0;
    Object.keys(charts).forEach(function (name) {
      charts[name].set(close && NEAR.indexOf(name) >= 0 ? close.columns : columns, name === 'price' ? shown : []);
    });
    note();
    tell();
  }

  // --- From near ---------------------------------------------------------------------------------------------------

  // Of a stretch of a long session every ledger and fill is fetched: what of it the tables have, not what is summed up.
  var NEAR = ['price', 'inventory', 'distance'];
  var STALE_LEDGERS = 8;
  var near = null;
  var nearTimer = null;

  function lacksNothing() { return stride <= WHOLE && stretch === 0; }

  // What was fetched, if it has what is shown; of the session's end with what came since.
  function nearby() {
    var range = family.range();
    if (!near || !family.window || near.from > range[0] || (!family.window.last && near.to < range[1])) { return null; }
    if (!family.window.last) { return near; }
    return {columns: followed(near.columns, columns, near.to), fills: followed(near.fills, fills, near.to)};
  }

  function followed(mine, theirs, until) {
    var at = theirs.time.length;
    while (at > 0 && theirs.time[at - 1] > until) { at -= 1; }
    var all = {};
    Object.keys(mine).forEach(function (name) { all[name] = mine[name].concat(theirs[name].slice(at)); });
    return all;
  }

  function look() {
    window.clearTimeout(nearTimer);
    if (family.window && columns && !lacksNothing()) { nearTimer = window.setTimeout(fetchNear, 150); }
  }

  function fetchNear() {
    var range = family.range();
    var end = columns.time.length - 1;
    var from = 0;
    while (from < end && columns.time[from + 1] <= range[0]) { from += 1; }
    var to = end;
    while (to > 0 && columns.time[to - 1] >= range[1]) { to -= 1; }
    var first = columns.ledger[from];
    var last = columns.ledger[to];
    var most = Number(document.getElementById('course').dataset.nearMost);
    if (last - first >= most) { return; }
    if (near && near.first <= first && last - near.last <= (family.window.last ? STALE_LEDGERS : 0)) { return; }
    fetch(document.getElementById('course').dataset.stretch + '?first=' + first + '&last=' + last, {cache: 'no-store'})
      .then(function (answer) {
        if (!answer.ok) { throw new Error(String(answer.status)); }
        return answer.json();
      }).then(function (part) {
        var times = part.columns.time;
        if (!times.length) { return; }
        part.fills.count = part.fills.time.map(function () { return 1; });
        near = {first: first, last: last, from: times[0], to: times[times.length - 1], columns: part.columns, fills: part.fills};
        draw();
      }).catch(function () { /* What is thinned is shown still; the next look tries again. */ });
  }

  // --- What came ---------------------------------------------------------------------------------------------------

  function joined(mine, theirs, key, since) {
    var keep = mine ? mine[key].length : 0;
    while (keep > 0 && mine[key][keep - 1] >= since) { keep -= 1; }
    var all = {};
    Object.keys(theirs).forEach(function (name) {
      all[name] = (mine ? mine[name].slice(0, keep) : []).concat(theirs[name]);
    });
    return all;
  }

  function take(part) {
    if (part.whole) {
      columns = null;
      fills = NO_FILLS;
    }
    if (part.since !== null) { columns = joined(columns, part.columns, 'number', part.since); }
    if (part.fills.since !== null) {
      var told = {};
      Object.keys(fills).forEach(function (name) { told[name] = part.fills[name]; });
      fills = joined(fills, told, 'seq', part.fills.since);
    }
    var isNew = part.whole || part.since !== null || part.fills.since !== null;
    after = part.seq;
    goesOn = part.goes_on;
    limits = part.limits;
    XRP_LIMIT.value = limits.xrp;
    RLUSD_LIMIT.value = limits.rlusd;
    stride = part.stride;
    stretch = part.fills.stretch_ledgers;
    put(part);
    say('course-note', part.more ? 'Reading the journal: ' + Number(part.seq).toLocaleString('en-US') + ' records so far.' : '');
    if (part.whole) { near = null; }
    if (isNew && columns) {
      draw();
      rows();
      look();
    }
  }

  function put(part) {
    document.querySelectorAll('[data-figure]').forEach(function (place) {
      var told = part.figures[place.dataset.figure];
      if (told !== undefined && place.textContent !== told) { place.textContent = told; }
    });
    var body = document.getElementById('mark-outs');
    part.mark_outs.forEach(function (cells, at) {
      cells.forEach(function (cell, place) {
        if (body.rows[at].cells[place].textContent !== cell) { body.rows[at].cells[place].textContent = cell; }
      });
    });
  }

  function note() {
    var words = stride <= WHOLE ? 'Every ledger is shown.' :
      'Of each ' + stride + ' ledgers those are shown in which a line is lowest or highest, or begins to be missing.';
    if (stretch > 0) { words += ' Fills of one side within ' + stretch + ' ledgers are one mark.'; }
    if (nearby()) { words += ' From near, price, inventory and distance show every ledger and fill.'; }
    say('thinned', words);
  }

  function say(id, words) {
    var place = document.getElementById(id);
    if (place.textContent !== words) { place.textContent = words; }
  }

  // --- The same as a table -----------------------------------------------------------------------------------------

  function told(value, form) { return value === null || value === undefined ? '-' : form(value); }

  function rows() {
    var body = document.getElementById('points');
    if (!body.closest('details').open) { return; }
    var last = columns.time.length - 1;
    var first = Math.max(0, last - ROWS + 1);
    while (body.rows.length > last - first + 1) { body.deleteRow(-1); }
    for (var at = last; at >= first; at -= 1) {
      var row = body.rows[last - at] || body.insertRow(-1);
      cells(row, at);
    }
  }

  function cells(row, at) {
    var all = columns;
    var moment = new Date(all.time[at] * 1000);
    [window.neo.clock(moment), String(all.ledger[at]), told(all.mid[at], price), told(all.own_bid[at], price),
      told(all.own_ask[at], price), told(all.bid_distance[at], bps), told(all.ask_distance[at], bps),
      told(all.pool[at], price), amount(all.xrp[at]), amount(all.rlusd[at]), told(result(all, at), change),
      told(all.holding[at], change)].forEach(function (words, place) {
      var cell = row.cells[place] || row.insertCell(-1);
      cell.className = 'num';
      cell.textContent = words;
    });
  }

  document.getElementById('points').closest('details').addEventListener('toggle', function () {
    if (columns) { rows(); }
  });

  // --- What is shown -----------------------------------------------------------------------------------------------

  function span(seconds) {
    var minutes = Math.round(seconds / 60);
    if (minutes < 2) { return Math.round(seconds) + ' s'; }
    return minutes < 120 ? minutes + ' min' : Math.floor(minutes / 60) + ' h ' + (minutes % 60) + ' min';
  }

  function tell() {
    var range = family.range();
    if (!range) { return; }
    var from = new Date(range[0] * 1000);
    var to = new Date(range[1] * 1000);
    var shown = family.window;
    var words = !shown ? 'Whole session' : shown.last ? 'The end' : 'A stretch that stays';
    var begins = window.neo.day(from) + ' ' + window.neo.clock(from);
    var ends = (window.neo.day(from) === window.neo.day(to) ? '' : window.neo.day(to) + ' ') + window.neo.clock(to);
    document.getElementById('shown').textContent = words + ': ' + begins + ' to ' + ends + ', ' + span(range[1] - range[0]);
    document.querySelectorAll('#times button[data-last]').forEach(function (button) {
      var last = Number(button.dataset.last);
      button.setAttribute('aria-pressed', String(shown ? shown.last === last : last === 0));
    });
  }

  family.onshow = function () {
    if (columns) { draw(); }
    look();
  };
  family.onread = function (all, at) {
    var place = document.getElementById('at');
    var words = at === null ? '' : window.neo.clock(new Date(all.time[at] * 1000)) + ', ledger ' + all.ledger[at];
    if (place.textContent !== words) { place.textContent = words; }
  };

  document.getElementById('times').hidden = false;
  document.getElementById('times').addEventListener('click', function (event) {
    var button = event.target.closest('button');
    if (!button) { return; }
    if (button.dataset.last) {
      var last = Number(button.dataset.last);
      family.show(last ? {last: last} : null);
    } else if (button.dataset.zoom) {
      family.zoom(Number(button.dataset.zoom), 0.5);
    } else {
      family.pan(Number(button.dataset.pan));
    }
  });

  // --- Asking ------------------------------------------------------------------------------------------------------

  function later(ms) {
    window.clearTimeout(timer);
    timer = window.setTimeout(ask, ms);
  }

  function ask() {
    if (asking) { return; }
    asking = true;
    fetch(address + '?after=' + after, {cache: 'no-store'}).then(function (answer) {
      if (!answer.ok) { throw new Error(String(answer.status)); }
      return answer.json();
    }).then(function (part) {
      asking = false;
      if (lostAt !== null) {
        lostAt = null;
        say('course-lost', '');
      }
      take(part);
      if (part.more) { later(0); } else if (goesOn) { later(document.hidden ? HIDDEN_MS : POLL_MS); }
    }).catch(function (error) {
      asking = false;
      if (lostAt === null) { lostAt = new Date(); }
      // A session's own page is gone with it; whoever serves its database next goes on from here.
      say('course-lost', 'The charts stand still since ' + window.neo.clock(lostAt) + ': ' +
        (/^\d+$/.test(error.message) ? 'the page answered ' + error.message : 'no connection') + '. Trying again.');
      later(RETRY_MS);
    });
  }

  document.addEventListener('visibilitychange', function () {
    if (!document.hidden && goesOn) { later(0); }
  });
  document.addEventListener('neo:ended', function () { later(0); });
  ask();
})();
