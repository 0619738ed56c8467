from . import ecom_settlement_batch
from . import ecom_settlement_dispute
from . import ecom_settlement_pay
