"""Names of countries by ISO 3166-1 code, and of the cities after which zones are named.

English ones are our own, as people at a border call them; in other languages they are those of CLDR.
"""

from functools import cache

from babel import Locale, UnknownLocaleError
from django.utils.translation import get_language, to_locale

NAMES = dict(
    line.split(" ", 1)
    for line in """\
AD Andorra|AE United Arab Emirates|AF Afghanistan|AL Albania|AM Armenia|AO Angola|AR Argentina|AT Austria|AU Australia
AZ Azerbaijan|BA Bosnia and Herzegovina|BD Bangladesh|BE Belgium|BF Burkina Faso|BG Bulgaria|BH Bahrain|BI Burundi
BJ Benin|BN Brunei|BO Bolivia|BR Brazil|BT Bhutan|BW Botswana|BY Belarus|BZ Belize|CA Canada|CD DR Congo
CF Central African Republic|CG Congo|CH Switzerland|CI Côte d’Ivoire|CL Chile|CM Cameroon|CN China|CO Colombia
CR Costa Rica|CU Cuba|CY Cyprus|CZ Czechia|DE Germany|DJ Djibouti|DK Denmark|DO Dominican Republic|DZ Algeria
EC Ecuador|EE Estonia|EG Egypt|EH Western Sahara|ER Eritrea|ES Spain|ET Ethiopia|FI Finland|FR France|GA Gabon
GB United Kingdom|GE Georgia|GF French Guiana|GH Ghana|GI Gibraltar|GM Gambia|GN Guinea|GQ Equatorial Guinea|GR Greece
GT Guatemala|GW Guinea-Bissau|GY Guyana|HK Hong Kong|HN Honduras|HR Croatia|HT Haiti|HU Hungary|ID Indonesia
IE Ireland|IL Israel|IN India|IQ Iraq|IR Iran|IS Iceland|IT Italy|JO Jordan|JP Japan|KE Kenya|KG Kyrgyzstan
KH Cambodia|KP North Korea|KR South Korea|KW Kuwait|KZ Kazakhstan|LA Laos|LB Lebanon|LI Liechtenstein|LK Sri Lanka
LR Liberia|LS Lesotho|LT Lithuania|LU Luxembourg|LV Latvia|LY Libya|MA Morocco|MC Monaco|MD Moldova|ME Montenegro
MG Madagascar|MK North Macedonia|ML Mali|MM Myanmar|MN Mongolia|MO Macao|MR Mauritania|MT Malta|MW Malawi|MX Mexico
MY Malaysia|MZ Mozambique|NA Namibia|NE Niger|NG Nigeria|NI Nicaragua|NL Netherlands|NO Norway|NP Nepal
NZ New Zealand|OM Oman|PA Panama|PE Peru|PG Papua New Guinea|PH Philippines|PK Pakistan|PL Poland|PS Palestine
PT Portugal|PY Paraguay|QA Qatar|RO Romania|RS Serbia|RU Russia|RW Rwanda|SA Saudi Arabia|SD Sudan|SE Sweden
SG Singapore|SI Slovenia|SK Slovakia|SL Sierra Leone|SM San Marino|SN Senegal|SO Somalia|SR Suriname|SS South Sudan
SV El Salvador|SY Syria|SZ Eswatini|TD Chad|TG Togo|TH Thailand|TJ Tajikistan|TL Timor-Leste|TM Turkmenistan
TN Tunisia|TR Türkiye|TT Trinidad and Tobago|TW Taiwan|TZ Tanzania|UA Ukraine|UG Uganda|US United States|UY Uruguay
UZ Uzbekistan|VA Vatican City|VE Venezuela|VN Vietnam|XK Kosovo|YE Yemen|ZA South Africa|ZM Zambia|ZW Zimbabwe
""".replace("\n", "|")
    .strip("|")
    .split("|")
)


ZONES_OF_CLDR = {
    "Asia/Kolkata": "Asia/Calcutta",
    "Asia/Kathmandu": "Asia/Katmandu",
    "Europe/Kyiv": "Europe/Kiev",
}
"""CLDR keeps zones under the names they were first given."""


def country(code: str) -> str:
    """The country's name in the active language; an unknown code stays as it is."""
    locale = _locale(get_language() or "en")
    english = NAMES.get(code, code)
    return str(locale.territories.get(code, english)) if locale and code in NAMES else english


def zone_name(zone: str) -> str:
    """The city a zone is named after, in the active language: Asia/Kabul is "Kabul"."""
    english = zone.rsplit("/", 1)[-1].replace("_", " ")
    locale = _locale(get_language() or "en")
    if not locale:
        return english
    return str(locale.time_zones.get(ZONES_OF_CLDR.get(zone, zone), {}).get("city", english))


@cache
def _locale(language: str) -> Locale | None:
    """CLDR's words for a language; none for English and for one it does not know."""
    if language.split("-")[0] == "en":
        return None
    try:
        return Locale.parse(to_locale(language))
    except (UnknownLocaleError, ValueError):
        return None
