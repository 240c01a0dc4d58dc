"""The words of claims, as enumerations with their English labels.

The same words stand in the database, the API and the translations. A word that real events need and this file
lacks goes into a condition's `text` until it is added here.
"""

from __future__ import annotations

from enum import StrEnum


class Word(StrEnum):
    """A vocabulary word: its value is what travels, its label is what people read."""

    label: str

    def __new__(cls, value: str, label: str = "") -> Word:
        word = str.__new__(cls, value)
        word._value_ = value
        word.label = label or value.replace("_", " ")
        return word

    # Enum hashes by name in Python code; words are dictionary keys in the hottest loops of the timeline.
    __hash__ = str.__hash__

    @classmethod
    def words(cls) -> list[str]:
        return [word.value for word in cls]


class Traffic(Word):
    PEOPLE = "people", "people on foot"
    VEHICLES = "vehicles", "cars and buses"
    CARGO = "cargo", "goods trucks"


class State(Word):
    """In order of strictness: what is stricter stands later."""

    OPEN = "open", "open"
    UNKNOWN = "unknown", "unknown"
    RESTRICTED = "restricted", "restricted"
    CLOSED = "closed", "closed"


STRICTNESS = {state: rank for rank, state in enumerate(State)}


class Precision(Word):
    """How well a time is known, coarsest first."""

    MONTH = "month", "only the month is known"
    DAY = "day", "only the day is known"
    HOUR = "hour", "to the hour"
    EXACT = "exact", "exact"


FINENESS = {precision: rank for rank, precision in enumerate(Precision)}


class Basis(Word):
    OBSERVED = "observed", "observed: it holds"
    ORDERED = "ordered", "ordered by whoever runs the gate: takes effect at its time"
    ANNOUNCED = "announced", "announced: said, promised or expected"


class By(Word):
    AUTHORITY = "authority", "the authorities"
    ARMED_GROUP = "armed_group", "an armed group"
    PROTEST = "protest", "protesters"
    TRADERS = "traders", "traders"
    AGENTS = "agents", "customs agents"
    FAULT = "fault", "a technical fault"
    NATURE = "nature", "nature"
    UNKNOWN = "unknown", "not known by whom"


class Where(Word):
    GATE = "gate", "at the gate"
    ROAD = "road", "on the road or in the terminal"


class Reason(Word):
    CLASH = "clash"
    SECURITY = "security"
    DISPUTE = "dispute"
    DOCUMENTS = "documents"
    STRIKE = "strike"
    PROTEST = "protest"
    SCANNER = "scanner", "scanner fault"
    CUSTOMS_SYSTEM = "customs_system", "customs system down"
    IMMIGRATION_SYSTEM = "immigration_system", "immigration system down"
    RELOCATION = "relocation", "offices moving"
    CURFEW = "curfew"
    MILITARY = "military", "military operation"
    POWER_OR_INTERNET = "power_or_internet", "no power or internet"
    ROAD = "road", "road works or damage"
    LANDSLIDE = "landslide"
    WEATHER = "weather"
    HEALTH = "health", "public health"
    HOLIDAY = "holiday"
    ELECTION = "election"
    QUOTA = "quota"
    UNKNOWN = "unknown", "reason not known"


class Visibility(Word):
    PUBLIC = "public"
    STAFF = "staff", "staff only"


class Effect(Word):
    ALLOW = "allow", "may pass"
    DENY = "deny", "may not pass"
    PRIORITY = "priority", "pass first"


class Who(Word):
    NATIONALS = "nationals"
    FOREIGNERS = "foreigners"
    RESIDENTS = "residents", "residents of the border districts"
    FAMILY = "family", "people with close family"
    RETURNEES = "returnees"
    DEPORTEES = "deportees"
    STRANDED = "stranded", "people stranded on the way"
    PATIENTS = "patients"
    COMPANIONS = "companions", "companions of patients"
    STUDENTS = "students"
    TRADERS = "traders"
    DRIVERS = "drivers"
    UNDOCUMENTED = "undocumented", "people without papers"
    TOURISTS = "tourists"
    PILGRIMS = "pilgrims"
    OFFICIALS = "officials"
    DIPLOMATS = "diplomats"
    UN = "un", "UN staff"
    NGO = "ngo", "aid workers"
    VISA_HOLDERS = "visa_holders", "visa holders"
    LISTED = "listed", "people on a name list"


class Goods(Word):
    BILATERAL = "bilateral", "bilateral trade"
    TRANSIT = "transit", "transit goods"
    PERISHABLES = "perishables"
    FOOD = "food"
    MEDICINE = "medicine"
    LIVESTOCK = "livestock"
    HUMANITARIAN = "humanitarian", "humanitarian aid"
    FUEL = "fuel"
    COAL = "coal"
    POSTAL = "postal", "mail"


class Vehicle(Word):
    LOADED = "loaded", "loaded trucks"
    EMPTY = "empty", "empty trucks"
    CONTAINER = "container", "containers"
    TANKER = "tanker", "tankers"
    BUS = "bus", "buses"
    CAR = "car", "cars"
    MOTORCYCLE = "motorcycle", "motorcycles"
    AMBULANCE = "ambulance", "ambulances"


class CountryOf(Word):
    PERSON = "person"
    VEHICLE = "vehicle"
    ORIGIN = "origin"
    DESTINATION = "destination"


class Document(Word):
    PASSPORT = "passport"
    VISA = "visa"
    PERMIT = "permit"
    NATIONAL_ID = "national_id", "national identity card"
    GATE_PASS = "gate_pass", "gate pass"
    MEDICAL_REFERRAL = "medical_referral", "medical referral"
    HEALTH_CERTIFICATE = "health_certificate", "health certificate"
    PROOF_OF_FAMILY = "proof_of_family", "proof of family"
    REGISTRATION_CARD = "registration_card", "registration card"
    CUSTOMS_CLEARED = "customs_cleared", "customs clearance"
    TEMPORARY_ADMISSION = "temporary_admission", "temporary admission document (TAD)"
    ROAD_PERMIT = "road_permit", "road permit"
    TIR_CARNET = "tir_carnet", "TIR carnet"
    MANIFEST = "manifest"


class How(Word):
    CONVOY = "convoy", "in convoy"
    UNLOAD_AND_RETURN = "unload_and_return", "unload and return"
    INSPECTION_ONLY = "inspection_only", "inspection only"
    ON_FOOT = "on_foot", "on foot"


class LimitPer(Word):
    HOUR = "hour", "an hour"
    DAY = "day", "a day"
    TOTAL = "total", "in total"


class Weekday(Word):
    MON = "mon", "Monday"
    TUE = "tue", "Tuesday"
    WED = "wed", "Wednesday"
    THU = "thu", "Thursday"
    FRI = "fri", "Friday"
    SAT = "sat", "Saturday"
    SUN = "sun", "Sunday"


class Measure(Word):
    WAITING = "waiting"
    PASSED = "passed"
    TURNED_BACK = "turned_back", "turned back"


class Unit(Word):
    TRUCKS = "trucks"
    VEHICLES = "vehicles"
    CONTAINERS = "containers"
    PEOPLE = "people"
    KM = "km", "km of queue"
    MINUTES = "minutes"


class Per(Word):
    HOUR = "hour", "an hour"
    DAY = "day", "a day"


class QueuePlace(Word):
    GATE = "gate", "at the gate"
    TERMINAL = "terminal", "in the terminal"
    ROAD = "road", "on the road"
    INLAND = "inland", "inland"


class Method(Word):
    COUNTED = "counted"
    ESTIMATED = "estimated"
    REPORTED = "reported"
    SENSOR = "sensor", "by sensor"


class SourceKind(Word):
    AUTHORITY = "authority", "authority of one side"
    PARTNER = "partner", "partner"
    PRESS = "press", "press"
    STAFF = "staff", "our staff"
    FIELD = "field", "field contact"


class HowKnown(Word):
    SAW_IT = "saw_it", "saw it"
    WAS_TOLD = "was_told", "was told"
    OFFICIAL_PAPER = "official_paper", "official paper"
    MEDIA = "media", "media"


class Confidence(Word):
    CURRENT = "current", "confirmed recently"
    SINGLE = "single", "one source only"
    ASSUMED = "assumed", "assumed, no word yet"
    STALE = "stale", "not confirmed lately"
    DISPUTED = "disputed", "sources disagree"


class Outcome(Word):
    """How an announcement ended."""

    KEPT = "kept"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed", "lapsed without word"


class ChangeType(Word):
    LANES_CHANGED = "lanes.changed"
    CONDITIONS_CHANGED = "conditions.changed"
    CONFIDENCE_CHANGED = "confidence.changed"
    ANNOUNCEMENT_MADE = "announcement.made"
    ANNOUNCEMENT_ENDED = "announcement.ended"
    REPORT_RETRACTED = "report.retracted"
    REPORT_REDACTED = "report.redacted"
    HISTORY_CORRECTED = "history.corrected"
    CROSSING_CHANGED = "crossing.changed"


class Turn(Word):
    """Which way a lane changed, by the strictness of its state."""

    TIGHTER = "tighter"
    LOOSER = "looser"


class Scope(Word):
    """What a key may be used for."""

    REPORT = "report", "push reports and readings"
    BACKFILL = "backfill", "push what is older than seven days"
    WEBHOOK = "webhook", "be told of changes by webhooks"


class Passing(Word):
    """Whether the hours let a lane pass at this moment."""

    PASSING = "passing"
    OUTSIDE_HOURS = "outside_hours", "outside opening hours"
    HOURS_UNKNOWN = "hours_unknown", "hours not known"
