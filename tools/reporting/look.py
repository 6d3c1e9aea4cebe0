"""The page's style and the script that draws its charts."""

from __future__ import annotations

# Of a page of its own: its colours, its ground, its sheet of paper.
_GROUND = """
:root { --ink: #1d2025; --soft: #626871; --line: #e2e5e9; --good: #00734f; --bad: #b3430a; --card: #ffffff; }
* { box-sizing: border-box; }
body { margin: 0; background: #f4f5f7; color: var(--ink); -webkit-text-size-adjust: 100%;
  font: 14px/1.45 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif; }
main { max-width: 1500px; margin: 0 auto; padding: 16px; }
"""
_SHEET = """
.paper main { width: 690px; padding: 0; }
.paper .charts, .paper .tables { display: block; columns: auto; }
.paper .tiles { grid-template-columns: repeat(4, 1fr); }
@page { margin: 12mm; }
@media print { body { background: #fff; } .card, .tile { break-inside: avoid; } .part { break-after: avoid; } }
"""

# What the parts of a report look like, wherever they stand; the colours are the page's.
PARTS_STYLE = """
header { margin: 4px 4px 14px; }
h1 { font-size: 21px; margin: 0 0 4px; overflow-wrap: anywhere; }
h2, h3 { font-size: 15px; margin: 0 0 2px; }
.part { font-size: 17px; margin: 20px 4px 8px; }
.story { margin: 0 4px; max-width: 75ch; font-size: 15px; }
header ul { list-style: none; margin: 6px 0 0; padding: 0; display: flex; flex-wrap: wrap; gap: 2px 18px;
  color: var(--soft); }
.ending { margin: 0; font-weight: 600; overflow-wrap: anywhere; }
.good { color: var(--good); }
.bad { color: var(--bad); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 10px; margin-bottom: 12px; }
.tile, .card { background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
.tile { padding: 9px 12px; }
.tile span { display: block; color: var(--soft); font-size: 12px; }
.tile strong { font-size: 19px; font-variant-numeric: tabular-nums; white-space: nowrap; }
.tile small { font-size: 11px; font-weight: 400; color: var(--soft); }
.card { padding: 12px 14px; min-width: 0; margin-bottom: 12px; }
.charts, .tables { display: grid; grid-template-columns: 1fr; gap: 0 12px; }
.tables td + td { overflow-wrap: normal; white-space: nowrap; }
.tables .several td { white-space: normal; }
th { text-align: left; font-size: 12px; font-weight: 400; color: var(--soft); }
th + th { text-align: right; padding-left: 12px; }
.note { margin: 0 0 4px; color: var(--soft); font-size: 12px; }
.empty { color: var(--soft); padding: 40px 0; text-align: center; }
.plot { height: 300px; width: 100%; }
.wide .plot { height: 340px; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
td { padding: 3px 0; border-top: 1px solid var(--line); vertical-align: top; }
td + td { text-align: right; padding-left: 12px; overflow-wrap: anywhere; }
tr:first-child td { border-top: 0; }
.scroll { overflow-x: auto; }
details .scroll { max-height: 480px; overflow-y: auto; }
summary { cursor: pointer; }
summary h3 { display: inline; }
.events { margin: 4px 0 0; padding-left: 18px; max-height: 300px; overflow: auto; overflow-wrap: anywhere; }
.changed td { font-weight: 600; }
.changed small { color: var(--soft); font-weight: 400; }
@media (min-width: 900px) {
  .charts { grid-template-columns: repeat(6, 1fr); }
  .charts .card { grid-column: span 2; }
  .charts .wide { grid-column: span 3; }
  .charts .wide:first-child:nth-last-child(odd) { grid-column: span 6; }
  .tables { display: block; columns: 4 330px; column-gap: 12px; }
  .tables .card { break-inside: avoid; }
  .config table { display: block; columns: 3; column-gap: 28px; }
  .config tbody { display: contents; }
  .config tr { display: flex; justify-content: space-between; break-inside: avoid; border-top: 1px solid var(--line); }
  .config td { border: 0; }
}
.config td { overflow-wrap: anywhere; }
"""

STYLE = _GROUND + PARTS_STYLE + _SHEET

# Charts that are far down are drawn when they come near, so that a page opens at once. Printing draws all of them, as
# wide as a sheet of A4 is.
SCRIPT = """
(function () {
  var DARKEST = '#222222';
  var narrow = window.matchMedia('(max-width: 600px)').matches;
  // Within a page that may be dark, a chart has that page's ink.
  function paint(chart) {
    var page = getComputedStyle(document.documentElement);
    if (!page.getPropertyValue('--ground')) { return; }
    var ink = page.getPropertyValue('--ink').trim(), line = page.getPropertyValue('--line').trim();
    chart.layout.font.color = ink;
    chart.layout.modebar.bgcolor = 'rgba(0,0,0,0)';
    chart.layout.modebar.activecolor = ink;
    chart.layout.hoverlabel = {bgcolor: page.getPropertyValue('--card').trim(), font: {color: ink}};
    ['xaxis', 'yaxis'].forEach(function (name) {
      ['gridcolor', 'zerolinecolor', 'linecolor'].forEach(function (key) { chart.layout[name][key] = line; });
    });
    chart.data.forEach(function (trace) {
      [trace.line, trace.marker].forEach(function (one) {
        if (one && one.color === DARKEST) { one.color = ink; }
      });
    });
  }
  function draw(place) {
    if (place.dataset.drawn) { return; }
    place.dataset.drawn = '1';
    var data = document.querySelector('script[data-for="' + place.id + '"]');
    var chart = JSON.parse(data.textContent);
    paint(chart);
    if (narrow) {
      chart.layout.margin.l = 46; chart.layout.margin.r = 8;
      chart.layout.font.size = 11; chart.layout.xaxis.nticks = 4; chart.layout.xaxis.tickangle = 0;
      chart.layout.legend.font.size = 10;
      if (place.id === 'flow') { chart.layout.font.size = 10; }
    }
    Plotly.newPlot(place, chart.data, chart.layout, {responsive: true, displaylogo: false,
      displayModeBar: narrow || chart.layout.xaxis.type !== 'date' ? false : 'hover',
      modeBarButtons: [['zoomIn2d', 'zoomOut2d', 'resetScale2d']], showSendToCloud: false, plotlyServerURL: ''});
  }
  var places = Array.prototype.slice.call(document.querySelectorAll('.plot'));
  if (!('IntersectionObserver' in window)) { places.forEach(draw); return; }
  var watch = new IntersectionObserver(function (seen) {
    seen.forEach(function (one) { if (one.isIntersecting) { watch.unobserve(one.target); draw(one.target); } });
  }, {rootMargin: '600px'});
  places.forEach(function (place) { watch.observe(place); });
  function again() {
    places.forEach(function (place) { if (place.dataset.drawn) { delete place.dataset.drawn; draw(place); } });
  }
  document.addEventListener('neo:theme', again);
  window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', again);
  function fit(paper) {
    document.body.classList.toggle('paper', paper);
    places.forEach(function (place) {
      if (paper) { draw(place); }
      if (place.dataset.drawn) { Plotly.Plots.resize(place); }
    });
  }
  window.addEventListener('beforeprint', function () { fit(true); });
  window.addEventListener('afterprint', function () { fit(false); });
})();
"""
