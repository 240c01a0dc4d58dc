"""Makes crossings/reference/outlines.json, the land and the borders under the marks of /map/. Run by hand:

    npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
    python scripts/outlines.py package/countries-50m.json

Natural Earth is in the public domain; the package, under the ISC licence, holds its 1:50m countries as TopoJSON.
A region is drawn in its own plane: degrees of longitude shrunk by the cosine of its middle latitude, 720 units wide,
whole numbers, relative paths. To add a region: a line below, and its name in crossings/web/map.py.
"""

from __future__ import annotations

import json
import math
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parent.parent / "crossings/reference/outlines.json"
CREDIT = (
    "Made with Natural Earth, 1:50m, naturalearthdata.com (public domain), as packed in world-atlas 2.0.2, "
    "Copyright 2013-2019 Michael Bostock (ISC licence)."
)
WIDTH = 720
OVER = 12.0
"""Units drawn beyond the frame, so that no line is seen along it."""
TOLERANCE = 0.8
SMALLEST_LAND = 60.0
"""Square units: what is smaller is a dot on a phone."""

# West, south, east, north, and whose names are written.
REGIONS: dict[str, tuple[tuple[float, float, float, float], str]] = {
    "afghanistan": ((59.2, 24.4, 76.2, 38.4), "AF PK IR TM UZ TJ IN CN"),
    "central-asia": ((58.2, 35.0, 82.0, 45.6), "AF TM UZ TJ KG KZ CN IR PK"),
    "india": ((73.2, 21.2, 92.6, 33.4), "PK IN NP BD CN BT"),
    "europe": ((19.6, 44.6, 31.2, 52.6), "PL UA SK HU RO MD BY RS"),
    "middle-east": ((25.0, 28.4, 49.0, 43.0), "TR BG GR SY IQ IR EG SA GE"),
    "africa": ((14.0, -26.0, 42.0, 16.0), "SD TD SS ET CD UG KE TZ ZM AO MZ ZW BW NA ZA"),
    "us-mexico": ((-118.4, 24.6, -96.2, 34.0), "US MX"),
    "us-canada": ((-125.0, 40.5, -66.0, 50.5), "US CA"),
}
NUMBERS = {
    "AF": 4, "AO": 24, "BD": 50, "BG": 100, "BT": 64, "BW": 72, "BY": 112, "CA": 124, "CD": 180, "CN": 156, "EG": 818,
    "ET": 231, "GE": 268, "GR": 300, "HU": 348, "IN": 356, "IQ": 368, "IR": 364, "KE": 404, "KG": 417, "KZ": 398,
    "MD": 498, "MX": 484, "MZ": 508, "NA": 516, "NP": 524, "PK": 586, "PL": 616, "RO": 642, "RS": 688, "SA": 682,
    "SD": 729, "SK": 703, "SS": 728, "SY": 760, "TD": 148, "TJ": 762, "TM": 795, "TR": 792, "TZ": 834, "UA": 804,
    "UG": 800, "US": 840, "UZ": 860, "ZA": 710, "ZM": 894, "ZW": 716,
}  # fmt: skip
"""ISO 3166-1: the atlas knows countries by their numbers."""

Point = tuple[float, float]
Line = list[Point]
Json = dict[str, Any]


class Frame:
    """The plane of one region."""

    def __init__(self, west: float, south: float, east: float, north: float) -> None:
        self.west, self.north = west, north
        self.kx = WIDTH / (east - west)
        self.ky = self.kx / math.cos(math.radians((south + north) / 2))
        self.height = round((north - south) * self.ky)
        self.edges = (-OVER, -OVER, WIDTH + OVER, self.height + OVER)

    def point(self, degrees: Point) -> Point:
        return (degrees[0] - self.west) * self.kx, (self.north - degrees[1]) * self.ky

    def meets(self, line: Line) -> bool:
        """Whether they share anything. What seems to span the world is an island on the date line."""
        left, top, right, bottom = self.edges
        xs, ys = [x for x, _ in line], [y for _, y in line]
        if max(xs) - min(xs) > 300 * self.kx:
            return False
        return min(xs) < right and max(xs) > left and min(ys) < bottom and max(ys) > top


class Atlas:
    """The TopoJSON: arcs in degrees, and what is made of them. A negative arc is the one of ~index, backwards."""

    def __init__(self, topology: Json) -> None:
        (kx, ky), (x0, y0) = topology["transform"]["scale"], topology["transform"]["translate"]
        self.arcs: list[Line] = []
        for arc in topology["arcs"]:
            x = y = 0
            line = []
            for dx, dy in arc:
                x, y = x + dx, y + dy
                line.append((x * kx + x0, y * ky + y0))
            self.arcs.append(line)
        self.countries = {int(each.get("id", -1)): each for each in topology["objects"]["countries"]["geometries"]}
        self.land = topology["objects"]["land"]["geometries"]
        every = topology["objects"]["countries"]["geometries"]
        met = Counter(index if index >= 0 else ~index for each in every for ring in rings(each) for index in ring)
        self.borders = [index for index, times in met.items() if times > 1]


def rings(geometry: Json) -> Iterator[list[int]]:
    polygons = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry.get("arcs", [])]
    for polygon in polygons:
        yield from polygon


def ring_of(arcs: list[Line], indices: list[int]) -> Line:
    line: Line = []
    for index in indices:
        part = arcs[index] if index >= 0 else arcs[~index][::-1]
        line += part[1:] if line else part
    return line


def simplified(line: Line) -> Line:
    """Douglas and Peucker's: no point that lies nearer than TOLERANCE to what is drawn without it."""
    if len(line) < 3:
        return line
    (ax, ay), (bx, by) = line[0], line[-1]
    length = math.hypot(bx - ax, by - ay)
    far, where = 0.0, 0
    for index, (x, y) in enumerate(line[1:-1], 1):
        off = abs((bx - ax) * (ay - y) - (ax - x) * (by - ay)) / length if length else math.hypot(x - ax, y - ay)
        if off > far:
            far, where = off, index
    if far <= TOLERANCE:
        return [line[0], line[-1]]
    return simplified(line[: where + 1])[:-1] + simplified(line[where:])


def cut(line: Line, axis: int, edge: float, sign: int, *, closed: bool) -> list[Line]:
    """The parts of the line on the inner side of one edge; of a ring the one that is left (Sutherland, Hodgman)."""
    parts: list[Line] = [[]]
    pairs = pairwise(line)
    if line and (line[0][axis] - edge) * sign >= 0:
        parts[-1].append(line[0])
    for a, b in pairs:
        inside = [(point[axis] - edge) * sign >= 0 for point in (a, b)]
        if inside[0] != inside[1]:
            t = (edge - a[axis]) / (b[axis] - a[axis])
            if inside[1] and not closed:
                parts.append([])
            parts[-1].append((a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t))
        if inside[1]:
            parts[-1].append(b)
    if closed and parts[-1] and parts[-1][0] != parts[-1][-1]:
        parts[-1].append(parts[-1][0])
    return [part for part in parts if len(part) > 1]


def clipped(line: Line, frame: Frame, *, closed: bool) -> list[Line]:
    left, top, right, bottom = frame.edges
    parts = [line]
    for axis, edge, sign in ((0, left, 1), (1, top, 1), (0, right, -1), (1, bottom, -1)):
        parts = [piece for part in parts for piece in cut(part, axis, edge, sign, closed=closed)]
    return parts


def area(ring: Line) -> float:
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring))) / 2


def path(lines: list[Line], *, closed: bool) -> str:
    out = []
    for line in lines:
        points = [(round(x), round(y)) for x, y in line]
        points = [point for index, point in enumerate(points) if index == 0 or point != points[index - 1]]
        if closed:
            points = points[:-1]
        if len(points) < (3 if closed else 2):
            continue
        steps = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(points)]
        out.append(f"M{spaced(points[0])}l{spaced(sum(steps, ()))}{'z' if closed else ''}")
    return "".join(out)


def spaced(numbers: tuple[int, ...]) -> str:
    return " ".join(map(str, numbers)).replace(" -", "-")


def inside(point: Point, ring: Line) -> bool:
    x, y = point
    odd = False
    for (ax, ay), (bx, by) in pairwise(ring):
        if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
            odd = not odd
    return odd


def middle(ring: Line, frame: Frame) -> tuple[int, int]:
    """Where a name fits: the point in the frame that is farthest from the country's edge, wide before high."""
    best, found = -1.0, (0, 0)
    for x in range(60, WIDTH - 59, 12):
        for y in range(24, frame.height - 12, 12):
            if inside((x, y), ring):
                room = min(math.hypot((x - px) / 2, y - py) for px, py in dense(ring))
                room = min(room, x / 2, (WIDTH - x) / 2, y, frame.height - y)
                if room > best:
                    best, found = room, (x, y)
    return found if best > 10 else (0, 0)


def dense(ring: Line) -> Iterator[Point]:
    for (ax, ay), (bx, by) in pairwise(ring):
        steps = max(1, round(math.hypot(bx - ax, by - ay) / 12))
        for step in range(steps):
            yield ax + (bx - ax) * step / steps, ay + (by - ay) * step / steps


def region(atlas: Atlas, box: tuple[float, float, float, float], named: str) -> Json:
    frame = Frame(*box)
    arcs = [[frame.point(point) for point in arc] for arc in atlas.arcs]
    arcs = [simplified(arc) if frame.meets(arc) else [arc[0], arc[-1]] for arc in arcs]

    def shapes(geometries: list[Json]) -> list[Line]:
        found = [ring_of(arcs, indices) for each in geometries for indices in rings(each)]
        pieces = [piece for ring in found if frame.meets(ring) for piece in clipped(ring, frame, closed=True)]
        return [piece for piece in pieces if area(piece) >= SMALLEST_LAND]

    lines = [piece for index in atlas.borders for piece in clipped(arcs[index], frame, closed=False)]
    names = {}
    for code in named.split():
        largest = max(shapes([atlas.countries[NUMBERS[code]]]), key=area, default=[])
        at = middle(largest, frame) if largest else (0, 0)
        if at != (0, 0):
            names[code] = at
    return {
        "west": box[0],
        "north": box[3],
        "kx": round(frame.kx, 4),
        "ky": round(frame.ky, 4),
        "width": WIDTH,
        "height": frame.height,
        "land": path(shapes(atlas.land), closed=True),
        "borders": path(lines, closed=False),
        "names": names,
    }


def main() -> None:
    atlas = Atlas(json.loads(Path(sys.argv[1]).read_bytes()))
    regions = [json.dumps({"slug": slug, **region(atlas, *given)}) for slug, given in REGIONS.items()]
    lines = ",\n  ".join(regions)
    TARGET.write_text(f'{{\n "credit": {json.dumps(CREDIT)},\n "regions": [\n  {lines}\n ]\n}}\n')


if __name__ == "__main__":
    main()
