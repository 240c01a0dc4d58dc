"""The script and the worker behind a page: what they may see, and in a real browser what they do."""

from __future__ import annotations

import gzip
import re
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from crossings.web import style
from crossings.web.asked import asked
from crossings.web.style import FOLDER
from tests.factories import lanes, make_crossing, make_source, say
from tests.reader import ago, reader, week
from tests.test_browser_pages import CHROMIUM, SWITCHES

__all__ = ["reader", "week"]

MOST_BYTES = {"site.js": 2500, "sw.js": 1800}
MINUTE = 60_000
FOLDS = (
    "<details id='was'><summary>3 more counts</summary></details>",
    "<details id='new'><summary>As a table</summary></details>"
    "<details id='was'><summary>4 more counts</summary></details>",
)


@pytest.mark.django_db
def test_the_worker_stands_at_the_root_and_is_asked_for_anew_each_time(reader):
    answer = reader.get("/sw.js")
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert b"addEventListener" in answer.content
    reader.get("/sw.js", tag=answer.headers["ETag"], status=304)


@pytest.mark.django_db
def test_a_page_has_one_script_from_a_file_and_a_hidden_word_on_saved_copies(reader, week):
    for path in ("/", "/c/torkham/", "/c/torkham/history/", "/about/"):
        html = reader.get(path).content.decode()
        assert re.findall(r"<script[^>]*>", html) == re.findall(
            r'<script src="/static/crossings/site\.js" data-tag="[^"]+" data-made="[^"]+" data-changed="[^"]+" defer>',
            html,
        )
        assert html.count("<script") == 1 and html.count('id="saved" hidden') == 1
        assert html.count('<time id="saved-at"></time>') == 1
    assert "<script" not in reader.get("/none/", status=404).content.decode()
    assert 'id="saved" hidden' in reader.get("/?lite=1").content.decode()


def test_scripts_come_from_here_alone_and_are_small():
    for rule in ("script-src 'self';", "worker-src 'self';", "connect-src 'self';"):
        assert rule in style.PUBLIC
    assert "unsafe" not in style.PUBLIC and "default-src 'none'" in style.PUBLIC
    for name, most in MOST_BYTES.items():
        assert len(gzip.compress((FOLDER / name).read_bytes())) <= most, name


@pytest.mark.parametrize("given", ["2023-02-23", "20230223", "2023-W08-4", "2023W084"])
def test_a_day_in_any_of_its_writings_is_its_noon(given):
    noon = datetime(2023, 2, 23, 7, 30, tzinfo=UTC)
    assert asked({"at": given}, ("Asia/Kabul",), datetime(2026, 1, 1, tzinfo=UTC)).at_time == noon


@pytest.mark.django_db
def test_a_page_left_open_is_told_304_until_something_other_than_time_has_changed(reader, week):
    page = reader.get("/c/torkham/")
    tag = f'W/"{re.findall(r"data-tag=.([^ ]+). data", page.content.decode())[0]}"'
    assert page.headers["ETag"].startswith(tag[:-1]) and page.headers["ETag"] != tag
    reader.get("/c/torkham/", tag=tag, status=304)
    say(make_source("tnn"), {"crossing": "torkham", "effective_at": ago(1), "lanes": lanes("closed")},
        now=timezone.now())  # fmt: skip
    assert reader.get("/c/torkham/", tag=tag).headers["ETag"] != page.headers["ETag"]


# In a real browser


@pytest.fixture(scope="module")
def chromium() -> Generator[Any, None, None]:
    api = pytest.importorskip("playwright.sync_api")
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is missing (apt-get install chromium)")
    with pytest.MonkeyPatch.context() as patch, api.sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=SWITCHES)
        yield browser
        browser.close()


class Tab:
    """A page of a phone with JavaScript, and all that it asked of the site: (path, status)."""

    def __init__(self, browser: Any, site: str, **how: Any) -> None:
        self.context = browser.new_context(base_url=site, viewport={"width": 360, "height": 800}, **how)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._heard)
        self.asked: list[tuple[str, int]] = []
        self.page.on("response", lambda answer: self.asked.append((answer.url.removeprefix(site), answer.status)))

    def _heard(self, said: Any) -> None:
        if said.type == "error":
            self.complaints.append(said.text)

    def open(self, path: str) -> None:
        self.page.goto(path)

    def open_and_keep(self, path: str) -> None:
        """Waits until the worker holds a copy."""
        self.open(path)
        self.page.wait_for_function(
            "path => caches.open('pages-1').then(kept => kept.match(path)).then(Boolean)", arg=path
        )
        self.page.wait_for_timeout(300)  # a page that took the worker on is kept twice: once by itself, once by it

    def lose_the_network(self) -> None:
        self.context.set_offline(True)

    def minutes_pass(self, n: int = 1) -> None:
        self.page.clock.run_for(n * MINUTE + 1000)
        self.page.wait_for_timeout(300)


@pytest.fixture
def tab(chromium: Any, live_server: Any, transactional_db: None) -> Generator[Tab, None, None]:
    make_crossing()
    make_crossing("chaman")
    customs = make_source("customs", kind="staff", public_label="Our staff")
    for slug in ("torkham", "chaman"):
        say(customs, {"crossing": slug, "effective_at": ago(3), "lanes": lanes("open")}, now=timezone.now())
    tab = Tab(chromium, str(live_server.url))
    yield tab
    tab.context.close()


@pytest.fixture
def bare_tab(tab: Tab, chromium: Any, live_server: Any) -> Generator[Tab, None, None]:
    """Without a worker, whose requests the test could not answer in the site's place."""
    bare = Tab(chromium, str(live_server.url), service_workers="block")
    yield bare
    bare.context.close()


def close_torkham() -> None:
    say(make_source("dawn", public_label="Dawn"),
        {"crossing": "torkham", "effective_at": ago(0.2), "lanes": lanes("closed")}, now=timezone.now())  # fmt: skip


@pytest.mark.browser
def test_offline_after_one_visit_the_saved_copy_is_shown_with_its_time(tab):
    tab.open_and_keep("/c/torkham/")
    assert tab.page.is_hidden("#saved")
    tab.lose_the_network()
    tab.open("/c/torkham/")
    assert "Goods trucks to Pakistan" in tab.page.inner_text("main")
    assert tab.page.is_visible("#saved")
    said = tab.page.inner_text("#saved")
    assert re.fullmatch(r"Saved copy from \d\d:\d\d: the site cannot be reached now\. Ages count from then\.", said)
    assert tab.page.eval_on_selector("#saved-at", "time => Date.now() - new Date(time.dateTime)") < MINUTE
    tab.context.set_offline(False)
    tab.open("/c/torkham/")
    assert tab.page.is_hidden("#saved")


@pytest.mark.browser
def test_a_saved_copy_of_another_day_says_of_which(tab):
    tab.open_and_keep("/c/torkham/")
    tab.page.evaluate("""async () => {
        const kept = await caches.open("pages-1");
        let copy;
        while (!(copy = await kept.match("/c/torkham/"))) await new Promise(again => setTimeout(again, 50));
        const headers = new Headers(copy.headers);
        headers.set("Saved-At", "2026-02-03T10:05:00Z");
        await kept.put("/c/torkham/", new Response(await copy.text(), {headers}));
    }""")
    tab.lose_the_network()
    tab.open("/c/torkham/")
    assert re.search(r"Saved copy from .*3.*2026", tab.page.inner_text("#saved"))


@pytest.mark.browser
def test_a_copy_bears_the_time_at_which_the_site_made_it_less_its_age_in_a_proxy(tab):
    made = """async given => {
        const answer = new Response('<html><p id="saved" hidden><time id="saved-at"></time>', {headers: given});
        await keep(new URL("/kept/", location.href), answer);
        const kept = await (await caches.open("pages-1")).match("/kept/");
        return Date.parse(kept.headers.get("Saved-At"));
    }"""
    tab.open_and_keep("/c/torkham/")
    [worker] = tab.context.service_workers
    given = {"Cache-Control": "public", "Date": "Thu, 23 Feb 2023 07:30:00 GMT"}
    at = datetime(2023, 2, 23, 7, 30, tzinfo=UTC).timestamp() * 1000
    assert worker.evaluate(made, given) == at
    assert worker.evaluate(made, {**given, "Age": "600"}) == at - 600_000
    assert abs(worker.evaluate(made, {"Cache-Control": "public"}) - timezone.now().timestamp() * 1000) < MINUTE


@pytest.mark.browser
def test_a_copy_opened_again_with_the_network_back_is_fetched_whole_and_stays_marked_until_it_is_shown(tab):
    tab.open_and_keep("/c/torkham/")
    tab.page.clock.install()
    tab.lose_the_network()
    tab.open("/c/torkham/")
    tab.page.evaluate("getSelection().selectAllChildren(document.querySelector('main'))")
    close_torkham()
    tab.asked.clear()
    tab.context.set_offline(False)
    tab.page.evaluate("dispatchEvent(new Event('online'))")
    tab.minutes_pass(3)
    assert {status for _, status in tab.asked} == {200}
    assert tab.page.is_visible("#saved") and "closed" not in tab.page.inner_text(".answers")
    tab.page.evaluate("getSelection().removeAllRanges()")
    tab.minutes_pass()
    assert tab.page.is_hidden("#saved") and "closed" in tab.page.inner_text(".answers")
    tab.asked.clear()
    tab.minutes_pass()
    assert [status for _, status in tab.asked] == [304]


@pytest.mark.browser
def test_a_page_come_back_to_is_fetched_whole(tab):
    tab.open("/c/torkham/")
    tab.asked.clear()
    with tab.page.expect_response(lambda answer: answer.url.endswith("/c/torkham/")) as found:
        tab.page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    assert found.value.status == 200


@pytest.mark.browser
def test_what_was_unfolded_stays_so_wherever_it_stands_on_the_new_page(bare_tab):
    def answered(route: Any) -> None:
        html = route.fetch(headers={"Accept": "text/html"}).text()
        route.fulfill(content_type="text/html", body=html.replace("<h1", FOLDS[len(told) > 0] + "<h1", 1))
        told.append(1)

    told: list[int] = []
    bare_tab.page.clock.install()
    bare_tab.page.route("**/c/torkham/", answered)
    bare_tab.open("/c/torkham/")
    bare_tab.page.click("#was summary")
    bare_tab.minutes_pass()
    assert bare_tab.page.evaluate("[document.querySelector('#new').open, document.querySelector('#was').open]") == [
        False, True]  # fmt: skip
    assert bare_tab.page.evaluate("document.activeElement.parentElement.id") == "was"


@pytest.mark.browser
def test_only_the_last_twenty_pages_are_kept_and_nothing_that_may_not_be(tab):
    tab.open_and_keep("/about/")
    for n in range(20):
        tab.open_and_keep(f"/?q=torkham{n}")
    tab.open("/c/torkham/passage/")
    tab.open("/admin/login/")
    tab.open("/none/")
    tab.open("/api/v1/crossings/")
    tab.open_and_keep("/")
    kept = tab.page.evaluate("caches.open('pages-1').then(kept => kept.keys()).then(all => all.map(each => each.url))")
    assert len(kept) == 20
    assert not [url for url in kept if re.search("passage|admin|none|api|about|sw.js|q=torkham0$", url)]


@pytest.mark.browser
def test_an_answer_to_what_was_told_is_not_kept_and_not_asked_for_again(tab):
    tab.open_and_keep("/c/torkham/")
    tab.page.clock.install()
    tab.open("/c/torkham/passage/")
    tab.page.check("input[name=to][value=PK]")
    tab.page.locator("form[method=post] button").last.click()
    tab.page.wait_for_load_state()
    told = tab.page.inner_text("main")
    tab.asked.clear()
    tab.minutes_pass(3)
    assert tab.page.inner_text("main") == told and not tab.asked
    assert not tab.page.evaluate("caches.open('pages-1').then(kept => kept.match('/c/torkham/passage/')).then(Boolean)")


@pytest.mark.browser
@pytest.mark.parametrize("path", ["/", "/c/torkham/"])
def test_a_page_left_open_shows_what_is_new_and_says_so_to_who_cannot_see_it(tab, path):
    tab.page.clock.install()
    tab.open(path)
    tab.asked.clear()
    tab.minutes_pass()
    assert [status for _, status in tab.asked] == [304]
    assert tab.page.inner_text("#live") == ""
    close_torkham()
    tab.minutes_pass()
    assert [status for _, status in tab.asked] == [304, 200]
    assert "closed" in tab.page.inner_text("main")
    assert re.match("Changed: Torkham" if path == "/" else "Changed: Torkham: goods trucks both ways: closed",
                    tab.page.inner_text("#live"))  # fmt: skip
    tab.minutes_pass()
    assert [status for _, status in tab.asked] == [304, 200, 304] and not tab.complaints


@pytest.mark.browser
def test_nothing_is_asked_for_while_nobody_looks(tab):
    tab.page.clock.install()
    tab.open("/c/torkham/")
    tab.page.evaluate("""() => {
        Object.defineProperty(document, "visibilityState", {value: "hidden", configurable: true});
        document.dispatchEvent(new Event("visibilitychange"));
    }""")
    tab.asked.clear()
    tab.minutes_pass(30)
    assert not tab.asked
    close_torkham()
    tab.page.evaluate("""() => {
        Object.defineProperty(document, "visibilityState", {value: "visible", configurable: true});
        document.dispatchEvent(new Event("visibilitychange"));
    }""")
    tab.page.clock.run_for(1000)
    tab.page.wait_for_function("document.querySelector('main').innerText.includes('closed')")


@pytest.mark.browser
def test_without_an_answer_it_says_how_old_the_page_is_asks_ever_more_seldom_and_then_no_more(bare_tab):
    bare_tab.page.clock.install()
    bare_tab.open("/c/torkham/")
    tried: list[str] = []

    def refuse(route: Any) -> None:
        tried.append(route.request.url)
        route.abort()

    bare_tab.page.route("**/c/torkham/", refuse)
    bare_tab.minutes_pass()
    assert len(tried) == 1 and "Saved copy from" in bare_tab.page.inner_text("#saved")
    for wait in (2, 4, 8):
        bare_tab.minutes_pass(wait - 1)
        before = len(tried)
        bare_tab.minutes_pass(1)
        assert len(tried) == before + 1, wait
    for _ in range(30):
        bare_tab.minutes_pass(10)
    assert len(tried) == 7
    bare_tab.page.unroute("**/c/torkham/")
    bare_tab.page.evaluate("dispatchEvent(new Event('online'))")
    bare_tab.page.wait_for_selector("#saved", state="hidden")


@pytest.mark.browser
def test_a_reader_is_not_disturbed_by_what_is_new(tab):
    tab.page.clock.install()
    tab.open("/c/torkham/")
    field = tab.page.locator("input[name=at]")
    field.scroll_into_view_if_needed()
    field.fill("2023-02-24T15:00")
    close_torkham()
    tab.minutes_pass()
    assert field.input_value() == "2023-02-24T15:00" and "closed" not in tab.page.inner_text(".answers")
    tab.page.locator("details summary").first.click()
    tab.minutes_pass()
    assert "closed" in tab.page.inner_text(".answers")
    assert field.input_value() == "2023-02-24T15:00"
    assert tab.page.evaluate("document.querySelector('main details').open")
    assert tab.page.evaluate("document.activeElement.tagName") == "SUMMARY"


@pytest.mark.browser
def test_a_strange_page_in_place_of_ours_is_taken_for_no_answer(bare_tab):
    bare_tab.page.clock.install()
    bare_tab.open("/c/torkham/")
    bare_tab.page.route("**/c/torkham/", lambda route: route.fulfill(body="<main>Log in to the hotel's network</main>"))
    bare_tab.minutes_pass()
    assert "hotel" not in bare_tab.page.inner_text("main") and bare_tab.page.is_visible("#saved")


@pytest.mark.browser
def test_without_javascript_nothing_is_missing_and_nothing_more_is_asked_for(chromium, tab, live_server):
    plain = Tab(chromium, str(live_server.url), java_script_enabled=False)
    plain.open("/c/torkham/")
    assert plain.page.inner_text("main") and plain.page.is_hidden("#saved")
    assert plain.page.locator("a[href^='https://wa.me/?text=Torkham']").is_visible()
    assert [path for path, _ in plain.asked if not path.startswith("data:")] == ["/c/torkham/"]
    plain.context.close()


@pytest.mark.browser
def test_a_page_that_a_cache_gave_because_the_site_is_away_says_of_when_it_is(bare_tab):
    made = datetime.now(UTC) - timedelta(minutes=40)
    old = f'data-made="{made:%Y-%m-%dT%H:%M}:00Z"'

    def long_kept(route: Any) -> None:
        answer = route.fetch(headers={"Accept": "text/html"})
        html = re.sub(r'data-made="[^"]+"', old, answer.text())
        date = datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
        route.fulfill(content_type="text/html", body=html, headers={"Date": date})

    bare_tab.page.route("**/c/torkham/", long_kept)
    bare_tab.open("/c/torkham/")
    bare_tab.page.wait_for_selector("#saved", state="visible")
    assert bare_tab.page.get_attribute("#saved-at", "datetime").startswith(f"{made:%Y-%m-%dT%H:%M}")
    bare_tab.page.unroute("**/c/torkham/")
    bare_tab.page.reload()
    assert bare_tab.page.is_hidden("#saved")
