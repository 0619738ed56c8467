from . import ecom_evidence
