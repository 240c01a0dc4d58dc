"""Rules 1 to 4 of DESIGN §3 a second time, for the claims about one lane; shares nothing with crossings.domain."""

STATES = ["open", "unknown", "restricted", "closed"]
PRECISIONS = ["month", "day", "hour", "exact"]


def ending(claim, forget_after):
    forgotten = max([claim.effective_at, claim.reported_at or claim.recorded_at, *claim.confirmations]) + forget_after
    return (claim.until, "run out") if claim.until and claim.until <= forgotten else (forgotten, "forgotten")


def gates_set_by(claim, sides):
    named = [claim.side] if claim.side else sides
    return [f"{side}:road" if claim.where == "road" else side for side in named]


def newer(claim, other):
    one, two = [(each.effective_at, PRECISIONS.index(each.precision)) for each in (claim, other)]
    if one == two and claim.source == other.source:
        return (claim.recorded_at, claim.report) > (other.recorded_at, other.report)
    return (*one, STATES.index(claim.state), claim.source) > (*two, STATES.index(other.state), other.source)


def newest(claims):
    taken_back = [a for a in claims for b in claims if a.source == b.source and newer(b, a)]
    last_words = [a for a in claims if a not in taken_back]
    return next((a for a in last_words if all(newer(a, b) for b in last_words if b is not a)), None)


def may_loosen(claim, gate, sides):
    seen = claim.basis == "observed" and claim.where == "gate" and claim.state in ("open", "restricted")
    return seen and not (claim.one_gate or claim.authority or gate in gates_set_by(claim, sides))


def gate_at(gate, begun, t, sides, forget_after):
    base, state = newest([each for each in begun if gate in gates_set_by(each, sides)]), "unknown"
    if base and t < ending(base, forget_after)[0]:
        state = base.state
    elif base and ending(base, forget_after)[1] == "run out":
        without = gate_at(gate, [each for each in begun if each is not base], t, sides, forget_after)
        if without[0] != "unknown" and STATES.index(without[0]) > STATES.index(base.state):
            return without
    passed = [each for each in begun if may_loosen(each, gate, sides) and t < ending(each, forget_after)[0]]
    passed = [each for each in passed if not base or newer(each, base)]
    loosest = min([state, *(each.state for each in passed)], key=STATES.index)
    return (
        (state, base, False) if loosest == state else (loosest, newest([e for e in passed if e.state == loosest]), True)
    )


def lane_at(claims, t, sides, must_speak, forget_after):
    begun = [c for c in claims if not c.retracted and c.basis != "announced" and c.effective_at and c.effective_at <= t]
    names = {*must_speak, *(gate for each in begun for gate in gates_set_by(each, sides))}
    gates = {name: gate_at(name, begun, t, sides, forget_after) for name in names}
    state = max((gate[0] for gate in gates.values()), key=STATES.index)
    ruling = [gate for gate in gates.values() if gate[0] == state] if state in ("restricted", "closed") else []
    holders = {(claim.side, claim.where, claim.by) for _, claim, _ in ruling}
    own = [claim for _, claim, loosened in ruling if state == "restricted" and not loosened]
    conditions = {(claim.side, condition) for claim in own for condition in claim.conditions}
    return state, {name: gate[0] for name, gate in gates.items()}, holders, conditions
