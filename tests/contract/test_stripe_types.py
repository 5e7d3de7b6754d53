"""The sandbox against Stripe's TypeScript types, and that the reading of them bites."""

import shutil

import pytest
import stripe

from tests.contract import npm_package
from tests.contract.npm_package import find_package
from tests.contract.shapes import DIFFERENT, all_problems, kind_problems, known_difference, request_problems
from tests.contract.stripe_types import StripeTypes, api_version, stripe_types
from tests.contract.test_sandbox import unknown_to_stripe
from tests.contract.test_shapes import changed
from tests.contract.typescript import NEVER, Field, Hash, Method, Name, Union, Word, parse_module
from webapp.stripe_sandbox.endpoints import ROUTES


@pytest.fixture
def types():
    found = stripe_types()
    if found is None:
        pytest.skip(find_package()[1])
    return found


def test_the_types_are_of_the_version_that_the_sdk_speaks(types):
    assert api_version(types.root) == stripe.api_version


def test_everything_kept_and_every_event_is_as_the_types_have_it(lived, types):
    told = {body["id"]: all_problems(body, types.kind_of(body)) for body in lived.kept}
    unknown = {id_: new for id_, problems in told.items() if (new := [p for p in problems if not known_difference(p)])}
    assert unknown == {}
    found = {known_difference(problem) for problems in told.values() for problem in problems}
    assert found == set(DIFFERENT), "what differs no more leaves the list"


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_no_endpoint_takes_what_the_types_do_not(route, types):
    endpoint = types.find_endpoint(route.method, route.path.replace("{id}", "x_1"))
    assert list(unknown_to_stripe(route.fields, endpoint.params, "")) == []


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        (("colour",), "red", ".colour: Session has no such field"),
        (("id",), ..., ".id: Session cannot be without it"),
        (("managed_payments",), ..., ".managed_payments: Session cannot be without it"),
        (("presentment_details",), None, ".presentment_details: None is no hash"),
        (("created",), None, ".created: None is no number"),
        (("livemode",), 0, ".livemode: 0 is no boolean"),
        (("status",), "done", ".status: 'done' is none of 'complete', 'expired', 'open'"),
        (("metadata",), {"a": 1}, ".metadata.a: 1 is no string"),
        (("customer",), 7, ".customer: 7 is no string"),
        (("line_items",), [], ".line_items: [] is no hash"),
        (("line_items", "has_more"), ..., ".line_items.has_more: ApiList cannot be without it"),
        (
            ("line_items", "data", 0, "price", "unit_amount_decimal"),
            25,
            ".line_items.data[0].price.unit_amount_decimal: 25 is no Decimal",
        ),
        (
            ("subscription", "items", "data", 0, "current_trial"),
            ...,
            ".subscription.items.data[0].current_trial: SubscriptionItem cannot be without it",
        ),
    ],
)
def test_an_answer_that_the_types_do_not_allow_is_found_at_its_place(shop, types, path, value, problem):
    bought = shop.buy(shop.subscription_session())
    expanded = {"expand": ["subscription", "line_items"]}
    session = shop.stripe.checkout.sessions.retrieve(bought.id, expanded).to_dict(for_json=True)
    assert kind_problems(session, types.kind_of(session)) == []
    assert kind_problems(changed(session, path, value), types.kind_of(session)) == [problem]


def test_an_event_about_another_object_is_found(shop, types):
    shop.customer()
    body = shop.events(type="customer.created")[0].to_dict(for_json=True)
    assert kind_problems(body, types.kind_of(body)) == []
    wrong = changed(body, ("data", "object", "object"), "invoice")
    assert kind_problems(wrong, types.kind_of(body)) == [".data.object.object: 'invoice' is none of 'customer'"]


def test_a_deleted_object_is_no_more_than_that(types):
    stub = {"id": "cus_1", "object": "customer", "deleted": True}
    customers = types.find_endpoint("get", "/v1/customers/cus_1").answer
    assert kind_problems(stub, customers) == []
    assert kind_problems(stub | {"email": None}, customers) == [".email: DeletedCustomer has no such field"]


@pytest.mark.parametrize(
    ("method", "path", "form", "problems"),
    [
        ("post", "/v1/customers", "colour=red", [".colour: CustomerCreateParams has no such field"]),
        ("post", "/v1/products", "description=x", [".name: ProductCreateParams cannot be without it"]),
        ("get", "/v1/customers", "limit=ten", [".limit: 'ten' is no number"]),
        ("get", "/v1/customers", "created[after]=1", [".created.after: RangeQueryParam has no such field"]),
        ("get", "/v1/prices", "lookup_keys=a", [".lookup_keys: 'a' is no list"]),
        ("post", "/v1/customers", "metadata=", []),
        ("post", "/v1/subscriptions/sub_1", "cancel_at=min_period_end&items[0][id]=si_1", []),
        ("get", "/v1/customers", "created[gte]=1&limit=3&expand[0]=data.subscriptions", []),
    ],
)
def test_parameters_are_held_against_the_types(types, method, path, form, problems):
    assert request_problems(types.find_endpoint(method, path), form) == problems


def test_without_npm_it_is_said_why(monkeypatch, tmp_path):
    monkeypatch.setattr(npm_package, "_STAMPS", tmp_path)
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    assert find_package.__wrapped__() == (None, "Stripe's TypeScript types cannot be read: there is no npm")


def test_without_the_registry_it_is_said_why(monkeypatch, tmp_path):
    monkeypatch.setattr(npm_package, "_STAMPS", tmp_path)
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9")
    folder, why = find_package.__wrapped__()
    assert folder is None
    assert why.startswith("Stripe's TypeScript types cannot be read: ")
    assert list(tmp_path.iterdir()) == []


def test_types_are_read_as_they_are_written():
    module = parse_module(
        """
        import { Charge, File as Paper } from './Charges.js';
        import * as Billing from './Billing/index.js';
        /** A comment; with { signs } */
        export interface Refund extends Base {
            readonly amount: number; // another
            reason?: Refund.Reason | null;
            lists: Array<string | Charge>;
            [key: string]: unknown;
        }
        export declare namespace Refund {
            type Reason = 'lost' | OtherString;
            namespace Reason { interface Told { deleted?: true; } }
        }
        export declare class Refunds extends StripeResource {
            private readonly stripe;
            cancel(id: string, params?: Params): Promise<Refund>;
        }
        export type OtherString = string & Record<never, never>;
        """
    )
    string, null = Name("string"), Name("null")
    assert module.imported == {
        "Charge": ("./Charges.js", "Charge"),
        "Paper": ("./Charges.js", "File"),
        "Billing": ("./Billing/index.js", ""),
    }
    assert module.declared == {
        "Refund": Hash(
            {
                "amount": Field(Name("number")),
                "reason": Field(Union((Name("Refund.Reason"), null)), is_optional=True),
                "lists": Field(Name("Array", (Union((string, Name("Charge"))),))),
            },
            {},
            Name("unknown"),
            (Name("Base"),),
        ),
        "Refund.Reason": Union((Word("lost"), Name("OtherString"))),
        "Refund.Reason.Told": Hash({"deleted": Field(Word(value=True), is_optional=True)}, {}),
        "Refunds": Hash(
            {}, {"cancel": Method({"id": string, "params": Name("Params")}, Name("Promise", (Name("Refund"),)))}
        ),
        "OtherString": NEVER,
    }


def test_names_are_looked_up_in_the_namespaces_around_them_and_then_in_other_files(tmp_path):
    (tmp_path / "resources").mkdir()
    (tmp_path / "resources/index.d.ts").write_text(
        "import { A } from './A.js'; export declare namespace All { export { A }; export import Short = A.Inner; }"
    )
    (tmp_path / "resources/A.d.ts").write_text(
        "import { All } from './index.js';"
        "export interface A { object: 'a'; near: A.Inner; far: All.A.Inner; short: All.Short; }"
        "export declare namespace A { interface Inner { deep: Inner.Word | Outer; } type Outer = 'out';"
        "namespace Inner { type Word = 'in'; } }"
    )
    kind = StripeTypes(tmp_path).kind_of({"object": "a"})
    right = {"object": "a", "near": {"deep": "in"}, "far": {"deep": "out"}, "short": {"deep": "in"}}
    assert kind_problems(right, kind) == []
    for key in ("near", "far", "short"):
        wrong = right | {key: {"deep": "up"}}
        assert kind_problems(wrong, kind) == [f".{key}.deep: 'up' is none of 'in', 'out'"]
