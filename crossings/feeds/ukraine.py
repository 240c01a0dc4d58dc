"""Road crossings of Ukraine as its border guard and its truck queue call them.

The border guard knows a crossing by a short id in the observer's log ("dpsu:budomierz"), the queue by its Ukrainian
name alone. Both name the same crossing here, so that it is one whichever of them spoke first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from crossings.domain.border import Side
from crossings.domain.vocabulary import Traffic
from crossings.feeds.base import Place

FRESH_FOR = timedelta(hours=12)
"""The map is written four or five times a day and not at night."""
ZONES = {
    "PL": "Europe/Warsaw",
    "SK": "Europe/Bratislava",
    "HU": "Europe/Budapest",
    "RO": "Europe/Bucharest",
    "MD": "Europe/Chisinau",
}


@dataclass(frozen=True, slots=True)
class Post:
    """A crossing; `reference` ones are loaded with the project and never made by a feed."""

    slug: str
    country: str
    there: str
    here: str
    names: tuple[str, ...]
    dpsu: str = ""
    reference: bool = False

    @property
    def code(self) -> str:
        return f"dpsu:{self.dpsu}" if self.dpsu else f"echerha:{self.slug}"

    @property
    def called(self) -> str:
        """What an item names it by. Reference crossings loaded long ago lack the code."""
        return self.slug if self.reference else self.code

    @property
    def place(self) -> Place:
        return Place(
            code=self.code,
            slug=self.slug,
            name=f"{self.there}–{self.here}",
            sides=(
                Side(self.country, self.there, ZONES[self.country]),
                Side("UA", self.here, "Europe/Kyiv"),
            ),
            traffic=(Traffic.VEHICLES, Traffic.CARGO),
            must_speak=("UA",),
            fresh_for=FRESH_FOR,
            aliases=self.names,
        )


POSTS = (
    Post("dorohusk-yahodyn", "PL", "Dorohusk", "Yahodyn", ("Ягодин – Дорогуськ",), "dorohusk", reference=True),
    Post("medyka-shehyni", "PL", "Medyka", "Shehyni", ("Шегині – Медика",), "medyka", reference=True),
    Post("korczowa-krakivets", "PL", "Korczowa", "Krakivets", ("Краківець – Корчова",), "korczowa", reference=True),
    Post("hrebenne-rava-ruska", "PL", "Hrebenne", "Rava-Ruska",
         ("Рава-Руська – Хребенне", "Рава-Руська автомобільний"), "hrebenne", reference=True),
    Post("vysne-nemecke-uzhhorod", "SK", "Vyšné Nemecké", "Uzhhorod", ("Ужгород – Вишнє Нємецьке",), reference=True),
    Post("budomierz-hrushiv", "PL", "Budomierz", "Hrushiv", ("Грушів – Будомєж",), "budomierz"),
    Post("dolhobyczow-uhryniv", "PL", "Dołhobyczów", "Uhryniv", ("Угринів – Долгобичув",), "dolhobyczow"),
    Post("kroscienko-smilnytsia", "PL", "Krościenko", "Smilnytsia", ("Смільниця – Кросьценко",), "kroscienko"),
    Post("malhowice-nyzhankovychi", "PL", "Małhowice", "Nyzhankovychi", ("Нижанковичі – Мальховіце",), "malhowice"),
    Post("zosin-ustyluh", "PL", "Zosin", "Ustyluh", ("Устилуг – Зосін", "Устилуг – Зосин"), "zosin"),
    Post("ubla-malyi-bereznyi", "SK", "Ubľa", "Malyi Bereznyi", ("Малий Березний – Убля",)),
    Post("beregsurany-luzhanka", "HU", "Beregsurány", "Luzhanka", ("Лужанка – Берегшурань",)),
    Post("zahony-chop", "HU", "Záhony", "Chop (Tysa)", ("Чоп (Тиса) – Захонь",)),
    Post("halmeu-diakove", "RO", "Halmeu", "Diakove", ("Дякове – Халмеу",)),
    Post("isaccea-orlivka", "RO", "Isaccea", "Orlivka", ("Орлівка – Ісакча",)),
    Post("racovat-diakivtsi", "RO", "Racovăț", "Diakivtsi", ("Дяківці – Раковець",)),
    Post("siret-porubne", "RO", "Siret", "Porubne", ("Порубне – Сірет",)),
    Post("vicovu-de-sus-krasnoilsk", "RO", "Vicovu de Sus", "Krasnoilsk", ("Красноїльськ – Вікову де Сус",)),
    Post("basarabeasca-serpneve", "MD", "Basarabeasca", "Serpneve 1", ("Серпневе 1 – Басараб'яска",)),
    Post("briceni-rososhany", "MD", "Briceni", "Rososhany", ("Росошани – Бричень",)),
    Post("ceadir-lunga-maloiaroslavets", "MD", "Ceadîr-Lunga", "Maloiaroslavets 1",
         ("Малоярославець 1 – Чадир-Лунга",)),
    Post("ceadir-lunga-novi-troiany", "MD", "Ceadîr-Lunga", "Novi Troiany", ("Нові Трояни – Чадир-Лунга",)),
    Post("criva-mamalyha", "MD", "Criva", "Mamalyha", ("Мамалига – Крива",)),
    Post("giurgiulesti-reni", "MD", "Giurgiulești", "Reni", ("Рені – Джурджулешти",)),
    Post("mirnoe-tabaky", "MD", "Mirnoe", "Tabaky", ("Табаки – Мирне",)),
    Post("ocnita-sokyriany", "MD", "Ocnița", "Sokyriany", ("Сокиряни – Окниця",)),
    Post("otaci-mohyliv-podilskyi", "MD", "Otaci", "Mohyliv-Podilskyi", ("Могилів-Подільський – Отач",)),
    Post("palanca-maiaky-udobne", "MD", "Palanca", "Maiaky-Udobne", ("Маяки-Удобне – Паланка",)),
    Post("tudora-starokozache", "MD", "Tudora", "Starokozache", ("Старокозаче – Тудора",)),
    Post("vulcanesti-vynohradivka", "MD", "Vulcănești", "Vynohradivka", ("Виноградівка – Вулканешти",)),
)  # fmt: skip


def letters(name: str) -> str:
    """The name as it is compared: letters and digits alone."""
    return re.sub(r"[\W_]+", "", name.casefold())


BY_DPSU = {post.dpsu: post for post in POSTS if post.dpsu}
BY_NAME = {letters(name): post for post in POSTS for name in post.names}
