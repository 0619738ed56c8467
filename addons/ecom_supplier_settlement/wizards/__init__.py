from . import ecom_settlement_dispute
