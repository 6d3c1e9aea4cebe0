"""The course, the list of sessions and the report in a real browser: drawn, zoomed, growing, lost and found again.

Method: as in ``test_browser.py``; the journal behind the charts grows when a test lets it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from support import cli_feed as feed
from support.browser import Watched, chromium, trouble, watched
from support.growing import Growing, add_ledgers
from support.many_fills import add_fills
from support.page_host import PageHost
from support.page_site import StandIn, moment_of, status_at

from neo.messages import Side
from tools.page.course_data import Courses
from tools.page.ground import PageGround
from tools.reporting.sources import load

CHARTS = ("price", "equity", "causes", "inventory", "distance", "markouts")
SIZES = ((360, 800), (1280, 800), (2560, 1440), (3840, 2160))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests."""
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Growing:
    """A session of twenty minutes, and its twin that has nothing yet."""
    return Growing(tmp_path_factory.mktemp("course") / "whole.sqlite3")


@pytest.fixture
def growing(tmp_path: Path, whole: Growing) -> Growing:
    """A twin of the test's own, that has a third of it."""
    path = tmp_path / "growing.sqlite3"
    path.write_bytes(whole.path.read_bytes())
    own = Growing.__new__(Growing)
    own.__dict__.update(whole.__dict__, path=path)
    own.grow(own.records // 3)
    return own


@pytest.fixture
def host(growing: Growing) -> Iterator[PageHost]:
    served = PageHost(PageGround([growing.path]))
    served.start()
    yield served
    served.stop()


@pytest.fixture
def seen(browser: Browser, host: PageHost) -> Iterator[Watched]:
    with watched(browser, host.base) as opened:
        yield opened


def course_of(seen: Watched, session_id: str) -> Page:
    """The page, once all of its charts are there."""
    page = seen.open(f"/session/{session_id}/course")
    expect(page.locator(".plot canvas")).to_have_count(len(CHARTS))
    expect(page.locator("#course-note")).to_have_text("")
    return page


def ink(page: Page, chart: str, colour: str) -> int:
    """How many of a chart's points have about this colour of the style sheet."""
    found: int = page.evaluate(
        """([chart, name]) => {
          const probe = document.createElement('span');
          probe.style.color = getComputedStyle(document.documentElement).getPropertyValue(name);
          document.body.append(probe);
          const wanted = getComputedStyle(probe).color.match(/\\d+/g).map(Number);
          probe.remove();
          const canvas = document.querySelector('#chart-' + chart + ' canvas');
          const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', {willReadFrequently: true});
          copy.drawImage(canvas, 0, 0);
          const data = copy.getImageData(0, 0, canvas.width, canvas.height).data;
          const near = (at) => wanted.every((part, place) => Math.abs(part - data[at + place]) < 24);
          let count = 0;
          for (let at = 0; at < data.length; at += 4) {
            if (data[at + 3] > 128 && near(at)) { count += 1; }
          }
          return count;
        }""",
        [chart, colour],
    )
    return found


def shown(page: Page) -> str:
    return page.locator("#shown").inner_text()


def over(page: Page, chart: str) -> Locator:
    return page.locator(f"#chart-{chart} .u-over")


def drag(page: Page, chart: str, begin: float, end: float) -> None:
    """From one part of a chart's width to another, with the button held."""
    place = over(page, chart)
    place.scroll_into_view_if_needed()
    box = place.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * begin, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * (begin + end) / 2, middle, steps=3)
    page.mouse.move(box["x"] + box["width"] * end, middle, steps=3)
    page.mouse.up()


# --- Drawn -------------------------------------------------------------------------------------------------------


def test_every_chart_is_drawn_under_the_strict_policy(seen: Watched, growing: Growing) -> None:
    """With its lines in their colours; nothing is blocked, nothing is asked of elsewhere."""
    page = course_of(seen, growing.whole_id)
    lines = {
        "price": ("--ink", "--one", "--three"), "equity": ("--ink", "--five", "--two"), "causes": ("--two", "--one"),
        "inventory": ("--one", "--four"), "distance": ("--one", "--three"), "markouts": ("--ink", "--one"),
    }  # fmt: skip
    for chart, colours in lines.items():
        for colour in colours:
            assert ink(page, chart, colour) > 20, (chart, colour)


def test_the_legend_tells_the_reports_values_and_needs_no_colour(seen: Watched, growing: Growing) -> None:
    """Within a chart each line has its own pattern, apart from pairs of one kind; fills point up and down."""
    page = course_of(seen, growing.whole_id)
    report = load(growing.path, growing.whole_id)
    last = report.course.rows[-1]
    assert last.mid is not None
    values = page.locator("#chart-price output").all_inner_texts()
    assert values[0] == f"{last.mid:#.6g}"
    bought = sum(fill.side == "buy" for fill in report.course.fills)
    assert values[-2:] == [f"{bought} fills", f"{len(report.course.fills) - bought} fills"]
    equity = page.locator("#chart-equity output").all_inner_texts()
    assert report.results.result_rlusd is not None
    assert equity[0] == f"{report.results.result_rlusd:+.4f}"
    for chart in CHARTS:
        dashes = page.locator(f"#chart-{chart} .legend line").evaluate_all(
            "all => all.map((one) => one.getAttribute('stroke-dasharray'))"
        )
        pairs = {"price": 1, "inventory": 1}.get(chart, 0)
        assert len(set(dashes)) == len(dashes) - pairs, chart
    shapes = page.locator("#chart-price .legend path").evaluate_all("all => all.map((one) => one.getAttribute('d'))")
    assert len(set(shapes)) == 2


def test_a_line_is_hidden_and_shown_by_its_name(seen: Watched, growing: Growing) -> None:
    """By key as well; a button says which it is."""
    page = course_of(seen, growing.whole_id)
    before = ink(page, "price", "--three")
    sold = page.get_by_role("button", name=re.compile("^sold"))
    sold.focus()
    page.keyboard.press("Enter")
    expect(sold).to_have_attribute("aria-pressed", "false")
    expect(page.locator("#chart-price output").last).to_be_hidden()
    assert ink(page, "price", "--three") < before
    page.keyboard.press("Enter")
    expect(sold).to_have_attribute("aria-pressed", "true")
    assert ink(page, "price", "--three") == before


def test_under_the_cursor_stands_which_ledger_it_is(seen: Watched, growing: Growing) -> None:
    """With its values in the legends of all charts; when the cursor leaves, those of the last ledger."""
    page = course_of(seen, growing.whole_id)
    last = page.locator("#chart-equity output").first.inner_text()
    box = over(page, "price").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator("#at")).to_have_text(re.compile(r"^\d\d:\d\d:\d\d, ledger \d+$"))
    ledger = int(page.locator("#at").inner_text().rpartition(" ")[2])
    [row] = [row for row in load(growing.path, growing.whole_id).course.rows if row.ledger_index == ledger]
    assert row.spread is not None
    assert row.revaluation is not None
    assert row.fees is not None
    told = f"{row.spread + row.revaluation + row.fees:+.4f}"
    expect(page.locator("#chart-equity output").first).to_have_text(told)
    page.mouse.move(1, 1)
    expect(page.locator("#chart-equity output").first).to_have_text(last)


def test_whoever_sees_no_chart_has_its_points_as_a_table(seen: Watched, growing: Growing) -> None:
    """Opened by key, the newest ledger first."""
    page = course_of(seen, growing.whole_id)
    page.locator("summary").focus()
    page.keyboard.press("Enter")
    report = load(growing.path, growing.whole_id)
    row = page.locator("#points tr").first
    last = report.course.rows[-1]
    expect(row.locator("td").nth(1)).to_have_text(str(last.ledger_index))
    assert last.mid is not None
    expect(row.locator("td").nth(2)).to_have_text(f"{last.mid:#.6g}")
    expect(page.locator("#points tr")).to_have_count(20)


# --- Zoomed ------------------------------------------------------------------------------------------------------


def test_a_stretch_is_dragged_out_in_one_chart_and_shown_in_all(seen: Watched, growing: Growing) -> None:
    """A double click shows the whole again, and so does Escape."""
    page = course_of(seen, growing.whole_id)
    all_of_it = shown(page)
    assert all_of_it.startswith("Whole session: ")
    pictures = {chart: ink(page, chart, "--one") for chart in CHARTS}
    drag(page, "price", 0.4, 0.6)
    expect(page.locator("#shown")).to_have_text(re.compile("^A stretch that stays: .*, 4 min$"))
    changed = [chart for chart in CHARTS if ink(page, chart, "--one") != pictures[chart]]
    assert len(changed) >= 5, changed
    over(page, "equity").dblclick()
    expect(page.locator("#shown")).to_have_text(all_of_it)
    drag(page, "causes", 0.2, 0.3)
    expect(page.locator("#shown")).to_have_text(re.compile("^A stretch"))
    page.keyboard.press("Escape")
    expect(page.locator("#shown")).to_have_text(all_of_it)


def test_keys_zoom_and_move_once_a_chart_has_the_focus(seen: Watched, growing: Growing) -> None:
    """Plus, minus, arrows, ends; the hint is read out with the chart."""
    page = course_of(seen, growing.whole_id)
    all_of_it = shown(page)
    chart = page.locator("#chart-inventory .plot")
    expect(chart).to_have_attribute("aria-describedby", "chart-keys")
    chart.focus()
    page.keyboard.press("+")
    expect(page.locator("#shown")).to_have_text(re.compile(", 10 min$"))
    middle = shown(page)
    page.keyboard.press("ArrowRight")
    assert shown(page) != middle
    page.keyboard.press("ArrowLeft")
    assert shown(page) == middle
    page.keyboard.press("End")
    assert shown(page).split(" to ")[1].split(",")[0] == all_of_it.split(" to ")[1].split(",")[0]
    page.keyboard.press("-")
    expect(page.locator("#shown")).to_have_text(all_of_it)


def test_the_wheel_zooms_where_a_chart_was_chosen_and_scrolls_elsewhere(seen: Watched, growing: Growing) -> None:
    """A page that is scrolled does not stop at a chart."""
    page = course_of(seen, growing.whole_id)
    all_of_it = shown(page)
    over(page, "price").hover()
    page.mouse.wheel(0, 120)
    expect(page.locator("#shown")).to_have_text(all_of_it)
    page.locator("#chart-price .plot").focus()
    over(page, "price").hover()
    page.mouse.wheel(0, -120)
    expect(page.locator("#shown")).to_have_text(re.compile("^A stretch"))


# --- Growing -----------------------------------------------------------------------------------------------------


def test_a_running_session_grows_into_its_charts(seen: Watched, growing: Growing) -> None:
    """Without a reload: points, fills, figures and the time shown; at the end all is there, and it is not asked on."""
    page = course_of(seen, growing.session_id)
    course = page.locator("#course")
    points = int(course.get_attribute("data-points") or 0)
    before = shown(page)
    growing.grow(growing.records * 2 // 3)
    expect(page.locator("#shown")).not_to_have_text(before)
    assert int(course.get_attribute("data-points") or 0) > points
    growing.grow(growing.records)
    report = load(growing.path, growing.whole_id)
    expect(course).to_have_attribute("data-points", str(len(report.course.rows)))
    expect(course).to_have_attribute("data-marks", str(len(report.course.fills)))
    assert report.results.result_rlusd is not None
    expect(page.locator('[data-figure="result_rlusd"]').first).to_have_text(f"{report.results.result_rlusd:+.4f} RLUSD")


def test_what_is_zoomed_stays_while_the_session_goes_on(seen: Watched, growing: Growing) -> None:
    """And the end of it moves on with it, if that is what is shown."""
    page = course_of(seen, growing.session_id)
    drag(page, "price", 0.2, 0.6)
    expect(page.locator("#shown")).to_have_text(re.compile("^A stretch"))
    stays = shown(page)
    points = page.locator("#course").get_attribute("data-points") or ""
    growing.grow(growing.records)
    expect(page.locator("#course")).not_to_have_attribute("data-points", points)
    assert shown(page) == stays
    page.get_by_role("button", name="Last 15 min").click()
    expect(page.locator("#shown")).to_have_text(re.compile("^The end: .*, 15 min$"))
    expect(page.get_by_role("button", name="Last 15 min")).to_have_attribute("aria-pressed", "true")


def test_lost_and_found_again_it_goes_on_where_it_was(seen: Watched, growing: Growing, host: PageHost) -> None:
    """It is told since when nothing comes; what happened meanwhile is fetched, and no more than that."""
    page = course_of(seen, growing.session_id)
    points = page.locator("#course").get_attribute("data-points") or ""
    host.stop()
    expect(page.locator("#course-lost")).to_contain_text("The charts stand still since")
    growing.grow(growing.records)
    with page.expect_request(lambda request: "course.json?after=" in request.url) as asked:
        host.start()
    assert not asked.value.url.endswith("after=0")
    expect(page.locator("#course")).not_to_have_attribute("data-points", points)
    expect(page.locator("#course-lost")).to_have_text("")
    seen.forgive("net::ERR")


def test_a_long_session_takes_no_more_room_in_the_browser(browser: Browser, growing: Growing) -> None:
    """Ten thousand ledgers and fills, told piece by piece, are as many points as the server keeps; it is said so."""
    add_fills(growing.path, growing.whole_id, 10_000)
    add_ledgers(growing.path, growing.whole_id, 10_000)
    served = PageHost(PageGround([growing.path]))
    served.start()
    with watched(browser, served.base) as seen:
        page = course_of(seen, growing.whole_id)
        kept = Courses().part([growing.path], growing.whole_id, 0, 100_000)
        assert kept is not None
        course = page.locator("#course")
        expect(course).to_have_attribute("data-points", str(len(kept.columns["time"])))
        expect(course).to_have_attribute("data-marks", str(len(kept.fills.seq)))
        assert len(kept.columns["time"]) < 5_000
        assert len(kept.fills.seq) <= 800
        expect(page.locator("#thinned")).to_contain_text(f"Of each {kept.stride} ledgers")
        expect(page.locator("#thinned")).to_contain_text(re.compile("Fills of one side within .* are one mark"))
        told = page.locator("#chart-price output").all_inner_texts()[-2:]
        assert sum(int(re.sub(r"\D", "", words)) for words in told) == sum(kept.fills.count) > 10_000
    served.stop()


def test_a_long_session_is_whole_again_from_near(browser: Browser, growing: Growing) -> None:
    """Every ledger of a stretch is drawn once it is zoomed into, and each fill is its own; and the whole is thinned."""
    add_ledgers(growing.path, growing.whole_id, 10_000, snapshots=True)
    served = PageHost(PageGround([growing.path]))
    served.start()
    with watched(browser, served.base) as seen:
        page = course_of(seen, growing.whole_id)
        course = page.locator("#course")
        expect(course).to_have_attribute("data-near", "0")
        far = ink(page, "price", "--ink")
        drag(page, "price", 0.5, 0.54)
        expect(course).not_to_have_attribute("data-near", "0")
        expect(page.locator("#thinned")).to_contain_text("From near, price, inventory and distance show every ledger")
        minutes = int(shown(page).rpartition(", ")[2].split(" ")[0])
        ledgers = int(course.get_attribute("data-near") or 0)
        assert minutes * 15 - 15 <= ledgers <= minutes * 15 + 60, "a ledger each 4 seconds, and some on either side"
        assert ink(page, "price", "--ink") != far
        page.keyboard.press("Escape")
        expect(course).to_have_attribute("data-near", "0")
        page.get_by_role("button", name="Last 15 min").click()
        expect(course).not_to_have_attribute("data-near", "0")
        assert int(course.get_attribute("data-near") or 0) >= 225
    served.stop()


# --- Looked at ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_window_shows_all_of_it(browser: Browser, host: PageHost, growing: Growing, scheme: str) -> None:
    """From a telephone to a wall: names, contrast, nothing wider than the window, charts as wide as their place."""
    with watched(browser, host.base, color_scheme=scheme) as seen:
        page = course_of(seen, growing.whole_id)
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            for place in page.locator(".plot").all():
                room = place.evaluate("one => one.clientWidth")
                expect(place.locator(".uplot")).to_have_css("width", f"{room}px")
            assert trouble(page) == [], width
        page = seen.open("/")
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            assert trouble(page) == [], width


def test_a_chart_follows_its_window(seen: Watched, growing: Growing) -> None:
    """When the window is made narrower and wider, and when the theme changes."""
    page = course_of(seen, growing.whole_id)
    wide = page.locator("#chart-price .uplot").bounding_box()
    page.set_viewport_size({"width": 400, "height": 800})
    expect(page.locator("#chart-price .uplot")).to_have_css("width", re.compile("^3"))
    assert wide is not None
    assert wide["width"] > 500
    page.set_viewport_size({"width": 1280, "height": 800})
    expect(page.locator("#chart-price .uplot")).to_have_css("width", f"{wide['width']:g}px")
    light = ink(page, "price", "--ink")
    page.locator("#theme").click()
    page.locator("#theme").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert ink(page, "price", "--ink") == pytest.approx(light, rel=0.3), "drawn in the other theme's ink"


# --- Sessions and reports ----------------------------------------------------------------------------------------


def test_running_sessions_are_kept_fresh_and_new_ones_appear(seen: Watched, growing: Growing, host: PageHost) -> None:
    """Their state and balances without a reload; another one that begins is there by itself."""
    path = growing.path

    def standing(number: int, name: str) -> StandIn:
        return StandIn(path, status_at(moment_of([feed.started(), feed.view(number)]), name))

    first = standing(5, growing.session_id)
    host.do(partial(host.ground.begin, first))
    page = seen.open("/")
    card = page.locator(f'[data-running="{growing.session_id}"]')
    expect(card.locator('[data-live="xrp"]')).to_contain_text("XRP")
    expect(card.locator('[data-live="fills"]')).to_have_text("0")
    first.now = status_at(moment_of([feed.started(), feed.fill(6, Side.BUY), feed.view(7)]), growing.session_id)
    expect(card.locator('[data-live="fills"]')).to_have_text("1")
    host.do(partial(host.ground.begin, standing(5, "another")))
    expect(page.locator('[data-running="another"]')).to_be_visible()
    host.do(partial(host.ground.end, "another"))
    expect(page.locator('[data-running="another"]')).to_have_count(0)


def test_sessions_are_chosen_and_compared(seen: Watched, growing: Growing) -> None:
    """By their boxes; one alone can't be."""
    page = seen.open("/")
    button = page.get_by_role("button", name="Compare the chosen")
    expect(button).to_be_disabled()
    page.get_by_role("checkbox", name=f"Compare {growing.whole_id}").check()
    expect(button).to_be_disabled()
    page.get_by_role("checkbox", name=f"Compare {growing.session_id}").check()
    button.click()
    page.wait_for_url("**/compare?*")
    expect(page.locator("h1")).to_have_text("Comparison")
    expect(page.locator("table").first).to_contain_text(growing.whole_id)
    page.set_viewport_size({"width": 360, "height": 800})
    assert trouble(page) == []
    page.get_by_role("link", name=growing.whole_id).click()
    page.wait_for_url(f"**/session/{growing.whole_id}")


def test_the_report_draws_its_charts_under_its_own_policy(browser: Browser, host: PageHost, growing: Growing) -> None:
    """Plotly is blocked nowhere; in the dark its words are light, and dark again when the theme is changed."""
    with watched(browser, host.base, color_scheme="dark") as seen:
        page = seen.open(f"/session/{growing.whole_id}/report")
        expect(page.locator("h1")).to_have_text(f"Session {growing.whole_id}")
        words = page.locator("#equity .xtick text").first
        expect(words).to_have_css("fill", "rgb(231, 233, 236)")
        assert trouble(page) == []
        page.locator("#theme").click()
        expect(words).to_have_css("fill", "rgb(27, 30, 35)")
        assert trouble(page) == []
