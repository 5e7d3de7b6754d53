"""What can be laid before a bank in a dispute (docs.stripe.com/api/disputes/evidence_object)."""

from webapp.stripe_sandbox.unit_of_work import Json

# Evidence in words.
EVIDENCE_FIELDS = (
    "access_activity_log",
    "billing_address",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_tracking_number",
    "uncategorized_text",
)
# Evidence in files, which the sandbox does not take.
_FILES = (
    "cancellation_policy",
    "customer_communication",
    "customer_signature",
    "duplicate_charge_documentation",
    "receipt",
    "refund_policy",
    "service_documentation",
    "shipping_documentation",
    "uncategorized_file",
)
EMPTY: Json = dict.fromkeys((*EVIDENCE_FIELDS, *_FILES, "appeal")) | {"enhanced_evidence": {}}
NO_EVIDENCE: Json = {
    "due_by": None,
    "enhanced_eligibility": {},
    "has_evidence": False,
    "past_due": False,
    "submission_count": 0,
    "submission_method": "not_submitted",
}
