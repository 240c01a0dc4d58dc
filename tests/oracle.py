"""Rules 1 to 4 of DESIGN §3 a second time, for the claims about one lane; shares nothing with crossings.domain."""

STATES, PRECISIONS = ["open", "unknown", "restricted", "closed"], ["month", "day", "hour", "exact"]


def ending(claim, forget):
    forgotten = max([claim.effective_at, claim.reported_at or claim.recorded_at, *claim.confirmations]) + forget
    return (claim.until, "run out") if claim.until and claim.until <= forgotten else (forgotten, "forgotten")


def sets(claim, sides):
    return [f"{side}:road" if claim.where == "road" else side for side in ([claim.side] if claim.side else sides)]


def newer(claim, other):
    one, two = [(each.effective_at, PRECISIONS.index(each.precision)) for each in (claim, other)]
    if one == two and claim.source == other.source:
        return (claim.recorded_at, claim.report) > (other.recorded_at, other.report)
    return (*one, STATES.index(claim.state), claim.source) > (*two, STATES.index(other.state), other.source)


def newest(claims):
    last_words = [a for a in claims if not any(a.source == b.source and newer(b, a) for b in claims)]
    return next((a for a in last_words if all(newer(a, b) for b in last_words if b is not a)), None)


def takes_back(later, claim, sides):
    at_once = (later.source, later.effective_at, later.precision) == (claim.source, claim.effective_at, claim.precision)
    return at_once and newer(later, claim) and {*sets(claim, sides)} <= {*sets(later, sides)}


def loosens(claim, gate, sides):
    seen = claim.basis == "observed" and claim.where == "gate" and claim.state in ("open", "restricted")
    return seen and not (claim.one_gate or claim.authority or gate in sets(claim, sides))


def gate_at(gate, begun, t, sides, forget):
    base, state = newest([each for each in begun if gate in sets(each, sides)]), "unknown"
    if base and t < ending(base, forget)[0]:
        state = base.state
    elif base and ending(base, forget)[1] == "run out":
        without = gate_at(gate, [each for each in begun if each is not base], t, sides, forget)
        if without[0] != "unknown" and STATES.index(without[0]) > STATES.index(base.state):
            return without
    newer_ones = [each for each in begun if loosens(each, gate, sides) and not (base and newer(base, each))]
    passed = [each for each in newer_ones if t < ending(each, forget)[0]]
    loosest = min([state, *(each.state for each in passed)], key=STATES.index)
    ruling = base if loosest == state else newest([each for each in passed if each.state == loosest])
    return loosest, ruling, loosest != state


def lane_at(claims, t, sides, must_speak, forget):
    begun = [c for c in claims if not c.retracted and c.basis != "announced" and c.effective_at and c.effective_at <= t]
    begun = [a for a in begun if not any(takes_back(b, a, sides) for b in begun)]
    gates = {g: gate_at(g, begun, t, sides, forget) for g in {*must_speak, *(x for e in begun for x in sets(e, sides))}}
    state = max((gate[0] for gate in gates.values()), key=STATES.index)
    ruling = [gate for gate in gates.values() if gate[0] == state] if state in ("restricted", "closed") else []
    holders = {(claim.side, claim.where, claim.by) for _, claim, _ in ruling}
    own = {(c.side, x) for _, c, freed in ruling if state == "restricted" and not freed for x in c.conditions}
    return state, {name: gate[0] for name, gate in gates.items()}, holders, own
