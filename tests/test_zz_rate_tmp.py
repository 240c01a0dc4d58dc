import json, time, cProfile, pstats, resource
from pathlib import Path
import pytest
from crossings import ingest
from tests.factories import *
from tests.test_ingest import CBP, REPLY, at
from datetime import timedelta
from crossings.feeds import FORMATS
from crossings.management.commands.ingest import make_source as mk
@pytest.mark.django_db(transaction=True)
def test_rate(tmp_path):
    src = make_source(format="partner")
    for n in range(100): make_crossing(f"c{n}")
    t0 = utc("2023-02-19 05:00")
    p = tmp_path/"a.ndjson"
    with p.open("w") as f:
        for i in range(10000):
            f.write(json.dumps({"kind":"report", **claim(id=str(i), crossing=f"c{i%100}", effective_at=(t0+timedelta(minutes=20*(i//100))).isoformat(), lanes=lanes(["closed","restricted"][i//100%2]))})+"\n")
    pr=cProfile.Profile(); t=time.time(); pr.enable()
    row = ingest.ingest_file(src, p)
    pr.disable(); print("RATE", time.time()-t, row.counts, row.error, row.detail, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss//1024)
    pstats.Stats(pr).sort_stats("cumtime").print_stats(25)
@pytest.mark.django_db(transaction=True)
def test_poll(tmp_path):
    source = mk("us-cbp", FORMATS["cbp"])
    ingest.ingest_file(source, CBP, at(REPLY + timedelta(minutes=1)))
    ts=[]
    for m in range(1,15):
        f = tmp_path / f"later{m}.json"
        f.write_bytes(CBP.read_bytes().replace(b":25:16", f":{25+m}:16".encode()))
        t=time.perf_counter(); row = ingest.ingest_file(source, f, at(REPLY + timedelta(minutes=m, seconds=30))); ts.append(round(1000*(time.perf_counter()-t)))
    print("POLL", sorted(ts), row.counts)
