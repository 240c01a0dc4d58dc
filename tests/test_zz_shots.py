import os
from tests.test_browser_admin import *
from tests.test_browser_admin import page

OUT = "/tmp/shots"
os.makedirs(OUT, exist_ok=True)


def shot(page, name):
    for w in (360, 1280):
        page.set_viewport_size({"width": w, "height": 800})
        page.screenshot(path=f"{OUT}/{name}-{w}.png", full_page=True)
    page.set_viewport_size(PHONE)


def test_shots(page):
    page.goto("/admin/")
    shot(page, "index")
    page.goto("/admin/crossings/report/log/")
    shot(page, "pick")
    begin(page)
    shot(page, "form")
    page.get_by_label("Afghanistan", exact=True).check()
    page.get_by_label("All lanes").select_option("closed")
    page.get_by_label("At most", exact=True).fill("6000")
    preview_and_save(page)
    shot(page, "report")
    begin(page)
    page.get_by_label("Pakistan", exact=True).check()
    page.get_by_label("People on foot, both ways").select_option("restricted")
    condition(page, 1, "Nationals", "Pakistan")
    condition(page, 2, "Patients", "Afghanistan", "Permit")
    page.get_by_role("button", name="Preview").click()
    see(page, "What the board will say")
    shot(page, "preview")
    page.get_by_label("Note").fill("call 0093 70 123 4567")
    page.get_by_label("since the time below").check()
    page.get_by_label("Goods trucks, both ways").select_option("open")
    page.get_by_role("button", name="Preview again").click()
    see(page, "look at what is marked")
    shot(page, "errors")
    from crossings.models import Crossing, Source
    from tests.factories import make_source
    from crossings.models import Report

    r = Report.objects.get()
    c = Crossing.objects.get()
    s = make_source("broker", address="https://example.org/f.json", format="partner")
    for n, u in (
        ("retract", f"report/{r.pk}/retract/"),
        ("confirm", f"report/{r.pk}/confirm/"),
        ("crossing", f"crossing/{c.pk}/change/"),
        ("list", "report/"),
        ("source", f"source/{s.pk}/change/"),
        ("keyadd", "apikey/add/"),
        ("crossings", "crossing/"),
    ):
        page.goto("/admin/crossings/" + u)
        shot(page, n)
