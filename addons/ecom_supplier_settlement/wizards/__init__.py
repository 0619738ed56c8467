from . import ecom_settlement_batch
from . import ecom_match_release_bill
from . import ecom_settlement_dispute
from . import ecom_settlement_pay
from . import ecom_delivery_choose
from . import ecom_delivery_import
from . import ecom_settlement_upload
