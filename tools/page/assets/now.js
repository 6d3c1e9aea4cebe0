'use strict';
/* The page Now: the age that ticks, and the hand. What changes in its cells is page.js's. */
(function () {
  // --- The ledger's age --------------------------------------------------------------------------------------------

  var OLD_S = 15;
  var place = document.getElementById('age');
  var cell = place && place.querySelector('[data-cell="age"]');
  var age = place && place.dataset.age !== '' ? Number(place.dataset.age) : null;
  var told = performance.now();

  function words(seconds) {
    var minutes = Math.floor(seconds / 60);
    return minutes < 2 ? Math.floor(seconds) + ' s' : minutes < 120 ? minutes + ' min' : Math.floor(minutes / 60) + ' h';
  }

  function tick() {
    if (!cell || age === null) { return; }
    var now = age + (performance.now() - told) / 1000;
    var text = words(now) + ' ago';
    if (cell.textContent !== text) { cell.textContent = text; }
    cell.classList.toggle('warn', now >= OLD_S);
  }

  document.addEventListener('neo:now', function (event) {
    age = event.detail.age_s;
    told = performance.now();
    tick();
  });
  if (cell) { window.setInterval(tick, 1000); }

  // --- The hand ----------------------------------------------------------------------------------------------------

  var KEPT = 'neo-token';
  var token = document.getElementById('token');
  var answer = document.getElementById('answer');
  if (!token) { return; }

  document.getElementById('token-form').hidden = false;
  token.value = window.sessionStorage.getItem(KEPT) || '';
  token.addEventListener('input', function () { window.sessionStorage.setItem(KEPT, token.value); });
  document.getElementById('token-form').addEventListener('submit', function (event) { event.preventDefault(); });

  function say(text, ok) {
    answer.textContent = text;
    answer.classList.toggle('refused', !ok);
  }

  function send(form, button) {
    var fields = new URLSearchParams(new FormData(form, button));
    var buttons = document.querySelectorAll('form[data-hand] button');
    var headers = {Accept: 'application/json'};
    // Who logged in needs none.
    if (token.value) { headers.Authorization = 'Bearer ' + token.value; }
    buttons.forEach(function (one) { one.disabled = true; });
    say('Asked: ' + button.textContent + '. Waiting for what comes of it.', true);
    fetch(button.getAttribute('formaction') || form.getAttribute('action'), {
      method: 'POST',
      body: fields,
      cache: 'no-store',
      headers: headers
    }).then(function (reply) {
      return window.neo.sentence(reply).then(function (data) {
        say(reply.ok ? data.detail : 'Not done: ' + data.detail, reply.ok && data.seen !== false);
        if (reply.ok) { form.reset(); } else if (reply.status === 401) { token.focus(); token.select(); }
      });
    }).catch(function () {
      say('No answer came: look at the state before you ask again.', false);
    }).finally(function () {
      buttons.forEach(function (one) { one.disabled = false; });
      if (document.activeElement === document.body) { button.focus(); }
    });
  }

  document.querySelectorAll('form[data-hand]').forEach(function (form) {
    form.addEventListener('submit', function (event) {
      event.preventDefault();
      send(form, event.submitter || form.querySelector('button'));
    });
  });
})();
