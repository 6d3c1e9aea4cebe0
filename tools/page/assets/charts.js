'use strict';
/* Charts that share their time: drawn by uPlot, zoomed together, each with a legend that is read without its colours.
 *
 * window.neo.charts(extent) makes a family of charts; `extent` tells the first and the last time of all data. What they
 * show is the whole of it, the last so many seconds, or a stretch that stands still while more comes.
 */
(function () {
  var DASHES = {solid: [], dashed: [7, 4], dotted: [2, 3], mixed: [9, 3, 2, 3], sparse: [3, 7]};
  var ZOOM = 0.5;
  var LEAST_S = 20;
  var MANY_MARKS = 150;
  var SVG = 'http://www.w3.org/2000/svg';

  // --- Colours: of the style sheet, asked for once for each theme ---------------------------------------------------

  var colours = {};

  function colour(name) {
    if (!(name in colours)) {
      colours[name] = getComputedStyle(document.documentElement).getPropertyValue(name).trim() || '#888';
    }
    return colours[name];
  }

  // --- Legend ------------------------------------------------------------------------------------------------------

  function shape(name, attributes) {
    var one = document.createElementNS(SVG, name);
    Object.keys(attributes).forEach(function (key) { one.setAttribute(key, attributes[key]); });
    return one;
  }

  function sample(series) {
    var picture = shape('svg', {width: 30, height: 12, viewBox: '0 0 30 12', 'aria-hidden': 'true'});
    if (series.marker) {
      picture.append(shape('path', {d: series.marker === 'up' ? 'M15 1 21 11H9Z' : 'M15 11 21 1H9Z', class: 'fill-of-it'}));
    } else {
      picture.append(shape('line', {x1: 0, y1: 6, x2: 30, y2: 6, 'stroke-width': series.width || 1.5,
        'stroke-dasharray': DASHES[series.dash || 'solid'].join(' '), class: 'line-of-it'}));
    }
    return picture;
  }

  function legend(place, specs, toggle) {
    return specs.map(function (series, at) {
      var item = document.createElement('li');
      var button = document.createElement('button');
      button.type = 'button';
      button.setAttribute('aria-pressed', String(!series.hidden));
      button.title = 'Show or hide ' + series.name;
      var picture = sample(series);
      picture.style.color = 'var(' + series.colour + ')';
      var name = document.createElement('span');
      name.textContent = series.name;
      var value = document.createElement('output');
      value.setAttribute('aria-live', 'off');
      button.append(picture, name, value);
      button.addEventListener('click', function () {
        var shown = button.getAttribute('aria-pressed') !== 'true';
        button.setAttribute('aria-pressed', String(shown));
        toggle(at, shown);
      });
      item.append(button);
      place.append(item);
      return value;
    });
  }

  // Hours and minutes in the operator's zone, seconds where they are needed, and the day where it begins.
  function moments(u, splits, axis, space, step) {
    var before = '';
    return splits.map(function (seconds) {
      var moment = new Date(seconds * 1000);
      var day = window.neo.day(moment);
      var told = step >= 86400 ? '' : window.neo.clock(moment).slice(0, step < 60 ? 8 : 5);
      var isNew = day !== before;
      before = day;
      return told + (isNew ? (told ? '\n' : '') + day : '');
    });
  }

  // --- One chart ---------------------------------------------------------------------------------------------------

  function lowest(values) { return Math.min.apply(null, values); }
  function highest(values) { return Math.max.apply(null, values); }

  // From the lowest to the highest that is shown, with some room; a limit far away would make a flat line of all else.
  function reach(spec, chart, least, most) {
    var values = least === null || least === undefined ? [] : [least, most];
    values = values.concat(chart.alsoWithin());
    if (!values.length) { return [0, 1]; }
    if (spec.zero) { values.push(0); }
    var low = lowest(values);
    var high = highest(values);
    chart.limits().forEach(function (value) { if (value <= high * 2.5) { high = Math.max(high, value); } });
    var room = (high - low) * 0.06 || Math.abs(high) * 0.001 || 1;
    return [spec.zero && low === 0 ? 0 : low - room, high + room];
  }

  function Chart(family, place, spec) {
    var self = this;
    this.family = family;
    this.spec = spec;
    this.place = place;
    this.plot = place.querySelector('.plot');
    this.lines = spec.series.filter(function (one) { return !one.marker; });
    this.columns = null;
    this.marks = [];
    this.values = legend(place.querySelector('.legend'), spec.series, function (at, shown) { self.toggle(at, shown); });
    this.u = null;
    this.plot.addEventListener('keydown', function (event) { family.press(event, self); });
    this.plot.addEventListener('wheel', function (event) { self.wheel(event); }, {passive: false});
    new ResizeObserver(function () { self.fit(); }).observe(this.plot);
  }

  Chart.prototype.size = function () {
    var width = Math.max(200, Math.floor(this.plot.clientWidth));
    return {width: width, height: Math.round(Math.min(460, Math.max(230, width * 0.42)))};
  };

  Chart.prototype.fit = function () {
    if (!this.u) { return; }
    var size = this.size();
    if (size.width !== this.u.width || size.height !== this.u.height) { this.u.setSize(size); }
  };

  Chart.prototype.limits = function () {
    var self = this;
    return this.lines.filter(function (one) { return one.limit && one.value !== null && !one.hidden; })
      .map(function (one) { return one.value; }).concat(self.spec.more ? self.spec.more() : []);
  };

  Chart.prototype.alsoWithin = function () {
    var range = this.family.range();
    var values = [];
    this.marks.forEach(function (kind) {
      if (kind.hidden) { return; }
      kind.time.forEach(function (time, at) {
        if (time >= range[0] && time <= range[1] && kind.price[at] !== null) { values.push(kind.price[at]); }
      });
    });
    return values.length ? [lowest(values), highest(values)] : [];
  };

  Chart.prototype.options = function () {
    var self = this;
    var big = window.matchMedia('(min-width: 2400px)').matches;
    var font = (big ? 15 : 12) + 'px system-ui, sans-serif';
    var axis = {stroke: function () { return colour('--soft'); }, font: font,
      grid: {stroke: function () { return colour('--line'); }, width: 1},
      ticks: {stroke: function () { return colour('--line'); }, width: 1}};
    var series = this.lines.map(function (one) {
      return {label: one.name, stroke: function () { return colour(one.colour); }, width: one.width || 1.5,
        dash: DASHES[one.dash || 'solid'], points: {show: false}, spanGaps: false, show: !one.hidden, auto: !one.limit,
        paths: one.stepped ? uPlot.paths.stepped({align: 1}) : undefined};
    });
    return Object.assign(this.size(), {
      legend: {show: false},
      scales: {x: {time: true}, y: {range: function (u, least, most) { return reach(self.spec, self, least, most); }}},
      series: [{}].concat(series),
      axes: [Object.assign({space: big ? 84 : 64, values: moments}, axis), Object.assign({size: big ? 84 : 66}, axis,
        self.spec.digits === undefined ? {} : {values: function (u, splits) {
          return splits.map(function (one) { return one.toFixed(self.spec.digits); });
        }})],
      cursor: {sync: {key: 'neo', setSeries: false}, drag: {x: true, y: false, setScale: false}, focus: {prox: -1},
        points: {size: 6}, bind: {dblclick: function () { return function () { self.family.show(null); return null; }; },
          mousedown: function (u, target, handler) {
            return function (event) { self.family.dragged = self; self.plot.focus({preventScroll: true}); handler(event); return null; };
          }}},
      hooks: {
        setSelect: [function (u) { self.select(u); }],
        setCursor: [function (u) { self.read(u.cursor.idx); }],
        // So many marks that they would hide the lines are below them.
        drawAxes: [function (u) { if (self.inView(u) > MANY_MARKS) { self.mark(u, 3.5); } }],
        draw: [function (u) { if (self.inView(u) <= MANY_MARKS) { self.mark(u, 6); } }]
      }
    });
  };

  Chart.prototype.set = function (columns, marks) {
    this.columns = columns;
    this.marks = marks || [];
    var data = [columns.time].concat(this.lines.map(function (one) {
      if (!one.limit) { return one.of(columns); }
      return columns.time.map(function () { return one.value; });
    }));
    if (!this.u) {
      if (!columns.time.length) { return; }
      this.u = new uPlot(this.options(), data, this.plot);
    } else {
      this.u.setData(data, false);
    }
    this.data = data;
    this.apply();
    this.read(null);
  };

  Chart.prototype.apply = function () {
    var range = this.family.range();
    if (this.u && range) { this.u.setScale('x', {min: range[0], max: range[1]}); }
  };

  Chart.prototype.toggle = function (at, shown) {
    var series = this.spec.series[at];
    series.hidden = !shown;
    if (!this.u) { return; }
    if (series.marker) {
      this.marks.forEach(function (kind) { if (kind.marker === series.marker) { kind.hidden = !shown; } });
      this.apply();
      this.u.redraw(false, true);
    } else {
      this.u.setSeries(this.lines.indexOf(series) + 1, {show: shown});
    }
  };

  Chart.prototype.select = function (u) {
    if (this.family.dragged !== this || u.select.width < 4) { return; }
    this.family.dragged = null;
    var from = u.posToVal(u.select.left, 'x');
    var to = u.posToVal(u.select.left + u.select.width, 'x');
    this.family.charts.forEach(function (chart) {
      if (chart.u) { chart.u.setSelect({left: 0, top: 0, width: 0, height: 0}, false); }
    });
    this.family.show({from: from, to: to});
  };

  // A page that scrolls is not to stop at each chart: the wheel zooms where the chart was clicked or tabbed to, or with Ctrl.
  Chart.prototype.wheel = function (event) {
    if (!this.u || !(event.ctrlKey || document.activeElement === this.plot)) { return; }
    event.preventDefault();
    var box = this.u.over.getBoundingClientRect();
    var at = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    this.family.zoom(event.deltaY < 0 ? 0.8 : 1.25, at);
  };

  // The values under the cursor, or the last ones.
  Chart.prototype.read = function (at) {
    if (!this.columns) { return; }
    var self = this;
    var number = at === null || at === undefined ? this.columns.time.length - 1 : at;
    var line = 0;
    this.spec.series.forEach(function (series, place) {
      var told = '';
      if (series.marker) {
        told = self.near(series.marker, at, number);
      } else {
        line += 1;
        var value = series.limit ? series.value : self.data && self.data[line] ? self.data[line][number] : null;
        told = value === null || value === undefined ? '-' : series.text(value);
      }
      if (self.values[place].textContent !== told) { self.values[place].textContent = told; }
    });
    if (this.family.onread) { this.family.onread(this.columns, at === null || at === undefined ? null : number); }
  };

  // The fill at the cursor, if there is one, or how many are shown.
  Chart.prototype.near = function (marker, at, number) {
    var kind = this.marks.filter(function (one) { return one.marker === marker; })[0];
    if (!kind) { return '-'; }
    if (at === null || at === undefined || !this.u) { return kind.total; }
    var time = this.columns.time[number];
    var range = this.family.range();
    var within = (range[1] - range[0]) * 6 / Math.max(1, this.u.over.clientWidth);
    var best = -1;
    kind.time.forEach(function (one, place) {
      var distance = Math.abs(one - time);
      if (distance <= Math.max(2, within) && (best < 0 || distance < Math.abs(kind.time[best] - time))) { best = place; }
    });
    return best < 0 ? kind.total : kind.words[best];
  };

  Chart.prototype.inView = function (u) {
    return this.marks.reduce(function (sum, kind) {
      return sum + kind.time.filter(function (time) { return time >= u.scales.x.min && time <= u.scales.x.max; }).length;
    }, 0);
  };

  Chart.prototype.mark = function (u, pixels) {
    var ratio = window.devicePixelRatio || 1;
    var box = u.bbox;
    u.ctx.save();
    u.ctx.beginPath();
    u.ctx.rect(box.left, box.top, box.width, box.height);
    u.ctx.clip();
    this.marks.forEach(function (kind) {
      if (kind.hidden) { return; }
      var size = pixels * ratio;
      var way = kind.marker === 'up' ? -1 : 1;
      u.ctx.fillStyle = colour(kind.colour);
      u.ctx.strokeStyle = colour('--card');
      u.ctx.lineWidth = ratio;
      kind.time.forEach(function (time, at) {
        if (time < u.scales.x.min || time > u.scales.x.max || kind.price[at] === null) { return; }
        var x = u.valToPos(time, 'x', true);
        var y = u.valToPos(kind.price[at], 'y', true);
        u.ctx.beginPath();
        u.ctx.moveTo(x, y + way * size);
        u.ctx.lineTo(x + size, y - way * size);
        u.ctx.lineTo(x - size, y - way * size);
        u.ctx.closePath();
        u.ctx.fill();
        u.ctx.stroke();
      });
    });
    u.ctx.restore();
  };

  // --- The family --------------------------------------------------------------------------------------------------

  function Family(extent) {
    var self = this;
    this.extent = extent;
    this.charts = [];
    this.window = null;
    this.dragged = null;
    this.onshow = null;
    this.onread = null;
    function repaint() {
      colours = {};
      self.charts.forEach(function (chart) { if (chart.u) { chart.u.redraw(false, true); } });
    }
    document.addEventListener('neo:theme', repaint);
    window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', repaint);
  }

  Family.prototype.add = function (place, spec) {
    var chart = new Chart(this, place, spec);
    this.charts.push(chart);
    return chart;
  };

  Family.prototype.range = function () {
    var whole = this.extent();
    if (!whole) { return null; }
    if (whole[1] <= whole[0]) { return [whole[0] - 30, whole[0] + 30]; }
    if (!this.window) { return whole; }
    if (this.window.last) { return [Math.max(whole[0], whole[1] - this.window.last), whole[1]]; }
    return [this.window.from, this.window.to];
  };

  // null: all of it; {last: seconds}: the end of it, as it goes on; {from, to}: a stretch that stays.
  Family.prototype.show = function (wanted) {
    var whole = this.extent();
    if (wanted && whole && !wanted.last) {
      var length = Math.max(LEAST_S, wanted.to - wanted.from);
      if (length >= whole[1] - whole[0]) {
        wanted = null;
      } else {
        var from = Math.min(Math.max(wanted.from, whole[0]), whole[1] - length);
        wanted = {from: from, to: from + length};
      }
    } else if (wanted && whole && wanted.last >= whole[1] - whole[0]) {
      wanted = null;
    }
    this.window = wanted;
    this.charts.forEach(function (chart) { chart.apply(); });
    if (this.onshow) { this.onshow(); }
  };

  // Narrower or wider around a point of what is shown: 0 is its left end, 1 its right.
  Family.prototype.zoom = function (factor, at) {
    var range = this.range();
    if (!range) { return; }
    var length = Math.max(LEAST_S, (range[1] - range[0]) * factor);
    var from = range[0] + (range[1] - range[0]) * at - length * at;
    this.show({from: from, to: from + length});
  };

  Family.prototype.pan = function (share) {
    var range = this.range();
    if (!range || !this.window) { return; }
    var step = (range[1] - range[0]) * share;
    this.show({from: range[0] + step, to: range[1] + step});
  };

  Family.prototype.press = function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey) { return; }
    var self = this;
    var does = {
      '+': function () { self.zoom(ZOOM, 0.5); }, '=': function () { self.zoom(ZOOM, 0.5); },
      '-': function () { self.zoom(1 / ZOOM, 0.5); }, ArrowLeft: function () { self.pan(-0.25); },
      ArrowRight: function () { self.pan(0.25); }, Escape: function () { self.show(null); },
      Home: function () { self.pan(-1e6); }, End: function () { self.pan(1e6); }
    }[event.key];
    if (does) { event.preventDefault(); does(); }
  };

  window.neo.charts = function (extent) { return new Family(extent); };
})();
