# In the order of the flow: purchase, receipt, invoice, terms, statement, confirm, pay.
from . import res_partner
from . import stock_warehouse
from . import ecom_delivery_notice
from . import ecom_purchase_basis
from . import ecom_contract
from . import ecom_clause
from . import ecom_clause_words
from . import ecom_settlement
from . import settlement_settings
from . import ecom_settlement_line
from . import ecom_settlement_sources
from . import ecom_settlement_footing
from . import ecom_settlement_confirm
from . import settlement_locks
