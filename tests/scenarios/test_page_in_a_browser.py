"""The pages in a real browser: filter, sort, open and keyboard, with nothing in the console and no request.

It needs selenium, chromium and chromedriver, and is skipped where one of them is missing.
"""

from __future__ import annotations

import json
import shutil

import pytest

from negres_core.evidence import Store, Summaries
from negres_core.report.change import change_of
from negres_core.report.page.comparison import render as render_comparison
from negres_core.report.page.history import render as render_history
from negres_core.report.page.render import render
from tests.report.page.suites import write_hypothesis, write_picture

webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
pytestmark = [
    pytest.mark.skipif(BROWSER is None or DRIVER is None, reason="there is no chromium or no chromedriver"),
    pytest.mark.filterwarnings("default"),  # selenium's own
]
NAMES = ("alpha helps", "beta helps", "gamma <b>helps</b>")


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """The address of a page of four hypotheses: two are supported, one of them a surprise."""
    folder = tmp_path_factory.mktemp("page")
    store = Store(folder / "evidence")
    records = [
        write_hypothesis(store, NAMES[0], effect=0.06),
        write_hypothesis(store, NAMES[1], effect=-0.06, seed=1),
        write_picture(store, write_hypothesis(store, NAMES[2], effect=0.09, seed=2, outcome="surprise")),
        write_hypothesis(store, NAMES[0], effect=0.03, data="covertype", seed=4, by=0.03),
    ]
    family = {each.hypothesis: each.p_value or 1.0 for each in records}
    page = render(records, store, family=family, entries=None, controls=[], folder="evidence")
    return write(folder, page)


def write(folder, page):
    (folder / "page.html").write_text(page, encoding="utf-8")
    return (folder / "page.html").as_uri()


@pytest.fixture(scope="module")
def comparison(tmp_path_factory):
    """The address of a comparison: the first verdict flips, the second does not, and the third is new."""
    folder = tmp_path_factory.mktemp("comparison")
    stores = [Store(folder / name) for name in ("old", "new")]
    before = [write_hypothesis(stores[0], name, effect=0.09, planned=2) for name in NAMES[:2]]
    effects = zip(NAMES, (0.09, -0.09, 0.09), strict=True)
    after = [write_hypothesis(stores[1], name, effect=effect, planned=2) for name, effect in effects]
    changes = [
        change_of(one, other, read=(Summaries(stores[0]).read, Summaries(stores[1]).read))
        for one, other in zip(before, after, strict=False)
    ]
    page = render_comparison(changes, missing=([], after[2:]), names=("old", "new"))
    return write(folder, page)


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    """The address of a history of three runs: the verdict of the second hypothesis flips."""
    folder = tmp_path_factory.mktemp("history")
    runs = {}
    for day in (1, 2, 3):
        store, timings = Store(folder / f"{day}"), {"started_at": f"2025-01-0{day}T00:00:00+00:00"}
        effects = zip(NAMES, (0.09, 0.09 if day < 3 else -0.09, 0.05), strict=True)
        runs[f"run {day}"] = [
            write_hypothesis(store, name, effect=effect, planned=2, timings=timings) for name, effect in effects
        ]
    return write(folder, render_history(runs))


@pytest.fixture(scope="module")
def browser():
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1280,900"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    yield driver
    driver.quit()


@pytest.fixture
def visit(browser):
    """Open a page, with an optional fragment; at the end nothing is in the console, and nothing else was asked for."""
    from selenium.webdriver.support.wait import WebDriverWait

    visited = {"about:blank"}

    def go(address, fragment=""):
        visited.add(address)
        browser.get("about:blank")
        browser.get(f"{address}{fragment}")
        # On a busy machine the driver may be back before the page is parsed to its end.
        WebDriverWait(browser, 60).until(lambda each: each.execute_script("return document.readyState") == "complete")
        return browser

    browser.get_log("performance")
    yield go
    assert browser.get_log("browser") == []
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = [each["params"]["request"]["url"] for each in messages if each["method"] == "Network.requestWillBeSent"]
    assert {url for url in asked if not url.startswith("data:image/")} <= visited


@pytest.fixture
def page(visit, address):
    """Open the page of a report, with an optional fragment."""
    return lambda fragment="": visit(address, fragment)


def rows(browser):
    """Return the hypotheses that the table shows, in their order."""
    script = "return [...document.querySelectorAll('#table tbody tr')].filter(r => !r.hidden).map(r => r.innerText)"
    return [text.split("\n")[0].split("\t")[0] for text in browser.execute_script(script)]


def details(browser):
    script = "return [...document.querySelectorAll('details.hypothesis')].filter(d => !d.hidden).map(d => d.open)"
    return browser.execute_script(script)


def click(browser, selector):
    browser.execute_script("document.querySelector(arguments[0]).click()", selector)


def fragment(browser):
    return browser.execute_script("return location.hash")


def press(browser, *keys):
    from selenium.webdriver.common.action_chains import ActionChains

    ActionChains(browser).send_keys(*keys).perform()


def test_verdicts_filter_the_table_and_the_details(page):
    browser = page()
    assert rows(browser) == [*NAMES, NAMES[0]]
    click(browser, "[data-kind=refuted] button")
    assert rows(browser) == [NAMES[1]]
    assert len(details(browser)) == 1
    assert fragment(browser) == "#verdict=refuted"
    assert browser.find_element("id", "shown").text == "1 of 4 shown"
    assert browser.find_element("css selector", "li[data-kind=refuted] button").get_attribute("aria-pressed") == "true"
    click(browser, "[data-kind=refuted] button")
    assert len(rows(browser)) == 4
    assert fragment(browser) == ""


def test_a_search_and_surprises_filter_too(page):
    browser = page()
    browser.find_element("id", "q").send_keys("HELPS gamma")
    assert rows(browser) == [NAMES[2]]
    assert fragment(browser) == "#q=HELPS+gamma"
    click(browser, "#reset")
    click(browser, "#surprise")
    assert rows(browser) == [NAMES[1], NAMES[2], NAMES[0]]
    browser.find_element("id", "q").send_keys("no such thing")
    assert rows(browser) == []
    assert browser.find_element("id", "nothing").is_displayed()


def test_columns_sort_by_number_in_both_directions(page):
    browser = page()
    click(browser, "th[data-key=effect] button")
    assert rows(browser) == [NAMES[1], NAMES[0], NAMES[0], NAMES[2]]
    head = browser.find_element("css selector", "th[data-key=effect]")
    assert head.get_attribute("aria-sort") == "ascending"
    click(browser, "th[data-key=effect] button")
    assert rows(browser)[0] == NAMES[2]
    assert head.get_attribute("aria-sort") == "descending"
    assert fragment(browser) == "#sort=-effect"
    click(browser, "th[data-key=effect] button")
    assert head.get_attribute("aria-sort") is None


def test_the_state_is_in_the_address(page):
    browser = page("#verdict=supported&sort=-hypothesis&q=helps")
    assert rows(browser)[0] == NAMES[2]
    assert NAMES[1] not in rows(browser)
    assert browser.find_element("id", "q").get_attribute("value") == "helps"


@pytest.mark.parametrize("odd", ["#sort=constructor&verdict=__proto__&open=x,y", "#%", "#q=%3Cscript%3E", "#h-nothing"])
def test_an_address_that_means_nothing_does_nothing(page, odd):
    browser = page(odd)
    assert len(browser.find_elements("css selector", "#table tbody tr")) == 4


def test_a_link_opens_its_hypothesis_and_so_does_an_address(page):
    browser = page()
    assert details(browser) == [False] * 4
    click(browser, "#table tbody tr:nth-child(3) a")
    assert details(browser) == [False, False, True, False]
    focused = browser.execute_script("return document.activeElement.innerText")
    assert NAMES[2] in focused
    address = fragment(browser)
    assert address.startswith("#open=h-")
    assert details(page(address)) == [False, False, True, False]
    anchor = address.removeprefix("#open=")
    assert details(page(f"#{anchor}")) == [False, False, True, False]
    click(browser, "#open")
    assert details(browser) == [True] * 4
    click(browser, "#close")
    assert details(browser) == [False] * 4


def test_everything_is_reached_by_the_keyboard(page):
    from selenium.webdriver.common.keys import Keys

    browser = page()
    press(browser, Keys.TAB)
    assert browser.execute_script("return document.activeElement.className") == "skip"
    reached = set()
    for _ in range(40):
        press(browser, Keys.TAB)
        reached.add(browser.execute_script("const e = document.activeElement; return e.id || e.innerText"))
    assert {"q", "family", "surprise", "reset", "open", "close"} <= reached
    assert any("Effect" in each for each in reached)
    browser.execute_script("document.querySelector('details.hypothesis summary').focus()")
    press(browser, Keys.ENTER)
    assert details(browser)[0]
    browser.execute_script("document.querySelector('li[data-kind=refuted] button').focus()")
    press(browser, Keys.SPACE)
    assert rows(browser) == [NAMES[1]]


def test_text_of_records_is_text_and_pictures_are_shown(page):
    browser = page("#open=all")
    assert NAMES[2] in rows(browser)
    click(browser, "#open")
    size = browser.execute_script("const i = document.querySelector('img'); return [i.complete, i.naturalWidth]")
    assert size == [True, 1]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_fits_its_width(page, scheme, width):
    browser = page()
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    click(browser, "#open")
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    colour = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert colour == ("rgb(21, 24, 27)" if scheme == "dark" else "rgb(253, 253, 252)")
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_without_script_everything_can_be_read(page):
    browser = page()
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        page()
        text = browser.find_element("tag name", "body").text
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    for name in NAMES:
        assert name in text
    assert "Without script, the table is neither filtered nor sorted." in text
    assert "Search" not in text


def test_a_comparison_is_filtered_by_what_changed(visit, comparison):
    browser = visit(comparison)
    assert rows(browser) == list(NAMES)
    assert details(browser) == [False] * 3
    click(browser, "[data-kind=flip] button")
    assert rows(browser) == [NAMES[1]]
    assert fragment(browser) == "#change=flip"
    click(browser, "[data-kind=alone] button")
    assert rows(browser) == [NAMES[2]]
    click(browser, "#reset")
    click(browser, "th[data-key=change] button")
    assert rows(browser)[0] == NAMES[1]
    click(browser, "th[data-key=effect] button")
    click(browser, "th[data-key=effect] button")
    assert rows(browser)[-1] == NAMES[1]
    assert rows(visit(comparison, "#change=flip&sort=-time")) == [NAMES[1]]


def test_a_history_is_filtered_by_flips_and_verdicts(visit, history):
    browser = visit(history)
    click(browser, "[data-kind=flip] button")
    assert rows(browser) == [NAMES[1]]
    assert fragment(browser) == "#result=flip"
    click(browser, "[data-kind=supported] button")
    assert rows(browser) == [NAMES[0], NAMES[2]]
    click(browser, "#reset")
    click(browser, "th[data-key=flips] button")
    click(browser, "th[data-key=flips] button")
    assert rows(browser)[0] == NAMES[1]


@pytest.mark.parametrize("name", ["comparison", "history"])
def test_the_other_pages_open_by_link_and_keyboard_and_fit_their_width(visit, request, name):
    from selenium.webdriver.common.keys import Keys

    browser = visit(request.getfixturevalue(name))
    click(browser, "#table tbody tr:nth-child(2) a")
    assert details(browser) == [False, True, False]
    browser.execute_script("document.querySelector('details.hypothesis summary').focus()")
    press(browser, Keys.ENTER)
    assert details(browser) == [True, True, False]
    click(browser, "#open")
    for width in (390, 1280):
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.mark.parametrize("name", ["comparison", "history"])
def test_without_script_the_other_pages_can_be_read(visit, browser, request, name):
    address = request.getfixturevalue(name)
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        text = visit(address).find_element("tag name", "body").text
        summaries = browser.find_elements("css selector", "details.hypothesis > summary")
        summaries[0].click()
        opened = browser.find_element("tag name", "body").text
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    for each in NAMES:
        assert each in text
    assert "Without script, the table is neither filtered nor sorted." in text
    assert "Search" not in text
    assert len(opened) > len(text) + 100
