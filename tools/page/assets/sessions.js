'use strict';
/* The list of sessions: keeps the cards of those that run fresh, and is fetched anew when others run than it shows. */
(function () {
  var POLL_MS = 2000;
  var RETRY_MS = 4000;

  function shown() {
    return Array.prototype.map.call(document.querySelectorAll('[data-running]'), function (card) {
      return card.dataset.running;
    });
  }

  function put(state) {
    document.querySelectorAll('[data-running]').forEach(function (card) {
      if (card.dataset.running !== state.session) { return; }
      card.querySelectorAll('[data-live]').forEach(function (place) {
        var cell = state.cells[place.dataset.live];
        if (place.textContent !== cell.text) { place.textContent = cell.text; }
        if (place.className !== (cell.tone || '')) { place.className = cell.tone || ''; }
      });
    });
  }

  function linkage(words) {
    var place = document.getElementById('linkage');
    if (place.textContent !== words) { place.textContent = words; }
  }

  function take(told) {
    linkage('');
    var before = shown().sort().join(' ');
    var now = told.running.map(function (one) { return one.session; }).sort().join(' ');
    told.running.forEach(put);
    if (before === now) { return; }
    // Whoever has chosen some to compare does not lose that.
    if (!document.querySelector('input:checked') && !document.querySelector('dialog[open]')) { window.location.reload(); return; }
    linkage('Other sessions run now; load the page anew to see them.');
  }

  function ask() {
    fetch('/sessions.json', {cache: 'no-store'}).then(function (answer) {
      if (!answer.ok) { throw new Error(String(answer.status)); }
      return answer.json();
    }).then(function (told) {
      take(told);
      window.setTimeout(ask, POLL_MS);
    }).catch(function () {
      linkage('No connection; trying again.');
      window.setTimeout(ask, RETRY_MS);
    });
  }

  // Fewer than two can't be compared, and the button says so.
  function choose() {
    var button = document.querySelector('.compare button');
    button.disabled = document.querySelectorAll('input[name="session"]:checked').length < 2;
  }
  document.getElementById('sessions').addEventListener('change', choose);
  choose();
  window.setTimeout(ask, POLL_MS);
})();
