"""The words of the vocabulary as people read them: each label stands here as a constant, to be translated."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crossings.domain import vocabulary as v
from crossings.domain.vocabulary import Word


def label(word: Word) -> str:
    """In the active language."""
    return str(LABELS[type(word)][word])


LABELS: dict[type[Word], dict[Word, Promise]] = {
    v.Traffic: {
        v.Traffic.PEOPLE: _("people on foot"),
        v.Traffic.VEHICLES: _("cars and buses"),
        v.Traffic.CARGO: _("goods trucks"),
    },
    v.By: {
        v.By.AUTHORITY: _("the authorities"),
        v.By.ARMED_GROUP: _("an armed group"),
        v.By.PROTEST: _("protesters"),
        v.By.TRADERS: _("traders"),
        v.By.AGENTS: _("customs agents"),
        v.By.FAULT: _("a technical fault"),
        v.By.NATURE: _("nature"),
        v.By.UNKNOWN: _("not known by whom"),
    },
    v.Reason: {
        v.Reason.CLASH: _("clash"),
        v.Reason.SECURITY: _("security"),
        v.Reason.DISPUTE: _("dispute"),
        v.Reason.DOCUMENTS: _("documents"),
        v.Reason.STRIKE: _("strike"),
        v.Reason.PROTEST: _("protest"),
        v.Reason.SCANNER: _("scanner fault"),
        v.Reason.CUSTOMS_SYSTEM: _("customs system down"),
        v.Reason.IMMIGRATION_SYSTEM: _("immigration system down"),
        v.Reason.RELOCATION: _("offices moving"),
        v.Reason.CURFEW: _("curfew"),
        v.Reason.MILITARY: _("military operation"),
        v.Reason.POWER_OR_INTERNET: _("no power or internet"),
        v.Reason.ROAD: _("road works or damage"),
        v.Reason.LANDSLIDE: _("landslide"),
        v.Reason.WEATHER: _("weather"),
        v.Reason.HEALTH: _("public health"),
        v.Reason.HOLIDAY: _("holiday"),
        v.Reason.ELECTION: _("election"),
        v.Reason.QUOTA: _("quota"),
        v.Reason.UNKNOWN: _("reason not known"),
    },
    v.Who: {
        v.Who.NATIONALS: _("nationals"),
        v.Who.FOREIGNERS: _("foreigners"),
        v.Who.RESIDENTS: _("residents of the border districts"),
        v.Who.FAMILY: _("people with close family"),
        v.Who.RETURNEES: _("returnees"),
        v.Who.DEPORTEES: _("deportees"),
        v.Who.STRANDED: _("people stranded on the way"),
        v.Who.PATIENTS: _("patients"),
        v.Who.COMPANIONS: _("companions of patients"),
        v.Who.STUDENTS: _("students"),
        v.Who.TRADERS: _("traders"),
        v.Who.DRIVERS: _("drivers"),
        v.Who.UNDOCUMENTED: _("people without papers"),
        v.Who.TOURISTS: _("tourists"),
        v.Who.PILGRIMS: _("pilgrims"),
        v.Who.OFFICIALS: _("officials"),
        v.Who.DIPLOMATS: _("diplomats"),
        v.Who.UN: _("UN staff"),
        v.Who.NGO: _("aid workers"),
        v.Who.VISA_HOLDERS: _("visa holders"),
        v.Who.LISTED: _("people on a name list"),
    },
    v.Goods: {
        v.Goods.BILATERAL: _("bilateral trade"),
        v.Goods.TRANSIT: _("transit goods"),
        v.Goods.PERISHABLES: _("perishables"),
        v.Goods.FOOD: _("food"),
        v.Goods.MEDICINE: _("medicine"),
        v.Goods.LIVESTOCK: _("livestock"),
        v.Goods.HUMANITARIAN: _("humanitarian aid"),
        v.Goods.FUEL: _("fuel"),
        v.Goods.COAL: _("coal"),
        v.Goods.POSTAL: _("mail"),
    },
    v.Vehicle: {
        v.Vehicle.LOADED: _("loaded trucks"),
        v.Vehicle.EMPTY: _("empty trucks"),
        v.Vehicle.CONTAINER: _("containers"),
        v.Vehicle.TANKER: _("tankers"),
        v.Vehicle.BUS: _("buses"),
        v.Vehicle.CAR: _("cars"),
        v.Vehicle.MOTORCYCLE: _("motorcycles"),
        v.Vehicle.AMBULANCE: _("ambulances"),
    },
    v.Document: {
        v.Document.PASSPORT: _("passport"),
        v.Document.VISA: _("visa"),
        v.Document.PERMIT: _("permit"),
        v.Document.NATIONAL_ID: _("national identity card"),
        v.Document.GATE_PASS: _("gate pass"),
        v.Document.MEDICAL_REFERRAL: _("medical referral"),
        v.Document.HEALTH_CERTIFICATE: _("health certificate"),
        v.Document.PROOF_OF_FAMILY: _("proof of family"),
        v.Document.REGISTRATION_CARD: _("registration card"),
        v.Document.CUSTOMS_CLEARED: _("customs clearance"),
        v.Document.TEMPORARY_ADMISSION: _("temporary admission document (TAD)"),
        v.Document.ROAD_PERMIT: _("road permit"),
        v.Document.TIR_CARNET: _("TIR carnet"),
        v.Document.MANIFEST: _("manifest"),
    },
    v.How: {
        v.How.CONVOY: _("in convoy"),
        v.How.UNLOAD_AND_RETURN: _("unload and return"),
        v.How.INSPECTION_ONLY: _("inspection only"),
        v.How.ON_FOOT: _("on foot"),
    },
    v.LimitPer: {
        v.LimitPer.HOUR: _("an hour"),
        v.LimitPer.DAY: _("a day"),
        v.LimitPer.TOTAL: _("in total"),
    },
    v.Weekday: {
        v.Weekday.MON: _("Monday"),
        v.Weekday.TUE: _("Tuesday"),
        v.Weekday.WED: _("Wednesday"),
        v.Weekday.THU: _("Thursday"),
        v.Weekday.FRI: _("Friday"),
        v.Weekday.SAT: _("Saturday"),
        v.Weekday.SUN: _("Sunday"),
    },
    v.Per: {
        v.Per.HOUR: _("an hour"),
        v.Per.DAY: _("a day"),
    },
    v.QueuePlace: {
        v.QueuePlace.GATE: _("at the gate"),
        v.QueuePlace.TERMINAL: _("in the terminal"),
        v.QueuePlace.ROAD: _("on the road"),
        v.QueuePlace.INLAND: _("inland"),
    },
    v.Method: {
        v.Method.COUNTED: _("counted"),
        v.Method.ESTIMATED: _("estimated"),
        v.Method.REPORTED: _("reported"),
        v.Method.SENSOR: _("by sensor"),
    },
    v.SourceKind: {
        v.SourceKind.AUTHORITY: _("authority of one side"),
        v.SourceKind.PARTNER: _("partner"),
        v.SourceKind.PRESS: _("press"),
        v.SourceKind.STAFF: _("our staff"),
        v.SourceKind.FIELD: _("field contact"),
    },
    v.Confidence: {
        v.Confidence.CURRENT: _("confirmed recently"),
        v.Confidence.SINGLE: _("one source only"),
        v.Confidence.ASSUMED: _("assumed, no word yet"),
        v.Confidence.STALE: _("not confirmed lately"),
        v.Confidence.DISPUTED: _("sources disagree"),
    },
    v.Outcome: {
        v.Outcome.KEPT: _("kept"),
        v.Outcome.WITHDRAWN: _("withdrawn"),
        v.Outcome.LAPSED: _("lapsed without word"),
    },
}
