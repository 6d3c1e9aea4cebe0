'use strict';
/* Tables: filters in the operator's zone, a word when newer rows have come, and the messages as they flow. */
(function () {
  // --- Times of the filter: the address has them in UTC, the fields in the operator's zone --------------------------

  function local(utc) {
    var moment = new Date(utc + 'Z');
    if (isNaN(moment)) { return ''; }
    return window.neo.day(moment) + 'T' + window.neo.clock(moment);
  }

  document.querySelectorAll('form[data-filter]').forEach(function (form) {
    form.querySelectorAll('[data-zoned]').forEach(function (place) {
      place.textContent = place.textContent.replace(' (UTC)', '');
    });
    form.querySelectorAll('input[data-utc]').forEach(function (field) { if (field.value) { field.value = local(field.value); } });
    // What was left empty needs no place in the address.
    form.addEventListener('formdata', function (event) {
      Array.from(event.formData.entries()).forEach(function (entry) {
        var field = form.elements[entry[0]];
        if (!entry[1]) { event.formData.delete(entry[0]); }
        else if (field.dataset && field.dataset.utc !== undefined) {
          event.formData.set(entry[0], new Date(entry[1]).toISOString().slice(0, 19));
        }
      });
    });
  });

  // --- Newer rows --------------------------------------------------------------------------------------------------

  // Events tell of newer ones below the table, as they flow.
  var newer = document.getElementById('newer');
  if (newer) {
    document.addEventListener('neo:now', function (event) {
      var count = String(event.detail.counts[document.body.dataset.tab]);
      if (!newer.dataset.first) { newer.dataset.first = count; }
      newer.hidden = count === newer.dataset.first;
    });
  }

  // --- Messages as they flow ---------------------------------------------------------------------------------------

  var KEPT = 200;
  var FIELDS_MAX = 600;
  var COLUMNS = ['seen', 'number', 'way', 'type', 'fields'];
  var form = document.getElementById('tap-form');
  if (!form) { return; }
  var start = document.getElementById('tap-start');
  var stop = document.getElementById('tap-stop');
  var rows = document.getElementById('tap-rows');
  var state = document.getElementById('tap-state');
  var source = null;
  var asking = null;
  var seen = 0;
  var lost = 0;
  var waiting = [];
  form.hidden = false;

  function say(text, bad) {
    state.textContent = text;
    state.classList.toggle('bad', Boolean(bad));
  }

  function close(words, bad) {
    if (source) { source.close(); source = null; }
    if (asking) { asking.abort(); asking = null; }
    if (document.activeElement === stop) { start.focus(); }
    stop.disabled = true;
    say(words, bad);
  }

  function told() {
    return seen.toLocaleString('en') + ' seen' + (lost ? ', ' + lost.toLocaleString('en') + ' lost, as this page was too slow' : '');
  }

  // Some thousands a second may come: what is seen is drawn a few times a second, and no more of it than is kept.
  function draw() {
    if (!waiting.length) { return; }
    var fresh = waiting.splice(0).slice(-KEPT);
    fresh.forEach(function (cells) {
      var row = rows.insertRow(0);
      cells.forEach(function (text, at) {
        var cell = row.insertCell(-1);
        cell.dataset.column = COLUMNS[at];
        cell.textContent = text;
        if (at === 1) { cell.className = 'num'; }
      });
    });
    while (rows.rows.length > KEPT) { rows.deleteRow(-1); }
  }
  window.setInterval(draw, 250);

  function fieldsOf(message) {
    var text = Object.keys(message).filter(function (name) { return name !== 'type'; }).map(function (name) {
      var value = message[name];
      return name + '=' + (typeof value === 'string' ? value : JSON.stringify(value));
    }).join(' ');
    return text.length > FIELDS_MAX ? text.slice(0, FIELDS_MAX) + '...' : text;
  }

  function open(address) {
    source = new EventSource(address);
    source.addEventListener('message', function (event) {
      var item = JSON.parse(event.data);
      seen += 1;
      var way = item.target ? item.source + ' > ' + item.target : item.source;
      var number = item.seq === null || item.seq === undefined ? '' : '#' + item.seq;
      waiting.push([window.neo.clock(new Date()), number, way, item.message.type, fieldsOf(item.message)]);
      if (waiting.length > KEPT) { waiting.shift(); }
    });
    source.addEventListener('lost', function (event) { lost += JSON.parse(event.data).count; });
    source.addEventListener('ended', function () { close('The session has ended; ' + told() + '.'); });
    source.addEventListener('error', function () { close('The connection was lost; ' + told() + '.', true); });
    stop.disabled = false;
    document.getElementById('tap-table').hidden = false;
    say('Showing messages as they flow.');
  }

  form.addEventListener('submit', function (event) {
    event.preventDefault();
    close('');
    seen = lost = 0;
    waiting = [];
    rows.textContent = '';
    var query = new URLSearchParams({session: document.body.dataset.session, tap: '1'});
    new FormData(form).forEach(function (value, name) { if (value) { query.append(name, value); } });
    var address = '/events?' + query;
    // An EventSource can't tell why it is refused, so the address is tried first.
    asking = new AbortController();
    fetch(address, {signal: asking.signal, cache: 'no-store', headers: {Accept: 'application/json'}}).then(function (answer) {
      if (answer.ok) {
        asking.abort();
        asking = null;
        open(address);
        return null;
      }
      return window.neo.sentence(answer).then(function (data) { close(data.detail, true); });
    }).catch(function (error) { if (error.name !== 'AbortError') { close('No answer came: is the session there?', true); } });
  });
  stop.addEventListener('click', function () { close('Stopped; ' + told() + '.'); });
  window.addEventListener('pagehide', function () { if (source) { source.close(); } });
})();
