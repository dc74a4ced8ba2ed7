"""The paper broker: where it may be reached, what proves its mode, and lists that prove their length."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal

import pytest

from brokers.credentials import Credential
from brokers.paper import PaperBroker
from simulator.account import SimulatedAccount
from simulator.protocols.faults import ALWAYS, Answer, DropRows, SetField, Status
from simulator.protocols.native import NativeFace
from simulator.protocols.wire import FaceAnswer, FaceRequest, from_json
from simulator.venue import SimulatedVenue
from tests.simulation.world import ES, KO, WEDNESDAY, a_venue, an_account, an_order
from tieout.accounts import Account, Mode
from tieout.errors import ConfigError, Rejected, Unreadable, Unsupported
from tieout.ids import AccountId, ClientOrderId
from tieout.orders import OrderState, OrderType
from tieout.settings import AccountSettings
from tieout.snapshots import Completeness

DAY = WEDNESDAY.date()


def settings_for(endpoint: str | None, mode: Mode = Mode.PAPER, **options: str) -> AccountSettings:
    account = Account(AccountId("paper-main"), "paper", mode, "USD", "XNYS")
    return AccountSettings(account, endpoint=endpoint, options=options)


@pytest.fixture
def venue() -> SimulatedVenue:
    return a_venue(depth=Decimal(4))


@pytest.fixture
def account(venue: SimulatedVenue) -> SimulatedAccount:
    return an_account(venue, cash="100000", held=[(KO, "12", "50")])


@pytest.fixture
def face(venue: SimulatedVenue) -> Iterator[NativeFace]:
    with NativeFace(venue) as face:
        yield face


@pytest.fixture
def broker(venue: SimulatedVenue, account: SimulatedAccount, face: NativeFace) -> Iterator[PaperBroker]:
    credential = Credential(account.key_id, account.secret)
    with PaperBroker(settings_for(face.base_url), credential, venue.clock) as broker:
        yield broker


@pytest.mark.parametrize(
    ("endpoint", "says"),
    [
        (None, "is missing"),
        ("http://paper.example", "unencrypted"),
        ("ftp://127.0.0.1", "no base URL"),
        ("http://user:pw@127.0.0.1:1", "no base URL"),
        ("127.0.0.1:8900", "no base URL"),
    ],
)
def test_an_endpoint_that_cannot_be_used_is_refused(endpoint: str | None, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        PaperBroker(settings_for(endpoint), Credential("PKTEST", "test-secret"), lambda: WEDNESDAY)


def test_an_option_it_does_not_know_is_refused() -> None:
    with pytest.raises(ConfigError, match="knows no options: data_endpoint"):
        PaperBroker(
            settings_for("https://paper.example", data_endpoint="x"),
            Credential("PKTEST", "test-secret"),
            lambda: WEDNESDAY,
        )


@pytest.mark.parametrize(
    ("stated", "key", "configured", "proven"),
    [
        (Mode.PAPER, "PKTEST", Mode.PAPER, Mode.PAPER),
        (Mode.PAPER, "TEST01", Mode.PAPER, Mode.PAPER),
        (Mode.LIVE, "AKTEST", Mode.LIVE, Mode.LIVE),
        (Mode.LIVE, "AKTEST", Mode.PAPER, Mode.LIVE),
        (Mode.PAPER, "AKTEST", Mode.PAPER, Mode.LIVE),
        (Mode.LIVE, "PKTEST", Mode.LIVE, Mode.PAPER),
    ],
)
def test_one_contradiction_disproves_the_mode(
    venue: SimulatedVenue, account: SimulatedAccount, stated: Mode, key: str, configured: Mode, proven: Mode
) -> None:
    terms = replace(account.terms, account_number="XX12345678", key_id=key, mode=stated)
    venue.open_account(terms)
    with (
        NativeFace(venue) as face,
        PaperBroker(settings_for(face.base_url, configured), Credential(key, terms.secret), venue.clock) as broker,
    ):
        identity = broker.fetch_identity()

    assert identity.mode is proven
    assert identity.venue_account == "******5678"
    assert len(identity.evidence) == 2


def test_an_account_of_an_unknown_mode_is_unreadable(broker: PaperBroker, face: NativeFace) -> None:
    face.faults.add(Header("mode", "dream"), "/v1/account")

    with pytest.raises(Unreadable, match="dream"):
        broker.fetch_identity()


@dataclass(frozen=True, slots=True)
class Header:
    """One field of the envelope becomes `value`, on every answer or on those that carry a cursor."""

    name: str
    value: object
    later: bool = False

    def strike(self, request: FaceRequest, answer: Answer) -> FaceAnswer:
        whole = answer(request)
        body = from_json(whole.body)
        if isinstance(body, dict) and ("cursor" in request.query or not self.later):
            body[self.name] = self.value
        return whole.with_json(body)


@dataclass(frozen=True, slots=True)
class Grow:
    """The account changes each time it is looked at."""

    account: SimulatedAccount
    sizes: list[int] = field(default_factory=list)

    def strike(self, request: FaceRequest, answer: Answer) -> FaceAnswer:
        self.account.deposit(Decimal(1))
        self.sizes.append(len(self.account.activities))
        return answer(request)


@pytest.mark.parametrize(
    ("effect", "says"),
    [
        (DropRows(noticed=False), "0 rows where the venue counts 1"),
        (Header("count", None), "whole number was expected"),
        (Header("count", True), "whole number was expected"),
        (Header("items", None), "a list was expected"),
        (Header("next", "0"), "changed|read before|counts"),
        (SetField("quantity", None), "field `quantity`"),
        (SetField("asset_class", "tulip"), "'tulip' is not known"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_list_that_does_not_prove_its_length_leaves_a_partial_snapshot(
    broker: PaperBroker, face: NativeFace, effect: object, says: str
) -> None:
    face.faults.add(effect, "/v1/positions", times=ALWAYS)  # type: ignore[arg-type]

    snapshot = broker.fetch_snapshot(DAY)

    assert snapshot.proof.completeness is Completeness.PARTIAL
    assert any(_found(says, note) for note in snapshot.proof.notes)


def _found(says: str, note: str) -> bool:
    return any(part in note for part in says.split("|"))


def many(account: SimulatedAccount, count: int) -> None:
    for _ in range(count):
        account.deposit(Decimal(1))


def test_a_list_that_changes_between_its_pages_is_unreadable(
    broker: PaperBroker, account: SimulatedAccount, face: NativeFace
) -> None:
    many(account, 150)
    face.faults.add(Grow(account), "/v1/activities", times=ALWAYS)

    with pytest.raises(Unreadable, match="changed between page 1 and page 2"):
        broker.fetch_activities(WEDNESDAY - timedelta(days=1), WEDNESDAY)


def test_a_row_that_comes_twice_is_unreadable(broker: PaperBroker, account: SimulatedAccount, face: NativeFace) -> None:
    many(account, 2)
    face.faults.add(SetField("activity_id", account.activities[1].activity_id), "/v1/activities")

    with pytest.raises(Unreadable, match="same `activity_id` twice"):
        broker.fetch_activities(WEDNESDAY - timedelta(days=1), WEDNESDAY)


def test_an_activity_without_an_instrument_we_know_is_kept_word_for_word(
    broker: PaperBroker, account: SimulatedAccount, face: NativeFace
) -> None:
    many(account, 2)
    face.faults.add(SetField("instrument", {"asset_class": "tulip"}), "/v1/activities")

    fetched = broker.fetch_activities(WEDNESDAY - timedelta(days=1), WEDNESDAY)

    assert len(fetched.records) == 1
    assert "tulip" in fetched.unmapped[0]


def test_a_404_about_something_else_is_not_an_absence(broker: PaperBroker, face: NativeFace) -> None:
    face.faults.add(Status(404, b'{"code":"no_such_endpoint","message":"not here"}'))

    with pytest.raises(Rejected, match="not here"):
        broker.fetch_order(ClientOrderId("0" * 32))


def test_an_unknown_refusal_is_a_refusal(broker: PaperBroker, face: NativeFace) -> None:
    face.faults.add(Status(418, b'{"code":"teapot","message":"short and stout"}'), method="POST")

    with pytest.raises(Rejected, match="short and stout") as caught:
        broker.submit(an_order())
    assert type(caught.value) is Rejected


def test_orders_without_an_instrument_we_know_are_not_half_a_list(
    broker: PaperBroker, account: SimulatedAccount, face: NativeFace
) -> None:
    account.submit(an_order())
    face.faults.add(SetField("symbol", "k o"), "/v1/orders")
    face.faults.add(SetField("symbol", "k o"), "/v1/order-updates")

    with pytest.raises(Unreadable, match="1 orders have no instrument"):
        broker.fetch_orders(WEDNESDAY - timedelta(days=1), WEDNESDAY)
    with pytest.raises(Unreadable, match="1 updates have no instrument"):
        list(broker.order_updates())


def test_updates_are_handed_out_once(broker: PaperBroker, account: SimulatedAccount, venue: SimulatedVenue) -> None:
    account.submit(an_order(quantity="10"))

    first = [update.state for update in broker.order_updates()]
    nothing = list(broker.order_updates())
    account.cancel(an_order().client_order_id)
    last = [update.state for update in broker.order_updates()]

    assert first == [OrderState.WORKING, OrderState.PARTIALLY_FILLED]
    assert nothing == []
    assert last == [OrderState.CANCELLED]


def test_an_order_that_makes_none_never_leaves(broker: PaperBroker, face: NativeFace) -> None:
    with pytest.raises(Unsupported, match="exactly one trail"):
        broker.submit(replace(an_order(), order_type=OrderType.TRAILING_STOP))
    with pytest.raises(Unsupported, match="an exit with one price"):
        broker.submit(replace(an_order(), is_exit=True, stop_loss=Decimal(60)))

    assert face.log == ()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/nothing", 404),
        ("/v1/sessions?start=x&end=y", 400),
        ("/v1/quote", 400),
        ("/v1/quote?symbol=NONE", 422),
    ],
)
def test_the_venue_says_what_is_wrong_with_a_request(
    account: SimulatedAccount, face: NativeFace, path: str, status: int
) -> None:
    import httpx

    headers = {"X-Key-Id": account.key_id, "X-Key-Secret": account.secret}
    answer = httpx.get(face.base_url + path, headers=headers, trust_env=False)

    assert answer.status_code == status
    assert set(answer.json()) == {"code", "message"}


def test_a_body_that_is_no_object_is_a_bad_request(account: SimulatedAccount, face: NativeFace) -> None:
    import httpx

    headers = {"X-Key-Id": account.key_id, "X-Key-Secret": account.secret}
    for content in (b"[]", b"{", b""):
        answer = httpx.post(f"{face.base_url}/v1/orders", headers=headers, content=content, trust_env=False)
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


def test_a_future_is_unlisted_rather_than_unsupported(broker: PaperBroker) -> None:
    with pytest.raises(Rejected, match="not listed"):
        broker.submit(an_order(instrument=ES, quantity="1"))


def test_no_secret_shows_in_what_is_kept(broker: PaperBroker, account: SimulatedAccount) -> None:
    broker.fetch_snapshot(DAY)

    for answer in broker.answers:
        assert account.secret.encode() not in answer.body
    assert account.secret not in repr(broker.calls)
    assert account.secret not in repr(account.terms)
